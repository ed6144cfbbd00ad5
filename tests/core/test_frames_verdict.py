"""What frames judged one by one are told as: gauge, reasons, places that do not count."""

from __future__ import annotations

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.frames import (
    BASELINE_S,
    FAILURE_ABOVE,
    PAUSE_HOLD_S,
    WARN_HOLD_S,
    WARNING_ABOVE,
)
from octoprint_aiwatch.core.temporal import NO_MEMORY, Memory, judge
from octoprint_aiwatch.core.values import (
    GAUGE_FAILURE,
    GAUGE_WARNING,
    Detection,
    FrameEvidence,
    Inspection,
    Reason,
    StatisticsEvidence,
    Verdict,
)
from octoprint_aiwatch.core.words import SENTENCES, say
from octoprint_aiwatch.core.zones import counting
from tests.core.sequences import (
    DEFAULT,
    Seen,
    always,
    clean_start,
    decision,
    judged,
    reached,
    steps,
    watch,
)

CLEAN = clean_start()
GOING_WRONG = watch(steps((600.0, 0.02), (0.0, 0.98)), 1800.0)
BOX = Detection(0.9, 0.2, 0.2, 0.1, 0.1)
OTHER = Detection(0.4, 0.8, 0.8, 0.1, 0.1)
CORNER = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))


def first(level: str) -> Seen:
    at_s = reached(level, GOING_WRONG)
    return next(one for one in GOING_WRONG if one.now_s == at_s)


def lacking(reason: Reason) -> set[str]:
    """Places in a reason's sentence that it has nothing to fill with."""
    fields = {name for _, name, _, _ in Formatter().parse(SENTENCES[reason.code]) if name}
    return fields - set(reason.params)


# -- the gauge ------------------------------------------------------------------------


def zone(verdict: Verdict) -> str:
    assert verdict.score is not None
    if verdict.score >= GAUGE_FAILURE:
        return "failure"
    return "warning" if verdict.score >= GAUGE_WARNING else "ok"


@given(
    st.lists(st.tuples(st.floats(0, 90), st.floats(0, 1)), min_size=1, max_size=40),
    st.integers(1, 5),
    st.integers(1, 5),
)
def test_needle_and_word_never_disagree_and_every_reason_is_complete(
    frames: list[tuple[float, float]], warning: int, pause: int
) -> None:
    now_s, times, scores = 0.0, [], {}
    for pause_s, score in frames:
        now_s += pause_s
        times.append(now_s)
        scores[now_s] = score
    for one in judged(scores.__getitem__, times, decision(warning, pause)):
        assert 0.0 <= (one.verdict.score or 0.0) <= 1.0
        assert zone(one.verdict) == one.verdict.level
        assert one.verdict.reasons
        for reason in one.verdict.reasons:
            assert lacking(reason) == set()


def test_the_needle_climbs_from_one_zone_to_the_next_as_a_print_goes_wrong() -> None:
    zones = [zone(one.verdict) for one in GOING_WRONG]
    assert zones == sorted(zones, key=["ok", "warning", "failure"].index)
    assert set(zones) == {"ok", "warning", "failure"}


def test_the_needle_stands_on_a_clean_prints_mean_before_anything_is_believed() -> None:
    clean, worse = watch(always(0.05), 600.0)[-1], watch(always(0.3), 600.0)[-1]
    assert 0.0 < (clean.verdict.score or 0.0) < (worse.verdict.score or 0.0)


# -- reasons --------------------------------------------------------------------------


def test_every_step_on_the_way_has_its_reason() -> None:
    codes = [one.verdict.reasons[0].code for one in GOING_WRONG]
    in_turn = [code for at, code in enumerate(codes) if at == 0 or code != codes[at - 1]]
    assert in_turn[0] == "frames_ok"
    assert in_turn[-1] == "frames_failure"
    assert set(in_turn) <= {
        "frames_ok",
        "frames_confirming",
        "frames_warning",
        "frames_warning_confirming",
        "frames_failure",
    }
    assert "frames_confirming" in in_turn


def test_being_made_sure_of_never_hides_what_is_believed_already() -> None:
    for one in GOING_WRONG:
        reason = one.verdict.reasons[0]
        said = say(reason.code, reason.params)
        assert said.startswith("Possible failure") == (one.verdict.level == "warning")


@pytest.mark.parametrize(
    "code", [code for code in SENTENCES if code.startswith("frames_")]
)
def test_every_sentence_about_frames_is_said_with_figures(code: str) -> None:
    params = {
        "mean": 0.5,
        "baseline": 0.1,
        "threshold": 0.66,
        "hold_s": 90.0,
        "left_s": 9,
    }
    sentence = say(code, params)
    assert "0.50" in sentence
    assert not {"{", "}"} & set(sentence)


def test_while_it_is_being_made_sure_of_the_reason_says_for_how_long() -> None:
    left_s = [
        one.verdict.reasons[0].params["left_s"]
        for one in GOING_WRONG
        if one.verdict.reasons[0].code.endswith("_confirming")
    ]
    assert WARN_HOLD_S > left_s[0] > 0.0
    assert PAUSE_HOLD_S >= left_s[-1] > 0.0
    assert all(0.0 < left <= max(WARN_HOLD_S, PAUSE_HOLD_S) for left in left_s)


