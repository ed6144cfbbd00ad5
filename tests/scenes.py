"""Made pictures of webcams: a printer at work, and all the ways to see nothing of it."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any, Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = (640, 480)
GREY = (118, 118, 118)
BARS_75 = ("#c0c0c0", "#c0c000", "#00c0c0", "#00c000", "#c000c0", "#c00000", "#0000c0")
BARS_100 = ("white", "yellow", "cyan", "lime", "magenta", "red", "blue", "black")


def jpeg(picture: Image.Image, quality: int = 85) -> bytes:
    """A picture as a webcam sends it."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def letters(height_px: int) -> Any:
    """Pillow's own letters; before its release 10.1 they have one size."""
    try:
        return ImageFont.load_default(height_px)
    except TypeError:
        return ImageFont.load_default()


# -- a printer at work ----------------------------------------------------------------


@lru_cache(maxsize=32)
def view(
    seed: int = 1, size: tuple[int, int] = SIZE, head_at: float = 0.5, strands: int = 8
) -> Image.Image:
    """A bed with a part, a tool head and some loose strands, lit from one side.

    Shared by all who ask for the same one: to be copied, not drawn on.
    """
    chance = np.random.default_rng(seed)
    width, height = size
    picture = Image.linear_gradient("L").rotate(90).resize(size)
    picture = picture.point([60 + level // 3 for level in range(256)]).convert("RGB")
    pen = ImageDraw.Draw(picture)
    bed = [(0.1, 0.9), (0.25, 0.4), (0.75, 0.4), (0.9, 0.9)]
    pen.polygon([(x * width, y * height) for x, y in bed], fill=(52, 54, 60))
    pen.rectangle((0.4 * width, 0.45 * height, 0.6 * width, 0.7 * height), (210, 90, 40))
    for n in range(12):
        y = (0.45 + n * 0.02) * height
        pen.line((0.4 * width, y, 0.6 * width, y), (150, 60, 30), max(1, height // 240))
    left = head_at * width
    pen.rectangle((left - width * 0.06, 0, left + width * 0.06, height * 0.38), "#c8c8cc")
    for _ in range(strands):
        strand = chance.normal((0.3, 0.75), (0.06, 0.05), (6, 2)) * (width, height)
        pen.line(
            [tuple(point) for point in strand], (230, 120, 60), max(1, height // 200)
        )
    return noisy(picture, 2.0, seed)


def noisy(picture: Image.Image, sigma: float, seed: int = 1) -> Image.Image:
    """As a sensor sees it, with noise of so many levels."""
    chance = np.random.default_rng(seed)
    clean = np.asarray(picture.convert("RGB"), float)
    return of_levels(clean + chance.normal(0, sigma, clean.shape))


def of_levels(levels: Any) -> Image.Image:
    """An array of levels as a picture, cut off at black and white."""
    return Image.fromarray(np.clip(np.round(levels), 0, 255).astype(np.uint8))


def lit(picture: Image.Image, times: float, noise: float = 1.5) -> Image.Image:
    """In more or less light; a sensor's noise does not fade with it."""
    return noisy(of_levels(np.asarray(picture, float) * times), noise)


def blurred(picture: Image.Image, share: float, noise: float = 2.0) -> Image.Image:
    """Out of focus by that share of the width; noise comes after the lens."""
    radius = share * picture.width
    return noisy(picture.filter(ImageFilter.GaussianBlur(radius)), noise)


def infrared(picture: Image.Image) -> Image.Image:
    """As an infrared camera sees it at night: grey, flat and full of noise."""
    grey = np.asarray(picture.convert("L").convert("RGB"), float)
    return noisy(of_levels(grey * 0.6 + 25), 5.0)


def stamped(picture: Image.Image, text: str, height_px: int = 16) -> Image.Image:
    """With date and time written into a corner by the webcam."""
    made = picture.copy()
    pen = ImageDraw.Draw(made)
    pen.text((6, 6), text, "white", letters(height_px), stroke_width=1, stroke_fill=0)
    return made


# -- nothing to see -------------------------------------------------------------------


def plain(colour: Any, noise: float = 0.0, size: tuple[int, int] = SIZE) -> Image.Image:
    """One colour everywhere."""
    made = Image.new("RGB", size, colour)
    return noisy(made, noise) if noise else made


def night(noise: float = 4.0) -> Image.Image:
    """No light but a printer's display and a LED."""
    made = plain((2, 2, 2))
    pen = ImageDraw.Draw(made)
    pen.rectangle((500, 380, 570, 415), (40, 70, 160))
    pen.ellipse((100, 300, 108, 308), (60, 250, 80))
    return noisy(made.filter(ImageFilter.GaussianBlur(2)), noise)


def covered(noise: float = 2.0) -> Image.Image:
    """Something lies on the lens, some light comes around it."""
    across = np.linspace(0, 1, SIZE[0])[None, :, None]
    down = np.linspace(0, 1, SIZE[1])[:, None, None]
    return noisy(of_levels((70 + 30 * across + 10 * down) * np.ones(3)), noise)


def words(ground: Any, colour: Any, *lines: str, part: int = 10) -> Image.Image:
    """A server's text in the middle of one colour, a part of the height high."""
    made = Image.new("RGB", SIZE, ground)
    pen = ImageDraw.Draw(made)
    font = letters(SIZE[1] // part)
    for n, line in enumerate(lines):
        left = (SIZE[0] - pen.textlength(line, font)) / 2
        pen.text((left, SIZE[1] * 0.4 + n * 1.3 * SIZE[1] // part), line, colour, font)
    return made


def bars(colours: tuple[str, ...], size: tuple[int, int] = SIZE) -> Image.Image:
    """Colour bars, upright."""
    made = Image.new("RGB", size)
    pen = ImageDraw.Draw(made)
    width, height = size
    for n, colour in enumerate(colours):
        left, right = n * width // len(colours), (n + 1) * width // len(colours)
        pen.rectangle((left, 0, right, height), fill=colour)
    return made


def studio() -> Image.Image:
    """Bars of two sorts above each other."""
    made = bars(BARS_75)
    below = bars(("#00214c", "#ffffff", "#32006a", "#131313", "#090909", "#1d1d1d"))
    made.paste(below.crop((0, 0, SIZE[0], SIZE[1] // 4)), (0, SIZE[1] * 3 // 4))
    return made


def shaded_words() -> Image.Image:
    """A text on a ground that goes from one blue to another."""
    down = np.linspace(0, 1, SIZE[1])[:, None, None]
    ground = np.array((10, 20, 80)) * (1 - down) + np.array((60, 120, 200)) * down
    made = of_levels(np.broadcast_to(ground, (SIZE[1], SIZE[0], 3)))
    text = words((0, 0, 0), "white", "Camera offline")
    made.paste("white", mask=text.convert("L"))
    return made


PLACEHOLDERS: dict[str, Callable[[], Image.Image]] = {
    "white on black": lambda: words("black", "white", "NO SIGNAL", part=8),
    "white on blue": lambda: words("#0000aa", "white", "No signal"),
    "black on grey": lambda: words(
        "#808080", "black", "Webcam stream not available", "Check the cable", part=16
    ),
    "grey on dark grey": lambda: words("#202020", "#c0c0c0", "Stream starting", part=12),
    "shaded": shaded_words,
    "bars": lambda: bars(BARS_75),
    "full bars": lambda: bars(BARS_100),
    "two sorts of bars": studio,
    "bars with a text": lambda: stamped(bars(BARS_75), "NO SIGNAL", 60),
}
