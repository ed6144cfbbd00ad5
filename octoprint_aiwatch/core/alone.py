"""What one inspection says with nothing before or after it, for the page's Test.

Nobody acts on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import frames
from .deferred import replace
from .gauge import on_gauge
from .options import Polygon
from .settings import Decision
from .temporal import NO_MEMORY, counting_score, judge
from .values import (
    FAILURE,
    OK,
    WARNING,
    Detection,
    FrameEvidence,
    Inspection,
    Reason,
    RemoteEvidence,
    Verdict,
)
from .zones import counting, sighted


def judge_alone(
    inspection: Inspection, decision: Decision, zones: Sequence[Polygon] = ()
) -> tuple[Verdict, tuple[Detection, ...]]:
    """The verdict, and the detections that counted.

    A frame's score is read as if it had stayed: the rule over time would take most of it
    away, as it must while a print begins.
    """
    evidence = inspection.evidence
    boxes = counting(sighted(inspection.detections, zones, ()))
    if not isinstance(evidence, FrameEvidence):
        # What stands where it stood at the start is nothing to be told of a single frame.
        placeless = replace(inspection, detections=())
        ignored = inspection.detections and not boxes
        if ignored and not isinstance(evidence, RemoteEvidence):
            return Verdict(OK, 0.0, (Reason("only_ignored"),)), boxes
        return judge(NO_MEMORY, placeless, 0.0, decision)[1], boxes
    score = counting_score(evidence, inspection, boxes)
    warning, failure = frames.thresholds(decision)
    level = FAILURE if score >= failure else WARNING if score >= warning else OK
    shown = on_gauge(score, warning, failure, level)
    return Verdict(level, shown), boxes
