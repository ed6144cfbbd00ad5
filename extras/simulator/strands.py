"""Loose filament: curled strands that pile up over and beside a part that came off.

A strand is a smooth random curve, laid down where the nozzle was going and sagging onto
what lies below. Everything follows from the seed. Must not know about time: only about
how many strands there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .backdrop import shade
from .look import Look
from .part import SHADOW_SCALE
from .projection import Projection

MAX_STRANDS = 150
THICKNESS_MM = 0.8
_STEP_MM = 1.1
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Site:
    """Where a print fails: the part's extent and height at that moment."""

    low: tuple[float, float]
    high: tuple[float, float]
    top_mm: float

    @property
    def centre(self) -> tuple[float, float]:
        """The part's middle."""
        return (self.low[0] + self.high[0]) / 2, (self.low[1] + self.high[1]) / 2


def make_strand(site: Site, seed: int, number: int) -> Floats:
    """The points (n, 3) of one strand."""
    chance = np.random.default_rng((seed, number, 4242))
    count = int(chance.integers(60, 150))
    grown = number / MAX_STRANDS
    spread = 0.55 + 0.5 * grown
    centre = np.array(site.centre)
    half = (np.array(site.high) - np.array(site.low)) / 2
    heap = np.random.default_rng((seed, 4242)).uniform(-0.5, 0.5, 2) * half - (
        0,
        0.35 * half[1],
    )
    start = centre + heap + chance.normal(0, 1, 2) * half * spread
    turns = np.cumsum(_curling(chance, count))
    steps = _STEP_MM * np.stack((np.cos(turns), np.sin(turns)), axis=1)
    flat = start + np.cumsum(steps, axis=0)
    flat += (centre + heap - flat) * 0.25  # strands stick to the heap
    flat = np.clip(flat, 3.0, 217.0)
    return np.column_stack((flat, _heights(flat, site, centre + heap, grown, chance)))


def _curling(chance: np.random.Generator, count: int) -> Floats:
    """Change of direction per step: coils of changing radius and sense."""
    radius = chance.uniform(2.2, 9.0)
    wave = np.sin(
        np.linspace(0, chance.uniform(1, 5) * math.tau, count) + chance.uniform(0, 6)
    )
    curl = _STEP_MM / radius * (1.0 + 0.6 * wave) * chance.choice((-1.0, 1.0))
    curl[0] += chance.uniform(0, math.tau)
    return curl + chance.normal(0, 0.05, count)


def _heights(
    flat: Floats, site: Site, heap: Floats, grown: float, chance: np.random.Generator
) -> Floats:
    """Strands lie on the part or the bed, on those before them, and arch in between."""
    inside = np.all(
        (flat > np.array(site.low) - 1) & (flat < np.array(site.high) + 1), axis=1
    )
    ground = np.where(inside, site.top_mm, 0.0)
    away = np.linalg.norm(flat - heap, axis=1)
    pile = (3.0 + 22.0 * grown) * np.exp(-((away / 24.0) ** 2))
    lift = pile * chance.uniform(0.35, 1.0)
    count = len(flat)
    arch = np.sin(
        np.linspace(0, chance.uniform(2, 7) * math.pi, count) + chance.uniform(0, 3)
    )
    height = ground + lift + np.maximum(0.0, arch) * chance.uniform(0.5, 5.0)
    kernel = np.hanning(13)
    padded = np.pad(height, 6, mode="edge")
    return np.maximum(0.6, np.convolve(padded, kernel / kernel.sum(), mode="valid"))


class StrandPainter:
    """RGBA pictures of the strands behind and in front of the part, and their shadow."""

    def __init__(self, site: Site, look: Look, view: Projection) -> None:
        self._site = site
        self._look = look
        self._view = view
        self._drawn = 0.0
        self._clear()

    def _clear(self) -> None:
        size = self._view.size
        self._behind = Image.new("RGBA", size, (0, 0, 0, 0))
        self._front = Image.new("RGBA", size, (0, 0, 0, 0))
        small = (size[0] // SHADOW_SCALE, size[1] // SHADOW_SCALE)
        self._shadow = Image.new("L", small, 0)
        self._drawn = 0.0

    def draw(self, amount: float) -> tuple[Image.Image, Image.Image, Image.Image]:
        """Behind, in front and shadow, when `amount` strands have come out."""
        amount = min(float(MAX_STRANDS), amount)
        if amount < self._drawn:
            self._clear()
        number = math.floor(self._drawn)
        while number < amount:
            share = min(1.0, amount - number)
            self._draw_strand(
                make_strand(self._site, self._look.seed, number), share, number
            )
            number += 1
        self._drawn = amount
        return self._behind, self._front, self._shadow

    def _draw_strand(self, points: Floats, share: float, number: int) -> None:
        points = points[: max(2, round(share * len(points)))]
        places, depth = self._view.pixels(points)
        light = np.array(self._look.light)
        fallen, _ = self._view.pixels(points - light * (points[:, 2:] / light[2]))
        dark = ImageDraw.Draw(self._shadow)
        dark.line([tuple(p) for p in fallen / SHADOW_SCALE], fill=210, width=1)
        tone = 0.9 + 0.2 * math.sin(number * 2.4)
        hidden = self._hidden(points)
        for begin, end in _runs(hidden):
            layer = self._behind if hidden[begin] else self._front
            self._draw_run(layer, places[begin:end], depth[begin], tone)

    def _hidden(self, points: Floats) -> NDArray[np.bool_]:
        """Which points the part stands in front of."""
        past = points[:, 1] > self._site.high[1]
        return past & (points[:, 2] < self._site.top_mm)

    def _draw_run(
        self, layer: Image.Image, places: Floats, depth: float, tone: float
    ) -> None:
        if len(places) < 2:
            return
        draw = ImageDraw.Draw(layer)
        colour = self._look.filament
        lit = tone * (self._look.ambient + 0.5) * self._look.brightness
        width = max(
            2, round(THICKNESS_MM * self._view.px_per_mm(self._site_point(depth)))
        )
        low = [(x + 0.4, y + width * 0.45) for x, y in places]
        body = [(x, y) for x, y in places]
        high = [(x - 0.3, y - width * 0.28) for x, y in places]
        draw.line(low, fill=(*shade(colour, lit * 0.42), 255), width=width, joint="curve")
        draw.line(
            body, fill=(*shade(colour, lit * 0.88), 255), width=width, joint="curve"
        )
        draw.line(high, fill=(*shade(colour, lit * 1.22), 255), width=max(1, width // 3))

    def _site_point(self, depth: float) -> tuple[float, float, float]:
        x, y = self._site.centre
        return x, y, self._site.top_mm


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches of equal flags, each reaching one point into the next."""
    edges = np.flatnonzero(flags[1:] != flags[:-1]) + 1
    borders = [0, *edges.tolist(), len(flags)]
    return [(a, min(b + 1, len(flags))) for a, b in zip(borders[:-1], borders[1:])]
