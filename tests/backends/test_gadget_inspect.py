"""Gadget: having a frame judged, and what follows from every answer."""

from __future__ import annotations

import math
from typing import Any

import pytest

from octoprint_aiwatch.backends.gadget import FIRST_INTERVAL_S, Context
from octoprint_aiwatch.core.values import Inspection, RemoteEvidence
from tests.backends.play import (
    FALLBACK,
    FRAME,
    JPEG,
    PRIMARY,
    Played,
    Response,
    answer,
    failure,
    gadget,
    gadget_error,
    outcome,
    play,
    processed,
    raw,
)


def inspect(context: Context, *answers: Any) -> Played:
    return play(gadget().inspect(FRAME, context), *answers)


@pytest.fixture
def context() -> Context:
    return Context(PRIMARY, FALLBACK)


def test_the_request_is_the_protocols_to_the_letter(context: Context) -> None:
    (request,) = inspect(context, processed()).requests
    assert request.method == "POST"
    assert request.url == PRIMARY
    assert request.headers == {"X-API-Key": "KEY-1234"}
    assert request.json is None
    assert request.form == {}
    (part,) = request.files
    assert (part.name, part.filename) == ("attachment", "snapshot")
    assert (part.content, part.content_type) == (JPEG, "image/jpeg")


def test_a_check_is_a_call_that_counts(context: Context) -> None:
    assert inspect(context, processed()).requests[0].counted


def test_the_answer_is_read_in_full(context: Context) -> None:
    sent = processed(
        Score=87,
        WarningSuggested=True,
        PauseSuggested=True,
        NextProcessIntervalSec=45,
        PrintQuality=2,
    )
    assert inspect(context, sent).value == Inspection(
        RemoteEvidence(0.87, warning=True, pause=True, quality=2), next_after_s=45.0
    )


def test_a_missing_print_quality_is_fine(context: Context) -> None:
    assert inspect(context, processed()).value.evidence.quality is None


@pytest.mark.parametrize("quality", [0, 11, -1, 5.5, True, "7", [7], {}, 10**30])
def test_a_print_quality_that_makes_no_sense_is_left_out(
    context: Context, quality: Any
) -> None:
    played = inspect(context, processed(PrintQuality=quality))
    assert played.value.evidence.quality is None


@pytest.mark.parametrize("quality", [1, 10])
def test_a_print_quality_of_one_to_ten_is_kept(context: Context, quality: int) -> None:
    played = inspect(context, processed(PrintQuality=quality))
    assert played.value.evidence.quality == quality


def test_unknown_names_in_the_answer_do_no_harm(context: Context) -> None:
    assert inspect(context, processed(NewName={"a": 1})).value.evidence.score == 0.12


@pytest.mark.parametrize("score", [0, 100])
def test_the_scores_ends_are_allowed(context: Context, score: int) -> None:
    assert inspect(context, processed(Score=score)).value.evidence.score == score / 100


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Score", None),
        ("Score", "12"),
        ("Score", True),
        ("Score", [12]),
        ("Score", -1),
        ("Score", 101),
        ("Score", math.nan),
        ("Score", math.inf),
        ("Score", 10**400),
        ("WarningSuggested", None),
        ("WarningSuggested", 1),
        ("WarningSuggested", "true"),
        ("PauseSuggested", None),
        ("PauseSuggested", 1),
        ("PauseSuggested", "true"),
        ("PauseSuggested", [True]),
    ],
)
def test_wrong_types_are_a_reason_to_try_again_and_never_a_verdict(
    context: Context, name: str, value: Any
) -> None:
    played = inspect(context, processed(**{name: value}))
    assert played.value is None
    assert outcome(played) == ("retry", "bad_answer", FIRST_INTERVAL_S)


@pytest.mark.parametrize(
    "body", [b"", b" ", b"null", b"[]", b"true", b"<html>pause</html>", b"\xff", b"{}"]
)
def test_an_answer_that_makes_no_sense_is_tried_again(
    context: Context, body: bytes
) -> None:
    played = inspect(context, raw(body))
    assert outcome(played) == ("retry", "bad_answer", FIRST_INTERVAL_S)


