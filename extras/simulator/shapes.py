"""Outlines of the parts that the simulator prints, and straight infill inside them.

Plain geometry in millimetres around the origin. Must not know G-code.
"""

from __future__ import annotations

import math
from collections.abc import Callable

Point = tuple[float, float]
#: The outline at a height (0 bottom to 1 top), shrunk inwards by some millimetres.
Outline = Callable[[float, float], list[Point]]


def _box(height: float, inset_mm: float) -> list[Point]:
    """A block with chamfered corners, a step in its upper third."""
    half_x, half_y = (27.0, 19.0) if height < 0.66 else (19.0, 19.0)
    half_x, half_y = half_x - inset_mm, half_y - inset_mm
    cut = 5.0
    return [
        (half_x - cut, -half_y),
        (half_x, -half_y + cut),
        (half_x, half_y - cut),
        (half_x - cut, half_y),
        (-half_x + cut, half_y),
        (-half_x, half_y - cut),
        (-half_x, -half_y + cut),
        (-half_x + cut, -half_y),
    ]


def _vase(height: float, inset_mm: float) -> list[Point]:
    """A fluted vase that twists as it grows."""
    belly = 17.0 + 6.0 * math.sin(math.pi * (0.15 + 1.15 * height))
    twist = 0.9 * height
    points = []
    for step in range(40):
        angle = math.tau * step / 40
        radius = belly + 1.4 * math.cos(8 * (angle + twist)) - inset_mm
        points.append((radius * math.cos(angle), radius * math.sin(angle)))
    return points


def _bracket(height: float, inset_mm: float) -> list[Point]:
    """An angle bracket, the same at every height."""
    a, b, wall = 26.0 - inset_mm, 22.0 - inset_mm, 15.0 - 2 * inset_mm
    return [
        (-a, -b),
        (a, -b),
        (a, -b + wall),
        (-a + wall, -b + wall),
        (-a + wall, b),
        (-a, b),
    ]


SHAPES: dict[str, Outline] = {"box": _box, "vase": _vase, "bracket": _bracket}
#: Shapes that are printed without infill.
HOLLOW = frozenset(("vase",))


def grown(points: list[Point], by_mm: float) -> list[Point]:
    """The outline pushed away from the origin, for the skirt."""
    result = []
    for x, y in points:
        length = math.hypot(x, y)
        result.append((x + by_mm * x / length, y + by_mm * y / length))
    return result


def infill(
    points: list[Point], spacing_mm: float, rising: bool
) -> list[tuple[Point, Point]]:
    """Parallel diagonal lines inside a closed outline, end to end alternating."""
    sign = 1.0 if rising else -1.0
    turned = [(x + sign * y, y - sign * x) for x, y in points]  # 45 degrees, longer by √2
    step = spacing_mm * math.sqrt(2.0)
    lines: list[tuple[Point, Point]] = []
    level = math.ceil(min(y for _, y in turned) / step) * step
    while level < max(y for _, y in turned):
        crossings = sorted(_crossings(turned, level))
        for left, right in zip(crossings[::2], crossings[1::2]):
            ends = (_back(left, level, sign), _back(right, level, sign))
            lines.append(ends if len(lines) % 2 == 0 else (ends[1], ends[0]))
        level += step
    return lines


def _crossings(points: list[Point], level: float) -> list[float]:
    found = []
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1]):
        if (y0 <= level) != (y1 <= level):
            found.append(x0 + (level - y0) * (x1 - x0) / (y1 - y0))
    return found


def _back(u: float, v: float, sign: float) -> Point:
    return (u - sign * v) / 2.0, (v + sign * u) / 2.0
