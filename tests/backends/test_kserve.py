"""An inference server: what is asked before a print, one call per frame, its answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from octoprint_aiwatch.backends.base import ShrinkFrame
from octoprint_aiwatch.backends.kserve import Context, Kserve
from octoprint_aiwatch.core.errors import NextFrame, Retry, Unreachable
from octoprint_aiwatch.core.tensor_plan import Input, Plan
from octoprint_aiwatch.core.values import Detection, FrameEvidence, View
from octoprint_aiwatch.core.words import explain
from tests.backends.play import (
    FRAME,
    INFERENCE_URL,
    JOB,
    SMALL,
    Played,
    Response,
    answer,
    failure,
    kserve,
    make,
    outcome,
    play,
    raw,
)

READY = raw(b"")
SERVER = answer({"name": "mlserver", "version": "1", "extensions": []})
TRITON = answer({"name": "triton", "extensions": ["binary_tensor_data"]})
FRAMES = {"name": "frame", "datatype": "UINT8", "shape": [-1, 3, -1, -1]}
HEAT = {"name": "heat", "datatype": "FP32", "shape": [-1, 2, -1, -1]}
PLAN = Plan(Input("frame", "UINT8", None, True, True), "heat", "heat")
MODEL = INFERENCE_URL + "/v2/models/aiwatch"


def described(inputs: Any = (FRAMES,), outputs: Any = (HEAT,)) -> Response:
    return answer({"name": "x", "inputs": list(inputs), "outputs": list(outputs)})


def opened(*answers: Any, **values: str) -> Played:
    return play(kserve(**values).open(JOB), *answers)


def inspect(*answers: Any, plan: Plan = PLAN, **values: str) -> Played:
    context = Context(plan, binary=False)
    return play(kserve(**values).inspect(FRAME, context), SMALL, *answers)


def inferred(**outputs: tuple[list[int], list[float]]) -> Response:
    listed = [
        {"name": name, "datatype": "FP32", "shape": shape, "data": data}
        for name, (shape, data) in outputs.items()
    ]
    return answer({"model_name": "aiwatch", "outputs": listed})


# -- opening --------------------------------------------------------------------------


def test_opening_asks_for_readiness_the_server_and_the_model() -> None:
    played = opened(READY, SERVER, described(), token="TOKEN-1")
    base = INFERENCE_URL + "/v2"
    assert played.urls == [base + "/health/ready", base, MODEL]
    for request in played.requests:
        assert request.method == "GET"
        assert request.headers == {"Authorization": "Bearer TOKEN-1"}
        assert request.connect_timeout_s + request.read_timeout_s <= 10
    assert played.value == Context(PLAN, binary=False)


def test_bytes_are_sent_where_the_server_announces_it() -> None:
    assert opened(READY, TRITON, described()).value.binary is True


@pytest.mark.parametrize(
    "server", [raw(b"", 404), raw(b"<html>"), answer([]), answer({"extensions": 5})]
)
def test_a_server_that_says_nothing_of_itself_gets_json(server: Response) -> None:
    assert opened(READY, server, described()).value.binary is False


def test_a_fresh_install_asks_for_the_address_and_knows_the_models_name() -> None:
    assert outcome(play(make(Kserve).open(JOB))) == ("ask", "url_missing", 0.0)
    assert make(Kserve).values["model"] == "aiwatch"


@pytest.mark.parametrize("status", [400, 503])
def test_a_server_that_still_loads_its_models_is_waited_for(status: int) -> None:
    assert outcome(opened(raw(b"", status))) == ("retry", "server_not_ready", 0.0)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("before", [[], [READY, SERVER]])
def test_a_refused_token_is_told(status: int, before: list[Any]) -> None:
    played = opened(*before, raw(b"", status))
    assert outcome(played) == ("ask", "token_refused", 0.0)


@pytest.mark.parametrize("status", [400, 404])
def test_a_model_that_is_not_there_is_named(status: int) -> None:
    played = opened(READY, SERVER, answer({"error": "unknown"}, status), model="other")
    error = failure(played)
    assert (error.step, error.code) == ("ask", "model_unknown")
    assert '"other"' in explain(error.code, error.params)


def test_a_models_name_is_part_of_one_address_only() -> None:
    played = opened(READY, SERVER, described(), model="a/b?c")
    assert played.urls[-1] == INFERENCE_URL + "/v2/models/a%2Fb%3Fc"


def test_a_model_that_takes_something_else_is_told_with_what_it_takes() -> None:
    text = {"name": "text", "datatype": "BYTES", "shape": [1]}
    error = failure(opened(READY, SERVER, described([text])))
    assert error.step == "ask"
    assert "text BYTES [1]" in explain(error.code, error.params)
    assert "aiwatch:export-model" in explain(error.code, error.params)


def test_a_model_that_gives_something_else_is_told_with_what_it_gives() -> None:
    classes = {"name": "classes", "datatype": "FP32", "shape": [-1, 1000]}
    error = failure(opened(READY, SERVER, described(outputs=[classes])))
    assert (error.step, error.code) == ("ask", "model_outputs")
    assert error.params == {"found": "classes FP32 [-1, 1000]"}


@pytest.mark.parametrize(
    "document", [None, [], {}, {"inputs": [FRAMES]}, {"inputs": [5], "outputs": []}]
)
def test_metadata_that_make_no_sense_are_a_reason_to_try_again(document: Any) -> None:
    played = opened(READY, SERVER, answer(document))
    assert outcome(played) == ("retry", "bad_answer", 0.0)


# -- one frame ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "planar"), [(None, True), ((256, 192), False), ((64, 64), True)]
)
def test_a_frame_is_shrunk_to_what_the_model_takes(size: Any, planar: bool) -> None:
    plan = Plan(Input("frame", "UINT8", size, planar, True), "heat", "heat")
    played = inspect(inferred(heat=([1, 1], [0.0])), plan=plan)
    assert played.wishes[0] == ShrinkFrame(FRAME, size, planar)


def test_the_request_is_the_protocols() -> None:
    (request,) = inspect(inferred(heat=([1, 1], [0.0])), token="T-1").requests
    assert (request.method, request.url) == ("POST", MODEL + "/infer")
    assert request.headers == {
        "Content-Type": "application/json",
        "Authorization": "Bearer T-1",
    }
    assert request.body is not None
    (sent,) = json.loads(request.body)["inputs"]
    assert (sent["shape"], sent["data"]) == ([1, 3, 1, 2], list(SMALL.content))


def test_with_bytes_the_length_of_the_json_is_told() -> None:
    context = Context(PLAN, binary=True)
    answered = inferred(heat=([1, 1], [0.0]))
    (request,) = play(kserve().inspect(FRAME, context), SMALL, answered).requests
    assert request.body is not None
    length = int(request.headers["Inference-Header-Content-Length"])
    assert json.loads(request.body[:length])["inputs"][0]["name"] == "frame"
    assert request.body[length:] == SMALL.content
    assert request.headers["Content-Type"] == "application/octet-stream"


def test_nobody_has_to_pay_for_a_call() -> None:
    (request,) = inspect(inferred(heat=([1, 1], [0.0]))).requests
    assert not request.counted


def test_a_heat_map_is_read_by_its_own_calibration() -> None:
    plan = Plan(PLAN.input, "heat", "heat", calibrated=True)
    heat = ([1, 2, 1, 2], [5.0, 5.0, 0.0, 0.0])
    answered = inferred(heat=heat, calibration=([1, 4], [1.0, 5.0, 1.0, 4.0]))
    inspection = inspect(answered, plan=plan).value
    assert inspection.evidence == FrameEvidence(0.5)
    (box,) = inspection.detections
    assert (box.x, box.y, box.w, box.h) == (0.5, 0.5, 1.0, 1.0)


def test_boxes_of_a_turned_frame_lie_on_the_snapshot() -> None:
    plan = Plan(PLAN.input, "score", "score", "boxes")
    answered = inferred(score=([1], [0.7]), boxes=([1, 5], [0.7, 0.2, 0.4, 0.1, 0.3]))
    turned = replace(FRAME, view=View(rotate_90=True))
    steps = kserve().inspect(turned, Context(plan, binary=False))
    (box,) = play(steps, SMALL, answered).value.detections
    assert (box.x, box.y, box.w, box.h) == pytest.approx((0.6, 0.2, 0.3, 0.1))


def test_without_a_calibration_the_mean_of_the_hottest_six_is_taken_as_it_is() -> None:
    inspection = inspect(inferred(heat=([2, 4], [0.0] * 6 + [-9.0] * 2))).value
    assert inspection.evidence == FrameEvidence(0.5)


def test_a_score_is_taken_as_it_is() -> None:
    plan = Plan(PLAN.input, "score", "score", "boxes")
    boxes = ([2, 5], [0.2, 0.5, 0.5, 0.1, 0.1, 0.9, 0.1, 0.2, 0.3, 0.4])
    answered = inferred(score=([1], [0.75]), boxes=boxes)
    inspection = inspect(answered, plan=plan).value
    assert inspection.evidence == FrameEvidence(0.75)
    assert inspection.detections[0] == Detection(0.9, 0.1, 0.2, 0.3, 0.4), "surest first"


@pytest.mark.parametrize(("data", "score"), [([], 0.0), ([0.4, 0.5, 0.5, 0.1, 0.1], 0.4)])
def test_boxes_alone_make_the_score_of_the_surest(
    data: list[float], score: float
) -> None:
    plan = Plan(PLAN.input, "boxes", "boxes", "boxes")
    answered = inferred(boxes=([1, len(data) // 5, 5], data))
    assert inspect(answered, plan=plan).value.evidence == FrameEvidence(score)


@pytest.mark.parametrize(
    ("status", "step", "code"),
    [
        (400, "retry", "request_refused"),
        (401, "ask", "token_refused"),
        (404, "reopen", "context_refused"),
        (429, "retry", "throttled"),
        (500, "retry", "server_fault"),
        (503, "retry", "server_fault"),
        (302, "retry", "redirect"),
    ],
)
def test_every_refusal_has_its_next_step(status: int, step: str, code: str) -> None:
    error = failure(inspect(answer({"error": "no"}, status)))
    assert (error.step, error.code) == (step, code)


@pytest.mark.parametrize(
    "one",
    [
        raw(b""),
        raw(b"<html>"),
        answer([]),
        answer({"outputs": []}),
        inferred(heat=([3], [1.0, 2.0, 3.0])),
        inferred(heat=([1, 1], [float("nan")])),
        inferred(other=([1, 1], [0.0])),
    ],
)
def test_an_answer_that_makes_no_sense_is_a_reason_to_try_again(one: Response) -> None:
    assert outcome(inspect(one)) == ("retry", "bad_answer", 0.0)


@pytest.mark.parametrize(
    "trouble", [Retry("detector_died", how="x"), NextFrame("frame_undecodable")]
)
def test_trouble_with_shrinking_comes_out_as_it_is(trouble: Any) -> None:
    steps = kserve().inspect(FRAME, Context(PLAN, binary=False))
    assert failure(play(steps, trouble)) is trouble


def test_a_network_failure_is_handed_on() -> None:
    error = Unreachable("refused", sent=False, host="h")
    assert failure(inspect(error)) is error
