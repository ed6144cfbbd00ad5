"""Means and holds in seconds, whatever the pace of the frames."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.steady import (
    FIRST_STEP_S,
    MAX_STEP_S,
    TAU_S,
    has_held,
    lost_s,
    since,
    step_s,
    towards,
)

TIMES = st.floats(0, 1e6)
UNIT = st.floats(0, 1)


def test_the_first_frame_counts_for_a_while_although_nothing_came_before() -> None:
    assert step_s(None, 5000.0) == FIRST_STEP_S


def test_a_frame_counts_for_the_time_since_the_one_before() -> None:
    assert step_s(100.0, 117.0) == 17.0


def test_after_a_gap_a_frame_counts_for_no_longer_than_the_most() -> None:
    assert step_s(100.0, 100.0 + MAX_STEP_S + 900) == MAX_STEP_S


def test_a_clock_that_steps_back_counts_for_nothing() -> None:
    assert step_s(100.0, 90.0) == 0.0


@given(TIMES, TIMES)
def test_what_counts_and_what_is_lost_make_up_the_time_that_passed(
    last_at: float, now_s: float
) -> None:
    passed_s = max(0.0, now_s - last_at)
    counted = step_s(last_at, now_s) + lost_s(last_at, now_s)
    assert counted == pytest.approx(passed_s)


def test_nothing_is_lost_before_the_first_frame() -> None:
    assert lost_s(None, 5000.0) == 0.0


def test_after_one_time_constant_a_mean_has_come_63_per_cent_of_the_way() -> None:
    assert towards(0.0, 1.0, TAU_S) == pytest.approx(1 - 1 / math.e)


@given(UNIT, UNIT, st.floats(0, 3600), st.integers(1, 20))
def test_many_short_steps_lead_where_a_long_one_does(
    mean: float, value: float, for_s: float, steps: int
) -> None:
    bit_by_bit = mean
    for _ in range(steps):
        bit_by_bit = towards(bit_by_bit, value, for_s / steps)
    assert bit_by_bit == pytest.approx(towards(mean, value, for_s), abs=1e-9)


@given(UNIT, UNIT, st.floats(0, 1e6))
def test_a_mean_stays_between_what_was_and_what_came(
    mean: float, value: float, for_s: float
) -> None:
    low, high = sorted((mean, value))
    assert low - 1e-12 <= towards(mean, value, for_s) <= high + 1e-12


def test_what_does_not_hold_has_no_beginning() -> None:
    assert since(50.0, False, 60.0) is None


def test_what_begins_to_hold_begins_now() -> None:
    assert since(None, True, 60.0) == 60.0


def test_what_goes_on_holding_keeps_its_beginning() -> None:
    assert since(50.0, True, 60.0) == 50.0


def test_time_that_was_lost_does_not_count_as_holding() -> None:
    assert since(50.0, True, 1000.0, 800.0) == 850.0


def test_it_has_held_when_the_time_is_up_and_not_before() -> None:
    assert not has_held(50.0, 30.0, 79.9)
    assert has_held(50.0, 30.0, 80.0)
    assert not has_held(None, 0.0, 80.0)
