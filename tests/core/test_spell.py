"""How long, and how many frames, it takes to believe a spell of strong evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.spell import (
    FAILURE_ODDS,
    MOST_FRAMES,
    WARNING_ODDS,
    Seen,
    Spell,
    Spells,
    follow,
    needed,
    standing,
)

THRESHOLD = 0.4


def seen(mean: float, latest: float, now_s: float, step_s: float = 60.0) -> Seen:
    return Seen(mean, latest, now_s, step_s, 0.0)


def after(frames: list[float], step_s: float = 60.0) -> Spell:
    """A spell after frames whose mean is their own evidence."""
    spell = Spell()
    for number, value in enumerate(frames):
        now_s = number * step_s
        spell = follow(spell, THRESHOLD, Seen(value, value, now_s, step_s, 0.0))
    return spell


def test_a_mean_may_sway_below_its_threshold_without_ending_a_spell() -> None:
    assert after([0.6, 0.25, 0.6]).since_s == 0.0


def test_a_mean_that_falls_to_less_than_half_ends_it() -> None:
    assert after([0.6, 0.1, 0.6]).since_s == 120.0


def test_a_mean_that_only_ever_sways_below_begins_none() -> None:
    assert after([0.3, 0.35, 0.3]).since_s is None


def test_the_frames_that_lifted_the_mean_are_counted_too() -> None:
    spell = Spell()
    for number, mean in enumerate((0.2, 0.38, 0.5)):
        spell = follow(spell, THRESHOLD, seen(mean, 0.8, number * 10.0, 10.0))
    assert (spell.since_s, spell.strong) == (20.0, 3)


def test_without_a_past_a_warning_takes_two_frames_and_a_failure_three() -> None:
    assert (needed(Spell(), WARNING_ODDS), needed(Spell(), FAILURE_ODDS)) == (2, 3)


def test_where_every_tenth_frame_was_strong_it_takes_twice_as_many() -> None:
    spell = after(([0.8] + [0.0] * 9) * 30)
    assert spell.rate == pytest.approx(0.1, abs=0.02)
    assert needed(spell, FAILURE_ODDS) >= 6


def test_an_hour_without_any_makes_them_rare_again() -> None:
    assert after(([0.8] + [0.0] * 9) * 10 + [0.0] * 180).rate < 0.01


@given(st.lists(st.floats(0, 1), max_size=60), st.sampled_from([10.0, 40.0, 60.0]))
def test_whatever_comes_the_rate_is_a_share_and_the_frames_needed_have_a_limit(
    frames: list[float], step_s: float
) -> None:
    spell = after(frames, step_s)
    assert 0.0 <= spell.rate <= 1.0
    assert 2 <= needed(spell, FAILURE_ODDS) <= MOST_FRAMES


def test_what_lacks_frames_says_how_long_they_take() -> None:
    spell = Spell(since_s=0.0, strong=1)
    stands = standing(Spells(warning=spell), (30.0, 90.0), False, seen(0.5, 0.5, 60.0))
    assert (stands.level, stands.left_s) == ("ok", 60.0)


def test_a_failure_is_not_called_while_its_mean_sways_below() -> None:
    spells = Spells(Spell(0.0, 9), Spell(0.0, 9))
    at = seen(0.3, 0.0, 600.0)
    assert standing(spells, (30.0, 90.0), False, at).level == "warning"
    assert standing(spells, (30.0, 90.0), True, at).level == "failure"
