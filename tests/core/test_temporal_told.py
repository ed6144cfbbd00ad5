"""What is told with a verdict: a service's figures, what did not count and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional, Union

import pytest

from octoprint_aiwatch.core.temporal import NO_MEMORY, judge
from octoprint_aiwatch.core.values import (
    Detection,
    FrameEvidence,
    Inspection,
    Reason,
    RemoteEvidence,
    Sighting,
    StatisticsEvidence,
    Verdict,
)
from tests.core.sequences import DEFAULT

BOX = Detection(0.9, 0.2, 0.2, 0.1, 0.1)
CORNER = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))


def stats(p: float = 0.0, ewm: float = 0.0) -> Inspection:
    return Inspection(StatisticsEvidence(p, ewm, 0.0, 0.0))


def once(inspection: Inspection) -> Verdict:
    return judge(NO_MEMORY, inspection, 0.0, DEFAULT)[1]


@pytest.mark.parametrize(
    ("warning", "pause", "code"),
    [
        (False, False, "remote_ok"),
        (True, False, "remote_warning"),
        (True, True, "remote_pause"),
    ],
)
def test_a_remote_backends_word_is_told_with_its_own_figures(
    warning: bool, pause: bool, code: str
) -> None:
    verdict = once(Inspection(RemoteEvidence(0.4567, warning, pause, quality=7)))
    assert verdict.reasons == (Reason(code, {"score": 0.46, "quality": 7}),)


def test_boxes_that_do_not_count_are_told_of_and_leave_the_needle_alone() -> None:
    inspection = Inspection(StatisticsEvidence(0.9, 0.9, 0.0, 0.0), (BOX,))
    _, verdict, _ = judge(NO_MEMORY, inspection, 0.0, DEFAULT, [CORNER])
    assert [reason.code for reason in verdict.reasons] == ["absolute_ok", "only_ignored"]
    assert verdict.score == 0.0


def test_what_one_channel_suspects_the_other_does_not_call_unsuspicious() -> None:
    memory, told = NO_MEMORY, {}
    for number in range(30):
        memory, verdict, _ = judge(memory, stats(0.9), number * 10.0, DEFAULT)
        told[verdict.level] = [reason.code for reason in verdict.reasons]
    assert told["failure"] == ["absolute_failure"]
    _, verdict, _ = judge(memory, stats(0.9, ewm=0.8), 300.0, DEFAULT)
    codes = [reason.code for reason in verdict.reasons]
    assert codes == ["absolute_failure", "relative_warning"]
    assert {reason.code for reason in once(stats()).reasons} == {
        "absolute_ok",
        "relative_ok",
    }


# -- each box -------------------------------------------------------------------------

KINDS = pytest.mark.parametrize(
    "evidence",
    [FrameEvidence(0.9), StatisticsEvidence(0.9, 0.0, 0.0, 0.0)],
    ids=["frames", "stats"],
)
Kind = Union[FrameEvidence, StatisticsEvidence]
GROWN = Detection(0.9, 0.2, 0.2, 0.2, 0.2)


def nothing(evidence: Kind) -> Kind:
    """The same of a frame that shows nothing."""
    is_frame = isinstance(evidence, FrameEvidence)
    return FrameEvidence(0.0) if is_frame else replace(evidence, p=0.0)


def last(
    evidence: Kind, *boxes: Optional[Detection]
) -> tuple[Verdict, tuple[Sighting, ...]]:
    """What is told of the last of a print's frames, one each ten seconds."""
    memory = NO_MEMORY
    for number, box in enumerate(boxes):
        inspection = Inspection(evidence, (box,) if box else ())
        if box is None:
            inspection = replace(inspection, evidence=nothing(evidence))
        memory, verdict, seen = judge(memory, inspection, number * 10.0, DEFAULT)
    return verdict, seen


@KINDS
def test_a_box_that_stood_there_at_the_start_is_told_to_be_background(
    evidence: Kind,
) -> None:
    verdict, seen = last(evidence, *[BOX] * 30)
    assert seen == (Sighting(BOX, "background"),)
    assert "only_background" in [reason.code for reason in verdict.reasons]


@KINDS
def test_a_box_that_has_grown_is_told_to_count_again(evidence: Kind) -> None:
    verdict, seen = last(evidence, *[BOX] * 30, *[GROWN] * 30)
    assert seen == (Sighting(GROWN, ""),)
    assert verdict.level == "failure"


@KINDS
def test_a_box_where_little_was_seen_of_late_is_told_to_be_passing(
    evidence: Kind,
) -> None:
    elsewhere = Detection(0.9, 0.7, 0.7, 0.2, 0.2)
    verdict, seen = last(evidence, *[None] * 20, *[elsewhere] * 20, BOX)
    assert seen == (Sighting(BOX, "passing"),)
    assert "only_passing" in [reason.code for reason in verdict.reasons]
