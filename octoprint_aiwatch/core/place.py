"""Evidence by its place on the frame: what was there before, what stays, what jumps.

The frame is laid out in cells. Each cell has a mean over time of the evidence that was
seen there, so that a failure, whose boxes wander, merge and split but keep covering some
place, is followed without telling which box became which. Two things keep a box from
counting:

* it stands where boxes stood in the job's first frames and during its start
  (*background*), and has not grown;
* what is seen jumps about: no place has had much of it (*passing*).

Evidence without boxes has no place: it counts everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Optional

from .deferred import dataclass, replace
from .steady import towards
from .values import Detection

COLUMNS, ROWS = 16, 12
WIDENED = 0.25
"""Share of a cell by which a box reaches further than it says, on each side."""
FIRST_S, FIRST_FRAMES = 90.0, 3
"""What stands there within so much evidence, or in so few frames, may be background."""
AREA_S, AREA_FRAMES = 50.0, 2
"""From so much of it, and no fewer frames, it is learned how large that is."""
START_FRAMES = 5
"""A job's start takes that long, and no fewer frames than these."""
START_SHARE = 0.3
"""In this share of the start's frames, and in two, something must stand to stay
background."""
GROWN = 1.6
"""Background that covers this many times its area at the start is news again ..."""
GROWN_MOST = 2.2
"""... and one frame shows no more than this: a single large box is no growth."""
LASTING_S = 600.0
"""Over this time it is asked whether what is seen stays in one place."""
PASSING_BELOW, LASTING_ABOVE = 0.4, 0.7
"""A place that has had less of what was seen counts for nothing; one that has had more
counts in full."""
FORGOTTEN = 0.1
"""Below this mean it is no longer counted how often a place was hit in turn."""
MISS = -0.5
"""What a frame without anything there takes off that count."""
LEAST = 1e-4
"""Means below this are forgotten."""

Cells = Mapping[int, float]


@dataclass(frozen=True)
class Places:
    """Means of evidence, 0..1, by cell (row times :data:`COLUMNS` plus column).

    ``everywhere`` has no place, ``behind`` is the background's, ``recent`` the rest's;
    ``latest``, ``latest_behind`` and ``latest_at`` are what the last frame showed there.
    ``hits`` counts the frames that showed something while it is not forgotten.
    ``lasting`` and ``lasting_all`` are the long means of cells and of all that was seen.
    ``start`` counts the start's frames by cell; ``start_seen`` of the first ones showed
    something. ``start_area`` is the mean area of what they showed, ``area`` that of what
    stands there now, in shares of the frame.
    """

    latest: float = 0.0
    latest_behind: float = 0.0
    latest_at: Cells = field(default_factory=dict)
    hits: Cells = field(default_factory=dict)
    everywhere: float = 0.0
    behind: float = 0.0
    recent: Cells = field(default_factory=dict)
    lasting: Cells = field(default_factory=dict)
    lasting_all: float = 0.0
    is_started: bool = False
    start_s: float = 0.0
    start_frames: int = 0
    start: Cells = field(default_factory=dict)
    start_seen: int = 0
    start_area: float = 0.0
    area: float = 0.0
    background: frozenset[int] = frozenset()


