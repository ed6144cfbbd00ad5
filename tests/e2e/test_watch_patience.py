"""What takes its time: a failure that is there from the first frame, and a silence.

Both go on at once, each with an OctoPrint of its own, because both take most of a minute.
"""

from __future__ import annotations

import pytest
from simulator.clouds import steady
from simulator.replies import Reply

from octoprint_aiwatch.core import absolute
from tests.e2e.support_watch import SOON_S, Rig, codes, seeds_rule

BLIND_AFTER_S = 10
GIVE_UP_S = 30
"""How long an answer is waited for."""
RETRY_S = 12.5
FAILURE_S = absolute.PAUSE_HOLD_S + 20
"""A bit more than the absolute channel needs."""


@pytest.fixture(scope="module")
def failing(module_workshop) -> Rig:
    """Obico sees a failure in every frame, from the first one on, and says not where."""
    rig = Rig(module_workshop)
    rig.prepare("obico", decision={"warning_confidence": 1, "pause_confidence": 1})
    rig.obico.cloud.judge = steady(1.0)
    rig.obico.cloud.unscript()
    rig.start()
    return rig


@pytest.fixture(scope="module")
def silent(module_workshop) -> Rig:
    """Gadget takes the second frame and says nothing."""
    rig = Rig(module_workshop)
    rig.prepare("gadget", watch={"blind_after_s": BLIND_AFTER_S})
    rig.start()
    rig.wait_checks(1)
    return rig


@pytest.fixture(scope="module", autouse=True)
def _at_once(failing, silent) -> None:
    pass


def test_a_silent_service_is_blindness_and_no_reason_to_pause(silent):
    rig, since_s = silent, silent.host.now_s()
    log_before = len(rig.host.log_text())
    rig.gadget.reply(Reply(hang=True))
    rig.host.watch_command("check_now")
    asked = rig.host.wait(lambda: rig.gadget.frames(since_s), SOON_S, "the frame to go")

    blinded = rig.wait_fired("blinded", since_s, BLIND_AFTER_S + SOON_S)
    assert blinded.at_s - asked[0].at_s >= BLIND_AFTER_S - 0.5
    status = rig.host.status()
    assert (status["blind"], status["verdict"], status["score"]) == (
        True,
        "unknown",
        None,
    )
    assert codes(status)[0] == "no_answer"

    status = rig.wait_status(
        lambda status: codes(status)[0] == "timeout", "an end of the wait", GIVE_UP_S
    )
    assert status["blind"]
    assert "did not answer in time" in status["reason"]
    rig.gadget.release()
    rig.gadget.say("ok")
    status = rig.wait_status(
        lambda status: status["verdict"] == "ok", "the watch again", RETRY_S + SOON_S
    )
    assert not status["blind"]
    assert rig.fired_once("recovered", since_s)
    assert rig.fired_once("blinded", since_s)
    (line,) = rig.warnings(log_before)
    assert "did not answer in time" in line
    assert rig.host.state().text == "Printing"
    assert rig.state_ids(since_s) == []
    assert rig.violations() == []


def test_a_print_that_fails_from_its_first_frame_is_paused(failing):
    rig = failing
    paused = rig.wait_printer("PAUSED", 0.0, FAILURE_S)
    assert rig.host.stands_still(0.5)
    status = rig.wait_status(lambda status: status["pauses"] == 1, "the pause counted")
    assert status["verdict"] == "failure"
    assert "absolute_failure" in codes(status)
    frames = [frame for frame in rig.obico.frames() if frame.at_s < paused.at_s]
    assert {seeds_rule(frame.answer) for frame in frames} == {"ok"}, (
        "the seed's own rule takes a failure that was always there for the usual"
    )
    assert rig.fired_once("warning_raised", 0.0)
    assert rig.violations() == []
