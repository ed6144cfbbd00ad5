"""Obico for Elegoo: one call per frame, its answer and its documented errors."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from octoprint_aiwatch.backends.obico import Context, Obico
from octoprint_aiwatch.core.errors import Unreachable
from octoprint_aiwatch.core.values import (
    Detection,
    Frame,
    Inspection,
    StatisticsEvidence,
)
from tests.backends.play import (
    FRAME,
    JOB,
    JPEG,
    Played,
    Response,
    answer,
    failure,
    make,
    obico,
    outcome,
    play,
    predicted,
    raw,
)

CONTEXT = Context("job-1", "TOKEN-1")
PREDICT = "/ent/partners/api/elegoo/predict/"


def inspect(*answers: Any, frame: Frame = FRAME, **values: str) -> Played:
    return play(obico(**values).inspect(frame, CONTEXT), *answers)


# -- the four addresses ---------------------------------------------------------------


def test_the_seeds_four_addresses_can_be_chosen() -> None:
    choices = {choice.value for choice in Obico.fields[0].choices}
    assert choices == {
        "https://elegoo-app.obico.io/",
        "https://elegoo-app-stg.obico.io/",
        "https://elegoo-cn-app.elegoo.com.cn",
        "https://elegoo-cn-app-stg.elegoo.com.cn",
    }


def test_the_production_address_is_the_default() -> None:
    assert Obico.fields[0].default == "https://elegoo-app.obico.io/"
    assert inspect(predicted()).urls == ["https://elegoo-app.obico.io" + PREDICT]


@pytest.mark.parametrize("choice", Obico.fields[0].choices, ids=lambda one: one.label)
def test_each_address_leads_to_the_same_path(choice: Any) -> None:
    base = choice.value.rstrip("/")
    assert inspect(predicted(), url=choice.value).urls == [base + PREDICT]


# -- opening --------------------------------------------------------------------------


def test_opening_without_a_partner_token_sends_nothing() -> None:
    played = play(obico().open(JOB))
    assert played.wishes == []
    assert played.value == CONTEXT


def test_a_print_id_has_at_most_256_characters() -> None:
    job = dataclasses.replace(JOB, id="x" * 1000)
    assert play(obico().open(job)).value.print_id == "x" * 256


@pytest.mark.parametrize(
    "values",
    [
        {"serial_no": ""},
        {"access_token": ""},
        {"serial_no": "", "access_token": ""},
        {"serial_no": "", "partner_token": "PARTNER"},
    ],
)
def test_without_credentials_nothing_is_sent(values: dict[str, str]) -> None:
    assert outcome(play(obico(**values).open(JOB))) == ("ask", "credentials_missing", 0.0)


def test_a_fresh_install_asks_for_the_credentials() -> None:
    assert failure(play(make(Obico).open(JOB))).code == "credentials_missing"


# -- the request ----------------------------------------------------------------------


def test_the_request_is_the_seeds_to_the_letter() -> None:
    (request,) = inspect(predicted()).requests
    assert request.method == "POST"
    assert request.form == {
        "serial_no": "SERIAL-1",
        "access_token": "TOKEN-1",
        "print_id": "job-1",
    }
    assert request.json is None
    assert request.headers == {}
    (part,) = request.files
    assert (part.name, part.content, part.content_type) == ("img", JPEG, "image/jpeg")


def test_a_check_is_a_call_that_counts() -> None:
    assert inspect(predicted()).requests[0].counted


def test_no_credential_is_part_of_the_address() -> None:
    (url,) = inspect(predicted(), partner_token="PARTNER").urls
    assert not any(word in url for word in ("SERIAL-1", "TOKEN-1", "PARTNER", "job-1"))


# -- the answer -----------------------------------------------------------------------


def test_the_seeds_own_example_is_read() -> None:
    document = {
        "result": {
            "p": 0,
            "temporal_stats": {
                "ewm_mean": 0,
                "rolling_mean_short": 0,
                "rolling_mean_long": 0,
                "prediction_num": 0,
                "prediction_num_lifetime": 0,
            },
            "detections": [[0.541085422039032, [422.8, 236.3, 61.9, 74.4]]],
        }
    }
    inspection = inspect(answer(document)).value
    assert inspection == Inspection(
        StatisticsEvidence(0, 0, 0, 0, 0, 0),
        (Detection(0.541085422039032, 422.8 / 640, 236.3 / 480, 61.9 / 640, 74.4 / 480),),
    )


def test_the_statistics_are_taken_over() -> None:
    evidence = inspect(predicted()).value.evidence
    assert evidence == StatisticsEvidence(0.3, 0.2, 0.1, 0.05, 7, 900)


def test_the_service_names_no_interval_of_its_own() -> None:
    assert inspect(predicted()).value.next_after_s is None


def test_a_p_above_one_is_the_sum_it_is_in_the_wild() -> None:
    assert inspect(predicted(p=3.7)).value.evidence.p == 3.7


@pytest.mark.parametrize("detections", [None, []])
def test_no_detections_are_no_boxes(detections: Any) -> None:
    assert inspect(predicted(detections=detections)).value.detections == ()


def test_boxes_are_shares_of_the_frame_that_was_sent() -> None:
    frame = Frame(JPEG, 200, 100)
    sent = predicted(detections=[[0.5, [100, 25, 50, 10]]])
    (box,) = inspect(sent, frame=frame).value.detections
    assert box == Detection(0.5, 0.5, 0.25, 0.25, 0.1)


def test_a_box_beyond_the_frames_edge_is_kept_within() -> None:
    sent = predicted(detections=[[1, [-50, 9000, 5000, -3]]])
    (box,) = inspect(sent).value.detections
    assert box == Detection(1, 0.0, 1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    "detections",
    [
        {},
        "none",
        5,
        [None],
        [[0.5]],
        [["failure", 0.5, [1, 2, 3, 4]]],
        [[0.5, None]],
        [[0.5, [1, 2, 3]]],
        [[0.5, [1, 2, 3, 4, 5]]],
        [[0.5, [1, 2, 3, "4"]]],
        [[0.5, [1, 2, 3, math.nan]]],
        [[0.5, [1, 2, 3, 10**400]]],
        [["0.5", [1, 2, 3, 4]]],
        [[True, [1, 2, 3, 4]]],
        [[-0.1, [1, 2, 3, 4]]],
        [[1.1, [1, 2, 3, 4]]],
        [[math.nan, [1, 2, 3, 4]]],
        [[0.5, [1, 2, 3, 4]]] * 201,
    ],
)
def test_boxes_that_make_no_sense_are_a_reason_to_try_again(detections: Any) -> None:
    played = inspect(predicted(detections=detections))
    assert played.value is None
    assert outcome(played) == ("retry", "bad_answer", 0.0)


def test_two_hundred_boxes_are_still_taken() -> None:
    sent = predicted(detections=[[0.5, [1, 2, 3, 4]]] * 200)
    assert len(inspect(sent).value.detections) == 200


@pytest.mark.parametrize("p", [None, "0.5", True, [0.5], -0.1, 1001, math.nan, math.inf])
def test_a_p_that_makes_no_sense_is_a_reason_to_try_again(p: Any) -> None:
    assert outcome(inspect(predicted(p=p))) == ("retry", "bad_answer", 0.0)


@pytest.mark.parametrize(
    "name",
    [
        "ewm_mean",
        "rolling_mean_short",
        "rolling_mean_long",
        "prediction_num",
        "prediction_num_lifetime",
    ],
)
@pytest.mark.parametrize("value", [None, "1", True, [1], math.nan, math.inf, -2, 10**400])
def test_a_statistic_that_makes_no_sense_is_a_reason_to_try_again(
    name: str, value: Any
) -> None:
    played = inspect(predicted({name: value}))
    assert outcome(played) == ("retry", "bad_answer", 0.0)
    assert name in failure(played).params["detail"]


@pytest.mark.parametrize("stats", [None, [], "x", 1])
def test_missing_statistics_are_a_reason_to_try_again(stats: Any) -> None:
    played = inspect(answer({"result": {"p": 0.1, "temporal_stats": stats}}))
    assert failure(played).params == {"detail": "temporal_stats are missing"}


@pytest.mark.parametrize(
    "document", [None, [], 5, "x", {}, {"result": None}, {"result": []}, {"result": 1}]
)
def test_a_missing_result_is_a_reason_to_try_again(document: Any) -> None:
    played = inspect(answer(document))
    assert failure(played).params == {"detail": "result is missing"}


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"{"])
def test_an_answer_that_is_no_json_is_a_reason_to_try_again(body: bytes) -> None:
    assert outcome(inspect(raw(body))) == ("retry", "bad_answer", 0.0)


# -- the documented errors ------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "said", "step", "code"),
    [
        (400, "Missing or invalid image", "next_frame", "frame_refused"),
        (400, "print_id is required", "retry", "request_refused"),
        (401, "serial_no and access_token are required", "ask", "credentials_refused"),
        (401, "Invalid credentials", "ask", "credentials_refused"),
        (429, "You are running too hot! Take it easy buddy...", "retry", "throttled"),
    ],
)
def test_every_error_of_the_seed_has_its_next_step(
    status: int, said: str, step: str, code: str
) -> None:
    assert outcome(inspect(answer({"error": said}, status))) == (step, code, 0.0)


def test_a_refused_request_is_told_in_the_services_words() -> None:
    played = inspect(answer({"error": "print_id is required"}, 400))
    assert failure(played).params == {"detail": "print_id is required"}


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": null}'])
def test_a_refusal_without_words_is_told_by_its_status(body: bytes) -> None:
    assert failure(inspect(raw(body, 400))).params == {"detail": "HTTP 400"}


@pytest.mark.parametrize(
    ("status", "step", "code"),
    [
        (201, "retry", "not_this_api"),
        (301, "retry", "redirect"),
        (403, "retry", "not_this_api"),
        (404, "retry", "not_this_api"),
        (500, "retry", "server_fault"),
        (502, "retry", "server_fault"),
    ],
)
def test_any_other_status_speaks_for_itself(status: int, step: str, code: str) -> None:
    assert outcome(inspect(raw(b"<html>", status))) == (step, code, 0.0)


def test_how_long_a_busy_service_asks_to_be_left_alone_is_kept() -> None:
    sent = Response(429, {"retry-after": "30"}, b"")
    assert outcome(inspect(sent)) == ("retry", "throttled", 30.0)


def test_a_network_failure_is_handed_on() -> None:
    error = Unreachable("timeout", host="h")
    assert failure(inspect(error)) is error
