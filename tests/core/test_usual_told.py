"""The mean of what is usual, exactly."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.core.usual import (
    LONG_S,
    MOST,
    NOTHING_USUAL,
    SECTION,
    TRUSTED_S,
    Usual,
    kept,
    learned,
    recalled,
    trusted,
)


def test_the_first_frame_is_the_mean() -> None:
    for step_s in (0.5, 10.0):
        assert learned(NOTHING_USUAL, 0.3, step_s) == Usual(0.3, step_s)


def test_each_frame_counts_for_its_time() -> None:
    assert learned(Usual(0.1, 30.0), 0.5, 10.0) == Usual(pytest.approx(0.2), 40.0)


def test_once_it_is_old_a_frame_counts_for_its_share_of_the_whole_time() -> None:
    old = Usual(0.1, LONG_S)
    found = learned(old, 0.5, LONG_S / 4)
    assert found == Usual(pytest.approx(0.2), LONG_S)


def test_a_frame_that_counts_for_longer_than_all_is_the_mean() -> None:
    assert learned(Usual(0.1, 10.0), 0.3, 2 * LONG_S) == Usual(0.3, LONG_S)


def test_what_is_usual_has_its_limit() -> None:
    assert learned(NOTHING_USUAL, 1.0, 10.0) == Usual(MOST, 10.0)


def test_a_frame_that_took_no_time_changes_nothing() -> None:
    known = Usual(0.1, 30.0)
    assert learned(known, 0.5, 0.0) == known
    assert learned(NOTHING_USUAL, 0.5, 0.0) == NOTHING_USUAL


@pytest.mark.parametrize(("evidence_s", "share"), [(0.5, 0.5), (1.0, 1.0), (9.0, 1.0)])
def test_it_is_trusted_by_how_much_it_stands_on(evidence_s: float, share: float) -> None:
    assert trusted(Usual(0.2, evidence_s * TRUSTED_S)) == pytest.approx(0.2 * share)


@pytest.mark.parametrize("remembered", [{}, {SECTION: 5}, {SECTION: ["local"]}])
def test_where_there_is_no_section_one_is_begun(remembered: dict[str, Any]) -> None:
    found = kept(remembered, "local", Usual(0.2, 60.0))
    assert found == {"local": {"mean": 0.2, "evidence_s": 60.0}}
    assert recalled(remembered, "local") == NOTHING_USUAL


def test_what_is_kept_takes_the_place_of_what_was() -> None:
    before = {SECTION: {"local": {"mean": 0.4, "evidence_s": 1.0}, "gadget": {}}}
    found = kept(before, "local", Usual(0.2, 60.0))
    assert found == {"local": {"mean": 0.2, "evidence_s": 60.0}, "gadget": {}}
    assert before[SECTION]["local"] == {"mean": 0.4, "evidence_s": 1.0}


def test_a_number_that_no_float_can_hold_is_as_good_as_the_most() -> None:
    stored = {"local": {"mean": 10**400, "evidence_s": 10**400}}
    assert recalled({SECTION: stored}, "local") == Usual(MOST, LONG_S)


@pytest.mark.parametrize("mean", [True, "0.2", None, -0.2, float("nan"), float("inf")])
def test_one_number_that_is_odd_counts_as_nothing_by_itself(mean: Any) -> None:
    stored = {"local": {"mean": mean, "evidence_s": 60}}
    assert recalled({SECTION: stored}, "local") == Usual(0.0, 60.0)
