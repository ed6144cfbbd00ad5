"""What one inspection says by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.alone import judge_alone
from octoprint_aiwatch.core.frames import FAILURE_ABOVE, WARNING_ABOVE
from octoprint_aiwatch.core.gauge import RANK
from octoprint_aiwatch.core.settings import Decision
from octoprint_aiwatch.core.temporal import NO_MEMORY, judge
from octoprint_aiwatch.core.values import (
    GAUGE_FAILURE,
    GAUGE_WARNING,
    Detection,
    FrameEvidence,
    Inspection,
    RemoteEvidence,
    StatisticsEvidence,
)

BALANCED = Decision(3, 3, 0.36, 0.78, 0.99, 3.8)
WARNING, FAILURE = WARNING_ABOVE[2], FAILURE_ABOVE[2]
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def at(score: float, *boxes: Detection) -> Inspection:
    return Inspection(FrameEvidence(score), boxes)


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (0.0, "ok"),
        (WARNING - 0.01, "ok"),
        (WARNING, "warning"),
        (FAILURE - 0.01, "warning"),
        (FAILURE, "failure"),
        (1.0, "failure"),
    ],
)
def test_a_frame_says_what_it_would_if_it_stayed(score: float, level: str) -> None:
    assert judge_alone(at(score), BALANCED)[0].level == level


@given(st.floats(0, 1), st.integers(1, 5), st.integers(1, 5))
def test_needle_and_word_agree(score: float, warn: int, pause: int) -> None:
    verdict, _ = judge_alone(at(score), Decision(warn, pause, 0.36, 0.78, 0.99, 3.8))
    assert verdict.score is not None
    zone = (verdict.score >= GAUGE_WARNING) + (verdict.score >= GAUGE_FAILURE)
    assert zone == RANK[verdict.level]


def test_what_lies_in_an_ignored_zone_does_not_count() -> None:
    left, right = Detection(0.9, 0.2, 0.5, 0.1, 0.1), Detection(0.1, 0.8, 0.5, 0.1, 0.1)
    verdict, boxes = judge_alone(at(0.9, left, right), BALANCED, [LEFT_HALF])
    assert (verdict.level, boxes) == ("ok", (right,))
    assert judge_alone(at(0.9, left), BALANCED, [LEFT_HALF])[0].score == 0.0


def test_statistics_of_boxes_that_are_all_ignored_are_ok_and_say_why() -> None:
    left = Detection(0.9, 0.2, 0.5, 0.1, 0.1)
    inspection = Inspection(StatisticsEvidence(0.9, 0.9, 0.02, 0.0), (left,))
    assert judge_alone(inspection, BALANCED)[0].level == "warning"
    verdict, boxes = judge_alone(inspection, BALANCED, [LEFT_HALF])
    assert (verdict.level, verdict.score, boxes) == ("ok", 0.0, ())
    assert [reason.code for reason in verdict.reasons] == ["only_ignored"]


@pytest.mark.parametrize(
    "evidence",
    [RemoteEvidence(0.9, True, True), StatisticsEvidence(0.4, 0.9, 0.02, 0.0)],
)
def test_a_services_evidence_is_taken_as_in_a_print(evidence: RemoteEvidence) -> None:
    inspection = Inspection(evidence)
    _, verdict, boxes = judge(NO_MEMORY, inspection, 0.0, BALANCED)
    assert judge_alone(inspection, BALANCED) == (verdict, boxes)


def test_a_service_that_decides_by_itself_is_believed_though_its_box_is_ignored() -> None:
    left = Detection(0.9, 0.2, 0.5, 0.1, 0.1)
    inspection = Inspection(RemoteEvidence(0.9, True, True), (left,))
    verdict, boxes = judge_alone(inspection, BALANCED, [LEFT_HALF])
    assert (verdict.level, boxes) == ("failure", ())
