"""Events in, effects out: the one place that decides what happens next.

``step`` is pure. Each event has one handler in :data:`HANDLERS`; after every event the
rules of :data:`RULES` are applied in order, so that a rule (open a context, check a
frame, act on a failure, say that we are blind) holds whatever event came before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Callable

from . import messages as m
from .acting import act, progress
from .blindness import announce, clear_fault, note_fault, void_verdict
from .scheduling import backoff_s, clamp_interval_s, give_orders
from .settings import Settings
from .state import (
    INSPECT,
    JOB_STATES,
    PAUSED,
    PRINTING,
    RESUMING,
    WARMUP_LIMIT_S,
    State,
    heating,
    wanted,
)
from .temporal import NO_MEMORY, judge
from .values import (
    NO_VERDICT,
    Job,
    PrinterReading,
    Reason,
    RemoteEvidence,
    Verdict,
)

Result = tuple[State, list[m.Effect]]

ASK_RETRY_S = 900.0
"""How long a refusal that only the user can mend is left alone before it is tried."""
GONE_AFTER_S = 5.0
"""How long the printer must look idle before a job without an end event is given up."""
RESUME_NEWS_S = 2.0
"""A resume that is told this soon after the printer was seen printing is the same one."""


def step(state: State, event: m.Event, now_s: float) -> Result:
    """Take in one event.

    Args:
        now_s: seconds on a clock that never jumps.

    Returns:
        The new state and what is to be done, in order.
    """
    state, effects = HANDLERS[type(event)](state, event, now_s)
    for rule in RULES:
        state, more = rule(state, now_s)
        effects = effects + more
    return state, effects


# -- handlers -------------------------------------------------------------------------


def _print_started(state: State, event: m.PrintStarted, now_s: float) -> Result:
    effects: list[m.Effect] = []
    if state.job is not None:
        # Printing from SD, OctoPrint says "started" twice for one print.
        if (state.job.path, state.job.origin) == (event.path, event.origin):
            return state, []
        state, effects = _end(state, "replaced")
    generation = state.generation + 1
    job = Job(
        generation,
        event.id,
        event.name,
        event.path,
        event.origin,
        event.started_at,
        event.entropy,
    )
    state = replace(
        _fresh(state),
        generation=generation,
        job=job,
        job_since=now_s,
        reading=PrinterReading("STARTING"),
    )
    if state.settings.enabled:
        reason = Reason("watch_started", {"job": job.name})
        effects += [
            m.RaiseEvent("watch_started", reason),
            m.Log("info", reason.code, reason.params),
        ]
    return state, effects


def _print_ended(state: State, event: m.PrintEnded, now_s: float) -> Result:
    if state.job is None:
        return state, []
    return _end(state, event.outcome)


def _print_resumed(state: State, event: m.PrintResumed, now_s: float) -> Result:
    if state.job is None:
        return state, []
    since_s = state.wanted_since
    if since_s is not None and now_s - since_s < RESUME_NEWS_S:
        # The printer's state told us first, and what follows from it is done.
        return state, []
    order = state.order
    if order is not None and order.kind == INSPECT:
        state = replace(state, order=replace(order, void=True))
    return replace(state, was_paused=True, wanted_since=None), []


def _printer_read(state: State, event: m.PrinterRead, now_s: float) -> Result:
    if state.job is None or event.reading.state_id == "UNKNOWN":
        return state, []
    reading = event.reading
    gone_since = None
    if reading.state_id not in JOB_STATES:
        gone_since = now_s if state.gone_since is None else state.gone_since
        if now_s - gone_since >= GONE_AFTER_S:
            return _end(state, "unknown")
    state = replace(
        state,
        reading=reading,
        gone_since=gone_since,
        was_paused=state.was_paused or reading.state_id in (PAUSED, RESUMING),
    )
    if not heating(state) and reading.tool_ready and reading.state_id == PRINTING:
        state = replace(state, warmed=True)
    if now_s - state.job_since > WARMUP_LIMIT_S:
        state = replace(state, warmed=True)
    return state, []


def _context_opened(state: State, event: m.ContextOpened, now_s: float) -> Result:
    order = state.order
    if order is None or order.ticket != event.ticket:
        return state, []
    next_check_at = max(now_s, state.next_check_at)
    return replace(state, order=None, opened=True, next_check_at=next_check_at), []


def _inspection_done(state: State, event: m.InspectionDone, now_s: float) -> Result:
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
    memory, verdict, boxes = judge(
        state.memory,
        event.inspection,
        event.done_at_s,
        state.settings.decision,
        state.settings.camera.ignore_zones,
        state.ignored,
    )
    state = replace(
        state,
        memory=memory,
        evidence=event.inspection.evidence,
        detections=boxes,
        checks=state.checks + 1,
        frame_number=(state.frame_number or 0) + 1,
        camera=event.frame.camera,
    )
    state, more = _believe(state, verdict)
    return state, effects + more


def _order_failed(state: State, event: m.OrderFailed, now_s: float) -> Result:
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
        state = replace(state, frame_number=number, detections=())
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


def _settings_changed(state: State, event: m.SettingsChanged, now_s: float) -> Result:
    before, after = state.settings, event.settings
    state = replace(state, settings=after)
    if state.job is None or _context_key(before) == _context_key(after):
        return state, []
    # Another backend's, account's or confidence's evidence is no evidence of this one's.
    state = replace(
        state,
        order=None,
        opened=False,
        memory=NO_MEMORY,
        evidence=None,
        fault=None,
        failures=0,
        ask_until=None,
        next_check_at=now_s,
        not_before=now_s,
    )
    state, effects = _believe(state, NO_VERDICT)
    return state, [m.CloseContext(), *effects]


def _context_key(settings: Settings) -> tuple[Any, ...]:
    decision = settings.decision
    return (
        settings.enabled,
        settings.backend,
        dict(settings.fields(settings.backend)),
        decision.warning_confidence,
        decision.pause_confidence,
    )


def _commanded(state: State, event: m.Commanded, now_s: float) -> Result:
    if state.job is None:
        return state, []
    return COMMANDS[event.command](state, now_s)


def _suppress(state: State, now_s: float) -> Result:
    state = replace(state, suppressed=True)
    if state.attempt is not None and state.attempt.requests == 0:
        state = replace(state, attempt=None, action=None)
    return state, [m.Log("info", "suppressed")]


def _unsuppress(state: State, now_s: float) -> Result:
    return replace(state, suppressed=False), [m.Log("info", "unsuppressed")]


def _not_a_failure(state: State, now_s: float) -> Result:
    grace_until = state.grace_until
    if isinstance(state.evidence, RemoteEvidence):
        # Its memory is not ours to clear; give it time to come to another view.
        grace_until = now_s + state.settings.watch.grace_resume_s
    attempt = state.attempt
    if attempt is not None and attempt.requests == 0:
        state = replace(state, attempt=None, action=None)
    state = replace(
        state,
        ignored=state.ignored + state.detections,
        detections=(),
        memory=NO_MEMORY,
        evidence=None,
        acted_at=None,
        grace_until=grace_until,
    )
    state, effects = _believe(state, NO_VERDICT)
    return state, [m.Log("info", "not_a_failure"), *effects]


def _check_now(state: State, now_s: float) -> Result:
    soon = max(now_s, state.not_before)
    next_check_at = soon if state.ask_until else min(state.next_check_at, soon)
    return replace(state, ask_until=None, next_check_at=max(now_s, next_check_at)), []


def _fresh(state: State) -> State:
    """Everything that belongs to one job forgotten."""
    return State(
        settings=state.settings,
        generation=state.generation,
        ticket=state.ticket,
        frame_number=state.frame_number,
        camera=state.camera,
    )


def _end(state: State, outcome: str) -> Result:
    job = state.job
    assert job is not None
    params = {"job": job.name, "outcome": outcome, "checks": state.checks}
    reason = Reason("watch_ended", params)
    effects: list[m.Effect] = [m.CloseContext()]
    if state.settings.enabled:
        effects += [
            m.RaiseEvent("watch_ended", reason),
            m.Log("info", reason.code, reason.params),
        ]
    return _fresh(state), effects


def _believe(state: State, verdict: Verdict) -> Result:
    """Take over a verdict; say so if its level is another."""
    changed = verdict.level != state.verdict.level
    state = replace(state, verdict=verdict)
    if not changed:
        return state, []
    reason = verdict.reasons[0] if verdict.reasons else Reason("no_data")
    return state, [m.RaiseEvent("verdict_changed", reason)]


# -- rules ----------------------------------------------------------------------------


def _follow_printer(state: State, now_s: float) -> Result:
    """What begins and ends with printing: grace, fresh evidence, orders not wanted."""
    if not wanted(state):
        order = state.order
        if state.wanted_since is not None and order is not None:
            # What is seen of a print that stands still says nothing about it.
            state = replace(state, order=replace(order, void=order.kind == INSPECT))
        return replace(state, wanted_since=None), []
    if state.wanted_since is not None:
        return state, []
    watch = state.settings.watch
    effects: list[m.Effect] = []
    first_check_at = now_s
    if state.was_paused:
        state = replace(
            state,
            memory=NO_MEMORY,
            evidence=None,
            detections=(),
            acted_at=None,
            attempt=None,
            action=None,
            grace_until=now_s + watch.grace_resume_s,
        )
        state, effects = _believe(state, NO_VERDICT)
    elif state.checks == 0:
        state = replace(state, grace_until=now_s + watch.grace_start_s)
        # A moment for OctoPrint to learn the heaters' targets from the first lines.
        first_check_at += SETTLE_S if watch.warmup else 0.0
    state = replace(
        state,
        wanted_since=now_s,
        was_paused=False,
        fault_since=now_s,
        next_check_at=max(first_check_at, state.not_before),
    )
    return state, effects


SETTLE_S = 3.0
"""How long after the first PRINTING the first frame waits when warm-up is respected."""


def _forget_ask(state: State, now_s: float) -> Result:
    if state.ask_until is not None and now_s >= state.ask_until:
        return replace(state, ask_until=None), []
    return state, []


Handler = Callable[[State, Any, float], Result]
Rule = Callable[[State, float], Result]

HANDLERS: dict[type[Any], Handler] = {
    m.PrintStarted: _print_started,
    m.PrintEnded: _print_ended,
    m.PrintResumed: _print_resumed,
    m.PrinterRead: _printer_read,
    m.ContextOpened: _context_opened,
    m.InspectionDone: _inspection_done,
    m.OrderFailed: _order_failed,
    m.SettingsChanged: _settings_changed,
    m.Commanded: _commanded,
}
COMMANDS: dict[str, Rule] = {
    "suppress": _suppress,
    "unsuppress": _unsuppress,
    "not_a_failure": _not_a_failure,
    "check_now": _check_now,
}
RULES: Sequence[Rule] = (
    _forget_ask,
    progress,
    _follow_printer,
    act,
    progress,
    void_verdict,
    announce,
    give_orders,
)
