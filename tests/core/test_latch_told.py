"""What becomes a message, and when to ask again, exactly."""

from __future__ import annotations

from typing import Optional

import pytest

from octoprint_aiwatch.core.kinds import (
    BLINDED,
    FAILURE,
    PAUSE_CONFIRMED,
    PAUSE_FAILED,
    RECOVERED,
    WARNING,
)
from octoprint_aiwatch.core.latch import (
    CALM_S,
    LEAST_GAP_S,
    MOST_GAP_S,
    Latch,
    Tell,
    due,
    ended,
    hear,
    reacted,
    settled,
    wake_at,
)

GAP_S = 600.0


class Ear:
    """Hears and asks at times that are given; what was told last is kept."""

    def __init__(self, gap_s: float = GAP_S) -> None:
        self.latch = Latch()
        self.gap_s = gap_s

    def hear(self, kind: str, at_s: float) -> list[Tell]:
        self.latch, tells = hear(self.latch, kind, self.gap_s, at_s)
        return tells

    def due(self, at_s: float) -> list[Tell]:
        self.latch, tells = due(self.latch, self.gap_s, at_s)
        return tells

    @property
    def wakes_at(self) -> Optional[float]:
        return wake_at(self.latch, self.gap_s)


# -- news of one kind ------------------------------------------------------------------


def test_what_is_told_once_needs_nobody_to_ask_again() -> None:
    ear = Ear()
    assert ear.hear(WARNING, 50.0) == [Tell(WARNING)]
    assert ear.wakes_at is None


def test_what_is_held_back_is_told_when_the_gap_is_over() -> None:
    ear = Ear()
    ear.hear(WARNING, 50.0)
    assert ear.hear(WARNING, 60.0) == []
    assert ear.wakes_at == 50.0 + GAP_S
    assert ear.due(50.0 + GAP_S - 0.1) == []
    assert ear.due(50.0 + GAP_S) == [Tell(WARNING, 1)]
    assert ear.wakes_at is None


def test_news_at_the_end_of_the_gap_is_told_at_once_with_what_was_held() -> None:
    ear = Ear()
    ear.hear(WARNING, 0.0)
    ear.hear(WARNING, 1.0)
    ear.hear(WARNING, 2.0)
    assert ear.hear(WARNING, GAP_S) == [Tell(WARNING, 3)]


def test_the_gap_doubles_up_to_an_hour() -> None:
    ear, at_s = Ear(), 0.0
    ear.hear(WARNING, at_s)
    for gap_s in (GAP_S, 2 * GAP_S, 4 * GAP_S, MOST_GAP_S, MOST_GAP_S):
        ear.hear(WARNING, at_s + 1)
        assert ear.wakes_at == at_s + gap_s
        at_s += gap_s
        assert len(ear.due(at_s)) == 1


def test_it_doubles_each_time() -> None:
    ear, at_s = Ear(60.0), 0.0
    ear.hear(WARNING, at_s)
    for times in (1, 2, 4, 8, 16, 32):
        ear.hear(WARNING, at_s + 1)
        at_s += 60.0 * times
        assert ear.wakes_at == at_s
        ear.due(at_s)


def test_thousands_of_news_are_no_trouble() -> None:
    ear = Ear(0.0)
    told = [ear.hear(WARNING, float(at_s)) for at_s in range(2000)]
    assert told[-1] == [Tell(WARNING)]


def test_what_was_known_before_stays_as_it_was() -> None:
    ear = Ear()
    ear.hear(WARNING, 0.0)
    before = ear.latch
    ear.hear(FAILURE, 1.0)
    ear.hear(WARNING, 1.0)
    assert set(before.topics) == {WARNING}
    assert before.topics[WARNING].held == 0


def test_a_gap_of_the_users_beyond_an_hour_stays_as_it_is() -> None:
    ear = Ear(2 * MOST_GAP_S)
    for at_s in (0.0, 2 * MOST_GAP_S):
        ear.hear(WARNING, at_s)
    ear.hear(WARNING, 2 * MOST_GAP_S + 1)
    assert ear.wakes_at == 4 * MOST_GAP_S


def test_without_a_gap_all_news_are_told() -> None:
    ear = Ear(0.0)
    for at_s in (0.0, 0.0, 1.0):
        assert ear.hear(WARNING, at_s) == [Tell(WARNING)]


def test_kinds_do_not_hold_each_other_back() -> None:
    ear = Ear()
    ear.hear(WARNING, 0.0)
    assert ear.hear(PAUSE_CONFIRMED, 1.0) == [Tell(PAUSE_CONFIRMED)]


