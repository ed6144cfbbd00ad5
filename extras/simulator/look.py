"""How one simulated printer looks: colours, light, camera place; all from a seed.

Must not draw.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

Colour = tuple[float, float, float]
Vector = tuple[float, float, float]

FILAMENTS: tuple[Colour, ...] = (
    (228, 108, 32),  # orange
    (52, 118, 196),  # blue
    (206, 52, 48),  # red
    (222, 220, 212),  # white
    (84, 164, 70),  # green
    (232, 190, 48),  # yellow
    (150, 96, 178),  # purple
    (132, 138, 144),  # grey
)
BEDS: tuple[Colour, ...] = (
    (54, 55, 58),  # black sheet
    (86, 82, 74),  # dark gold
    (70, 76, 84),  # slate
    (112, 112, 110),  # light glass
)
ROOMS: tuple[tuple[Colour, Colour], ...] = (
    ((122, 112, 98), (62, 56, 50)),
    ((96, 108, 122), (46, 52, 60)),
    ((138, 132, 122), (74, 70, 66)),
    ((70, 66, 64), (34, 32, 32)),
)
ACCENTS: tuple[Colour, ...] = ((190, 60, 40), (50, 90, 150), (60, 62, 66), (210, 140, 30))


@dataclass(frozen=True)
class Look:
    """Everything that stays the same while a printer prints."""

    seed: int
    filament: Colour
    bed: Colour
    wall: Colour
    floor: Colour
    accent: Colour
    eye: Vector
    target: Vector
    light: Vector
    warmth: float
    brightness: float
    ambient: float
    noise: float
    grid: bool


def _unit(vector: Vector) -> Vector:
    length = math.sqrt(sum(part * part for part in vector))
    x, y, z = (part / length for part in vector)
    return x, y, z


def look_from_seed(seed: int) -> Look:
    """The look of printer number `seed`."""
    chance = random.Random(f"look {seed}")
    wall, floor = chance.choice(ROOMS)
    side = chance.choice((-1.0, 1.0))
    bed = chance.choice(BEDS)
    # People notice filament that has the bed's own colour, so it is not used.
    filaments = [c for c in FILAMENTS if _distance(c, bed) > 90]
    return Look(
        seed=seed,
        filament=FILAMENTS[0] if seed == 0 else chance.choice(filaments),
        bed=BEDS[0] if seed == 0 else bed,
        wall=wall,
        floor=floor,
        accent=chance.choice(ACCENTS),
        eye=(110 + side * chance.uniform(15, 55), chance.uniform(-100, -78), 118.0),
        target=(110 + chance.uniform(-4, 4), 108.0, chance.uniform(12, 18)),
        light=_unit((side * chance.uniform(0.3, 0.7), -0.45, 1.0)),
        warmth=chance.uniform(-0.06, 0.08),
        brightness=chance.uniform(0.95, 1.2),
        ambient=chance.uniform(0.46, 0.58),
        noise=chance.uniform(2.0, 4.5),
        grid=chance.random() < 0.6,
    )


def _distance(a: Colour, b: Colour) -> float:
    return math.sqrt(sum((p - q) ** 2 for p, q in zip(a, b)))
