"""What acting asks of the printer, and what it tells people and the log, exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.acting import MOST_REQUESTS
from octoprint_aiwatch.core.values import PrinterReading, Reason
from tests.core.rig import QUICK, WARN, Rig, remote, settings_with

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


def test_a_print_that_ends_meanwhile_leaves_no_parking_behind(rig: Rig) -> None:
    rig.judged(BAD)
    rig.forget()
    printer(rig, "FINISHING")
    assert rig.seen(m.CallOffParking) == [m.CallOffParking()]
    assert rig.state.attempt is None


def test_what_was_never_asked_for_has_no_parking_to_call_off() -> None:
    rig = acting(safe_moment_s=20)
    rig.send(m.HeightChanged())
    rig.judged(BAD)
    assert rig.status()["action"] == "waiting"
    printer(rig, "FINISHING")
    assert rig.seen(m.CallOffParking) == []


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
