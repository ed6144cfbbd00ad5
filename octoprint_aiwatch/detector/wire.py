"""How the plugin and the detector process talk: a JSON head, then bytes.

``length of the head (4 bytes, big end first) | head | payload of head["bytes"] bytes``.
No pickle: a damaged message is an error, never code.
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any

MAX_HEAD_BYTES = 65536
MAX_PAYLOAD_BYTES = 64 * 1024 * 1024
MOST_CELLS = 256 * 256
"""A heat map of more would keep OctoPrint's own process busy with drawing boxes."""
THUMBNAIL_BYTES = 64 * 48
"""What comes with a look's figures: grey pixels, a byte each."""
OUT_OF_MEMORY = 12
"""The exit status of a process that had no room for what it was sent."""
_LENGTH = struct.Struct(">I")


class WireError(Exception):
    """The other side is gone, or what it sent makes no sense."""


def write(stream: IO[bytes], head: dict[str, Any], payload: bytes = b"") -> None:
    """Send one message."""
    text = json.dumps({**head, "bytes": len(payload)}).encode("utf-8")
    stream.write(_LENGTH.pack(len(text)) + text + payload)
    stream.flush()


def read(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """Wait for one message.

    Raises:
        WireError: the stream ended or holds something else.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > MAX_HEAD_BYTES:
        raise WireError("a head of that length cannot be right")
    try:
        head = json.loads(_exactly(stream, length))
    except (ValueError, RecursionError):
        raise WireError("the head is not JSON") from None
    size = head.get("bytes") if isinstance(head, dict) else None
    if type(size) is not int or not 0 <= size <= MAX_PAYLOAD_BYTES:
        raise WireError("the payload's length is missing")
    return head, _exactly(stream, size)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    parts = []
    while size > 0:
        part = stream.read(size)
        if not part:
            raise WireError("the stream has ended")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
