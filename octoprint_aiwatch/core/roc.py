"""How well scores tell failing pictures from good ones: AUC, and TPR at an allowed FPR.

*AUC* is the share of all pairs of a failing and a good picture in which the failing one
has the higher score; a tie counts half (the Mann-Whitney statistic). *TPR at an FPR* is
the share of failing pictures above the lowest score that no more than that share of the
good ones exceeds. Only the order of the scores matters to any of them.

The 95 % intervals take every picture for independent of the others, which frames of one
print are not: for those they are too narrow.

* A share of a number of pictures: Wilson's score interval (1927).
* The AUC: Newcombe's score interval for the Mann-Whitney statistic (Statistics in
  Medicine 25, 2006, p. 559, his method 5), which stays between 0 and 1 and has a width
  even where every failing picture is above every good one.
* TPR at an FPR: how many good pictures lie above the true threshold is a matter of
  chance, binomial, whatever the scores' distribution; and of the failing pictures above
  a threshold, Clopper and Pearson (1934) say how far the share can be from the true one.
  Both are drawn many times, each end on the careful side. So the interval says what is
  unknown: with too few good pictures (:func:`good_needed`) the threshold may be above
  all of them, and no TPR is too low. A bootstrap cannot see that.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Callable

from .deferred import dataclass

CONFIDENCE = 0.95
Z = 1.959963984540054
"""The point of the normal distribution that belongs to it."""
DRAWS = 1000
HALVINGS = 60
"""Halving an interval this often leaves nothing of it that a float could hold."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Estimate:
    """A measured share and its 95 % interval, which always holds it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """What a set of scores is worth."""

    auc: Estimate
    tpr: dict[float, Estimate]
    """By the allowed FPR."""


def figures(
    good: Sequence[float],
    bad: Sequence[float],
    allowed: Sequence[float],
    chance: Callable[[], float],
) -> Figures:
    """All figures of the scores of good and of failing pictures, at least one of each.

    Args:
        allowed: the FPRs, 0..1, at which the TPR is wanted.
        chance: gives a number from 0 up to, not including, 1 at each call.
    """
    area = auc(good, bad)
    low, high = auc_interval(area, len(good), len(bad))
    spread = _tpr_intervals(good, bad, allowed, chance)
    return Figures(
        Estimate(area, low, high),
        {
            fpr: _around(tpr_at(good, bad, fpr), interval)
            for fpr, interval in zip(allowed, spread)
        },
    )


def auc(good: Sequence[float], bad: Sequence[float]) -> float:
    """The share of pairs in which the failing picture scores higher; a tie is half."""
    ordered = sorted(good)
    twice = sum(bisect_left(ordered, one) + bisect_right(ordered, one) for one in bad)
    return twice / (2 * len(good) * len(bad))


def threshold_at(good: Sequence[float], allowed: float) -> float:
    """The lowest score that no more than this share of the good pictures exceeds."""
    return sorted(good, reverse=True)[_passing(len(good), allowed)]


def tpr_at(good: Sequence[float], bad: Sequence[float], allowed: float) -> float:
    """The share of failing pictures above :func:`threshold_at`."""
    threshold = threshold_at(good, allowed)
    return sum(one > threshold for one in bad) / len(bad)


def good_needed(allowed: float) -> int:
    """From how many good pictures on the TPR at an FPR, 0 < FPR < 1, has a lower end."""
    return math.ceil(math.log((1 - CONFIDENCE) / 2) / math.log1p(-allowed))


def wilson(hits: int, count: int) -> Interval:
    """The interval of a share: ``hits`` of ``count`` pictures."""
    share = hits / count
    middle = share + Z * Z / (2 * count)
    reach = Z * math.sqrt(share * (1 - share) / count + (Z / (2 * count)) ** 2)
    whole = 1 + Z * Z / count
    # Rounding must not push the share itself out.
    low, high = (middle - reach) / whole, (middle + reach) / whole
    return max(0.0, min(share, low)), min(1.0, max(share, high))


def auc_interval(area: float, n_good: int, n_bad: int) -> Interval:
    """The interval of an AUC: the areas from which the measured one is not too far."""
    mean_others = (n_good + n_bad) / 2 - 1

    def reach(theta: float) -> float:
        ties = (1 - theta) / (2 - theta) + theta / (1 + theta)
        variance = theta * (1 - theta) * (1 + mean_others * ties) / (n_good * n_bad)
        return Z * math.sqrt(variance)

    def limit(end: float) -> float:
        """The area between the measured one and an end of 0..1 that is just too far."""
        near, far = area, end
        for _ in range(HALVINGS):
            between = (near + far) / 2
            if abs(area - between) > reach(between):
                far = between
            else:
                near = between
        return near

    return limit(0.0), limit(1.0)


def _around(value: float, interval: Interval) -> Estimate:
    low, high = interval
    return Estimate(value, min(low, value), max(high, value))


def _passing(count: int, allowed: float) -> int:
    """How many of so many good pictures may be above the threshold."""
    # 0.29 * 100 is a little less than 29.
    return min(count - 1, math.floor(allowed * count + 1e-9))


def _tpr_intervals(
    good: Sequence[float],
    bad: Sequence[float],
    allowed: Sequence[float],
    chance: Callable[[], float],
) -> list[Interval]:
    risen = sorted(bad)
    # How many failing pictures are above the highest good one, the second highest ...
    above = [len(bad) - bisect_right(risen, one) for one in sorted(good, reverse=True)]
    lows: list[list[float]] = [[] for _ in allowed]
    highs: list[list[float]] = [[] for _ in allowed]
    for _ in range(DRAWS):
        goods = sorted(chance() for _ in good)
        # The m-th smallest of n numbers from 0 to 1 has Clopper and Pearson's
        # distribution of the share's lower end for m hits of n, the next its upper end's.
        shares = (0.0, *sorted(chance() for _ in bad), 1.0)
        for n, fpr in enumerate(allowed):
            passing = bisect_left(goods, fpr)
            # The true threshold is between this many good pictures and the next one.
            fewest = above[passing - 1] if passing else 0
            most = above[passing] if passing < len(good) else len(bad)
            lows[n].append(shares[fewest])
            highs[n].append(shares[most + 1])
    low = math.floor((1 - CONFIDENCE) / 2 * DRAWS)
    high = DRAWS - 1 - low
    return [(sorted(ls)[low], sorted(hs)[high]) for ls, hs in zip(lows, highs)]
