"""What a person may tell a print that we paused, and no other print."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.commands import AFTER_PAUSE, refusal
from tests.core.rig import BAD, GOOD, QUICK, Rig, settings_with


@pytest.fixture
def paused() -> Rig:
    """A print that we paused."""
    rig = Rig(settings_with(watch=QUICK))
    rig.watching()
    rig.judged(BAD)
    rig.printer("PAUSED")
    rig.forget()
    return rig


def asked(rig: Rig) -> list[m.Effect]:
    return [one for one in rig.effects if isinstance(one, (m.ResumePrint, m.CancelPrint))]


def test_resume_asks_the_printer_to_go_on_and_leaves_the_watch_on(paused: Rig) -> None:
    paused.press("resume", job="id1")
    assert asked(paused) == [m.ResumePrint(0)]
    assert paused.status()["suppressed"] is False


def test_resume_unwatched_switches_alerts_off_first(paused: Rig) -> None:
    paused.press("resume_unwatched", job="id1")
    assert asked(paused) == [m.ResumePrint(0)]
    assert paused.status()["suppressed"] is True


def test_cancel_print_asks_for_a_cancel_once(paused: Rig) -> None:
    paused.press("cancel_print", job="id1")
    assert asked(paused) == [m.CancelPrint(0)]


@pytest.mark.parametrize("command", sorted(AFTER_PAUSE))
def test_a_print_that_somebody_else_paused_is_not_touched(command: str) -> None:
    rig = Rig(settings_with(watch=QUICK))
    rig.watching()
    rig.judged(GOOD)
    rig.send(m.PrintPaused(by_user=True))
    rig.printer("PAUSED")
    event = m.Commanded(command, job="id1")
    assert refusal(rig.state, event) == "not_paused_by_us"
    rig.send(event)
    assert asked(rig) == []
    assert rig.status()["suppressed"] is False


@pytest.mark.parametrize("command", sorted(AFTER_PAUSE))
@pytest.mark.parametrize("state_id", ["PRINTING", "RESUMING", "CANCELLING"])
def test_a_print_that_is_not_paused_any_more_is_not_touched(
    paused: Rig, command: str, state_id: str
) -> None:
    paused.printer(state_id)
    event = m.Commanded(command, job="id1")
    assert refusal(paused.state, event) == "not_paused_by_us"
    paused.send(event)
    assert asked(paused) == []


def test_another_job_is_told_from_the_one_that_is_meant(paused: Rig) -> None:
    assert refusal(paused.state, m.Commanded("resume", job="id0")) == "other_job"
    assert refusal(paused.state, m.Commanded("resume")) == "other_job"
    assert refusal(paused.state, m.Commanded("resume", job="id1")) is None


def test_a_failed_pause_is_nothing_to_resume(paused: Rig) -> None:
    rig = Rig(settings_with(watch=QUICK))
    rig.watching()
    rig.judged(BAD)
    rig.wait(120)
    assert rig.status()["action"] == "pause_failed"
    assert refusal(rig.state, m.Commanded("resume", job="id1")) == "not_paused_by_us"
