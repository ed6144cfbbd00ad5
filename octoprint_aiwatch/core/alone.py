"""What one inspection says with nothing before or after it, for the page's Test.

Nobody acts on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import frames
from .options import Polygon
from .settings import Decision
from .temporal import NO_MEMORY, counting_score, judge, on_gauge
from .values import FAILURE, OK, WARNING, Detection, FrameEvidence, Inspection, Verdict
from .zones import counting, sighted


def judge_alone(
    inspection: Inspection, decision: Decision, zones: Sequence[Polygon] = ()
) -> tuple[Verdict, tuple[Detection, ...]]:
    """The verdict, and the detections that counted.

    A frame's score is read as if it had stayed: the rule over time would take most of it
    away, as it must while a print begins.
    """
    evidence = inspection.evidence
    if not isinstance(evidence, FrameEvidence):
        _, verdict, sightings = judge(NO_MEMORY, inspection, 0.0, decision, zones)
        return verdict, counting(sightings)
    boxes = counting(sighted(inspection.detections, zones, ()))
    score = counting_score(evidence, inspection, boxes)
    warning, failure = frames.thresholds(decision)
    level = FAILURE if score >= failure else WARNING if score >= warning else OK
    shown = on_gauge(score, min(warning, failure), max(warning, failure), level)
    return Verdict(level, shown, ()), boxes
