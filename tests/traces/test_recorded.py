"""Prints recorded from the simulator's webcam, as the built-in detector judged them."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core import temporal
from octoprint_aiwatch.core.values import FAILURE, FrameEvidence
from tests.core.sequences import DEFAULT
from tests.traces.record import FAILS_AT_S, recorded
from tests.traces.table import PAUSED_WITHIN_S


def levels(name: str, every: int) -> dict[float, str]:
    memory, found = temporal.begun(), {}
    for at_s, inspection in recorded(name)[::every]:
        memory, verdict, _ = temporal.judge(memory, inspection, at_s, DEFAULT)
        found[at_s] = verdict.level
    return found


@pytest.mark.parametrize("every", [1, 2, 3])
def test_the_failing_one_is_paused_within_five_minutes_of_becoming_visible(
    every: int,
) -> None:
    visible_s = next(
        at_s
        for at_s, inspection in recorded("failing")
        if at_s >= FAILS_AT_S
        and isinstance(inspection.evidence, FrameEvidence)
        and inspection.evidence.score >= 0.5
    )
    failed = [
        at_s for at_s, level in levels("failing", every).items() if level == FAILURE
    ]
    assert failed
    assert FAILS_AT_S <= failed[0] <= visible_s + PAUSED_WITHIN_S


@pytest.mark.parametrize("every", [1, 2, 3])
def test_the_good_one_is_never_warned_of(every: int) -> None:
    assert set(levels("good", every).values()) == {"ok"}
