"""What the machine remembers over restarts of OctoPrint, in one small file.

Sections are told apart by name and mean nothing to this file. An SD card wears out, so
what is not urgent is written down now and then, and at the end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, Callable

from . import files

SAVE_EVERY_S = 300.0


class Notebook:
    """Named sections of JSON values."""

    def __init__(self, path: str, wall: Callable[[], float] = time.time) -> None:
        self._path = path
        self._wall = wall
        self._lock = threading.Lock()
        stored = files.load(path)
        self._sections: dict[str, Any] = stored if isinstance(stored, dict) else {}
        self._saved_at = wall()
        self._is_new = False

    def sections(self) -> Mapping[str, Any]:
        """Everything remembered; who reads a section checks what is in it."""
        with self._lock:
            return dict(self._sections)

    def write(self, section: str, value: Any, soon: bool = False) -> None:
        """Remember a section's new value; on disk at once if it is needed soon."""
        with self._lock:
            if section in self._sections and self._sections[section] == value:
                return
            self._sections[section] = value
            self._is_new = True
            due = soon or abs(self._wall() - self._saved_at) >= SAVE_EVERY_S
        if due:
            self.save()

    def save(self) -> None:
        """Write it down, if there is anything new."""
        with self._lock:
            if not self._is_new:
                return
            self._saved_at = self._wall()
            self._is_new = not files.save(self._path, self._sections)
