"""What of a job outlives a restart of OctoPrint: its pauses, and that it is suppressed.

A print is the same one if OctoPrint started again in the middle of it: the same file (by
place, name and size) starts within an hour after it was last seen under way. One that was
seen to end is over, so starting its file again begins at zero. Stored values are read
with suspicion: whatever is odd counts as nothing remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import messages as m
from .deferred import replace
from .state import State

Result = tuple[State, list[m.Effect]]

SECTION = "job"
SAME_JOB_WITHIN_S = 3600.0
NOTE_EVERY_S = 300.0
"""How often it is noted that the job is still under way."""
OVER = frozenset(("done", "cancelled", "failed", "error", "disconnected", "replaced"))
"""Endings of the job itself; the others are OctoPrint's, or nobody saw it end."""


def recall(state: State, now_s: float) -> State:
    """A job that has just begun takes up its own counts, if it had begun before."""
    remembered = dict(state.remembered)
    stored = remembered.pop(SECTION, None)
    state = replace(state, remembered=remembered)
    if not isinstance(stored, Mapping) or not _is_same(stored, state, now_s):
        return state
    pauses, suppressed = stored.get("pauses"), stored.get("suppressed")
    if isinstance(pauses, bool) or not isinstance(pauses, int):
        pauses = 0
    return replace(state, pauses=max(0, pauses), suppressed=suppressed is True)


def _is_same(stored: Mapping[Any, Any], state: State, now_s: float) -> bool:
    job = state.job
    assert job is not None
    if [stored.get(key) for key in ("path", "origin", "size")] != [
        job.path,
        job.origin,
        job.size,
    ]:
        return False
    seen_at = stored.get("seen_at")
    if isinstance(seen_at, bool) or not isinstance(seen_at, (int, float)):
        return False
    # Either way: a computer without a battery may wake up in its own past.
    wall_s = _wall_s(state, now_s)
    return wall_s - SAME_JOB_WITHIN_S <= seen_at <= wall_s + SAME_JOB_WITHIN_S


def note(before: State, state: State, now_s: float) -> Result:
    """Write down what changed at once, and now and then that the job is under way."""
    job = state.job
    if job is None or not state.settings.enabled:
        return state, []
    news = (before.generation, before.pauses, before.suppressed) != (
        state.generation,
        state.pauses,
        state.suppressed,
    )
    if not news and now_s - state.noted_at < NOTE_EVERY_S:
        return state, []
    value = {
        "path": job.path,
        "origin": job.origin,
        "size": job.size,
        "seen_at": round(_wall_s(state, now_s), 1),
        "pauses": state.pauses,
        "suppressed": state.suppressed,
    }
    return replace(state, noted_at=now_s), [m.Remember(SECTION, value, soon=news)]


def forget(outcome: str) -> list[m.Effect]:
    """What an ending leaves to remember: nothing, unless it was not the job's own."""
    return [m.Remember(SECTION, None, soon=True)] if outcome in OVER else []


def _wall_s(state: State, now_s: float) -> float:
    """The time of day, reckoned from the job's start."""
    assert state.job is not None
    return state.job.started_at + now_s - state.job_since
