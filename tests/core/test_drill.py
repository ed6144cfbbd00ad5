"""What a drill says without a print: judged over virtual time, paused on paper."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.core.drill import (
    FAILED,
    PASSED,
    SKIPPED,
    judged,
    outlook,
    rehearsed,
)
from octoprint_aiwatch.core.settings import Decision
from octoprint_aiwatch.core.usual import Usual
from octoprint_aiwatch.core.values import (
    Detection,
    FrameEvidence,
    Inspection,
    RemoteEvidence,
    StatisticsEvidence,
)
from tests.core.rig import settings_with

BOX = (Detection(0.9, 0.5, 0.5, 0.4, 0.4),)


def decision(warning: int = 3, pause: int = 3) -> Decision:
    changes = {"warning_confidence": warning, "pause_confidence": pause}
    return settings_with(decision=changes).decision


def frame(score: float) -> Inspection:
    return Inspection(FrameEvidence(score), BOX if score else ())


def told(inspection: Inspection, sure: Decision) -> tuple[str, str]:
    outcome = judged(inspection.evidence, outlook(inspection, sure, 10.0))
    return outcome.state, outcome.code


def test_a_clear_failure_warns_first_and_then_counts_as_failed() -> None:
    found = outlook(frame(0.94), decision(), 10.0)
    assert found.warns_after_s is not None
    assert found.fails_after_s is not None
    assert 60.0 <= found.warns_after_s < found.fails_after_s <= 240.0
    assert found.level == "failure"
    assert told(frame(0.94), decision()) == (PASSED, "drill_would_both")


@pytest.mark.parametrize("confidence", [1, 2, 3, 4, 5])
def test_more_confidence_takes_no_less_time(confidence: int) -> None:
    early = outlook(frame(0.94), decision(1, 1), 10.0)
    late = outlook(frame(0.94), decision(confidence, confidence), 10.0)
    assert late.fails_after_s is not None
    assert early.fails_after_s is not None
    assert late.fails_after_s >= early.fails_after_s


def test_a_slower_pace_comes_to_the_same_in_about_the_same_time() -> None:
    quick = outlook(frame(0.94), decision(), 10.0)
    slow = outlook(frame(0.94), decision(), 60.0)
    assert slow.level == quick.level == "failure"
    assert slow.fails_after_s is not None
    assert quick.fails_after_s is not None
    assert slow.fails_after_s <= 2 * quick.fails_after_s + 60.0


def test_the_backends_own_pace_counts_if_it_is_slower() -> None:
    hurried = outlook(frame(0.94), decision(), 10.0)
    asked = Inspection(FrameEvidence(0.94), BOX, next_after_s=120.0)
    waited = outlook(asked, decision(), 10.0)
    assert waited.warns_after_s is not None
    assert hurried.warns_after_s is not None
    assert waited.warns_after_s % 120.0 == 0.0
    assert waited.warns_after_s >= hurried.warns_after_s


def test_a_score_that_warns_and_never_fails_is_a_failed_link() -> None:
    assert told(frame(0.36), decision(3, 5)) == (FAILED, "drill_would_warn")


def test_a_picture_that_nobody_would_notice_is_a_failed_link() -> None:
    assert told(frame(0.05), decision()) == (FAILED, "drill_would_miss")


def test_a_failure_may_ask_for_less_than_a_warning() -> None:
    assert told(frame(0.42), decision(5, 1)) == (PASSED, "drill_would_fail")


def test_what_is_usual_for_the_printer_is_taken_into_account() -> None:
    nervous = Usual(0.4, 36_000.0)
    alone = outlook(frame(0.36), decision(), 10.0)
    beside = outlook(frame(0.36), decision(), 10.0, nervous)
    assert alone.warns_after_s is not None
    assert beside.warns_after_s is None


def test_a_score_without_a_box_is_judged_too() -> None:
    found = outlook(Inspection(FrameEvidence(0.94)), decision(), 10.0)
    assert found.fails_after_s is not None


def test_of_obicos_answer_only_the_pictures_own_part_counts() -> None:
    silent = Inspection(StatisticsEvidence(0.02, 1.0, 0.9, 0.0))
    assert told(silent, decision()) == (FAILED, "drill_would_miss")
    loud = Inspection(StatisticsEvidence(0.95, 0.0, 0.0, 0.0), BOX)
    assert told(loud, decision()) == (PASSED, "drill_would_both")


def test_that_the_services_means_may_decide_sooner_is_said() -> None:
    loud = Inspection(StatisticsEvidence(0.95, 0.0, 0.0, 0.0), BOX)
    outcome = judged(loud.evidence, outlook(loud, decision(), 10.0))
    assert outcome.also == ("drill_means",)


@pytest.mark.parametrize(
    ("warning", "pause", "expected"),
    [
        (False, False, (SKIPPED, "drill_remote_silent")),
        (True, False, (PASSED, "drill_remote_warning")),
        (True, True, (PASSED, "drill_remote_pause")),
    ],
)
def test_a_service_that_decides_is_taken_at_its_word_and_at_no_more(
    warning: bool, pause: bool, expected: tuple[str, str]
) -> None:
    inspection = Inspection(RemoteEvidence(0.6, warning, pause))
    assert told(inspection, decision()) == expected


REHEARSALS: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("OPERATIONAL", {}, (PASSED, "drill_would_pause")),
    ("OPERATIONAL", {"safe_moment_s": 20}, (PASSED, "drill_would_wait")),
    ("OPERATIONAL", {"on_failure": "cancel"}, (PASSED, "drill_would_cancel")),
    ("OPERATIONAL", {"on_failure": "notify"}, (SKIPPED, "drill_tells_only")),
    ("OPERATIONAL", {"max_pauses": 0}, (FAILED, "drill_no_pauses")),
    ("OFFLINE", {}, (SKIPPED, "drill_no_printer")),
    ("CLOSED", {}, (SKIPPED, "drill_no_printer")),
    ("DETECT_SERIAL", {}, (SKIPPED, "drill_no_printer")),
    ("CLOSED_WITH_ERROR", {}, (FAILED, "drill_not_ready")),
    ("ERROR", {}, (FAILED, "drill_not_ready")),
    ("CONNECTING", {}, (FAILED, "drill_not_ready")),
    ("PRINTING", {}, (SKIPPED, "drill_interrupted")),
    ("OFFLINE", {"on_failure": "notify"}, (SKIPPED, "drill_tells_only")),
]


@pytest.mark.parametrize(("state_id", "actions", "expected"), REHEARSALS)
def test_a_pause_is_checked_on_paper(
    state_id: str, actions: dict[str, Any], expected: tuple[str, str]
) -> None:
    outcome = rehearsed(state_id, settings_with(actions=actions))
    assert (outcome.state, outcome.code) == expected


def test_a_watch_that_is_switched_off_would_pause_nothing() -> None:
    outcome = rehearsed("OPERATIONAL", settings_with(enabled=False))
    assert (outcome.state, outcome.code) == (FAILED, "drill_off")
