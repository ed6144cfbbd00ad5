"""The cascade: the detector on this machine looks at every frame, the judge at few.

Off unless the user switches it on. The judge, a service whose calls cost something, still
decides alone; the *scout* only says when to ask it. It is asked at a slow pace, and at
once when the scout grows suspicious, never below its own minimum. What it finds harmless
again and again is asked about less and less often. Their evidence is not mixed: the scout
has a memory of its own, and goes on with it if it has to judge itself.
"""

from __future__ import annotations

from typing import Optional

from . import messages as m
from .belief import record_of
from .deferred import replace
from .pacing import interval_s
from .record import judged
from .rung import Rung
from .scout import Scout
from .settings import SCOUT, Settings
from .state import State, ladder
from .temporal import begun
from .usual import recalled
from .values import FAILURE, WARNING, Reason

Result = tuple[State, list[m.Effect]]

DOUBLINGS = 6
"""How often the pace is halved while the judge calls harmless what the scout suspects."""


def is_on(settings: Settings) -> bool:
    """Whether a scout looks out for the backend that judges."""
    return settings.cascade.enabled and settings.backend != SCOUT


def ready(state: State) -> State:
    """A scout that knows nothing yet but what is usual."""
    usual = recalled(state.remembered, SCOUT)
    return replace(state, scout=Scout(begun(usual)))


def turn(state: State, key: str, now_s: float) -> str:
    """Whose turn it is, if it is the judge's but for the scout."""
    if not scouts_for(state, key, now_s):
        return key
    return key if now_s >= _due_at(state, ladder(state).rung(key)) else SCOUT


def scouts_for(state: State, key: str, now_s: float) -> bool:
    """Whether a scout looks out while a backend is not asked."""
    is_judge = key == state.settings.backend
    return is_on(state.settings) and is_judge and ladder(state).is_free(SCOUT, now_s)


def _due_at(state: State, rung: Rung) -> float:
    """When the judge is to be asked."""
    scout, settings = state.scout, state.settings
    not_before = max(rung.again_at, rung.not_before if rung.opened else 0.0)
    if scout.asked_at is None or state.judge != settings.backend:
        return rung.again_at
    slow_s = max(settings.cascade.interval_s, settings.watch.min_interval_s)
    slow_s = interval_s(state, settings.backend, slow_s)
    ahead = state.verdict.ahead
    doubts = state.verdict.level in (WARNING, FAILURE)
    doubts = doubts or (ahead is not None and ahead.left_s is not None)
    if doubts:
        return not_before
    if scout.suspects:
        quick_s = settings.watch.min_interval_s * 2.0 ** min(scout.refuted, DOUBLINGS)
        first = scout.refuted == 0
        pace_s = 0.0 if first else min(slow_s, quick_s)
        return max(not_before, scout.asked_at + pace_s)
    return max(not_before, scout.asked_at + slow_s)


def asks_in_s(state: State, now_s: float) -> Optional[float]:
    """How long until the judge is asked if the scout sees nothing; None: no cascade."""
    key = state.settings.backend
    if not is_on(state.settings) or state.judge != key:
        return None
    return round(max(0.0, _due_at(state, ladder(state).rung(key)) - now_s), 1)


def is_scouting(state: State, now_s: float) -> bool:
    """Whether the look that is due is the scout's, not a judgement."""
    judge = state.settings.backend
    is_judges_turn = ladder(state).turn(now_s) == judge == state.judge
    return is_on(state.settings) and state.turn == SCOUT and is_judges_turn


def scouted(state: State, event: m.InspectionDone) -> Result:
    """The scout has looked at a frame."""
    scout = state.scout
    memory, verdict, sightings = judged(record_of(state, scout.memory, event, SCOUT))
    before, scout = scout, replace(scout, memory=memory, verdict=verdict)
    if not scout.suspects:
        scout = replace(scout, refuted=0)
    state = replace(state, scout=scout, sightings=sightings)
    effects: list[m.Effect] = []
    if scout.suspects and not before.suspects:
        effects.append(m.Log("info", "scout_suspects"))
    return state, effects


def answered(state: State, key: str, done_at_s: float) -> State:
    """The judge has looked at a frame."""
    if key != state.settings.backend:
        return state
    scout = state.scout
    found = state.verdict.level in (WARNING, FAILURE)
    refuted = scout.refuted + 1 if scout.suspects and not found else 0
    return replace(state, scout=replace(scout, asked_at=done_at_s, refuted=refuted))


def reasons(state: State) -> list[Reason]:
    """What the scout adds to the reasons."""
    suspects = state.scout.suspects and state.judge == state.settings.backend
    return [Reason("scout_suspects")] if suspects else []
