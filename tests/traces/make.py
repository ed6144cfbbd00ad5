"""Makes traces: what a backend would say of a whole print, frame by frame.

A trace is drawn from a :class:`Plot` with a seed; nothing else decides it. The truth (is
the failure in view, how large is it, is there a hand in the picture) is drawn by moments
of 10 s, so that the same seed at another cadence is the same print looked at less often.
Scores are those of a detector that calls 1 % of good pictures more than 0.5; boxes
wander, merge, split and grow as a tangle's do.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Optional

from octoprint_aiwatch.core.values import (
    Detection,
    FrameEvidence,
    Inspection,
    StatisticsEvidence,
)

MOMENT_S = 10.0
FRAMES, STATISTICS = "frames", "statistics"
FULL_AREA = 0.12


@dataclass(frozen=True)
class Plot:
    """What happens in a print.

    ``fails_at_s``: from then on a failure is in view, None: never. It covers ``area`` of
    the frame then and as much more every ``doubles_s``; while it covers less than
    ``clear_area`` its score is lower. It shows in ``shows`` of the moments. ``clutter``
    is the mean score of a frame without anything, ``noise`` how far it goes up and down.
    ``fixed``: a thing present from the first frame, scored between the two numbers.
    ``strays``: in this share of the moments a box is seen somewhere, anywhere.
    ``gaps``: nothing is seen from, until.
    """

    name: str
    for_s: float
    fails_at_s: Optional[float] = None
    area: float = 0.012
    doubles_s: float = 120.0
    clear_area: float = 0.0
    shows: float = 1.0
    every_tenth: bool = False
    clutter: float = 0.03
    noise: float = 0.015
    drifts: float = 0.0
    fixed: Optional[tuple[float, float]] = None
    fixed_at: tuple[float, float] = (0.25, 0.3)
    strays: float = 0.0
    hands_per_h: float = 0.0
    spikes_per_h: float = 0.0
    moving_head: bool = False
    gaps: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Moment:
    """What is to be seen at one moment: a score, and boxes."""

    score: float
    boxes: tuple[Detection, ...]


def visible_at_s(plot: Plot) -> Optional[float]:
    """From when on one frame of a failure scores 0.5 and more by itself."""
    if plot.fails_at_s is None:
        return None
    at_s = plot.fails_at_s
    while 0.8 * _area(plot, at_s) < 0.5 * plot.clear_area:
        at_s += MOMENT_S
    return at_s


def frames(
    plot: Plot, cadence_s: float, seed: int = 1
) -> Iterator[tuple[float, Optional[Moment]]]:
    """Every frame of a print: when, and what is seen; None in a gap."""
    scene = random.Random(f"{plot.name} {seed}")
    at_s, next_s = 0.0, 0.0
    state = _Life()
    while at_s < plot.for_s:
        moment = _moment(plot, at_s, scene, state)
        if at_s >= next_s:
            blank = any(start <= at_s < end for start, end in plot.gaps)
            yield at_s, None if blank else moment
            next_s += cadence_s
        at_s += MOMENT_S


def inspections(
    plot: Plot, cadence_s: float, kind: str = FRAMES, seed: int = 1
) -> Iterator[tuple[float, Optional[Inspection]]]:
    """The same as a backend tells it."""
    server = Server()
    for at_s, moment in frames(plot, cadence_s, seed):
        if moment is None:
            yield at_s, None
        elif kind == FRAMES:
            yield at_s, Inspection(FrameEvidence(moment.score), moment.boxes)
        else:
            yield at_s, Inspection(server.told(moment), moment.boxes)


class Server:
    """Obico's statistics of a printer that has a life behind it, frame by frame."""

    SPAN, SHORT, LONG = 12, 310, 7200

    def __init__(self, usual: float = 0.03) -> None:
        self._ewm, self._short, self._long = 0.0, 0.0, usual
        self._count = 0

    def told(self, moment: Moment) -> StatisticsEvidence:
        """One more frame."""
        p = min(1.0, sum(box.confidence for box in moment.boxes) or moment.score)
        self._count += 1
        self._ewm += 2.0 / (self.SPAN + 1) * (p - self._ewm)
        self._short += (p - self._short) / min(self._count, self.SHORT)
        self._long += (p - self._long) / self.LONG
        return StatisticsEvidence(p, self._ewm, self._short, self._long, self._count)


@dataclass
class _Life:
    """What goes on for longer than a moment."""

    hand_until_s: float = -1.0
    spike_until_s: float = -1.0
    hand_x: float = 0.5


