"""What of a job goes into its history: the checks, and what happened to the print.

Read off what a step of the machine changed and said; nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from . import messages as m
from .blindness import reason_of
from .deferred import replace
from .settings import Settings
from .state import PRINTER, US, USER, State, phase
from .values import Reason

Result = tuple[State, list[m.Effect]]

SAID = {
    "warning_raised": "warning",
    "failure_detected": "failure",
    "pause_confirmed": "pause",
    "pause_failed": "pause_failed",
}
"""Events of ours that are notes of the job, and their kinds."""
OF_THE_JOB = frozenset(
    (
        "always_ignore",
        "backend_changed",
        "not_a_failure",
        "scout_suspects",
        "suppressed",
        "unsuppressed",
    )
)
"""Log lines that are notes of the job, each a kind of its own."""


def print_paused(state: State, event: m.PrintPaused, now_s: float) -> Result:
    """Who it was is all that follows from it: the printer's state says the rest."""
    if state.job is None or _is_ours(state):
        return state, []
    return replace(state, paused_by=USER if event.by_user else PRINTER), []


def chronicle(
    before: State,
    state: State,
    event: m.Event,
    effects: Sequence[m.Effect],
    now_s: float,
) -> list[m.Effect]:
    """What is to be taken down after a step."""
    job = state.job
    if job is None or not state.settings.enabled:
        return []
    found: list[m.Effect] = []
    # Of a job that is taken down anew, what was judged before is no check of now.
    judged = state.record is not None and state.record is not before.record
    if before.generation != state.generation or not before.settings.enabled:
        found.append(m.RecordJob(job, state.settings))
        before = State(state.settings)
    at_s = now_s - state.job_since

    def note(kind: str, reason: Reason, who: str = "") -> None:
        found.append(m.RecordNote(job.id, at_s, kind, reason, who))

    # What a cascade's scout looks at by the way is no judgement, and is not taken down.
    if judged:
        found.append(_check(state, event, now_s))
    if _blind(state) and not _blind(before):
        note("blind", reason_of(state))
    if _blind(before) and not _blind(state):
        note("recovered", Reason("recovered"))
    for effect in effects:
        if isinstance(effect, m.RaiseEvent) and effect.name in SAID:
            who = US if effect.name == "pause_confirmed" else ""
            note(SAID[effect.name], effect.reason, who)
        if isinstance(effect, m.Log) and effect.code in OF_THE_JOB:
            note(effect.code, Reason(effect.code, effect.params))
    if isinstance(event, m.PrintPaused) and not _may_be_ours(state, event):
        note("pause", Reason("paused_by_them"), USER if event.by_user else PRINTER)
    if before.was_paused and state.wanted_since is not None:
        note("resume", Reason("print_resumed"))
    if before.settings is not state.settings:
        note("settings", Reason("settings_changed", without_secrets(state.settings)))
    return found


def without_secrets(settings: Settings) -> dict[str, Any]:
    """The settings for the record: all but what belongs to accounts of any kind."""
    plain = asdict(settings)
    del plain["backends"], plain["mqtt"], plain["notify"]["urls"]
    return plain


def _check(state: State, event: m.Event, now_s: float) -> m.Effect:
    assert isinstance(event, m.InspectionDone)
    assert state.job is not None
    assert state.record is not None
    return m.RecordCheck(
        state.job.id,
        state.checks,
        now_s - state.job_since,
        state.record,
        state.memory,
        state.verdict,
        state.sightings,
        phase(state),
        max(0.0, state.grace_until - now_s),
        state.suppressed,
        event.frame,
    )


def _is_ours(state: State) -> bool:
    """Whether the pause that is told of is the one that we asked for."""
    attempt = state.attempt
    asked = attempt is not None and attempt.action == "pause" and attempt.requests > 0
    return asked or state.action == "paused"


def _may_be_ours(state: State, event: m.PrintPaused) -> bool:
    """The same, or it took only after the alarm: then its confirmation is the note."""
    late = state.action == "pause_failed" and not event.by_user
    return late or _is_ours(state)


def _blind(state: State) -> bool:
    return state.fault is not None or state.blinded
