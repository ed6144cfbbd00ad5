"""What the user wants: other settings, and the buttons."""

from __future__ import annotations

from typing import Any, Callable, Optional

from . import cascade
from . import messages as m
from .acting import call_off
from .belief import believe
from .deferred import replace
from .settings import Settings
from .state import US, State, paused_by, wanted
from .temporal import begun, cleared, without
from .usual import recalled
from .values import (
    IGNORED_ZONE,
    NO_VERDICT,
    NOT_A_FAILURE,
    Detection,
    RemoteEvidence,
    Sighting,
)
from .zones import counting, pointed_at

Result = tuple[State, list[m.Effect]]
MOST_IGNORED = 500
"""Boxes of a job that were called no failure; each is compared with every one seen."""


def settings_changed(state: State, event: m.SettingsChanged, now_s: float) -> Result:
    before, after = state.settings, event.settings
    state = replace(state, settings=after)
    if state.job is None or _context_key(before) == _context_key(after):
        return state, []
    # Another backend's, account's or confidence's evidence is no evidence of this one's.
    state = call_off(state)
    state = replace(
        state,
        order=None,
        rungs={},
        judge="",
        memory=begun(recalled(state.remembered, after.backend)),
        memory_of=after.backend,
        evidence=None,
        acted_at=None,
        fault=None,
        next_check_at=now_s,
    )
    state, effects = believe(cascade.ready(state), NO_VERDICT)
    return state, [m.CloseContext(), *effects]


def _context_key(settings: Settings) -> tuple[Any, ...]:
    decision = settings.decision
    return (
        settings.enabled,
        settings.ladder,
        settings.cascade.enabled,
        [settings.fields(key) for key in settings.ladder],
        decision.warning_confidence,
        decision.pause_confidence,
    )


def commanded(state: State, event: m.Commanded, now_s: float) -> Result:
    if state.job is None:
        return state, []
    if event.box is not None:
        return point_at(state, event.command, event.box)
    return COMMANDS[event.command](state, now_s)


def point_at(state: State, command: str, box: Detection) -> Result:
    """One box is no failure, in this job or ever; what else is seen still counts."""
    sighting = pointed_at(state.sightings, box)
    unless = POINTED.get(command)
    if sighting is None or unless is None:
        return state, []
    seen = tuple(
        Sighting(one.box, unless) if one is sighting else one for one in state.sightings
    )
    ignored = state.ignored
    if unless == NOT_A_FAILURE:
        ignored = (*ignored, sighting.box)[-MOST_IGNORED:]
    memory = without(state.memory, sighting.box)
    scout = replace(state.scout, memory=without(state.scout.memory, sighting.box))
    state = replace(state, sightings=seen, ignored=ignored, memory=memory, scout=scout)
    effects: list[m.Effect] = [m.Log("info", command)]
    if sighting.unless or counting(seen):
        return state, effects
    # It alone was seen, so nothing is left to act on.
    state = replace(call_off(state), memory=cleared(memory), acted_at=None)
    state = replace(state, scout=state.scout.without_evidence())
    state, more = believe(state, NO_VERDICT)
    return state, effects + more


def always_ignore(state: State, now_s: float) -> Result:
    """Without a box there is no place to ignore."""
    return state, []


def suppress(state: State, now_s: float) -> Result:
    state = call_off(replace(state, suppressed=True))
    return state, [m.Log("info", "suppressed")]


def unsuppress(state: State, now_s: float) -> Result:
    return replace(state, suppressed=False), [m.Log("info", "unsuppressed")]


def not_a_failure(state: State, now_s: float) -> Result:
    grace_until = state.grace_until
    if isinstance(state.evidence, RemoteEvidence):
        # Its memory is not ours to clear; give it time to come to another view.
        grace_until = now_s + state.settings.watch.grace_resume_s
    state = call_off(state)
    state = replace(
        state,
        ignored=(state.ignored + counting(state.sightings))[-MOST_IGNORED:],
        sightings=(),
        memory=cleared(state.memory),
        scout=state.scout.without_evidence(),
        evidence=None,
        acted_at=None,
        grace_until=grace_until,
    )
    state, effects = believe(state, NO_VERDICT)
    return state, [m.Log("info", "not_a_failure"), *effects]


def check_now(state: State, now_s: float) -> Result:
    """Ask at once, also who was left alone; but no backend before its own minimum."""
    rungs = {key: replace(rung, again_at=0.0) for key, rung in state.rungs.items()}
    return replace(state, rungs=rungs, next_check_at=now_s), []


def resume(state: State, now_s: float) -> Result:
    """The print that we paused goes on, and is watched."""
    if paused_by(state) != US:
        return state, []
    return state, [m.ResumePrint(state.print_number or 0), m.Log("info", "resume")]


def resume_unwatched(state: State, now_s: float) -> Result:
    """The print that we paused goes on, without alerts and pauses from now on."""
    if paused_by(state) != US:
        return state, []
    state, effects = suppress(state, now_s)
    state, more = resume(state, now_s)
    return state, effects + more


def cancel_print(state: State, now_s: float) -> Result:
    """The print that we paused is given up."""
    if paused_by(state) != US:
        return state, []
    return state, [m.CancelPrint(state.print_number or 0), m.Log("info", "cancel_print")]


def refusal(state: State, command: m.Commanded) -> Optional[str]:
    """Why a command cannot be carried out now, a code of :mod:`words`; None if it can."""
    if state.job is None:
        return "no_job"
    if command.command == "check_now" and not wanted(state):
        return "cannot_check"
    if command.box is not None and pointed_at(state.sightings, command.box) is None:
        return "no_such_box"
    if command.command in AFTER_PAUSE:
        if command.job != state.job.id:
            return "other_job"
        return None if paused_by(state) == US else "not_paused_by_us"
    return None


POINTED = {"not_a_failure": NOT_A_FAILURE, "always_ignore": IGNORED_ZONE}
"""Commands that a box can be meant by, and what keeps it from counting then."""
COMMANDS: dict[str, Callable[[State, float], Result]] = {
    "suppress": suppress,
    "unsuppress": unsuppress,
    "not_a_failure": not_a_failure,
    "always_ignore": always_ignore,
    "check_now": check_now,
    "resume": resume,
    "resume_unwatched": resume_unwatched,
    "cancel_print": cancel_print,
}
AFTER_PAUSE = frozenset(("resume", "resume_unwatched", "cancel_print"))
"""Commands to a print that we have paused, and to no other; they name its job."""
