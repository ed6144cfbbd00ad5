"""How many paid calls this month, kept over restarts in one small file."""

from __future__ import annotations

import re
import threading
import time
from typing import Callable

from . import files

KEEP_MONTHS = 12
SAVE_EVERY_S = 300.0
"""An SD card wears out: calls are written down now and then, and at the end."""


class CallCount:
    """Counts calls per backend and calendar month (UTC)"""

    def __init__(self, path: str, wall: Callable[[], float] = time.time) -> None:
        self._path = path
        self._wall = wall
        self._lock = threading.Lock()
        self._months: dict[str, dict[str, int]] = _load(path)
        self._saved_at = wall()

    def add(self, backend: str) -> None:
        """One more call."""
        with self._lock:
            month = self._months.setdefault(self._month(), {})
            month[backend] = month.get(backend, 0) + 1
            due = abs(self._wall() - self._saved_at) >= SAVE_EVERY_S
        if due:
            self.save()

    def this_month(self, backend: str) -> int:
        """The calls of the current month."""
        with self._lock:
            return self._months.get(self._month(), {}).get(backend, 0)

    def save(self) -> None:
        """Write the counts down, whole or not at all; never raises for the disk."""
        with self._lock:
            newest = sorted(self._months)[-KEEP_MONTHS:]
            months = {month: self._months[month] for month in newest}
            self._saved_at = self._wall()
            files.save(self._path, months)

    def _month(self) -> str:
        return time.strftime("%Y-%m", time.gmtime(self._wall()))


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
