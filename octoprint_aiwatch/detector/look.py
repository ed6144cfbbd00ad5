"""What a frame looks like, in a few plain figures: is there anything to be seen in it?

Says nothing about what they mean; that is decided by the plugin (core/sight.py). Needs
Pillow only: a process that watches with a cloud's help must not load numpy for this.
"""

from __future__ import annotations

from typing import Any

from PIL import Image, ImageChops

from .model import fit_to_area

AREA_PX = 256 * 192
"""Pixels of the picture that is looked at, about: the limits of what its figures mean
(core/sight.py) were found at this size."""
OVERLAY = 10
"""A tenth of the height at the top and at the bottom is left out of most figures: that
is where webcams write date and time, which they can also do on a picture of nothing."""
CELLS = (32, 20)
"""The frame's middle in so many cells, whose means say where it is light and dark."""
WHITE = 250
"""Levels of brightness (0 to 255) from which on a pixel holds nothing but white."""
ODD = 24
"""Levels from the picture's ground beyond which a pixel stands out from it."""
FINE, BROAD = 2, 8
"""Pixels that are taken together before edges are looked for."""
STEEPEST = {FINE: 0.995, BROAD: 0.99}
"""Which part of the edges is less steep. A small bright spot has a larger part of the
large blocks' edges than of the small ones'; it must not make the rest look soft."""
THUMBNAIL = (64, 48)
"""Single pixels, not means: a living sensor's noise must be left in them."""


def fit(width: int, height: int) -> tuple[int, int]:
    """The size at which a frame of some width and height is looked at."""
    return fit_to_area(width, height, AREA_PX)


def look(picture: Image.Image) -> tuple[dict[str, Any], bytes]:
    """A frame's figures, and some of its grey pixels for telling it from another frame.

    Args:
        picture: red, green and blue, of the size that :func:`fit` gives.

    Returns:
        ``ground`` (the level in the middle of all), ``odd`` (share of pixels that stand
        out from it), ``bright`` (level that 95 % of the cells stay below in their
        strongest colour), ``contrast`` (levels between the darkest and the lightest
        cells), ``white`` (share of pixels), ``equal`` (share of neighbours alike, along
        rows or columns), ``smooth`` (share of neighbours at most a level apart, along
        both), ``fine`` and ``broad`` (levels across the steepest edges between small and
        between large blocks); and the thumbnail, :data:`THUMBNAIL` bytes.
    """
    width, height = picture.size
    rim = height // OVERLAY
    middle = picture.crop((0, rim, width, height - rim))
    grey = picture.convert("L")
    grey_middle = grey.crop((0, rim, width, height - rim))
    levels = grey.histogram()
    ground = quantile(levels, 0.5)
    out = sum(levels[: max(0, ground - ODD)]) + sum(levels[ground + ODD + 1 :])
    cells = strongest(middle.resize(CELLS, Image.BOX)).histogram()
    across, down = steps(grey)
    figures = {
        "ground": ground,
        "odd": out / sum(levels),
        "bright": quantile(cells, 0.95),
        "contrast": quantile(cells, 0.98) - quantile(cells, 0.02),
        "white": share(grey_middle.histogram(), WHITE, 256),
        "equal": max(share(across, 0, 1), share(down, 0, 1)),
        "smooth": min(share(across, 0, 2), share(down, 0, 2)),
        "fine": steepest(grey_middle, FINE),
        "broad": steepest(grey_middle, BROAD),
    }
    return figures, grey.resize(THUMBNAIL, Image.NEAREST).tobytes()


def strongest(picture: Image.Image) -> Image.Image:
    """The strongest of a picture's three colours: what is lit in red is not dark."""
    red, green, blue = picture.split()
    return ImageChops.lighter(red, ImageChops.lighter(green, blue))


def steps(grey: Image.Image) -> tuple[list[int], list[int]]:
    """How often neighbours differ by how many levels, along rows and along columns."""
    width, height = grey.size
    right = grey.crop((1, 0, width, height))
    below = grey.crop((0, 1, width, height))
    across = ImageChops.difference(grey.crop((0, 0, width - 1, height)), right)
    down = ImageChops.difference(grey.crop((0, 0, width, height - 1)), below)
    return across.histogram(), down.histogram()


def steepest(grey: Image.Image, block_px: int) -> int:
    """Levels between neighbouring blocks that only the steepest edges reach."""
    across, down = steps(grey.reduce(block_px))
    return quantile([a + b for a, b in zip(across, down)], STEEPEST[block_px])


def share(counts: list[int], low: int, high: int) -> float:
    """Which part of all counts lies in that range of levels; 0 if there are none."""
    return sum(counts[low:high]) / max(1, sum(counts))


def quantile(counts: list[int], part: float) -> int:
    """The level that this part of all counts does not exceed."""
    left = part * sum(counts)
    for level, count in enumerate(counts):
        left -= count
        if left <= 0:
            return level
    return len(counts) - 1
