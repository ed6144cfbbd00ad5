"""Gadget: what an answer that is refused is refused for, and where frames may go."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.backends.base import MAX_DETAIL
from octoprint_aiwatch.backends.gadget import LONGEST_TEXT, Context
from tests.backends.play import (
    CREATED,
    FALLBACK,
    FRAME,
    JOB,
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
)


def opened(*answers: Answer, **values: str) -> Played:
    return play(gadget(**values).open(JOB), *answers)


def inspect(*answers: Answer) -> Played:
    return play(gadget().inspect(FRAME, Context(PRIMARY, FALLBACK)), *answers)


# -- an answer that makes no sense -----------------------------------------------------


@pytest.mark.parametrize("call", [opened, inspect])
def test_an_answer_that_is_no_object_is_told_as_such(call: Any) -> None:
    assert failure(call(answer([]))).params == {"detail": "not an object"}


@pytest.mark.parametrize(
    ("name", "value", "detail"),
    [
        ("Score", "12", "Score is not a number"),
        ("Score", 101, "Score is out of range"),
        ("WarningSuggested", 1, "WarningSuggested is not true or false"),
        ("PauseSuggested", 1, "PauseSuggested is not true or false"),
    ],
)
def test_what_is_wrong_in_an_answer_is_named(name: str, value: Any, detail: str) -> None:
    assert failure(inspect(processed(**{name: value}))).params == {"detail": detail}


# -- errors of the service -------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 404, 500])
@pytest.mark.parametrize("call", [opened, inspect])
def test_an_internal_error_is_the_services_own_whatever_its_status(
    call: Any, status: int
) -> None:
    error = failure(call(gadget_error("OE_INTERNAL_ERROR", status)))
    assert (error.step, error.code) == ("retry", "server_fault")
    assert error.params == {"status": status}


def test_the_services_words_are_one_bounded_line() -> None:
    told = opened(gadget_error("OE_BAD_ARGS", details="two\nlines" + " of words" * 100))
    detail = failure(told).params["detail"]
    assert detail.startswith("two lines of words")
    assert len(detail) == MAX_DETAIL


# -- where the key and the frames may go -----------------------------------------------


@pytest.mark.parametrize("name", ["ProcessRequestUrl", "FallbackProcessRequestUrl"])
def test_a_protected_service_of_this_network_cannot_lead_to_unprotected_addresses(
    name: str,
) -> None:
    plain = {**CREATED, name: "http://192.168.1.9/process"}
    played = opened(answer(plain), url="https://gadget.lan")
    assert outcome(played) == ("ask", "url_refused", 0.0)


@pytest.mark.parametrize("name", sorted(CREATED))
def test_a_text_may_be_as_long_as_an_address_ever_is(name: str) -> None:
    longest = "https://a.example/".ljust(LONGEST_TEXT, "x")
    assert opened(answer({**CREATED, name: longest})).error is None
    played = opened(answer({**CREATED, name: longest + "x"}))
    assert failure(played).params == {"detail": f"{name} is missing"}
