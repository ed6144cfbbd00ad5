"""Odd JPEGs: which are whole, and what is told of those that are not."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core.errors import SnapshotError
from octoprint_aiwatch.core.jpeg import MAX_SIDE_PX, MIN_SIDE_PX, measure

START, SCAN, END = b"\xff\xd8", b"\xff\xda\x00\x02", b"\xff\xd9"


def header(width: int = 64, height: int = 48, marker: int = 0xC0) -> bytes:
    """A frame header, as far as anybody reads it."""
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes((0xFF, marker)) + b"\x00\x08\x08" + size + b"\x01"


def jpeg(*segments: bytes) -> bytes:
    return START + b"".join(segments) + SCAN + b"\x12\x34" + END


def refused(data: bytes) -> SnapshotError:
    with pytest.raises(SnapshotError) as caught:
        measure(data)
    return caught.value


@pytest.mark.parametrize("width", [MIN_SIDE_PX, MAX_SIDE_PX])
@pytest.mark.parametrize("height", [MIN_SIDE_PX, MAX_SIDE_PX])
def test_a_side_may_be_as_short_and_as_long_as_its_bounds(
    width: int, height: int
) -> None:
    assert measure(jpeg(header(width, height))) == (width, height)


@pytest.mark.parametrize("size", [(MIN_SIDE_PX - 1, 48), (64, MAX_SIDE_PX + 1)])
def test_a_size_that_is_of_no_use_is_told(size: tuple[int, int]) -> None:
    error = refused(jpeg(header(*size)))
    assert (error.code, error.step, error.source) == (
        "snapshot_size",
        "next_frame",
        "camera",
    )
    assert error.params == {"width": size[0], "height": size[1]}


def test_a_picture_without_a_frame_header_has_no_size() -> None:
    assert refused(jpeg()).code == "snapshot_truncated"


@pytest.mark.parametrize("marker", [0xBF, 0xC4, 0xC8, 0xCC, 0xD0, 0xFE])
def test_tables_and_comments_are_no_frame_headers(marker: int) -> None:
    assert measure(jpeg(header(999, 999, marker), header())) == (64, 48)
    assert refused(jpeg(header(marker=marker))).code == "snapshot_truncated"


@pytest.mark.parametrize("marker", sorted({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}))
def test_every_kind_of_picture_has_a_frame_header(marker: int) -> None:
    assert measure(jpeg(header(marker=marker))) == (64, 48)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_any_number_of_fill_bytes_does_no_harm(count: int) -> None:
    assert measure(jpeg(b"\xff" * count, header())) == (64, 48)


@pytest.mark.parametrize("length", [0, 1, 2])
def test_a_segment_of_nothing_is_passed_over(length: int) -> None:
    assert measure(jpeg(b"\xff\xe0\x00" + bytes((length,)), header())) == (64, 48)


def test_what_stands_between_two_segments_ends_the_reading() -> None:
    assert refused(jpeg(header(), b"\x00")).code == "snapshot_truncated"


@pytest.mark.parametrize("left", range(3, len(jpeg(header())) - 1))
def test_a_picture_that_ends_anywhere_is_cut_off(left: int) -> None:
    assert refused(jpeg(header())[:left]).code == "snapshot_truncated"
