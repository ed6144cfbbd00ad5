"""From belief to action: warn, pause, and see that the printer really paused.

A pause is *wanted* first, perhaps waits a little for a safe moment, is *requested* only
while OctoPrint says PRINTING, and *confirmed* only when OctoPrint says PAUSED. A request
made while a job starts is lost although OctoPrint announces a pause, so it is repeated
once; then the alarm is raised. What was wanted because of a verdict that is taken back is
not asked for any more.
Nothing here runs because of an error, a time-out or an outage.
"""

from __future__ import annotations

from typing import Optional

from . import messages as m
from .deferred import replace
from .printing import CANCELLING, PAUSED, PAUSING, PRINTING, RESUMING, STARTING
from .state import USER, Attempt, State, wanted
from .values import FAILURE, OK, WARNING, Reason

Result = tuple[State, list[m.Effect]]

MOST_REQUESTS = 2
SWALLOWED_AFTER_S = 5.0
"""A request that left the printer printing for this long did not take."""
DRAIN_S = 60.0
"""How long a printer may take from PAUSING to PAUSED: its planner empties first."""
ALARM_EARLY_S = 0.5
"""So that the alarm is raised within the time that the user allowed, not after it."""
WHO_WITHIN_S = 2.0
"""Who paused comes as an event, that it is paused as a state: a moment apart."""
TRY_AGAIN_AFTER_S = 60.0
"""After a pause that did not take, when a failure still seen leads to another try."""


def act(state: State, now_s: float) -> Result:
    """Follow the verdict: warn or act, outside grace and unless suppressed."""
    level = state.verdict.level
    if level in (OK, WARNING):
        state = replace(state, acted_at=None)
    if state.suppressed or not wanted(state) or now_s < state.grace_until:
        return state, []
    if level == WARNING:
        return _warn(state, now_s)
    if level == FAILURE and state.attempt is None and _may_act(state, now_s):
        return _fail(state, now_s)
    return state, []


def _may_act(state: State, now_s: float) -> bool:
    if state.acted_at is None:
        return True
    failed = state.action == "pause_failed"
    return failed and now_s - state.acted_at >= TRY_AGAIN_AFTER_S


def _warn(state: State, now_s: float) -> Result:
    if state.warned_at is not None:
        # Without a gap every check warns anew; a look at the printer alone does not.
        told = state.warned_checks == state.checks
        if told or now_s - state.warned_at < state.settings.notify.min_gap_s:
            return state, []
    reason = state.verdict.reasons[0]
    effects: list[m.Effect] = [
        m.RaiseEvent("warning_raised", reason),
        m.Log("warning", "warning_raised", {"code": reason.code, **reason.params}),
    ]
    if state.settings.actions.on_warning == "notify":
        effects.append(m.Alert("warning_raised", "notice", "title_warning", reason))
    return replace(state, warned_at=now_s, warned_checks=state.checks), effects


def _fail(state: State, now_s: float) -> Result:
    reason = state.verdict.reasons[0]
    actions = state.settings.actions
    action = actions.on_failure
    title = "title_failure_" + action
    if action == "pause" and paused_enough(state):
        action, title = "notify", "title_failure_limit"
    effects: list[m.Effect] = [
        m.RaiseEvent("failure_detected", reason),
        m.Alert("failure_detected", "error", title, reason, sticky=action == "notify"),
        m.Log("warning", "failure_detected", {"code": reason.code, **reason.params}),
    ]
    state = replace(state, acted_at=now_s)
    if action in ("pause", "cancel"):
        attempt = Attempt(action, now_s)
        under_way = "pausing" if action == "pause" else "cancelling"
        if action == "pause" and actions.safe_moment_s > 0 and state.tells_height:
            attempt = replace(attempt, wait_until=now_s + actions.safe_moment_s)
            under_way = "waiting"
        state = replace(state, attempt=attempt, action=under_way)
    return state, effects


def paused_enough(state: State) -> bool:
    return state.pauses >= state.settings.actions.max_pauses


def height_changed(state: State, _: m.HeightChanged, now_s: float) -> Result:
    """A safe moment, if one is waited for; and OctoPrint can tell of them."""
    if state.job is None:
        return state, []
    return _wait_no_longer(replace(state, tells_height=True), now_s), []


def _wait_no_longer(state: State, now_s: float) -> State:
    """From now on the printer has its time to pause."""
    attempt = state.attempt
    if attempt is None or attempt.wait_until is None:
        return state
    attempt = replace(attempt, started_at=now_s, wait_until=None)
    return replace(state, attempt=attempt, action="pausing")


