"""Is there anything to be seen in a frame? Asked before it is judged or paid for.

Works on the figures of :mod:`octoprint_aiwatch.detector.look`; must not see pixels. The
thresholds were chosen on 4,318 rendered frames (dark, burnt out, infrared and blurred
ones among them), 1,542 photographs of prints, 462 frames of rendered prints in sequence,
and on dimmed, blurred, overexposed and drawn pictures; extras/docs/sight.md has the
shares. Where a usable frame and a useless one look alike, it is called usable: a backend
says more about it than these figures.
"""

from __future__ import annotations

from typing import Optional

from .deferred import dataclass, replace
from .values import Progress

TOO_SMALL = "picture_too_small"
BLACK = "picture_black"
BURNT_OUT = "picture_burnt_out"
FLAT = "picture_flat"
BLURRED = "picture_blurred"
PLACEHOLDER = "picture_placeholder"
FROZEN = "picture_frozen"
CODES = (TOO_SMALL, BLACK, BURNT_OUT, FLAT, BLURRED, PLACEHOLDER, FROZEN)

MIN_SIDE_PX = 96
"""Webcams have 120 lines and more; below this nobody sees a strand."""
BLACK_BELOW = 16
"""The darkest rendered frame has 26, the darkest photograph 37; of frames dimmed to a
fifth, 99 in 100 have more. A lit display or a LED in the dark is smaller than the 5 %
that may be brighter."""
DIM_BELOW = 40
"""A dark frame that is as even as a wall is called black: there is no light on."""
WHITE_SHARE = 0.80
"""A photograph of a print on white paper has up to 0.78, a rendered frame 0.52."""
EVEN_BELOW = 10
"""Levels; no usable frame has less than 26, noise alone makes up to 8."""
SHARP = 0.39
"""Steepest edges between small blocks, of those between large ones: 0.41 and more in
usable frames; blurred by 2 % of the width, 97 in 100 have less."""
SHARP_OF_CONTRAST = 0.1
"""Where noise is all that is left between small blocks, the blur hides behind it."""
LEAST_EDGE = 6
"""Levels; below that an edge is a matter of rounding."""
EQUAL_SHARE = 0.90
"""Drawn areas have no noise. Usable frames have at most 0.83, those that a webcam
compressed to next to nothing 0.88; drawn pictures 0.91 and more."""
SMOOTH_SHARE = 0.96
"""The same for drawn gradients: usable frames have at most 0.91."""
SHARP_DRAWING = 0.45
"""A photograph as smooth as that is a blurred one, unless it has sharp edges."""
DRAWN_SHARE, DRAWN_SHARE_ON_BLACK = 0.003, 0.01
"""How much of a placeholder is its text; in the dark, a LED is not yet a text."""
BLACK_GROUND = 16

REPEATS = 2
"""So many pictures alike are a frozen one: a living sensor's noise never repeats."""
REPEATS_OF_SLOW = 3
"""The same where the webcam was seen to renew its picture only now and then: it must not
go blind and see again with every other frame."""
APART_S = 2.0
"""Two frames that were taken sooner after each other may well be one picture."""
CHANGED_SHARE = 0.05
"""Frozen pictures with a running clock in them have up to 0.033, or 0.02 with letters of
ordinary size; a still scene has 0.08 and more even with next to no noise."""
NOISELESS_BELOW, NOISELESS_ABOVE = 5, 250
"""Levels at which a sensor has no noise because it is at its end."""
LEAST_COMPARED = 60
"""With fewer pixels between those levels nothing can be said."""


@dataclass(frozen=True)
class Look:
    """A frame's figures; see :func:`octoprint_aiwatch.detector.look.look`."""

    ground: float
    odd: float
    bright: float
    contrast: float
    white: float
    equal: float
    smooth: float
    fine: float
    broad: float
    thumbnail: bytes = b""