# -- alarms ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [FAILURE, PAUSE_FAILED])
@pytest.mark.parametrize("gap_s", [0.0, 60.0, GAP_S, 2400.0])
def test_an_alarm_is_repeated_after_the_gap_and_at_least_its_own(
    kind: str, gap_s: float
) -> None:
    ear = Ear(gap_s)
    ear.hear(kind, 50.0)
    again_s = 50.0 + max(gap_s, LEAST_GAP_S)
    assert ear.wakes_at == again_s
    assert ear.due(again_s) == [Tell(kind, 1, repeated=True)]
    assert ear.wakes_at == again_s + min(2 * (again_s - 50.0), MOST_GAP_S)


def test_what_happened_meanwhile_is_no_mere_repeat() -> None:
    ear = Ear()
    ear.hear(FAILURE, 0.0)
    ear.hear(FAILURE, 1.0)
    ear.hear(FAILURE, 2.0)
    assert ear.due(GAP_S) == [Tell(FAILURE, 2)]
    assert ear.due(3 * GAP_S) == [Tell(FAILURE, 1, repeated=True)]


def test_news_of_an_alarm_are_told_when_they_may_be_not_when_it_is_repeated() -> None:
    ear = Ear(60.0)
    ear.hear(FAILURE, 0.0)
    ear.hear(FAILURE, 1.0)
    assert ear.wakes_at == 60.0


SETTLED = {
    (PAUSE_CONFIRMED, WARNING),
    (PAUSE_CONFIRMED, FAILURE),
    (PAUSE_CONFIRMED, PAUSE_FAILED),
    (PAUSE_FAILED, WARNING),
    (PAUSE_FAILED, FAILURE),
    (FAILURE, WARNING),
}
FOUR = (WARNING, FAILURE, PAUSE_FAILED, PAUSE_CONFIRMED)


def test_a_larger_gap_puts_off_no_alarm_that_is_to_be_repeated() -> None:
    ear = Ear(60.0)
    ear.hear(FAILURE, 0.0)
    ear.gap_s = MOST_GAP_S
    ear.hear(FAILURE, 1.0)
    assert ear.wakes_at == LEAST_GAP_S


@pytest.mark.parametrize("other", FOUR)
@pytest.mark.parametrize("kind", FOUR)
def test_what_is_worse_settles_what_was_held_back(kind: str, other: str) -> None:
    if kind == other:
        return
    ear = Ear()
    ear.hear(other, 0.0)
    ear.hear(other, 1.0)
    ear.hear(kind, 2.0)
    told = [tell.kind for tell in ear.due(GAP_S)]
    assert told == ([] if (kind, other) in SETTLED else [other])


def test_what_looks_well_again_is_not_told_but_counted() -> None:
    ear = Ear()
    ear.hear(FAILURE, 0.0)
    ear.hear(FAILURE, 1.0)
    ear.latch = settled(ear.latch)
    assert ear.wakes_at is None
    assert ear.due(GAP_S) == []
    assert ear.hear(FAILURE, GAP_S) == [Tell(FAILURE, 2)]


def test_after_a_reaction_all_is_new() -> None:
    ear = Ear()
    ear.hear(FAILURE, 0.0)
    ear.hear(FAILURE, 1.0)
    ear.latch = reacted(ear.latch)
    assert ear.wakes_at is None
    assert ear.hear(FAILURE, 2.0) == [Tell(FAILURE)]


def test_a_reaction_makes_nobody_see_again() -> None:
    ear = Ear()
    ear.hear(BLINDED, 0.0)
    ear.latch = reacted(ear.latch)
    assert ear.hear(BLINDED, 1.0) == []
    assert ear.hear(RECOVERED, 2.0) == [Tell(RECOVERED)]


def test_with_the_print_all_is_over_that_was_held_back() -> None:
    ear = Ear()
    ear.hear(WARNING, 0.0)
    ear.hear(WARNING, 1.0)
    ear.latch = ended(ear.latch)
    assert ear.wakes_at is None
    assert ear.hear(WARNING, 2.0) == [Tell(WARNING)]


# -- blind and not ---------------------------------------------------------------------


def test_the_first_spell_and_its_end_are_told_at_once() -> None:
    ear = Ear()
    assert ear.hear(BLINDED, 0.0) == [Tell(BLINDED)]
    assert ear.wakes_at is None
    assert ear.hear(RECOVERED, 1.0) == [Tell(RECOVERED)]
    assert ear.wakes_at is None


