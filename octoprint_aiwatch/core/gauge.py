"""Where a value stands on the gauge, and which of several verdicts is the worse."""

from __future__ import annotations

from collections.abc import Sequence

from .values import FAILURE, GAUGE_FAILURE, GAUGE_WARNING, OK, WARNING, Verdict

RANK = {OK: 0, WARNING: 1, FAILURE: 2}
_ZONE = {
    OK: (0.0, GAUGE_WARNING - 0.001),
    WARNING: (GAUGE_WARNING, GAUGE_FAILURE - 0.001),
    FAILURE: (GAUGE_FAILURE, 1.0),
}


def on_gauge(value: float, warning: float, failure: float, level: str) -> float:
    """Where a value stands on the gauge: its threshold is the zone's border.

    Kept inside the zone of its level, so that needle and word never disagree.
    """
    # A pause may be set to ask for less than a warning; the gauge needs them in order.
    warning, failure = min(warning, failure), max(warning, failure)
    points = (
        (0.0, 0.0),
        (warning, GAUGE_WARNING),
        (failure, GAUGE_FAILURE),
        (max(1.0, failure + 0.01), 1.0),
    )
    score = 1.0
    for (x1, y1), (x2, y2) in zip(points, points[1:]):
        if value <= x2:
            share = (value - x1) / (x2 - x1) if x2 > x1 else 1.0
            score = y1 + (y2 - y1) * share
            break
    low, high = _ZONE[level]
    return round(min(high, max(low, score)), 4)


def higher(channels: Sequence[Verdict]) -> Verdict:
    """The worse verdict; its own reason comes first."""
    ranked = sorted(
        channels, key=lambda one: (RANK[one.level], one.score or 0.0), reverse=True
    )
    reasons = tuple(reason for verdict in ranked for reason in verdict.reasons)
    worst = ranked[0]
    return Verdict(worst.level, worst.score, reasons, worst.ahead)
