"""What a webcam shows when there is nothing to see: night, blur, a server's own picture.

Makes JPEGs, some of them of the webcam's own. Must not know of servers or modes.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from .sensor import SIZE, to_jpeg

SMALL_PX = (80, 60)
BLUR = 0.03
"""Of the picture's width."""
NIGHT_NOISE = 4.0
BARS = ("#c0c0c0", "#c0c000", "#00c0c0", "#00c000", "#c000c0", "#c00000", "#0000c0")


def _opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg)).convert("RGB")


def _letters(height_px: int) -> Any:
    """Pillow's own letters; before its release 10.1 they have one size."""
    try:
        return ImageFont.load_default(height_px)
    except TypeError:
        return ImageFont.load_default()


def small(jpeg: bytes) -> bytes:
    """A frame in a thumbnail's size."""
    return to_jpeg(_opened(jpeg).resize(SMALL_PX))


def blurred(jpeg: bytes) -> bytes:
    """A frame out of focus."""
    picture = _opened(jpeg)
    return to_jpeg(picture.filter(ImageFilter.GaussianBlur(BLUR * picture.width)))


def stamped(jpeg: bytes, text: str) -> bytes:
    """A frame with a text in its corner, as webcams write the time."""
    picture = _opened(jpeg)
    pen = ImageDraw.Draw(picture)
    pen.text(
        (6, 6),
        text,
        "white",
        _letters(picture.height // 30),
        stroke_width=1,
        stroke_fill="black",
    )
    return to_jpeg(picture)


def night(number: int) -> bytes:
    """A printer in the dark: its display, a LED and the sensor's noise."""
    picture = Image.new("RGB", SIZE, (2, 2, 2))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((500, 380, 570, 415), fill=(40, 70, 160))
    pen.ellipse((100, 300, 108, 308), fill=(60, 250, 80))
    noise = np.random.default_rng(number).normal(0, NIGHT_NOISE, (*SIZE[::-1], 3))
    dark = np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8)
    return to_jpeg(Image.fromarray(dark))


def no_signal() -> bytes:
    """A server's text in place of a picture."""
    picture = Image.new("RGB", SIZE, "#101418")
    pen = ImageDraw.Draw(picture)
    font = _letters(56)
    for n, line in enumerate(("NO SIGNAL", "camera not connected")):
        left = (SIZE[0] - pen.textlength(line, font)) / 2
        pen.text((left, 160 + 80 * n), line, "white", font)
    return to_jpeg(picture)


def bars() -> bytes:
    """Colour bars."""
    picture = Image.new("RGB", SIZE)
    pen = ImageDraw.Draw(picture)
    for n, colour in enumerate(BARS):
        left, right = n * SIZE[0] // len(BARS), (n + 1) * SIZE[0] // len(BARS)
        pen.rectangle((left, 0, right, SIZE[1]), fill=colour)
    return to_jpeg(picture)
