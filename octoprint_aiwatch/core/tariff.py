"""What calls cost: the services' price tables as data."""

from __future__ import annotations

from typing import Optional

from .deferred import dataclass


@dataclass(frozen=True)
class Tariff:
    """How a backend charges for its calls in a calendar month.

    ``steps``: from how many calls on a call costs how many US dollars, climbing, the
    first one from 0; empty where the price is a matter between user and service.
    ``interval_s``: how often the service asks for a frame on average.
    """

    steps: tuple[tuple[int, float], ...] = ()
    interval_s: float = 10.0

    @property
    def free(self) -> int:
        """How many calls of a month cost nothing."""
        return next((since for since, price in self.steps if price > 0.0), 0)


def cost_usd(tariff: Tariff, calls: int) -> Optional[float]:
    """What a month with so many calls costs; None if nobody has told us."""
    if not tariff.steps:
        return None
    ends = [since for since, _ in tariff.steps[1:]] + [calls]
    total = 0.0
    for (since, price), end in zip(tariff.steps, ends):
        total += max(0, min(calls, end) - since) * price
    return round(total, 4)
