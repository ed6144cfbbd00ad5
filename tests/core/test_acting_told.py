"""What acting asks of the printer, and what it tells people and the log, exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.acting import (
    ALARM_EARLY_S,
    DRAIN_S,
    MOST_REQUESTS,
    SWALLOWED_AFTER_S,
    TRY_AGAIN_AFTER_S,
)
from octoprint_aiwatch.core.values import PrinterReading, Reason
from tests.core.rig import GOOD, QUICK, WARN, Rig, remote, settings_with

BAD = remote(0.95, warning=True, pause=True, next_s=0.0)
PRINT = 7
"""The number of the print that OctoPrint's connection is at."""


@pytest.fixture
def rig() -> Rig:
    return acting()


def acting(**actions: Any) -> Rig:
    rig = Rig(settings_with(watch=QUICK, actions=actions))
    rig.start(then=None)
    printer(rig, "PRINTING")
    rig.opened()
    rig.wait(0.0)
    rig.forget()
    return rig


def waiting() -> Rig:
    """A pause that waits for a safe moment."""
    rig = acting(safe_moment_s=20)
    rig.send(m.HeightChanged())
    rig.judged(BAD)
    assert rig.status()["action"] == "waiting"
    return rig


def judge(rig: Rig, inspection: Any) -> None:
    """The next check, once it is due."""
    rig.until_ordered()
    rig.judged(inspection)


def look_at(rig: Rig, now_s: float) -> None:
    """A look at an unchanged printer at that moment."""
    rig.now_s = now_s
    rig.send(m.PrinterRead(rig.state.reading))


def failures(rig: Rig) -> int:
    return rig.events().count("failure_detected")


def printer(rig: Rig, state_id: str) -> None:
    rig.send(m.PrinterRead(PrinterReading(state_id, None, False, None, PRINT)))


def first(rig: Rig, kind: type) -> Any:
    (one, *_) = rig.seen(kind)
    return one


def reason_of(rig: Rig) -> Reason:
    return rig.state.verdict.reasons[0]


# -- what is asked of the printer ------------------------------------------------------


def test_a_pause_is_asked_of_the_print_that_failed(rig: Rig) -> None:
    rig.judged(BAD)
    assert rig.seen(m.PausePrint) == [m.PausePrint(PRINT, None)]


def test_a_cancel_is_asked_of_the_print_that_failed() -> None:
    rig = acting(on_failure="cancel")
    rig.judged(BAD)
    assert rig.seen(m.CancelPrint) == [m.CancelPrint(PRINT)]
    assert rig.status()["action"] == "cancelling"
    printer(rig, "CANCELLING")
    assert rig.status()["action"] == "cancelled"
    assert rig.state.attempt is None


def test_the_head_is_parked_as_the_settings_say() -> None:
    rig = acting(park={"enabled": True, "lift_mm": 7})
    rig.judged(BAD)
    assert first(rig, m.PausePrint).park == rig.state.settings.actions.park


def test_each_request_is_in_the_log_with_its_number(rig: Rig) -> None:
    rig.judged(BAD)
    rig.wait(20)
    asked = [one for one in rig.seen(m.Log) if one.code == "pause_requested"]
    assert [(one.level, one.params) for one in asked] == [
        ("info", {"request": number + 1}) for number in range(MOST_REQUESTS)
    ]


def test_a_cancel_is_in_the_log_as_one() -> None:
    rig = acting(on_failure="cancel")
    rig.judged(BAD)
    assert m.Log("info", "cancel_requested", {"request": 1}) in rig.seen(m.Log)


# -- a pause that is taken back --------------------------------------------------------


def test_a_pause_that_was_asked_for_is_followed_though_it_is_called_off(rig: Rig) -> None:
    rig.judged(BAD)
    rig.press("suppress")
    assert rig.state.attempt is not None
    printer(rig, "PAUSED")
    assert rig.events()[-1] == "pause_confirmed"
    assert rig.status()["pauses"] == 1


def test_called_off_it_is_not_asked_for_again(rig: Rig) -> None:
    rig.judged(BAD)
    rig.press("suppress")
    rig.wait(20)
    assert len(rig.seen(m.PausePrint)) == 1


