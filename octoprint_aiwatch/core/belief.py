"""Taking over a verdict."""

from __future__ import annotations

from dataclasses import replace

from . import messages as m
from .state import State
from .values import Reason, Verdict

Result = tuple[State, list[m.Effect]]


def believe(state: State, verdict: Verdict) -> Result:
    """Take over a verdict; say so if its level is another."""
    changed = verdict.level != state.verdict.level
    state = replace(state, verdict=verdict)
    if not changed:
        return state, []
    reason = verdict.reasons[0] if verdict.reasons else Reason("no_data")
    return state, [m.RaiseEvent("verdict_changed", reason)]
