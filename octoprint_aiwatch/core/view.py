"""The way a person sees the webcam's picture, and the way back.

Frames, boxes and zones are kept as the webcam delivers its snapshots. OctoPrint flips
first and then turns, on its pages (``flipH``, ``flipV`` inside ``webcam_rotated``) and in
timelapses (``hflip``, ``vflip``, ``transpose=2``) alike; it never does so to a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable

from .deferred import replace
from .values import Detection, View


def seen(view: View, x: float, y: float) -> tuple[float, float]:
    """Where a person sees a point of the snapshot; both in 0..1 of their picture."""
    x = 1.0 - x if view.flip_h else x
    y = 1.0 - y if view.flip_v else y
    return (y, 1.0 - x) if view.rotate_90 else (x, y)


def delivered(view: View, x: float, y: float) -> tuple[float, float]:
    """Which point of the snapshot a person sees there."""
    if view.rotate_90:
        x, y = 1.0 - y, x
    return 1.0 - x if view.flip_h else x, 1.0 - y if view.flip_v else y


def box_seen(view: View, box: Detection) -> Detection:
    """Where a person sees a box of the snapshot."""
    x, y = seen(view, box.x, box.y)
    return _sized(view, replace(box, x=x, y=y))


def box_delivered(view: View, box: Detection) -> Detection:
    """A box on the picture as a person sees it, on the snapshot."""
    x, y = delivered(view, box.x, box.y)
    return _sized(view, replace(box, x=x, y=y))


def boxes_delivered(view: View, boxes: Iterable[Detection]) -> tuple[Detection, ...]:
    """Several of them."""
    return tuple(box_delivered(view, box) for box in boxes)


def _sized(view: View, box: Detection) -> Detection:
    return replace(box, w=box.h, h=box.w) if view.rotate_90 else box
