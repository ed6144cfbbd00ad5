"""What of the evidence outlives a pause, a change of the backend, *not a failure*."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core.frames import BASELINE_S, PAUSE_HOLD_S
from octoprint_aiwatch.core.temporal import (
    NO_MEMORY,
    Memory,
    begun,
    cleared,
    handed_over,
    judge,
    without,
)
from octoprint_aiwatch.core.usual import Usual
from octoprint_aiwatch.core.values import (
    Detection,
    Evidence,
    FrameEvidence,
    Inspection,
    StatisticsEvidence,
    Verdict,
)
from tests.core.sequences import DEFAULT

LOGO = Detection(0.9, 0.2, 0.2, 0.1, 0.1)
SPAGHETTI = Detection(0.9, 0.7, 0.6, 0.2, 0.2)
FRAMES, STATISTICS = FrameEvidence(0.9), StatisticsEvidence(0.9, 0.0, 0.0, 0.0)
KINDS = pytest.mark.parametrize("evidence", [FRAMES, STATISTICS], ids=["frames", "stats"])
CALM = Usual(0.1, 7200.0)


def looked(
    memory: Memory, evidence: Evidence, *boxes: Detection, from_s: float, for_s: float
) -> tuple[Memory, list[Verdict]]:
    """The same frame every ten seconds."""
    verdicts = []
    for number in range(int(for_s // 10)):
        inspection = Inspection(evidence, boxes)
        memory, verdict, _ = judge(memory, inspection, from_s + number * 10.0, DEFAULT)
        verdicts.append(verdict)
    return memory, verdicts


def levels(verdicts: list[Verdict]) -> set[str]:
    return {one.level for one in verdicts}


def with_logo(evidence: Evidence, memory: Memory = NO_MEMORY) -> Memory:
    """A print on whose bed something stood from the first frame on."""
    return looked(memory, evidence, LOGO, from_s=0.0, for_s=600.0)[0]


def without_boxes(score: float, memory: Memory = NO_MEMORY) -> Memory:
    return looked(memory, FrameEvidence(score), from_s=0.0, for_s=600.0)[0]


# -- a resume -------------------------------------------------------------------------


@KINDS
def test_after_a_resume_a_failure_has_to_be_seen_anew(evidence: Evidence) -> None:
    failing, verdicts = looked(
        with_logo(evidence), evidence, LOGO, SPAGHETTI, from_s=600.0, for_s=600.0
    )
    assert verdicts[-1].level == "failure"
    _, verdicts = looked(
        cleared(failing), evidence, SPAGHETTI, from_s=1300.0, for_s=600.0
    )
    assert verdicts[0].level == "ok"
    assert verdicts[-1].level == "failure"


@KINDS
def test_after_a_resume_what_stood_there_at_the_start_still_counts_for_nothing(
    evidence: Evidence,
) -> None:
    memory = cleared(with_logo(evidence))
    _, verdicts = looked(memory, evidence, LOGO, from_s=700.0, for_s=1200.0)
    assert levels(verdicts) == {"ok"}


def test_a_resume_takes_nothing_of_what_is_usual_and_of_the_jobs_beginning() -> None:
    before = without_boxes(0.12, begun(CALM)).frames
    after = cleared(Memory(frames=before)).frames
    assert before.baseline == pytest.approx(0.12)
    assert before.learning.evidence_s > CALM.evidence_s
    assert (after.evidence_s, after.baseline) == (before.evidence_s, before.baseline)
    assert (after.usual, after.learning) == (CALM, before.learning)
    assert after.short == before.short != Usual()


def test_a_job_begins_with_what_is_usual_and_adds_to_it() -> None:
    memory = begun(CALM)
    assert (memory.frames.usual, memory.frames.learning) == (CALM, CALM)


# -- another backend ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"), [(FRAMES, STATISTICS), (STATISTICS, FRAMES), (FRAMES, FRAMES)]
)
def test_the_next_backend_knows_where_something_stood_at_the_start(
    first: Evidence, second: Evidence
) -> None:
    memory = handed_over(with_logo(first))
    _, verdicts = looked(memory, second, LOGO, from_s=700.0, for_s=1200.0)
    assert levels(verdicts) == {"ok"}
    memory = handed_over(with_logo(first))
    _, verdicts = looked(memory, second, SPAGHETTI, from_s=700.0, for_s=600.0)
    assert verdicts[-1].level == "failure"


@KINDS
def test_what_is_there_when_a_backend_takes_over_is_no_background(
    evidence: Evidence,
) -> None:
    """Nobody has seen the start; the print may have failed before the change."""
    memory = handed_over(NO_MEMORY)
    _, verdicts = looked(memory, evidence, SPAGHETTI, from_s=700.0, for_s=600.0)
    assert verdicts[-1].level == "failure"


@KINDS
def test_the_next_backend_begins_without_evidence(evidence: Evidence) -> None:
    failing, verdicts = looked(
        with_logo(evidence), evidence, SPAGHETTI, from_s=600.0, for_s=600.0
    )
    assert verdicts[-1].level == "failure"
    _, verdicts = looked(
        handed_over(failing), evidence, SPAGHETTI, from_s=1300.0, for_s=20.0
    )
    assert levels(verdicts) == {"ok"}


def test_after_the_start_the_next_backends_first_frames_are_no_baseline() -> None:
    memory = handed_over(without_boxes(0.02))
    memory, verdicts = looked(
        memory, FrameEvidence(0.6), from_s=700.0, for_s=2 * PAUSE_HOLD_S
    )
    assert memory.frames.baseline == 0.0
    assert verdicts[-1].level == "failure"


def test_within_the_start_the_next_backends_first_frames_are_a_baseline() -> None:
    begun_with, _ = looked(NO_MEMORY, FrameEvidence(0.02), from_s=0.0, for_s=30.0)
    memory, _ = looked(
        handed_over(begun_with), FrameEvidence(0.6), from_s=100.0, for_s=10.0
    )
    assert memory.frames.baseline == pytest.approx(0.6)
    _, verdicts = looked(memory, FrameEvidence(0.6), from_s=110.0, for_s=10 * BASELINE_S)
    assert "failure" not in levels(verdicts)


def test_the_next_backend_has_what_is_usual_for_itself() -> None:
    memory = handed_over(without_boxes(0.02, begun(Usual(0.3, 7200.0))), CALM)
    assert (memory.frames.usual, memory.frames.learning) == (CALM, CALM)


# -- not a failure --------------------------------------------------------------------


@KINDS
def test_what_was_called_no_failure_is_forgotten_in_its_place_only(
    evidence: Evidence,
) -> None:
    start = handed_over(NO_MEMORY)
    memory, verdicts = looked(start, evidence, SPAGHETTI, LOGO, from_s=0.0, for_s=600.0)
    assert verdicts[-1].level == "failure"
    left = without(memory, SPAGHETTI)
    _, verdict, _ = judge(left, Inspection(evidence, (LOGO,)), 600.0, DEFAULT)
    assert verdict.level == "failure"
    left = without(left, LOGO)
    channel = left.frames if evidence == FRAMES else left.statistics
    assert max(channel.places.recent.values(), default=0.0) == 0.0
