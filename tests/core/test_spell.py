"""How long, and how many frames, it takes to believe a spell of strong evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.spell import (
    FAILURE_ODDS,
    MOST_FRAMES,
    WARNING_ODDS,
    Demand,
    Seen,
    Spell,
    Spells,
    follow,
    needed,
    standing,
)

THRESHOLD = 0.4
WARNS = Demand(THRESHOLD, 30.0, WARNING_ODDS)
FAILS = Demand(THRESHOLD, 120.0, FAILURE_ODDS)


def seen(mean: float, latest: float, now_s: float, step_s: float = 60.0) -> Seen:
    return Seen(mean, latest, None, now_s, step_s, 0.0)


def after(frames: list[float], step_s: float = 60.0, demand: Demand = FAILS) -> Spell:
    """A spell after frames whose mean is their own evidence."""
    spell = Spell()
    for number, value in enumerate(frames):
        spell = follow(spell, demand, seen(value, value, number * step_s, step_s))
    return spell


def test_a_mean_may_sway_below_its_threshold_without_ending_a_spell() -> None:
    assert after([0.6, 0.25, 0.6]).since_s == 0.0


def test_a_mean_that_falls_further_ends_it() -> None:
    assert after([0.6, 0.1, 0.6]).since_s == 120.0


def test_a_mean_that_only_ever_sways_below_begins_none() -> None:
    assert after([0.3, 0.35, 0.3]).since_s is None


def test_it_begins_with_the_first_strong_frame_however_low_the_mean_is_yet() -> None:
    spell = Spell()
    for number, mean in enumerate((0.2, 0.38, 0.5)):
        spell = follow(spell, FAILS, seen(mean, 0.8, number * 10.0, 10.0))
    assert (spell.since_s, spell.strong) == (0.0, 3)


def test_minutes_without_a_strong_frame_end_it_whatever_the_mean_is() -> None:
    assert after([0.6] + [0.3] * 3).since_s is None


def test_it_is_believed_when_it_has_held_and_a_frame_shows_it() -> None:
    assert not after([0.6, 0.6]).believed
    assert not after([0.6, 0.6, 0.3]).believed
    assert after([0.6, 0.6, 0.3, 0.6]).believed
    assert after([0.6, 0.6, 0.6]).believed


def test_once_believed_it_stays_so_while_the_mean_sways() -> None:
    assert after([0.6, 0.6, 0.6, 0.25]).believed


def test_it_is_not_believed_before_the_mean_is_as_high_as_is_asked_for() -> None:
    spell = Spell()
    for number in range(20):
        spell = follow(spell, FAILS, seen(0.3, 0.8, number * 10.0, 10.0))
    assert not spell.believed


def test_too_few_frames_in_one_place_are_waited_for() -> None:
    spell = Spell(since_s=0.0, strong=9)
    frame = Seen(0.6, 0.6, 2, 600.0, 60.0, 0.0)
    spell = follow(spell, FAILS, frame)
    assert (spell.believed, spell.left_s) == (False, 60.0)


def test_where_much_is_seen_elsewhere_it_takes_more_frames() -> None:
    assert needed(Spell(), FAILURE_ODDS, 0.5) > needed(Spell(), FAILURE_ODDS, 0.0)


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


def test_a_level_that_is_believed_waits_for_the_next_one() -> None:
    warned = Spells(Spell(0.0, believed=True), Spell(0.0, left_s=30.0))
    stands = standing(warned, 30.0, 120.0)
    assert (stands.level, stands.left_s, stands.hold_s) == ("warning", 30.0, 120.0)


def test_a_pause_may_ask_for_less_than_a_warning() -> None:
    hasty = Spells(Spell(), Spell(0.0, left_s=30.0))
    assert standing(hasty, 30.0, 120.0).left_s == 30.0
    assert standing(Spells(Spell(), Spell(0.0, believed=True)), 30.0, 120.0).level == (
        "failure"
    )
