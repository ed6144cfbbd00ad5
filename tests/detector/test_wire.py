"""How plugin and detector process talk: what goes in comes out, damage is an error."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from octoprint_aiwatch.detector import wire
from octoprint_aiwatch.detector.wire import WireError

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.none() | st.booleans() | NUMBERS | st.text(max_size=8) | st.lists(NUMBERS)
HEADS = st.dictionaries(st.text(max_size=8), VALUES, max_size=4)
MESSAGES = st.lists(st.tuples(HEADS, st.binary(max_size=100)), min_size=1, max_size=3)


def sent(*messages: tuple[dict[str, Any], bytes]) -> bytes:
    stream = io.BytesIO()
    for head, payload in messages:
        wire.write(stream, head, payload)
    return stream.getvalue()


def headed(head: bytes, payload: bytes = b"") -> bytes:
    """A message with any head, sound or not."""
    return struct.pack(">I", len(head)) + head + payload


class Dripping(io.RawIOBase):
    """A stream that gives a few bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__()
        self._data, self._most = io.BytesIO(data), most

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, self._most))


@settings(max_examples=50)
@given(MESSAGES, st.integers(1, 50))
def test_what_is_written_is_read_however_it_arrives(
    messages: list[tuple[dict[str, Any], bytes]], most: int
) -> None:
    stream: Any = Dripping(sent(*messages), most)
    for head, payload in messages:
        found, body = wire.read(stream)
        assert found == {**head, "bytes": len(payload)}
        assert body == payload


def test_a_head_cannot_lie_about_its_payload() -> None:
    stream = io.BytesIO(sent(({"bytes": 3}, b"seven..")))
    assert wire.read(stream) == ({"bytes": 7}, b"seven..")


@given(HEADS, st.binary(min_size=1, max_size=300), st.data())
def test_a_message_cut_short_anywhere_is_an_error(
    head: dict[str, Any], payload: bytes, data: st.DataObject
) -> None:
    whole = sent((head, payload))
    kept = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(WireError):
        wire.read(io.BytesIO(whole[:kept]))


def read_or_refused(data: bytes) -> None:
    """Reads until the end; nothing but a WireError may come of it."""
    stream = io.BytesIO(data)
    try:
        while True:
            head, payload = wire.read(stream)
            assert isinstance(head, dict)
            assert len(payload) == head["bytes"]
    except WireError:
        pass


@settings(max_examples=50)
@given(MESSAGES, st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=8))
def test_damaged_bytes_are_read_or_refused(
    messages: list[tuple[dict[str, Any], bytes]], damage: list[tuple[int, int]]
) -> None:
    data = bytearray(sent(*messages))
    for at, value in damage:
        data[at % len(data)] = value
    read_or_refused(bytes(data))


@given(st.binary(max_size=400))
@example(b"")
@example(b"\x00\x00\x00\x00")
@example(b"HTTP/1.1 200 OK\r\n\r\n")
def test_any_bytes_at_all_are_read_or_refused(data: bytes) -> None:
    read_or_refused(data)
    read_or_refused(headed(data))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"null",
        b"7",
        b"[]",
        b'"bytes"',
        b"{}",
        b"{",
        b'{"bytes": null}',
        b'{"bytes": "3"}',
        b'{"bytes": 3.0}',
        b'{"bytes": true}',
        b'{"bytes": -1}',
        b'{"bytes": NaN}',
        b'{"bytes": 1e400}',
        b'{"bytes": %d}' % (wire.MAX_PAYLOAD_BYTES + 1),
        b'{"bytes": 1%s}' % (b"0" * 5000),
        b"[" * wire.MAX_HEAD_BYTES,
        b'{"a":' * 10_000,
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"bytes": 3, "\xc3": 0}',
    ],
    ids=lambda head: repr(head[:20]),
)
def test_a_head_that_makes_no_sense_is_an_error(head: bytes) -> None:
    with pytest.raises(WireError):
        wire.read(io.BytesIO(headed(head, b"pay")))


def test_a_head_that_is_too_long_is_not_even_read() -> None:
    stream = io.BytesIO(struct.pack(">I", wire.MAX_HEAD_BYTES + 1) + b"x" * 100)
    with pytest.raises(WireError):
        wire.read(stream)
    assert stream.tell() == 4


def test_the_longest_head_that_may_be_is_read() -> None:
    head = json.dumps({"bytes": 0}).encode().ljust(wire.MAX_HEAD_BYTES)
    assert wire.read(io.BytesIO(headed(head))) == ({"bytes": 0}, b"")


def test_nothing_is_sent_of_what_cannot_be_written() -> None:
    stream = io.BytesIO()
    with pytest.raises(TypeError):
        wire.write(stream, {"path": object()})
    assert stream.getvalue() == b""
