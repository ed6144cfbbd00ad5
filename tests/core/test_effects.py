"""What the form says of the steps of confidence is what the rule does."""

from __future__ import annotations

from typing import Optional

import pytest

from octoprint_aiwatch.core import effects, frames
from octoprint_aiwatch.core.settings import Decision
from octoprint_aiwatch.core.values import FAILURE, OK, Detection

EVERY_S = 10.0
QUIET_S = 600.0
LONG_S = 1800.0
BOX = Detection(1.0, 0.5, 0.5, 0.2, 0.2)
STEPS = [
    (name, step)
    for name in ("warning_confidence", "pause_confidence")
    for step in effects.STEPS
]


def said(name: str, step: int) -> dict[str, int]:
    return effects.described()[name][step - 1]


def takes_s(name: str, score: float, decision: Decision) -> Optional[float]:
    """How long a failure must show, after a good beginning, to be believed."""
    memory, now_s = frames.FrameMemory(), 0.0
    while now_s < QUIET_S:
        memory = frames.remember(memory, 0.0, (), now_s, decision)
        now_s += EVERY_S
    began_s = now_s
    while now_s - began_s < LONG_S:
        memory = frames.remember(memory, score, (BOX,), now_s, decision)
        level = frames.verdict(memory, decision).level
        if level == FAILURE or (level != OK and name == "warning_confidence"):
            return now_s - began_s
        now_s += EVERY_S
    return None


def rules_of(name: str, step: int) -> Decision:
    """That step alone: the other level is as far away as can be."""
    return effects.decision(
        **{"warning_confidence": 5, "pause_confidence": 5, name: step}
    )


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_a_plain_failure_is_believed_after_the_time_that_is_said(
    name: str, step: int
) -> None:
    hold_s = said(name, step)["hold_s"]
    took_s = takes_s(name, 0.9, rules_of(name, step))
    assert took_s is not None
    assert hold_s <= took_s <= hold_s + 2 * EVERY_S


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_a_failure_a_little_above_a_step_is_believed_in_the_end(
    name: str, step: int
) -> None:
    score = said(name, step)["percent"] / 100 + 0.02
    assert takes_s(name, score, rules_of(name, step)) is not None


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_a_failure_a_little_below_a_step_is_not_believed(name: str, step: int) -> None:
    score = said(name, step)["percent"] / 100 - 0.02
    assert takes_s(name, score, rules_of(name, step)) is None


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_what_is_said_is_in_whole_numbers_and_as_near_as_they_come(
    name: str, step: int
) -> None:
    which = 0 if name == "warning_confidence" else 1
    above = frames.thresholds(effects.decision(**{name: step}))[which]
    assert all(isinstance(value, int) for value in said(name, step).values())
    assert said(name, step)["percent"] == pytest.approx(100 * above, abs=0.5)


@pytest.mark.parametrize("name", ["warning_confidence", "pause_confidence"])
def test_each_step_asks_for_more_than_the_one_before(name: str) -> None:
    percents = [one["percent"] for one in effects.described()[name]]
    assert percents == sorted(set(percents))
    assert [one["step"] for one in effects.described()[name]] == [1, 2, 3, 4, 5]
