"""When the next call is made: never earlier than asked, never by all at once."""

from __future__ import annotations

from . import cascade
from . import messages as m
from .blindness import note_fault
from .deferred import replace
from .errors import BACKEND
from .ladder import tripped
from .rung import UNTRIED
from .state import (
    INSPECT,
    OPEN,
    Order,
    State,
    check_at,
    may_ask,
    rung,
    wanted,
)
from .values import Fault, Progress

HANG_AFTER_S = 230.0
"""Longer than a snapshot (60 s), a look at it (20 s) and three calls (40 s each) may
take: it hangs."""


def give_orders(state: State, now_s: float) -> tuple[State, list[m.Effect]]:
    """Open a context or have a frame judged when it is time, one order at once."""
    order = state.order
    if order is not None:
        if now_s - order.since_s < HANG_AFTER_S:
            return state, []
        return _hung(state, order, now_s)
    if not may_ask(state) or now_s < check_at(state):
        return state, []
    if not rung(state).opened:
        return _order(state, OPEN, now_s)
    if wanted(state):
        return _order(state, INSPECT, now_s)
    return state, []


def _hung(state: State, order: Order, now_s: float) -> tuple[State, list[m.Effect]]:
    """The hanging call may still reach an old context: start over with new ones."""
    closed = {
        key: replace(known, opened=False, not_before=now_s)
        for key, known in state.rungs.items()
    }
    fault = Fault("no_answer", "retry", BACKEND)
    held = closed.get(order.backend, UNTRIED)
    if len(state.settings.ladder) > 1:
        held = tripped(held, fault, now_s, 0.5)
    state = replace(state, order=None, judge="", rungs={**closed, order.backend: held})
    state, effects = note_fault(state, fault, order.since_s)
    return state, [m.CloseContext(), m.ReplaceWorker(), *effects]


def _order(state: State, kind: str, now_s: float) -> tuple[State, list[m.Effect]]:
    job, key = state.job, state.turn
    assert job is not None
    ticket = state.ticket + 1
    order = Order(ticket, kind, now_s, key, cascade.is_scouting(state, now_s))
    state = replace(state, ticket=ticket, order=order)
    if kind == OPEN:
        return state, [m.OpenContext(ticket, job, state.settings, key)]
    progress = Progress(state.wanted_since, state.reading.position)
    return state, [m.InspectFrame(ticket, state.settings, key, progress)]
