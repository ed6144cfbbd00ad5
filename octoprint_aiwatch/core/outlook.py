"""What would happen next, in one sentence: how far off it is, and what is done then.

Says nothing where the verdict says it all: a failure, or no verdict.
"""

from __future__ import annotations

from typing import Optional

from .acting import paused_enough
from .state import State, wanted
from .values import FAILURE, OK, WARNING, Reason, RemoteEvidence


def outlook(state: State) -> Optional[Reason]:
    """The sentence, as a reason; None if there is nothing to say."""
    level = state.verdict.level
    if level not in (OK, WARNING) or not wanted(state):
        return None
    if state.suppressed:
        return Reason("quiet_ahead")
    action = state.settings.actions.on_failure
    if action == "pause" and paused_enough(state):
        action = "notify"
    ahead = state.verdict.ahead
    if ahead is None:
        remote = isinstance(state.evidence, RemoteEvidence)
        return Reason("service_" + action) if remote else None
    what = action if ahead.level == FAILURE else "warning"
    if ahead.left_s is not None and ahead.left_s > 0:
        return Reason("soon_" + what, {"left_s": ahead.left_s})
    params = {"value": ahead.value, "threshold": ahead.threshold, "hold_s": ahead.hold_s}
    return Reason(("lasting_" if ahead.hold_s else "ahead_") + what, params)
