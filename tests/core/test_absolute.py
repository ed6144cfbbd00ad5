"""The absolute channel: what it asks for, what it tells, what it takes a frame for."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable

import pytest

from octoprint_aiwatch.core import absolute
from octoprint_aiwatch.core.absolute import (
    FAILURE_ABOVE,
    PAUSE_HOLD_S,
    WARN_HOLD_S,
    WARNING_ABOVE,
    AbsoluteMemory,
)
from octoprint_aiwatch.core.settings import Decision
from octoprint_aiwatch.core.spell import Spell, Spells
from octoprint_aiwatch.core.values import FAILURE, WARNING, Ahead, Detection, Verdict
from tests.core.sequences import DEFAULT, always, decision, steps

FRAME_S = 10.0
CLEAN_S = 200.0
Told = tuple[AbsoluteMemory, Verdict]


def told(
    confidence_at: Callable[[float], float],
    until_s: float,
    by: Decision = DEFAULT,
    boxes_at: Callable[[float], tuple[Detection, ...]] = lambda _: (),
) -> list[Told]:
    """What a print's frames led to, one each ten seconds."""
    memory, found = AbsoluteMemory(), []
    for number in range(int(until_s // FRAME_S) + 1):
        now_s = number * FRAME_S
        memory = absolute.remember(
            memory, confidence_at(now_s), boxes_at(now_s), now_s, by
        )
        found.append((memory, absolute.verdict(memory, by)))
    return found


def failing(confidence: float, by: Decision = DEFAULT) -> list[Told]:
    """A print that goes wrong after some clean minutes."""
    return told(steps((CLEAN_S, 0.0), (1.0, confidence)), 900.0, by)


def codes(found: list[Told]) -> list[str]:
    """The reasons that were given, each once, in their order."""
    return list(dict.fromkeys(verdict.reasons[0].code for _, verdict in found))


def given(found: list[Told], code: str) -> Told:
    """The first frame that was told with this reason."""
    return next(one for one in found if one[1].reasons[0].code == code)


# -- what is asked for ----------------------------------------------------------------


@pytest.mark.parametrize("confidence", range(1, 6))
def test_a_warning_asks_for_the_mean_of_its_own_confidence(confidence: int) -> None:
    by = decision(warning=confidence, pause=5)
    threshold = WARNING_ABOVE[confidence - 1]
    assert told(always(threshold + 0.01), 1800.0, by)[-1][1].level == "warning"
    assert told(always(threshold - 0.01), 1800.0, by)[-1][1].level == "ok"


@pytest.mark.parametrize("confidence", range(1, 6))
def test_a_failure_asks_for_the_mean_of_its_own_confidence(confidence: int) -> None:
    by = decision(warning=1, pause=confidence)
    threshold = FAILURE_ABOVE[confidence - 1]
    assert told(always(threshold + 0.01), 1800.0, by)[-1][1].level == "failure"
    assert told(always(threshold - 0.01), 1800.0, by)[-1][1].level == "warning"


def test_time_that_nobody_saw_is_no_time_that_it_has_held() -> None:
    memory = failing(0.9)[int(CLEAN_S // FRAME_S) + 2][0]
    seen_s = memory.last_at or 0.0
    back = absolute.remember(memory, 0.9, (), seen_s + 3600.0, DEFAULT)
    assert absolute.verdict(back, DEFAULT).level != "failure"


# -- what is told ---------------------------------------------------------------------


def test_every_step_on_the_way_to_a_failure_has_its_reason() -> None:
    assert codes(failing(0.95)) == [
        "absolute_ok",
        "absolute_confirming",
        "absolute_warning_confirming",
        "absolute_failure",
    ]
    assert codes(failing(0.45)) == ["absolute_ok", "absolute_warning"]


def test_a_quiet_print_is_told_its_mean_and_what_a_warning_asks_for() -> None:
    memory, verdict = told(always(0.1234567), 1800.0)[-1]
    reason = verdict.reasons[0]
    assert reason.params == {
        "mean": round(memory.mean, 3),
        "threshold": WARNING_ABOVE[2],
        "hold_s": WARN_HOLD_S,
    }
    assert verdict.ahead == Ahead(WARNING, memory.mean, WARNING_ABOVE[2], WARN_HOLD_S)


def test_a_warning_is_told_what_a_failure_asks_for() -> None:
    memory, verdict = given(failing(0.45), "absolute_warning")
    assert verdict.reasons[0].params["threshold"] == FAILURE_ABOVE[2]
    assert verdict.ahead == Ahead(FAILURE, memory.mean, FAILURE_ABOVE[2], PAUSE_HOLD_S)


def test_while_a_warning_is_made_sure_of_the_time_that_is_left_is_told() -> None:
    memory, verdict = given(failing(0.95), "absolute_confirming")
    left_s = verdict.reasons[0].params["left_s"]
    assert 0.0 < left_s < WARN_HOLD_S
    assert verdict.ahead == Ahead(
        WARNING, memory.mean, WARNING_ABOVE[2], WARN_HOLD_S, left_s
    )


def test_while_a_failure_is_made_sure_of_the_time_that_is_left_is_told() -> None:
    memory, verdict = given(failing(0.95), "absolute_warning_confirming")
    left_s = verdict.reasons[0].params["left_s"]
    assert WARN_HOLD_S / 2 < left_s < PAUSE_HOLD_S
    assert verdict.ahead == Ahead(
        FAILURE, memory.mean, FAILURE_ABOVE[2], PAUSE_HOLD_S, left_s
    )


def test_a_failure_has_nothing_ahead_of_it() -> None:
    _, verdict = given(failing(0.95), "absolute_failure")
    assert verdict.ahead is None
    assert verdict.reasons[0].params["threshold"] == FAILURE_ABOVE[2]
    assert verdict.reasons[0].params["hold_s"] == PAUSE_HOLD_S


# -- by its place ---------------------------------------------------------------------

SMALL = Detection(0.9, 0.3, 0.3, 0.1, 0.1)
LARGE = Detection(0.9, 0.3, 0.3, 0.2, 0.2)
ELSEWHERE = Detection(0.9, 0.8, 0.8, 0.2, 0.2)
NO_SPELLS = Spells()


def growing_at(now_s: float) -> tuple[Detection, ...]:
    return (SMALL,) if now_s < CLEAN_S else (LARGE,)


def jumping_at(now_s: float) -> tuple[Detection, ...]:
    """A box that is twice in one place, and four times elsewhere in between."""
    number = int(now_s // FRAME_S)
    x = 0.1 + 0.2 * (number % 5)
    return () if now_s < CLEAN_S else (Detection(0.9, x, 0.5, 0.08, 0.08),)


def frames_believed(after: tuple[Detection, ...]) -> tuple[int, list[float]]:
    """How many frames in turn a failure takes where one in ten was strong by chance.

    At a frame a minute, on a print that had a small box at its start; and what was told
    to be left of it with each of them.
    """
    memory, now_s, left_s = AbsoluteMemory(), 0.0, []
    while absolute.verdict(memory, DEFAULT).level != "failure":
        is_after = now_s >= 7200.0
        chance = 600.0 < now_s < 7200.0 and now_s % 600.0 == 0.0
        boxes = () if chance else after if is_after else (SMALL,)
        memory = absolute.remember(memory, 0.9, boxes, now_s, DEFAULT)
        if is_after and memory.spells.failure.left_s is not None:
            left_s.append(memory.spells.failure.left_s)
        now_s += 60.0
    assert memory.spells.failure.rate > 0.05
    return round((now_s - 60.0 - (memory.spells.failure.since_s or 0.0)) / 60.0), left_s


def test_what_has_grown_is_no_chance_however_often_chance_struck_before() -> None:
    frames, left_s = frames_believed((LARGE,))
    assert (frames, left_s[0]) == (2, PAUSE_HOLD_S)


def test_what_is_new_takes_more_frames_where_chance_struck_before() -> None:
    frames, left_s = frames_believed((SMALL, ELSEWHERE))
    assert frames >= 4
    assert left_s[0] > PAUSE_HOLD_S


def seen_before(*boxes: Detection, spells: Spells = NO_SPELLS) -> AbsoluteMemory:
    """Clean minutes, then frames of a minute with one box each."""
    memory, now_s = AbsoluteMemory(), 0.0
    for box in (None, None, None, None, None, *boxes):
        seen = (box,) if box else ()
        memory = absolute.remember(memory, 0.95 if box else 0.0, seen, now_s, DEFAULT)
        now_s += 60.0
    return replace(memory, spells=spells) if spells != NO_SPELLS else memory


def test_frames_that_were_strong_in_another_place_do_not_count_for_this_one() -> None:
    strong = Spell(since_s=0.0, strong=9)
    memory = seen_before(spells=Spells(strong, strong))
    now_s = (memory.last_at or 0.0) + 60.0
    after = absolute.remember(memory, 1.0, (ELSEWHERE,), now_s, DEFAULT)
    assert after.mean > FAILURE_ABOVE[2]
    assert absolute.verdict(after, DEFAULT).level == "ok"


def test_what_was_seen_in_another_place_too_takes_a_frame_more() -> None:
    levels = [
        absolute.verdict(seen_before(*boxes), DEFAULT).level
        for boxes in ([LARGE] * 4, [ELSEWHERE] + [LARGE] * 3, [ELSEWHERE] + [LARGE] * 4)
    ]
    assert levels == ["failure", "warning", "failure"]


def test_what_stays_as_large_as_it_was_at_the_start_is_no_failure() -> None:
    found = told(always(0.9), 900.0, DEFAULT, lambda _: (SMALL,))
    assert {verdict.level for _, verdict in found} == {"ok"}


def test_what_jumps_about_is_no_failure_however_sure_each_frame_is() -> None:
    found = told(steps((CLEAN_S, 0.0), (1.0, 0.9)), 1800.0, DEFAULT, jumping_at)
    assert {verdict.level for _, verdict in found} == {"ok"}
