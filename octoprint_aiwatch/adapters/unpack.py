"""Unpacks an answer piece by piece, so that a small body cannot become a huge one.

The libraries below unpack what they have read at one go, through as many layers as the
other side names. Here there is one layer, and never more than a piece of it in memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

ACCEPTED = "gzip, deflate"
"""What a service is told that we can unpack."""
PIECE_BYTES = 65536
_GZIP = zlib.MAX_WBITS | 16


class PackedError(ValueError):
    """It is not packed as it says."""


def unpacked(encoding: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The body, a bounded piece at a time.

    Args:
        encoding: the header ``Content-Encoding``.

    Raises:
        PackedError: it cannot be unpacked, or breaks off.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        yield from pieces
        return
    if name not in ("gzip", "x-gzip", "deflate"):
        raise PackedError("unknown")
    left: Any = None
    for piece in pieces:
        if left is None:
            left = zlib.decompressobj(_window(name, piece))
        try:
            yield from _drained(left, piece)
        except zlib.error:
            raise PackedError("damaged") from None
    if left is not None and not left.eof:
        raise PackedError("broken off")


def _drained(unpacker: Any, piece: bytes) -> Iterator[bytes]:
    while piece and not unpacker.eof:
        found = unpacker.decompress(piece, PIECE_BYTES)
        piece = unpacker.unconsumed_tail
        if found:
            yield found


def _window(name: str, first: bytes) -> int:
    """Some servers call a bare stream "deflate", others one with zlib's head."""
    if name != "deflate":
        return _GZIP
    return zlib.MAX_WBITS if first[:1] == b"\x78" else -zlib.MAX_WBITS
