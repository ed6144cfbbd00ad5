"""As much of Protocol Buffers as it takes to change an ONNX file: fields and numbers.

Source: the public description of the encoding. Knows no message type.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Union

VARINT, BYTES = 0, 2
FIXED = {1: 8, 5: 4}
"""Lengths of the two kinds of numbers that are not packed."""
Value = Union[int, bytes]
Field = tuple[int, int, Value]
"""Number, kind of encoding, value."""


class ProtobufError(ValueError):
    """These bytes are no message."""


def read(message: bytes) -> Iterator[Field]:
    """The fields of a message, in order."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = _varint(message, at)
            yield number, kind, value
            continue
        if kind == BYTES:
            length, at = _varint(message, at)
        elif kind in FIXED:
            length = FIXED[kind]
        else:
            raise ProtobufError("a kind of field that is not used any more")
        if at + length > len(message):
            raise ProtobufError("cut off")
        yield number, kind, message[at : at + length]
        at += length


def write(*fields: Field) -> bytes:
    """A message of these fields."""
    out = bytearray()
    for number, kind, value in fields:
        out += _as_varint(number << 3 | kind)
        if isinstance(value, int):
            out += _as_varint(value)
            continue
        if kind == BYTES:
            out += _as_varint(len(value))
        out += value
    return bytes(out)


def text(number: int, value: str) -> Field:
    """A text field."""
    return number, BYTES, value.encode("utf-8")


def inner(number: int, *fields: Field) -> Field:
    """A message within a message."""
    return number, BYTES, write(*fields)


def whole(number: int, value: int) -> Field:
    """A number that is not negative."""
    return number, VARINT, value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise ProtobufError("cut off")


def _as_varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
