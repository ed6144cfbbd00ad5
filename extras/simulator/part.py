"""The printed part as it stands: every extruded line so far, with its layer's shading.

Draws only what is new since the last frame. Must not know about failures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .backdrop import shade
from .look import Look
from .projection import Projection
from .toolpath import Toolpath

LINE_WIDTH_MM = 0.84
SHADOW_SCALE = 4  # the shadow mask is this much smaller than the picture drawn
Floats = NDArray[np.float64]


class PartPainter:
    """An RGBA picture of the part and a mask of its shadow on the bed."""

    def __init__(self, toolpath: Toolpath, look: Look, view: Projection) -> None:
        self._look = look
        self._view = view
        rows = np.flatnonzero(toolpath.extrudes)
        heights = toolpath.layer_z_mm
        layer = toolpath.layer[rows]
        below = np.concatenate(([0.0], heights))[layer]
        self._ends = np.stack((toolpath.begin[rows], toolpath.end[rows]), axis=1)
        self._ends[:, 0, 2] = self._ends[:, 1, 2]
        self._bottom = below
        self._moves = rows
        self._sides, self._tops = self._tones(seed=look.seed)
        self._order = self._painting_order(layer)
        self._boundaries = np.searchsorted(layer, np.arange(len(heights) + 1))
        self._quads = self._project_quads()
        self._shadows = self._project_shadows()
        self._clear()

    def _clear(self) -> None:
        self._drawn = 0
        self._picture = Image.new("RGBA", self._view.size, (0, 0, 0, 0))
        small = (self._view.size[0] // SHADOW_SCALE, self._view.size[1] // SHADOW_SCALE)
        self._shadow = Image.new("L", small, 0)

    def draw(self, moves_done: int) -> tuple[Image.Image, Image.Image]:
        """The part after that many moves of the job, and its shadow."""
        wanted = int(np.searchsorted(self._moves, moves_done))
        if wanted < self._drawn:
            self._clear()
        if wanted > self._drawn:
            self._draw_lines(self._drawn, wanted)
            self._drawn = wanted
        return self._picture, self._shadow

    def _tones(self, seed: int) -> tuple[Floats, Floats]:
        """How bright each line's side and top are."""
        look = self._look
        along = self._ends[:, 1, :2] - self._ends[:, 0, :2]
        normal = np.stack((along[:, 1], -along[:, 0]), axis=1)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        to_eye = self._view.eye[:2] - self._ends[:, 0, :2]
        facing = np.sign(np.sum(normal * to_eye, axis=1))
        lit = np.maximum(0.0, normal @ np.array(look.light[:2]) * facing)
        jitter = np.random.default_rng(seed).normal(1.0, 0.012, len(lit))
        sides = (look.ambient * 0.9 + 0.75 * lit) * jitter
        tops = (look.ambient + 0.52 * look.light[2]) * jitter**1.5
        return sides * look.brightness, tops * look.brightness

    def _painting_order(self, layer: NDArray[np.int64]) -> NDArray[np.int64]:
        """Lines by layer, the far ones first."""
        middle = self._ends.mean(axis=1)
        far = -np.linalg.norm(middle - self._view.eye, axis=1)
        return np.lexsort((far, layer))

    def _project_quads(self) -> Floats:
        """Pixel corners of each line's side: two below, two above."""
        low = self._ends.copy()
        low[:, :, 2] = self._bottom[:, None]
        corners = np.concatenate((low, self._ends[:, ::-1]), axis=1)
        return self._view.pixels(corners)[0].reshape(-1, 4, 2)

    def _project_shadows(self) -> Floats:
        """Pixel ends of each line's shadow on the bed, in the small mask."""
        light = np.array(self._look.light)
        fallen = self._ends - light * (self._ends[:, :, 2:] / light[2])
        return self._view.pixels(fallen)[0].reshape(-1, 2, 2) / SHADOW_SCALE

    def _draw_lines(self, first: int, last: int) -> None:
        draw = ImageDraw.Draw(self._picture)
        dark = ImageDraw.Draw(self._shadow)
        for begin, end in zip(self._boundaries[:-1], self._boundaries[1:]):
            if end <= first or begin >= last:
                continue
            # A layer that grows is drawn anew as a whole, or near lines would be hidden.
            for line in self._order[begin:end]:
                if line < last:
                    self._draw_line(draw, dark, int(line))

    def _draw_line(
        self, draw: ImageDraw.ImageDraw, dark: ImageDraw.ImageDraw, line: int
    ) -> None:
        quad = self._quads[line]
        middle = (
            quad[:2] + quad[3:1:-1]
        ) / 2  # half way up, along the bottom's direction
        colour = self._look.filament
        side = float(self._sides[line])
        upper = [tuple(middle[0]), tuple(middle[1]), tuple(quad[2]), tuple(quad[3])]
        draw.polygon([tuple(corner) for corner in quad], fill=shade(colour, side * 0.86))
        draw.polygon(upper, fill=shade(colour, side))
        width = LINE_WIDTH_MM * self._view.px_per_mm(self._ends[line, 0])
        top = [tuple(quad[3]), tuple(quad[2])]
        draw.line(
            top, fill=shade(colour, float(self._tops[line])), width=max(2, round(width))
        )
        shadow = self._shadows[line]
        dark.line([tuple(shadow[0]), tuple(shadow[1])], fill=255, width=2)
