"""Whose pause it was, and what exactly is taken down of a job."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.chronicle import chronicle, without_secrets
from octoprint_aiwatch.core.values import PrinterReading, Reason
from tests.core.rig import BAD, GOOD, QUICK, WARN, Rig, settings_with

LATER_S = 25.0


def watched(**changes: Any) -> Rig:
    """A print that Gadget watches; its first frame is ordered."""
    rig = Rig(settings_with(watch=QUICK, **changes))
    rig.watching()
    return rig


def notes(rig: Rig) -> list[tuple[str, str]]:
    return [(note.kind, note.who) for note in rig.seen(m.RecordNote)]


def pauses(rig: Rig) -> list[str]:
    return [who for kind, who in notes(rig) if kind == "pause"]


def note_of(rig: Rig, kind: str) -> m.RecordNote:
    (found,) = [one for one in rig.seen(m.RecordNote) if one.kind == kind]
    assert isinstance(found, m.RecordNote)
    return found


# -- whose pause -----------------------------------------------------------------------


def test_news_of_our_pause_that_come_after_the_printer_paused_are_not_a_users() -> None:
    rig = watched()
    rig.judged(BAD)
    rig.wait(0.2)
    rig.printer("PAUSED")
    rig.send(m.PrintPaused(by_user=True))
    assert pauses(rig) == ["us"]
    assert rig.status()["paused_by"] == "us"


def test_a_pause_that_we_asked_for_is_nobody_elses() -> None:
    rig = watched()
    rig.judged(BAD)
    rig.wait(0.2)
    rig.send(m.PrintPaused(by_user=True))
    assert rig.state.paused_by == ""


@pytest.mark.parametrize(("by_user", "who"), [(True, "user"), (False, "printer")])
def test_a_pause_while_ours_still_waits_is_somebody_elses(
    by_user: bool, who: str
) -> None:
    rig = watched(actions={"safe_moment_s": 20})
    rig.send(m.HeightChanged())
    rig.judged(BAD)
    assert rig.status()["action"] == "waiting"
    rig.send(m.PrintPaused(by_user))
    rig.printer("PAUSED")
    assert pauses(rig) == [who]
    assert rig.status()["paused_by"] == who


def test_a_pause_while_we_cancel_is_somebody_elses() -> None:
    rig = watched(actions={"on_failure": "cancel"})
    rig.judged(BAD)
    rig.wait(0.2)
    assert len(rig.seen(m.CancelPrint)) == 1
    rig.send(m.PrintPaused(by_user=True))
    assert pauses(rig) == ["user"]


# -- what is taken down ----------------------------------------------------------------


def test_a_job_is_taken_down_with_the_settings_it_begins_with() -> None:
    rig = watched()
    (job,) = rig.seen(m.RecordJob)
    assert job == m.RecordJob(rig.state.job, rig.state.settings)


def test_somebody_elses_pause_is_noted_with_its_job_and_when_it_was() -> None:
    rig = watched()
    rig.wait(LATER_S)
    rig.send(m.PrintPaused(by_user=True))
    at_s = rig.now_s - rig.state.job_since
    assert at_s == pytest.approx(LATER_S)
    assert rig.seen(m.RecordNote) == [
        m.RecordNote("id1", at_s, "pause", Reason("paused_by_them"), "user")
    ]


def test_a_print_that_goes_on_is_noted_when_it_does_not_before() -> None:
    rig = watched()
    rig.printer("PAUSED")
    rig.wait(60.0)
    assert notes(rig) == []
    rig.printer("PRINTING")
    rig.wait(5.0)
    assert notes(rig) == [("resume", "")]
    assert note_of(rig, "resume").reason == Reason("print_resumed")


def test_a_warning_is_noted_with_why_it_was_raised() -> None:
    rig = watched()
    rig.judged(WARN)
    assert note_of(rig, "warning").reason == rig.state.verdict.reasons[0]


def test_seeing_again_is_noted_as_that() -> None:
    rig = watched()
    rig.fails()
    rig.wait(60.0)
    rig.judged(GOOD)
    assert note_of(rig, "recovered").reason == Reason("recovered")


def test_no_answer_makes_us_blind_without_any_fault() -> None:
    rig = watched()
    rig.wait(rig.state.settings.watch.blind_after_s + 5.0)
    assert rig.status()["blind"] is True
    assert rig.state.fault is None
    assert note_of(rig, "blind").reason == Reason("no_answer")


def test_a_log_line_of_the_job_is_noted_with_what_fills_it() -> None:
    rig = watched()
    line = m.Log("info", "backend_changed", {"backend": "b", "before": "a"})
    event = m.PrinterRead(PrinterReading("PRINTING"))
    (note,) = chronicle(rig.state, rig.state, event, [line], rig.now_s)
    assert isinstance(note, m.RecordNote)
    assert (note.kind, note.reason) == (line.code, Reason(line.code, line.params))


def test_other_settings_are_noted_as_what_they_are_now() -> None:
    rig = watched()
    rig.change(settings_with(watch=QUICK, actions={"max_pauses": 9}))
    told = without_secrets(rig.state.settings)
    assert note_of(rig, "settings").reason == Reason("settings_changed", told)


def test_a_check_after_the_grace_says_that_none_is_left() -> None:
    rig = watched()
    rig.judged(GOOD)
    rig.wait(60.0)
    rig.judged(GOOD)
    assert [one.grace_s for one in rig.seen(m.RecordCheck)] == [0.0, 0.0]