def test_nothing_is_called_unsuspicious_beside_a_warning() -> None:
    for one in GOING_WRONG:
        if one.verdict.level != "ok":
            said = [say(r.code, r.params) for r in one.verdict.reasons]
            assert not any("Nothing suspicious" in text for text in said)


def test_a_quiet_print_is_told_how_far_it_is_from_a_warning() -> None:
    reason, *_ = watch(always(0.1), 600.0)[-1].verdict.reasons
    assert reason.code == "frames_ok"
    assert reason.params["threshold"] == WARNING_ABOVE[2]
    assert reason.params["mean"] == pytest.approx(0.1, abs=0.001)


def test_a_warning_is_told_how_far_it_is_from_a_failure() -> None:
    standing = watch(always(0.8), 3600.0)[-1]
    reason, *_ = standing.verdict.reasons
    assert reason.code == "frames_warning"
    assert reason.params["threshold"] > FAILURE_ABOVE[2]  # it was there from the start
    assert reason.params["baseline"] == standing.memory.frames.baseline.__round__(3)


def test_a_failure_is_told_with_the_time_it_has_held() -> None:
    reason, *_ = first("failure").verdict.reasons
    assert reason.params["hold_s"] == PAUSE_HOLD_S


def test_a_failure_that_no_warning_came_before_is_told_with_its_own_time_too() -> None:
    hasty = decision(warning=5, pause=1)
    between = (FAILURE_ABOVE[0] + WARNING_ABOVE[4]) / 2
    # Quickly above the one threshold, and never above the other.
    shown = steps((BASELINE_S * 2, 0.02), (40.0, 0.8), (0.0, between))
    seen = watch(shown, 3600.0, 10.0, hasty)
    levels = [one.verdict.level for one in seen]
    assert "warning" not in levels
    assert levels[-1] == "failure"
    assert seen[-1].verdict.reasons[0].params["hold_s"] == PAUSE_HOLD_S
    waiting = [
        one.verdict.reasons[0].params["left_s"]
        for one in seen
        if one.verdict.reasons[0].code == "frames_confirming"
    ]
    assert PAUSE_HOLD_S > waiting[0] > waiting[-1]


# -- places that do not count ---------------------------------------------------------


def once(
    score: float, boxes: tuple[Detection, ...], **options: object
) -> tuple[Memory, Verdict, tuple[Detection, ...]]:
    inspection = Inspection(FrameEvidence(score), boxes)
    judged = judge(CLEAN, inspection, 0.0, DEFAULT, **options)  # type: ignore[arg-type]
    memory, verdict, sightings = judged
    return memory, verdict, counting(sightings)


def mean_of(score: float) -> float:
    return once(score, ())[0].frames.mean


def test_without_the_ignored_boxes_the_surest_that_is_left_makes_the_score() -> None:
    memory, _, boxes = once(0.95, (BOX, OTHER), zones=[CORNER])
    assert boxes == (OTHER,)
    assert memory.frames.mean == pytest.approx(mean_of(OTHER.confidence))


def test_what_the_user_called_not_a_failure_does_not_count_either() -> None:
    memory, _, boxes = once(0.95, (BOX, OTHER), ignored=[BOX])
    assert boxes == (OTHER,)
    assert memory.frames.mean == pytest.approx(mean_of(OTHER.confidence))


def test_a_box_that_is_left_never_makes_the_score_higher() -> None:
    sure = Detection(0.99, 0.8, 0.8, 0.1, 0.1)
    memory, _, _ = once(0.3, (BOX, sure), zones=[CORNER])
    assert memory.frames.mean == mean_of(0.3)


def test_a_frame_with_nothing_but_ignored_boxes_scores_nothing_and_says_why() -> None:
    memory, verdict, boxes = once(0.95, (BOX,), zones=[CORNER])
    assert boxes == ()
    assert memory.frames.mean == 0.0
    assert verdict.level == "ok"
    codes = [reason.code for reason in verdict.reasons]
    assert codes == ["frames_ok", "only_ignored"]


def test_a_frame_whose_boxes_all_count_keeps_its_score() -> None:
    memory, verdict, boxes = once(0.95, (OTHER,), zones=[CORNER])
    assert boxes == (OTHER,)
    assert memory.frames.mean == mean_of(0.95)
    assert "only_ignored" not in [reason.code for reason in verdict.reasons]


def test_a_print_that_fails_in_an_ignored_place_only_is_no_failure() -> None:
    memory, levels = NO_MEMORY, set()
    for number in range(200):
        inspection = Inspection(FrameEvidence(0.99), (BOX,))
        memory, verdict, _ = judge(memory, inspection, number * 10.0, DEFAULT, [CORNER])
        levels.add(verdict.level)
    assert levels == {"ok"}


# -- beside the other channels --------------------------------------------------------


def test_frames_and_statistics_are_remembered_apart() -> None:
    memory, _, _ = judge(NO_MEMORY, Inspection(FrameEvidence(0.9)), 0.0, DEFAULT)
    statistics = Inspection(StatisticsEvidence(0.5, 0.1, 0.1, 0.1))
    both, _, _ = judge(memory, statistics, 10.0, DEFAULT)
    assert both.frames == memory.frames
    assert both.statistics == judge(NO_MEMORY, statistics, 10.0, DEFAULT)[0].statistics
