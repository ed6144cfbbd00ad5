"""Flat pictures drawn from chance: strands to find, and busy textures to leave alone.

Each is a small RGBA patch, to be pasted into frames by augment.py. The strands' alpha is
exact, so that they can be labelled to the pixel. Must not use any photograph.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = 160
_DOUBLE = 2 * SIZE  # drawn at double size and shrunk, for smooth edges

Colour = tuple[int, int, int]


def _colour(rng: np.random.Generator) -> Colour:
    if rng.random() < 0.4:  # white, grey and black filament are the commonest
        grey = int(rng.choice([rng.integers(10, 60), rng.integers(90, 250)]))
        return grey, grey, grey
    bright = rng.integers(60, 256)
    return tuple(int(bright * x) for x in rng.random(3) ** 0.7)  # type: ignore[return-value]


def _shade(colour: Colour, factor: float) -> Colour:
    return tuple(int(min(255, max(0, c * factor))) for c in colour)  # type: ignore[return-value]


def _walk(rng: np.random.Generator, start: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """A smooth line that turns at random and is drawn back to where it started."""
    count = int(rng.integers(25, 110))
    angle, bend = rng.random() * 6.283, 0.0
    step, lively = rng.uniform(3, 9), rng.uniform(0.05, 0.45)
    curl = rng.normal(0, 0.12)
    points, here = [start], start.astype(float)
    for _ in range(count):
        bend = 0.8 * bend + rng.normal(0, lively)
        angle += bend + curl
        home = (start - here) / spread
        away = max(0.0, float(np.hypot(*home)) - 0.8)
        here = here + step * np.array([math.cos(angle), math.sin(angle)])
        here = here + home * spread * min(0.5, 0.15 * away)
        points.append(here)
    return np.array(points)


def strands(rng: np.random.Generator) -> Image.Image:
    """Loose filament: a ball of hair, a heap of loops, or a few of them."""
    patch = Image.new("RGBA", (_DOUBLE, _DOUBLE))
    draw = ImageDraw.Draw(patch)
    colour, width = _colour(rng), rng.uniform(2.5, 9.0)
    few = rng.random() < 0.3
    count = int(rng.integers(2, 7) if few else rng.integers(8, 55))
    middle = _DOUBLE * rng.uniform(0.35, 0.65, 2)
    spread = _DOUBLE * np.array([rng.uniform(0.12, 0.36), rng.uniform(0.06, 0.3)])
    gloss = rng.uniform(1.05, 1.7)
    depth = rng.uniform(0.3, 0.75)
    for n in range(count):
        start = middle + rng.normal(0, 0.5, 2) * spread
        line = [tuple(p) for p in _walk(rng, start, spread)]
        near = depth + (1 - depth) * (n + 1) / count
        base = _shade(colour, near * rng.uniform(0.8, 1.1))
        thick = max(2, round(width * rng.uniform(0.8, 1.2)))
        draw.line(line, (*_shade(base, 0.45), 255), thick + 2, "curve")
        draw.line(line, (*base, 255), thick, "curve")
        if thick > 3:
            lit = [(x - thick / 5, y - thick / 4) for x, y in line]
            draw.line(lit, (*_shade(base, gloss), 255), max(1, thick // 3), "curve")
    return patch.resize((SIZE, SIZE), Image.BOX)


def _ground(rng: np.random.Generator) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    patch = Image.new("RGBA", (_DOUBLE, _DOUBLE), (*_colour(rng), 255))
    return patch, ImageDraw.Draw(patch)


def _stripes(rng: np.random.Generator) -> Image.Image:
    """Parallel lines in one to three directions: infill, layers, grids, vents."""
    patch, draw = _ground(rng)
    angle = rng.random() * 3.14
    for _ in range(int(rng.integers(1, 4))):
        colour, gap = (*_colour(rng), 255), rng.uniform(7, 40)
        width = max(1, round(gap * rng.uniform(0.1, 0.6)))
        along = np.array([math.cos(angle), math.sin(angle)]) * _DOUBLE
        across = np.array([-math.sin(angle), math.cos(angle)])
        for at in np.arange(-_DOUBLE, _DOUBLE, gap):
            centre = _DOUBLE / 2 + across * at
            draw.line([tuple(centre - along), tuple(centre + along)], colour, width)
        angle += rng.choice([1.571, 1.047, 0.785])
    return patch


def _dots(rng: np.random.Generator) -> Image.Image:
    """Holes, knobs or honeycomb in rows."""
    patch, draw = _ground(rng)
    colour, gap = (*_colour(rng), 255), rng.uniform(14, 50)
    rim = (*_colour(rng), 255) if rng.random() < 0.5 else None
    radius, sides = gap * rng.uniform(0.2, 0.49), int(rng.choice([3, 4, 6, 30]))
    turn, skew = rng.random() * 360, rng.choice([0.0, 0.5])
    for row, y in enumerate(np.arange(0, _DOUBLE + gap, gap * 0.87)):
        for x in np.arange(skew * gap * (row % 2), _DOUBLE + gap, gap):
            draw.regular_polygon((x, y, radius), sides, turn, fill=colour, outline=rim)
    return patch


def _cells(rng: np.random.Generator) -> Image.Image:
    """Irregular cells with thick walls, as lattice lamps have, or flat facets."""
    seeds = rng.random((int(rng.integers(12, 70)), 2)) * SIZE
    y, x = np.mgrid[:SIZE, :SIZE]
    far = np.sort(np.hypot(x[..., None] - seeds[:, 0], y[..., None] - seeds[:, 1]), 2)
    wall = far[..., 1] - far[..., 0]
    thick = rng.uniform(2, 9)
    mix = np.clip((thick - wall)[..., None], 0, 1)
    inner, outer = (np.array(_colour(rng), float) for _ in range(2))
    light = (0.6 + 0.4 * np.clip(1 - wall / thick, 0, 1))[..., None]
    rgb = np.clip(inner * (1 - mix) + outer * mix * light, 0, 255).astype(np.uint8)
    return Image.fromarray(rgb).convert("RGBA")


def _bricks(rng: np.random.Generator) -> Image.Image:
    """Bricks, keys or tiles, each a little different."""
    patch, draw = _ground(rng)
    colour = _colour(rng)
    w, h, gap = rng.uniform(24, 90), rng.uniform(14, 50), rng.uniform(2, 7)
    for row, y in enumerate(np.arange(0, _DOUBLE, h)):
        for x in np.arange(-w * (row % 2) / 2, _DOUBLE, w):
            shade = (*_shade(colour, rng.uniform(0.7, 1.2)), 255)
            draw.rectangle([x, y, x + w - gap, y + h - gap], shade)
    return patch


def _letters(rng: np.random.Generator) -> Image.Image:
    """Large and small writing, as on beds, boxes and screens."""
    patch, draw = _ground(rng)
    colour = (*_colour(rng), 255)
    size = int(rng.integers(16, 90))
    font = ImageFont.load_default(size)
    signs = list("ABCDEFGHKLMNPRSTUWXYZabdeghkmnprsty0123456789#@&")
    for y in np.arange(4, _DOUBLE, size * 1.2):
        text = "".join(rng.choice(signs, int(_DOUBLE / size * 1.6)))
        draw.text((4, y), text, colour, font)
    return patch


def _cables(rng: np.random.Generator) -> Image.Image:
    """One to four thick smooth lines side by side: cables, tubes, belts."""
    patch = Image.new("RGBA", (_DOUBLE, _DOUBLE))
    draw = ImageDraw.Draw(patch)
    t = np.linspace(0, 1, 40)[:, None]
    ends = rng.random((4, 2)) * _DOUBLE
    for _ in range(int(rng.integers(1, 5))):
        a, b, c, d = ends + rng.normal(0, 8, (4, 2))
        curve = a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t**2 * (1 - t)
        line = [tuple(p) for p in curve + d * t**3]
        colour, width = _colour(rng), int(rng.integers(5, 24))
        draw.line(line, (*_shade(colour, 0.6), 255), width, "curve")
        draw.line(line, (*colour, 255), max(1, width // 2), "curve")
    return patch


def _rings(rng: np.random.Generator) -> Image.Image:
    """Gears, fans and rings: round, toothed, regular."""
    patch, draw = _ground(rng)
    for _ in range(int(rng.integers(1, 4))):
        cx, cy = rng.random(2) * _DOUBLE
        radius, teeth = rng.uniform(40, 150), int(rng.integers(5, 36))
        colours = [(*_colour(rng), 255) for _ in range(2)]
        for n in range(teeth):
            a = 6.283 * n / teeth
            tip = (cx + radius * 1.15 * math.cos(a), cy + radius * 1.15 * math.sin(a))
            width = max(2, int(radius * 3 / teeth))
            draw.line([(cx, cy), tip], colours[n % 2], width)
        for n, r in enumerate(np.arange(radius, 5, -rng.uniform(12, 40))):
            if n or rng.random() < 0.5:
                draw.ellipse([cx - r, cy - r, cx + r, cy + r], colours[n % 2])
    return patch


def texture(rng: np.random.Generator) -> Image.Image:
    """Something busy that is no failure, cut to a rectangle, a disc or a polygon."""
    kinds = (_stripes, _dots, _cells, _bricks, _letters, _cables, _rings)
    patch = kinds[int(rng.integers(len(kinds)))](rng).resize((SIZE, SIZE), Image.BOX)
    if rng.random() < 0.3:
        patch = patch.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.5)))
    light = np.asarray(patch).astype(np.float32)
    slope = np.linspace(rng.uniform(0.5, 1.2), rng.uniform(0.5, 1.2), SIZE)
    light[..., :3] *= slope[:, None, None] if rng.random() < 0.5 else slope[:, None]
    patch = Image.fromarray(light.clip(0, 255).astype(np.uint8))
    cut = Image.new("L", (SIZE, SIZE))
    draw, m = ImageDraw.Draw(cut), SIZE // 2 - 4
    sides = int(rng.choice([3, 4, 4, 5, 6, 40]))
    draw.regular_polygon((SIZE / 2, SIZE / 2, m), sides, rng.random() * 90, fill=255)
    alpha = np.minimum(np.asarray(cut), np.asarray(patch)[..., 3])
    patch.putalpha(Image.fromarray(alpha))
    return patch


def strands_patch(seed: int, n: int) -> np.ndarray:
    """The n-th patch of strands, as RGBA."""
    return np.asarray(strands(np.random.default_rng((seed, 0, n))))


def texture_patch(seed: int, n: int) -> np.ndarray:
    """The n-th busy texture, as RGBA."""
    return np.asarray(texture(np.random.default_rng((seed, 1, n))))
