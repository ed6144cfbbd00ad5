"""Evidence over time -> what we believe. The one place where a verdict is made.

* *Remote evidence* (Gadget): the service's two flags decide, its score is for show.
* *Statistics* (Obico), relative channel: the rule of the seed document
  ``obico-elegoo-failure-detection-api``, with its numbers as settings.
* *Absolute channel*: strong evidence that stays, wherever the baseline stands. The seed's
  rule compares with the past, so a print that fails from its first frame looks normal
  to it; this channel catches that one.

The higher channel wins. All time constants are seconds, so that one frame per 10 s and
one per 60 s lead to the same belief.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Optional

from . import frames, steady
from .frames import FrameMemory
from .options import Polygon
from .settings import Decision
from .values import (
    FAILURE,
    GAUGE_FAILURE,
    GAUGE_WARNING,
    OK,
    WARNING,
    Detection,
    FrameEvidence,
    Inspection,
    Reason,
    RemoteEvidence,
    Sighting,
    StatisticsEvidence,
    Verdict,
)
from .zones import counting, sighted

HOLD_S = 30.0
"""How long the absolute channel must stay above a threshold before it is believed."""
ABSOLUTE_WARNING = (0.25, 0.30, 0.36, 0.45, 0.55)
"""Mean confidence that warns, for ``warning_confidence`` 1 to 5."""
ABSOLUTE_FAILURE = (0.42, 0.48, 0.55, 0.65, 0.75)
"""Mean confidence that is a failure, for ``pause_confidence`` 1 to 5."""
RANK = {OK: 0, WARNING: 1, FAILURE: 2}
_ZONE = {
    OK: (0.0, GAUGE_WARNING - 0.001),
    WARNING: (GAUGE_WARNING, GAUGE_FAILURE - 0.001),
    FAILURE: (GAUGE_FAILURE, 1.0),
}


@dataclass(frozen=True)
class Memory:
    """What the channels remember of a job; a fresh one knows nothing."""

    mean: float = 0.0
    last_at: Optional[float] = None
    warning_since: Optional[float] = None
    failure_since: Optional[float] = None
    frames: FrameMemory = field(default_factory=FrameMemory)


NO_MEMORY = Memory()


def judge(
    memory: Memory,
    inspection: Inspection,
    now_s: float,
    decision: Decision,
    zones: Sequence[Polygon] = (),
    ignored: Sequence[Detection] = (),
) -> tuple[Memory, Verdict, tuple[Sighting, ...]]:
    """Take in one inspection.

    Args:
        now_s: when the frame was judged, seconds on a clock that never jumps.
        zones: places on the frame that do not count.
        ignored: boxes the user called *not a failure* in this job.

    Returns:
        The new memory, the verdict, and what each detection counted for.
    """
    seen = sighted(inspection.detections, zones, ignored)
    boxes = counting(seen)
    evidence = inspection.evidence
    if isinstance(evidence, RemoteEvidence):
        return memory, _remote(evidence), seen
    if isinstance(evidence, FrameEvidence):
        return (*_frame(memory, evidence, inspection, boxes, now_s, decision), seen)
    confidence, all_ignored = _effective(evidence.p, inspection.detections, boxes)
    memory = _remember(memory, confidence, now_s, decision)
    channels = [_absolute(memory, now_s, decision)]
    if all_ignored:
        channels.append(Verdict(OK, 0.0, (Reason("only_ignored"),)))
    else:
        channels.append(_relative(evidence, decision))
    return memory, _higher(channels), seen


def _remote(evidence: RemoteEvidence) -> Verdict:
    params = {"score": round(evidence.score, 2), "quality": evidence.quality}
    if evidence.pause:
        return Verdict(FAILURE, evidence.score, (Reason("remote_pause", params),))
    if evidence.warning:
        return Verdict(WARNING, evidence.score, (Reason("remote_warning", params),))
    return Verdict(OK, evidence.score, (Reason("remote_ok", params),))


def _frame(
    memory: Memory,
    evidence: FrameEvidence,
    inspection: Inspection,
    boxes: tuple[Detection, ...],
    now_s: float,
    decision: Decision,
) -> tuple[Memory, Verdict]:
    """A frame judged by itself; see :mod:`frames`."""
    score = counting_score(evidence, inspection, boxes)
    is_ignored = len(boxes) < len(inspection.detections)
    seen = frames.remember(memory.frames, score, now_s, decision)
    level, reason = frames.verdict(seen, now_s, decision)
    warning, _ = frames.thresholds(decision)
    failure = frames.failure_from(seen, decision)
    shown = on_gauge(seen.mean, min(warning, failure), max(warning, failure), level)
    reasons = [reason]
    if is_ignored and not boxes:
        reasons.append(Reason("only_ignored"))
    return replace(memory, frames=seen), Verdict(level, shown, tuple(reasons))


def counting_score(
    evidence: FrameEvidence, inspection: Inspection, boxes: tuple[Detection, ...]
) -> float:
    """The frame's score without the ignored boxes."""
    if len(boxes) == len(inspection.detections):
        return evidence.score
    # The surest box made the score; of the others, the surest that is left does.
    return min(evidence.score, max((box.confidence for box in boxes), default=0.0))


