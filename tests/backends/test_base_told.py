"""What backends share: addresses, statuses, a server's words, boxes."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.backends import base
from octoprint_aiwatch.backends.base import (
    FARTHEST_PX,
    MAX_DETAIL,
    Pixels,
    Published,
    Request,
    Response,
)
from octoprint_aiwatch.core.errors import Retry
from octoprint_aiwatch.core.values import Frame

FRAME = Frame(b"", 200, 100)


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


def test_a_servers_words_that_just_fit_are_not_cut() -> None:
    assert base.detail_of("x" * MAX_DETAIL) == "x" * MAX_DETAIL
    assert base.detail_of("x" * MAX_DETAIL + "y") == "x" * (MAX_DETAIL - 1) + "…"


# -- what is printed -------------------------------------------------------------------


@pytest.mark.parametrize(
    "secret",
    [
        Request("POST", "https://a.example", body=b"SECRET"),
        Pixels(1, 2, b"SECRET"),
        Published("http://octopi.local/frame/SECRET.jpg", "http://octopi.local/frame/"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_pictures_and_the_address_of_one_are_not_shown_when_printed(
    secret: Any,
) -> None:
    assert "SECRET" not in repr(secret)


# -- boxes -----------------------------------------------------------------------------


def test_a_box_in_pixels_becomes_shares_of_the_frame() -> None:
    assert base.box_of([100, 25, 50, 10], FRAME) == (0.5, 0.25, 0.25, 0.1)


def test_what_of_a_box_lies_beyond_the_frame_is_left_out() -> None:
    assert base.box_of([-1, 101, 201, -1], FRAME) == (0.0, 1.0, 1.0, 0.0)


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("side", [-1, 1])
def test_a_number_that_is_no_pixels_makes_no_box(at: int, side: int) -> None:
    box = [1.0, 2.0, 3.0, 4.0]
    box[at] = side * FARTHEST_PX
    assert len(base.box_of(box, FRAME)) == 4
    box[at] = side * (FARTHEST_PX + 1)
    with pytest.raises(Retry) as caught:
        base.box_of(box, FRAME)
    assert caught.value.params == {"detail": "a box is out of range"}


@pytest.mark.parametrize("box", [None, {}, "1234", [], [1, 2, 3], [1, 2, 3, 4, 5]])
def test_a_box_is_four_numbers(box: Any) -> None:
    with pytest.raises(Retry) as caught:
        base.box_of(box, FRAME)
    assert caught.value.params == {"detail": "a box is not four numbers"}
