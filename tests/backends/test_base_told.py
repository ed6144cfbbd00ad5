"""What backends share: how an address is reached, how long a server is left alone."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.backends import base
from octoprint_aiwatch.backends.base import Response
from octoprint_aiwatch.core.errors import Retry


@pytest.mark.parametrize(
    ("typed", "scheme"),
    [
        ("https://a.example/x", "https"),
        ("http://a.example:8080/https://", "http"),
        ("HTTPS://a.example", "https"),
        (" https://a.example", "https"),
        ("a.example", "a.example"),
        ("", ""),
    ],
)
def test_how_an_address_is_reached_stands_before_its_first_colon(
    typed: str, scheme: str
) -> None:
    assert base.scheme_of(typed) == scheme


@pytest.mark.parametrize(("digits", "wait_s"), [(8, 3600.0), (9, 0.0)])
def test_a_server_that_asks_for_decades_is_not_taken_at_its_word(
    digits: int, wait_s: float
) -> None:
    assert base.retry_after_s(Response(503, {"retry-after": "9" * digits})) == wait_s


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (299, "not_this_api"),
        (300, "redirect"),
        (399, "redirect"),
        (400, "not_this_api"),
        (499, "not_this_api"),
        (500, "server_fault"),
    ],
)
def test_a_status_is_judged_by_its_hundred(status: int, code: str) -> None:
    error = base.general_error(Response(status), "https://a.example")
    assert isinstance(error, Retry)
    assert error.code == code
