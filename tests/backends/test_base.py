"""What backends share: reading JSON, numbers, statuses, other people's words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.backends import base
from octoprint_aiwatch.backends.base import FilePart, Request, Response
from octoprint_aiwatch.core.errors import Retry
from tests.backends.play import answer, raw


@pytest.mark.parametrize(
    ("typed", "joined"),
    [
        ("https://a.example", "https://a.example/x/"),
        ("https://a.example/", "https://a.example/x/"),
        ("https://a.example/below//", "https://a.example/below/x/"),
    ],
)
def test_an_address_is_joined_with_one_slash(typed: str, joined: str) -> None:
    assert base.join(typed, "/x/") == joined


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://user:pw@a.example:8443/path?key=1", "a.example"),
        ("http://[::1]:80/", "::1"),
        ("https://[broken/", ""),
        ("nothing", ""),
    ],
)
def test_only_the_host_of_an_address_is_shown(url: str, host: str) -> None:
    assert base.host_of(url) == host


@pytest.mark.parametrize("body", [b"", b"  \r\n "])
def test_an_empty_body_is_named_as_such(body: bytes) -> None:
    with pytest.raises(Retry) as caught:
        base.read_json(raw(body))
    assert caught.value.params == {"detail": "empty"}


@pytest.mark.parametrize(
    "body", [b"<html>", b"\xff\xfe", b"[" * 100_000, b"1" * 10_000, b'{"a":']
)
def test_a_body_that_is_no_json_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(Retry) as caught:
        base.read_json(raw(body))
    assert (caught.value.code, caught.value.params) == (
        "bad_answer",
        {"detail": "not JSON"},
    )


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null", b'"text"'])
def test_trying_for_an_object_gives_an_empty_one_for_anything_else(body: bytes) -> None:
    assert base.try_json(raw(body)) == {}


@pytest.mark.parametrize("value", [0, 1, 0.5, 1.0])
def test_a_number_within_bounds_passes(value: float) -> None:
    assert base.number(value, "p", 0, 1) == value


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (True, "p is not a number"),
        ("0.5", "p is not a number"),
        (None, "p is not a number"),
        ([0.5], "p is not a number"),
        (math.nan, "p is out of range"),
        (math.inf, "p is out of range"),
        (10**400, "p is out of range"),
        (1.01, "p is out of range"),
        (-0.01, "p is out of range"),
    ],
)
def test_anything_else_than_a_number_within_bounds_is_refused(
    value: object, detail: str
) -> None:
    with pytest.raises(Retry) as caught:
        base.number(value, "p", 0, 1)
    assert caught.value.params == {"detail": detail}


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("99999", 3600.0),
        ("-5", 0.0),
        ("1e9", 0.0),
        ("9" * 400, 0.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0),
        ("²", 0.0),
        ("٣", 3.0),
        ("", 0.0),
    ],
)
def test_retry_after_counts_if_it_makes_sense(text: str, wait_s: float) -> None:
    assert base.retry_after_s(Response(429, {"retry-after": text})) == wait_s


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (100, "not_this_api"),
        (204, "not_this_api"),
        (301, "redirect"),
        (308, "redirect"),
        (400, "not_this_api"),
        (404, "not_this_api"),
        (429, "throttled"),
        (500, "server_fault"),
        (503, "server_fault"),
        (599, "server_fault"),
    ],
)
def test_a_status_alone_says_what_happens_next(status: int, code: str) -> None:
    error = base.general_error(Response(status), "https://a.example/secret-path")
    assert isinstance(error, Retry)
    assert error.code == code
    assert "secret-path" not in str(error.params)


def test_a_busy_server_is_left_alone_for_as_long_as_it_asks() -> None:
    for status in (429, 503):
        error = base.general_error(Response(status, {"retry-after": "90"}), "https://a")
        assert isinstance(error, Retry)
        assert error.wait_s == 90.0


def test_a_servers_words_become_one_bounded_line() -> None:
    assert base.detail_of("  two\nlines\t and  more ") == "two lines and more"
    assert len(base.detail_of("x" * 10_000)) == base.MAX_DETAIL
    assert base.detail_of("x" * 10_000).endswith("…")


@given(st.text())
def test_a_servers_words_can_be_written_to_any_log(text: str) -> None:
    line = base.detail_of(text)
    assert line.encode("utf-8").decode("utf-8").splitlines() in ([line], [])
    assert line.isprintable()


def test_a_servers_words_may_be_any_json() -> None:
    assert base.detail_of({"a": [1]}) == "{'a': [1]}"


def test_neither_request_nor_file_shows_secrets_or_pictures_when_printed() -> None:
    request = Request(
        "POST",
        "https://a.example",
        headers={"X-API-Key": "SECRET"},
        form={"serial_no": "SECRET"},
        json={"access_token": "SECRET"},
        files=(FilePart("img", "a.jpg", b"PICTURE"),),
    )
    assert "SECRET" not in repr(request)
    assert "PICTURE" not in repr(request)


def test_json_answers_are_read_as_they_are() -> None:
    assert base.read_json(answer({"a": [1, None]})) == {"a": [1, None]}
