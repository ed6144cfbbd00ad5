"""What follows from what the machine knows, without any event, exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest

from octoprint_aiwatch.core.ladder import with_rung
from octoprint_aiwatch.core.state import (
    ATTEMPT_TICK_S,
    INSPECT,
    OPEN,
    TICK_S,
    Attempt,
    Order,
    State,
    blind,
    check_at,
    heating,
    hold,
    may_ask,
    name_of,
    overdue_s,
    paused_by,
    phase,
    wake_at,
    wanted,
)
from octoprint_aiwatch.core.values import Fault, Job, PrinterReading
from tests.core.rig import QUICK, settings_with

NOW_S = 1000.0
BLIND_AFTER_S = 90.0
JOB = Job(1, "id", "a", "a", "local", 0.0)
FAULT = Fault("timeout", "retry", "backend")


def printing(**changes: Any) -> State:
    """A job that is watched; the next check is due in 30 s."""
    settings = settings_with(watch={**QUICK, "blind_after_s": BLIND_AFTER_S})
    state = State(
        settings,
        job=JOB,
        reading=PrinterReading("PRINTING"),
        wanted_since=NOW_S - 500,
        next_check_at=NOW_S + 30,
        turn="gadget",
    )
    return replace(state, **changes)


def at(state_id: str, **changes: Any) -> State:
    return printing(reading=PrinterReading(state_id), **changes)


def order(since_s: float = NOW_S, kind: str = INSPECT) -> Order:
    return Order(1, kind, since_s, "gadget")


def off() -> Any:
    return settings_with(enabled=False)


# -- why nothing is looked at ----------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (printing(), None),
        (at("STARTING"), "starting"),
        (at("PAUSING"), "pausing"),
        (at("PAUSED"), "paused"),
        (at("RESUMING"), "resuming"),
        (at("FINISHING"), "finishing"),
        (at("CANCELLING"), "finishing"),
        (printing(refused=True), "ask"),
        (at("PAUSED", refused=True), "paused"),
        (at("PAUSED", off_in_file=True), "in_file"),
        (at("PAUSED", off_in_file=True, settings=off()), "disabled"),
        (at("PAUSED", job=None), None),
    ],
)
def test_the_first_reason_that_holds_is_told(state: State, reason: Optional[str]) -> None:
    assert hold(state) == reason
    assert wanted(state) is (state.job is not None and reason in (None, "ask"))


@pytest.mark.parametrize(
    ("warmup", "warmed", "is_heating", "held"),
    [
        (True, False, True, True),
        (False, False, True, False),
        (True, True, True, False),
        (True, False, False, False),
        (True, False, None, False),
    ],
)
def test_a_heater_holds_the_watch_only_in_the_first_warm_up_and_if_that_is_wanted(
    warmup: bool, warmed: bool, is_heating: Optional[bool], held: bool
) -> None:
    settings = settings_with(watch={**QUICK, "warmup": warmup})
    reading = PrinterReading("PRINTING", is_heating)
    state = printing(settings=settings, warmed=warmed, reading=reading)
    assert heating(state) is held
    assert hold(state) == ("heating" if held else None)


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (printing(job=None), "idle"),
        (at("PAUSED", judge="gadget"), "held"),
        (printing(), "opening"),
        (printing(judge="gadget"), "watching"),
        (with_rung(printing(), "gadget", opened=True), "watching"),
        (with_rung(printing(), "local", opened=True), "opening"),
    ],
)
def test_the_phase_follows_from_the_rest(state: State, name: str) -> None:
    assert phase(state) == name


# -- who paused it ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "who"),
    [
        (at("PAUSED", action="paused"), "us"),
        (at("PAUSED", action="paused", paused_by="user"), "us"),
        (at("PAUSED", paused_by="user"), "user"),
        (at("PAUSED", paused_by="printer"), "printer"),
        (at("PAUSED"), None),
        (at("PAUSED", action="pausing"), None),
        (at("PAUSING", action="paused"), None),
        (at("PRINTING", paused_by="user"), None),
        (at("PAUSED", action="paused", job=None), None),
    ],
)
def test_who_paused_is_told_of_a_print_that_is_paused(
    state: State, who: Optional[str]
) -> None:
    assert paused_by(state) == who


def test_a_backend_without_a_label_is_called_by_its_key() -> None:
    state = printing(labels={"gadget": "Gadget"})
    assert (name_of(state, "gadget"), name_of(state, "other")) == ("Gadget", "other")


# -- late and blind --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "late_s"),
    [
        ({"next_check_at": NOW_S - 20}, 20.0),
        ({"next_check_at": NOW_S + 20}, 0.0),
        ({"next_check_at": NOW_S - 900}, 500.0),
        ({"next_check_at": NOW_S - 20, "order": order(NOW_S - 50)}, 50.0),
        ({"next_check_at": NOW_S - 20, "order": order(NOW_S - 10)}, 20.0),
        ({"next_check_at": NOW_S - 20, "fault": FAULT}, 0.0),
        ({"next_check_at": NOW_S - 20, "wanted_since": None}, 0.0),
    ],
)
def test_a_check_is_late_since_it_was_due_or_asked_for(
    changes: dict[str, Any], late_s: float
) -> None:
    assert overdue_s(printing(**changes), NOW_S) == late_s


@pytest.mark.parametrize(
    ("state", "is_blind"),
    [
        (printing(), False),
        (printing(fault=FAULT), True),
        (at("PAUSED", fault=FAULT), False),
        (printing(next_check_at=NOW_S - BLIND_AFTER_S), False),
        (printing(next_check_at=NOW_S - BLIND_AFTER_S - 0.1), True),
    ],
)
def test_blind_is_who_ought_to_see_and_cannot(state: State, is_blind: bool) -> None:
    assert blind(state, NOW_S) is is_blind


# -- when the next check is due --------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "due_s"),
    [
        ({}, 30.0),
        ({"again_at": NOW_S + 50}, 50.0),
        ({"again_at": NOW_S + 10}, 30.0),
        ({"not_before": NOW_S + 70}, 30.0),
        ({"not_before": NOW_S + 70, "opened": True}, 70.0),
        ({"not_before": NOW_S + 10, "opened": True}, 30.0),
    ],
)
def test_a_backends_own_interval_binds_its_calls_and_no_new_context(
    known: dict[str, Any], due_s: float
) -> None:
    assert check_at(with_rung(printing(), "gadget", **known)) == NOW_S + due_s


@pytest.mark.parametrize(
    ("state", "may"),
    [
        (printing(), True),
        (at("PAUSED"), True),
        (printing(job=None), False),
        (printing(order=order()), False),
        (printing(settings=off()), False),
        (printing(refused=True), False),
        (printing(calls_left={"gadget": 0}), False),
        (printing(calls_left={"gadget": 1}), True),
    ],
)
def test_somebody_may_be_asked_unless_time_alone_changes_nothing(
    state: State, may: bool
) -> None:
    assert may_ask(state) is may


SOON_S = TICK_S / 2


@pytest.mark.parametrize(
    ("changes", "wakes_s"),
    [
        ({}, TICK_S),
        ({"job": None}, None),
        ({"attempt": Attempt("pause", NOW_S)}, ATTEMPT_TICK_S),
        ({"next_check_at": NOW_S + SOON_S}, SOON_S),
        ({"next_check_at": NOW_S - 5}, 0.0),
        ({"next_check_at": NOW_S - 5, "order": order(kind=OPEN)}, TICK_S),
        ({"next_check_at": NOW_S - 5, "off_in_file": True}, TICK_S),
        ({"next_check_at": NOW_S - 5, "refused": True}, TICK_S),
        ({"grace_until": NOW_S + SOON_S}, SOON_S),
        ({"grace_until": NOW_S}, TICK_S),
        ({"grace_until": NOW_S - 5}, TICK_S),
    ],
)
def test_it_is_woken_for_whatever_comes_first(
    changes: dict[str, Any], wakes_s: Optional[float]
) -> None:
    wakes_at = wake_at(printing(**changes), NOW_S)
    assert wakes_at == (None if wakes_s is None else NOW_S + wakes_s)
