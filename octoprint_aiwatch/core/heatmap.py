"""A detector's heat map -> a score and boxes.

The map is what a fully convolutional net gives for a frame: one number (logit) per cell,
higher is more like a failure. Shared by every backend whose model gives such a map.
"""

from __future__ import annotations

import math

from .deferred import dataclass
from .values import Detection

Cell = tuple[int, int]

MOST_BOXES = 100
"""A map of specks has thousands of groups; nobody looks at so many boxes."""
SPECK = 0.01
"""A few cells that are hardly hot add less than this to what the threshold itself says.
On the dev photographs half of such boxes (153 of 300) lay on no failure, of the others
one in six (73 of 423)."""


@dataclass(frozen=True)
class Calibration:
    """How a model's logits are read; it comes with the model.

    ``hottest`` cells make the score. ``centre`` and ``slope`` turn their mean into 0..1,
    where 0.5 is passed by 1 % of good frames. Cells above ``cell`` make the boxes.
    """

    hottest: int
    centre: float
    slope: float
    cell: float


@dataclass(frozen=True)
class HeatMap:
    """Logits row by row, ``rows`` times ``columns`` of them, over the whole frame."""

    rows: int
    columns: int
    values: tuple[float, ...]


def score(heat: HeatMap, calibration: Calibration) -> float:
    """The frame's score, 0..1: the mean of its hottest cells, calibrated."""
    hottest = sorted(heat.values, reverse=True)[: calibration.hottest]
    return calibrated(sum(hottest) / len(hottest), calibration)


def detections(heat: HeatMap, calibration: Calibration) -> tuple[Detection, ...]:
    """Boxes around the groups of hot cells, surest first, no specks beside that one."""
    found = [_box(group, heat, calibration) for group in _groups(heat, calibration.cell)]
    found.sort(key=lambda box: -box.confidence)
    least = calibrated(calibration.cell, calibration) + SPECK
    # The surest stays whatever it is: a frame of many specks may have a high score.
    others = [box for box in found[1:MOST_BOXES] if box.confidence >= least]
    return (*found[:1], *others)


def calibrated(logit: float, calibration: Calibration) -> float:
    """A raw score in 0..1; at the centre it is a half."""
    lifted = calibration.slope * (logit - calibration.centre)
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, lifted))))


def _groups(heat: HeatMap, threshold: float) -> list[list[Cell]]:
    """Groups of hot cells that touch, corners included."""
    left = {
        divmod(at, heat.columns)
        for at, value in enumerate(heat.values)
        if value > threshold
    }
    groups = []
    for start in sorted(left):
        if start not in left:
            continue
        group: list[Cell] = []
        edge = [start]
        left.discard(start)
        while edge:
            row, column = edge.pop()
            group.append((row, column))
            around = {
                (r, c)
                for r in range(row - 1, row + 2)
                for c in range(column - 1, column + 2)
            }
            edge.extend(sorted(around & left))
            left -= around
        groups.append(group)
    return groups


def _box(group: list[Cell], heat: HeatMap, calibration: Calibration) -> Detection:
    inside = sorted((heat.values[r * heat.columns + c] for r, c in group), reverse=True)
    inside = inside[: calibration.hottest]
    # A small group is filled up with cells that are just not hot.
    lacking = calibration.hottest - len(inside)
    logit = (sum(inside) + lacking * calibration.cell) / calibration.hottest
    top, bottom = min(r for r, _ in group), max(r for r, _ in group) + 1
    left, right = min(c for _, c in group), max(c for _, c in group) + 1
    return Detection(
        calibrated(logit, calibration),
        (left + right) / 2 / heat.columns,
        (top + bottom) / 2 / heat.rows,
        (right - left) / heat.columns,
        (bottom - top) / heat.rows,
    )
