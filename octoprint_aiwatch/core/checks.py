"""What comes back from the worker: a context, an inspection or a fault."""

from __future__ import annotations

from . import cascade
from . import messages as m
from .belief import believe, record_of
from .blindness import clear_fault
from .deferred import replace
from .intervals import clamp_interval_s
from .ladder import found_wanting, hand_over, tripped, with_rung
from .ladder import judged as judged_by
from .pacing import interval_s
from .record import judged
from .state import State, ladder
from .yielding import put_off

Result = tuple[State, list[m.Effect]]


def context_opened(state: State, event: m.ContextOpened, now_s: float) -> Result:
    order = state.order
    if order is None or order.ticket != event.ticket:
        return state, []
    state = with_rung(state, order.backend, opened=True)
    next_check_at = max(now_s, state.next_check_at)
    return replace(state, order=None, next_check_at=next_check_at), []


def inspection_done(state: State, event: m.InspectionDone, now_s: float) -> Result:
    order = state.order
    if order is None or order.ticket != event.ticket:
        return state, []
    key, done_at_s = order.backend, event.done_at_s
    wait_s = clamp_interval_s(event.inspection.next_after_s)
    if order.void:
        # The next check stays due when it is; only who was asked has its time.
        state = replace(state, order=None)
        return with_rung(state, key, not_before=done_at_s + wait_s), []
    least_s = max(wait_s, state.settings.watch.min_interval_s)
    if cascade.scouts_for(state, key, now_s):
        pace_s = state.settings.watch.min_interval_s
    else:
        pace_s = interval_s(state, key, least_s)
    state = put_off(replace(state, order=None), done_at_s, pace_s)
    steps = ladder(state)
    alone = len(steps.keys) == 1
    rung = judged_by(steps.rung(key), done_at_s, wait_s, alone)
    state = replace(state, rungs={**state.rungs, key: rung})
    if order.scouting:
        return cascade.scouted(_looked(state, event), event)
    state, effects = clear_fault(state)
    state, more = hand_over(state, key, now_s)
    effects += more
    record = record_of(state, state.memory, event, key)
    memory, verdict, sightings = judged(record)
    state = replace(
        _looked(state, event),
        record=record,
        memory=memory,
        evidence=event.inspection.evidence,
        sightings=sightings,
    )
    state, more = believe(state, verdict)
    return cascade.answered(state, key, done_at_s), effects + more


def _looked(state: State, event: m.InspectionDone) -> State:
    """One more frame was looked at."""
    return replace(
        state,
        checks=state.checks + 1,
        frame_number=(state.frame_number or 0) + 1,
        camera=event.frame.camera,
        view=event.frame.view,
    )


def order_failed(state: State, event: m.OrderFailed, now_s: float) -> Result:
    order = state.order
    if order is None or order.ticket != event.ticket:
        return state, []
    key, fault, done_at_s = order.backend, event.fault, event.done_at_s
    state = replace(state, order=None)
    if order.void:
        return with_rung(state, key, not_before=done_at_s + fault.wait_s), []
    if event.frame is not None:
        number = (state.frame_number or 0) + 1
        state = replace(state, frame_number=number, sightings=())
    rung = tripped(ladder(state).rung(key), fault, done_at_s, event.jitter)
    state = replace(state, rungs={**state.rungs, key: rung})
    # Whoever is asked next need not wait, only who has failed.
    is_frames = fault.step == "next_frame"
    delay_s = state.settings.watch.min_interval_s if is_frames else 0.0
    state = replace(state, next_check_at=done_at_s + delay_s)
    return found_wanting(state, key, fault, now_s)
