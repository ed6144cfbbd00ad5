"""Two looks at a frame: all of it from afar, then its worst part from close by.

A network costs as much as it sees pixels, and thin strands need many. So it first judges
the frame a third as large, and then only the part that looked worst, in full size. The
heat map has the close look where there is one, and what was seen from afar elsewhere.
Wraps a model that takes any size; must not know how that model is run.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .model import SIDE_MULTIPLE_PX, Model, ModelError

AREA_PX = 384 * 288
"""Pixels of a frame, about, of which the close look sees a part."""
AFAR = 3
"""How many times smaller the frame is at first."""
PART = 0.625
"""Of its height and of its width, what the close look sees."""
CELL_PX = 8
"""The model's heat map has a cell for so many pixels, across and down."""
STEP = 0.01
"""Two parts whose logits differ by less look equally bad, so that rounding does not
choose between them: on a plain wall, all parts look the same."""


class Place(NamedTuple):
    """Where the close look goes, in pixels of the frame."""

    top: int
    left: int
    height: int
    width: int

    def of(self, plane: np.ndarray, cell_px: int = 1) -> np.ndarray:
        """That part of something laid over the frame, rows first; a view."""
        down = slice(self.top // cell_px, (self.top + self.height) // cell_px)
        across = slice(self.left // cell_px, (self.left + self.width) // cell_px)
        return plane[down, across]


class TwoLooks(Model):
    """A model that looks twice."""

    def __init__(self, model: Model, calibration: dict[str, float]) -> None:
        self.calibration = calibration
        self.model = model

    def fit(self, width: int, height: int) -> tuple[int, int]:
        multiple = SIDE_MULTIPLE_PX * AFAR
        scale = math.sqrt(AREA_PX / (width * height)) / multiple
        fitted = [max(1, round(side * scale)) * multiple for side in (width, height)]
        return fitted[0], fitted[1]

    def heat(self, frame: np.ndarray) -> np.ndarray:
        """Logits of the heat map: kinds × rows × columns.

        Raises:
            ModelError: the model's cells are of another size.
        """
        afar = self.model.heat(from_afar(frame))
        height, width = frame.shape[:2]
        cells = (height // (CELL_PX * AFAR), width // (CELL_PX * AFAR))
        if afar.shape[1:] != cells:
            raise ModelError("model_shape")
        place = worst(afar[0], height, width)
        close = self.model.heat(np.ascontiguousarray(place.of(frame)))
        heat = afar.repeat(AFAR, 1).repeat(AFAR, 2)
        for whole, part in zip(heat, close):
            place.of(whole, CELL_PX)[...] = part
        return heat


def from_afar(frame: np.ndarray) -> np.ndarray:
    """The frame at a third of its size: means of 3 × 3 pixels."""
    total = frame[::AFAR].astype(np.uint16)
    for n in range(1, AFAR):
        total += frame[n::AFAR]
    rows = total
    total = rows[:, ::AFAR].copy()
    for n in range(1, AFAR):
        total += rows[:, n::AFAR]
    return ((total + AFAR * AFAR // 2) // (AFAR * AFAR)).astype(np.uint8)


def worst(logits: np.ndarray, height: int, width: int) -> Place:
    """The part of a frame with the most heat in it, the first of several alike."""
    size = [
        min(side, max(1, round(side * PART / SIDE_MULTIPLE_PX)) * SIDE_MULTIPLE_PX)
        for side in (height, width)
    ]
    cell_px = CELL_PX * AFAR
    rows, columns = (max(1, round(px / cell_px)) for px in size)
    hot = np.exp(np.clip(logits, -20, 8).astype(np.float64))
    sums = np.pad(hot.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = sums[rows:, columns:] - sums[:-rows, columns:]
    inside += sums[:-rows, :-columns] - sums[rows:, :-columns]
    level = np.round(np.log(inside) / STEP)
    row, column = divmod(int(level.argmax()), level.shape[1])
    return Place(
        _start(row, rows, size[0], height), _start(column, columns, size[1], width), *size
    )


def _start(first: int, cells: int, px: int, side: int) -> int:
    """Where so many pixels around those cells begin, on a cell of the fine map."""
    start = first * CELL_PX * AFAR + (cells * CELL_PX * AFAR - px) // 2
    return min(max(0, (start + CELL_PX // 2) // CELL_PX * CELL_PX), side - px)
