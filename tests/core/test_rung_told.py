"""Whose turn it is, and how long a backend that failed is left alone, exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Optional

import pytest

from octoprint_aiwatch.core.rung import (
    BACKOFF_FIRST_S,
    BACKOFF_MOST_S,
    NEVER,
    UNTRIED,
    Ladder,
    Rung,
    backoff_s,
)
from octoprint_aiwatch.core.values import Fault

KEYS = ("a", "b", "c")
NOW_S = 100.0
ASK = Fault("token_refused", "ask", "backend")
RETRY = Fault("timeout", "retry", "backend")


def ladder(
    again: Mapping[str, float], calls_left: Optional[Mapping[str, int]] = None
) -> Ladder:
    rungs = {key: Rung(again_at=again_at) for key, again_at in again.items()}
    return Ladder(KEYS, rungs, calls_left or {})


# -- how long it is left alone ---------------------------------------------------------


@pytest.mark.parametrize(
    ("failures", "jitter", "times"),
    [(1, 0.5, 1.0), (1, 0.0, 0.75), (1, 1.0, 1.25), (2, 0.0, 1.5), (4, 1.0, 10.0)],
)
def test_it_doubles_and_chance_spreads_it_by_a_quarter(
    failures: int, jitter: float, times: float
) -> None:
    assert backoff_s(failures, jitter) == pytest.approx(BACKOFF_FIRST_S * times)


@pytest.mark.parametrize("failures", [6, 11, 12, 10**6])
def test_it_has_an_end(failures: int) -> None:
    assert backoff_s(failures, 0.5) == BACKOFF_MOST_S


def test_no_failure_counts_as_the_first() -> None:
    assert backoff_s(0, 0.5) == BACKOFF_FIRST_S


# -- whose turn it is ------------------------------------------------------------------


def test_nothing_is_held_against_who_was_not_tried() -> None:
    assert ladder({}).rung("a") == UNTRIED
    assert ladder({}).turn(NOW_S) == "a"
    assert (UNTRIED.opened, UNTRIED.told, UNTRIED.failures) == (False, False, 0)
    assert (UNTRIED.not_before, UNTRIED.again_at, UNTRIED.steady_since) == (0, 0, None)


def test_the_first_that_is_free_is_asked() -> None:
    assert ladder({"a": NOW_S + 1, "b": NOW_S}).turn(NOW_S) == "b"
    assert ladder({"a": NOW_S}).turn(NOW_S) == "a"


def test_with_nobody_free_who_is_so_first_is_waited_for() -> None:
    waiting = ladder({"a": NOW_S + 9, "b": NOW_S + 1, "c": NEVER})
    assert waiting.turn(NOW_S) == "b"


def test_who_has_no_calls_left_is_passed_over() -> None:
    assert ladder({}, {"a": 0, "b": 1}).turn(NOW_S) == "b"
    left = ladder({"a": NOW_S + 1, "b": NOW_S + 9, "c": NOW_S + 5}, {"a": 0})
    assert left.turn(NOW_S) == "c"


def test_with_no_calls_left_at_all_who_is_free_first_has_the_turn() -> None:
    spent = {"a": 0, "b": 0, "c": 0}
    waiting = ladder({"a": NOW_S + 9, "b": NOW_S + 1, "c": NOW_S + 5}, spent)
    assert waiting.turn(NOW_S) == "b"


def test_a_call_that_is_not_counted_is_always_left() -> None:
    assert ladder({}).has_calls("a")
    assert not ladder({}, {"a": 0}).has_calls("a")
    assert not ladder({}, {"a": -1}).has_calls("a")


# -- refused by all --------------------------------------------------------------------


def refused(
    faults: Mapping[str, Optional[Fault]],
    calls_left: Optional[Mapping[str, int]] = None,
    again_at: float = math.inf,
) -> bool:
    rungs = {key: Rung(fault=fault, again_at=again_at) for key, fault in faults.items()}
    return Ladder(("a", "b"), rungs, calls_left or {}).is_refused(NOW_S)


def test_refused_is_when_all_of_them_need_the_user() -> None:
    assert refused({"a": ASK, "b": ASK})
    assert not refused({"a": ASK, "b": RETRY})
    assert not refused({"a": ASK, "b": None})
    assert not refused({"a": ASK})


def test_who_may_be_tried_again_is_not_refused() -> None:
    assert not refused({"a": ASK, "b": ASK}, again_at=NOW_S)


def test_who_has_no_calls_left_is_not_asked_about() -> None:
    assert refused({"a": ASK, "b": None}, {"b": 0})
    assert not refused({"a": ASK, "b": ASK}, {"a": 0, "b": 0})
