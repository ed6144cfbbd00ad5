"""The gantry and the tool head where the nozzle is now, and the shadow they throw.

Must not know what is printed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFilter

from .backdrop import shade
from .look import Colour, Look
from .projection import Projection

Place = tuple[float, float, float]
_STEEL: Colour = (150.0, 152.0, 156.0)
_SHROUD: Colour = (46.0, 47.0, 50.0)
_BRASS: Colour = (196.0, 160.0, 84.0)
_SOCK: Colour = (72.0, 74.0, 80.0)


class _Pen:
    """Draws boxes and discs in printer coordinates."""

    def __init__(self, picture: Image.Image, look: Look, view: Projection) -> None:
        self.draw = ImageDraw.Draw(picture)
        self._look = look
        self._view = view

    def face(self, points: Sequence[Place], colour: Colour, tone: float) -> None:
        fill = shade(colour, tone * self._look.brightness)
        self.draw.polygon(self._view.polygon(points), fill=(*fill, 255))

    def line(self, a: Place, b: Place, colour: Colour, tone: float, mm: float) -> None:
        width = max(1, round(mm * self._view.px_per_mm(a)))
        fill = (*shade(colour, tone * self._look.brightness), 255)
        self.draw.line(self._view.polygon([a, b]), fill=fill, width=width, joint="curve")

    def curve(
        self, points: Sequence[Place], colour: Colour, tone: float, mm: float
    ) -> None:
        width = max(1, round(mm * self._view.px_per_mm(points[0])))
        fill = (*shade(colour, tone * self._look.brightness), 255)
        self.draw.line(self._view.polygon(points), fill=fill, width=width, joint="curve")

    def box(self, low: Place, high: Place, colour: Colour) -> None:
        (x0, y0, z0), (x1, y1, z1) = low, high
        eye = self._view.eye
        if eye[2] > z1:
            self.face(
                [(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)], colour, 1.3
            )
        if eye[2] < z0:
            self.face(
                [(x0, y0, z0), (x1, y0, z0), (x1, y1, z0), (x0, y1, z0)], colour, 0.5
            )
        if not x0 <= eye[0] <= x1:
            x = x0 if eye[0] < x0 else x1
            lit = 0.95 if (x == x0) == (self._look.light[0] < 0) else 0.6
            face = [(x, y0, z0), (x, y1, z0), (x, y1, z1), (x, y0, z1)]
            self.face(face, colour, lit)
        bands = 8
        for band in range(bands):  # a soft gradient instead of one flat tone
            b = z0 + (z1 - z0) * band / bands
            t = z0 + (z1 - z0) * (band + 1) / bands + 0.1
            tone = 0.72 + 0.3 * band / bands
            self.face([(x0, y0, b), (x1, y0, b), (x1, y0, t), (x0, y0, t)], colour, tone)
        self.line((x0, y0, z1), (x1, y0, z1), colour, 1.55, 0.7)

    def disc(
        self,
        centre: Place,
        radius: float,
        colour: Colour,
        tone: float,
        turned: float = 0.0,
    ) -> None:
        """An upright disc that faces the front, or its rim's polygon."""
        x, y, z = centre
        rim: list[Place] = []
        for step in range(24):
            angle = math.tau * step / 24 + turned
            rim.append((x + radius * math.cos(angle), y, z + radius * math.sin(angle)))
        self.face(rim, colour, tone)

    def cone(self, x: float, y: float, z: float) -> None:
        """The nozzle."""
        tip = [(x - 0.8, y, z), (x + 0.8, y, z), (x + 3.2, y, z + 4), (x - 3.2, y, z + 4)]
        self.face(tip, _BRASS, 0.9)
        self.face([tip[0], (x - 0.1, y, z), (x - 0.6, y, z + 4), tip[3]], _BRASS, 1.3)


