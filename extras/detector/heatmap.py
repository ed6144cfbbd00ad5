"""From the heat map to a score and boxes; numpy alone.

Must not decide anything over time: one frame is all it knows.
"""

from __future__ import annotations

import math
from typing import NamedTuple, Optional

import numpy as np

from detector.numpy_net import Weights


class Box(NamedTuple):
    """A failure's place, centre and size in 0..1, and how sure the detector is."""

    confidence: float
    x: float
    y: float
    w: float
    h: float


def raw_score(heat: np.ndarray, hottest: int) -> float:
    """Mean logit of the hottest cells of the strands' map."""
    flat = heat[0].ravel()
    return float(np.partition(flat, flat.size - hottest)[-hottest:].mean())


def calibrated(raw: float, weights: Weights) -> float:
    """A raw score in 0..1, where 0.5 is the point that 1 % of good frames pass."""
    lifted = weights.slope * (raw - weights.centre)
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, lifted))))


def clusters(hot: np.ndarray) -> list[list[tuple[int, int]]]:
    """Groups of true cells that touch, corners included."""
    left = {(int(r), int(c)) for r, c in np.argwhere(hot)}
    found = []
    while left:
        group, edge = [], [left.pop()]
        while edge:
            row, column = edge.pop()
            group.append((row, column))
            for r in (row - 1, row, row + 1):
                for c in (column - 1, column, column + 1):
                    if (r, c) in left:
                        left.remove((r, c))
                        edge.append((r, c))
        found.append(group)
    return found


def boxes(
    heat: np.ndarray, weights: Weights, keep: Optional[np.ndarray] = None
) -> list[Box]:
    """Places of the hot cells, surest first.

    Args:
        keep: which cells count, rows × columns; None for all.
    """
    strands = heat[0]
    rows, columns = strands.shape
    hot = strands > weights.cell
    if keep is not None:
        hot = hot & keep
    found = []
    for group in clusters(hot):
        inside = sorted((float(strands[cell]) for cell in group), reverse=True)
        inside = inside[: weights.hottest]
        # A small group is filled up with cells that are just not hot.
        lacking = weights.hottest - len(inside)
        raw = (sum(inside) + lacking * weights.cell) / weights.hottest
        top, bottom = min(r for r, _ in group), max(r for r, _ in group) + 1
        left, right = min(c for _, c in group), max(c for _, c in group) + 1
        found.append(
            Box(
                calibrated(raw, weights),
                (left + right) / 2 / columns,
                (top + bottom) / 2 / rows,
                (right - left) / columns,
                (bottom - top) / rows,
            )
        )
    return sorted(found, reverse=True)
