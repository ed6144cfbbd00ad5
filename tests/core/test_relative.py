"""The relative channel: its limits at every confidence, and what it tells."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core import relative
from octoprint_aiwatch.core.relative import SCALE, Means
from octoprint_aiwatch.core.values import (
    FAILURE,
    GAUGE_FAILURE,
    GAUGE_WARNING,
    OK,
    WARNING,
    Ahead,
    Verdict,
)
from tests.core.sequences import DEFAULT, decision

CONFIDENCES = range(1, 6)
LONG = 0.2


def means(above: float, drift: float = 1.0) -> Means:
    """Means that stand so far above the long one; a large drift makes no warning."""
    return Means(LONG + above, LONG + drift, LONG)


def told(found: Means) -> Verdict:
    return relative.verdict(found, relative.level(found, DEFAULT), DEFAULT)


# -- limits ---------------------------------------------------------------------------


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_a_warning_asks_for_more_at_a_higher_confidence(confidence: int) -> None:
    by = decision(warning=confidence, pause=5)
    limit = DEFAULT.maybe_above * SCALE[confidence - 1]
    assert relative.level(means(limit + 0.01), by) == WARNING
    assert relative.level(means(limit - 0.01), by) == OK


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_a_failure_asks_for_more_at_a_higher_confidence(confidence: int) -> None:
    by = decision(warning=1, pause=confidence)
    limit = DEFAULT.failure_above * SCALE[confidence - 1]
    assert relative.level(means(limit + 0.01), by) == FAILURE
    assert relative.level(means(limit - 0.01), by) == WARNING


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_below_the_least_of_its_confidence_nothing_is_suspicious(confidence: int) -> None:
    by = decision(warning=confidence)
    least = DEFAULT.none_below * SCALE[confidence - 1]
    assert relative.level(means(least + 0.01, drift=0.0), by) == WARNING
    assert relative.level(means(least - 0.01, drift=0.0), by) == OK


def test_the_least_itself_is_no_longer_nothing() -> None:
    assert relative.level(Means(DEFAULT.none_below, 0.0, 0.0), DEFAULT) == WARNING


# -- what is told ---------------------------------------------------------------------


def test_a_quiet_print_is_told_how_far_it_is_from_a_warning() -> None:
    verdict = told(means(0.12345678))
    assert verdict.reasons[0].code == "relative_ok"
    assert verdict.reasons[0].params == {"above": 0.123, "threshold": 0.78}
    assert verdict.ahead is not None
    assert verdict.ahead == Ahead(WARNING, pytest.approx(0.12345678), 0.78)


def test_a_warning_is_told_how_far_it_is_from_a_failure() -> None:
    verdict = told(means(0.87654321))
    assert verdict.reasons[0].code == "relative_warning"
    assert verdict.reasons[0].params == {"above": 0.877, "threshold": 0.99}
    assert verdict.ahead == Ahead(FAILURE, pytest.approx(0.87654321), 0.99)


def test_a_failure_has_nothing_ahead_of_it() -> None:
    verdict = told(means(1.1))
    assert verdict.reasons[0].code == "relative_failure"
    assert verdict.reasons[0].params == {"above": 1.1, "threshold": 0.99}
    assert verdict.ahead is None


@pytest.mark.parametrize(
    ("drift", "threshold"),
    [
        (0.15, 0.37),  # 0.15 * 3.8 - 0.2, what the short mean asks for
        (0.10, 0.36),  # less than the least
        (0.50, 0.78),  # more than what is suspicious by itself
    ],
)
def test_what_is_told_to_lead_to_a_warning_leads_to_it(
    drift: float, threshold: float
) -> None:
    """The short mean may ask for less than what is suspicious by itself."""
    quiet = told(means(threshold - 0.005, drift))
    assert quiet.level == OK
    assert quiet.reasons[0].params["threshold"] == threshold
    assert relative.level(means(threshold + 0.005, drift), DEFAULT) == WARNING


def test_a_threshold_is_told_with_three_digits() -> None:
    assert told(means(0.3, drift=0.1523456)).reasons[0].params["threshold"] == 0.379


def test_the_needle_reaches_a_zone_where_its_level_begins() -> None:
    assert told(means(0.79)).score == pytest.approx(GAUGE_WARNING, abs=0.02)
    assert told(means(0.9903)).score == pytest.approx(GAUGE_FAILURE, abs=0.02)
