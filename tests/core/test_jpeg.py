"""The gate every frame passes."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from octoprint_aiwatch.core.errors import SnapshotError
from octoprint_aiwatch.core.jpeg import MOST_MARKERS, measure


def jpeg(width: int = 64, height: int = 48, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "gray").save(buffer, "JPEG", **options)
    return buffer.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(SnapshotError) as caught:
        measure(data)
    return caught.value.code


@pytest.mark.parametrize("size", [(640, 480), (33, 32), (8192, 40)])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 5}])
def test_a_whole_jpeg_is_measured(size: tuple[int, int], options: dict) -> None:
    assert measure(jpeg(*size, **options)) == size


def test_padding_behind_the_picture_does_no_harm() -> None:
    assert measure(jpeg() + b"\0" * 5000) == (64, 48)


def test_fill_bytes_between_markers_do_no_harm() -> None:
    data = jpeg()
    assert measure(data[:2] + b"\xff\xff" + data[2:]) == (64, 48)


def test_the_end_of_an_embedded_thumbnail_is_not_the_pictures_end() -> None:
    thumbnail = jpeg(32, 32)
    data = jpeg(64, 48)
    length = len(thumbnail) + 2
    app1 = b"\xff\xe1" + length.to_bytes(2, "big") + thumbnail
    whole = data[:2] + app1 + data[2:]
    assert measure(whole) == (64, 48)
    assert refusal(whole[:-20]) == "snapshot_truncated"


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
def test_a_jpeg_that_is_cut_off_is_refused(share: float) -> None:
    data = jpeg(320, 240)
    assert refusal(data[: int(len(data) * share)]) == "snapshot_truncated"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "snapshot_empty"),
        (b"<!DOCTYPE html><html>", "snapshot_is_page"),
        (b'\n {"error": 1}', "snapshot_is_page"),
        (b"\x89PNG\r\n\x1a\n....", "snapshot_no_jpeg"),
        (b"\xff\xd8\xff", "snapshot_truncated"),
        (b"\xff\xd8\xff\xe0\x00\x00junk", "snapshot_truncated"),
    ],
)
def test_what_is_no_jpeg_is_named(data: bytes, code: str) -> None:
    assert refusal(data) == code


@pytest.mark.parametrize("size", [(16, 480), (480, 8), (8193, 64)])
def test_a_size_that_is_of_no_use_is_refused(size: tuple[int, int]) -> None:
    assert refusal(jpeg(*size)) == "snapshot_size"


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_measured_or_refused_and_nothing_else(
    data: bytes, head: bool
) -> None:
    try:
        width, height = measure(b"\xff\xd8\xff" + data if head else data)
    except SnapshotError:
        return
    assert 32 <= width <= 8192
    assert 32 <= height <= 8192


@given(st.data())
def test_damage_anywhere_in_the_head_is_measured_or_refused(data: st.DataObject) -> None:
    picture = bytearray(jpeg())
    at = data.draw(st.integers(0, len(picture) - 1))
    picture[at] = data.draw(st.integers(0, 255))
    try:
        measure(bytes(picture))
    except SnapshotError:
        return


@pytest.mark.parametrize("filling", [b"\xff", b"\xff\xe0\x00\x02"])
def test_a_million_markers_are_not_read_to_their_end(filling: bytes) -> None:
    data = b"\xff\xd8\xff\xe0\x00\x02" + filling * 1_000_000
    steps = 0

    class Counted(bytes):
        def __getitem__(self, key: Any) -> Any:
            nonlocal steps
            steps += 1
            return bytes.__getitem__(self, key)

    with pytest.raises(SnapshotError):
        measure(Counted(data))
    assert steps < 10 * MOST_MARKERS
