"""What the five steps of confidence come to, read off the rule itself, for the form.

It is that of single frames (:mod:`frames`), which judges wherever the built-in network
or a detector of the user's does. A test plays failures to it and finds the same.
"""

from __future__ import annotations

from typing import Any

from . import frames
from .deferred import dataclass
from .options import OPTIONS
from .settings import Decision

STEPS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Effect:
    """One step: how sure the detector has to be on average, in percent, and how long."""

    step: int
    percent: int
    hold_s: int


def decision(**changes: int) -> Decision:
    """The defaults, but for what is said."""
    values: Any = {o.path[-1]: o.default for o in OPTIONS if o.path[0] == "decision"}
    return Decision(**{**values, **changes})


def described() -> dict[str, list[dict[str, Any]]]:
    """The steps of both choices, by the name of their setting."""
    found: dict[str, list[dict[str, Any]]] = {}
    holds = (frames.WARN_HOLD_S, frames.PAUSE_HOLD_S)
    for which, name in enumerate(("warning_confidence", "pause_confidence")):
        found[name] = [
            vars(Effect(step, round(100 * above), round(holds[which])))
            for step in STEPS
            for above in (frames.thresholds(decision(**{name: step}))[which],)
        ]
    return found
