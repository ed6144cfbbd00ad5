"""The job's life: how it begins, goes on and ends, and what follows from printing.

Whatever way a print ends, its context is closed once.
"""

from __future__ import annotations

from . import cascade
from . import messages as m
from .acting import unpark
from .belief import believe
from .counting import forget, recall
from .deferred import replace
from .printing import JOB_STATES, PAUSED, PRINTING, RESUMING, STARTING
from .settings import SCOUT
from .state import INSPECT, WARMUP_LIMIT_S, State, heating, wanted
from .temporal import begun, cleared
from .usual import SECTION, kept, recalled
from .values import FAILURE, NO_VERDICT, Job, PrinterReading, Reason

Result = tuple[State, list[m.Effect]]

GONE_AFTER_S = 5.0
"""How long the printer must look idle before a job without an end event is given up."""
RESUME_NEWS_S = 2.0
"""A resume that is told this soon after the printer was seen printing is the same one."""
SETTLE_S = 3.0
"""How long after the first PRINTING the first frame waits when warm-up is respected."""


def print_started(state: State, event: m.PrintStarted, now_s: float) -> Result:
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
        event.size,
    )
    state = replace(
        _fresh(state),
        generation=generation,
        job=job,
        job_since=now_s,
        reading=PrinterReading("STARTING"),
    )
    state = recall(state, now_s)
    first = state.settings.backend
    usual = recalled(state.remembered, first)
    state = replace(state, memory=begun(usual), memory_of=first)
    state = cascade.ready(state)
    if state.pauses:
        effects.append(m.Log("info", "counts_go_on", {"pauses": state.pauses}))
    if state.settings.enabled:
        reason = Reason("watch_started", {"job": job.name})
        effects += [
            m.RaiseEvent("watch_started", reason),
            m.Log("info", reason.code, reason.params),
        ]
    return state, effects


def print_ended(state: State, event: m.PrintEnded, now_s: float) -> Result:
    if state.job is None:
        return state, []
    if not event.final and state.reading.state_id in (STARTING, PRINTING):
        return state, []
    return _end(state, event.outcome)


def print_resumed(state: State, event: m.PrintResumed, now_s: float) -> Result:
    if state.job is None:
        return state, []
    since_s = state.wanted_since
    if since_s is not None and now_s - since_s < RESUME_NEWS_S:
        # The printer's state told us first, and what follows from it is done.
        return state, []
    order = state.order
    if order is not None and order.kind == INSPECT:
        state = replace(state, order=replace(order, void=True))
    # What was wanted before is not wanted of a print that goes on.
    effects = unpark(state.attempt)
    state = replace(
        state,
        was_paused=True,
        wanted_since=None,
        attempt=None,
        action=None,
        paused_by="",
    )
    return state, effects


def printer_read(state: State, event: m.PrinterRead, now_s: float) -> Result:
    if event.calls_left is not None:
        state = replace(state, calls_left=event.calls_left)
    if state.job is None or event.reading.state_id == "UNKNOWN":
        return state, []
    reading = event.reading
    gone_since = None
    if reading.state_id not in JOB_STATES:
        gone_since = now_s if state.gone_since is None else state.gone_since
        if now_s - gone_since >= GONE_AFTER_S:
            return _end(state, "unknown")
    number = state.print_number
    if number is None and reading.state_id == PRINTING:
        number = reading.print_number
    if number not in (None, reading.print_number):
        # Another print has begun; the news of it are still on their way.
        return _end(state, "replaced")
    paused_since = None
    if reading.state_id == PAUSED:
        paused_since = now_s if state.paused_since is None else state.paused_since
    state = replace(
        state,
        reading=reading,
        gone_since=gone_since,
        paused_since=paused_since,
        print_number=number,
        was_paused=state.was_paused or reading.state_id in (PAUSED, RESUMING),
    )
    if not heating(state) and reading.tool_ready and reading.state_id == PRINTING:
        state = replace(state, warmed=True)
    if now_s - state.job_since > WARMUP_LIMIT_S:
        state = replace(state, warmed=True)
    return state, []


def follow_printer(state: State, now_s: float) -> Result:
    """What begins and ends with printing: grace, fresh evidence, orders not wanted."""
    if not wanted(state):
        order = state.order
        if order is not None:
            # What is seen of a print that stands still says nothing about it.
            state = replace(state, order=replace(order, void=order.kind == INSPECT))
        return replace(state, wanted_since=None), []
    if state.wanted_since is not None:
        return state, []
    watch = state.settings.watch
    effects: list[m.Effect] = []
    first_check_at = now_s
    if state.was_paused:
        effects = unpark(state.attempt)
        state = replace(
            state,
            memory=cleared(state.memory),
            scout=state.scout.without_evidence(),
            evidence=None,
            sightings=(),
            acted_at=None,
            attempt=None,
            action=None,
            paused_by="",
            parked=None,
            grace_until=max(state.grace_until, now_s + watch.grace_resume_s),
        )
        state, more = believe(state, NO_VERDICT)
        effects += more
    elif state.checks == 0:
        grace_until = max(state.grace_until, now_s + watch.grace_start_s)
        state = replace(state, grace_until=grace_until)
        # A moment for OctoPrint to learn the heaters' targets from the first lines.
        first_check_at += SETTLE_S if watch.warmup else 0.0
    state = replace(
        state,
        wanted_since=now_s,
        was_paused=False,
        fault_since=now_s,
        next_check_at=first_check_at,
    )
    return state, effects


def parked(state: State, event: m.Parked, now_s: float) -> Result:
    """The lines that park the head are on their way, or could not be made."""
    if state.job is None:
        return state, []
    effects: list[m.Effect] = [m.Log("info", "parked_lines", {"lines": event.lines})]
    effects += [m.Log("warning", code) for code in event.left_out]
    return replace(state, parked=event), effects


def _fresh(state: State) -> State:
    """Everything that belongs to one job forgotten."""
    return State(
        settings=state.settings,
        remembered=state.remembered,
        labels=state.labels,
        calls_left=state.calls_left,
        in_file=state.in_file,
        generation=state.generation,
        ticket=state.ticket,
        frame_number=state.frame_number,
        camera=state.camera,
        view=state.view,
    )


def _end(state: State, outcome: str) -> Result:
    job = state.job
    assert job is not None
    params = {"job": job.name, "outcome": outcome, "checks": state.checks}
    reason = Reason("watch_ended", params)
    effects: list[m.Effect] = [m.CloseContext(), *unpark(state.attempt)]
    effects.append(m.RecordEnd(job.id, outcome))
    effects += forget(outcome)
    remembered = state.remembered
    if outcome == "done" and not state.pauses and state.verdict.level != FAILURE:
        section = kept(remembered, state.memory_of, state.memory.frames.learning)
        if cascade.is_on(state.settings) and state.memory_of != SCOUT:
            learning = state.scout.memory.frames.learning
            section = kept({SECTION: section}, SCOUT, learning)
        remembered = {**remembered, SECTION: section}
        effects.append(m.Remember(SECTION, section))
    if state.settings.enabled:
        effects += [
            m.RaiseEvent("watch_ended", reason),
            m.Log("info", reason.code, reason.params),
        ]
    return replace(_fresh(state), remembered=remembered), effects