def follow(
    places: Places, score: float, boxes: Sequence[Detection], step_s: float
) -> Places:
    """Take in what was seen in one frame.

    Args:
        score: the frame's, 0..1.
        boxes: those that are in no ignored place; none: the score has no place.
        step_s: how long the frame counts for.
    """
    surest = max((box.confidence for box in boxes), default=0.0)
    if surest <= 0.0:
        boxes = ()
    sizes = places.start_s < AREA_S or places.start_frames < AREA_FRAMES
    if not places.is_started:
        places = _start(places, boxes, step_s)
    behind = 0.0
    ahead: dict[int, float] = {}
    for box in boxes:
        value = score * box.confidence / surest
        covered = cells(box)
        if is_background(places, covered):
            behind = max(behind, value)
            continue
        for cell in covered:
            ahead[cell] = max(ahead.get(cell, 0.0), value)
    recent = _towards(places.recent, ahead, step_s)
    places = replace(
        places,
        latest=0.0 if boxes else score,
        latest_behind=behind,
        latest_at=ahead,
        hits={
            cell: max(0.0, places.hits.get(cell, 0.0) + (1.0 if cell in ahead else MISS))
            for cell, mean in recent.items()
            if mean >= FORGOTTEN
        },
        everywhere=towards(places.everywhere, 0.0 if boxes else score, step_s),
        behind=towards(places.behind, behind, step_s),
        recent=recent,
        lasting=_towards(places.lasting, ahead, step_s, LASTING_S),
        lasting_all=towards(
            places.lasting_all, max(ahead.values(), default=0.0), step_s, LASTING_S
        ),
    )
    return _sized(places, boxes, step_s, sizes)


@dataclass(frozen=True)
class Strongest:
    """The strongest place that counts.

    ``mean`` is its evidence, 0..1, ``latest`` what the last frame showed there, ``hits``
    how many frames in turn showed something there, None where that is not counted.
    ``elsewhere`` is the share of what was seen of late that was seen in other places.
    """

    mean: float
    latest: float
    hits: Optional[int] = None
    elsewhere: float = 0.0


def strongest(places: Places) -> Strongest:
    """Where the evidence is strongest."""
    mean, latest, hits, elsewhere = places.everywhere, places.latest, None, 0.0
    if has_grown(places):
        mean += places.behind
        latest = max(latest, places.latest_behind)
    for cell, recent in places.recent.items():
        if places.everywhere + recent <= mean:
            # No weight is more than 1; most cells need not be asked for theirs.
            continue
        weight = _weight(places, cell)
        if places.everywhere + recent * weight > mean:
            mean = places.everywhere + recent * weight
            latest = max(places.latest, places.latest_at.get(cell, 0.0) * weight)
            hits = int(places.hits.get(cell, 0.0))
            elsewhere = 1.0 - _share(places, cell)
    return Strongest(min(1.0, mean), latest, hits, elsewhere)


def has_grown(places: Places) -> bool:
    """Whether the background has become more than it was."""
    if places.start_area <= 0.0:
        return False
    return places.area >= GROWN * places.start_area


def is_background(places: Places, covered: Sequence[int]) -> bool:
    """Whether a box over these cells stands where the start had something."""
    within = sum(cell in places.background for cell in covered)
    return 2 * within >= len(covered) and within > 0


def is_passing(places: Places, covered: Sequence[int]) -> bool:
    """Whether none of these cells has had its share of what was seen."""
    return not any(_weight(places, cell) > 0.0 for cell in covered)


def live(places: Places) -> Places:
    """What is left when live evidence is to be forgotten: what the start showed."""
    return replace(
        places,
        everywhere=0.0,
        behind=0.0,
        latest=0.0,
        latest_behind=0.0,
        latest_at={},
        hits={},
        recent={},
        lasting={},
        lasting_all=0.0,
        area=places.start_area,
    )


def without(places: Places, box: Detection) -> Places:
    """The same without the evidence of one place."""
    covered = set(cells(box))
    lasting = {c: mean for c, mean in places.lasting.items() if c not in covered}
    return replace(
        places,
        behind=0.0 if is_background(places, tuple(covered)) else places.behind,
        recent={c: mean for c, mean in places.recent.items() if c not in covered},
        lasting=lasting,
        lasting_all=min(places.lasting_all, max(lasting.values(), default=0.0)),
    )


def cells(box: Detection) -> tuple[int, ...]:
    """The cells whose middle a box covers, at least the one that its own middle is in."""
    columns = _span(box.x, box.w, COLUMNS)
    return tuple(
        row * COLUMNS + column for row in _span(box.y, box.h, ROWS) for column in columns
    )


