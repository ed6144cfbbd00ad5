"""Where the limits lie at which a frame is called useless, or a picture frozen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest

from octoprint_aiwatch.core import sight
from octoprint_aiwatch.core.sight import (
    APART_S,
    CHANGED_SHARE,
    LEAST_COMPARED,
    NOISELESS_ABOVE,
    NOISELESS_BELOW,
    is_alike,
    is_drawn,
    is_too_small,
    useless,
)
from tests.core.test_sight import GOOD, Watch, shown

DARK = shown(1, bright=4, contrast=3, ground=1, odd=0.0)
TEXT = {"equal": 0.98, "contrast": 60}
"""Drawn, if enough of it is not its ground."""


# -- one frame by itself ---------------------------------------------------------------


def test_a_frame_of_too_few_lines_is_too_small_however_wide_it_is() -> None:
    assert is_too_small(640, sight.MIN_SIDE_PX - 1)
    assert not is_too_small(640, sight.MIN_SIDE_PX)


AT_THE_LIMIT: list[tuple[dict[str, Any], Optional[str]]] = [
    # As even as a wall is what has less contrast than the limit,
    ({"contrast": sight.EVEN_BELOW - 1, "bright": 120}, sight.FLAT),
    ({"contrast": sight.EVEN_BELOW, "bright": 120}, None),
    # and that is dark only below its limit.
    ({"contrast": 5, "bright": sight.DIM_BELOW - 1}, sight.BLACK),
    ({"contrast": 5, "bright": sight.DIM_BELOW}, sight.FLAT),
    # As sharp as the limit is sharp enough,
    ({"fine": sight.SHARP * 100, "broad": 100}, None),
    ({"fine": sight.SHARP * 100 - 1, "broad": 100}, sight.BLURRED),
    # also beside the contrast.
    ({"fine": sight.SHARP_OF_CONTRAST * 120, "broad": 20}, None),
    ({"fine": sight.SHARP_OF_CONTRAST * 120 - 1, "broad": 20}, sight.BLURRED),
    # Edges that are a matter of rounding do not make a frame a sharp one.
    ({"fine": 2, "broad": 3, "contrast": 12}, sight.BLURRED),
    ({"fine": 3, "broad": 3, "contrast": 12}, None),
]


@pytest.mark.parametrize(("figures", "code"), AT_THE_LIMIT)
def test_at_its_limit_a_frame_is_still_usable(
    figures: dict[str, Any], code: Optional[str]
) -> None:
    assert useless(replace(GOOD, odd=0.0, **figures)) == code


@pytest.mark.parametrize(
    ("ground", "odd", "drawn"),
    [
        (sight.BLACK_GROUND, sight.DRAWN_SHARE, True),
        (sight.BLACK_GROUND, sight.DRAWN_SHARE * 0.9, False),
        (sight.BLACK_GROUND - 1, sight.DRAWN_SHARE, False),
        (sight.BLACK_GROUND - 1, sight.DRAWN_SHARE_ON_BLACK * 0.9, False),
        (sight.BLACK_GROUND - 1, sight.DRAWN_SHARE_ON_BLACK, True),
    ],
)
def test_on_black_it_takes_more_to_be_a_text(
    ground: int, odd: float, drawn: bool
) -> None:
    assert is_drawn(replace(GOOD, ground=ground, odd=odd, **TEXT)) == drawn


def test_a_frame_as_white_as_paper_is_no_text() -> None:
    white = replace(GOOD, white=sight.WHITE_SHARE, **TEXT)
    assert useless(white) == sight.BURNT_OUT


def test_a_frame_is_drawn_from_so_many_equal_neighbours_on() -> None:
    assert is_drawn(replace(GOOD, equal=sight.EQUAL_SHARE))
    assert not is_drawn(replace(GOOD, equal=sight.EQUAL_SHARE - 0.01))


def test_a_smooth_frame_is_drawn_if_its_edges_are_as_sharp_as_the_limit() -> None:
    smooth = replace(GOOD, smooth=sight.SMOOTH_SHARE, broad=100)
    assert is_drawn(replace(smooth, fine=sight.SHARP_DRAWING * 100))
    assert not is_drawn(replace(smooth, fine=sight.SHARP_DRAWING * 100 - 1))
    assert not is_drawn(replace(smooth, fine=90, smooth=sight.SMOOTH_SHARE - 0.01))


# -- a picture that stays --------------------------------------------------------------


def test_a_picture_repeated_before_the_dark_makes_no_slow_webcam() -> None:
    watch = Watch()
    watch.see(shown(1), shown(1), DARK, shown(2))
    assert watch.see(shown(3), shown(3)) == [None, sight.FROZEN]


def test_a_slow_webcam_is_still_one_after_the_dark() -> None:
    watch = Watch()
    watch.see(shown(1), shown(1), shown(2), DARK)
    assert watch.see(shown(3), shown(3), shown(3)) == [None, None, sight.FROZEN]


def test_a_slow_webcam_is_still_one_after_a_picture_that_came_but_once() -> None:
    watch = Watch()
    watch.see(shown(1), shown(1), shown(2), shown(3))
    assert watch.see(shown(4), shown(4), shown(4)) == [None, None, sight.FROZEN]


def test_a_webcam_that_gave_three_pictures_alike_is_no_slow_one() -> None:
    watch = Watch()
    watch.see(shown(1), shown(1), shown(1), shown(2))
    assert watch.see(shown(3), shown(3)) == [None, sight.FROZEN]


def test_a_picture_from_before_the_position_was_known_is_not_called_frozen() -> None:
    watch = Watch()
    watch.position = None
    watch.see(shown(1))
    watch.position = 5000.0
    assert watch.see(shown(1)) == [None]


def test_while_the_position_is_not_known_any_more_nothing_is_frozen() -> None:
    watch = Watch()
    watch.see(shown(1))
    watch.position = None
    assert watch.see(shown(1)) == [None]


def test_frames_just_far_enough_apart_are_two_pictures() -> None:
    assert Watch(every_s=APART_S).see(shown(1), shown(1)) == [None, sight.FROZEN]


# -- two thumbnails --------------------------------------------------------------------

LIT = bytes(range(100, 100 + LEAST_COMPARED))
MANY = LEAST_COMPARED // 5


def with_ends(one: int, other: int) -> list[bool]:
    """Whether two thumbnails with many pixels of these levels are alike, both ways."""
    first, second = LIT + bytes([one]) * MANY, LIT + bytes([other]) * MANY
    return [is_alike(first, second), is_alike(second, first)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (100, 0),
        (100, 255),
        (NOISELESS_BELOW, NOISELESS_BELOW - 1),
        (NOISELESS_ABOVE - 1, NOISELESS_ABOVE),
    ],
)
def test_a_pixel_that_leaves_the_sensors_range_has_changed(one: int, other: int) -> None:
    assert with_ends(one, other) == [False, False]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NOISELESS_BELOW - 1, NOISELESS_BELOW - 2),
        (NOISELESS_ABOVE, NOISELESS_ABOVE + 1),
        (0, 255),
    ],
)
def test_a_pixel_that_stays_outside_the_sensors_range_is_not_compared(
    one: int, other: int
) -> None:
    assert with_ends(one, other) == [True, True]


def test_pictures_of_which_as_much_changed_as_noise_changes_are_not_alike() -> None:
    size = 100
    many = round(CHANGED_SHARE * size)
    one = bytes([100]) * size
    assert not is_alike(one, bytes([101]) * many + one[many:])
    assert is_alike(one, bytes([101]) * (many - 1) + one[many - 1 :])
