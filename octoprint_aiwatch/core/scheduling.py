"""When the next call is made: never earlier than asked, never by all at once."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Optional

from . import messages as m
from .blindness import note_fault
from .errors import BACKEND
from .state import INSPECT, OPEN, Order, State, check_at, hold, wanted
from .values import Fault, Progress

MAX_INTERVAL_S = 1800.0
"""A backend that asks for a longer wait is not taken at its word."""
DEFAULT_INTERVAL_S = 60.0
"""What stands in for an interval that makes no sense."""
BACKOFF_FIRST_S = 10.0
BACKOFF_MOST_S = 240.0
HANG_AFTER_S = 230.0
"""Longer than a snapshot (60 s), a look at it (20 s) and three calls (40 s each) may
take: it hangs."""


def clamp_interval_s(interval_s: Optional[float]) -> float:
    """A backend's minimum between calls made sane; 0 if it has none."""
    if interval_s is None:
        return 0.0
    if not math.isfinite(interval_s) or interval_s < 0:
        return DEFAULT_INTERVAL_S
    return min(interval_s, MAX_INTERVAL_S)


def backoff_s(failures: int, jitter: float) -> float:
    """Seconds until the next try after so many failures in a row.

    Args:
        jitter: chance, 0..1; spreads the tries of many printers by a quarter each way.
    """
    doubled = BACKOFF_FIRST_S * 2.0 ** min(max(failures, 1) - 1, 10)
    return min(doubled, BACKOFF_MOST_S) * (0.75 + 0.5 * jitter)


def give_orders(state: State, now_s: float) -> tuple[State, list[m.Effect]]:
    """Open a context or have a frame judged when it is time, one order at once."""
    job = state.job
    if job is None or not state.settings.enabled:
        return state, []
    order = state.order
    if order is not None:
        if now_s - order.since_s < HANG_AFTER_S:
            return state, []
        # The hanging call may still reach the old context: start over with a new one.
        state = replace(
            state, order=None, opened=False, not_before=now_s, next_check_at=now_s
        )
        fault = Fault("no_answer", "retry", BACKEND)
        state, effects = note_fault(state, fault, order.since_s)
        return state, [m.CloseContext(), m.ReplaceWorker(), *effects]
    if now_s < check_at(state) or hold(state) == "ask":
        return state, []
    if not state.opened:
        return _order(state, OPEN, now_s)
    if wanted(state):
        return _order(state, INSPECT, now_s)
    return state, []


def _order(state: State, kind: str, now_s: float) -> tuple[State, list[m.Effect]]:
    job = state.job
    assert job is not None
    ticket = state.ticket + 1
    state = replace(state, ticket=ticket, order=Order(ticket, kind, now_s))
    if kind == OPEN:
        return state, [m.OpenContext(ticket, job, state.settings)]
    progress = Progress(state.wanted_since, state.reading.position)
    return state, [m.InspectFrame(ticket, state.settings, progress)]
