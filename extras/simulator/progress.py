"""Where a job stands: fixed, on a virtual clock, or as an OctoPrint reports it.

A source only tells; it must never change the job.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Protocol, Union

from .toolpath import Toolpath, read_gcode

POLL_S = 1.0
_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Progress:
    """`filepos` None: nothing was printed yet. `printed_s` counts from the job's first
    extruded line and stands still while the job does. `job` numbers the jobs seen."""

    filepos: Optional[float]
    printed_s: float
    job: int = 1


class ProgressSource(Protocol):
    """Knows a job's geometry and where it stands."""

    toolpath: Toolpath

    def now(self) -> Progress:
        """Where the job stands."""

    def close(self) -> None:
        """Stop looking."""


class FixedProgress:
    """A job that stays in its place; time goes on, unless `printed_s` is given."""

    def __init__(
        self,
        gcode: Union[str, Path],
        progress: float,
        printed_s: Optional[float] = None,
    ) -> None:
        self.toolpath = read_gcode(gcode)
        self._filepos = progress * self.toolpath.size_bytes
        self._printed_s = printed_s
        self._started_s = time.monotonic()

    def now(self) -> Progress:
        """The same place, later."""
        if self._printed_s is not None:
            return Progress(self._filepos, self._printed_s)
        return Progress(self._filepos, time.monotonic() - self._started_s)

    def close(self) -> None:
        """Nothing to stop."""


class VirtualClockProgress:
    """A job of `duration_s` that goes on only when told to."""

    def __init__(self, gcode: Union[str, Path], duration_s: float) -> None:
        self.toolpath = read_gcode(gcode)
        self._duration_s = duration_s
        self._printed_s = 0.0
        self._first = _first_extrusion(self.toolpath)

    def advance(self, seconds: float) -> None:
        """Let the job run for that long."""
        self._printed_s += seconds

    def now(self) -> Progress:
        """Where it stands by the virtual clock."""
        share = min(1.0, self._printed_s / self._duration_s)
        span = self.toolpath.size_bytes - self._first
        return Progress(self._first + share * span, self._printed_s)

    def close(self) -> None:
        """Nothing to stop."""


class JobTracker:
    """Turns OctoPrint's job documents into progress; does no I/O itself."""

    def __init__(self, toolpath: Toolpath) -> None:
        self._first = _first_extrusion(toolpath)
        self._size = float(toolpath.size_bytes)
        self._job = 0
        self._active = False
        self._filepos: Optional[float] = None
        self._bytes_per_s = 0.0
        self._printed_s = 0.0
        self._extruding = False
        self._at_s: Optional[float] = None

    def update(self, document: dict[str, Any], now_s: float) -> None:
        """Take one answer of /api/job in."""
        state = str(document.get("state") or "")
        filepos = (document.get("progress") or {}).get("filepos")
        printing = state.startswith(("Printing", "Resuming"))
        active = printing or state.startswith(("Paus", "Starting", "Finishing"))
        if active and (not self._active or self._began_again(filepos)):
            self._job += 1
            self._printed_s, self._filepos, self._bytes_per_s = 0.0, 0.0, 0.0
            self._at_s = None
        before = self.at(now_s)
        self._printed_s = before.printed_s
        if active and isinstance(filepos, (int, float)):
            self._measure_pace(float(filepos), now_s)
            self._filepos = float(filepos)
        self._active = active
        self._extruding = printing and (self._filepos or 0.0) >= self._first
        self._at_s = now_s

    def _began_again(self, filepos: Any) -> bool:
        """A job that ended and started again between two answers."""
        if self._filepos is None or not isinstance(filepos, (int, float)):
            return False
        return filepos < self._filepos - 0.02 * self._size

    def _measure_pace(self, filepos: float, now_s: float) -> None:
        if self._at_s is None or self._filepos is None or now_s <= self._at_s:
            return
        pace = max(0.0, filepos - self._filepos) / (now_s - self._at_s)
        self._bytes_per_s += 0.5 * (pace - self._bytes_per_s)

    def at(self, now_s: float) -> Progress:
        """Progress at a moment since the last update: the job goes on in between."""
        if self._filepos is None:
            return Progress(None, 0.0, self._job)
        since_s = 0.0
        if self._extruding and self._at_s is not None:
            since_s = max(0.0, min(now_s - self._at_s, 2 * POLL_S))
        ahead = min(since_s, POLL_S) * self._bytes_per_s
        filepos = min(self._size, self._filepos + ahead)
        return Progress(filepos, self._printed_s + since_s, self._job)


class OctoPrintProgress:
    """Asks an OctoPrint for its job once a second, on a thread of its own."""

    def __init__(self, base_url: str, api_key: str, gcode_path: Union[str, Path]) -> None:
        self.toolpath = read_gcode(gcode_path)
        self._url = base_url.rstrip("/") + "/api/job"
        self._api_key = api_key
        self._tracker = JobTracker(self.toolpath)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="job-poll", daemon=True)
        self._thread.start()

    def now(self) -> Progress:
        """Where the job stands by the last answer."""
        with self._lock:
            return self._tracker.at(time.monotonic())

    def close(self) -> None:
        """Stop asking."""
        self._closing.set()
        self._thread.join(_TIMEOUT_S)

    def _poll(self) -> None:
        while not self._closing.is_set():
            document = self._ask()
            if document is not None:
                with self._lock:
                    self._tracker.update(document, time.monotonic())
            self._closing.wait(POLL_S)

    def _ask(self) -> Optional[dict[str, Any]]:
        """OctoPrint may be starting, busy or gone: then there is just no news."""
        request = urllib.request.Request(self._url, headers={"X-Api-Key": self._api_key})
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                document = json.load(answer)
        except (OSError, ValueError, http.client.HTTPException):
            return None
        return document if isinstance(document, dict) else None


def _first_extrusion(toolpath: Toolpath) -> float:
    laid = toolpath.offset[toolpath.extrudes]
    return float(laid[0]) if len(laid) else 0.0
