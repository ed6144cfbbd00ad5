"""Obico's own ML API: a frame that the server fetches, and the proof that it did."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from octoprint_aiwatch.backends.base import PublishFrame, WithdrawFrame, Withdrawn
from octoprint_aiwatch.backends.obico_ml import SCALE, Context, ObicoMl
from octoprint_aiwatch.core.errors import Unreachable
from octoprint_aiwatch.core.frames import FAILURE_ABOVE, WARNING_ABOVE
from octoprint_aiwatch.core.values import Frame
from octoprint_aiwatch.core.words import explain
from tests.backends.play import (
    CALLBACK,
    FRAME,
    JOB,
    JPEG,
    ML_URL,
    PUBLISHED,
    SHOWN,
    Played,
    Response,
    answer,
    failure,
    make,
    obico_ml,
    outcome,
    play,
    raw,
)

FETCHED, NOT_FETCHED = Withdrawn(True), Withdrawn(False)
WELL = raw(b"ok")
MISSING = answer({"detections": [], "message": "Invalid request params"}, 422)
ADDRESS = "The server did not fetch the frame from " + SHOWN


def inspect(
    response: Any, fetched: Withdrawn = FETCHED, frame: Frame = FRAME, **values: str
) -> Played:
    steps = obico_ml(**values).inspect(frame, Context())
    return play(steps, PUBLISHED, response, fetched)


def seen(*detections: Any) -> Response:
    return answer({"detections": list(detections)})


def box(confidence: float, *pixels: float) -> list[Any]:
    return ["failure", confidence, list(pixels or (320, 240, 64, 48))]


# -- opening --------------------------------------------------------------------------


def test_opening_asks_how_the_server_is_and_whether_it_takes_the_token() -> None:
    played = play(obico_ml(token="TOKEN-1").open(JOB), WELL, MISSING)
    assert played.value == Context()
    assert played.urls == [ML_URL + "/hc/", ML_URL + "/p/"]
    health, probe = played.requests
    assert health.headers == {}, "the health check takes no token"
    assert probe.headers == {"Authorization": "Bearer TOKEN-1"}


def test_opening_takes_a_few_seconds_at_most() -> None:
    for request in play(obico_ml().open(JOB), WELL, MISSING).requests:
        assert request.connect_timeout_s + request.read_timeout_s <= 10


def test_without_a_token_none_is_sent() -> None:
    played = play(obico_ml().open(JOB), WELL, MISSING)
    assert [request.headers for request in played.requests] == [{}, {}]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"url": ""}, "url_missing"),
        ({"callback_url": ""}, "callback_missing"),
        ({"url": "", "callback_url": ""}, "url_missing"),
    ],
)
def test_without_both_addresses_nothing_is_sent(
    values: dict[str, str], code: str
) -> None:
    played = play(obico_ml(**values).open(JOB))
    assert outcome(played) == ("ask", code, 0.0)


def test_a_fresh_install_asks_for_the_address() -> None:
    assert failure(play(make(ObicoMl).open(JOB))).code == "url_missing"


def test_a_token_that_is_refused_is_told_before_the_first_frame() -> None:
    played = play(obico_ml(token="TOKEN-1").open(JOB), WELL, raw(b"", 401))
    assert outcome(played) == ("ask", "token_refused", 0.0)


def test_a_server_without_a_model_is_not_well() -> None:
    played = play(obico_ml().open(JOB), raw(b"error"))
    assert outcome(played) == ("retry", "model_not_loaded", 0.0)


@pytest.mark.parametrize("status", [200, 400])
def test_a_server_that_says_nothing_was_seen_without_a_frame_is_an_old_one(
    status: int,
) -> None:
    played = play(obico_ml().open(JOB), raw(b"", 404), answer({"detections": []}, status))
    assert played.value == Context()


@pytest.mark.parametrize(
    ("probe", "code"),
    [
        (raw(b"<html>"), "not_this_api"),
        (answer({"detections": "none"}), "not_this_api"),
        (answer([]), "not_this_api"),
        (raw(b"", 404), "not_this_api"),
        (raw(b"", 503), "server_fault"),
        (raw(b"", 302), "redirect"),
    ],
)
def test_another_site_is_not_taken_for_the_server(probe: Response, code: str) -> None:
    assert failure(play(obico_ml().open(JOB), WELL, probe)).code == code


@pytest.mark.parametrize("status", [302, 429, 500])
def test_a_server_that_is_not_well_is_not_asked_further(status: int) -> None:
    assert failure(play(obico_ml().open(JOB), raw(b"", status))).step == "retry"


# -- the request ----------------------------------------------------------------------


def test_the_frame_is_published_judged_and_withdrawn() -> None:
    played = inspect(seen(), token="TOKEN-1")
    publish, request, withdraw = played.wishes
    assert publish == PublishFrame(FRAME, CALLBACK)
    assert withdraw == WithdrawFrame()
    assert request is played.requests[0]
    assert played.requests[0].method == "GET"
    assert played.requests[0].headers == {"Authorization": "Bearer TOKEN-1"}


def test_the_server_is_told_the_frames_whole_address() -> None:
    (url,) = inspect(seen()).urls
    assert url.startswith(ML_URL + "/p/?img=")
    assert parse_qs(urlsplit(url).query) == {"img": [PUBLISHED.url]}


@pytest.mark.parametrize("url", [ML_URL + "/", ML_URL + "/obico"])
def test_the_server_may_live_below_a_path(url: str) -> None:
    assert inspect(seen(), url=url).urls[0].startswith(url.rstrip("/") + "/p/?img=")


def test_nobody_has_to_pay_for_a_call() -> None:
    assert not inspect(seen()).requests[0].counted


# -- the proof of fetch ---------------------------------------------------------------


def test_nothing_seen_in_a_frame_that_was_fetched_is_nothing_seen() -> None:
    inspection = inspect(seen()).value
    assert (inspection.evidence.score, inspection.detections) == (0.0, ())


@pytest.mark.parametrize(
    "response",
    [
        seen(),
        seen(box(0.9)),
        answer({"detections": [], "message": f"Failed to get {PUBLISHED.url}"}, 400),
        raw(b"<h1>Internal Server Error</h1>", 500),
        raw(b"<html>"),
    ],
    ids=["nothing seen", "boxes", "its own words", "a stumble", "no JSON"],
)
def test_whatever_is_said_of_a_frame_that_was_not_fetched_is_not_believed(
    response: Response,
) -> None:
    played = inspect(response, NOT_FETCHED)
    assert played.value is None
    assert outcome(played) == ("retry", "not_fetched", 0.0)


def test_the_error_names_the_address_and_the_setting_and_no_token() -> None:
    error = failure(inspect(seen(), NOT_FETCHED))
    text = explain(error.code, error.params)
    assert text.startswith(ADDRESS)
    assert "callback_url" in text
    assert "FRAME-TOKEN" not in text


def test_the_frame_is_withdrawn_when_the_call_came_to_nothing() -> None:
    error = Unreachable("timeout", host="ml.local")
    played = inspect(error, NOT_FETCHED)
    assert failure(played) is error
    assert isinstance(played.wishes[-1], WithdrawFrame)


def test_an_order_that_is_called_off_asks_for_nothing_more() -> None:
    steps = obico_ml().inspect(FRAME, Context())
    next(steps)
    steps.send(PUBLISHED)
    steps.close()


# -- the answer -----------------------------------------------------------------------


def test_the_score_is_the_scaled_sum_of_the_confidences() -> None:
    inspection = inspect(seen(box(0.4), box(0.3))).value
    assert inspection.evidence.score == pytest.approx(SCALE * 0.7)


def test_the_score_ends_at_one() -> None:
    assert inspect(seen(*[box(1.0)] * 5)).value.evidence.score == 1.0


def test_boxes_are_on_the_scores_own_scale() -> None:
    (found,) = inspect(seen(box(0.5))).value.detections
    assert found.confidence == inspect(seen(box(0.5))).value.evidence.score


def test_the_scale_puts_obicos_thresholds_at_ours() -> None:
    warns, pauses = 0.38, 0.38 * 1.75  # obico-server, above the printer's usual
    assert warns * SCALE == pytest.approx(WARNING_ABOVE[2], abs=0.01)
    assert pauses * SCALE == pytest.approx(FAILURE_ABOVE[2], abs=0.01)


def test_boxes_are_shares_of_the_frame_that_was_published() -> None:
    frame = Frame(JPEG, 200, 100)
    (found,) = inspect(seen(box(0.5, 100, 25, 50, 10)), frame=frame).value.detections
    assert (found.x, found.y, found.w, found.h) == (0.5, 0.25, 0.25, 0.1)


@pytest.mark.parametrize("y", [10, 240, 470])
def test_no_height_reaches_beyond_the_frame_whatever_the_server_takes_it_from(
    y: float,
) -> None:
    (found,) = inspect(seen(box(0.5, 320, y, 64, 600))).value.detections
    assert found.y == y / 480
    assert found.y - found.h / 2 >= 0.0
    assert found.y + found.h / 2 <= 1.0
    assert found.w == 0.1


@pytest.mark.parametrize(
    "detections",
    [
        {},
        None,
        "none",
        [None],
        [[0.5, [1, 2, 3, 4]]],
        [["failure", 0.5]],
        [[0, 0.5, [1, 2, 3, 4]]],
        [["failure", "0.5", [1, 2, 3, 4]]],
        [["failure", True, [1, 2, 3, 4]]],
        [["failure", 1.1, [1, 2, 3, 4]]],
        [["failure", -0.1, [1, 2, 3, 4]]],
        [["failure", 0.5, [1, 2, 3]]],
        [["failure", 0.5, None]],
        [["failure", 0.5, [1, 2, 3, 10**400]]],
        [["failure", 0.5, [1, 2, 3, float("nan")]]],
        [["failure", 0.5, [1, 2, 3, 4]]] * 201,
    ],
)
def test_detections_that_make_no_sense_are_a_reason_to_try_again(
    detections: Any,
) -> None:
    played = inspect(answer({"detections": detections}))
    assert outcome(played) == ("retry", "bad_answer", 0.0)


@pytest.mark.parametrize(
    ("response", "step", "code"),
    [
        (raw(b"", 401), "ask", "token_refused"),
        (answer({"detections": [], "message": "x"}, 400), "next_frame", "frame_refused"),
        (MISSING, "retry", "request_refused"),
        (raw(b"", 404), "retry", "not_this_api"),
        (raw(b"", 302), "retry", "redirect"),
        (raw(b"", 500), "retry", "server_fault"),
        (raw(b"", 503), "retry", "server_fault"),
        (Response(429, {"retry-after": "9"}, b""), "retry", "throttled"),
    ],
)
def test_every_refusal_of_a_fetched_frame_has_its_next_step(
    response: Response, step: str, code: str
) -> None:
    error = failure(inspect(response))
    assert (error.step, error.code) == (step, code)
