"""Counts and times for Prometheus: a few additions while watching, no library.

Written by the control thread and the workers, read by whoever is asked for metrics.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Callable, Optional

from ..core.deferred import dataclass
from ..core.messages import RaiseEvent
from ..core.state import State
from ..core.values import Frame
from .listener import Listener

BUCKETS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass
class Times:
    """A histogram: how many took at most so long, and all of them together."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    total_s: float = 0.0

    def add(self, took_s: float) -> None:
        """One more."""
        place = next((n for n, most in enumerate(BUCKETS_S) if took_s <= most), -1)
        self.counts[place] += 1
        self.total_s += took_s


class Meters(Listener):
    """What has happened since OctoPrint started."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._events: Counter[str] = Counter()
        self._errors: Counter[tuple[str, str]] = Counter()
        self._times: dict[str, Times] = {}
        self._checks = 0
        self._pauses_requested = 0
        self._checked: Optional[tuple[int, int]] = None
        self._frame: Optional[Frame] = None
        self._framed_at: Optional[float] = None
        self._checked_at: Optional[float] = None
        self._blind_since: Optional[float] = None
        self._blind_s = 0.0

    # -- written ---------------------------------------------------------------------

    def took(self, backend: str, took_s: float) -> None:
        """A backend has judged a frame."""
        with self._lock:
            self._times.setdefault(backend, Times()).add(took_s)

    def failed(self, source: str, code: str) -> None:
        """An order came to nothing."""
        with self._lock:
            self._errors[source, code] += 1

    def pause_requested(self) -> None:
        """OctoPrint was asked to pause."""
        with self._lock:
            self._pauses_requested += 1

    def fired(
        self,
        effect: RaiseEvent,
        document: Mapping[str, Any],
        state: State,
        frame: Optional[Frame],
    ) -> None:
        """An event was raised."""
        with self._lock:
            self._events[effect.name] += 1

    def told(
        self, document: Mapping[str, Any], state: State, frame: Optional[Frame]
    ) -> None:
        """The status says something new."""
        now_s = self._clock()
        with self._lock:
            if frame is not None and frame is not self._frame:
                self._frame, self._framed_at = frame, now_s
            checked = (state.generation, state.checks)
            if self._checked is not None and checked != self._checked and state.checks:
                before = self._checked[1] if checked[0] == self._checked[0] else 0
                self._checks += state.checks - before
                self._checked_at = now_s
            self._checked = checked
            if document["blind"] and self._blind_since is None:
                self._blind_since = now_s
            elif not document["blind"] and self._blind_since is not None:
                self._blind_s += now_s - self._blind_since
                self._blind_since = None

    # -- read ------------------------------------------------------------------------

    def read(self) -> dict[str, Any]:
        """All of it, as it is now."""
        now_s = self._clock()
        with self._lock:
            blind_s = self._blind_s
            if self._blind_since is not None:
                blind_s += now_s - self._blind_since
            return {
                "events": dict(self._events),
                "errors": dict(self._errors),
                "times": {
                    key: Times(list(one.counts), one.total_s)
                    for key, one in self._times.items()
                },
                "checks": self._checks,
                "pauses_requested": self._pauses_requested,
                "blind_s": blind_s,
                "frame_age_s": _since(self._framed_at, now_s),
                "check_age_s": _since(self._checked_at, now_s),
            }


def _since(at: Optional[float], now_s: float) -> Optional[float]:
    return None if at is None else now_s - at