@dataclass(frozen=True)
class SightMemory:
    """The picture that the last frames had in common, and since when.

    ``repeats`` counts the frames that had it. ``is_slow``: this webcam repeated a picture
    once and then had a new one.
    """

    since_s: Optional[float] = None
    thumbnail: bytes = b""
    position: Optional[float] = None
    at_s: float = 0.0
    repeats: int = 0
    is_slow: bool = False


NOTHING_SEEN = SightMemory()


def is_too_small(width: int, height: int) -> bool:
    """Whether a frame of that many pixels cannot show anything."""
    return min(width, height) < MIN_SIDE_PX


def check(
    memory: SightMemory, look: Look, progress: Progress, now_s: float
) -> tuple[SightMemory, Optional[str]]:
    """What makes a frame useless, None if it can be judged.

    Args:
        progress: where the job stood when the frame was ordered.
        now_s: when the frame was taken.
    """
    code = useless(look)
    if code is not None:
        # Nothing, seen twice, says nothing about the webcam.
        return SightMemory(memory.since_s, is_slow=memory.is_slow), code
    memory = remember(memory, look, progress, now_s)
    return memory, FROZEN if is_frozen(memory, progress, now_s) else None


def useless(look: Look) -> Optional[str]:
    """What is wrong with a frame by itself."""
    if is_drawn(look):
        return PLACEHOLDER
    is_even = look.contrast < EVEN_BELOW
    if look.bright < BLACK_BELOW or (is_even and look.bright < DIM_BELOW):
        return BLACK
    if look.white >= WHITE_SHARE:
        return BURNT_OUT
    if is_even:
        return FLAT
    if look.fine < SHARP * max(LEAST_EDGE, look.broad):
        return BLURRED
    if look.fine < SHARP_OF_CONTRAST * look.contrast:
        return BLURRED
    return None


def is_drawn(look: Look) -> bool:
    """Whether it is a test picture or a text instead of a view."""
    on_black = look.ground < BLACK_GROUND
    least = DRAWN_SHARE_ON_BLACK if on_black else DRAWN_SHARE
    if look.odd < least or look.white >= WHITE_SHARE:
        return False
    if look.equal >= EQUAL_SHARE:
        return True
    return look.smooth >= SMOOTH_SHARE and look.fine >= SHARP_DRAWING * look.broad


def remember(
    memory: SightMemory, look: Look, progress: Progress, now_s: float
) -> SightMemory:
    """Take in a picture: the one that is remembered once more, or a new one."""
    if memory.since_s != progress.since_s:
        # The print began or went on again: what was before it says nothing.
        memory = SightMemory(progress.since_s)
    if is_alike(memory.thumbnail, look.thumbnail):
        return replace(memory, repeats=memory.repeats + 1)
    return replace(
        memory,
        thumbnail=look.thumbnail,
        position=progress.position,
        at_s=now_s,
        repeats=1,
        is_slow=memory.is_slow or 1 < memory.repeats < REPEATS_OF_SLOW,
    )


def is_frozen(memory: SightMemory, progress: Progress, now_s: float) -> bool:
    """Whether the picture stayed the same while the job moved on."""
    if None in (memory.position, progress.position):
        return False
    return (
        memory.repeats >= (REPEATS_OF_SLOW if memory.is_slow else REPEATS)
        and memory.position != progress.position
        and now_s - memory.at_s >= APART_S
    )


def is_alike(one: bytes, other: bytes) -> bool:
    """Whether two thumbnails show one and the same picture, but for a clock in it."""
    if len(one) != len(other):
        return False
    compared = changed = 0
    too_many = CHANGED_SHARE * len(one)
    for a, b in zip(one, other):
        if (
            NOISELESS_BELOW <= a < NOISELESS_ABOVE
            or NOISELESS_BELOW <= b < NOISELESS_ABOVE
        ):
            compared += 1
            if a != b:
                changed += 1
                if changed >= too_many:
                    return False
    return compared >= LEAST_COMPARED and changed < CHANGED_SHARE * compared
