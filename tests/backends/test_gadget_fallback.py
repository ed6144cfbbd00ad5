"""Gadget: from the primary address to the fallback, for the rest of the context."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from octoprint_aiwatch.backends.gadget import FIRST_INTERVAL_S, Context
from octoprint_aiwatch.core.errors import Retry, Unreachable
from tests.backends.play import (
    FALLBACK,
    FRAME,
    PRIMARY,
    Answer,
    Played,
    answer,
    failure,
    gadget,
    gadget_error,
    outcome,
    play,
    processed,
    raw,
)


def inspect(context: Context, *answers: Answer) -> Played:
    return play(gadget().inspect(FRAME, context), *answers)


@pytest.fixture
def context() -> Context:
    return Context(PRIMARY, FALLBACK)


def not_sent() -> Unreachable:
    return Unreachable("refused", sent=False, host="h")


def maybe_sent() -> Unreachable:
    return Unreachable("timeout", host="h")


FAILURES: dict[str, Callable[[], Answer]] = {
    "throttled": lambda: gadget_error("OE_BACKEND_THROTTLED", 503),
    "internal error": lambda: gadget_error("OE_INTERNAL_ERROR", 500),
    "bad gateway": lambda: raw(b"<html>", 502),
    "an answer without sense": lambda: raw(b"null"),
    "no answer": maybe_sent,
    "an endless answer": lambda: Retry("answer_too_large"),
}


@pytest.mark.parametrize("name", sorted(FAILURES))
def test_after_a_failure_of_the_primary_the_next_frame_goes_to_the_fallback(
    context: Context, name: str
) -> None:
    assert inspect(context, FAILURES[name]()).urls == [PRIMARY]
    assert inspect(context, processed()).urls == [FALLBACK]


@pytest.mark.parametrize("name", sorted(FAILURES))
def test_what_may_have_counted_as_a_call_is_not_repeated_before_the_interval(
    context: Context, name: str
) -> None:
    context.interval_s = 44.0
    played = inspect(context, FAILURES[name]())
    assert len(played.requests) == 1
    assert failure(played).wait_s == 44.0


def test_the_fallback_is_kept_for_the_rest_of_the_context(context: Context) -> None:
    inspect(context, gadget_error("OE_INTERNAL_ERROR", 500))
    urls = [inspect(context, processed()).urls for _ in range(5)]
    assert urls == [[FALLBACK]] * 5


def test_a_failure_of_the_fallback_does_not_lead_back(context: Context) -> None:
    context.on_fallback = True
    inspect(context, gadget_error("OE_INTERNAL_ERROR", 500))
    assert inspect(context, processed()).urls == [FALLBACK]


@pytest.mark.parametrize(
    "kind",
    [
        "OE_IMAGE_DECODE_FAILED",
        "OE_INVALID_API_KEY",
        "OE_API_KEY_BLOCKED_PAYMENT_FAILED",
        "OE_BAD_ARGS",
        "OE_ARGS_PARSE_FAILED",
        "OE_CONTEXT_RATE_LIMITED",
    ],
)
def test_after_the_clients_own_fault_the_primary_is_kept(
    context: Context, kind: str
) -> None:
    inspect(context, gadget_error(kind, 400))
    assert inspect(context, processed()).urls == [PRIMARY]


def test_what_surely_never_left_is_repeated_at_once_at_the_fallback(
    context: Context,
) -> None:
    played = inspect(context, not_sent(), processed(Score=50))
    assert played.urls == [PRIMARY, FALLBACK]
    assert played.value.evidence.score == 0.5
    assert context.on_fallback


def test_the_repeated_request_is_the_same(context: Context) -> None:
    first, second = inspect(context, not_sent(), processed()).requests
    assert first.files == second.files
    assert first.headers == second.headers


def test_it_is_repeated_once_only(context: Context) -> None:
    played = inspect(context, not_sent(), not_sent())
    assert played.urls == [PRIMARY, FALLBACK]
    assert failure(played).code == "refused"


def test_on_the_fallback_nothing_is_repeated(context: Context) -> None:
    context.on_fallback = True
    played = inspect(context, not_sent())
    assert played.urls == [FALLBACK]
    assert failure(played).code == "refused"


def test_what_never_left_either_address_need_not_wait_for_the_interval(
    context: Context,
) -> None:
    assert failure(inspect(context, not_sent(), not_sent())).wait_s == 0.0
    assert failure(inspect(context, not_sent())).wait_s == 0.0


@pytest.mark.parametrize("name", sorted(FAILURES))
def test_the_interval_holds_after_a_failure_of_the_fallback_too(
    context: Context, name: str
) -> None:
    context.on_fallback = True
    assert failure(inspect(context, FAILURES[name]())).wait_s == FIRST_INTERVAL_S


def test_the_interval_holds_after_a_repeated_call_that_was_lost(context: Context) -> None:
    played = inspect(context, not_sent(), maybe_sent())
    assert played.urls == [PRIMARY, FALLBACK]
    assert outcome(played) == ("retry", "timeout", FIRST_INTERVAL_S)


def test_a_refusal_of_the_repeated_call_is_told(context: Context) -> None:
    played = inspect(context, not_sent(), gadget_error("OE_INVALID_API_KEY", 401))
    assert outcome(played) == ("ask", "api_key_refused", FIRST_INTERVAL_S)


def test_an_address_that_cannot_be_used_at_all_leads_to_the_fallback(
    context: Context,
) -> None:
    inspect(context, Retry("bad_url"))
    assert context.url == FALLBACK


@pytest.mark.parametrize("status", [404, 410])
def test_a_context_that_is_gone_is_opened_anew(context: Context, status: int) -> None:
    assert failure(inspect(context, answer({}, status))).step == "reopen"