def _effective(
    p: float, all_boxes: Sequence[Detection], boxes: Sequence[Detection]
) -> tuple[float, bool]:
    """The frame's confidence without the ignored boxes; whether only those were seen.

    In the wild ``p`` can be a sum of confidences above 1 (obico-server), so it is capped.
    """
    if len(boxes) == len(all_boxes):
        return min(1.0, p), False
    left = sum(box.confidence for box in boxes)
    return min(1.0, p, left), not boxes


def _remember(
    memory: Memory, confidence: float, now_s: float, decision: Decision
) -> Memory:
    step_s = steady.step_s(memory.last_at, now_s)
    mean = steady.towards(memory.mean, confidence, step_s)
    warning, failure = absolute_thresholds(decision)
    lost_s = steady.lost_s(memory.last_at, now_s)
    return Memory(
        mean,
        now_s,
        steady.since(memory.warning_since, mean >= warning, now_s, lost_s),
        steady.since(memory.failure_since, mean >= failure, now_s, lost_s),
        memory.frames,
    )


def absolute_thresholds(decision: Decision) -> tuple[float, float]:
    """The absolute channel's two thresholds at the chosen confidences."""
    return (
        ABSOLUTE_WARNING[decision.warning_confidence - 1],
        ABSOLUTE_FAILURE[decision.pause_confidence - 1],
    )


def _absolute(memory: Memory, now_s: float, decision: Decision) -> Verdict:
    warning, failure = absolute_thresholds(decision)
    level = OK
    if steady.has_held(memory.warning_since, HOLD_S, now_s):
        level = WARNING
    if steady.has_held(memory.failure_since, HOLD_S, now_s):
        level = FAILURE
    ahead = {OK: warning, WARNING: failure, FAILURE: failure}[level]
    params = {"mean": round(memory.mean, 3), "threshold": ahead, "hold_s": HOLD_S}
    # A pause may be set to ask for less than a warning; the gauge needs them in order.
    score = on_gauge(memory.mean, min(warning, failure), max(warning, failure), level)
    code = "absolute_" + level
    ahead_since = {OK: memory.warning_since, WARNING: memory.failure_since}.get(level)
    if ahead_since is not None:
        code = "absolute_confirming" if level == OK else "absolute_warning_confirming"
        params["left_s"] = HOLD_S - (now_s - ahead_since)
    return Verdict(level, score, (Reason(code, params),))


def _relative(evidence: StatisticsEvidence, decision: Decision) -> Verdict:
    """The seed's rule, clause by clause, in its order."""
    above = evidence.ewm_mean - evidence.rolling_mean_long
    drift = evidence.rolling_mean_short - evidence.rolling_mean_long
    suspicious = evidence.ewm_mean > drift * decision.short_multiple
    if above < decision.none_below:
        level = OK
    elif above > decision.failure_above:
        level = FAILURE
    elif above > decision.maybe_above or suspicious:
        level = WARNING
    else:
        level = OK
    short = drift * decision.short_multiple - evidence.rolling_mean_long
    warning = max(decision.none_below, min(decision.maybe_above, short))
    ahead = warning if level == OK else decision.failure_above
    params = {"above": round(above, 3), "threshold": round(ahead, 3)}
    score = on_gauge(above, warning, decision.failure_above, level)
    return Verdict(level, score, (Reason("relative_" + level, params),))


def on_gauge(value: float, warning: float, failure: float, level: str) -> float:
    """Where a value stands on the gauge: its threshold is the zone's border.

    Kept inside the zone of its level, so that needle and word never disagree.
    """
    points = (
        (0.0, 0.0),
        (warning, GAUGE_WARNING),
        (failure, GAUGE_FAILURE),
        (max(1.0, failure + 0.01), 1.0),
    )
    score = 1.0
    for (x1, y1), (x2, y2) in zip(points, points[1:]):
        if value <= x2:
            share = (value - x1) / (x2 - x1) if x2 > x1 else 1.0
            score = y1 + (y2 - y1) * max(0.0, share)
            break
    low, high = _ZONE[level]
    return round(min(high, max(low, score)), 4)


def _higher(channels: Sequence[Verdict]) -> Verdict:
    """The worse verdict; its own reason comes first."""
    ranked = sorted(
        channels, key=lambda one: (RANK[one.level], one.score or 0.0), reverse=True
    )
    reasons = tuple(reason for verdict in ranked for reason in verdict.reasons)
    return Verdict(ranked[0].level, ranked[0].score, reasons)
