"""A judge of pixels: finds loose strands in a frame, and knows nothing but the frame.

A small network looks at each cell's figures; what it finds is gathered into boxes. It
was fitted to this simulator's pictures (`fit_judge.py`): good enough for a demo, no
detector for real prints. Must not have any other way to the scene than its JPEG.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .features import GRID, cell_features, load_frame
from .gadget_judge import GadgetJudge, GadgetVerdict
from .judgement import Box, Judge, Judgement, ScriptedJudge

__all__ = [
    "GadgetJudge",
    "GadgetVerdict",
    "Judge",
    "Judgement",
    "PixelJudge",
    "ScriptedJudge",
]

WEIGHTS_FILE = Path(__file__).with_name("judge_weights.json")
_CELL_LEVEL = 0.5
#: The evidence (sum of a box's cells) that is as likely as not a failure, and its spread.
_HALF_EVIDENCE = 14.0
_SPREAD = 4.0
_MIN_CELLS = 3
Floats = NDArray[np.float64]


class PixelJudge:
    """Judges single frames; the context makes no difference."""

    def judge(self, jpeg: bytes, context: str = "") -> Judgement:
        """How much loose filament the frame shows, and where."""
        cells = cell_probabilities(cell_features(load_frame(jpeg)))
        smooth = _smooth(cells.reshape(GRID))
        boxes: list[Box] = []
        for cluster in _clusters(smooth >= _CELL_LEVEL):
            if len(cluster) >= _MIN_CELLS:
                boxes.append(_box(cluster, smooth))
        boxes.sort(reverse=True)
        return Judgement(boxes[0][0] if boxes else 0.0, tuple(boxes))


@lru_cache(maxsize=1)
def _weights() -> dict[str, Floats]:
    document = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    return {name: np.array(values) for name, values in document.items()}


def cell_probabilities(features: NDArray[np.float32]) -> Floats:
    """How surely each cell shows loose strands."""
    weights = _weights()
    scaled = (features - weights["mean"]) / weights["scale"]
    hidden = np.maximum(0.0, scaled @ weights["w1"] + weights["b1"])
    z = hidden @ weights["w2"] + weights["b2"]
    return 1.0 / (1.0 + np.exp(-np.clip(z, -30, 30)))


def _smooth(cells: Floats) -> Floats:
    """Each cell with its neighbours: lone cells are chance."""
    rows, columns = cells.shape
    padded = np.pad(cells, 1, mode="edge")
    around = sum(
        padded[dy : dy + rows, dx : dx + columns] for dy in range(3) for dx in range(3)
    )
    return 0.5 * cells + 0.5 * (around - cells) / 8.0


def _clusters(mask: NDArray[np.bool_]) -> list[list[tuple[int, int]]]:
    """Cells that touch each other, corners included."""
    left = {(int(row), int(column)) for row, column in zip(*np.nonzero(mask))}
    clusters = []
    while left:
        todo = [left.pop()]
        cluster = []
        while todo:
            row, column = todo.pop()
            cluster.append((row, column))
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    near = (row + dy, column + dx)
                    if near in left:
                        left.remove(near)
                        todo.append(near)
        clusters.append(cluster)
    return clusters


def _box(cluster: list[tuple[int, int]], cells: Floats) -> Box:
    evidence = sum(float(cells[cell]) for cell in cluster)
    confidence = 1.0 / (1.0 + np.exp(-(evidence - _HALF_EVIDENCE) / _SPREAD))
    rows = [row for row, _ in cluster]
    columns = [column for _, column in cluster]
    top, bottom = min(rows) / GRID[0], (max(rows) + 1) / GRID[0]
    left, right = min(columns) / GRID[1], (max(columns) + 1) / GRID[1]
    centre = ((left + right) / 2, (top + bottom) / 2)
    return (round(float(confidence), 4), *centre, right - left, bottom - top)