def draw_toolhead(
    look: Look, view: Projection, nozzle: Place, turn: float
) -> Image.Image:
    """An RGBA picture of gantry and head; `turn` is the fan's angle."""
    picture = Image.new("RGBA", view.size, (0, 0, 0, 0))
    pen = _Pen(picture, look, view)
    x, y, z = nozzle
    z = max(z, 0.3)
    _gantry(pen, y, z)
    _cable(pen, x, y, z)
    _head(pen, look, x, y, z, turn)
    return picture


def _gantry(pen: _Pen, y: float, z: float) -> None:
    pen.box((-60, y + 26, z + 34), (280, y + 46, z + 54), _STEEL)
    dark = [(-60, y + 25.9, z + 41), (280, y + 25.9, z + 41)]
    dark += [(280, y + 25.9, z + 47), (-60, y + 25.9, z + 47)]
    pen.face(dark, _STEEL, 0.35)
    pen.box((-60, y + 24, z + 54), (280, y + 30, z + 58), (110.0, 112.0, 116.0))


def _cable(pen: _Pen, x: float, y: float, z: float) -> None:
    points = []
    for step in range(13):
        t = step / 12
        height = z + 70 + 90 * t - 50 * t * t
        points.append((x + (190 - x) * t * t, y + 16 + 90 * t, height))
    pen.curve(points, (30.0, 30.0, 32.0), 1.0, 5.0)
    pen.curve([(a - 1, b, c + 1.2) for a, b, c in points], (90.0, 90.0, 94.0), 1.0, 1.2)


def _head(pen: _Pen, look: Look, x: float, y: float, z: float, turn: float) -> None:
    pen.box((x - 9, y - 4, z + 4), (x + 9, y + 10, z + 13), _SOCK)
    pen.cone(x, y - 2, z)
    pen.box((x - 20, y - 10, z + 16), (x + 20, y + 26, z + 62), _SHROUD)
    pen.box((x - 15, y - 13, z + 20), (x + 15, y - 10, z + 50), look.accent)
    centre = (x, y - 13.1, z + 35)
    pen.disc(centre, 13.0, (24.0, 24.0, 26.0), 1.0)
    for blade in range(7):
        angle = turn + math.tau * blade / 7
        far = [(angle + d, 12.0) for d in (0.0, 0.45)] + [
            (angle + d, 4.5) for d in (0.6, 0.1)
        ]
        wing = [(x + r * math.cos(a), y - 13.2, z + 35 + r * math.sin(a)) for a, r in far]
        pen.face(wing, (66.0, 67.0, 70.0), 1.0)
    pen.disc((x, y - 13.3, z + 35), 4.5, (52.0, 53.0, 56.0), 1.1)
    for side in (-1, 1):  # ducts of the part fan
        duct = [(x + side * 20, y - 8, z + 22), (x + side * 12, y - 8, z + 22)]
        duct += [(x + side * 7, y - 6, z + 4), (x + side * 11, y - 6, z + 4)]
        pen.face(duct, _SHROUD, 0.75)
    pen.box((x - 8, y - 2, z + 62), (x + 8, y + 14, z + 74), (38.0, 38.0, 40.0))


def head_shadow(
    look: Look, view: Projection, nozzle: Place, ground_mm: float, scale: int
) -> Image.Image:
    """A small mask of the soft shadow that the head throws on what lies below."""
    size = (view.size[0] // scale, view.size[1] // scale)
    mask = Image.new("L", size, 0)
    draw = ImageDraw.Draw(mask)
    x, y, z = nozzle
    for low, half_x, half_y, tone in ((6.0, 9.0, 7.0, 120), (24.0, 20.0, 18.0, 150)):
        lift = max(0.0, z + low - ground_mm)
        dx = look.light[0] / look.light[2] * lift
        dy = look.light[1] / look.light[2] * lift
        cx, cy = x - dx, y + 6 - dy
        corners = [(cx - half_x, cy - half_y), (cx + half_x, cy - half_y)]
        corners += [(cx + half_x, cy + half_y), (cx - half_x, cy + half_y)]
        shape = view.polygon([(a, b, ground_mm) for a, b in corners])
        draw.polygon([(px / scale, py / scale) for px, py in shape], fill=tone)
    return mask.filter(ImageFilter.GaussianBlur(9))
