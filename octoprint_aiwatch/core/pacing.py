"""Making the month's calls last: how far apart the checks of a job are.

Knowing what is left and how long the job still takes, the interval is stretched, never
below what backend and user ask for, and never beyond :data:`STRETCH_MOST_S`: a print that
is looked at less often than that is hardly watched. Calls that do not reach to the end
even so are used up, and the next backend takes over.
"""

from __future__ import annotations

from typing import Optional

from . import messages as m
from .deferred import replace
from .state import State, ladder, name_of, wanted
from .values import FAILURE, WARNING, Reason
from .words import nested

Result = tuple[State, list[m.Effect]]

STRETCH_MOST_S = 300.0
"""Pacing never puts two checks further apart than this."""
SPARE = 1.5
"""A job often takes longer than OctoPrint thinks, and what is left over is no loss."""
ASSUMED_LEFT_S = 8 * 3600.0
"""A night: how long a job still takes where OctoPrint has no idea."""
LEAST_LEFT_S = 600.0
"""A job that ought to have ended goes on for a while."""
KEPT_FOR_DOUBTS = 0.25
"""What is suspicious is looked at as often as without a limit, until so much of what was
left when the suspicion began is used up."""


def paced_s(base_s: float, calls_left: Optional[int], job_left_s: float) -> float:
    """How far apart two checks are.

    Args:
        base_s: what backend and user ask for at least.
        calls_left: this month; None: any number.
        job_left_s: how long the job still takes.
    """
    if calls_left is None:
        return base_s
    if calls_left <= 0:
        return max(base_s, STRETCH_MOST_S)
    needed_s = max(job_left_s, LEAST_LEFT_S) * SPARE / calls_left
    return max(base_s, min(needed_s, STRETCH_MOST_S))


def job_left_s(state: State) -> float:
    """How long the job still takes, as far as anybody knows."""
    left_s = state.reading.left_s
    return ASSUMED_LEFT_S if left_s is None else left_s


def interval_s(state: State, key: str, base_s: float) -> float:
    """How long to wait after a check by a backend before the next one."""
    left = state.calls_left.get(key)
    if left is None:
        return base_s
    # What was kept of one backend's calls says nothing about those of who takes over.
    kept = state.calls_kept if state.memory_of == key else None
    if state.verdict.level in (WARNING, FAILURE) and (kept is None or left > kept):
        return base_s
    return paced_s(base_s, left, job_left_s(state))


def keep_some(state: State, now_s: float) -> Result:
    """A doubt that lasts must not use up what the rest of the print needs."""
    if state.verdict.level not in (WARNING, FAILURE):
        return replace(state, calls_kept=None), []
    if state.calls_kept is None:
        left = state.calls_left.get(state.judge, 0)
        kept = int(left * (1.0 - KEPT_FOR_DOUBTS))
        state = replace(state, calls_kept=kept)
    return state, []


def covers_s(state: State, key: str) -> Optional[float]:
    """How long a backend's calls last at most; None: for ever."""
    left = state.calls_left.get(key)
    interval_least_s = max(state.settings.watch.min_interval_s, STRETCH_MOST_S)
    return None if left is None else left * interval_least_s


def foretell(state: State, now_s: float) -> Result:
    """Say once, as soon as it can be known, that the calls do not last to the end."""
    left_s = state.reading.left_s
    if state.foretold or left_s is None or not wanted(state):
        return state, []
    steps = ladder(state)
    key = state.settings.backend
    covered_s = covers_s(state, key)
    if covered_s is None or covered_s >= left_s:
        return state, []
    params = {
        "backend": nested(name_of(state, key), {}),
        "calls": state.calls_left[key],
        "covered_h": covered_s / 3600.0,
        "left_h": left_s / 3600.0,
    }
    others = [one for one in steps.keys if one != key and steps.has_calls(one)]
    code = "budget_short"
    if others:
        code = "budget_short_next"
        params["next"] = nested(name_of(state, others[0]), {})
    reason = Reason(code, params)
    return replace(state, foretold=True), [
        m.Alert(code, "notice", "title_budget_short", reason, sticky=not others),
        m.Log("warning", code, params),
    ]
