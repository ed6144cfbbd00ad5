"""The drill, told exactly: the time it plays, and every sentence with its numbers."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.core.drill import (
    CLEAN_S,
    FAILED,
    FAILING_S,
    PASSED,
    SKIPPED,
    Outcome,
    Outlook,
    judged,
    outlook,
    rehearsed,
)
from octoprint_aiwatch.core.values import (
    FAILURE,
    GAUGE_FAILURE,
    OK,
    WARNING,
    Detection,
    Evidence,
    FrameEvidence,
    Inspection,
    RemoteEvidence,
    StatisticsEvidence,
)
from octoprint_aiwatch.core.words import say
from tests.core.rig import settings_with

DECISION = settings_with().decision
BOX = (Detection(0.9, 0.5, 0.5, 0.4, 0.4),)
CLEAR = Inspection(FrameEvidence(0.94), BOX)
OBICO = Inspection(StatisticsEvidence(0.95, 0.0, 0.0, 0.0), BOX)

BOTH = Outlook(90.0, 150.0, 0.9, FAILURE)
TOGETHER = Outlook(120.0, 120.0, 0.9, FAILURE)
WARNS = Outlook(90.0, None, 0.6, WARNING)
MISSES = Outlook(None, None, 0.1, OK)


def sentence(outcome: Outcome) -> str:
    return say(outcome.code, outcome.params)


# -- the time that is played ----------------------------------------------------------


@pytest.mark.parametrize("step_s", [CLEAN_S / 2, CLEAN_S])
@pytest.mark.parametrize("failing", [CLEAR, OBICO])
def test_at_a_slow_pace_too_the_start_of_the_print_is_over_before_it_fails(
    failing: Inspection, step_s: float
) -> None:
    found = outlook(failing, DECISION, step_s)
    assert judged(failing.evidence, found).code == "drill_would_both"


def test_a_failure_that_is_believed_at_the_last_moment_is_not_missed() -> None:
    assert outlook(CLEAR, DECISION, FAILING_S / 2).fails_after_s == FAILING_S


def test_what_takes_longer_than_the_drill_plays_is_missed() -> None:
    found = outlook(CLEAR, DECISION, FAILING_S + 1.0)
    assert judged(CLEAR.evidence, found).code == "drill_would_miss"


@pytest.mark.parametrize("failing", [CLEAR, OBICO])
def test_the_score_is_that_of_the_end(failing: Inspection) -> None:
    found = outlook(failing, DECISION, 10.0)
    assert found.score is not None
    assert GAUGE_FAILURE <= found.score <= 1.0


# -- a service that decides -----------------------------------------------------------

SERVICE = [
    (False, False, Outlook(None, None, 0.61, OK), SKIPPED),
    (True, False, Outlook(0.0, None, 0.61, WARNING), PASSED),
    (True, True, Outlook(0.0, 0.0, 0.61, FAILURE), PASSED),
]


@pytest.mark.parametrize(("warning", "pause", "expected", "state"), SERVICE)
def test_a_service_that_decides_does_so_at_once_or_not_at_all(
    warning: bool, pause: bool, expected: Outlook, state: str
) -> None:
    evidence = RemoteEvidence(0.61, warning, pause)
    found = outlook(Inspection(evidence, next_after_s=40.0), DECISION, 10.0)
    assert found == expected
    outcome = judged(evidence, found)
    assert outcome.state == state
    assert "score: 61 of 100" in sentence(outcome)
    assert outcome.also == ()


# -- what is said ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (BOTH, "a warning after 90 s and counts as failed after 150 s"),
        (TOGETHER, "counts as failed after 120 s"),
        (WARNS, "a warning after 90 s, but does not count as failed"),
        (MISSES, "is not noticed within half an hour"),
    ],
)
def test_when_it_would_be_noticed_is_said_in_seconds(
    found: Outlook, expected: str
) -> None:
    assert expected in sentence(judged(CLEAR.evidence, found))


@pytest.mark.parametrize("found", [BOTH, TOGETHER, WARNS, MISSES])
@pytest.mark.parametrize(
    ("evidence", "also"),
    [(CLEAR.evidence, ()), (OBICO.evidence, ("drill_means",))],
)
def test_only_of_a_service_with_means_it_is_said_that_they_may_decide_sooner(
    evidence: Evidence, also: tuple[str, ...], found: Outlook
) -> None:
    assert judged(evidence, found).also == also


# -- the pause on paper ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ({"verify_s": 45}, "After 45 s there would be an alarm"),
        ({"safe_moment_s": 20}, "after 20 s at the latest"),
        ({"safe_moment_s": 1}, "after 1 s at the latest"),
        ({"on_failure": "cancel"}, "asked to cancel the print"),
    ],
)
def test_what_octoprint_would_be_asked_is_said_with_the_chosen_seconds(
    actions: dict[str, Any], expected: str
) -> None:
    outcome = rehearsed("OPERATIONAL", settings_with(actions=actions))
    assert outcome.state == PASSED
    assert expected in sentence(outcome)


def test_the_state_of_a_printer_that_is_not_ready_is_named() -> None:
    outcome = rehearsed("CONNECTING", settings_with())
    assert outcome.state == FAILED
    assert "Its state is CONNECTING." in sentence(outcome)
