"""The ladder's rungs: what a job has found out about each backend it may ask.

A rung is a circuit breaker. It is *free* while its backend may be asked; a fault closes
it until ``again_at``, further away with each fault in a row. Who is free first is asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Optional

from .deferred import dataclass
from .values import Fault

NEVER = math.inf


@dataclass(frozen=True)
class Rung:
    """One backend. Times are seconds on a clock that never jumps.

    ``opened``: it has a context of this job. ``not_before``: its own minimum between two
    calls, which binds no new context. ``failures`` in a row, with no ``steady_since``
    long enough between them, and the last ``fault``, None once it judges again.
    ``again_at``: not asked before; NEVER: not until the user has done something.
    ``told``: the user knows that it is left out.
    """

    opened: bool = False
    not_before: float = 0.0
    failures: int = 0
    fault: Optional[Fault] = None
    again_at: float = 0.0
    steady_since: Optional[float] = None
    told: bool = False


UNTRIED = Rung()
BACKOFF_FIRST_S = 10.0
BACKOFF_MOST_S = 220.0
"""Even with chance at its worst, who is well again judges within five minutes."""


def backoff_s(failures: int, jitter: float) -> float:
    """Seconds until the next try after so many failures in a row.

    Args:
        jitter: chance, 0..1; spreads the tries of many printers by a quarter each way.
    """
    doubled = BACKOFF_FIRST_S * 2.0 ** min(max(failures, 1) - 1, 10)
    return min(doubled, BACKOFF_MOST_S) * (0.75 + 0.5 * jitter)


@dataclass(frozen=True)
class Ladder:
    """The backends in the order they are to be asked, never empty.

    ``calls_left`` this month, of those whose calls are limited.
    """

    keys: Sequence[str]
    rungs: Mapping[str, Rung]
    calls_left: Mapping[str, int]

    def rung(self, key: str) -> Rung:
        """What is known of a backend."""
        return self.rungs.get(key, UNTRIED)

    def has_calls(self, key: str) -> bool:
        """Whether it may be called once more this month."""
        return self.calls_left.get(key, 1) > 0

    def is_free(self, key: str, now_s: float) -> bool:
        """Whether it may be asked now, but for its own minimum between calls."""
        return self.has_calls(key) and now_s >= self.rung(key).again_at

    def turn(self, now_s: float) -> str:
        """Whose turn it is: the first that is free, else who is so first."""
        for key in self.keys:
            if self.is_free(key, now_s):
                return key
        waiting = [key for key in self.keys if self.has_calls(key)] or self.keys
        return min(waiting, key=lambda key: self.rung(key).again_at)

    def is_refused(self, now_s: float) -> bool:
        """Whether nobody may be asked before the user has done something."""
        steps = [
            (self.rung(key).fault, self.is_free(key, now_s))
            for key in self.keys
            if self.has_calls(key)
        ]
        return bool(steps) and all(
            fault is not None and fault.step == "ask" and not free
            for fault, free in steps
        )
