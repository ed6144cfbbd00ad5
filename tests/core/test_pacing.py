"""How far apart checks are, so that a month's calls last to the end of a print."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.pacing import (
    SPARE,
    STRETCH_MOST_S,
    covers_s,
    interval_s,
    keep_some,
    paced_s,
)
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.values import OK, WARNING
from tests.core.rig import settings_with

bases = st.floats(5.0, 1800.0)
lefts = st.integers(0, 100_000)
times = st.floats(0.0, 1e6)


@given(bases, times)
def test_without_a_limit_nothing_is_stretched(base_s: float, left_s: float) -> None:
    assert paced_s(base_s, None, left_s) == base_s


def test_who_may_be_asked_for_ever_is_asked_as_often_as_wanted() -> None:
    assert paced_s(40.0, None, 1e6) == 40.0


@given(bases, lefts, times)
def test_nobody_is_asked_sooner_than_allowed(
    base_s: float, calls: int, left_s: float
) -> None:
    assert paced_s(base_s, calls, left_s) >= base_s


@given(bases, lefts, times)
def test_the_gap_is_never_longer_than_stated_unless_it_was_asked_for(
    base_s: float, calls: int, left_s: float
) -> None:
    assert paced_s(base_s, calls, left_s) <= max(base_s, STRETCH_MOST_S)


@given(bases, st.integers(1, 100_000), times)
def test_calls_that_can_last_do_last(base_s: float, calls: int, left_s: float) -> None:
    if left_s * SPARE / calls <= STRETCH_MOST_S:
        assert paced_s(base_s, calls, left_s) * calls >= left_s


@pytest.mark.parametrize(
    ("calls", "left_h", "expected_s"),
    [(1_000, 30, 162.0), (5_000, 30, 40.0), (100, 30, 300.0), (1_000, 1, 40.0)],
)
def test_the_longer_the_print_and_the_fewer_the_calls_the_slower(
    calls: int, left_h: float, expected_s: float
) -> None:
    assert paced_s(40.0, calls, left_h * 3600.0) == pytest.approx(expected_s)


# -- of a state -------------------------------------------------------------------------


def doubtful(level: str = WARNING, **known: Any) -> State:
    state = State(settings_with(watch={"min_interval_s": 400}), memory_of="gadget")
    verdict = replace(state.verdict, level=level)
    return replace(state, verdict=verdict, calls_left={"gadget": 100}, **known)


def test_what_is_suspicious_is_looked_at_as_often_as_without_a_limit() -> None:
    assert interval_s(doubtful(), "gadget", 40.0) == 40.0
    assert interval_s(doubtful(calls_kept=99), "gadget", 40.0) == 40.0


def test_until_a_part_of_the_calls_is_used_up() -> None:
    assert interval_s(doubtful(calls_kept=100), "gadget", 40.0) == STRETCH_MOST_S


def test_what_looks_well_again_may_be_suspicious_once_more() -> None:
    state, effects = keep_some(doubtful(OK, calls_kept=80), 0.0)
    assert (state.calls_kept, effects) == (None, [])
    state, _ = keep_some(replace(state, verdict=doubtful().verdict, judge="gadget"), 1.0)
    assert state.calls_kept == 75


def test_calls_reach_as_far_as_the_longest_gap_and_the_users_wish() -> None:
    assert covers_s(doubtful(), "gadget") == 100 * 400.0
    assert covers_s(State(settings_with()), "gadget") is None
    quick = replace(State(settings_with()), calls_left={"gadget": 10})
    assert covers_s(quick, "gadget") == 10 * STRETCH_MOST_S
