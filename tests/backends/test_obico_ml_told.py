"""Obico's own ML API: which server is taken for it, and what is told of its answers."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.backends.base import (
    CONNECT_TIMEOUT_S,
    MAX_DETECTIONS,
    READ_TIMEOUT_S,
    Withdrawn,
)
from octoprint_aiwatch.backends.obico_ml import SCALE, Context
from tests.backends.play import (
    FRAME,
    JOB,
    PUBLISHED,
    Answer,
    Played,
    answer,
    failure,
    obico_ml,
    outcome,
    play,
    raw,
)

WELL = raw(b"ok")
OLD = answer({"detections": []})
BOX = ["failure", 0.001, [320, 240, 64, 48]]


def opened(*answers: Answer) -> Played:
    return play(obico_ml().open(JOB), *answers)


def inspect(response: Answer) -> Played:
    steps = obico_ml().inspect(FRAME, Context())
    return play(steps, PUBLISHED, response, Withdrawn(True))


# -- which server it is ----------------------------------------------------------------


@pytest.mark.parametrize("body", [b"error", b" error\r\n"])
def test_a_server_that_says_error_has_no_model(body: bytes) -> None:
    assert outcome(opened(raw(body))) == ("retry", "model_not_loaded", 0.0)


def test_a_page_that_is_not_there_says_nothing_of_the_model() -> None:
    assert opened(raw(b"error", 404), OLD).value == Context()


@pytest.mark.parametrize(
    ("status", "code"), [(500, "server_fault"), (302, "redirect"), (404, "not_this_api")]
)
def test_what_an_old_server_says_is_not_believed_with_any_other_status(
    status: int, code: str
) -> None:
    played = opened(WELL, answer({"detections": []}, status))
    assert failure(played).code == code


# -- its answers -----------------------------------------------------------------------


def test_the_server_may_take_as_long_as_any_other_to_judge() -> None:
    (request,) = inspect(answer({"detections": []})).requests
    assert request.connect_timeout_s == CONNECT_TIMEOUT_S
    assert request.read_timeout_s == READ_TIMEOUT_S


def test_as_many_boxes_as_there_may_be_are_taken() -> None:
    inspection = inspect(answer({"detections": [BOX] * MAX_DETECTIONS})).value
    assert inspection.evidence.score == pytest.approx(SCALE * 0.001 * MAX_DETECTIONS)
    assert len(inspection.detections) == MAX_DETECTIONS


@pytest.mark.parametrize(("y", "height"), [(10, 20 / 480), (470, 20 / 480), (240, 1.0)])
def test_a_box_that_is_too_high_ends_at_the_nearer_edge(y: int, height: float) -> None:
    detection = ["failure", 0.5, [320, y, 64, 600]]
    (box,) = inspect(answer({"detections": [detection]})).value.detections
    assert box.h == pytest.approx(height)


@pytest.mark.parametrize("document", [None, [], "detections", 5, {}])
def test_an_answer_without_detections_is_told_as_such(document: Any) -> None:
    told = failure(inspect(answer(document)))
    assert (told.code, told.params) == (
        "bad_answer",
        {"detail": "detections are not a list"},
    )


@pytest.mark.parametrize(
    ("detection", "detail"),
    [
        ([0.5, [1, 2, 3, 4]], "a detection is not label, confidence and box"),
        (["failure", "0.5", [1, 2, 3, 4]], "confidence is not a number"),
        (["failure", 1.1, [1, 2, 3, 4]], "confidence is out of range"),
        (["failure", 0.5, [1, 2, 3]], "a box is not four numbers"),
        (["failure", 0.5, [1, 2, 3, None]], "a box is not a number"),
    ],
)
def test_what_is_wrong_with_a_box_is_told(detection: Any, detail: str) -> None:
    told = failure(inspect(answer({"detections": [detection]})))
    assert told.params == {"detail": detail}


def test_a_refused_request_is_told_with_what_was_missing() -> None:
    assert failure(inspect(raw(b"", 422))).params == {"detail": "no img"}
