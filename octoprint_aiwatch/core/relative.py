"""The relative channel: how far what is seen stands above what is usual.

The rule of the seed document ``obico-elegoo-failure-detection-api``, with its numbers as
settings. Obico's server sends the three means; for a detector that judges single frames
they are made here, with the same spans in seconds.
"""

from __future__ import annotations

from typing import NamedTuple

from .gauge import on_gauge
from .settings import Decision
from .values import FAILURE, OK, WARNING, Ahead, Reason, Verdict

SCALE = (0.7, 0.85, 1.0, 1.2, 1.4)
"""What confidence 1 to 5 makes of the numbers: 3 takes them as they are."""
SHORT_S = 3_100.0
"""Span of the short mean: 310 frames of 10 s."""


class Means(NamedTuple):
    """The recent mean, and those of the last hour and of this printer."""

    recent: float
    short: float
    long: float


def level(means: Means, decision: Decision) -> str:
    """The seed's rule, clause by clause, in its order."""
    above = means.recent - means.long
    drift = means.short - means.long
    none_below, maybe_above, failure_above = limits(decision)
    if above < none_below:
        return OK
    if above > failure_above:
        return FAILURE
    if above > maybe_above or means.recent > drift * decision.short_multiple:
        return WARNING
    return OK


def limits(decision: Decision) -> tuple[float, float, float]:
    """Nothing below, perhaps above, failure above, at the chosen confidences."""
    warning = SCALE[decision.warning_confidence - 1]
    return (
        decision.none_below * warning,
        decision.maybe_above * warning,
        decision.failure_above * SCALE[decision.pause_confidence - 1],
    )


def verdict(means: Means, reached: str, decision: Decision) -> Verdict:
    """What is told of the channel when it has reached a level."""
    above = means.recent - means.long
    none_below, maybe_above, failure = limits(decision)
    drift = means.short - means.long
    short = drift * decision.short_multiple - means.long
    warning = max(none_below, min(maybe_above, short))
    threshold = warning if reached == OK else failure
    params = {"above": round(above, 3), "threshold": round(threshold, 3)}
    ahead = None
    if reached != FAILURE:
        ahead = Ahead(WARNING if reached == OK else FAILURE, above, threshold)
    score = on_gauge(above, warning, failure, reached)
    return Verdict(reached, score, (Reason("relative_" + reached, params),), ahead)
