"""Who judges: the ladder of backends climbed down on a fault, and up again.

The user's order rules: the first backend that may be asked is asked. What a fault does is
said in :func:`tripped`; that a frame or the webcam is bad is no backend's fault. Evidence
of two backends is never mixed: whoever takes over begins anew.
"""

from __future__ import annotations

from typing import Any

from . import cascade
from . import messages as m
from .blindness import note_fault
from .deferred import replace
from .errors import BACKEND
from .rung import NEVER, Rung, backoff_s
from .settings import SCOUT
from .state import State, ladder, name_of
from .temporal import begun, handed_over
from .usual import recalled
from .values import FAILURE, WARNING, Fault, Reason
from .words import nested

Result = tuple[State, list[m.Effect]]

ASK_RETRY_S = 240.0
"""How long a refusal that only the user can mend is left alone before it is tried."""
FOR_GOOD = frozenset(
    (
        "api_key_refused",
        "credentials_refused",
        "partner_token_refused",
        "payment_due",
        "token_refused",
    )
)
"""Refusals that another try cannot mend: not asked again until the settings change, the
user asks for a check, or the next print."""
PATIENT = frozenset(("context_refused", "rate_limited"))
"""One of these is no reason to ask somebody else: the same backend mends it."""
STEADY_S = 600.0
"""How long a backend must judge before its faults are forgotten. One that comes and goes
would otherwise have the evidence begin anew all the time."""
GRACE_CHANGE_S = 30.0
"""Whoever takes over has so long before it is acted on."""


def with_rung(state: State, key: str, **changes: Any) -> State:
    """The state with something else known of one backend."""
    changed = replace(ladder(state).rung(key), **changes)
    return replace(state, rungs={**state.rungs, key: changed})


def choose(state: State, now_s: float) -> Result:
    """Say whose turn it is.

    Nobody takes over from a backend that has begun to suspect something, only from one
    that cannot judge any more.
    """
    if state.job is None:
        return state, []
    steps = ladder(state)
    if state.order is None:
        key, judge = steps.turn(now_s), state.judge
        suspects = state.verdict.level in (WARNING, FAILURE)
        if judge and suspects and steps.is_free(judge, now_s):
            key = judge
        state = replace(state, turn=cascade.turn(state, key, now_s))
    state = replace(state, refused=steps.is_refused(now_s))
    if state.order is None and not steps.has_calls(state.turn):
        params = {"calls": state.settings.budget.monthly_calls}
        fault = Fault("budget_spent", "spent", BACKEND, params)
        return note_fault(replace(state, judge=""), fault, now_s)
    return state, []


def tripped(rung: Rung, fault: Fault, done_at_s: float, jitter: float) -> Rung:
    """What a fault makes of a rung.

    Args:
        jitter: chance, 0..1, for the backoff.
    """
    not_before = max(rung.not_before, done_at_s + max(0.0, fault.wait_s))
    first = rung.fault is None
    rung = replace(rung, not_before=not_before, steady_since=None)
    if fault.step in ("reopen", "ask"):
        # A new context starts without the old one's interval.
        rung = replace(rung, opened=False, not_before=done_at_s)
    if fault.step == "ask":
        again_at = NEVER if fault.code in FOR_GOOD else done_at_s + ASK_RETRY_S
        return replace(rung, fault=fault, again_at=again_at)
    if fault.step not in ("retry", "reopen", "bug"):
        return rung
    failures = rung.failures + 1
    again_at = max(rung.not_before, done_at_s + backoff_s(failures, jitter))
    if first and fault.code in PATIENT:
        again_at = done_at_s
    return replace(rung, fault=fault, failures=failures, again_at=again_at)


def judged(rung: Rung, done_at_s: float, wait_s: float, alone: bool) -> Rung:
    """What an answer makes of a rung.

    Args:
        wait_s: the backend's own minimum until the next call.
        alone: there is nobody else to ask.
    """
    since_s = done_at_s if rung.steady_since is None else rung.steady_since
    steady = alone or done_at_s - since_s >= STEADY_S
    return replace(
        rung,
        fault=None,
        failures=0 if steady else rung.failures,
        again_at=0.0,
        not_before=done_at_s + wait_s,
        steady_since=since_s,
    )


def found_wanting(state: State, key: str, fault: Fault, now_s: float) -> Result:
    """A backend has failed: we are blind, unless another one judges meanwhile."""
    steps, judge = ladder(state), state.judge
    if fault.source == BACKEND and judge not in ("", key) and steps.is_free(judge, now_s):
        return leave_out(state, key, now_s)
    state, effects = note_fault(replace(state, judge=""), fault, now_s)
    state, more = leave_out(state, key, now_s)
    return state, effects + more


def leave_out(state: State, key: str, now_s: float) -> Result:
    """Tell the user of a backend that only they can bring back, if others go on."""
    rung = ladder(state).rung(key)
    others = [one for one in state.settings.ladder if one != key]
    if rung.told or rung.fault is None or rung.fault.step != "ask":
        return state, []
    if not any(ladder(state).is_free(one, now_s) for one in others):
        return state, []
    params = {
        "backend": nested(name_of(state, key), {}),
        "why": nested(rung.fault.code, rung.fault.params),
    }
    reason = Reason("backend_left_out", params)
    alert = m.Alert(reason.code, "notice", "title_left_out", reason, sticky=True)
    return with_rung(state, key, told=True), [alert]


def hand_over(state: State, key: str, now_s: float) -> Result:
    """A backend has judged; if it is another one, the evidence begins anew with it."""
    before = state.memory_of
    state = replace(state, judge=key)
    if key == before:
        return state, []
    usual = recalled(state.remembered, key)
    is_late = state.checks > 0
    memory = handed_over(state.memory, usual) if is_late else begun(usual)
    if cascade.is_on(state.settings):
        # The scout's evidence is its own, whether it looks out or judges.
        scout = state.scout
        if before == SCOUT:
            scout = replace(scout, memory=state.memory)
        memory = scout.memory if key == SCOUT else memory
        state = replace(state, scout=scout)
    # Of its own calls it has not kept any yet.
    state = replace(state, memory=memory, memory_of=key, calls_kept=None)
    params = {
        "backend": nested(name_of(state, key), {}),
        "before": nested(name_of(state, before), {}),
    }
    reason = Reason("backend_changed", params)
    if is_late:
        grace_until = max(state.grace_until, now_s + GRACE_CHANGE_S)
        acted_at = None if state.attempt is None else state.acted_at
        state = replace(state, grace_until=grace_until, acted_at=acted_at)
    return state, [
        m.RaiseEvent("backend_changed", reason),
        m.Log("info", reason.code, reason.params),
    ]
