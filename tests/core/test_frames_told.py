"""The rule over time frame by frame: what one more frame makes of what is remembered."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

import pytest

from octoprint_aiwatch.core import frames, place, relative, spell, steady
from octoprint_aiwatch.core.frames import (
    BASELINE_S,
    FAILURE_ABOVE,
    GROWN_HOLD_S,
    OVERWHELMING,
    PAUSE_HOLD_S,
    RISE,
    WARN_HOLD_S,
    WARNING_ABOVE,
    WARNING_RISE,
    FrameMemory,
    failure_from,
    verdict,
    warning_from,
)
from octoprint_aiwatch.core.gauge import on_gauge
from octoprint_aiwatch.core.place import Places
from octoprint_aiwatch.core.spell import Spell, Spells
from octoprint_aiwatch.core.steady import FIRST_STEP_S, MAX_STEP_S
from octoprint_aiwatch.core.usual import TRUSTED_S, Usual
from octoprint_aiwatch.core.values import FAILURE, OK, WARNING, Ahead, Detection
from tests.core.sequences import DEFAULT, decision

BOX = Detection(0.8, 0.7, 0.6, 0.1, 0.1)
STARTED = Places(is_started=True, start_s=place.FIRST_S, start_frames=place.START_FRAMES)
WATCHED = FrameMemory(last_at=1000.0, evidence_s=BASELINE_S, places=STARTED)
"""A job that has shown nothing for as long as a baseline takes."""
WARNS, FAILS = WARNING_ABOVE[2], FAILURE_ABOVE[2]


def shown(
    memory: FrameMemory, score: float, after_s: float, *boxes: Detection
) -> FrameMemory:
    """One more frame, so long after the last one."""
    now_s = (memory.last_at or 0.0) + after_s
    return frames.remember(memory, score, boxes, now_s, DEFAULT)


def standing_at(mean: float, memory: FrameMemory = WATCHED) -> FrameMemory:
    """The same with evidence that has no place and this mean."""
    return replace(memory, places=replace(memory.places, everywhere=mean))


# -- what the print began with --------------------------------------------------------


def test_the_baseline_is_the_mean_of_the_first_frames_by_how_long_they_count() -> None:
    first = frames.remember(FrameMemory(), 0.2, (), 5.0, DEFAULT)
    assert first.baseline == pytest.approx(0.2)
    second = shown(first, 0.6, 30.0)
    mean = (0.2 * FIRST_STEP_S + 0.6 * 30.0) / (FIRST_STEP_S + 30.0)
    assert second.baseline == pytest.approx(mean)


def test_what_has_a_place_is_no_baseline() -> None:
    first = frames.remember(FrameMemory(), 0.4, (), 5.0, DEFAULT)
    assert shown(first, 0.8, FIRST_STEP_S, BOX).baseline == pytest.approx(0.2)


def test_the_baseline_rises_until_its_time_is_over_and_no_longer() -> None:
    early = replace(WATCHED, evidence_s=BASELINE_S - 1.0)
    assert shown(early, 0.5, 10.0).baseline > 0.0
    assert shown(WATCHED, 0.5, 10.0).baseline == 0.0


def test_later_the_baseline_falls_to_what_is_left_without_a_place() -> None:
    before = standing_at(0.5, replace(WATCHED, baseline=0.5))
    after = shown(before, 0.0, 30.0)
    left = steady.settled(after.places.everywhere, BASELINE_S + 30.0)
    assert after.baseline == pytest.approx(left)
    assert 0.0 < after.baseline < 0.5


# -- the means ------------------------------------------------------------------------


def test_the_hours_mean_stands_on_no_more_than_its_span() -> None:
    assert shown(WATCHED, 0.4, 30.0).short.evidence_s == 30.0
    full = replace(WATCHED, short=Usual(0.1, relative.SHORT_S))
    after = shown(standing_at(0.4, full), 0.4, 30.0)
    assert after.short.evidence_s == relative.SHORT_S
    moved = 0.1 + 0.3 * 30.0 / (relative.SHORT_S + 30.0)
    assert after.short.mean == pytest.approx(moved)


def test_a_quiet_frame_is_learned_as_usual() -> None:
    after = shown(standing_at(0.1), 0.1, 10.0)
    assert after.learning == Usual(pytest.approx(0.1), 10.0)


def test_a_frame_that_begins_a_warning_is_not_learned() -> None:
    # Above the one channel's threshold, and below the other's.
    mean = (WARNS + DEFAULT.none_below) / 2
    after = shown(standing_at(mean), mean, 10.0)
    assert after.spells.warning.since_s is not None
    assert after.above.warning.since_s is None
    assert after.learning == WATCHED.learning


def test_a_frame_that_shows_nothing_is_not_learned_while_the_mean_is_high() -> None:
    quiet = Spells(Spell(quiet_s=spell.QUIET_S))
    after = shown(standing_at(0.9, replace(WATCHED, spells=quiet)), 0.0, 1.0)
    assert after.spells.warning.since_s is None
    assert after.learning == WATCHED.learning


# -- what it takes --------------------------------------------------------------------


def test_what_is_usual_for_a_printer_raises_what_is_a_warning() -> None:
    usual = Usual(WARNS, TRUSTED_S)
    nervous = replace(WATCHED, usual=usual)
    assert warning_from(nervous, DEFAULT) == WARNS + WARNING_RISE[2]
    assert warning_from(WATCHED, DEFAULT) == WARNS


@pytest.mark.parametrize(("baseline", "usual"), [(0.4, 0.2), (0.2, 0.4)])
def test_a_failure_rises_above_what_is_usual_and_what_the_print_began_with(
    baseline: float, usual: float
) -> None:
    memory = replace(WATCHED, baseline=baseline, usual=Usual(usual, TRUSTED_S))
    assert failure_from(memory, DEFAULT) == pytest.approx(0.4 + RISE)
    assert failure_from(WATCHED, DEFAULT) == FAILS


def test_the_overwhelming_is_a_failure_whatever_the_print_began_with() -> None:
    assert failure_from(replace(WATCHED, baseline=0.9), DEFAULT) == OVERWHELMING


def test_a_chosen_confidence_has_its_own_numbers() -> None:
    nervous = replace(WATCHED, usual=Usual(0.4, TRUSTED_S))
    for confidence in range(1, 6):
        by = decision(confidence, confidence)
        assert warning_from(WATCHED, by) == WARNING_ABOVE[confidence - 1]
        rise = WARNING_RISE[confidence - 1]
        assert warning_from(nervous, by) == pytest.approx(0.4 + rise)
        failure = failure_from(WATCHED, by)
        assert failure == FAILURE_ABOVE[confidence - 1]


# -- spells ---------------------------------------------------------------------------


@pytest.mark.parametrize(("short_of_s", "begins"), [(0.0, True), (0.5, False)])
def test_no_failure_begins_before_there_is_a_baseline(
    short_of_s: float, begins: bool
) -> None:
    early = replace(WATCHED, evidence_s=BASELINE_S - 1.0 - short_of_s)
    after = shown(standing_at(1.0, early), 1.0, 1.0)
    for channel in (after.spells, after.above):
        assert channel.warning.since_s == after.last_at
        assert channel.failure.since_s == (after.last_at if begins else None)


def test_each_level_of_each_channel_takes_its_own_time() -> None:
    after = shown(standing_at(1.0), 1.0, 1.0)
    for channel in (after.spells, after.above):
        assert channel.warning.left_s == WARN_HOLD_S
        assert channel.failure.left_s == PAUSE_HOLD_S


def test_high_above_the_usual_is_a_warning_before_it_is_a_failure() -> None:
    mean = (DEFAULT.maybe_above + DEFAULT.failure_above) / 2
    after = shown(standing_at(mean), mean, 1.0)
    assert after.above.warning.since_s == after.last_at
    assert after.above.failure.since_s is None


def test_what_stands_above_the_usual_does_so_in_frames_that_show_nothing() -> None:
    after = shown(standing_at(0.9), 0.0, 1.0)
    assert after.above.warning.since_s == after.last_at
    assert after.above.warning.left_s == WARN_HOLD_S


def test_a_frame_that_stands_above_the_usual_is_one_of_those_that_it_takes() -> None:
    after = shown(standing_at(1.0), 0.8, MAX_STEP_S)
    assert after.above.warning.left_s == WARN_HOLD_S


def test_a_spell_counts_how_long_its_frames_do_and_not_the_time_lost() -> None:
    first = shown(standing_at(0.9), 0.9, 10.0)
    assert first.last_at is not None
    lost_s = 500.0
    after = shown(first, 0.9, MAX_STEP_S + lost_s)
    assert after.spells.warning.lasted_s == 10.0 + MAX_STEP_S
    for one in (*both(after.spells), *both(after.above)):
        assert one.since_s in (None, first.last_at + lost_s)


def both(spells: Spells) -> tuple[Spell, Spell]:
    return spells.warning, spells.failure


def seen_at(elsewhere: float, hits: float) -> FrameMemory:
    """One place that is strong, and other places that were seen before."""
    cells = place.cells(BOX)
    share = 1.0 - elsewhere
    places = replace(
        STARTED,
        recent=dict.fromkeys(cells, 0.8),
        lasting=dict.fromkeys(cells, 0.8 * share),
        lasting_all=0.8,
        hits=dict.fromkeys(cells, hits),
    )
    return shown(replace(WATCHED, places=places), BOX.confidence, MAX_STEP_S, BOX)


def test_a_place_that_has_been_hit_less_often_takes_more_frames() -> None:
    strong = replace(WATCHED.spells, failure=Spell(since_s=900.0, strong=8))
    cells = place.cells(BOX)
    left = []
    for hits in (0.0, 8.0):
        places = replace(
            STARTED,
            recent=dict.fromkeys(cells, 0.8),
            lasting=dict.fromkeys(cells, 0.8),
            lasting_all=0.8,
            hits=dict.fromkeys(cells, hits),
        )
        memory = replace(WATCHED, places=places, spells=strong)
        after = shown(memory, BOX.confidence, MAX_STEP_S, BOX)
        left.append(after.spells.failure.left_s)
    # With hits enough it is believed at once.
    assert left[0] is not None
    assert left[0] > 0.0
    assert left[1] is None


def test_a_place_takes_more_frames_when_much_was_seen_elsewhere() -> None:
    alone, among = seen_at(0.0, 0.0), seen_at(0.25, 0.0)
    assert alone.spells.failure.left_s is not None
    assert among.spells.failure.left_s is not None
    assert alone.spells.failure.left_s < among.spells.failure.left_s


def test_a_failure_takes_more_frames_than_a_warning() -> None:
    once = seen_at(0.25, 0.0)
    assert once.spells.warning.left_s is not None
    assert once.spells.failure.left_s is not None
    assert WARN_HOLD_S < once.spells.warning.left_s < once.spells.failure.left_s


# -- what was there, and has grown ----------------------------------------------------

GROWN = Detection(0.8, 0.7, 0.6, 0.15, 0.15)
"""It stands where something smaller stood."""
STOOD = replace(STARTED, background=frozenset(place.cells(GROWN)), start_area=0.01)


def grown(
    behind: float, times: float = place.GROWN_MOST, since_s: Optional[float] = None
) -> FrameMemory:
    places = replace(STOOD, behind=behind, area=times * STOOD.start_area)
    return replace(WATCHED, places=places, behind_since=since_s)


def test_since_when_the_background_is_as_strong_as_a_failure_is_remembered() -> None:
    assert shown(grown(FAILS), 0.0, 0.0).behind_since == WATCHED.last_at
    assert shown(grown(FAILS * 0.99), 0.0, 0.0).behind_since is None


def test_what_has_no_place_adds_to_the_background() -> None:
    half = standing_at(FAILS / 2, grown(FAILS / 2))
    assert shown(half, 0.0, 0.0).behind_since == WATCHED.last_at


def test_it_is_asked_whether_that_is_as_strong_as_this_jobs_failure() -> None:
    began_high = replace(grown(FAILS), baseline=0.9, evidence_s=BASELINE_S - 1.0)
    assert shown(began_high, 0.0, 0.0).behind_since is None


def test_time_that_nobody_saw_is_none_of_the_backgrounds() -> None:
    after = shown(grown(0.9, since_s=900.0), 0.9, MAX_STEP_S + 500.0, GROWN)
    assert after.behind_since == 900.0 + 500.0


@pytest.mark.parametrize("lost_s", [0.0, 500.0])
def test_what_was_strong_for_long_takes_a_shorter_time_when_it_has_grown(
    lost_s: float,
) -> None:
    long_ago = grown(0.9, since_s=1.0)
    after = shown(long_ago, 0.9, MAX_STEP_S + lost_s, GROWN)
    assert after.spells.failure.left_s == GROWN_HOLD_S
    assert after.spells.failure.strong > spell.MOST_FRAMES


def test_what_was_strong_for_a_moment_has_held_for_that_moment() -> None:
    after = shown(grown(0.9, since_s=990.0), 0.9, 10.0, GROWN)
    assert after.spells.failure.since_s == 990.0


def test_what_was_not_strong_before_it_grew_takes_the_whole_time() -> None:
    after = shown(grown(0.9), 0.9, 10.0, GROWN)
    assert after.spells.failure.since_s == after.last_at


def test_what_has_not_grown_begins_no_failure() -> None:
    after = shown(grown(0.9, times=1.0, since_s=1.0), 0.9, 10.0, GROWN)
    assert after.spells.failure.since_s is None


def test_what_has_not_grown_makes_no_other_failure_older() -> None:
    memory = standing_at(0.9, grown(0.9, times=1.0, since_s=1.0))
    after = shown(memory, 0.9, 10.0)
    assert after.spells.failure.since_s == after.last_at


def test_a_failure_that_had_begun_already_is_made_no_younger_or_older() -> None:
    begun = Spells(Spell(), Spell(since_s=995.0, strong=1))
    after = shown(replace(grown(0.9, since_s=1.0), spells=begun), 0.9, 10.0, GROWN)
    assert after.spells.failure.since_s == 995.0
    assert after.spells.failure.strong == 2


# -- what is told ---------------------------------------------------------------------

TOLD = replace(WATCHED, mean=0.12345, baseline=0.23456)
BELIEVED = Spell(since_s=900.0, believed=True)
QUIET = Spell()


def told(
    warning: Spell = QUIET, failure: Spell = QUIET
) -> tuple[str, str, dict[str, object], Optional[Ahead]]:
    found = verdict(replace(TOLD, spells=Spells(warning, failure)), DEFAULT)
    (reason,) = found.reasons
    return found.level, reason.code, dict(reason.params), found.ahead


def figures(threshold: float, hold_s: float) -> dict[str, object]:
    rounded = round(threshold, 3)
    return {"mean": 0.123, "baseline": 0.235, "threshold": rounded, "hold_s": hold_s}


def test_a_quiet_print_has_a_warning_ahead() -> None:
    ahead = Ahead(WARNING, TOLD.mean, WARNS, WARN_HOLD_S, None)
    assert told() == (OK, "frames_ok", figures(WARNS, WARN_HOLD_S), ahead)


def test_a_warning_that_is_being_made_sure_of_says_for_how_long() -> None:
    params = {**figures(WARNS, WARN_HOLD_S), "left_s": 20.0}
    ahead = Ahead(WARNING, TOLD.mean, WARNS, WARN_HOLD_S, 20.0)
    assert told(Spell(left_s=20.0)) == (OK, "frames_confirming", params, ahead)


def test_a_warning_has_a_failure_ahead() -> None:
    threshold = failure_from(TOLD, DEFAULT)
    ahead = Ahead(FAILURE, TOLD.mean, threshold, PAUSE_HOLD_S, None)
    params = figures(threshold, PAUSE_HOLD_S)
    assert told(BELIEVED) == (WARNING, "frames_warning", params, ahead)


def test_a_failure_that_is_being_made_sure_of_says_for_how_long() -> None:
    threshold = failure_from(TOLD, DEFAULT)
    params = {**figures(threshold, PAUSE_HOLD_S), "left_s": 30.0}
    ahead = Ahead(FAILURE, TOLD.mean, threshold, PAUSE_HOLD_S, 30.0)
    expected = (WARNING, "frames_warning_confirming", params, ahead)
    assert told(BELIEVED, Spell(left_s=30.0)) == expected


def test_a_failure_has_nothing_ahead() -> None:
    params = figures(failure_from(TOLD, DEFAULT), PAUSE_HOLD_S)
    assert told(BELIEVED, BELIEVED) == (FAILURE, "frames_failure", params, None)


def test_what_is_usual_is_told_where_it_is_more_than_the_beginning() -> None:
    nervous = replace(TOLD, usual=Usual(0.34567, TRUSTED_S))
    assert verdict(nervous, DEFAULT).reasons[0].params["baseline"] == 0.346


def test_the_channel_above_the_usual_says_nothing_until_it_believes() -> None:
    waiting = replace(TOLD, above=Spells(Spell(since_s=900.0, left_s=5.0)))
    assert verdict(waiting, DEFAULT) == verdict(TOLD, DEFAULT)


@pytest.mark.parametrize(
    ("above", "level"),
    [(Spells(BELIEVED), WARNING), (Spells(BELIEVED, BELIEVED), FAILURE)],
)
def test_the_channel_above_the_usual_is_told_first_where_it_believes_more(
    above: Spells, level: str
) -> None:
    found = verdict(replace(TOLD, above=above), DEFAULT)
    assert found.level == level
    assert found.reasons[0].code == "relative_" + level


def test_what_both_channels_believe_is_told_by_both() -> None:
    memory = replace(TOLD, spells=Spells(BELIEVED), above=Spells(BELIEVED, BELIEVED))
    codes = [reason.code for reason in verdict(memory, DEFAULT).reasons]
    assert codes == ["relative_failure", "frames_warning"]


def test_the_needle_stands_at_the_mean_between_this_jobs_thresholds() -> None:
    failure = failure_from(TOLD, DEFAULT)
    needle = on_gauge(TOLD.mean, WARNS, failure, OK)
    assert verdict(TOLD, DEFAULT).score == needle


def test_the_three_means_are_those_of_now_the_hour_and_the_printer() -> None:
    memory = replace(
        TOLD, short=Usual(0.2, relative.SHORT_S), usual=Usual(0.3, TRUSTED_S / 2)
    )
    assert frames.means(memory) == relative.Means(TOLD.mean, 0.2, pytest.approx(0.15))
