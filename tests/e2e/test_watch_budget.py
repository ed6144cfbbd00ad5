"""The month's calls on a real OctoPrint: never one too many, and the detector goes on."""

from __future__ import annotations

import pytest

from tests.e2e.support_watch import Rig

CALLS = 3

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop)


def check_on(rig: Rig, times: int) -> None:
    """Press Check now until so many more frames were judged."""
    for _ in range(times):
        rig.check()


def test_the_limit_is_kept_and_the_next_backend_takes_over(rig):
    rig.prepare("gadget", fallback=["local"], budget={"monthly_calls": CALLS})
    with rig.printing() as since_s:
        check_on(rig, CALLS + 1)
        status = rig.wait_status(lambda status: status["backend"] == "local", "local")
        assert (status["blind"], status["ladder"][0]["state"]) == (False, "spent")
        check_on(rig, 2)
        assert len(rig.gadget.frames(since_s)) == CALLS


def test_with_nobody_else_it_is_blind_and_says_what_to_do(rig):
    rig.prepare("gadget", fallback=[], budget={"monthly_calls": CALLS})
    with rig.printing() as since_s:
        status = rig.wait_status(lambda status: status["blind"], "blindness")
        assert "3 calls are used up" in status["reason"]
        assert "Allow more" in status["reason"]
        rig.wait_fired("blinded", since_s)
        assert rig.gadget.frames(since_s) == []
        rig.prepare("gadget", fallback=[], budget={"monthly_calls": CALLS + 2})
        rig.wait_status(lambda status: status["verdict"] == "ok", "sight")
        assert rig.host.state().text == "Printing"


def test_what_was_counted_survives_a_restart_of_octoprint(rig):
    rig.prepare("gadget", fallback=["local"], budget={"monthly_calls": 1000})
    used = {one["key"]: one["calls"] for one in rig.host.status()["budget"]["backends"]}
    assert used["gadget"] > CALLS
    rig.host.stop()
    rig.host.start()
    after = {one["key"]: one["calls"] for one in rig.host.status()["budget"]["backends"]}
    assert after == used


def test_in_a_cascade_the_detector_looks_and_the_service_is_asked_seldom(rig):
    cascade = {"enabled": True, "interval_s": 600}
    rig.prepare("gadget", fallback=[], budget={"monthly_calls": 0}, cascade=cascade)
    with rig.printing() as since_s:
        status = rig.wait_checks(4, 60)
        assert (status["backend"], status["blind"]) == ("gadget", False)
        assert status["cascade"]["enabled"] is True
        assert 0 < status["cascade"]["asks_in_s"] <= 600
        assert len(rig.gadget.frames(since_s)) == 1
