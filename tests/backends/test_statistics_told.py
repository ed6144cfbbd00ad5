"""What Obico's predict calls may answer, and what is told of an answer that is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.backends._statistics import MEANS, MOST_P
from octoprint_aiwatch.backends.obico import Context
from octoprint_aiwatch.core.values import StatisticsEvidence
from tests.backends.play import (
    FRAME,
    STATS,
    Answer,
    Played,
    answer,
    failure,
    obico,
    outcome,
    play,
    predicted,
)

MEAN_NAMES = ("ewm_mean", "rolling_mean_short", "rolling_mean_long")
COUNT_NAMES = ("prediction_num", "prediction_num_lifetime")


def inspect(*answers: Answer) -> Played:
    return play(obico().inspect(FRAME, Context("job-1", "TOKEN-1")), *answers)


# -- the numbers -----------------------------------------------------------------------


@pytest.mark.parametrize("name", MEAN_NAMES)
def test_a_mean_is_taken_up_to_its_bounds_and_not_beyond(name: str) -> None:
    low, high = MEANS
    for value in MEANS:
        assert vars(inspect(predicted({name: value})).value.evidence)[name] == value
    for value in (low - 0.1, high + 0.1):
        told = failure(inspect(predicted({name: value})))
        assert told.params == {"detail": f"{name} is out of range"}


def test_a_p_is_taken_up_to_its_bounds_and_not_beyond() -> None:
    assert [inspect(predicted(p=p)).value.evidence.p for p in (0, MOST_P)] == [0, MOST_P]
    for p in (-0.1, MOST_P + 0.1):
        told = failure(inspect(predicted(p=p)))
        assert told.params == {"detail": "p is out of range"}


@pytest.mark.parametrize("name", COUNT_NAMES)
def test_fewer_predictions_than_none_make_no_sense(name: str) -> None:
    told = failure(inspect(predicted({name: -1})))
    assert told.params == {"detail": f"{name} is out of range"}


def test_predictions_are_counted_in_whole_numbers_however_they_are_written() -> None:
    evidence = inspect(predicted({"prediction_num": 7.0})).value.evidence
    assert evidence == StatisticsEvidence(0.3, *list(STATS.values())[:3], 7, 900)
    assert [type(vars(evidence)[name]) for name in COUNT_NAMES] == [int, int]


# -- what is told ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("detections", "detail"),
    [
        ({}, "detections are not a list"),
        ([[0.5]], "a detection is not a pair"),
        ([["0.5", [1, 2, 3, 4]]], "confidence is not a number"),
        ([[1.1, [1, 2, 3, 4]]], "confidence is out of range"),
        ([[0.5, [1, 2, 3]]], "a box is not four numbers"),
        ([[0.5, [1, 2, 3, "4"]]], "a box is not a number"),
    ],
)
def test_what_is_wrong_with_the_boxes_is_told(detections: Any, detail: str) -> None:
    played = inspect(predicted(detections=detections))
    assert failure(played).params == {"detail": detail}


@pytest.mark.parametrize("said", ["Missing or invalid image", "IMAGE: unreadable"])
def test_a_picture_that_is_refused_is_this_frames_trouble_however_it_is_said(
    said: str,
) -> None:
    played = inspect(answer({"error": said}, 400))
    assert outcome(played) == ("next_frame", "frame_refused", 0.0)