@pytest.mark.parametrize("gap_s", [0.0, GAP_S, 1500.0])
def test_the_next_one_waits_for_the_gap_which_grows(gap_s: float) -> None:
    ear = Ear(gap_s)
    ear.hear(BLINDED, 0.0)
    ear.hear(RECOVERED, 1.0)
    first_s = max(gap_s, LEAST_GAP_S)
    assert ear.hear(BLINDED, 2.0) == []
    assert ear.wakes_at == 1.0 + first_s
    assert ear.due(first_s + 0.9) == []
    assert ear.due(first_s + 1.0) == [Tell(BLINDED, 1)]
    assert ear.hear(RECOVERED, first_s + 2.0) == []
    assert ear.wakes_at == first_s + 1.0 + min(2 * first_s, MOST_GAP_S)


def test_spells_that_nobody_heard_of_are_counted() -> None:
    ear = Ear()
    ear.hear(BLINDED, 0.0)
    ear.hear(RECOVERED, 1.0)
    for at_s in (10.0, 20.0, 30.0):
        ear.hear(BLINDED, at_s)
        ear.hear(RECOVERED, at_s + 1)
    assert ear.wakes_at is None
    ear.hear(BLINDED, 40.0)
    assert ear.due(1.0 + LEAST_GAP_S) == [Tell(BLINDED, 4)]
    ear.hear(RECOVERED, 700.0)
    assert ear.due(1.0 + 3 * LEAST_GAP_S) == [Tell(RECOVERED, 1)]


def test_what_was_heard_already_is_no_change() -> None:
    ear = Ear()
    ear.hear(BLINDED, 0.0)
    assert ear.hear(BLINDED, 5.0) == []
    ear.hear(RECOVERED, 10.0)
    before = ear.latch
    assert ear.hear(RECOVERED, 20.0) == []
    assert ear.latch == before


@pytest.mark.parametrize(("calm_s", "told"), [(CALM_S - 0.1, False), (CALM_S, True)])
def test_after_so_long_without_a_change_it_is_told_at_once_again(
    calm_s: float, told: bool
) -> None:
    ear = Ear(2 * CALM_S)
    ear.hear(BLINDED, 0.0)
    ear.hear(RECOVERED, 100.0)
    assert ear.hear(BLINDED, 100.0 + calm_s) == ([Tell(BLINDED)] if told else [])


def test_a_spell_of_hours_is_not_calm() -> None:
    ear = Ear(60.0)
    ear.hear(BLINDED, 0.0)
    assert ear.hear(RECOVERED, 2 * CALM_S) == [Tell(RECOVERED)]
    assert ear.hear(BLINDED, 2 * CALM_S + 1) == []
    blind_s = 2 * CALM_S + LEAST_GAP_S
    assert ear.due(blind_s) == [Tell(BLINDED, 1)]
    ear.hear(RECOVERED, blind_s + 1)
    assert ear.wakes_at == blind_s + 2 * LEAST_GAP_S


def test_a_print_that_ends_blind_leaves_no_recovery_to_tell() -> None:
    ear = Ear()
    ear.hear(BLINDED, 0.0)
    ear.hear(RECOVERED, 1.0)
    ear.hear(BLINDED, 2.0)
    ear.latch = ended(ear.latch)
    assert ear.wakes_at is None
    assert ear.hear(RECOVERED, 3.0) == []
    assert ear.hear(BLINDED, 4.0) == []
    assert ear.due(1.0 + LEAST_GAP_S) == [Tell(BLINDED, 1)]


def test_one_that_ends_after_blindness_was_told_starts_the_next_one_seeing() -> None:
    ear = Ear()
    ear.hear(BLINDED, 0.0)
    ear.latch = ended(ear.latch)
    assert ear.wakes_at is None
    assert ear.hear(RECOVERED, 3.0) == []
    assert ear.hear(BLINDED, 4.0) == []
    assert ear.wakes_at == LEAST_GAP_S


def test_the_earliest_of_all_is_when_to_ask_again() -> None:
    ear = Ear(60.0)
    ear.hear(BLINDED, 0.0)
    ear.hear(RECOVERED, 1.0)
    ear.hear(BLINDED, 2.0)
    assert ear.wakes_at == 1.0 + LEAST_GAP_S
    ear.hear(WARNING, 10.0)
    ear.hear(WARNING, 11.0)
    assert ear.wakes_at == 70.0
    assert ear.due(LEAST_GAP_S + 1.0) == [Tell(WARNING), Tell(BLINDED)]
