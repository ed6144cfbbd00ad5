"""Verdicts: what they are made from, and taking one over."""

from __future__ import annotations

from . import messages as m
from .deferred import replace
from .record import Record
from .state import State
from .temporal import Memory
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


def record_of(
    state: State, memory: Memory, event: m.InspectionDone, backend: str
) -> Record:
    """All that a verdict on an inspection is made from."""
    return Record(
        memory,
        event.inspection,
        event.done_at_s,
        state.settings.decision,
        state.settings.camera.ignore_zones,
        state.ignored,
        backend,
    )
