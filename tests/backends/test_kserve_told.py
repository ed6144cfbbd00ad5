"""An inference server: what of its answers is believed, and what is told of others."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.backends.base import MAX_DETAIL
from octoprint_aiwatch.backends.kserve import Context
from octoprint_aiwatch.core.heatmap import MOST_BOXES
from octoprint_aiwatch.core.tensor_plan import Input, Plan
from octoprint_aiwatch.core.values import FrameEvidence
from tests.backends.play import (
    FRAME,
    JOB,
    SMALL,
    Answer,
    Played,
    Response,
    answer,
    failure,
    kserve,
    play,
    raw,
)

READY = raw(b"")
FRAMES = {"name": "frame", "datatype": "UINT8", "shape": [-1, 3, -1, -1]}
HEAT = {"name": "heat", "datatype": "FP32", "shape": [-1, 2, -1, -1]}
MODEL = answer({"inputs": [FRAMES], "outputs": [HEAT]})
INPUT = Input("frame", "UINT8", None, True, True)
HEAT_PLAN = Plan(INPUT, "heat", "heat")
BOXES_PLAN = Plan(INPUT, "boxes", "boxes", "boxes")


def opened(*answers: Answer) -> Played:
    return play(kserve().open(JOB), *answers)


def inspect(response: Answer, plan: Plan = HEAT_PLAN) -> Played:
    steps = kserve().inspect(FRAME, Context(plan, binary=False))
    return play(steps, SMALL, response)


def boxes(*rows: list[float]) -> Response:
    data = [value for row in rows for value in row]
    shape = [len(rows), 5]
    output = {"name": "boxes", "datatype": "FP32", "shape": shape, "data": data}
    return answer({"outputs": [output]})


# -- opening ---------------------------------------------------------------------------


def test_what_a_server_announces_beside_an_error_is_not_believed() -> None:
    broken = answer({"extensions": ["binary_tensor_data"]}, 500)
    assert opened(READY, broken, MODEL).value.binary is False


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        ([], "not an object"),
        ({"inputs": 5, "outputs": []}, "the model's tensors are not listed"),
        ({"inputs": [FRAMES], "outputs": [5]}, "a tensor is not an object"),
    ],
)
def test_what_is_wrong_with_the_metadata_is_told(document: Any, detail: str) -> None:
    told = failure(opened(READY, answer({}), answer(document)))
    assert (told.code, told.params) == ("bad_answer", {"detail": detail})


# -- one frame -------------------------------------------------------------------------


def test_the_score_is_that_of_the_surest_box() -> None:
    surest, other = [0.8, 0.5, 0.5, 0.1, 0.1], [0.3, 0.2, 0.2, 0.1, 0.1]
    for rows in ((surest, other), (other, surest)):
        assert inspect(boxes(*rows), BOXES_PLAN).value.evidence == FrameEvidence(0.8)


def test_of_many_boxes_the_surest_are_shown() -> None:
    rows = [[n / 1000, 0.5, 0.5, 0.1, 0.1] for n in range(MOST_BOXES + 3)]
    inspection = inspect(boxes(*rows), BOXES_PLAN).value
    shown = [box.confidence for box in inspection.detections]
    assert shown == [row[0] for row in rows[:2:-1]]
    assert len(shown) == MOST_BOXES


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": ""}'])
def test_a_refusal_without_words_is_told_by_its_status(body: bytes) -> None:
    assert failure(inspect(raw(body, 400))).params == {"detail": "HTTP 400"}


def test_a_refusals_words_are_one_bounded_line() -> None:
    told = failure(inspect(answer({"error": "two\nlines" + " of words" * 100}, 400)))
    detail = told.params["detail"]
    assert detail.startswith("two lines of words")
    assert len(detail) == MAX_DETAIL


def test_what_is_wrong_with_an_answer_is_told() -> None:
    assert failure(inspect(answer({}))).params == {"detail": "outputs are missing"}


@pytest.mark.parametrize("length", ["9" * 10_000, "-1", "1.5", "x", ""])
def test_a_length_that_makes_no_sense_is_passed_over(length: str) -> None:
    named = {"inference-header-content-length": length}
    said = boxes([0.8, 0.5, 0.5, 0.1, 0.1])
    played = inspect(Response(200, named, said.body), BOXES_PLAN)
    assert played.value.evidence == FrameEvidence(0.8)


def test_a_model_that_gives_boxes_alone_is_opened_and_believed() -> None:
    rows = {"name": "boxes", "datatype": "FP32", "shape": [-1, 5]}
    metadata = answer({"inputs": [FRAMES], "outputs": [rows]})
    context = opened(READY, answer({}), metadata).value
    steps = kserve().inspect(FRAME, context)
    played = play(steps, SMALL, boxes([0.8, 0.5, 0.5, 0.1, 0.1]))
    assert played.value.evidence == FrameEvidence(0.8)
    assert len(played.value.detections) == 1