def test_a_request_without_effect_is_not_repeated_once_it_looks_better(rig: Rig) -> None:
    rig.judged(BAD)
    rig.press("check_now")
    rig.judged(remote(0.1, next_s=0.0))
    rig.wait(2 * SWALLOWED_AFTER_S)
    assert len(rig.seen(m.PausePrint)) == 1


def test_a_request_without_effect_is_not_repeated_once_only_messages_are_wanted(
    rig: Rig,
) -> None:
    rig.judged(BAD)
    rig.change(settings_with(watch=QUICK, actions={"on_failure": "notify"}))
    rig.wait(2 * SWALLOWED_AFTER_S)
    assert len(rig.seen(m.PausePrint)) == 1


def test_a_print_that_ends_meanwhile_leaves_no_parking_behind(rig: Rig) -> None:
    rig.judged(BAD)
    rig.forget()
    printer(rig, "FINISHING")
    assert rig.seen(m.CallOffParking) == [m.CallOffParking()]
    assert rig.state.attempt is None


def test_what_was_never_asked_for_has_no_parking_to_call_off() -> None:
    rig = waiting()
    printer(rig, "FINISHING")
    assert rig.seen(m.CallOffParking) == []


def test_a_cancel_has_no_parking_to_call_off() -> None:
    rig = acting(on_failure="cancel")
    rig.judged(BAD)
    printer(rig, "FINISHING")
    assert rig.seen(m.CallOffParking) == []


@pytest.mark.parametrize("state_id", ["PAUSING", "PAUSED"])
def test_a_user_who_pauses_while_it_still_waits_was_quicker(state_id: str) -> None:
    rig = waiting()
    printer(rig, state_id)
    assert rig.state.attempt is None
    assert rig.status()["action"] is None
    assert "pause_confirmed" not in rig.events()


def test_a_users_pause_that_did_not_take_leaves_the_failure_to_be_acted_on() -> None:
    rig = waiting()
    printer(rig, "PAUSING")
    printer(rig, "PRINTING")
    assert failures(rig) == 2
    assert rig.status()["action"] == "waiting"


@pytest.mark.parametrize("taken_back_by", [WARN, GOOD])
def test_a_pause_that_still_waits_goes_with_its_verdict(taken_back_by: Any) -> None:
    rig = waiting()
    judge(rig, taken_back_by)
    assert rig.state.attempt is None
    rig.wait(30)
    assert rig.seen(m.PausePrint) == []


def test_a_pause_that_still_waits_goes_when_no_more_are_allowed() -> None:
    rig = waiting()
    rig.change(settings_with(watch=QUICK, actions={"safe_moment_s": 20, "max_pauses": 0}))
    assert rig.state.attempt is None


def test_a_pause_that_still_waits_goes_when_the_watch_is_switched_off() -> None:
    rig = waiting()
    rig.change(settings_with(enabled=False, watch=QUICK, actions={"safe_moment_s": 20}))
    assert rig.state.attempt is None


def test_what_was_called_off_is_wanted_anew_when_it_fails_again() -> None:
    rig = waiting()
    rig.press("suppress")
    rig.press("unsuppress")
    judge(rig, BAD)
    assert failures(rig) == 2


def test_a_pause_that_waited_enough_is_asked_for_at_that_very_moment() -> None:
    rig = waiting()
    assert rig.state.attempt is not None
    assert rig.state.attempt.wait_until is not None
    look_at(rig, rig.state.attempt.wait_until)
    assert len(rig.seen(m.PausePrint)) == 1


@pytest.mark.parametrize(("safe_moment_s", "asked"), [(0, 1), (1, 0)])
def test_only_without_a_safe_moment_is_it_asked_for_at_once(
    safe_moment_s: float, asked: int
) -> None:
    rig = acting(safe_moment_s=safe_moment_s)
    rig.send(m.HeightChanged())
    rig.judged(BAD)
    assert len(rig.seen(m.PausePrint)) == asked