def _span(centre: float, size: float, count: int) -> range:
    half = size * count / 2 + WIDENED
    first = max(0, round(centre * count - half))
    last = min(count, round(centre * count + half))
    if last > first:
        return range(first, last)
    only = min(count - 1, max(0, int(centre * count)))
    return range(only, only + 1)


def _towards(
    means: Cells, values: Mapping[int, float], step_s: float, tau_s: float = 60.0
) -> Cells:
    # As `towards` has it; an hour of history is 360 times all cells, so it is done here.
    share = 1.0 - math.exp(-step_s / tau_s)
    if not values:
        return {
            cell: left
            for cell, mean in means.items()
            if (left := mean + share * (0.0 - mean)) >= LEAST
        }
    moved: dict[int, float] = {}
    # Means are in the order of their cells already.
    known = values.keys() <= means.keys()
    for cell in means if known else sorted(means.keys() | values.keys()):
        mean = means.get(cell, 0.0)
        mean += share * (values.get(cell, 0.0) - mean)
        if mean >= LEAST:
            moved[cell] = mean
    return moved


def _weight(places: Places, cell: int) -> float:
    """How much a cell's evidence counts for: all of it where what is seen stays."""
    weight = (_share(places, cell) - PASSING_BELOW) / (LASTING_ABOVE - PASSING_BELOW)
    return min(1.0, max(0.0, weight))


def _share(places: Places, cell: int) -> float:
    """How much of what was seen of late was seen there."""
    if places.lasting_all <= 0.0:
        return 0.0
    return min(1.0, places.lasting.get(cell, 0.0) / places.lasting_all)


def is_first(places: Places) -> bool:
    """Whether the next frame is one of the job's first."""
    return places.start_s < FIRST_S or places.start_frames < FIRST_FRAMES


def _start(places: Places, boxes: Sequence[Detection], step_s: float) -> Places:
    """One more frame of the start."""
    seen = places.start_frames + 1
    covered = {cell for box in boxes for cell in cells(box)}
    start = dict(places.start)
    for cell in covered:
        start[cell] = start.get(cell, 0.0) + 1.0
    background = places.background
    if is_first(places):
        background |= _around(covered)
    start_s = places.start_s + step_s
    is_started = start_s >= FIRST_S and seen >= START_FRAMES
    if is_started:
        least = max(2.0, START_SHARE * seen)
        stood = {cell for cell, times in start.items() if times >= least}
        start, background = {}, background & _around(stood)
    return replace(
        places,
        is_started=is_started,
        start_s=start_s,
        start_frames=seen,
        start=start,
        background=background,
    )


def _sized(
    places: Places, boxes: Sequence[Detection], step_s: float, sizes: bool
) -> Places:
    """How much of the frame the background covers."""
    area = _covered([box for box in boxes if is_background(places, cells(box))])
    if area <= 0.0:
        # What is not seen for a while has not become smaller.
        return places
    if sizes:
        seen = places.start_seen + 1
        area = places.start_area + (area - places.start_area) / seen
        return replace(places, start_seen=seen, start_area=area, area=area)
    start_area = places.start_area or area
    area = min(area, GROWN_MOST * start_area)
    area = towards(places.area or area, area, step_s)
    return replace(places, start_area=start_area, area=area)


def _covered(boxes: Sequence[Detection]) -> float:
    return sum(box.w * box.h for box in boxes)


def _around(covered: Iterable[int]) -> frozenset[int]:
    """Cells and their neighbours."""
    found = set()
    for cell in covered:
        row, column = divmod(cell, COLUMNS)
        for r in range(max(0, row - 1), min(ROWS, row + 2)):
            for c in range(max(0, column - 1), min(COLUMNS, column + 2)):
                found.add(r * COLUMNS + c)
    return frozenset(found)
