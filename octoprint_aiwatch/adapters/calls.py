"""How many paid calls this month, kept over restarts in one small file."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Collection
from typing import Callable, Optional

from ..core import budget
from . import files

KEEP_MONTHS = 12
SAVE_EVERY_S = 300.0
"""An SD card wears out: calls are written down now and then, and at the end. With a limit
each is, before it is made, so that not even a power cut lets one too many through."""


class CallCount:
    """Counts calls per backend and calendar month (UTC). Any thread may ask.

    ``limit``: how many calls of each backend the user allows in a month; 0: any number.
    """

    def __init__(
        self,
        path: str,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        limit: int = 0,
    ) -> None:
        self.limit = limit
        self._path = path
        self._wall = wall
        self._clock = clock
        self._lock = threading.Lock()
        self._disk = threading.Lock()
        self._months: dict[str, dict[str, int]] = _load(path)
        self._saved_at = wall()
        self._behind_since: Optional[float] = None

    def take(self, backend: str) -> bool:
        """One more call, if it may be made; whether it may."""
        with self._lock:
            wall_month = self._settle()
            limit = self.limit
            if limit and budget.used(wall_month, self._months, backend) >= limit:
                return False
            month = budget.month_of(wall_month, self._months)
            counts = self._months.setdefault(month, {})
            counts[backend] = counts.get(backend, 0) + 1
            due = abs(self._wall() - self._saved_at) >= SAVE_EVERY_S
        if due or limit:
            self.save()
        return True

    def this_month(self, backend: str) -> int:
        """The calls of the current month."""
        with self._lock:
            return budget.used(self._settle(), self._months, backend)

    def left(self, backends: Collection[str]) -> dict[str, int]:
        """How many calls each may still make this month; empty without a limit."""
        limit = self.limit
        if not limit:
            return {}
        return {key: max(0, limit - self.this_month(key)) for key in backends}

    def save(self) -> None:
        """Write the counts down, whole or not at all; never raises for the disk."""
        # Whoever counts or asks meanwhile need not wait for the card.
        with self._disk:
            with self._lock:
                newest = sorted(self._months)[-KEEP_MONTHS:]
                months = {month: dict(self._months[month]) for month in newest}
                self._saved_at = self._wall()
            files.save(self._path, months)

    def _settle(self) -> str:
        """The clock's month; what was noted ahead of it is put right once it is late."""
        wall_month = time.strftime("%Y-%m", time.gmtime(self._wall()))
        if budget.month_of(wall_month, self._months) == wall_month:
            self._behind_since = None
            return wall_month
        now_s = self._clock()
        if self._behind_since is None:
            self._behind_since = now_s
        behind_for_s = now_s - self._behind_since
        self._months = budget.settled(wall_month, self._months, behind_for_s)
        return wall_month


def _load(path: str) -> dict[str, dict[str, int]]:
    stored = files.load(path)
    if not isinstance(stored, dict):
        return {}
    return {
        month: {
            key: count
            for key, count in counts.items()
            if type(count) is int and count >= 0
        }
        for month, counts in stored.items()
        if isinstance(counts, dict) and re.fullmatch(r"\d{4}-\d\d", month)
    }
