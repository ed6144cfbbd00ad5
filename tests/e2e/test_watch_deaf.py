"""A printer that does not hear a pause is asked again, and then there is an alarm."""

from __future__ import annotations

import pytest

from tests.e2e.support_watch import Rig, codes, with_plugins

SECOND_REQUEST_S = 10.0
VERIFY_S = 10


@pytest.fixture(scope="module")
def rig(module_workshop, tmp_path_factory) -> Rig:
    module_workshop.allow_in_log("The printer did not pause")
    basedir = with_plugins(tmp_path_factory.mktemp("octoprint"), "deafprinter")
    return Rig(module_workshop, basedir=basedir)


@pytest.fixture
def deaf(rig):
    """Says how many pauses the printer swallows from now on."""
    file = rig.host.basedir / "deaf"
    yield lambda times: file.write_text(str(times))
    file.unlink()


def requested(rig: Rig, since_bytes: int) -> int:
    return rig.host.log_text()[since_bytes:].count("Pause requested")


def test_a_swallowed_pause_is_asked_for_again_and_takes(rig, deaf):
    side = rig.prepare("gadget", actions={"verify_s": 30})
    with rig.printing() as since_s:
        rig.wait_checks(1)
        deaf(1)
        seen = len(rig.host.log_text())
        side.say("failure")
        rig.host.watch_command("check_now")
        detected_s = rig.wait_fired("failure_detected", since_s).at_s
        # OctoPrint announces the pause that the printer never heard of.
        rig.host.wait_event("PrintPaused", since_s=since_s)
        status = rig.host.status()
        assert (status["action"], status["pauses"]) == ("pausing", 0)
        assert rig.fired("pause_confirmed", since_s) == []

        paused_s = rig.wait_printer("PAUSED", since_s, SECOND_REQUEST_S + 5).at_s
        assert paused_s - detected_s < SECOND_REQUEST_S
        rig.wait_fired("pause_confirmed", since_s)
        assert rig.host.stands_still(0.5)
        assert requested(rig, seen) == 2
        assert rig.fired("pause_failed", since_s) == []


def test_a_pause_that_never_takes_is_a_loud_alarm(rig, deaf):
    side = rig.prepare("gadget", actions={"verify_s": VERIFY_S})
    with rig.printing() as since_s:
        rig.wait_checks(1)
        deaf(1000)
        seen = len(rig.host.log_text())
        side.say("failure")
        rig.host.watch_command("check_now")
        detected_s = rig.wait_fired("failure_detected", since_s).at_s
        failed = rig.wait_fired("pause_failed", since_s, VERIFY_S + 5)
        assert failed.at_s - detected_s < VERIFY_S + 1
        assert failed.data["job"]["name"]
        (alert,) = rig.alerts("pause_failed", since_s)
        assert (alert["level"], alert["sticky"]) == ("error", True)
        assert "did not pause" in alert["text"]
        status = rig.wait_status(
            lambda status: status["action"] == "pause_failed", "the failed pause shown"
        )
        assert codes(status)[0] == "pause_failed"
        assert status["pauses"] == 0
        assert rig.fired("pause_confirmed", since_s) == []
        assert rig.host.state().text == "Printing"
        assert requested(rig, seen) == 2
        errors = [
            line for line in rig.host.log_text()[seen:].splitlines() if "- ERROR" in line
        ]
        assert len(errors) == 1
        assert "did not pause" in errors[0]


def test_a_person_who_pauses_after_the_alarm_is_not_taken_for_us(rig, deaf):
    side = rig.prepare("gadget", actions={"verify_s": VERIFY_S})
    with rig.printing() as since_s:
        rig.wait_checks(1)
        deaf(1000)
        side.say("failure")
        rig.host.watch_command("check_now")
        rig.wait_fired("pause_failed", since_s, VERIFY_S + 5)
        deaf(0)
        rig.host.command("pause")
        rig.wait_printer("PAUSED", since_s, SECOND_REQUEST_S)
        status = rig.wait_status(
            lambda status: status["paused_by"] is not None, "who paused"
        )
        assert (status["paused_by"], status["pauses"]) == ("user", 0)
        assert status["action"] is None
        assert rig.fired("pause_confirmed", since_s) == []
