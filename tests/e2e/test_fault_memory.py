"""The detector's process runs out of memory: it is replaced, and the print goes on.

The kernel is told to give that process nothing more, so that what fails is a real
allocation. (One that the kernel ends for want of memory is killed: test_local_slow.py.)
"""

from __future__ import annotations

import psutil
import pytest

from tests.e2e import support_local as local
from tests.e2e.support_faults import Spell
from tests.e2e.support_watch import QUICK, SOON_S, BareRig
from tests.scenes import jpeg, noisy, view

LARGE_PX = (2560, 1920)
NOISE = 80.0
AGAIN_WITHIN_S = 25.0
"""Another process has to be started, and its model loaded."""
FAULT = ("not_looked_at", "There is not enough memory for the detector.")


@pytest.fixture(scope="module")
def rig(module_workshop) -> BareRig:
    return BareRig(module_workshop, plugin_settings=QUICK)


def large_frames(rig: BareRig) -> None:
    """The webcam sends frames that need more room than the ones before.

    Decoded they may need no more: the noise makes them several megabytes on their way.
    """
    body = jpeg(noisy(view(1, LARGE_PX), NOISE, 1))
    rig.camera.snapshot = lambda: body


def nothing_more_for(process: psutil.Process) -> None:
    held = process.memory_info().vms
    process.rlimit(psutil.RLIMIT_AS, (held, held))


def test_one_that_gets_no_memory_is_replaced_before_anybody_goes_blind(rig):
    with local.watched(rig) as (since_s, process):
        spell = Spell(rig, FAULT)
        nothing_more_for(process)
        small = rig.camera.snapshot
        large_frames(rig)
        checks = rig.host.status()["checks"]
        rig.host.watch_command("check_now")
        status = rig.wait_checks(checks + 1, AGAIN_WITHIN_S)
        assert (status["verdict"], status["blind"]) == ("ok", False)
        assert status["score"] is not None
        spell.one_line()
        local.wait_gone(rig.host, process, SOON_S)
        assert local.the_detector(rig.host).pid != process.pid
        assert {one["blind"] for one in rig.statuses(since_s)} == {False}
        assert local.is_left_alone(rig, since_s)
        rig.camera.snapshot = small
        assert rig.check()["verdict"] == "ok"
        spell.is_over()
    assert local.detectors(rig.host) == []
