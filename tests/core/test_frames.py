"""The rule over time for frames judged one by one: early warnings, late failures."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from octoprint_aiwatch.core.frames import (
    BASELINE_S,
    FAILURE_ABOVE,
    OVERWHELMING,
    PAUSE_HOLD_S,
    RISE,
    WARN_HOLD_S,
    WARNING_ABOVE,
)
from octoprint_aiwatch.core.gauge import RANK
from octoprint_aiwatch.core.steady import FIRST_STEP_S, MAX_STEP_S
from tests.core.sequences import (
    CADENCES_S,
    HOUR_S,
    Seen,
    always,
    decision,
    judged,
    reached,
    steps,
    watch,
)

CLEAN = 0.02
SURE = (OVERWHELMING + 1.0) / 2
"""More than overwhelming."""
CONFIDENCES = range(1, 6)


# -- warning --------------------------------------------------------------------------


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_a_warning_comes_when_it_has_held_for_its_time(confidence: int) -> None:
    seen = watch(always(SURE), 600.0, 5.0, decision(warning=confidence))
    assert reached("warning", seen) == WARN_HOLD_S


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_a_weak_one_takes_until_its_mean_is_as_high_as_is_asked_for(
    confidence: int,
) -> None:
    threshold = WARNING_ABOVE[confidence - 1]
    seen = watch(always(threshold + 0.005), 900.0, 5.0, decision(warning=confidence))
    warned = next(one for one in seen if one.verdict.level == "warning")
    assert warned.now_s > WARN_HOLD_S
    assert warned.memory.frames.mean >= threshold


def test_a_spell_that_ended_in_between_has_to_hold_anew() -> None:
    going_wrong = steps((600.0, CLEAN), (70.0, 0.9), (140.0, 0.0), (0.0, 0.9))
    assert reached("failure", watch(going_wrong, HOUR_S)) == 810.0 + PAUSE_HOLD_S


def test_a_mean_that_sways_around_its_threshold_has_held() -> None:
    def every_third(now_s: float) -> float:
        return 0.02 if now_s < 600.0 or now_s % 60 < 30 else 0.9

    seen = watch(every_third, HOUR_S)
    means = [one.memory.frames.mean for one in seen if one.now_s > 900.0]
    assert min(means) < FAILURE_ABOVE[2] < max(means)
    assert reached("failure", seen) is not None


def test_one_bad_frame_in_ten_is_noise() -> None:
    seen = watch(lambda now_s: 1.0 if now_s % 100 == 0 else CLEAN, 10 * HOUR_S)
    assert reached("warning", seen) is None


def test_a_clean_print_stays_ok_for_ten_hours() -> None:
    seen = watch(always(CLEAN), 10 * HOUR_S)
    assert {one.verdict.level for one in seen} == {"ok"}


def test_a_warning_ends_when_what_was_seen_is_gone() -> None:
    seen = watch(steps((600.0, 0.8), (0.0, CLEAN)), 1200.0)
    assert reached("warning", seen) is not None
    assert seen[-1].verdict.level == "ok"


# -- failure --------------------------------------------------------------------------


@pytest.mark.parametrize("cadence_s", CADENCES_S)
def test_a_print_that_goes_wrong_is_a_failure(cadence_s: float) -> None:
    seen = watch(steps((600.0, CLEAN), (0.0, 0.9)), HOUR_S, cadence_s)
    failed_s = reached("failure", seen)
    assert failed_s is not None
    assert 600.0 + PAUSE_HOLD_S <= failed_s <= 600.0 + 600.0


@pytest.mark.parametrize("cadence_s", CADENCES_S)
def test_no_failure_before_there_was_a_baseline_and_it_has_held(cadence_s: float) -> None:
    failed_s = reached("failure", watch(always(1.0), HOUR_S, cadence_s))
    assert failed_s is not None
    assert failed_s + FIRST_STEP_S >= BASELINE_S + PAUSE_HOLD_S


@pytest.mark.parametrize("cadence_s", [10.0, 60.0])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.8, 0.9, 0.97, 0.999])
def test_what_has_stood_there_from_the_first_frame_is_no_failure_in_ten_hours(
    share: float, cadence_s: float
) -> None:
    seen = watch(always(share * OVERWHELMING), 10 * HOUR_S, cadence_s)
    assert reached("failure", seen) is None


@pytest.mark.parametrize("cadence_s", CADENCES_S)
def test_overwhelming_evidence_is_a_failure_from_the_first_frame_on(
    cadence_s: float,
) -> None:
    assert reached("failure", watch(always(SURE), HOUR_S, cadence_s)) is not None


@pytest.mark.parametrize("began_with", [CLEAN, 0.1, 0.2, 0.4])
def test_a_rise_is_measured_from_what_the_print_began_with(began_with: float) -> None:
    enough = max(FAILURE_ABOVE[2], began_with + RISE) + 0.02
    too_little = min(enough - 0.04, began_with + RISE - 0.02)
    for score, is_failure in ((enough, True), (too_little, False)):
        seen = watch(steps((600.0, began_with), (0.0, score)), 4 * HOUR_S)
        assert (reached("failure", seen) is not None) is is_failure


def test_once_the_clutter_is_taken_away_its_place_is_watched_like_any_other() -> None:
    cluttered, tidied = (600.0, 0.8), (900.0, CLEAN)
    before = watch(steps(cluttered, (0.0, 0.85)), 2 * HOUR_S)
    after = watch(steps(cluttered, tidied, (0.0, 0.85)), 2 * HOUR_S)
    assert reached("failure", before) is None
    assert reached("failure", after) is not None


def test_the_baseline_never_rises_with_what_comes_later() -> None:
    seen = watch(steps((600.0, CLEAN), (0.0, 0.6)), 10 * HOUR_S)
    grown = [one.memory.frames.baseline for one in seen if one.now_s >= BASELINE_S]
    assert grown == sorted(grown, reverse=True)


# -- pace -----------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["warning", "failure"])
@pytest.mark.parametrize("score", [0.8, 0.9, SURE])
def test_another_pace_leads_to_the_same_belief(level: str, score: float) -> None:
    going_wrong = steps((600.0, CLEAN), (0.0, score))
    times = {
        cadence_s: reached(level, watch(going_wrong, 2 * HOUR_S, cadence_s))
        for cadence_s in CADENCES_S
    }
    finest = times[CADENCES_S[0]]
    assert finest is not None
    for cadence_s, at_s in times.items():
        assert at_s is not None
        # One frame late to see it, one more for the hold to be over.
        assert abs(at_s - finest) <= 2 * cadence_s


# -- gaps -----------------------------------------------------------------------------


def with_a_gap(gap_s: float, frames: int, score: float = 1.0) -> list[Seen]:
    """A clean print, then nothing for a while, then so many bad frames."""
    clean_s = 600.0
    before = [number * 10.0 for number in range(int(clean_s // 10) + 1)]
    after = [clean_s + gap_s + number * 10.0 for number in range(frames)]
    return judged(lambda now_s: CLEAN if now_s <= clean_s else score, before + after)


def test_after_a_gap_however_long_a_frame_counts_for_no_more_than_the_most() -> None:
    longest, hour = with_a_gap(MAX_STEP_S, 1), with_a_gap(HOUR_S, 1)
    assert hour[-1].memory.frames.mean == longest[-1].memory.frames.mean
    assert hour[-1].memory.frames.evidence_s == longest[-1].memory.frames.evidence_s


def test_after_a_gap_however_long_the_rule_takes_as_many_frames() -> None:
    shortest, hour = with_a_gap(MAX_STEP_S, 60), with_a_gap(HOUR_S, 60)
    levels = [one.verdict.level for one in shortest]
    assert [one.verdict.level for one in hour] == levels
    assert levels[-1] == "failure"


@pytest.mark.parametrize("bad_frames", range(1, 12))
def test_what_was_not_seen_in_a_gap_has_not_held(bad_frames: int) -> None:
    going_wrong = [number * 10.0 for number in range(61 + bad_frames)]
    back = going_wrong[-1] + HOUR_S

    def score_at(now_s: float) -> float:
        return CLEAN if now_s <= 600.0 else 1.0

    with_gap = judged(score_at, [*going_wrong, back])
    without = judged(score_at, [*going_wrong, going_wrong[-1] + MAX_STEP_S])
    assert with_gap[-1].verdict.level == without[-1].verdict.level


def test_seldom_looking_takes_more_than_one_look() -> None:
    seen = watch(steps((HOUR_S, CLEAN), (0.0, 1.0)), 3 * HOUR_S, 600.0)
    bad = [one.verdict.level for one in seen if one.now_s >= HOUR_S]
    assert bad[0] == "ok"
    assert bad[1] != "failure"
    assert bad[-1] == "failure"


# -- confidence -----------------------------------------------------------------------


def test_more_confidence_asks_for_more_evidence() -> None:
    for thresholds in (WARNING_ABOVE, FAILURE_ABOVE):
        assert len(thresholds) == len(CONFIDENCES)
        assert sorted(set(thresholds)) == list(thresholds)
    for warning, failure in zip(WARNING_ABOVE, FAILURE_ABOVE):
        assert 0.0 < warning < failure < OVERWHELMING < 1.0


@given(st.integers(1, 4), st.floats(0, 1), st.floats(0, 1))
def test_more_confidence_never_means_more_alarms(
    confidence: int, before: float, after: float
) -> None:
    def level(chosen: int) -> int:
        by = decision(chosen, chosen)
        seen = watch(steps((300.0, before), (0.0, after)), 1200.0, 20.0, by)
        return max(RANK[one.verdict.level] for one in seen)

    assert level(confidence) >= level(confidence + 1)


# -- any sequence ---------------------------------------------------------------------

PAUSES_S = st.floats(0, 400) | st.sampled_from([10.0, 60.0])
FRAMES = st.lists(
    st.tuples(PAUSES_S, st.floats(0, 1) | st.just(1.0)), min_size=1, max_size=40
)


@given(FRAMES, st.integers(1, 5), st.integers(1, 5))
@example([(10.0, 1.0)] * 40, 3, 3)
@example([(60.0, 1.0)] * 10, 5, 1)
def test_no_failure_without_all_the_evidence_that_the_rule_asks_for(
    frames: list[tuple[float, float]], warning: int, pause: int
) -> None:
    times = list(accumulate(pause_s for pause_s, _ in frames))
    scores = dict(zip(times, (score for _, score in frames)))
    evidence_s, last_s = 0.0, times[0] - FIRST_STEP_S
    for one in judged(scores.__getitem__, times, decision(warning, pause)):
        evidence_s += min(MAX_STEP_S, one.now_s - last_s)
        last_s = one.now_s
        assert one.memory.frames.evidence_s == pytest.approx(evidence_s)
        if one.verdict.level == "failure":
            assert evidence_s >= BASELINE_S + PAUSE_HOLD_S - 1e-6
