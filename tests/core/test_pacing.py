"""How far apart checks are, so that a month's calls last to the end of a print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.pacing import SPARE, STRETCH_MOST_S, paced_s

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
