"""A JPEG becomes pixels of the size a model wants, whatever sort of JPEG it is."""

from __future__ import annotations

import io
from typing import Any, Callable

import numpy as np
import pytest
from PIL import Image, ImageFile

from octoprint_aiwatch.core.values import View
from octoprint_aiwatch.core.view import seen
from octoprint_aiwatch.detector import picture as module
from octoprint_aiwatch.detector.model import fit_to_area
from octoprint_aiwatch.detector.picture import PictureError, as_array, pixels, turned
from tests.detector.tiny import jpeg, picture

ROTATED = 0x0112
"""The EXIF field that says how a picture is to be turned."""
ALIKE = 12.0
"""Mean difference of two pictures that show the same, compression included."""


def fixed(width: int, height: int) -> Callable[[int, int], tuple[int, int]]:
    return lambda *_: (width, height)


def differ(one: Any, two: Any) -> float:
    return float(np.abs(np.asarray(one, float) - np.asarray(two, float)).mean())


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1920, 1080), (2592, 1944)])
def test_a_frame_comes_in_the_size_that_the_model_fits_it_to(
    size: tuple[int, int],
) -> None:
    found = pixels(jpeg(picture(*size)), fit_to_area)
    width, height = fit_to_area(*size)
    assert (found.shape, found.dtype) == ((height, width, 3), np.uint8)


@pytest.mark.parametrize("size", [(16, 16), (100, 40), (320, 240), (700, 300)])
def test_any_other_size_can_be_asked_for(size: tuple[int, int]) -> None:
    found = pixels(jpeg(picture(640, 480)), fixed(*size))
    assert found.shape == (size[1], size[0], 3)


def test_the_model_is_asked_for_the_whole_frames_size() -> None:
    asked: list[tuple[int, int]] = []

    def fit(width: int, height: int) -> tuple[int, int]:
        asked.append((width, height))
        return 32, 32

    pixels(jpeg(picture(1600, 1200)), fit)
    assert asked == [(1600, 1200)]


@pytest.mark.parametrize("width", [320, 640, 1000, 2560])
def test_what_a_frame_shows_is_the_same_at_any_resolution(width: int) -> None:
    shown = picture(width, width * 3 // 4)
    expected = shown.resize((320, 240), Image.BOX)
    assert differ(pixels(jpeg(shown), fixed(320, 240)), expected) < ALIKE


def test_a_frame_smaller_than_the_model_wants_is_enlarged() -> None:
    shown = picture(80, 60)
    expected = shown.resize((320, 240), Image.BILINEAR)
    assert differ(pixels(jpeg(shown), fixed(320, 240)), expected) < ALIKE


def test_red_green_and_blue_stay_in_their_order() -> None:
    found = pixels(jpeg(Image.new("RGB", (64, 48), (200, 100, 30))), fixed(32, 32))
    assert differ(found.mean((0, 1)), (200, 100, 30)) < 4


@pytest.mark.parametrize("width", [320, 1280])
def test_a_grey_frame_has_three_channels_alike(width: int) -> None:
    shown = picture(width, width * 3 // 4).convert("L")
    found = pixels(jpeg(shown), fixed(320, 240))
    assert found.shape == (240, 320, 3)
    assert np.ptp(found, axis=2).max() == 0
    assert differ(found[..., 0], shown.resize((320, 240), Image.BOX)) < ALIKE


@pytest.mark.parametrize("width", [320, 1280])
def test_a_frame_in_printers_colours_is_read_as_light(width: int) -> None:
    shown = picture(width, width * 3 // 4)
    found = pixels(jpeg(shown.convert("CMYK")), fixed(320, 240))
    assert found.shape == (240, 320, 3)
    assert differ(found, shown.resize((320, 240), Image.BOX)) < 2 * ALIKE


@pytest.mark.parametrize(
    "options",
    [{"progressive": True}, {"quality": 20}, {"subsampling": 0}, {"subsampling": 2}],
)
def test_every_sort_of_compression_shows_the_same(options: dict[str, Any]) -> None:
    shown = picture(1280, 960)
    found = pixels(jpeg(shown, **options), fixed(320, 240))
    assert differ(found, shown.resize((320, 240), Image.BOX)) < ALIKE


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_frame_that_is_to_be_turned_is_left_as_it_is(turn: int) -> None:
    # Every box is a place on the frame as its bytes have it.
    exif = Image.Exif()
    exif[ROTATED] = turn
    shown = picture(640, 480)
    turned = pixels(jpeg(shown, exif=exif.tobytes()), fit_to_area)
    np.testing.assert_array_equal(turned, pixels(jpeg(shown), fit_to_area))


def test_what_follows_the_picture_is_overlooked() -> None:
    whole = jpeg(picture())
    np.testing.assert_array_equal(
        pixels(whole + b"\r\n--boundary", fit_to_area), pixels(whole, fit_to_area)
    )


# -- frames that cannot be decoded ----------------------------------------------------


def other(kind: str) -> bytes:
    buffer = io.BytesIO()
    picture().save(buffer, kind)
    return buffer.getvalue()


def with_size(width: int, height: int) -> bytes:
    """A JPEG whose header says another size than its content has."""
    whole = bytearray(jpeg(picture()))
    at = whole.index(b"\xff\xc0") + 5
    whole[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(whole)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        b"<html>no camera</html>",
        bytes(1000),
        other("PNG"),
        other("GIF"),
        other("BMP"),
        jpeg(picture())[:2000],
        jpeg(picture())[:-500],
        with_size(20000, 20000),
        with_size(65000, 800),
        with_size(0, 240),
    ],
    ids=lambda data: f"{data[:4]!r}-{len(data)}",
)
def test_anything_but_a_whole_jpeg_of_a_sensible_size_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError) as refused:
        pixels(data, fit_to_area)
    assert refused.value.code == "frame_undecodable"


def test_a_frame_that_is_too_large_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_PIXELS", 640 * 480)
    assert pixels(jpeg(picture(640, 480)), fixed(32, 32)).shape == (32, 32, 3)
    monkeypatch.setattr(Image.Image, "convert", None)
    with pytest.raises(PictureError, match="too large"):
        pixels(jpeg(picture(640, 481)), fit_to_area)


def test_short_memory_is_nothing_that_the_frame_did(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(MemoryError):
        pixels(jpeg(picture()), fit_to_area)


def test_damaged_frames_are_decoded_or_refused() -> None:
    whole = jpeg(picture(160, 120))
    rng = np.random.default_rng(5)
    outcomes = set()
    for _ in range(150):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(whole), 4):
            damaged[at] = rng.integers(0, 256)
        try:
            outcomes.add(pixels(bytes(damaged), fixed(32, 32)).shape)
        except PictureError:
            outcomes.add("refused")
    assert outcomes == {(32, 32, 3), "refused"}


# -- the way a person sees it ---------------------------------------------------------

MARKED = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(4, 6, 3)


@pytest.mark.parametrize("flip_h", [False, True])
@pytest.mark.parametrize("flip_v", [False, True])
@pytest.mark.parametrize("rotate_90", [False, True])
def test_each_pixel_goes_where_the_plugin_takes_it_to_be(
    flip_h: bool, flip_v: bool, rotate_90: bool
) -> None:
    found = as_array(turned(Image.fromarray(MARKED), flip_h, flip_v, rotate_90))
    height, width = found.shape[:2]
    view = View(flip_h, flip_v, rotate_90)
    for row in range(4):
        for column in range(6):
            x, y = seen(view, (column + 0.5) / 6, (row + 0.5) / 4)
            there = found[int(y * height), int(x * width)]
            assert (there == MARKED[row, column]).all()