def call_off(state: State) -> State:
    """Take back what is wanted; what was requested already is not asked for again."""
    attempt = state.attempt
    if attempt is None:
        return state
    if attempt.requests == 0:
        return replace(state, attempt=None, action=None, acted_at=None)
    return replace(state, attempt=replace(attempt, requests=MOST_REQUESTS))


def reconsider(state: State, now_s: float) -> Result:
    """A pause goes with its reason; one that waits has waited enough at some time."""
    attempt = state.attempt
    if attempt is None:
        return state, []
    settings = state.settings
    level = state.verdict.level
    if (
        settings.actions.on_failure != attempt.action
        or level in (OK, WARNING)
        or (attempt.action == "pause" and paused_enough(state))
    ):
        return call_off(state), []
    if attempt.wait_until is not None and now_s >= attempt.wait_until:
        return _wait_no_longer(state, now_s), []
    return state, []


def progress(state: State, now_s: float) -> Result:
    """Take a wanted pause (or cancel) one step further."""
    attempt = state.attempt
    printer = state.reading.state_id
    if attempt is None:
        late = state.action == "pause_failed" and printer == PAUSED
        return _late(state, now_s) if late else (state, [])
    if attempt.requests == 0 and printer in (PAUSING, PAUSED):
        # The user was quicker: this pause is not ours, unless it does not take.
        return replace(state, attempt=None, action=None, acted_at=None), []
    if attempt.action == "pause" and printer == PAUSED:
        return _confirm(state)
    if attempt.action == "cancel" and printer == CANCELLING:
        return replace(state, attempt=None, action="cancelled"), []
    if printer not in (PRINTING, PAUSING, STARTING, RESUMING):
        # The job is ending by itself, or the user was quicker.
        return replace(state, attempt=None, action=None), unpark(attempt)
    if attempt.wait_until is not None:
        return state, []
    if printer == PAUSING and not attempt.accepted:
        attempt = replace(attempt, accepted=True)
        state = replace(state, attempt=attempt)
    limit_s = state.settings.actions.verify_s
    if printer == PAUSING:
        limit_s = max(limit_s, DRAIN_S)
    if now_s - attempt.started_at >= limit_s - ALARM_EARLY_S:
        return _fail_loudly(state, now_s)
    if printer == PRINTING and _may_request(attempt, now_s):
        return _request(state, attempt, now_s)
    return state, []


def _late(state: State, now_s: float) -> Result:
    """Paused after the alarm: by what we asked for, or by somebody who heard it."""
    if state.paused_by == USER:
        return replace(state, action=None), []
    since_s = state.paused_since
    if not state.paused_by and since_s is not None and now_s - since_s < WHO_WITHIN_S:
        return state, []
    return _confirm(state)


def _may_request(attempt: Attempt, now_s: float) -> bool:
    if attempt.requests == 0:
        return True
    swallowed = attempt.accepted or now_s - attempt.requested_at >= SWALLOWED_AFTER_S
    return swallowed and attempt.requests < MOST_REQUESTS


def _request(state: State, attempt: Attempt, now_s: float) -> Result:
    attempt = replace(
        attempt, requests=attempt.requests + 1, requested_at=now_s, accepted=False
    )
    pause = attempt.action == "pause"
    code = "pause_requested" if pause else "cancel_requested"
    number = state.print_number or 0
    park = state.settings.actions.park
    effects: list[m.Effect] = [
        m.PausePrint(number, park if park.enabled else None)
        if pause
        else m.CancelPrint(number),
        m.Log("info", code, {"request": attempt.requests}),
    ]
    return replace(state, attempt=attempt), effects


def unpark(attempt: Optional[Attempt]) -> list[m.Effect]:
    """Another pause than the one asked for must not park the head."""
    asked = attempt is not None and attempt.action == "pause" and attempt.requests > 0
    return [m.CallOffParking()] if asked else []


def _confirm(state: State) -> Result:
    reason = state.verdict.reasons[0] if state.verdict.reasons else Reason("no_data")
    state = replace(state, attempt=None, action="paused", pauses=state.pauses + 1)
    effects: list[m.Effect] = [
        m.RaiseEvent("pause_confirmed", reason),
        m.Alert("pause_confirmed", "error", "title_paused", reason, sticky=True),
        m.Log("warning", "pause_confirmed"),
    ]
    return state, effects


def _fail_loudly(state: State, now_s: float) -> Result:
    reason = Reason("pause_failed", {"state": state.reading.state_id})
    calling_off = unpark(state.attempt)
    state = replace(state, attempt=None, action="pause_failed", acted_at=now_s)
    effects: list[m.Effect] = [
        *calling_off,
        m.RaiseEvent("pause_failed", reason),
        m.Alert("pause_failed", "error", "title_pause_failed", reason, sticky=True),
        m.Log("error", "pause_failed", reason.params),
    ]
    return state, effects
