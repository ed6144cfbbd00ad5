"""Warning, pausing, and seeing that the printer really paused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.acting import (
    DRAIN_S,
    SWALLOWED_AFTER_S,
    TRY_AGAIN_AFTER_S,
    WHO_WITHIN_S,
)
from octoprint_aiwatch.core.commands import refusal
from octoprint_aiwatch.core.values import (
    Detection,
    Inspection,
    StatisticsEvidence,
)
from octoprint_aiwatch.core.zones import around
from tests.core.rig import BAD, GOOD, QUICK, WARN, Rig, remote, settings_with


def see(rig: Rig, inspection: Inspection) -> None:
    """The next frame is judged as told, when it is due."""
    if rig.state.order is None:
        rig.wait(rig.check_at - rig.now_s)
    rig.judged(inspection)


BAD_SOON = remote(0.95, warning=True, pause=True, next_s=0.0)


def failing(rig: Rig) -> None:
    rig.watching()
    rig.judged(BAD_SOON)


def pause_done(rig: Rig) -> None:
    rig.printer("PAUSING")
    rig.printer("PAUSED")


def test_a_failure_requests_one_pause_at_once(rig: Rig) -> None:
    failing(rig)
    assert len(rig.seen(m.PausePrint)) == 1
    assert rig.status()["action"] == "pausing"
    assert rig.events()[-1] == "failure_detected"


def test_nothing_says_paused_before_the_printer_is(rig: Rig) -> None:
    failing(rig)
    rig.printer("PAUSING")
    assert "pause_confirmed" not in rig.events()
    assert rig.status()["action"] == "pausing"
    rig.printer("PAUSED")
    assert "pause_confirmed" in rig.events()
    assert rig.status()["action"] == "paused"
    assert rig.status()["pauses"] == 1


def test_what_was_seen_stays_on_show_while_paused(rig: Rig) -> None:
    failing(rig)
    pause_done(rig)
    rig.wait(600)
    assert rig.status()["verdict"] == "failure"
    assert rig.status()["score"] == 0.95
    assert rig.status()["reason"].startswith("AI Watch paused the print")


@pytest.mark.parametrize("first", ["STARTING", "RESUMING", "PAUSING"])
def test_a_pause_is_requested_only_while_printing(first: str) -> None:
    rig = Rig(settings_with(watch=QUICK))
    rig.watching()
    rig.state = rig.state.__class__(
        **{**vars(rig.state), "reading": m.PrinterReading(first)}
    )
    rig.judged(BAD)
    assert rig.seen(m.PausePrint) == []


def test_a_pause_lost_while_the_job_started_is_repeated_at_once(rig: Rig) -> None:
    failing(rig)
    rig.printer("PAUSING")
    rig.printer("PRINTING")
    assert len(rig.seen(m.PausePrint)) == 2
    pause_done(rig)
    assert rig.events().count("pause_confirmed") == 1


def test_a_lost_pause_is_not_taken_for_a_resume(rig: Rig) -> None:
    failing(rig)
    rig.printer("PAUSING")
    rig.printer("PRINTING")
    assert rig.status()["verdict"] == "failure"
    assert rig.status()["grace_s"] == 0


def test_a_swallowed_pause_is_repeated_once_within_ten_seconds(rig: Rig) -> None:
    failing(rig)
    rig.wait(SWALLOWED_AFTER_S + 0.2)
    assert len(rig.seen(m.PausePrint)) == 2
    rig.wait(20)
    assert len(rig.seen(m.PausePrint)) == 2


def test_a_pause_that_does_not_take_is_a_loud_alarm(rig: Rig) -> None:
    failing(rig)
    rig.wait(31)
    assert rig.events().count("pause_failed") == 1
    alert = next(a for a in rig.seen(m.Alert) if a.name == "pause_failed")
    assert (alert.level, alert.sticky) == ("error", True)
    assert rig.status()["action"] == "pause_failed"
    assert "did not pause" in rig.status()["reason"]
    assert rig.status()["pauses"] == 0


def test_a_pause_after_the_alarm_of_which_nobody_says_whose_it_is_is_ours(
    rig: Rig,
) -> None:
    failing(rig)
    rig.wait(31)
    rig.printer("PAUSED")
    assert "pause_confirmed" not in rig.events()
    rig.wait(WHO_WITHIN_S)
    assert rig.events()[-1] == "pause_confirmed"


@pytest.mark.parametrize("told_first", [True, False])
def test_a_person_who_pauses_after_the_alarm_is_not_taken_for_us(
    rig: Rig, told_first: bool
) -> None:
    failing(rig)
    rig.wait(31)
    rig.printer("PAUSING" if told_first else "PAUSED")
    rig.send(m.PrintPaused(by_user=True))
    rig.printer("PAUSED")
    rig.wait(60)
    status = rig.status()
    assert "pause_confirmed" not in rig.events()
    assert (status["paused_by"], status["pauses"], status["action"]) == ("user", 0, None)
    assert "did not pause" not in status["reason"]


def test_a_printer_that_empties_its_planner_gets_its_time(rig: Rig) -> None:
    failing(rig)
    rig.printer("PAUSING")
    rig.wait(DRAIN_S - 5)
    assert "pause_failed" not in rig.events()
    rig.printer("PAUSED")
    assert rig.events()[-1] == "pause_confirmed"


def test_pausing_for_ever_is_an_alarm_too(rig: Rig) -> None:
    failing(rig)
    rig.printer("PAUSING")
    rig.wait(DRAIN_S + 1)
    assert "pause_failed" in rig.events()


def test_a_pause_that_comes_after_the_alarm_is_confirmed_all_the_same(rig: Rig) -> None:
    failing(rig)
    rig.wait(31)
    rig.printer("PAUSING")
    rig.send(m.PrintPaused(by_user=False))
    rig.printer("PAUSED")
    assert rig.events()[-1] == "pause_confirmed"
    assert (rig.status()["paused_by"], rig.status()["pauses"]) == ("us", 1)


def test_a_failure_that_goes_on_after_the_alarm_leads_to_another_try(rig: Rig) -> None:
    failing(rig)
    rig.wait(31)
    requests = len(rig.seen(m.PausePrint))
    started_s = rig.now_s
    while rig.now_s - started_s < TRY_AGAIN_AFTER_S + 1:
        see(rig, BAD)
    assert len(rig.seen(m.PausePrint)) > requests


@pytest.mark.parametrize("state_id", ["CANCELLING", "OPERATIONAL", "FINISHING"])
def test_a_job_that_ends_by_itself_is_not_paused(rig: Rig, state_id: str) -> None:
    failing(rig)
    rig.forget()
    rig.printer(state_id)
    rig.printer("PRINTING")
    rig.wait(60)
    assert rig.seen(m.PausePrint) == []
    assert "pause_failed" not in rig.events()


def test_a_pause_wanted_for_one_job_is_never_asked_of_the_next(rig: Rig) -> None:
    failing(rig)
    rig.send(m.PrintEnded("cancelled"))
    rig.forget()
    rig.start("b.gcode")
    rig.wait(60)
    assert rig.seen(m.PausePrint) == []


def test_after_a_resume_it_does_not_pause_again_at_once(rig: Rig) -> None:
    failing(rig)
    pause_done(rig)
    rig.printer("PRINTING")
    rig.forget()
    see(rig, BAD)
    rig.wait(QUICK["grace_resume_s"] - 1)
    assert rig.status()["verdict"] == "failure"
    assert rig.seen(m.PausePrint) == []


def test_it_may_pause_again_when_the_grace_is_over(rig: Rig) -> None:
    failing(rig)
    pause_done(rig)
    rig.printer("PRINTING")
    rig.forget()
    see(rig, BAD)
    rig.wait(QUICK["grace_resume_s"] + 1)
    assert len(rig.seen(m.PausePrint)) >= 1


def test_it_pauses_at_most_max_pauses_times_and_says_so_then() -> None:
    rig = Rig(settings_with(watch=QUICK, actions={"max_pauses": 2}))
    rig.watching()
    for _ in range(5):
        see(rig, BAD)
        rig.wait(31)
        if rig.state.attempt or rig.state.action == "pausing":
            pause_done(rig)
        rig.printer("PAUSED")
        rig.printer("PRINTING")
    assert rig.status()["pauses"] == 2
    see(rig, BAD)
    rig.wait(31)
    assert rig.seen(m.Alert)[-1].title == "title_failure_limit"


def test_during_the_first_grace_nothing_is_done() -> None:
    rig = Rig(settings_with(watch={**QUICK, "grace_start_s": 60}))
    rig.watching()
    rig.judged(BAD)
    rig.wait(35)
    assert rig.seen(m.PausePrint) == []
    assert rig.alerts() == []
    assert rig.status()["verdict"] == "failure"


def test_what_was_seen_in_the_grace_is_acted_on_when_it_ends() -> None:
    rig = Rig(settings_with(watch={**QUICK, "grace_start_s": 60}))
    rig.watching()
    rig.judged(remote(0.9, True, True, next_s=300))
    rig.wait(61)
    assert len(rig.seen(m.PausePrint)) == 1


def test_a_warning_is_raised_once_per_gap(rig: Rig) -> None:
    rig.watching()
    for _ in range(20):
        see(rig, WARN)
    spent_s = 20 * 40
    assert rig.events().count("warning_raised") == 1 + spent_s // 600
    assert rig.seen(m.PausePrint) == []


def test_on_warning_none_raises_the_event_without_an_alert() -> None:
    rig = Rig(settings_with(watch=QUICK, actions={"on_warning": "none"}))
    rig.watching()
    rig.judged(WARN)
    assert "warning_raised" in rig.events()
    assert rig.alerts() == []


def test_on_failure_notify_only_tells() -> None:
    rig = Rig(settings_with(watch=QUICK, actions={"on_failure": "notify"}))
    rig.watching()
    rig.judged(BAD)
    rig.wait(39)
    assert rig.seen(m.PausePrint) == []
    assert rig.alerts() == ["failure_detected"]


def test_on_failure_cancel_cancels() -> None:
    rig = Rig(settings_with(watch=QUICK, actions={"on_failure": "cancel"}))
    rig.watching()
    rig.judged(BAD)
    assert len(rig.seen(m.CancelPrint)) == 1
    assert rig.seen(m.PausePrint) == []
    rig.printer("CANCELLING")
    assert rig.status()["action"] == "cancelled"


def test_a_cancel_that_does_not_take_is_an_alarm() -> None:
    rig = Rig(settings_with(watch=QUICK, actions={"on_failure": "cancel"}))
    rig.watching()
    rig.judged(BAD)
    rig.wait(31)
    assert len(rig.seen(m.CancelPrint)) == 2
    assert "pause_failed" in rig.events()


def test_suppressed_nothing_is_alerted_or_paused_but_all_is_shown(rig: Rig) -> None:
    rig.watching()
    rig.press("suppress")
    rig.judged(BAD)
    rig.wait(60)
    status = rig.status()
    assert rig.alerts() == []
    assert rig.seen(m.PausePrint) == []
    assert (status["suppressed"], status["verdict"]) == (True, "failure")
    assert status["reason"].startswith("No alerts until this print ends")


def test_unsuppressed_it_acts_on_what_it_sees(rig: Rig) -> None:
    rig.watching()
    rig.press("suppress")
    rig.judged(BAD)
    rig.press("unsuppress")
    assert len(rig.seen(m.PausePrint)) == 1


def test_suppression_ends_with_the_job(rig: Rig) -> None:
    rig.watching()
    rig.press("suppress")
    rig.send(m.PrintEnded("done"))
    rig.start("b.gcode")
    assert rig.status()["suppressed"] is False


def test_a_button_without_a_job_does_nothing(rig: Rig) -> None:
    for command in ("suppress", "unsuppress", "not_a_failure", "check_now"):
        assert rig.press(command) == []
    assert rig.status()["suppressed"] is False


def test_a_command_without_a_job_is_refused(rig: Rig) -> None:
    assert refusal(rig.state, m.Commanded("suppress")) == "no_job"


def test_a_check_is_refused_where_nothing_is_looked_at(rig: Rig) -> None:
    rig.watching()
    assert refusal(rig.state, m.Commanded("check_now")) is None
    rig.printer("PAUSED")
    assert refusal(rig.state, m.Commanded("check_now")) == "cannot_check"
    assert refusal(rig.state, m.Commanded("suppress")) is None


def test_pointing_at_a_box_that_is_gone_is_refused() -> None:
    rig = obico_rig()
    see(rig, stats(0.9, BOX))
    assert refusal(rig.state, m.Commanded("not_a_failure", BOX)) is None
    gone = m.Commanded("not_a_failure", ELSEWHERE)
    assert refusal(rig.state, gone) == "no_such_box"


@pytest.mark.parametrize("command", ["suppress", "not_a_failure"])
def test_the_user_can_call_off_a_pause_that_was_swallowed(rig: Rig, command: str) -> None:
    failing(rig)
    rig.press(command)
    rig.wait(SWALLOWED_AFTER_S + 1)
    assert len(rig.seen(m.PausePrint)) == 1


@pytest.mark.parametrize("command", ["suppress", "not_a_failure"])
def test_the_user_can_call_off_a_pause_that_was_not_asked_for_yet(command: str) -> None:
    rig = Rig(settings_with(watch=QUICK))
    rig.watching()
    rig.state = rig.state.__class__(
        **{**vars(rig.state), "reading": m.PrinterReading("STARTING")}
    )
    rig.state = rig.state.__class__(
        **{**vars(rig.state), "attempt": attempt_of(rig), "action": "pausing"}
    )
    rig.press(command)
    rig.printer("PRINTING")
    assert rig.seen(m.PausePrint) == []


def attempt_of(rig: Rig) -> object:
    from octoprint_aiwatch.core.state import Attempt

    return Attempt("pause", rig.now_s)


def stats(p: float, *boxes: Detection) -> Inspection:
    return Inspection(StatisticsEvidence(p, p, 0.0, 0.0, 100, 1000), boxes)


BOX = Detection(0.9, 0.3, 0.3, 0.1, 0.1)
ELSEWHERE = Detection(0.9, 0.8, 0.8, 0.1, 0.1)


def obico_rig() -> Rig:
    """Watching a print whose start showed nothing."""
    rig = Rig(settings_with(backend="obico", watch=QUICK))
    rig.watching()
    for _ in range(8):
        see(rig, stats(0.0))
    return rig


def test_not_a_failure_ignores_those_boxes_for_this_job() -> None:
    rig = obico_rig()
    see(rig, stats(0.9, BOX))
    rig.press("not_a_failure")
    assert rig.status()["verdict"] == "unknown"
    for _ in range(60):
        see(rig, stats(0.9, BOX))
    assert rig.seen(m.PausePrint) == []
    assert rig.status()["verdict"] == "ok"
    assert [box["unless"] for box in rig.status()["detections"]] == ["not_a_failure"]


def test_a_box_that_is_pointed_at_is_ignored_and_the_others_count_on() -> None:
    rig = obico_rig()
    for _ in range(4):
        see(rig, stats(0.9, BOX, ELSEWHERE))
    rig.press("not_a_failure", replace(BOX, x=0.31))
    unless = [box["unless"] for box in rig.status()["detections"]]
    assert unless == ["not_a_failure", ""]
    for _ in range(20):
        see(rig, stats(0.9, BOX, ELSEWHERE))
    assert rig.seen(m.PausePrint)


def test_pointing_at_the_only_box_leaves_nothing_to_act_on() -> None:
    rig = obico_rig()
    for _ in range(6):
        see(rig, stats(0.9, BOX))
    rig.press("always_ignore", BOX)
    assert rig.status()["verdict"] == "unknown"
    assert [box["unless"] for box in rig.status()["detections"]] == []


def test_pointing_at_what_did_not_count_leaves_the_verdict_as_it_is() -> None:
    rig = Rig(settings_with(backend="obico", watch=QUICK))
    rig.watching()
    see(rig, stats(0.3, BOX))
    rig.press("not_a_failure", BOX)
    assert rig.status()["verdict"] == "ok"
    assert [box["unless"] for box in rig.status()["detections"]] == ["not_a_failure"]


def test_without_a_box_no_place_is_ignored() -> None:
    rig = obico_rig()
    see(rig, stats(0.9, BOX))
    before = rig.state
    rig.press("always_ignore")
    assert rig.state == before


def test_a_box_that_is_gone_changes_nothing() -> None:
    rig = obico_rig()
    see(rig, stats(0.9, BOX))
    before = rig.state
    rig.press("not_a_failure", ELSEWHERE)
    assert rig.state == before


def test_an_ignored_place_is_told_and_leaves_its_boxes_out() -> None:
    rig = obico_rig()
    camera = {"ignore_zones": [[list(corner) for corner in around(BOX)]]}
    rig.change(settings_with(backend="obico", watch=QUICK, camera=camera))
    for _ in range(30):
        see(rig, stats(0.9, BOX))
    assert rig.seen(m.PausePrint) == []
    assert rig.status()["ignored_zones"] == [
        [[0.24, 0.24], [0.36, 0.24], [0.36, 0.36], [0.24, 0.36]]
    ]


def test_a_new_failure_elsewhere_still_pauses() -> None:
    rig = obico_rig()
    see(rig, stats(0.9, BOX))
    rig.press("not_a_failure")
    for _ in range(30):
        see(rig, stats(0.9, BOX, ELSEWHERE))
        if rig.seen(m.PausePrint):
            break
    assert len(rig.seen(m.PausePrint)) == 1


def test_the_next_job_forgets_the_ignored_boxes() -> None:
    rig = obico_rig()
    see(rig, stats(0.9, BOX))
    rig.press("not_a_failure")
    rig.send(m.PrintEnded("done"))
    rig.watching("b.gcode")
    see(rig, stats(0.9, BOX))
    assert rig.status()["detections"] != []


def test_not_a_failure_gives_a_remote_backend_time_to_think_again(rig: Rig) -> None:
    rig.watching()
    rig.judged(WARN)
    rig.press("not_a_failure")
    rig.forget()
    rig.wait(1)
    assert rig.status()["grace_s"] > 0
    assert rig.status()["verdict"] == "unknown"


def test_verdict_changes_are_told_once_each(rig: Rig) -> None:
    rig.watching()
    for inspection in (GOOD, GOOD, WARN, WARN, GOOD):
        see(rig, inspection)
    assert rig.events().count("verdict_changed") == 3
