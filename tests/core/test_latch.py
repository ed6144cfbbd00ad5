"""What becomes a message: enough to be warned, few enough to be read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core import latch as latches
from octoprint_aiwatch.core.kinds import (
    BLINDED,
    FAILURE,
    KINDS,
    PAUSE_CONFIRMED,
    PAUSE_FAILED,
    RECOVERED,
    WARNING,
)
from octoprint_aiwatch.core.latch import MOST_GAP_S, REPEATED, Latch, Tell

GAP_S = 600.0
HOUR_S = 3600.0


class Player:
    """Plays news in virtual time; whatever falls due between them is told in time."""

    def __init__(self, gap_s: float = GAP_S) -> None:
        self.latch = Latch()
        self.gap_s = gap_s
        self.now_s = 0.0
        self.told: list[tuple[float, Tell]] = []

    def _note(self, result: Any) -> None:
        self.latch, tells = result
        self.told += [(self.now_s, tell) for tell in tells]

    def wait(self, for_s: float) -> None:
        until_s = self.now_s + for_s
        while True:
            at = latches.wake_at(self.latch, self.gap_s)
            if at is None or at > until_s:
                break
            self.now_s = max(self.now_s, at)
            before = self.latch
            self._note(latches.due(self.latch, self.gap_s, self.now_s))
            assert self.latch != before, "woken for nothing"
        self.now_s = until_s

    def hear(self, kind: str) -> None:
        self._note(latches.hear(self.latch, kind, self.gap_s, self.now_s))

    def react(self) -> None:
        self.latch = latches.reacted(self.latch)

    @property
    def kinds(self) -> list[str]:
        return [tell.kind for _, tell in self.told]

    def times(self, *kinds: str) -> list[float]:
        return [at for at, tell in self.told if tell.kind in kinds]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != RECOVERED])
def test_news_is_told_at_once(kind: str) -> None:
    player = Player()
    player.hear(kind)
    assert player.told == [(0.0, Tell(kind))]


def test_a_recovery_of_what_nobody_heard_of_is_no_news() -> None:
    player = Player()
    player.hear(RECOVERED)
    player.wait(HOUR_S)
    assert player.told == []


def test_what_comes_within_the_gap_is_counted_and_told_after_it() -> None:
    player = Player()
    for _ in range(5):
        player.hear(WARNING)
        player.wait(60.0)
    player.wait(HOUR_S)
    assert player.told == [(0.0, Tell(WARNING)), (600.0, Tell(WARNING, 4))]


def test_a_warning_that_is_taken_back_is_not_told_after_the_gap() -> None:
    player = Player()
    player.hear(WARNING)
    player.hear(WARNING)
    player.latch = latches.settled(player.latch)
    player.wait(2 * HOUR_S)
    assert player.kinds == [WARNING]
    player.hear(WARNING)
    assert player.told[-1][1] == Tell(WARNING, 2), "what was held back is counted"


def test_a_camera_that_flaps_300_times_in_an_hour_makes_at_most_four_messages() -> None:
    player = Player()
    for _ in range(300):
        player.hear(BLINDED)
        player.wait(6.0)
        player.hear(RECOVERED)
        player.wait(6.0)
    assert player.now_s == HOUR_S
    assert 2 <= len(player.told) <= 4
    assert player.kinds[:2] == [BLINDED, RECOVERED]
    assert sum(tell.times for _, tell in player.told if tell.kind == BLINDED) > 40


@given(
    st.lists(st.floats(0.5, 300.0), min_size=4, max_size=600),
    st.sampled_from([0.0, 60.0, GAP_S, HOUR_S]),
)
def test_no_camera_makes_more_than_four_messages_in_any_hour(
    waits: list[float], gap_s: float
) -> None:
    player = Player(gap_s)
    for number, wait_s in enumerate(waits):
        player.hear(RECOVERED if number % 2 else BLINDED)
        player.wait(wait_s)
    times = player.times(BLINDED, RECOVERED)
    for first in times:
        assert sum(first <= at < first + HOUR_S for at in times) <= 4
    player.wait(2 * MOST_GAP_S)
    assert player.latch.sight.told_blind == player.latch.sight.is_blind, "told in the end"


def test_a_camera_that_has_worked_for_an_hour_is_told_of_at_once_again() -> None:
    player = Player()
    for _ in range(2):
        for kind in (BLINDED, RECOVERED) * 2:
            player.hear(kind)
            player.wait(10.0)
        player.wait(3 * HOUR_S)
    second = [at for at in player.times(BLINDED) if at >= 3 * HOUR_S]
    assert second[0] == pytest.approx(3 * HOUR_S + 40.0)


def test_a_print_that_ends_while_blind_is_no_recovery() -> None:
    player = Player()
    player.hear(BLINDED)
    player.latch = latches.ended(player.latch)
    player.wait(2 * HOUR_S)
    assert player.kinds == [BLINDED]


def test_many_short_prints_with_a_dead_camera_do_not_flood() -> None:
    player = Player()
    for _ in range(60):
        player.hear(BLINDED)
        player.wait(60.0)
        player.latch = latches.ended(player.latch)
    assert len(player.told) <= 4


@pytest.mark.parametrize("kind", sorted(REPEATED))
def test_an_alarm_is_repeated_ever_less_often_until_somebody_reacts(kind: str) -> None:
    player = Player()
    player.hear(kind)
    player.wait(2 * HOUR_S)
    assert player.times(kind) == [0.0, 600.0, 1800.0, 4200.0]
    assert [tell.repeated for _, tell in player.told] == [False, True, True, True]
    player.react()
    player.wait(5 * HOUR_S)
    assert len(player.told) == 4


def test_without_a_gap_an_alarm_is_still_not_repeated_all_the_time() -> None:
    player = Player(gap_s=0.0)
    player.hear(PAUSE_FAILED)
    player.wait(HOUR_S)
    assert len(player.told) == 3


@pytest.mark.parametrize("then", [PAUSE_CONFIRMED, PAUSE_FAILED])
def test_a_failure_that_was_acted_on_is_not_repeated(then: str) -> None:
    player = Player()
    player.hear(FAILURE)
    player.wait(2.0)
    player.hear(then)
    player.wait(HOUR_S)
    assert player.times(FAILURE) == [0.0]


def test_a_pause_in_the_end_stops_the_alarm_about_the_pause() -> None:
    player = Player()
    player.hear(PAUSE_FAILED)
    player.wait(30.0)
    player.hear(PAUSE_CONFIRMED)
    player.wait(5 * HOUR_S)
    assert player.kinds == [PAUSE_FAILED, PAUSE_CONFIRMED]


def test_after_a_reaction_the_next_pause_is_told_at_once() -> None:
    player = Player()
    player.hear(PAUSE_CONFIRMED)
    player.wait(120.0)
    player.react()
    player.hear(PAUSE_CONFIRMED)
    assert player.times(PAUSE_CONFIRMED) == [0.0, 120.0]


STEPS = st.one_of(
    st.sampled_from([kind for kind in KINDS if kind not in (BLINDED, RECOVERED)]),
    st.floats(0.1, 2000.0),
    st.just("react"),
)


@given(st.lists(STEPS, max_size=120), st.sampled_from([30.0, GAP_S, 5000.0]))
def test_a_kind_is_told_once_per_gap_and_episode(steps: list[Any], gap_s: float) -> None:
    player = Player(gap_s)
    episodes = [0]
    heard: dict[str, int] = {}
    for step in steps:
        if step == "react":
            player.react()
            episodes.append(len(player.told))
        elif isinstance(step, str):
            player.hear(step)
            heard[step] = heard.get(step, 0) + 1
        else:
            player.wait(step)
    episodes.append(len(player.told))
    for start, end in zip(episodes, episodes[1:]):
        last: dict[str, float] = {}
        for at, tell in player.told[start:end]:
            assert at - last.get(tell.kind, -gap_s) >= gap_s - 1e-6
            last[tell.kind] = at
    assert set(player.kinds) == set(heard), "all kinds are told, and no other"
    for kind, times in heard.items():
        fresh = [t for _, t in player.told if t.kind == kind and not t.repeated]
        assert sum(tell.times for tell in fresh) <= times, "nothing is counted twice"
