"""A spell of strong evidence, frame by frame, exactly."""

from __future__ import annotations

import math
from typing import Any

import pytest

from octoprint_aiwatch.core.spell import (
    FAILING_RATE,
    LEAST_RATE,
    MEETS,
    MOST_FRAMES,
    QUIET_S,
    RATE_S,
    STAYS,
    Demand,
    Seen,
    Spell,
    Spells,
    follow,
    needed,
    standing,
)

T = 0.4
HOLD_S = 100.0
SURE = Demand(T, HOLD_S, 30_000.0)
STEP_S = 10.0


def seen(mean: float, latest: float, now_s: float, **other: Any) -> Seen:
    values: dict[str, Any] = {"hits": None, "step_s": STEP_S, "lost_s": 0.0, **other}
    return Seen(mean, latest, now_s=now_s, **values)


# -- its beginning and its end ---------------------------------------------------------


def test_a_strong_frame_begins_it_and_is_counted() -> None:
    assert follow(Spell(), SURE, seen(T, T, 50.0)) == Spell(
        since_s=50.0, strong=1, lasted_s=STEP_S, left_s=HOLD_S
    )


def test_a_frame_just_below_does_not_and_what_is_not_there_lasts_no_time() -> None:
    assert follow(Spell(), SURE, seen(0.0, T - 0.01, 50.0)) == Spell()


def test_a_high_mean_begins_it_without_a_strong_frame() -> None:
    spell = follow(Spell(), SURE, seen(T, 0.0, 50.0))
    assert (spell.since_s, spell.strong, spell.quiet_s) == (50.0, 0, STEP_S)


def test_a_mean_that_is_nearly_high_begins_none() -> None:
    assert follow(Spell(), SURE, seen(T - 0.01, 0.0, 50.0)).since_s is None


def test_it_goes_on_while_the_mean_is_at_its_share_of_the_threshold() -> None:
    going = Spell(since_s=0.0, strong=1)
    assert follow(going, SURE, seen(T * STAYS, 0.0, 10.0)).since_s == 0.0
    assert follow(going, SURE, seen(T * STAYS - 0.01, 0.0, 10.0)).since_s is None


def test_a_strong_frame_keeps_it_whatever_the_mean_is() -> None:
    going = Spell(since_s=0.0, strong=1)
    assert follow(going, SURE, seen(0.0, T, 10.0)).since_s == 0.0


def test_so_long_without_a_strong_frame_and_it_is_over() -> None:
    going = Spell(since_s=0.0, strong=1, quiet_s=QUIET_S - STEP_S)
    still = follow(going, SURE, seen(T, 0.0, 10.0))
    assert (still.since_s, still.quiet_s) == (0.0, QUIET_S)
    assert follow(still, SURE, seen(T, 0.0, 20.0)).since_s is None
    assert follow(still, SURE, seen(T, T, 20.0)).quiet_s == 0.0


def test_time_that_nobody_saw_is_taken_off() -> None:
    going = Spell(since_s=0.0, strong=1)
    spell = follow(going, SURE, seen(T, T, 90.0, lost_s=30.0))
    assert (spell.since_s, spell.left_s) == (30.0, HOLD_S - 60.0)


# -- what makes it believed ------------------------------------------------------------


def test_it_is_believed_when_its_time_is_over_and_says_until_then_how_long() -> None:
    going = Spell(since_s=0.0, strong=9)
    just = follow(going, SURE, seen(T, T, HOLD_S - 0.5))
    assert (just.believed, just.left_s) == (False, 0.5)
    spell = follow(going, SURE, seen(T, T, HOLD_S))
    assert (spell.believed, spell.left_s) == (True, None)


def test_each_frame_that_is_lacking_takes_a_step() -> None:
    long_ago = Spell(since_s=-900.0, strong=0)
    spell = follow(long_ago, SURE, seen(T, T, 0.0))
    lacking = needed(long_ago, SURE.odds) - 1
    assert lacking > 0
    assert (spell.believed, spell.left_s) == (False, lacking * STEP_S)


def test_frames_in_one_place_count_where_it_is_known_how_many_there_were() -> None:
    long_ago = Spell(since_s=-900.0, strong=9)
    enough = needed(long_ago, SURE.odds)
    for hits in (enough - 1, enough):
        spell = follow(long_ago, SURE, seen(T, T, 0.0, hits=hits))
        assert spell.believed is (hits == enough)
    assert not follow(Spell(-900.0, 0), SURE, seen(T, T, 0.0, hits=99)).believed


def test_what_is_seen_elsewhere_is_lacking_here() -> None:
    going = Spell(since_s=-900.0, strong=needed(Spell(), SURE.odds) - 1)
    assert follow(going, SURE, seen(T, T, 0.0)).believed
    assert not follow(going, SURE, seen(T, T, 0.0, elsewhere=1.0)).believed