# -- a pause that takes its time -------------------------------------------------------


def test_a_change_of_height_gives_a_pause_that_was_asked_for_no_more_time(
    rig: Rig,
) -> None:
    rig.judged(BAD)
    started_s, limit_s = rig.now_s, rig.state.settings.actions.verify_s
    rig.wait(limit_s / 2)
    rig.send(m.HeightChanged())
    look_at(rig, started_s + limit_s)
    assert rig.events()[-1] == "pause_failed"


def test_the_alarm_comes_within_the_time_that_the_user_allowed(rig: Rig) -> None:
    rig.judged(BAD)
    due_s = rig.now_s + rig.state.settings.actions.verify_s - ALARM_EARLY_S
    look_at(rig, due_s - 0.01)
    assert "pause_failed" not in rig.events()
    look_at(rig, due_s)
    assert rig.events()[-1] == "pause_failed"


def test_a_printer_that_empties_its_planner_has_as_long_as_the_user_allowed() -> None:
    rig = acting(verify_s=2 * DRAIN_S)
    rig.judged(BAD)
    started_s = rig.now_s
    printer(rig, "PAUSING")
    look_at(rig, started_s + 1.5 * DRAIN_S)
    assert "pause_failed" not in rig.events()


@pytest.mark.parametrize("state_id", ["STARTING", "RESUMING", "PAUSING"])
def test_a_job_that_is_on_its_way_may_still_be_paused(rig: Rig, state_id: str) -> None:
    rig.judged(BAD)
    printer(rig, state_id)
    assert rig.state.attempt is not None


def test_a_job_that_ends_by_itself_is_not_said_to_be_pausing(rig: Rig) -> None:
    rig.judged(BAD)
    printer(rig, "FINISHING")
    assert rig.status()["action"] is None


def test_a_user_who_cancels_instead_has_not_been_obeyed_by_us(rig: Rig) -> None:
    rig.judged(BAD)
    printer(rig, "CANCELLING")
    assert rig.status()["action"] is None


def test_a_print_that_is_to_be_cancelled_was_not_paused_by_us() -> None:
    rig = acting(on_failure="cancel")
    rig.judged(BAD)
    printer(rig, "PAUSED")
    assert "pause_confirmed" not in rig.events()
    assert rig.status()["pauses"] == 0


def test_a_request_without_effect_is_repeated_at_that_very_moment(rig: Rig) -> None:
    rig.judged(BAD)
    began_s = rig.now_s
    look_at(rig, began_s + SWALLOWED_AFTER_S - 0.01)
    assert len(rig.seen(m.PausePrint)) == 1
    look_at(rig, began_s + SWALLOWED_AFTER_S)
    assert len(rig.seen(m.PausePrint)) == 2


def test_the_first_request_waits_for_nothing_though_the_clock_has_just_begun() -> None:
    rig = Rig(settings_with(watch=QUICK))
    rig.now_s = 0.0
    rig.watching()
    rig.judged(BAD)
    assert len(rig.seen(m.PausePrint)) == 1


def test_a_connector_that_does_not_count_prints_is_asked_for_print_0() -> None:
    rig = Rig(settings_with(watch=QUICK))
    rig.watching()
    rig.state = replace(rig.state, print_number=None)
    reading = replace(rig.state.reading, print_number=None)
    rig.state = replace(rig.state, reading=reading)
    rig.judged(BAD)
    assert rig.seen(m.PausePrint) == [m.PausePrint(0, None)]


# -- acting once, and again ------------------------------------------------------------


@pytest.mark.parametrize("meanwhile", [GOOD, WARN])
def test_a_failure_after_it_looked_better_is_told_again(meanwhile: Any) -> None:
    rig = acting(on_failure="notify")
    rig.judged(BAD)
    judge(rig, BAD)
    assert failures(rig) == 1
    judge(rig, meanwhile)
    judge(rig, BAD)
    assert failures(rig) == 2


def test_while_a_pause_is_on_its_way_a_failure_that_comes_back_is_no_other(
    rig: Rig,
) -> None:
    rig.judged(BAD)
    judge(rig, remote(0.1, next_s=0.0))
    judge(rig, BAD)
    assert rig.state.attempt is not None
    assert failures(rig) == 1


