"""The month's calls: which month a call belongs to, and how many there were.

A printer's computer often has no clock of its own: it may wake up in its own past and be
put right by the network, or (rarely) jump ahead. Neither may let more calls through than
the user allows, nor lose one.
"""

from __future__ import annotations

from collections.abc import Mapping

Months = Mapping[str, Mapping[str, int]]
"""Calls by month (``YYYY-MM``, UTC) and backend."""

UNSET_BEFORE = "2024-01"
"""A clock that is older has never been set."""
TRUSTED_AFTER_S = 6 * 3600.0
"""A clock that stays behind for so long is right, and what was noted ahead was wrong."""


def month_of(wall_month: str, months: Months) -> str:
    """The month that a call counts for: never one before the newest that was noted."""
    return max([wall_month, *months])


def used(wall_month: str, months: Months, backend: str) -> int:
    """A backend's calls of the month; those noted ahead of the clock count, too."""
    return sum(
        counts.get(backend, 0) for month, counts in months.items() if month >= wall_month
    )


def settled(
    wall_month: str, months: Months, behind_for_s: float
) -> dict[str, dict[str, int]]:
    """The same calls; those ahead of a clock that can be trusted are in its month.

    Args:
        behind_for_s: how long the clock has been behind the newest month noted.
    """
    if wall_month < UNSET_BEFORE or behind_for_s < TRUSTED_AFTER_S:
        return {month: dict(counts) for month, counts in months.items()}
    found: dict[str, dict[str, int]] = {}
    for month, counts in months.items():
        into = found.setdefault(min(month, wall_month), {})
        for backend, calls in counts.items():
            into[backend] = into.get(backend, 0) + calls
    return found