@pytest.mark.parametrize(("mean", "latest"), [(T, T - 0.01), (T - 0.01, T)])
def test_it_takes_a_frame_that_shows_it_and_a_mean_that_reaches_it(
    mean: float, latest: float
) -> None:
    spell = follow(Spell(since_s=-900.0, strong=9), SURE, seen(mean, latest, 0.0))
    assert not spell.believed


def test_what_only_waits_for_a_frame_that_shows_it_takes_no_more_time() -> None:
    spell = follow(Spell(since_s=-900.0, strong=9), SURE, seen(T, 0.0, 0.0))
    assert (spell.believed, spell.left_s) == (False, 0.0)


def test_below_its_threshold_it_does_not_say_how_long_it_takes() -> None:
    spell = follow(Spell(since_s=0.0, strong=9), SURE, seen(T - 0.01, T, 10.0))
    assert spell.left_s is None


def test_once_believed_it_has_nothing_left_to_wait_for() -> None:
    believed = Spell(since_s=0.0, strong=1, believed=True)
    spell = follow(believed, SURE, seen(T, 0.0, 10.0))
    assert (spell.believed, spell.left_s) == (True, None)


# -- what is left of one that is over --------------------------------------------------


def over(
    strong: int, lasted_s: float, rate: float = 0.0, step_s: float = STEP_S
) -> float:
    """The rate after a spell that ended with one more frame."""
    spell = Spell(since_s=0.0, strong=strong, lasted_s=lasted_s - step_s, rate=rate)
    ended = follow(spell, SURE, seen(0.0, 0.0, 900.0, step_s=step_s))
    assert ended == Spell(rate=ended.rate)
    return ended.rate


def test_its_share_of_strong_frames_tells_how_often_chance_strikes() -> None:
    weight = 1.0 - math.exp(-400.0 / RATE_S)
    assert over(10, 400.0) == pytest.approx(weight * 10 / 40)
    assert over(10, 400.0, 0.5) == pytest.approx(0.5 + weight * (10 / 40 - 0.5))


def test_frames_that_come_quickly_are_more_frames() -> None:
    weight = 1.0 - math.exp(-400.0 / RATE_S)
    assert over(10, 400.0, step_s=0.5) == pytest.approx(weight * 10 / 800)


def test_a_share_is_never_more_than_all() -> None:
    weight = 1.0 - math.exp(-400.0 / RATE_S)
    assert over(99, 400.0) == pytest.approx(weight)


def test_a_frame_that_took_no_time_ends_it_as_one_frame() -> None:
    assert over(1, 0.0, 0.25, step_s=0.0) == 0.25
    weight = 1.0 - math.exp(-400.0 / RATE_S)
    assert over(1, 400.0, step_s=0.0) == pytest.approx(weight)


# -- how many frames it takes ----------------------------------------------------------


def frames(chance: float, odds: float) -> int:
    return math.ceil(math.log(odds) / math.log(FAILING_RATE / chance))


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.2])
@pytest.mark.parametrize("elsewhere", [0.0, 0.3])
def test_it_takes_as_many_as_make_chance_that_unlikely(
    rate: float, elsewhere: float
) -> None:
    chance = rate + elsewhere * MEETS + LEAST_RATE
    expected = min(MOST_FRAMES, frames(chance, 1_000.0))
    assert needed(Spell(rate=rate), 1_000.0, elsewhere) == expected


def test_where_chance_strikes_always_it_takes_the_most() -> None:
    assert needed(Spell(rate=1.0), 1_000.0) == MOST_FRAMES
    assert needed(Spell(rate=FAILING_RATE - LEAST_RATE), 1.01) == 1


# -- where a channel stands ------------------------------------------------------------

NONE, GOING, SEEN = Spell(), Spell(0.0, left_s=30.0), Spell(0.0, believed=True)


@pytest.mark.parametrize(
    ("warning", "failure", "level", "left_s", "hold_s"),
    [
        (NONE, NONE, "ok", None, 20.0),
        (GOING, NONE, "ok", 30.0, 20.0),
        (GOING, Spell(0.0, left_s=60.0), "ok", 30.0, 20.0),
        (NONE, GOING, "ok", 30.0, 90.0),
        (SEEN, NONE, "warning", None, 90.0),
        (SEEN, GOING, "warning", 30.0, 90.0),
        (NONE, SEEN, "failure", None, 90.0),
        (SEEN, SEEN, "failure", None, 90.0),
    ],
)
def test_it_says_what_is_believed_and_what_is_being_made_sure_of(
    warning: Spell, failure: Spell, level: str, left_s: Any, hold_s: float
) -> None:
    found = standing(Spells(warning, failure), 20.0, 90.0)
    assert (found.level, found.left_s, found.hold_s) == (level, left_s, hold_s)


def test_what_takes_no_time_any_more_is_not_being_made_sure_of() -> None:
    done = Spell(0.0, left_s=0.0)
    assert standing(Spells(done, done), 20.0, 90.0).left_s is None
    assert standing(Spells(SEEN, done), 20.0, 90.0).left_s is None
