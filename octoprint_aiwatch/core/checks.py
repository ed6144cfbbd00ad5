"""What comes back from the worker: a context, an inspection or a fault."""

from __future__ import annotations

from dataclasses import replace

from . import messages as m
from .belief import believe
from .blindness import clear_fault, note_fault
from .record import Record, judged
from .scheduling import backoff_s, clamp_interval_s
from .state import State

Result = tuple[State, list[m.Effect]]

ASK_RETRY_S = 900.0
"""How long a refusal that only the user can mend is left alone before it is tried."""


def context_opened(state: State, event: m.ContextOpened, now_s: float) -> Result:
    order = state.order
    if order is None or order.ticket != event.ticket:
        return state, []
    next_check_at = max(now_s, state.next_check_at)
    return replace(state, order=None, opened=True, next_check_at=next_check_at), []


def inspection_done(state: State, event: m.InspectionDone, now_s: float) -> Result:
    order = state.order
    if order is None or order.ticket != event.ticket:
        return state, []
    wait_s = clamp_interval_s(event.inspection.next_after_s)
    interval_s = max(wait_s, state.settings.watch.min_interval_s)
    state = replace(
        state,
        order=None,
        not_before=event.done_at_s + wait_s,
        next_check_at=event.done_at_s + interval_s,
    )
    if order.void:
        return state, []
    state, effects = clear_fault(state)
    record = Record(
        state.memory,
        event.inspection,
        event.done_at_s,
        state.settings.decision,
        state.settings.camera.ignore_zones,
        state.ignored,
    )
    memory, verdict, sightings = judged(record)
    state = replace(
        state,
        record=record,
        memory=memory,
        evidence=event.inspection.evidence,
        sightings=sightings,
        checks=state.checks + 1,
        frame_number=(state.frame_number or 0) + 1,
        camera=event.frame.camera,
        view=event.frame.view,
    )
    state, more = believe(state, verdict)
    return state, effects + more


def order_failed(state: State, event: m.OrderFailed, now_s: float) -> Result:
    order = state.order
    if order is None or order.ticket != event.ticket:
        return state, []
    fault = event.fault
    state = replace(
        state,
        order=None,
        not_before=max(state.not_before, event.done_at_s + max(0.0, fault.wait_s)),
    )
    if order.void:
        return state, []
    if event.frame is not None:
        number = (state.frame_number or 0) + 1
        state = replace(state, frame_number=number, sightings=())
    delay_s = state.settings.watch.min_interval_s
    if fault.step in ("retry", "reopen", "bug"):
        state = replace(state, failures=state.failures + 1)
        first_reopen = fault.step == "reopen" and state.failures == 1
        delay_s = 0.0 if first_reopen else backoff_s(state.failures, event.jitter)
    if fault.step in ("reopen", "ask"):
        # A new context starts without the old one's interval.
        state = replace(state, opened=False, not_before=event.done_at_s)
    if fault.step == "ask":
        delay_s = ASK_RETRY_S
        state = replace(state, ask_until=now_s + ASK_RETRY_S)
    next_check_at = max(state.not_before, event.done_at_s + delay_s)
    state = replace(state, next_check_at=next_check_at)
    state, effects = note_fault(state, fault, now_s)
    return state, effects


def forget_ask(state: State, now_s: float) -> Result:
    if state.ask_until is not None and now_s >= state.ask_until:
        return replace(state, ask_until=None), []
    return state, []
