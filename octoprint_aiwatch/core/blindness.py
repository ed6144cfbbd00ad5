"""Seeing that we cannot see: a fault is named once, and never looks like ok."""

from __future__ import annotations

from . import messages as m
from .deferred import replace
from .state import State, blind
from .values import NO_VERDICT, UNKNOWN, Fault, Reason

Result = tuple[State, list[m.Effect]]


def note_fault(state: State, fault: Fault, now_s: float) -> Result:
    """Remember what went wrong; one line in the log when it is something new."""
    before = state.fault
    news = before is None or (before.source, before.code) != (fault.source, fault.code)
    since_s = now_s if before is None else state.fault_since
    state = replace(state, fault=fault, fault_since=since_s)
    return state, [m.Log("warning", fault.code, fault.params)] if news else []


def clear_fault(state: State) -> Result:
    """A frame was judged: whatever was wrong is over."""
    effects: list[m.Effect] = []
    if state.fault is not None or state.blinded:
        effects.append(m.Log("info", "recovered"))
    if state.blinded:
        reason = Reason("recovered")
        effects.append(m.RaiseEvent("recovered", reason))
        effects.append(m.Alert("recovered", "success", "title_recovered", reason))
    state = replace(state, fault=None, blinded=False)
    return state, effects


def void_verdict(state: State, now_s: float) -> Result:
    """While blind there is no verdict, whatever the last frame said."""
    if state.verdict.level == UNKNOWN or not blind(state, now_s):
        return state, []
    return (
        replace(state, verdict=NO_VERDICT, sightings=()),
        [m.RaiseEvent("verdict_changed", reason_of(state))],
    )


def announce(state: State, now_s: float) -> Result:
    """One alert per blind spell once it lasts; at once if only the user can help."""
    if state.blinded or not blind(state, now_s):
        return state, []
    fault = state.fault
    if fault is not None:
        long = now_s - state.fault_since >= state.settings.watch.blind_after_s
        if fault.step not in ("ask", "spent") and not long:
            return state, []
    reason = reason_of(state)
    # The log has the fault's own line, or gets it with the fault: one line per cause.
    return replace(state, blinded=True), [
        m.RaiseEvent("blinded", reason),
        m.Alert("blinded", "notice", "title_blinded", reason),
    ]


def reason_of(state: State) -> Reason:
    """Why we are blind."""
    if state.fault is not None:
        return Reason(state.fault.code, state.fault.params)
    return Reason("no_answer")
