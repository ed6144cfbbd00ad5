"""Where values stand on the gauge, exactly, and which verdict is the worse."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core.gauge import higher, on_gauge
from octoprint_aiwatch.core.values import (
    GAUGE_FAILURE,
    GAUGE_WARNING,
    Ahead,
    Reason,
    Verdict,
)

WARNING, FAILURE = 0.2, 0.6
STEP = 0.001
"""How far below a zone's border the zone before it ends."""


@pytest.mark.parametrize(
    ("value", "level", "score"),
    [
        (0.0, "ok", 0.0),
        (WARNING / 2, "ok", GAUGE_WARNING / 2),
        (WARNING / 4, "ok", GAUGE_WARNING / 4),
        (WARNING, "warning", GAUGE_WARNING),
        ((WARNING + FAILURE) / 2, "warning", (GAUGE_WARNING + GAUGE_FAILURE) / 2),
        (FAILURE, "failure", GAUGE_FAILURE),
        ((1.0 + FAILURE) / 2, "failure", (1.0 + GAUGE_FAILURE) / 2),
        (1.0, "failure", 1.0),
        (3.0, "failure", 1.0),
        (-1.0, "ok", 0.0),
    ],
)
def test_between_two_thresholds_the_needle_goes_evenly(
    value: float, level: str, score: float
) -> None:
    assert on_gauge(value, WARNING, FAILURE, level) == pytest.approx(score)


@pytest.mark.parametrize(
    ("value", "level", "score"),
    [
        (0.9, "ok", GAUGE_WARNING - STEP),
        (0.0, "warning", GAUGE_WARNING),
        (0.9, "warning", GAUGE_FAILURE - STEP),
        (0.0, "failure", GAUGE_FAILURE),
    ],
)
def test_the_needle_stays_in_the_zone_of_the_word(
    value: float, level: str, score: float
) -> None:
    assert on_gauge(value, WARNING, FAILURE, level) == pytest.approx(score)


def test_a_pause_that_asks_for_less_than_a_warning_turns_the_thresholds_round() -> None:
    for value, level in ((0.1, "ok"), (0.4, "warning"), (0.7, "failure")):
        turned = on_gauge(value, FAILURE, WARNING, level)
        assert turned == on_gauge(value, WARNING, FAILURE, level)


def test_thresholds_that_are_the_same_leave_no_room_between_them() -> None:
    assert on_gauge(0.5, 0.5, 0.5, "failure") == GAUGE_FAILURE
    assert on_gauge(0.25, 0.5, 0.5, "ok") == pytest.approx(GAUGE_WARNING / 2)


def test_a_threshold_of_nothing_is_reached_by_nothing() -> None:
    assert on_gauge(0.0, 0.0, 0.5, "warning") == GAUGE_WARNING


def test_a_failure_that_asks_for_everything_has_room_above_it_all_the_same() -> None:
    assert on_gauge(1.0, 0.5, 1.0, "failure") == pytest.approx(GAUGE_FAILURE)
    assert on_gauge(1.005, 0.5, 1.0, "failure") == pytest.approx(
        (1.0 + GAUGE_FAILURE) / 2
    )


def test_a_score_has_four_digits() -> None:
    assert on_gauge(1 / 30, WARNING, FAILURE, "ok") == 0.0667


def verdict(level: str, score: float, code: str) -> Verdict:
    return Verdict(level, score, (Reason(code),), Ahead("failure", score, 1.0))


def test_the_worse_level_wins_whatever_the_scores_are() -> None:
    one, two = verdict("ok", 0.9, "one"), verdict("warning", 0.1, "two")
    for channels in ([one, two], [two, one]):
        found = higher(channels)
        assert (found.level, found.score, found.ahead) == ("warning", 0.1, two.ahead)
        assert [reason.code for reason in found.reasons] == ["two", "one"]


def test_of_two_on_one_level_the_higher_score_wins() -> None:
    one, two = verdict("ok", 0.1, "one"), verdict("ok", 0.2, "two")
    for channels in ([one, two], [two, one]):
        assert [reason.code for reason in higher(channels).reasons] == ["two", "one"]
