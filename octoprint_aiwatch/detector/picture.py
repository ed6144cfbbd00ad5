"""A JPEG -> a picture of the size that a model wants; decoded and shrunk once.

numpy is loaded only where pixels are asked for: a process that only looks at frames does
without it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable, Optional

from PIL import Image

MOST_PIXELS = 25_000_000
"""A frame larger than this is not decoded: it would not fit into a small computer."""
SPARE = 5
"""Quarters of the model's size that must be left when the decoder has shrunk a frame."""
QUALITY = 85
"""Of a JPEG that is made smaller for a service: finer than most webcams' own."""


class PictureError(ValueError):
    """The JPEG cannot be decoded."""

    code = "frame_undecodable"


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Width and height, as the JPEG's head says.

    Raises:
        PictureError: it has none.
    """
    with _opened(jpeg) as picture:
        return picture.width, picture.height


def decoded(
    jpeg: bytes, fit: Callable[[int, int], tuple[int, int]], spare: int = SPARE
) -> Image.Image:
    """The frame as a picture in red, green and blue.

    Args:
        fit: the size in pixels for a frame of some width and height.
        spare: quarters of that size that the decoder must leave.

    Raises:
        PictureError: damaged, cut off, or far too large.
    """
    picture, size = roughly(jpeg, fit, spare)
    return resized(picture, size)


def roughly(
    jpeg: bytes, fit: Callable[[int, int], tuple[int, int]], spare: int = SPARE
) -> tuple[Image.Image, tuple[int, int]]:
    """The same as large as the decoder leaves it, and the size that was asked for.

    Raises:
        PictureError: damaged, cut off, or far too large.
    """
    with _opened(jpeg) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise PictureError("too large")
        size = fit(*picture.size)
        # The decoder shrinks by a half or a quarter on its way, nearly for free.
        picture.draft("RGB", (size[0] * spare // 4, size[1] * spare // 4))
        picture.load()
        # What is right already is not copied: a frame is as large as all else here.
        return picture if picture.mode == "RGB" else picture.convert("RGB"), size


@contextmanager
def _opened(jpeg: bytes) -> Iterator[Image.Image]:
    """A JPEG whose head is read; whatever goes wrong with it is a PictureError."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
            yield picture
    except (PictureError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - decoders raise many kinds
        raise PictureError(type(error).__name__) from None


def within(width: int, height: int, most_px: int) -> tuple[int, int]:
    """The size of a frame whose longer side is to be no longer than that."""
    longer = max(width, height, most_px)
    return max(1, round(width * most_px / longer)), max(
        1, round(height * most_px / longer)
    )


def resized(
    picture: Image.Image, size: tuple[int, int], gap: Optional[float] = None
) -> Image.Image:
    """A decoded picture at another size; itself if it has it.

    Args:
        gap: shrink it roughly at first, to so many times that size.
    """
    if picture.size == size:
        return picture
    return picture.resize(size, Image.BILINEAR, reducing_gap=gap)


def reduced(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A decoded picture at a smaller size, as the decoder itself would have shrunk it."""
    return resized(picture, size, SPARE / 4)


def encoded(picture: Image.Image) -> bytes:
    """The picture as a JPEG."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def turned(
    picture: Image.Image, flip_h: bool, flip_v: bool, rotate_90: bool
) -> Image.Image:
    """The picture as OctoPrint shows its webcam: flipped, then turned to the left."""
    ways = (
        (flip_h, Image.FLIP_LEFT_RIGHT),
        (flip_v, Image.FLIP_TOP_BOTTOM),
        (rotate_90, Image.ROTATE_90),
    )
    for wanted, way in ways:
        picture = picture.transpose(way) if wanted else picture
    return picture


def pixels(jpeg: bytes, fit: Callable[[int, int], tuple[int, int]]) -> Any:
    """The frame as uint8, height × width × 3, red green blue.

    Args:
        fit: the model's size for a frame of some width and height.

    Raises:
        PictureError: damaged, cut off, or far too large.
    """
    return as_array(decoded(jpeg, fit))


def shrunk(picture: Image.Image, size: tuple[int, int]) -> Any:
    """A decoded picture at a model's size."""
    return as_array(resized(picture, size))


def as_array(picture: Image.Image) -> Any:
    """A picture's pixels, as :func:`pixels` gives them."""
    import numpy as np

    return np.asarray(picture)
