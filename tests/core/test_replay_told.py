"""What a replay makes of single checks and notes: when it would have acted, when not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from octoprint_aiwatch.core.record import Record, changes, judged
from octoprint_aiwatch.core.replay import (
    MOST_RULE,
    RULES,
    SAME_WITHIN_S,
    Check,
    Note,
    Outcome,
    Replay,
    rules_in,
)
from octoprint_aiwatch.core.settings import Decision
from octoprint_aiwatch.core.temporal import begun, without
from octoprint_aiwatch.core.values import (
    Detection,
    FrameEvidence,
    Inspection,
    StatisticsEvidence,
    Verdict,
)
from tests.core.rig import BAD, GOOD, WARN, remote
from tests.core.sequences import DEFAULT, decision

FAR = Detection(1.0, 0.9, 0.9, 0.05, 0.05)
"""A box where nothing is ever seen."""
SLOW = 100.0
GRACE_S: Any = RULES["grace_resume_s"]


def stored(
    inspections: Iterable[Inspection],
    every_s: float = SLOW,
    by: Decision = DEFAULT,
    waved: Collection[int] = (),
    anew: Collection[int] = (),
    box: Detection = FAR,
) -> list[Check]:
    """Checks as the history has them, the first one at 0 s.

    Args:
        waved: before these ``box`` was called no failure.
        anew: before these all was forgotten.
    """
    found, before, after = [], None, None
    for number, inspection in enumerate(inspections):
        memory = begun() if after is None or number in anew else after
        memory = without(memory, box) if number in waved else memory
        at_s = number * every_s
        record = Record(memory, inspection, at_s, by)
        found.append(Check(number, at_s, changes(record, before, after), calls=number))
        before, after = record, judged(record)[0]
    return found


def outcome(
    checks: Sequence[Check],
    notes: Sequence[Note] = (),
    end_s: float = 1000.0,
    **actions: Any,
) -> Outcome:
    replay = Replay(rules_in({"actions": actions}), notes)
    for check in checks:
        replay.take(check)
    return replay.end(end_s)


def failed(
    checks: Sequence[Check],
    notes: Sequence[Note] = (),
    end_s: float = 1000.0,
    on_failure: str = "notify",
) -> list[float]:
    """When there would have been failures."""
    found = outcome(checks, notes, end_s, on_failure=on_failure)
    return [moment.at_s for moment in found.failures]


# -- a failure, once ------------------------------------------------------------------


def test_a_failure_that_stays_is_acted_on_once() -> None:
    assert failed(stored([BAD, BAD, BAD])) == [0.0]


@pytest.mark.parametrize("between", [GOOD, WARN])
def test_a_failure_that_was_over_is_acted_on_again(between: Inspection) -> None:
    assert failed(stored([BAD, between, BAD])) == [0.0, 200.0]


def test_a_failure_is_acted_on_again_where_all_was_forgotten() -> None:
    assert failed(stored([BAD, BAD], anew={1})) == [0.0, 100.0]


def test_a_box_that_was_waved_through_makes_no_second_failure_of_one() -> None:
    assert failed(stored([BAD, BAD], waved={1})) == [0.0]


def test_a_box_that_was_waved_through_keeps_no_later_failure_from_being_acted_on() -> (
    None
):
    assert failed(stored([GOOD, BAD], waved={1})) == [100.0]


def test_what_would_have_been_done_is_told_with_its_check_score_and_calls() -> None:
    (moment,) = outcome(stored([GOOD, BAD])).failures
    assert (moment.check, moment.score, moment.calls) == (1, 0.95, 1)


# -- when -----------------------------------------------------------------------------


def test_nothing_is_done_before_a_checks_grace_is_over() -> None:
    check = replace(stored([BAD])[0], grace_s=70.0)
    assert failed([check]) == [70.0]


def test_a_check_at_the_moment_a_grace_ends_comes_first() -> None:
    bad, good = stored([BAD, GOOD])
    assert failed([replace(bad, grace_s=SLOW), good]) == []


def test_a_check_at_the_moment_a_gap_ends_comes_first() -> None:
    checks = stored([WARN, WARN, GOOD])
    rules = {**RULES, "min_gap_s": 2 * SLOW}
    replay = Replay(rules)
    for check in checks:
        replay.take(check)
    assert [moment.at_s for moment in replay.end(1000.0).warnings] == [0.0]


def test_what_was_taken_back_before_a_grace_was_over_is_not_acted_on() -> None:
    bad, good = stored([BAD, GOOD])
    notes = [Note(50.0, "not_a_failure")]
    assert failed([replace(bad, grace_s=70.0), good], notes) == []


def test_a_note_of_a_checks_very_moment_is_about_that_check() -> None:
    assert failed(stored([BAD]), [Note(0.0, "not_a_failure")]) == []


def test_settings_that_were_changed_count_from_then_on() -> None:
    notes = [Note(50.0, "settings", {"actions": {"on_failure": "notify"}})]
    checks = stored([GOOD, BAD])
    assert len(outcome(checks).pauses) == 1
    assert len(outcome(checks, notes).pauses) == 0


def test_after_a_print_would_have_been_cancelled_nothing_is_known() -> None:
    replay = Replay(rules_in({"actions": {"on_failure": "cancel"}}))
    levels = [replay.take(check).level for check in stored([BAD, BAD, GOOD])]
    assert levels == ["failure", "unknown", "unknown"]


# -- a pause that only the replay makes -----------------------------------------------


def test_a_recorded_failure_is_followed_by_what_came_of_it() -> None:
    near = Note(SLOW + SAME_WITHIN_S - 1.0, "failure")
    assert failed(stored([GOOD, BAD, BAD]), [near], on_failure="pause") == [SLOW]


@pytest.mark.parametrize(
    "notes", [[], [Note(1.0, "warning")], [Note(SAME_WITHIN_S, "failure")]]
)
def test_without_one_there_is_a_grace_and_then_another_failure(notes: list[Note]) -> None:
    times = failed(stored([BAD, BAD]), notes, on_failure="pause")
    assert times == [0.0, SLOW + GRACE_S]


@pytest.mark.parametrize("how", ["waved", "anew"])
def test_it_is_followed_by_a_grace_whatever_was_forgotten_meanwhile(how: str) -> None:
    checks = stored([BAD, BAD], **{how: {1}})
    assert failed(checks, on_failure="pause") == [0.0, SLOW + GRACE_S]


EASY = {"warning_confidence": 1, "pause_confidence": 1}
"""The settings replayed; recorded was with those that see the least."""
HARD = decision(5, 5)
BOX = Detection(0.5, 0.4, 0.5, 0.2, 0.2)
GROWN = Detection(0.5, 0.4, 0.5, 0.28, 0.28)


def frame(score: float, *boxes: Detection) -> Inspection:
    return Inspection(
        FrameEvidence(score), tuple(replace(box, confidence=score) for box in boxes)
    )


FRAMES = [frame(0.0)] * 14 + [frame(0.5, BOX)] * 25


def verdicts(
    checks: Sequence[Check], on_failure: str = "notify", **changed: Any
) -> list[Verdict]:
    rules = rules_in({"actions": {"on_failure": on_failure}})
    replay = Replay(rules, (), changed)
    return [replay.take(check) for check in checks]


def levels_of(checks: Sequence[Check], on_failure: str) -> list[str]:
    return [verdict.level for verdict in verdicts(checks, on_failure, **EASY)]


@pytest.mark.parametrize("is_waved", [False, True])
def test_it_is_followed_by_fresh_evidence(is_waved: bool) -> None:
    fails_at = levels_of(stored(FRAMES, 10.0, HARD), "notify").index("failure")
    waved = {fails_at + 1} if is_waved else ()
    levels = levels_of(stored(FRAMES, 10.0, HARD, waved), "pause")
    assert levels[fails_at : fails_at + 2] == ["failure", "ok"]


# -- what is being made sure of -------------------------------------------------------


def told(p: float) -> Inspection:
    evidence = StatisticsEvidence(p, 0.0, 0.0, 0.0, 1, 1)
    return Inspection(evidence, (replace(BOX, confidence=p),))


@pytest.mark.parametrize(
    ("inspections", "waved", "changed"),
    [
        pytest.param(FRAMES, 20, EASY, id="frames"),
        pytest.param([told(0.0)] * 14 + [told(0.5)] * 25, 20, EASY, id="statistics"),
        pytest.param(
            [frame(0.0)] * 14 + [frame(0.5)] * 25,
            22,
            {"none_below": 0.02, "maybe_above": 0.04, "failure_above": 0.1},
            id="rising",
        ),
        pytest.param(
            [frame(0.56, BOX)] * 30 + [frame(0.56, GROWN)] * 15, 33, EASY, id="grown"
        ),
    ],
)
def test_a_box_that_was_waved_through_elsewhere_lets_other_settings_be_as_sure_as_soon(
    inspections: list[Inspection], waved: int, changed: dict[str, Any]
) -> None:
    undisturbed = verdicts(stored(inspections, 10.0, HARD), **changed)
    assert "failure" in {verdict.level for verdict in undisturbed[waved:]}
    assert verdicts(stored(inspections, 10.0, HARD, {waved}), **changed) == undisturbed


def test_what_was_seen_where_a_box_was_waved_through_is_gone_with_other_settings() -> (
    None
):
    last = len(FRAMES) - 1
    kept = verdicts(stored(FRAMES, 10.0, HARD, {last}), **EASY)
    gone = verdicts(stored(FRAMES, 10.0, HARD, {last}, box=BOX), **EASY)
    assert (gone[-1].score or 0.0) < (kept[-1].score or 0.0)


def test_where_all_was_forgotten_other_settings_are_not_sure_either() -> None:
    checks = stored(FRAMES, 10.0, HARD, anew={len(FRAMES) - 1})
    assert levels_of(checks, "notify")[-2:] == ["failure", "ok"]


# -- figures --------------------------------------------------------------------------


def test_the_worst_is_the_highest_score_of_all() -> None:
    checks = stored([remote(score) for score in (0.2, 0.6, 0.3)])
    assert outcome(checks).worst == 0.6


@pytest.mark.parametrize(
    ("value", "gap_s"),
    [(MOST_RULE, MOST_RULE), (MOST_RULE + 1, RULES["min_gap_s"])],
)
def test_a_rule_may_be_as_large_as_the_largest_and_no_larger(
    value: float, gap_s: float
) -> None:
    assert rules_in({"notify": {"min_gap_s": value}})["min_gap_s"] == gap_s
