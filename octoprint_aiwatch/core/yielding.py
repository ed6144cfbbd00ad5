"""Printing comes first: while the machine is under strain the watch looks less often.

What strains it is the adapter's to find out (:mod:`octoprint_aiwatch.adapters.strain`).
The watch never stops because of it, and says so as long as it goes on.
"""

from __future__ import annotations

from . import messages as m
from .deferred import replace
from .state import State, wanted
from .values import Reason

Result = tuple[State, list[m.Effect]]

CALM_S = 60.0
"""A strain is over once it has not been seen for so long."""
STRETCH = 4.0
"""How many times further apart the checks are meanwhile,"""
MOST_S = 120.0
"""and how far apart at most; a longer interval of its own stays as it is."""


def extra_s(state: State, pace_s: float) -> float:
    """What the next check is put off by."""
    if not state.strain:
        return 0.0
    return max(0.0, min(pace_s * STRETCH, MOST_S) - pace_s)


def put_off(state: State, done_at_s: float, pace_s: float) -> State:
    """Plan the check after this one."""
    off_s = extra_s(state, pace_s)
    next_check_at = done_at_s + pace_s + off_s
    return replace(state, next_check_at=next_check_at, pace_s=pace_s, put_off_s=off_s)


def give_way(state: State, now_s: float) -> Result:
    """Follow the strain: begin to look less often, and come back when it is over."""
    seen = state.reading.strain
    if seen and state.settings.watch.give_way and wanted(state):
        if state.strain:
            return replace(state, strain=seen, strained_at=now_s), []
        state = replace(state, strain=seen, strained_at=now_s)
        off_s = extra_s(state, state.pace_s) if state.next_check_at > now_s else 0.0
        state = _moved(state, off_s)
        return state, [m.Log("info", "yields_" + seen)]
    if state.strain and _is_over(state, now_s):
        state = replace(_moved(state, -state.put_off_s), strain="")
        return state, [m.Log("info", "yields_over")]
    return state, []


def _is_over(state: State, now_s: float) -> bool:
    allowed = state.settings.watch.give_way
    return not allowed or now_s - state.strained_at >= CALM_S


def _moved(state: State, by_s: float) -> State:
    moved = state.next_check_at + by_s
    return replace(state, next_check_at=moved, put_off_s=state.put_off_s + by_s)


def reasons(state: State) -> list[Reason]:
    """Why it looks less often, if it does."""
    return [Reason("yields_" + state.strain)] if state.strain else []
