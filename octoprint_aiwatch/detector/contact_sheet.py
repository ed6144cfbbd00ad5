"""Draws judged pictures in rows: ``python -m octoprint_aiwatch.detector.contact_sheet``.

Reads one JSON document from standard input, ``{"force": bool, "pages": [{"file", "title",
"pictures": [{"file", "name", "label", "score", "boxes"}, ...]}, ...]}`` with each box as
``[confidence, x, y, w, h]``; writes one JPEG or PNG per page; answers ``{"written":
[file, ...]}``, with an ``"error"`` beside it where it had to stop. A program of its own,
because the plugin's other processes stay without Pillow. Must not judge, sort or name
anything, nor write over a file without ``force``.
"""

from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from .__main__ import step_back

COLUMNS = 8
TILE_PX = (220, 165)
CAPTION_PX = 40
GAP_PX = 8
HEADER_PX = 40
NAME_LETTERS = 30
QUALITY = 88
MARK = b"AI Watch contact sheet"
"""A JPEG's comment, by which a sheet is known when it turns up among the pictures."""

BACKGROUND = "#15181c"
EMPTY = "#2a2f36"
LETTERS = "#ffffff"
FAINT = "#c9d1d9"
# Told apart by people who do not see red and green as two colours, too.
COLOURS = {"good": "#1f6fb4", "bad": "#b4441f", "": "#4d5661"}
BOX = "#ffe14d"
BOX_EDGE = "#000000"
SURE = 0.5
"""A box of this confidence and more has a thick line."""


def font(size_px: int) -> Any:
    """Pillow's own letters; before its release 10.1 they have one size."""
    try:
        return ImageFont.load_default(size_px)
    except TypeError:
        return ImageFont.load_default()


def plain(text: str) -> str:
    """A text as the oldest of those fonts can draw it too."""
    return text.encode("latin-1", "replace").decode("latin-1")


def shortened(name: str) -> str:
    """A name that fits below a tile; its end tells more than its middle."""
    if len(name) <= NAME_LETTERS:
        return name
    return name[: NAME_LETTERS // 3] + "..." + name[-(NAME_LETTERS * 2 // 3 - 3) :]


def tile(picture: Mapping[str, Any]) -> Image.Image:
    """One picture with its boxes, score, label and name."""
    width, height = TILE_PX
    made = Image.new("RGB", (width, height + CAPTION_PX), EMPTY)
    pen = ImageDraw.Draw(made)
    try:
        with Image.open(picture["file"], formats=("JPEG",)) as opened:
            # The decoder shrinks on its way, nearly for free.
            opened.draft("RGB", (width * 2, height * 2))
            frame = opened.convert("RGB")
            frame.thumbnail(TILE_PX, Image.BILINEAR)
        left, top = (width - frame.width) // 2, (height - frame.height) // 2
        made.paste(frame, (left, top))
        for box in picture["boxes"]:
            _draw_box(pen, box, (left, top), frame.size)
    except (OSError, SyntaxError, ValueError):
        pen.text((8, 8), "cannot be drawn", FAINT, font(12))
    label = str(picture["label"])
    pen.rectangle((0, height, width, height + CAPTION_PX), COLOURS[label])
    pen.text((6, height + 2), f"{picture['score']:.3f}", LETTERS, font(17))
    pen.text((70, height + 6), label or "no label", LETTERS, font(13))
    name = plain(shortened(str(picture["name"])))
    pen.text((6, height + 23), name, FAINT, font(12))
    return made


def _draw_box(
    pen: Any, box: Sequence[float], corner: tuple[int, int], size: tuple[int, int]
) -> None:
    confidence, x, y, w, h = box
    left, top = corner[0] + (x - w / 2) * size[0], corner[1] + (y - h / 2) * size[1]
    right, bottom = left + w * size[0], top + h * size[1]
    # Inside the frame, and never turned inside out, which Pillow refuses.
    left, right = _between(left, right, corner[0], corner[0] + size[0] - 1)
    top, bottom = _between(top, bottom, corner[1], corner[1] + size[1] - 1)
    pen.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=BOX_EDGE)
    line = 2 if confidence >= SURE else 1
    pen.rectangle((left, top, right, bottom), outline=BOX, width=line)


def _between(one: float, other: float, low: int, high: int) -> tuple[int, int]:
    ends = sorted(min(high, max(low, round(end))) for end in (one, other))
    return ends[0], ends[1]


def page(title: str, pictures: Sequence[Mapping[str, Any]]) -> Image.Image:
    """A page with a tile for each picture, row by row."""
    columns = min(COLUMNS, max(3, len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    step_x, step_y = TILE_PX[0] + GAP_PX, TILE_PX[1] + CAPTION_PX + GAP_PX
    size = (columns * step_x + GAP_PX, HEADER_PX + rows * step_y)
    made = Image.new("RGB", size, BACKGROUND)
    ImageDraw.Draw(made).text((GAP_PX, 10), plain(title), LETTERS, font(16))
    for n, picture in enumerate(pictures):
        row, column = divmod(n, columns)
        made.paste(tile(picture), (GAP_PX + column * step_x, HEADER_PX + row * step_y))
    return made


def encoded(sheet: Image.Image, suffix: str) -> bytes:
    """The page as the file's name wants it."""
    buffer = io.BytesIO()
    if suffix.lower() == ".png":
        sheet.save(buffer, "PNG")
    else:
        sheet.save(buffer, "JPEG", quality=QUALITY, comment=MARK)
    return buffer.getvalue()


def draw(order: Mapping[str, Any]) -> dict[str, Any]:
    """Write all pages; what was written, and what went wrong."""
    written: list[str] = []
    try:
        for one in order["pages"]:
            path = Path(one["file"])
            data = encoded(page(one["title"], one["pictures"]), path.suffix)
            with path.open("wb" if order["force"] else "xb") as file:
                file.write(data)
            written.append(str(path))
    except OSError as error:
        return {"written": written, "error": error.strerror or type(error).__name__}
    except MemoryError:
        return {"written": written, "error": "There is not enough memory."}
    return {"written": written}


def main() -> None:
    """Take one order and answer it."""
    step_back()
    json.dump(draw(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
