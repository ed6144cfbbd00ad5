"""A frame for people: the way up they know it, its boxes drawn, not too large."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import ImageDraw

from ..detector.picture import decoded, turned

LONGEST_PX = 1280
QUALITY = 80
EDGE, COUNTS, IGNORED = (0, 0, 0), (255, 60, 40), (170, 170, 170)


def sketch(jpeg: bytes, boxes: Sequence[Sequence[float]], view: Sequence[bool]) -> bytes:
    """The JPEG to send.

    Args:
        boxes: x, y, w and h as a person sees them, and whether it counts.
        view: how a person sees the frame: flipped, upended, then turned to the left.

    Raises:
        PictureError: the frame cannot be decoded.
    """
    picture = turned(decoded(jpeg, _size), *view)
    pen = ImageDraw.Draw(picture)
    for x, y, w, h, counts in boxes:
        left, right = _ends(x - w / 2, x + w / 2, picture.width)
        top, bottom = _ends(y - h / 2, y + h / 2, picture.height)
        pen.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=EDGE)
        colour = COUNTS if counts else IGNORED
        pen.rectangle((left, top, right, bottom), outline=colour, width=2)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _size(width: int, height: int) -> tuple[int, int]:
    share = min(1.0, LONGEST_PX / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


def _ends(one: float, other: float, size_px: int) -> tuple[int, int]:
    """Inside the frame, and never turned inside out, which Pillow refuses."""
    low, high = sorted(min(1.0, max(0.0, end)) for end in (one, other))
    return round(low * (size_px - 1)), round(high * (size_px - 1))
