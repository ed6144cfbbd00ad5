"""Answers unpacked piece by piece."""

from __future__ import annotations

import gzip
import zlib

import pytest

from octoprint_aiwatch.adapters.unpack import PIECE_BYTES, PackedError, unpacked

BODY = b'{"Score": 12}' * 400
BARE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
PACKED = {
    "gzip": gzip.compress(BODY),
    "X-GZip": gzip.compress(BODY),
    "deflate": zlib.compress(BODY),
    "Deflate ": BARE.compress(BODY) + BARE.flush(),
    "": BODY,
    "identity": BODY,
}


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_body_is_the_same_in_pieces_of_any_size(encoding: str, size: int) -> None:
    packed = PACKED[encoding]
    pieces = (packed[at : at + size] for at in range(0, len(packed), size))
    assert b"".join(unpacked(encoding, pieces)) == BODY


def test_no_piece_is_larger_than_the_bound_however_well_it_was_packed() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    sizes = [len(piece) for piece in unpacked("gzip", [bomb])]
    assert sum(sizes) == 50_000_000
    assert max(sizes) <= PIECE_BYTES


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"nope"),
        ("gzip", gzip.compress(BODY, mtime=0)[:-9]),
        ("gzip, gzip", gzip.compress(gzip.compress(BODY, mtime=0), mtime=0)),
        ("br", b"x"),
        ("zstd", b"x"),
        ("deflate", b"\xff\xff"),
    ],
)
def test_what_cannot_be_unpacked_is_an_error(encoding: str, body: bytes) -> None:
    with pytest.raises(PackedError):
        b"".join(unpacked(encoding, [body]))


def test_nothing_at_all_is_nothing() -> None:
    assert b"".join(unpacked("gzip", [])) == b""
