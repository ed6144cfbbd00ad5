"""Evidence of single frames over time: the channel of detectors that remember nothing.

A model that judges one frame at a time is wrong in the same way frame after frame: what
it takes for a failure may have stood on the table since yesterday. So a pause needs more
than a warning: evidence that is strong, stays, and either rose since the job began or is
overwhelming. The numbers were chosen on rendered sequences, see
extras/docs/model-card.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from . import steady
from .settings import Decision
from .values import FAILURE, OK, WARNING, Reason

BASELINE_S = 120.0
"""What a job's first frames show is its baseline; before that there is no pause."""
WARN_HOLD_S = 30.0
"""How long the mean must stay above its threshold before a warning."""
PAUSE_HOLD_S = 90.0
"""The same before a failure."""
WARNING_ABOVE = (0.16, 0.19, 0.23, 0.32, 0.45)
"""Mean score that warns, for ``warning_confidence`` 1 to 5."""
FAILURE_ABOVE = (0.30, 0.35, 0.40, 0.50, 0.62)
"""Mean score that is a failure, for ``pause_confidence`` 1 to 5."""
RISE = 0.25
"""How far above its baseline the mean must be for a failure ..."""
OVERWHELMING = 0.93
"""... unless it is at least this."""


@dataclass(frozen=True)
class FrameMemory:
    """What the channel remembers of a job; a fresh one knows nothing."""

    mean: float = 0.0
    last_at: Optional[float] = None
    evidence_s: float = 0.0
    baseline: float = 0.0
    warning_since: Optional[float] = None
    failure_since: Optional[float] = None


def thresholds(decision: Decision) -> tuple[float, float]:
    """The channel's two thresholds at the chosen confidences."""
    return (
        WARNING_ABOVE[decision.warning_confidence - 1],
        FAILURE_ABOVE[decision.pause_confidence - 1],
    )


def failure_from(memory: FrameMemory, decision: Decision) -> float:
    """The mean from which this job's frames are a failure."""
    _, failure = thresholds(decision)
    return max(failure, min(OVERWHELMING, memory.baseline + RISE))


def remember(
    memory: FrameMemory, score: float, now_s: float, decision: Decision
) -> FrameMemory:
    """Take in the score of one frame, 0..1, judged at ``now_s``."""
    step_s = steady.step_s(memory.last_at, now_s)
    mean = steady.towards(memory.mean, score, step_s)
    evidence_s = memory.evidence_s + step_s
    baseline = memory.baseline
    if memory.evidence_s < BASELINE_S and evidence_s > 0.0:
        baseline += (score - baseline) * step_s / evidence_s
    else:
        # What stood there was taken away.
        baseline = min(baseline, steady.settled(mean, evidence_s))
    taken = FrameMemory(mean, now_s, evidence_s, baseline)
    warning, _ = thresholds(decision)
    lost_s = steady.lost_s(memory.last_at, now_s)
    is_failure = evidence_s >= BASELINE_S and mean >= failure_from(taken, decision)
    return FrameMemory(
        mean,
        now_s,
        evidence_s,
        baseline,
        steady.since(memory.warning_since, mean >= warning, now_s, lost_s),
        steady.since(memory.failure_since, is_failure, now_s, lost_s),
    )


def verdict(memory: FrameMemory, now_s: float, decision: Decision) -> tuple[str, Reason]:
    """What we believe, and why: inputs, threshold and distance to the next level."""
    warning, _ = thresholds(decision)
    failure = failure_from(memory, decision)
    level, ahead_since, hold_s = OK, memory.warning_since, WARN_HOLD_S
    if steady.has_held(memory.warning_since, WARN_HOLD_S, now_s):
        level = WARNING
    if level == WARNING or ahead_since is None:
        # A pause may be set to ask for less than a warning.
        ahead_since, hold_s = memory.failure_since, PAUSE_HOLD_S
    if steady.has_held(memory.failure_since, PAUSE_HOLD_S, now_s):
        level, ahead_since, hold_s = FAILURE, None, PAUSE_HOLD_S
    params = {
        "mean": round(memory.mean, 3),
        "baseline": round(memory.baseline, 3),
        "threshold": round(warning if level == OK else failure, 3),
        "hold_s": hold_s,
    }
    code = "frames_" + level
    if ahead_since is not None:
        code = "frames_confirming" if level == OK else "frames_warning_confirming"
        params["left_s"] = hold_s - (now_s - ahead_since)
    return level, Reason(code, params)
