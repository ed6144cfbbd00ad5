"""What takes the detector its time: to be sure of a failure, and to be given up on.

The prints of the twins begin first and go on beside the other tests. The watch's clock
runs fast in theirs, so that minutes of evidence come within one.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from simulator.camera import FailPlan, OctoPrintProgress
from simulator.gcode import write_job
from simulator.host import Event, OctoPrintHost, free_port

from octoprint_aiwatch.core import frames
from tests.e2e import support_local as local
from tests.e2e.plugins.fastclock import FASTER
from tests.e2e.support_watch import QUICK, SOON_S, BareRig, with_plugins

HUNG_AFTER_S = 30.0
AGAIN_WITHIN_S = 25.0
"""A process that hangs is given up on after a while; the next one has to be started."""

FAILS_AFTER_S = (frames.BASELINE_S + 30.0) / FASTER
PAUSED_WITHIN_S = 150.0
LONGER_S = 30.0
"""How much longer than its twin the good print is looked at, on the watch's clock."""
JOB_S = 400.0

pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True)
class Twin:
    """A print on a fresh installation, seen by the simulated webcam."""

    host: OctoPrintHost

    def fired(self, name: str) -> list[Event]:
        return self.host.events("plugin_aiwatch_" + name, kind="event")

    def judged(self) -> list[dict]:
        """What was pushed once a frame had been judged."""
        pushed = [event.data["status"] for event in self.host.messages("status")]
        return [status for status in pushed if status["checks"] > 0 and status["job"]]


@pytest.fixture(scope="module", autouse=True)
def twins(module_workshop, tmp_path_factory) -> tuple[Twin, Twin]:
    """The one that fails, and the good one; both are under way."""

    def start(fail: FailPlan) -> Twin:
        folder: Path = tmp_path_factory.mktemp("twin")
        camera_port = free_port()
        host = module_workshop.host(
            basedir=with_plugins(folder / "octoprint", "fastclock"),
            # On a clock that runs fast every long move looks like a print that stalls.
            plugin_settings={"watch": {"give_way": False}},
            camera_snapshot_url=f"http://127.0.0.1:{camera_port}/snapshot",
        )
        job = write_job(folder / "twin.gcode", duration_s=JOB_S, heat=False)
        progress = OctoPrintProgress(host.url, host.api_key, job)
        module_workshop.camera(progress, fail, port=camera_port)
        host.upload(job)
        return Twin(host)

    return start(FailPlan(FAILS_AFTER_S, strands_per_s=FASTER)), start(FailPlan.never())


@pytest.fixture(scope="module")
def rig(module_workshop) -> BareRig:
    return BareRig(module_workshop, plugin_settings=QUICK)


def test_a_killed_one_is_replaced_before_anybody_goes_blind(rig):
    before = len(rig.host.log_text())
    with local.watched(rig) as (since_s, process):
        process.kill()
        checks = rig.host.status()["checks"]
        status = rig.wait_checks(checks + 1, AGAIN_WITHIN_S)
        assert (status["verdict"], status["blind"]) == ("ok", False)
        assert status["score"] is not None
        assert local.is_gone(process)
        assert local.the_detector(rig.host).pid != process.pid
        assert {one["blind"] for one in rig.statuses(since_s)} == {False}
        assert local.is_left_alone(rig, since_s)
    (line,) = rig.warnings(before)
    assert line.startswith("Frames are judged without being looked at first: ")
    assert "The detector's process ended unexpectedly (signal 9)." in line


def test_a_hanging_one_is_replaced_and_the_print_goes_on(rig):
    before = len(rig.host.log_text())
    with local.watched(rig) as (since_s, process):
        process.send_signal(signal.SIGSTOP)
        filepos = rig.host.state().filepos
        status = rig.wait_status(
            lambda status: status["blind"], "blindness", HUNG_AFTER_S
        )
        assert (status["verdict"], status["score"]) == ("unknown", None)
        rig.wait_status(lambda status: status["verdict"] == "ok", "sight", AGAIN_WITHIN_S)
        assert local.is_gone(process)
        assert rig.host.state().filepos > filepos
        assert local.the_detector(rig.host).pid != process.pid
        assert local.is_left_alone(rig, since_s)
    (line,) = rig.warnings(before)
    assert "did not answer within 20 s" in line


def test_a_failing_print_is_warned_of_and_really_paused(twins):
    failing, _ = twins
    paused = failing.host.wait_event(
        "PrinterStateChanged",
        PAUSED_WITHIN_S,
        where=lambda data: data["state_id"] == "PAUSED",
    )
    failing.host.wait_event("plugin_aiwatch_pause_confirmed", SOON_S)
    (warning,), (failure,) = (
        failing.fired("warning_raised"),
        failing.fired("failure_detected"),
    )
    assert warning.at_s < failure.at_s <= paused.at_s
    assert failure.data["backend"] == "local"
    assert failing.host.state().text == "Paused"
    assert failing.host.stands_still()
    status = failing.host.status()
    assert (status["verdict"], status["action"]) == ("failure", "paused")
    assert (status["pauses"], status["calls_this_month"]) == (1, 0)
    assert status["detections"], "it says where"


def test_it_is_not_paused_before_there_is_enough_evidence(twins):
    assert failed_after_s(twins[0]) >= frames.BASELINE_S + frames.PAUSE_HOLD_S


def test_its_good_twin_is_left_alone(twins):
    failing, good = twins
    enough_s = failed_after_s(failing) + LONGER_S
    good.host.wait(
        lambda: good.host.status()["job"]["elapsed_s"] >= enough_s,
        PAUSED_WITHIN_S,
        "the good twin to be watched for longer than the failing one",
        every_s=0.5,
    )
    assert good.host.state().text == "Printing"
    assert {state_id for _, state_id in good.host.states()} <= {"STARTING", "PRINTING"}
    judged = good.judged()
    assert judged[-1]["checks"] >= 15
    assert {status["verdict"] for status in judged} == {"ok"}
    for name in ("warning_raised", "failure_detected", "blinded"):
        assert good.fired(name) == []


def failed_after_s(twin: Twin) -> float:
    """On the watch's clock."""
    twin.host.wait_event("plugin_aiwatch_failure_detected", PAUSED_WITHIN_S)
    failed = twin.host.wait(
        lambda: [s for s in twin.judged() if s["verdict"] == "failure"],
        SOON_S,
        "a status that says so",
    )
    return failed[0]["job"]["elapsed_s"]
