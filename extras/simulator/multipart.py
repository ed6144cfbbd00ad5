"""Reads multipart/form-data bodies, strictly.

A real server forgives more than this one; a simulated one should find faults. Must not
know which parts a protocol wants.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from typing import Optional


class MultipartError(ValueError):
    """The body is not well-formed multipart/form-data."""


@dataclass(frozen=True)
class Part:
    """One part of a form; `filename` is None for text parts."""

    name: str
    filename: Optional[str]
    content_type: Optional[str]
    data: bytes

    @property
    def text(self) -> str:
        """The data as text."""
        return self.data.decode("utf-8", "replace")


def _header(value: str) -> Message:
    message = Message()
    message["Content-Type"] = value
    return message


def _text_param(message: Message, name: str, header: str) -> Optional[str]:
    value = message.get_param(name, header=header)
    if isinstance(value, tuple):  # RFC 2231: (charset, language, value)
        return value[2]
    return value


def _parse_part(block: bytes) -> Part:
    head, separator, data = block.partition(b"\r\n\r\n")
    if not separator:
        raise MultipartError("a part has no empty line after its headers")
    message = Message()
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon:
            raise MultipartError("a part has a header line without a colon")
        message[name.strip()] = value.strip()
    disposition = message.get("Content-Disposition", "")
    if not disposition.lower().startswith("form-data"):
        raise MultipartError("a part is not form-data")
    field = _text_param(message, "name", "Content-Disposition")
    if field is None:
        raise MultipartError("a part has no name")
    filename = _text_param(message, "filename", "Content-Disposition")
    return Part(field, filename, message.get("Content-Type"), data)


def parse_multipart(content_type: str, body: bytes) -> list[Part]:
    """The parts of `body` in their order.

    Raises:
        MultipartError: the content type or the body is not multipart/form-data.
    """
    header = _header(content_type)
    if header.get_content_type() != "multipart/form-data":
        raise MultipartError(f"the content type is {content_type or 'missing'!r}")
    boundary = _text_param(header, "boundary", "Content-Type")
    if not boundary:
        raise MultipartError("the content type names no boundary")
    mark = b"--" + boundary.encode()
    blocks = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(blocks) < 2 or not blocks[-1].startswith(b"--"):
        raise MultipartError("the closing boundary is missing")
    return [_parse_part(block.partition(b"\r\n")[2]) for block in blocks[1:-1]]
