"""What is said of a frame's figures, and when a picture that stays is a frozen one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core import sight
from octoprint_aiwatch.core.sight import (
    CODES,
    NOTHING_SEEN,
    Look,
    SightMemory,
    check,
    is_alike,
    is_too_small,
    useless,
)
from octoprint_aiwatch.core.values import Progress
from octoprint_aiwatch.core.words import ADVICE, SENTENCES

GOOD = Look(90, 0.5, 180, 120, 0.05, 0.3, 0.6, 60, 100)
CELLS = 64 * 48

SHARES = st.floats(0.0, 1.0)
LEVELS = st.integers(0, 255)
LOOKS = st.builds(
    Look,
    ground=LEVELS,
    odd=SHARES,
    bright=LEVELS,
    contrast=LEVELS,
    white=SHARES,
    equal=SHARES,
    smooth=SHARES,
    fine=LEVELS,
    broad=LEVELS,
    thumbnail=st.binary(min_size=CELLS, max_size=CELLS),
)


def thumbnail(seed: int, changed: int = 0) -> bytes:
    """Pixels that differ from those of any other seed, the last ones if so wished."""
    made = bytearray((5 + (n * 37 + seed * 11) % 240) for n in range(CELLS))
    for n in range(changed):
        made[-1 - n] = 5 + (made[-1 - n] + 60) % 240
    return bytes(made)


def shown(seed: int, changed: int = 0, **figures: Any) -> Look:
    return replace(GOOD, thumbnail=thumbnail(seed, changed), **figures)


class Watch:
    """Frames looked at one after the other, ten seconds and some lines apart."""

    def __init__(self, every_s: float = 10.0) -> None:
        self.memory = NOTHING_SEEN
        self.now_s = 1000.0
        self.position: Optional[float] = 5000.0
        self.since_s = 900.0
        self.every_s = every_s

    def see(self, *looks: Look, moves: float = 700.0) -> list[Optional[str]]:
        found = []
        for look in looks:
            self.now_s += self.every_s
            if self.position is not None:
                self.position += moves
            progress = Progress(self.since_s, self.position)
            self.memory, code = check(self.memory, look, progress, self.now_s)
            found.append(code)
        return found


# -- one frame by itself --------------------------------------------------------------

KINDS = [
    ({"bright": 8, "contrast": 6, "ground": 2}, sight.BLACK),
    ({"bright": 15, "contrast": 15, "ground": 2, "odd": 0.02}, sight.BLACK),
    ({"bright": 35, "contrast": 6, "ground": 30, "odd": 0.0}, sight.BLACK),
    ({"white": 0.80, "ground": 255}, sight.BURNT_OUT),
    ({"white": 1.0, "contrast": 0, "equal": 1.0, "odd": 0.0}, sight.BURNT_OUT),
    ({"white": 0.97, "equal": 0.97, "odd": 0.03}, sight.BURNT_OUT),
    ({"contrast": 9, "bright": 120, "odd": 0.0, "equal": 1.0}, sight.FLAT),
    ({"fine": 30, "broad": 100}, sight.BLURRED),
    ({"fine": 11, "broad": 20}, sight.BLURRED),
    ({"equal": 0.92}, sight.PLACEHOLDER),
    ({"equal": 0.98, "ground": 0, "odd": 0.02, "bright": 0}, sight.PLACEHOLDER),
    ({"smooth": 0.97, "fine": 90, "broad": 60}, sight.PLACEHOLDER),
]


@pytest.mark.parametrize(("figures", "code"), KINDS)
def test_a_frame_in_which_there_is_nothing_to_see_has_its_name(
    figures: dict[str, Any], code: str
) -> None:
    assert useless(replace(GOOD, **figures)) == code


USABLE = [
    {},
    {"bright": 18, "contrast": 12, "ground": 4},
    {"bright": 16, "contrast": 24, "ground": 2, "odd": 0.005},
    {"white": 0.79, "ground": 255},
    {"contrast": 12, "fine": 6, "broad": 8},
    {"fine": 41, "broad": 100},
    {"equal": 0.88},
    {"equal": 0.98, "odd": 0.002, "contrast": 40},
    {"smooth": 0.94, "fine": 60},
    {"smooth": 0.97, "fine": 42, "broad": 100},
]


@pytest.mark.parametrize("figures", USABLE)
def test_a_frame_with_something_to_see_is_passed(figures: dict[str, Any]) -> None:
    assert useless(replace(GOOD, **figures)) is None


@pytest.mark.parametrize(
    ("size", "expected"),
    [((640, 480), False), ((160, 120), False), ((96, 128), False), ((95, 640), True)],
)
def test_a_frame_is_too_small_if_a_side_is(size: tuple[int, int], expected: bool) -> None:
    assert is_too_small(*size) is expected


@given(LOOKS)
def test_whatever_the_figures_are_the_answer_is_a_name_or_none(look: Look) -> None:
    assert useless(look) in (None, *CODES)


@given(LOOKS, st.integers(0, 255))
def test_what_is_as_dark_as_black_is_never_passed(look: Look, level: int) -> None:
    assert useless(replace(look, bright=level % sight.BLACK_BELOW)) is not None


@given(LOOKS)
def test_what_is_as_white_as_paper_is_never_passed(look: Look) -> None:
    assert useless(replace(look, white=max(look.white, 0.8))) is not None


@given(LOOKS, st.integers(1, 255))
def test_more_sharpness_never_makes_a_frame_a_blurred_one(look: Look, more: int) -> None:
    sharper = replace(look, fine=look.fine + more)
    if useless(look) is None:
        assert useless(sharper) != sight.BLURRED


@pytest.mark.parametrize("code", CODES)
def test_every_name_has_its_sentence_and_says_what_to_do(code: str) -> None:
    assert SENTENCES[code].endswith(".")
    assert ADVICE[code].endswith(".")


# -- a picture that stays -------------------------------------------------------------


def test_a_picture_that_is_repeated_while_the_job_moves_on_is_frozen_at_once() -> None:
    assert Watch().see(shown(1), shown(1), shown(1)) == [None, sight.FROZEN, sight.FROZEN]


def test_frozen_is_said_within_three_frames_however_it_begins() -> None:
    watch = Watch()
    watch.see(shown(1), shown(2), shown(3))
    assert watch.see(shown(3), shown(3), shown(3)) == [sight.FROZEN] * 3


def test_a_clock_that_runs_in_a_frozen_picture_keeps_nobody_from_seeing_it() -> None:
    clock = CELLS * 3 // 100
    assert Watch().see(shown(1), shown(1, clock))[-1] == sight.FROZEN


def test_a_sensors_noise_is_a_sign_of_life() -> None:
    noise = CELLS * 8 // 100
    frames = [shown(1, noise * (n % 2)) for n in range(20)]
    assert Watch().see(*frames) == [None] * 20


def test_a_new_picture_ends_it_at_once() -> None:
    watch = Watch()
    watch.see(shown(1), shown(1), shown(1), shown(1))
    assert watch.see(shown(2), shown(3)) == [None, None]


def test_while_the_job_stands_still_nothing_is_frozen() -> None:
    watch = Watch()
    assert watch.see(shown(1)) == [None]
    assert watch.see(shown(1), shown(1), shown(1), moves=0.0) == [None] * 3
    assert watch.see(shown(1)) == [sight.FROZEN], "once it has moved on"


def test_where_nobody_knows_how_far_the_job_is_nothing_is_frozen() -> None:
    watch = Watch()
    watch.position = None
    assert watch.see(shown(1), shown(1), shown(1)) == [None] * 3


def test_frames_in_quick_succession_may_be_one_and_the_same() -> None:
    watch = Watch(every_s=0.9)
    assert watch.see(shown(1), shown(1), shown(1)) == [None] * 3
    assert watch.see(shown(1)) == [sight.FROZEN]


def test_when_the_print_goes_on_after_a_pause_it_begins_anew() -> None:
    watch = Watch()
    watch.see(shown(1), shown(1))
    watch.since_s = watch.now_s + 5.0
    assert watch.see(shown(1), shown(1)) == [None, sight.FROZEN]


def test_a_webcam_that_renews_its_picture_slowly_goes_blind_only_once() -> None:
    pictures = [shown(n // 2) for n in range(20)]
    assert Watch().see(*pictures).count(sight.FROZEN) == 1


def test_a_slow_webcam_that_freezes_is_seen_with_the_third_frame() -> None:
    watch = Watch()
    watch.see(*(shown(n // 2) for n in range(6)))
    assert watch.see(shown(9), shown(9), shown(9), shown(9)) == [
        None,
        None,
        sight.FROZEN,
        sight.FROZEN,
    ]


def test_a_webcam_that_was_frozen_for_long_is_no_slow_one() -> None:
    watch = Watch()
    watch.see(*[shown(1)] * 5, shown(2))
    assert watch.see(shown(3), shown(3)) == [None, sight.FROZEN]


def test_darkness_is_called_darkness_however_long_it_stays() -> None:
    dark = shown(1, bright=4, contrast=3, ground=1, odd=0.0)
    assert Watch().see(dark, dark, dark) == [sight.BLACK] * 3


def test_what_was_seen_before_the_dark_is_not_compared_with_what_comes_after() -> None:
    dark = shown(1, bright=4, contrast=3, ground=1, odd=0.0)
    assert Watch().see(shown(1), dark, shown(1)) == [None, sight.BLACK, None]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_only_a_picture_like_the_one_before_is_ever_frozen(seeds: list[int]) -> None:
    found = Watch().see(*map(shown, seeds))
    for n, code in enumerate(found):
        if code is not None:
            assert n > 0
            assert seeds[n] == seeds[n - 1]


@given(st.lists(st.integers(0, 3), min_size=3, max_size=40))
def test_three_pictures_alike_are_always_frozen(seeds: list[int]) -> None:
    found = Watch().see(*map(shown, seeds))
    for n in range(2, len(seeds)):
        if seeds[n] == seeds[n - 1] == seeds[n - 2]:
            assert found[n] == sight.FROZEN


# -- two thumbnails -------------------------------------------------------------------


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_being_alike_goes_both_ways(one: bytes, other: bytes) -> None:
    assert is_alike(one, other) == is_alike(other, one)


def test_where_a_sensor_is_at_its_end_nothing_is_compared() -> None:
    lit = bytes(range(100, 100 + sight.LEAST_COMPARED))
    dark, white = bytes(3000), bytes([255]) * 3000
    assert is_alike(lit + dark, lit + dark)
    assert not is_alike(lit[1:] + dark, lit[1:] + dark), "too little is left"
    assert not is_alike(white, white)
    noisy = bytes(level + 1 for level in lit)
    assert not is_alike(lit + dark, noisy + dark)


def test_thumbnails_of_different_sizes_are_not_alike() -> None:
    assert not is_alike(thumbnail(1), thumbnail(1)[:-1])


def test_nothing_is_remembered_to_begin_with() -> None:
    assert SightMemory() == NOTHING_SEEN
    assert NOTHING_SEEN.repeats == 0