# -- the interval ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interval", "next_after_s"),
    [
        (0, 0.0),
        (1, 1.0),
        (40, 40.0),
        (40.5, 40.5),
        (1800, 1800.0),
        (1801, 1800.0),
        (7 * 24 * 3600, 1800.0),
        (-1, 60.0),
        (-(10**400), 60.0),
        (10**400, 60.0),
        (math.nan, 60.0),
        (math.inf, 60.0),
        ("40", 60.0),
        (True, 60.0),
        ([40], 60.0),
        (None, 60.0),
    ],
)
def test_the_interval_is_obeyed_and_nonsense_is_clamped(
    context: Context, interval: Any, next_after_s: float
) -> None:
    played = inspect(context, processed(NextProcessIntervalSec=interval))
    assert played.value.next_after_s == next_after_s
    assert context.interval_s == next_after_s


def test_the_last_interval_holds_after_a_failure_too(context: Context) -> None:
    inspect(context, processed(NextProcessIntervalSec=300))
    played = inspect(context, gadget_error("OE_INTERNAL_ERROR", 500))
    assert outcome(played) == ("retry", "server_fault", 300.0)


def test_a_longer_wait_that_the_server_asks_for_wins(context: Context) -> None:
    played = inspect(context, answer({}, 503, retry_after="900"))
    assert outcome(played) == ("retry", "server_fault", 900.0)


# -- every error type -----------------------------------------------------------------

FATES = [
    ("OE_BAD_ARGS", 400, "reopen", "context_refused", False),
    ("OE_ARGS_PARSE_FAILED", 400, "next_frame", "frame_refused", False),
    ("OE_CONTEXT_RATE_LIMITED", 429, "retry", "rate_limited", False),
    ("OE_IMAGE_DECODE_FAILED", 400, "next_frame", "frame_refused", False),
    ("OE_INVALID_API_KEY", 401, "ask", "api_key_refused", False),
    ("OE_API_KEY_BLOCKED_PAYMENT_FAILED", 402, "ask", "payment_due", False),
    ("OE_BACKEND_THROTTLED", 503, "retry", "throttled", True),
    ("OE_INTERNAL_ERROR", 500, "retry", "server_fault", True),
]


@pytest.mark.parametrize(("kind", "status", "step", "code", "switches"), FATES)
def test_every_error_type_of_the_seed_has_its_next_step(
    context: Context, kind: str, status: int, step: str, code: str, switches: bool
) -> None:
    played = inspect(context, gadget_error(kind, status))
    assert outcome(played) == (step, code, FIRST_INTERVAL_S)
    assert len(played.requests) == 1
    assert context.on_fallback is switches


@pytest.mark.parametrize(
    ("status", "step", "code", "switches"),
    [
        (204, "retry", "not_this_api", True),
        (302, "retry", "redirect", True),
        (401, "ask", "api_key_refused", False),
        (402, "ask", "payment_due", False),
        (403, "ask", "api_key_refused", False),
        (404, "reopen", "context_refused", False),
        (410, "reopen", "context_refused", False),
        (429, "retry", "throttled", True),
        (500, "retry", "server_fault", True),
        (504, "retry", "server_fault", True),
    ],
)
def test_without_a_known_error_type_the_status_decides(
    context: Context, status: int, step: str, code: str, switches: bool
) -> None:
    for body in (b"", b"<html>", b'{"ErrorType": ["OE_INVALID_API_KEY"]}'):
        context.on_fallback = False
        played = inspect(context, Response(status, {}, body))
        assert outcome(played) == (step, code, FIRST_INTERVAL_S)
        assert context.on_fallback is switches


def test_the_services_words_never_become_part_of_a_refused_frame(
    context: Context,
) -> None:
    played = inspect(context, gadget_error("OE_IMAGE_DECODE_FAILED", details="KEY-1234"))
    assert failure(played).params == {}