def _moment(plot: Plot, at_s: float, scene: random.Random, life: _Life) -> Moment:
    drift = plot.drifts * (0.5 - 0.5 * _wave(at_s))
    score = max(0.0, scene.gauss(plot.clutter + drift, plot.noise))
    boxes: list[Detection] = []
    for seen in (
        _failure(plot, at_s, scene),
        _fixed(plot, scene),
        _stray(plot, scene),
        _hand(plot, at_s, scene, life),
        _head(plot, at_s, scene),
    ):
        if seen:
            boxes += seen
            score = max(score, *(box.confidence for box in seen))
    if scene.random() < plot.spikes_per_h * MOMENT_S / 3600.0:
        life.spike_until_s = at_s + scene.choice((10.0, 10.0, 20.0, 30.0))
    if at_s < life.spike_until_s:
        spike = _box(scene.uniform(0.3, 0.9), 0.5, 0.5, 0.15, scene, 0.3)
        boxes.append(spike)
        score = max(score, spike.confidence)
    return Moment(min(0.999, score), tuple(boxes))


def _wave(at_s: float) -> float:
    """A day's light in ten hours: up, down and up again."""
    phase = (at_s % 36_000.0) / 36_000.0
    return 1.0 - 4.0 * phase if phase < 0.5 else 4.0 * phase - 3.0


def _area(plot: Plot, at_s: float) -> float:
    assert plot.fails_at_s is not None
    return plot.area * (1.0 + max(0.0, at_s - plot.fails_at_s) / plot.doubles_s)


def _failure(plot: Plot, at_s: float, scene: random.Random) -> list[Detection]:
    shown = scene.random() < plot.shows
    if plot.every_tenth:
        shown = round(at_s / MOMENT_S) % 10 == 0
    if plot.fails_at_s is None or at_s < plot.fails_at_s or not shown:
        return []
    area = min(FULL_AREA, _area(plot, at_s))
    clear = 1.0 if not plot.clear_area else min(1.0, area / plot.clear_area)
    sure = max(0.02, min(0.98, scene.gauss(0.8, 0.1) * clear))
    side = area**0.5
    x, y = scene.gauss(0.62, 0.02), scene.gauss(0.55, 0.02)
    if side > 0.08 and scene.random() < 0.35:
        half, other = side * 0.55, scene.uniform(0.5, 0.9)
        return [
            _box(sure, x - side / 4, y, half, scene, 0.0, tall=1.5),
            _box(sure * other, x + side / 4, y, half, scene, 0.0, tall=1.4),
        ]
    return [_box(sure, x, y, side, scene, 0.0)]


def _fixed(plot: Plot, scene: random.Random) -> list[Detection]:
    if plot.fixed is None:
        return []
    x, y = plot.fixed_at
    return [_box(scene.uniform(*plot.fixed), x, y, 0.12, scene, 0.01)]


def _stray(plot: Plot, scene: random.Random) -> list[Detection]:
    if scene.random() >= plot.strays:
        return []
    return [_box(scene.uniform(0.5, 0.9), 0.5, 0.5, 0.15, scene, 0.4, flat=True)]


def _hand(plot: Plot, at_s: float, scene: random.Random, life: _Life) -> list[Detection]:
    if scene.random() < plot.hands_per_h * MOMENT_S / 3600.0:
        life.hand_until_s = at_s + scene.uniform(10.0, 40.0)
    if at_s >= life.hand_until_s:
        return []
    return [_box(scene.uniform(0.3, 0.7), 0.5, 0.6, 0.3, scene, 0.15)]


def _head(plot: Plot, at_s: float, scene: random.Random) -> list[Detection]:
    if not plot.moving_head:
        return []
    phase = (at_s % 170.0) / 170.0
    across = 0.1 + 0.8 * abs(2.0 * phase - 1.0)
    return [_box(scene.uniform(0.3, 0.8), across, 0.4, 0.1, scene, 0.01)]


def _box(
    confidence: float,
    x: float,
    y: float,
    side: float,
    scene: random.Random,
    wanders: float,
    tall: float = 1.0,
    flat: bool = False,
) -> Detection:
    """A box near a place; ``flat``: anywhere within ``wanders``, as likely."""
    if flat:
        x, y = scene.uniform(x - wanders, x + wanders), scene.uniform(0.1, 0.9)
    elif wanders:
        x, y = scene.gauss(x, wanders), scene.gauss(y, wanders)
    return Detection(
        confidence,
        min(0.97, max(0.03, x)),
        min(0.97, max(0.03, y)),
        side * scene.uniform(0.85, 1.2),
        side * tall * scene.uniform(0.85, 1.2),
    )
