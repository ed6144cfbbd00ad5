"""Which boxes do not count: those in an ignored zone and those the user waved through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from .options import Polygon
from .values import IGNORED_ZONE, NOT_A_FAILURE, Detection, Sighting

SAME_BOX_OVERLAP = 0.5
"""Share of the smaller box that two boxes must share to count as the same place."""
WIDER = 1.2
"""How much wider and higher an ignored zone is than the box that it was made for."""
GROWN = 2.5
"""A box this many times the size of an ignored one is news, wherever it stands."""


def sighted(
    detections: Sequence[Detection],
    zones: Sequence[Polygon],
    ignored: Sequence[Detection],
) -> tuple[Sighting, ...]:
    """What each detection counts for, in their order."""
    return tuple(Sighting(box, _unless(box, zones, ignored)) for box in detections)


def around(box: Detection) -> Polygon:
    """The zone that keeps a box and its like from counting: a little wider than it."""
    half_w, half_h = box.w * WIDER / 2, box.h * WIDER / 2
    left, right = max(0.0, box.x - half_w), min(1.0, box.x + half_w)
    top, bottom = max(0.0, box.y - half_h), min(1.0, box.y + half_h)
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def pointed_at(sightings: Sequence[Sighting], box: Detection) -> Optional[Sighting]:
    """The sighting that somebody means who points at a box; None if it is gone."""
    found = [one for one in sightings if same_place(one.box, box)]
    return min(found, key=lambda one: _apart(one.box, box), default=None)


def _apart(one: Detection, two: Detection) -> float:
    return (
        abs(one.x - two.x) + abs(one.y - two.y) + abs(one.w - two.w) + abs(one.h - two.h)
    )


def counting(sightings: Sequence[Sighting]) -> tuple[Detection, ...]:
    """The detections that count."""
    return tuple(one.box for one in sightings if not one.unless)


def _unless(
    box: Detection, zones: Sequence[Polygon], ignored: Sequence[Detection]
) -> str:
    if any(inside(box.x, box.y, zone) for zone in zones):
        return IGNORED_ZONE
    if any(_covers(other, box) for other in ignored):
        return NOT_A_FAILURE
    return ""


def inside(x: float, y: float, polygon: Polygon) -> bool:
    """Whether a point lies in a polygon (even-odd rule)."""
    within = False
    for (x1, y1), (x2, y2) in zip(polygon, polygon[1:] + polygon[:1]):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            within = not within
    return within


def same_place(one: Detection, two: Detection) -> bool:
    """Whether two boxes show the same thing: most of the smaller lies in the larger."""
    width = min(one.x + one.w / 2, two.x + two.w / 2)
    width -= max(one.x - one.w / 2, two.x - two.w / 2)
    height = min(one.y + one.h / 2, two.y + two.h / 2)
    height -= max(one.y - one.h / 2, two.y - two.h / 2)
    smaller = min(one.w * one.h, two.w * two.h)
    if width <= 0 or height <= 0 or smaller <= 0:
        return False
    return width * height / smaller >= SAME_BOX_OVERLAP


def _covers(ignored: Detection, box: Detection) -> bool:
    """Whether a box is just the ignored one seen again."""
    grown = box.w * box.h > GROWN * ignored.w * ignored.h
    return same_place(box, ignored) and not grown
