"""Gadget: creating the context."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.backends.gadget import DEFAULT_URL, Context, Gadget
from octoprint_aiwatch.core.errors import Retry, Unreachable
from tests.backends.play import (
    CREATED,
    FALLBACK,
    JOB,
    PRIMARY,
    answer,
    decision,
    failure,
    gadget,
    gadget_error,
    make,
    outcome,
    play,
    raw,
)


def test_the_request_is_the_protocols_to_the_letter() -> None:
    played = play(gadget().open(JOB), answer(CREATED))
    (request,) = played.requests
    assert request.method == "POST"
    assert request.url == DEFAULT_URL + "/api/gadget/v1/createcontext"
    assert request.headers == {"X-API-Key": "KEY-1234"}
    assert request.json == {"WarningConfidenceLevel": 3, "PauseConfidenceLevel": 3}
    assert request.form == {}
    assert request.files == ()


def test_creating_a_context_is_free_so_it_is_not_counted() -> None:
    assert not play(gadget().open(JOB), answer(CREATED)).requests[0].counted


def test_the_confidence_levels_of_the_settings_are_sent() -> None:
    values = {"url": DEFAULT_URL, "api_key": "KEY-1234"}
    levels = decision(warning_confidence=1, pause_confidence=5)
    played = play(Gadget(values, levels).open(JOB), answer(CREATED))
    assert played.requests[0].json == {
        "WarningConfidenceLevel": 1,
        "PauseConfidenceLevel": 5,
    }


def test_another_address_is_used_with_or_without_a_slash() -> None:
    for typed in ("https://own.example", "https://own.example/"):
        played = play(gadget(url=typed).open(JOB), answer(CREATED))
        assert played.urls == ["https://own.example/api/gadget/v1/createcontext"]


def test_the_context_carries_both_addresses_and_starts_on_the_primary() -> None:
    context = play(gadget().open(JOB), answer(CREATED)).value
    assert context == Context(PRIMARY, FALLBACK)
    assert context.url == PRIMARY


def test_without_a_key_nothing_is_sent() -> None:
    played = play(make(Gadget).open(JOB))
    assert outcome(played) == ("ask", "api_key_missing", 0.0)


@pytest.mark.parametrize(
    ("kind", "status", "step", "code"),
    [
        ("OE_BAD_ARGS", 400, "ask", "args_refused"),
        ("OE_ARGS_PARSE_FAILED", 400, "ask", "args_refused"),
        ("OE_CONTEXT_RATE_LIMITED", 429, "retry", "rate_limited"),
        ("OE_IMAGE_DECODE_FAILED", 400, "next_frame", "frame_refused"),
        ("OE_INVALID_API_KEY", 401, "ask", "api_key_refused"),
        ("OE_API_KEY_BLOCKED_PAYMENT_FAILED", 402, "ask", "payment_due"),
        ("OE_BACKEND_THROTTLED", 503, "retry", "throttled"),
        ("OE_INTERNAL_ERROR", 500, "retry", "server_fault"),
    ],
)
def test_every_error_type_of_the_seed_has_its_next_step(
    kind: str, status: int, step: str, code: str
) -> None:
    played = play(gadget().open(JOB), gadget_error(kind, status))
    assert outcome(played) == (step, code, 0.0)


@pytest.mark.parametrize("kind", ["OE_INVALID_API_KEY", "OE_BAD_ARGS"])
def test_the_error_type_speaks_louder_than_the_status(kind: str) -> None:
    played = play(gadget().open(JOB), gadget_error(kind, 500))
    assert failure(played).step == "ask"


def test_refused_arguments_are_told_in_the_services_words() -> None:
    played = play(gadget().open(JOB), gadget_error("OE_BAD_ARGS", details="Level is 9."))
    assert failure(played).params == {"detail": "Level is 9."}


def test_without_words_the_error_type_itself_is_told() -> None:
    played = play(gadget().open(JOB), answer({"ErrorType": "OE_BAD_ARGS"}, 400))
    assert failure(played).params == {"detail": "OE_BAD_ARGS"}


@pytest.mark.parametrize(
    ("status", "step", "code"),
    [
        (201, "retry", "not_this_api"),
        (302, "retry", "redirect"),
        (401, "ask", "api_key_refused"),
        (402, "ask", "payment_due"),
        (403, "ask", "api_key_refused"),
        (404, "retry", "not_this_api"),
        (410, "retry", "not_this_api"),
        (418, "retry", "not_this_api"),
        (429, "retry", "throttled"),
        (500, "retry", "server_fault"),
        (502, "retry", "server_fault"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>oops</html>", b'{"ErrorType": "OE_NEW"}'])
def test_without_a_known_error_type_the_status_decides(
    body: bytes, status: int, step: str, code: str
) -> None:
    played = play(gadget().open(JOB), raw(body, status))
    assert outcome(played) == (step, code, 0.0)


def test_how_long_a_busy_service_asks_to_be_left_alone_is_kept() -> None:
    played = play(gadget().open(JOB), answer({}, 429, retry_after="77"))
    assert outcome(played) == ("retry", "throttled", 77.0)


@pytest.mark.parametrize("missing", sorted(CREATED))
def test_each_part_of_the_answer_is_required(missing: str) -> None:
    for value in (None, "", 5, ["x"], "x" * 5000):
        played = play(gadget().open(JOB), answer({**CREATED, missing: value}))
        assert outcome(played) == ("retry", "bad_answer", 0.0)
        assert failure(played).params == {"detail": f"{missing} is missing"}


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"5", b"<html>", b'"text"'])
def test_an_answer_that_is_no_object_is_tried_again(body: bytes) -> None:
    played = play(gadget().open(JOB), raw(body))
    assert outcome(played) == ("retry", "bad_answer", 0.0)


@pytest.mark.parametrize("name", ["ProcessRequestUrl", "FallbackProcessRequestUrl"])
@pytest.mark.parametrize(
    "url",
    [
        "http://eu.gadget.example/process/abc",
        "http://192.168.1.5/process",
        "http://127.0.0.1/process",
        "ftp://eu.gadget.example/",
        "file:///etc/passwd",
        "https://user:pw@eu.gadget.example/",
        "https://",
        "https://[broken",
        "/process/abc",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_not_safe_is_refused(name: str, url: str) -> None:
    played = play(gadget().open(JOB), answer({**CREATED, name: url}))
    assert outcome(played) == ("ask", "url_refused", 0.0)


def test_a_downgrade_is_refused_however_the_own_address_was_typed() -> None:
    lower = {**CREATED, "ProcessRequestUrl": "http://127.0.0.1/process"}
    played = play(gadget(url="HTTPS://own.example").open(JOB), answer(lower))
    assert outcome(played) == ("ask", "url_refused", 0.0)


def test_https_in_capitals_is_no_downgrade() -> None:
    upper = {**CREATED, "ProcessRequestUrl": "HTTPS://eu.gadget.example/process"}
    context = play(gadget().open(JOB), answer(upper)).value
    assert context.url == "HTTPS://eu.gadget.example/process"


def test_a_service_on_the_own_machine_may_speak_plain_http() -> None:
    own: Any = {
        "ContextId": "abc",
        "ProcessRequestUrl": "http://127.0.0.1:9/p",
        "FallbackProcessRequestUrl": "http://127.0.0.1:9/f",
    }
    context = play(gadget(url="http://127.0.0.1:9").open(JOB), answer(own)).value
    assert context == Context("http://127.0.0.1:9/p", "http://127.0.0.1:9/f")


def test_a_network_failure_is_handed_on() -> None:
    for error in (Unreachable("dns", sent=False, host="h"), Retry("answer_too_large")):
        played = play(gadget().open(JOB), error)
        assert failure(played) is error


@pytest.mark.parametrize(
    "url", ["https://192.168.1.1/x", "https://localhost:5000/x", "https://127.1/x"]
)
@pytest.mark.parametrize("name", ["ProcessRequestUrl", "FallbackProcessRequestUrl"])
def test_a_service_outside_cannot_send_us_to_a_machine_of_this_network(
    name: str, url: str
) -> None:
    played = play(gadget().open(JOB), answer({**CREATED, name: url}))
    assert outcome(played)[:2] == ("ask", "url_refused")


def test_a_service_of_this_network_may_name_another_machine_of_it() -> None:
    created = {**CREATED, "ProcessRequestUrl": "https://192.168.1.9/x"}
    played = play(gadget(url="https://gadget.lan").open(JOB), answer(created))
    assert played.value.process_url == "https://192.168.1.9/x"
