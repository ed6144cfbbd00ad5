"""Perspective: millimetres of the printer to pixels of the picture.

Must not draw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Pixel = tuple[float, float]


class Projection:
    """A pinhole camera that looks from `eye` to `target`, upright."""

    def __init__(
        self,
        eye: Sequence[float],
        target: Sequence[float],
        size: tuple[int, int],
        view_deg: float = 43.0,
    ) -> None:
        self.eye = np.array(eye, dtype=np.float64)
        self.size = size
        forward = np.array(target, dtype=np.float64) - self.eye
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        self._axes = np.stack((right, -np.cross(right, forward), forward), axis=1)
        self._focal_px = size[0] / 2 / math.tan(math.radians(view_deg) / 2)

    def pixels(self, points: ArrayLike) -> tuple[Floats, Floats]:
        """Pixel places (n, 2) and depths in millimetres (n,) of points (n, 3)."""
        seen = (
            np.asarray(points, dtype=np.float64).reshape(-1, 3) - self.eye
        ) @ self._axes
        depth = np.maximum(seen[:, 2], 1.0)
        centre = (self.size[0] / 2, self.size[1] / 2)
        places = seen[:, :2] / depth[:, None] * self._focal_px + centre
        return places, depth

    def polygon(self, points: ArrayLike) -> list[Pixel]:
        """Pixel places of points, as Pillow's drawing functions want them."""
        places, _ = self.pixels(points)
        return [(float(x), float(y)) for x, y in places]

    def px_per_mm(self, point: Sequence[float]) -> float:
        """How large a millimetre is at a point."""
        _, depth = self.pixels([point])
        return float(self._focal_px / depth[0])


def homography(source: Sequence[Pixel], target: Sequence[Pixel]) -> list[float]:
    """Pillow's PERSPECTIVE data that draws `source` corners at the `target` corners."""
    rows, values = [], []
    for (u, v), (x, y) in zip(source, target):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows), np.array(values))]