def test_a_pause_that_failed_is_tried_again_at_that_very_moment(rig: Rig) -> None:
    rig.judged(BAD)
    rig.wait(31)
    assert rig.state.acted_at is not None
    again_s = rig.state.acted_at + TRY_AGAIN_AFTER_S
    look_at(rig, again_s - 0.01)
    assert failures(rig) == 1
    look_at(rig, again_s)
    assert failures(rig) == 2


def test_the_limit_of_pauses_does_not_keep_a_print_from_being_cancelled() -> None:
    rig = acting(on_failure="cancel", max_pauses=0)
    rig.judged(BAD)
    rig.wait(SWALLOWED_AFTER_S)
    assert len(rig.seen(m.CancelPrint)) == MOST_REQUESTS


# -- what is told ----------------------------------------------------------------------


def test_a_warning_is_told_with_its_reason(rig: Rig) -> None:
    rig.judged(WARN)
    reason = reason_of(rig)
    assert rig.seen(m.Alert) == [
        m.Alert("warning_raised", "notice", "title_warning", reason)
    ]
    assert m.RaiseEvent("warning_raised", reason) in rig.seen(m.RaiseEvent)
    told = {"code": reason.code, **reason.params}
    assert m.Log("warning", "warning_raised", told) in rig.seen(m.Log)


@pytest.mark.parametrize(
    ("on_failure", "sticky"), [("pause", False), ("notify", True), ("cancel", False)]
)
def test_a_failure_is_told_with_what_is_done_about_it(
    on_failure: str, sticky: bool
) -> None:
    rig = acting(on_failure=on_failure)
    rig.judged(BAD)
    reason, title = reason_of(rig), "title_failure_" + on_failure
    alert = m.Alert("failure_detected", "error", title, reason, sticky=sticky)
    assert first(rig, m.Alert) == alert
    assert m.RaiseEvent("failure_detected", reason) in rig.seen(m.RaiseEvent)
    told = {"code": reason.code, **reason.params}
    assert m.Log("warning", "failure_detected", told) in rig.seen(m.Log)


def test_a_failure_beyond_the_limit_of_pauses_is_told_as_such() -> None:
    rig = acting(max_pauses=0)
    rig.judged(BAD)
    alert = first(rig, m.Alert)
    assert (alert.title, alert.sticky) == ("title_failure_limit", True)
    assert rig.seen(m.PausePrint) == []


def test_a_confirmed_pause_is_told_with_why_it_was_wanted(rig: Rig) -> None:
    rig.judged(BAD)
    reason = reason_of(rig)
    rig.forget()
    printer(rig, "PAUSED")
    assert rig.seen(m.Alert) == [
        m.Alert("pause_confirmed", "error", "title_paused", reason, sticky=True)
    ]
    assert m.RaiseEvent("pause_confirmed", reason) in rig.seen(m.RaiseEvent)
    assert m.Log("warning", "pause_confirmed") in rig.seen(m.Log)


def test_a_pause_that_failed_is_told_with_the_printers_state(rig: Rig) -> None:
    rig.judged(BAD)
    rig.forget()
    rig.wait(31)
    reason = Reason("pause_failed", {"state": "PRINTING"})
    alert = m.Alert("pause_failed", "error", "title_pause_failed", reason, sticky=True)
    assert alert in rig.seen(m.Alert)
    assert m.RaiseEvent("pause_failed", reason) in rig.seen(m.RaiseEvent)
    assert m.Log("error", "pause_failed", reason.params) in rig.seen(m.Log)
    assert rig.seen(m.CallOffParking) == [m.CallOffParking()]


def test_a_pause_without_a_reason_left_says_that_there_is_none(rig: Rig) -> None:
    rig.judged(BAD)
    rig.state = replace(rig.state, verdict=replace(rig.state.verdict, reasons=()))
    printer(rig, "PAUSED")
    assert rig.seen(m.RaiseEvent)[-1].reason == Reason("no_data")
