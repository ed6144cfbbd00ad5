"""What does not change while a printer prints: the room, the frame, the bed.

Must not know about the job.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .look import Colour, Look
from .projection import Projection, homography

BED_MM = 220.0
_BED_TEXTURE_PX = 1100
_Ints = tuple[int, int, int]


def shade(colour: Sequence[float], factor: float) -> _Ints:
    """A colour made lighter or darker."""
    r, g, b = (max(0, min(255, round(part * factor))) for part in colour)
    return r, g, b


def draw_backdrop(look: Look, view: Projection) -> Image.Image:
    """Room, frame and bed at the projection's size."""
    chance = random.Random(f"backdrop {look.seed}")
    picture = _room(look, view.size, chance)
    _frame(picture, look, view)
    picture = picture.filter(ImageFilter.GaussianBlur(3.0))  # out of focus
    _bed(picture, look, view)
    return picture


def _room(look: Look, size: tuple[int, int], chance: random.Random) -> Image.Image:
    width, height = size
    ramp = np.linspace(0.0, 1.0, height)[:, None, None]
    wall = np.array(look.wall) * (1.0 - 0.35 * ramp) * look.brightness
    pixels = np.broadcast_to(wall, (height, width, 3)).astype(np.uint8)
    room = Image.fromarray(np.ascontiguousarray(pixels))
    draw = ImageDraw.Draw(room)
    for _ in range(9):  # things on a shelf, far out of focus
        left = chance.uniform(-0.1, 1.0) * width
        top = chance.uniform(-0.05, 0.18) * height
        right, bottom = left + chance.uniform(40, 190), top + chance.uniform(60, 200)
        lightness = chance.uniform(0.4, 1.5)
        tone = [part * lightness * chance.uniform(0.85, 1.15) for part in look.wall]
        draw.rectangle((left, top, right, bottom), fill=shade(tone, 1.0))
    glow = chance.uniform(0, width)
    draw.ellipse((glow - 90, -90, glow + 90, 70), fill=shade(look.wall, 1.7))
    draw.rectangle((0, height * 0.3, width, height), fill=shade(look.floor, 0.9))
    draw.rectangle((0, height * 0.3, width, height * 0.315), fill=shade(look.floor, 0.5))
    return room.filter(ImageFilter.GaussianBlur(24))


def _box(
    draw: ImageDraw.ImageDraw,
    view: Projection,
    low: Sequence[float],
    high: Sequence[float],
    colour: Colour,
    look: Look,
) -> None:
    """A box's faces that can be seen from in front and above."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    side = x0 if view.eye[0] < x0 else x1
    if view.eye[0] < x0 or view.eye[0] > x1:
        face = [(side, y0, z0), (side, y1, z0), (side, y1, z1), (side, y0, z1)]
        draw.polygon(view.polygon(face), fill=shade(colour, 0.62))
    front = [(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)]
    draw.polygon(view.polygon(front), fill=shade(colour, 0.8))
    if view.eye[2] > z1:
        top = [(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)]
        draw.polygon(view.polygon(top), fill=shade(colour, 1.08 * look.brightness))


def _frame(picture: Image.Image, look: Look, view: Projection) -> None:
    draw = ImageDraw.Draw(picture)
    metal = (96.0, 98.0, 102.0)
    base = (48.0, 49.0, 52.0)
    _box(draw, view, (-70, -60, -60), (290, 300, -22), base, look)
    _box(draw, view, (-70, 262, -22), (290, 290, 8), metal, look)
    for x in (-58.0, 250.0):
        _box(draw, view, (x, 262, -20), (x + 28, 290, 420), metal, look)
        slot = [
            (x + 11, 261, 0),
            (x + 17, 261, 0),
            (x + 17, 261, 400),
            (x + 11, 261, 400),
        ]
        draw.polygon(view.polygon(slot), fill=shade(metal, 0.4))
    for x in (30.0, 180.0):  # the rails the bed rests on
        _box(draw, view, (x, -60, -22), (x + 14, 260, -14), (120.0, 121.0, 124.0), look)
    for x in (-30.0, 236.0):  # screws of the bed
        _box(draw, view, (x, 20, -22), (x + 12, 32, -6), look.accent, look)


def _bed_texture(look: Look) -> Image.Image:
    size = _BED_TEXTURE_PX
    chance = np.random.default_rng(look.seed + 77)
    fine = chance.normal(0, 5.0, (size, size))
    coarse = chance.normal(0, 1.0, (size // 25, size // 25)).astype(np.float32)
    worn = np.asarray(
        Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)
    )
    grain = fine + 3.2 * worn
    tone = np.array(look.bed)[None, None, :] + grain[:, :, None]
    texture = Image.fromarray(np.clip(tone, 0, 255).astype(np.uint8))
    texture = texture.filter(ImageFilter.GaussianBlur(0.7))
    draw = ImageDraw.Draw(texture)
    px = size / BED_MM
    line = shade(look.bed, 1.22)
    if look.grid:
        for mm in range(20, 220, 40):
            draw.line((mm * px, 0, mm * px, size), fill=line, width=2)
            draw.line((0, mm * px, size, mm * px), fill=line, width=2)
    draw.rectangle((8, 8, size - 9, size - 9), outline=line, width=4)
    for mm in range(10, 220, 10):  # a ruler along the front edge
        draw.line((mm * px, size - 10, mm * px, size - 34), fill=line, width=3)
    return texture


def _bed(picture: Image.Image, look: Look, view: Projection) -> None:
    draw = ImageDraw.Draw(picture)
    end = BED_MM
    thick = [(0, 0, 0), (end, 0, 0), (end, 0, -5), (0, 0, -5)]
    draw.polygon(view.polygon(thick), fill=shade(look.bed, 0.55))
    side = 0.0 if view.eye[0] < 0 else end
    if view.eye[0] < 0 or view.eye[0] > end:
        edge = [(side, 0, 0), (side, end, 0), (side, end, -5), (side, 0, -5)]
        draw.polygon(view.polygon(edge), fill=shade(look.bed, 0.45))
    corners = view.polygon([(0, end, 0), (end, end, 0), (end, 0, 0), (0, 0, 0)])
    size = _BED_TEXTURE_PX
    data = homography([(0, 0), (size, 0), (size, size), (0, size)], corners)
    how = Image.Transform.PERSPECTIVE
    bicubic = Image.Resampling.BICUBIC
    laid = _bed_texture(look).transform(view.size, how, data, bicubic)
    mask = Image.new("L", view.size, 0)
    ImageDraw.Draw(mask).polygon(corners, fill=255)
    picture.paste(laid, (0, 0), mask.filter(ImageFilter.GaussianBlur(0.8)))
    lip = [corners[3], corners[2]]
    draw.line(lip, fill=shade(look.bed, 1.5), width=3)
