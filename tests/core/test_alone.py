"""One inspection judged with nothing before or after it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.alone import judge_alone
from octoprint_aiwatch.core.frames import FAILURE_ABOVE, WARNING_ABOVE
from octoprint_aiwatch.core.values import (
    GAUGE_FAILURE,
    GAUGE_WARNING,
    Detection,
    FrameEvidence,
    Inspection,
    RemoteEvidence,
)
from tests.core.sequences import DEFAULT, decision

BOX = Detection(0.9, 0.2, 0.2, 0.1, 0.1)
OTHER = Detection(0.1, 0.8, 0.8, 0.1, 0.1)
CORNER = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (0.0, "ok"),
        (WARNING_ABOVE[2] - 0.01, "ok"),
        (WARNING_ABOVE[2], "warning"),
        (FAILURE_ABOVE[2] - 0.01, "warning"),
        (FAILURE_ABOVE[2], "failure"),
        (1.0, "failure"),
    ],
)
def test_a_frames_score_is_read_as_if_it_had_stayed(score: float, level: str) -> None:
    verdict, _ = judge_alone(Inspection(FrameEvidence(score)), DEFAULT)
    assert verdict.level == level


@given(st.floats(0, 1), st.integers(1, 5), st.integers(1, 5))
def test_needle_and_word_never_disagree(score: float, warning: int, pause: int) -> None:
    by = decision(warning, pause)
    verdict, _ = judge_alone(Inspection(FrameEvidence(score)), by)
    assert verdict.score is not None
    zone = "ok"
    if verdict.score >= GAUGE_WARNING:
        zone = "warning"
    if verdict.score >= GAUGE_FAILURE:
        zone = "failure"
    assert zone == verdict.level


def test_places_that_do_not_count_do_not_count_here_either() -> None:
    inspection = Inspection(FrameEvidence(0.95), (BOX, OTHER))
    verdict, boxes = judge_alone(inspection, DEFAULT, [CORNER])
    assert boxes == (OTHER,)
    assert verdict.level == "ok"


def test_what_remembers_by_itself_is_asked_as_ever() -> None:
    inspection = Inspection(RemoteEvidence(0.6, True, False), (BOX,))
    verdict, boxes = judge_alone(inspection, DEFAULT, [CORNER])
    assert (verdict.level, verdict.score, boxes) == ("warning", 0.6, ())
