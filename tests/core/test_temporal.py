"""Evidence over time -> verdict."""

from __future__ import annotations

from typing import Callable, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.absolute import PAUSE_HOLD_S, WARN_HOLD_S, AbsoluteMemory
from octoprint_aiwatch.core.gauge import RANK
from octoprint_aiwatch.core.place import Places
from octoprint_aiwatch.core.settings import Decision
from octoprint_aiwatch.core.spell import Spell, Spells
from octoprint_aiwatch.core.temporal import NO_MEMORY, Memory, judge
from octoprint_aiwatch.core.values import (
    GAUGE_FAILURE,
    GAUGE_WARNING,
    Detection,
    Evidence,
    FrameEvidence,
    Inspection,
    RemoteEvidence,
    StatisticsEvidence,
    Verdict,
)
from octoprint_aiwatch.core.zones import counting
from tests.core.sequences import clean_start

NO_SPELLS = Spells()
SEED = Decision(3, 3, 0.36, 0.78, 0.99, 3.8)


def stats(
    p: float = 0.0, ewm: float = 0.0, short: float = 0.0, long: float = 0.0
) -> Inspection:
    return Inspection(StatisticsEvidence(p, ewm, short, long))


def standing(spells: Spells = NO_SPELLS) -> Memory:
    """Strong evidence has just been seen for long."""
    return Memory(AbsoluteMemory(0.9, 0.0, spells, Places(everywhere=0.9)))


def once(inspection: Inspection, decision: Decision = SEED) -> Verdict:
    return judge(NO_MEMORY, inspection, 0.0, decision)[1]


def reached(
    level: str, p_at: Callable[[float], float], cadence_s: float, until_s: float
) -> Optional[float]:
    """Seconds until the absolute channel alone reaches a level; None if it does not."""
    memory, now_s = NO_MEMORY, 0.0
    while now_s <= until_s:
        memory, verdict, _ = judge(memory, stats(p_at(now_s)), now_s, SEED)
        if RANK[verdict.level] >= RANK[level]:
            return now_s
        now_s += cadence_s
    return None


@pytest.mark.parametrize(
    ("warning", "pause", "level"),
    [
        (False, False, "ok"),
        (True, False, "warning"),
        (True, True, "failure"),
        (False, True, "failure"),
    ],
)
def test_a_remote_backends_flags_decide(warning: bool, pause: bool, level: str) -> None:
    for score in (0.0, 0.5, 1.0):
        verdict = once(Inspection(RemoteEvidence(score, warning, pause)))
        assert (verdict.level, verdict.score) == (level, score)


@pytest.mark.parametrize(
    ("ewm", "short", "long", "level"),
    [
        (0.359, 0.0, 0.0, "ok"),  # below none_below, whatever the rest says
        (0.5, 0.5, 0.0, "ok"),  # 0.5 is not above 0.5 * 3.8
        (0.5, 0.1, 0.0, "warning"),  # above 0.1 * 3.8
        (0.78, 0.9, 0.0, "ok"),  # not above maybe_above, short mean as bad
        (0.79, 0.9, 0.0, "warning"),  # above maybe_above
        (0.99, 0.9, 0.0, "warning"),  # not above failure_above
        (0.995, 0.9, 0.0, "failure"),
        (1.2, 0.9, 0.3, "warning"),  # what counts is the distance to the long mean
    ],
)
def test_the_seeds_rule_to_the_letter(
    ewm: float, short: float, long: float, level: str
) -> None:
    assert once(stats(0.0, ewm, short, long)).level == level


def by_the_seed(ewm: float, short: float, long: float, decision: Decision) -> str:
    """The seed document's four clauses, written down once more."""
    if ewm - long < decision.none_below:
        return "ok"
    if ewm - long > decision.failure_above:
        return "failure"
    if ewm - long > decision.maybe_above:
        return "warning"
    if ewm > (short - long) * decision.short_multiple:
        return "warning"
    return "ok"


UNIT = st.floats(0, 1)


@given(UNIT, UNIT, UNIT, st.lists(UNIT, min_size=3, max_size=3), st.floats(0.1, 10))
def test_the_seeds_rule_holds_for_all_numbers_and_settings(
    ewm: float, short: float, long: float, levels: list[float], multiple: float
) -> None:
    low, middle, high = sorted(levels)
    decision = Decision(3, 3, low, middle, high, multiple)
    verdict = once(stats(0.0, ewm, short, long), decision)
    assert verdict.level == by_the_seed(ewm, short, long, decision)


@given(UNIT, UNIT, UNIT, UNIT, st.integers(1, 5), st.integers(1, 5))
def test_score_and_verdict_are_always_in_the_same_zone(
    p: float, ewm: float, short: float, long: float, warning: int, pause: int
) -> None:
    decision = Decision(warning, pause, 0.36, 0.78, 0.99, 3.8)
    verdict = once(stats(p, ewm, short, long), decision)
    assert verdict.score is not None
    zone = "ok"
    if verdict.score >= GAUGE_WARNING:
        zone = "warning"
    if verdict.score >= GAUGE_FAILURE:
        zone = "failure"
    assert zone == verdict.level


@pytest.mark.parametrize("cadence_s", [10.0, 20.0, 40.0, 60.0])
@pytest.mark.parametrize("p", [0.7, 0.8, 0.95])
def test_a_print_that_fails_from_its_first_frame_is_caught(
    cadence_s: float, p: float
) -> None:
    after_s = reached("failure", lambda _: p, cadence_s, 3600)
    assert after_s is not None
    assert after_s <= 300


def test_the_seeds_rule_alone_would_miss_it() -> None:
    assert by_the_seed(0.8, 0.8, 0.1, SEED) == "ok"


@pytest.mark.parametrize("p", [0.7, 0.8, 0.95])
def test_another_cadence_is_the_same_rule(p: float) -> None:
    times = [
        reached("failure", lambda _: p, cadence_s, 3600) or 0.0
        for cadence_s in (10.0, 20.0, 40.0, 60.0)
    ]
    assert max(times) - min(times) <= 60


def test_one_bad_frame_in_ten_is_noise() -> None:
    def spiky(now_s: float) -> float:
        return 0.95 if now_s % 100 == 0 else 0.0

    assert reached("warning", spiky, 10, 36000) is None


def test_a_noisy_baseline_is_not_a_failure() -> None:
    assert reached("warning", lambda _: 0.2, 10, 36000) is None


def test_one_very_bad_frame_after_a_long_gap_does_not_decide() -> None:
    memory, _, _ = judge(NO_MEMORY, stats(0.0), 0.0, SEED)
    _, verdict, _ = judge(memory, stats(1.0), 3600.0, SEED)
    assert verdict.level == "ok"


def test_a_mean_must_stay_high_before_it_is_believed() -> None:
    memory = standing()
    for hold_s, level in ((0.0, "ok"), (WARN_HOLD_S, "warning")):
        memory, verdict, _ = judge(memory, stats(1.0), 10.0 + hold_s, SEED)
        assert verdict.level == level
    memory, verdict, _ = judge(memory, stats(1.0), 10.0 + PAUSE_HOLD_S, SEED)
    assert verdict.level == "failure"


def test_while_it_is_being_made_sure_of_the_reason_says_for_how_long() -> None:
    memory = standing()
    memory, verdict, _ = judge(memory, stats(1.0), 10.0, SEED)
    assert verdict.reasons[0].code == "absolute_confirming"
    assert verdict.reasons[0].params["left_s"] == WARN_HOLD_S
    _, verdict, _ = judge(memory, stats(1.0), 30.0, SEED)
    assert verdict.reasons[0].params["left_s"] == WARN_HOLD_S - 20


def test_a_mean_that_fell_in_between_starts_anew() -> None:
    memory = standing(Spells(Spell(0.0, 3), Spell(0.0, 3)))
    for at_s in (60.0, 120.0):
        memory, _, _ = judge(memory, stats(0.0), at_s, SEED)
    assert memory.statistics.spells.failure.since_s is None


@given(st.integers(1, 4), st.floats(0, 1))
def test_more_confidence_never_means_more_alarms(confidence: int, p: float) -> None:
    def level(chosen: int) -> int:
        decision = Decision(chosen, chosen, 0.36, 0.78, 0.99, 3.8)
        memory = NO_MEMORY
        for number in range(60):
            memory, verdict, _ = judge(memory, stats(p), number * 10.0, decision)
        return RANK[verdict.level]

    assert level(confidence) >= level(confidence + 1)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_worse_evidence_never_gives_a_better_verdict(ps: list[float]) -> None:
    def last(shift: float) -> int:
        memory = NO_MEMORY
        for number, p in enumerate(ps):
            memory, verdict, _ = judge(
                memory, stats(min(1.0, p + shift)), number * 10.0, SEED
            )
        return RANK[verdict.level]

    assert last(0.2) >= last(0.0)


@given(st.floats(0, 1), st.floats(1, 600))
def test_a_clock_that_stands_still_or_steps_back_breaks_nothing(
    p: float, back_s: float
) -> None:
    memory, _, _ = judge(NO_MEMORY, stats(p), 1000.0, SEED)
    memory, verdict, _ = judge(memory, stats(p), 1000.0 - back_s, SEED)
    assert 0.0 <= memory.statistics.mean <= 1.0
    assert verdict.score is not None


def test_a_sum_of_confidences_above_one_counts_as_one() -> None:
    one, _, _ = judge(NO_MEMORY, stats(1.0), 0.0, SEED)
    many, _, _ = judge(NO_MEMORY, stats(4.2), 0.0, SEED)
    assert one == many


BOX = Detection(0.9, 0.2, 0.2, 0.1, 0.1)
OTHER = Detection(0.4, 0.8, 0.8, 0.1, 0.1)
CORNER = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))


def test_boxes_in_an_ignored_zone_are_dropped_before_scoring() -> None:
    inspection = Inspection(StatisticsEvidence(0.9, 0.9, 0.0, 0.0), (BOX,))
    memory, verdict, boxes = judge(NO_MEMORY, inspection, 0.0, SEED, [CORNER])
    assert counting(boxes) == ()
    assert memory.statistics.mean == 0.0
    assert verdict.level == "ok"


def test_the_boxes_that_are_left_still_count() -> None:
    clean = clean_start(StatisticsEvidence(0.0, 0.0, 0.0, 0.0))
    inspection = Inspection(StatisticsEvidence(0.9, 0.0, 0.0, 0.0), (BOX, OTHER))
    with_both, _, _ = judge(clean, inspection, 0.0, SEED)
    with_one, _, boxes = judge(clean, inspection, 0.0, SEED, [CORNER])
    assert counting(boxes) == (OTHER,)
    assert 0 < with_one.statistics.mean < with_both.statistics.mean


def test_what_was_waved_through_does_not_come_back_in_the_servers_means() -> None:
    clean = clean_start(StatisticsEvidence(0.0, 0.0, 0.0, 0.0))
    elsewhere = Inspection(StatisticsEvidence(0.4, 1.3, 0.9, 0.1), (OTHER,))
    _, verdict, _ = judge(clean, elsewhere, 0.0, SEED)
    assert verdict.level == "failure"
    _, verdict, _ = judge(clean, elsewhere, 0.0, SEED, ignored=[BOX])
    assert verdict.level == "ok"


SMALL = Detection(0.8, 0.3, 0.3, 0.15, 0.15)
LARGE = Detection(0.8, 0.3, 0.3, 0.3, 0.3)


def told(score: float) -> Evidence:
    return StatisticsEvidence(score, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(("every_s", "within_s"), [(60.0, 120.0), (300.0, 600.0)])
@pytest.mark.parametrize("made", [FrameEvidence, told])
def test_background_that_has_grown_is_not_doubted_however_noisy_the_print_was(
    made: Callable[[float], Evidence], every_s: float, within_s: float
) -> None:
    memory, now_s, level = NO_MEMORY, 0.0, "ok"
    evidence = made(0.8)
    for number in range(120):
        # Now and then it looked larger for a frame, and it was never anything.
        box = LARGE if number > 10 and number % 3 == 0 else SMALL
        memory, verdict, _ = judge(memory, Inspection(evidence, (box,)), now_s, SEED)
        assert verdict.level == "ok"
        now_s += every_s
    begun_s = now_s
    while level != "failure":
        assert now_s - begun_s <= within_s
        memory, verdict, _ = judge(memory, Inspection(evidence, (LARGE,)), now_s, SEED)
        level, now_s = verdict.level, now_s + every_s


@pytest.mark.parametrize("made", [FrameEvidence, told])
def test_boxes_that_jump_about_are_told_as_passing(
    made: Callable[[float], Evidence],
) -> None:
    memory = clean_start(made(0.0))
    for number in range(41):
        x, y = 0.1 + 0.2 * (number % 5), 0.1 + 0.1 * (number % 7)
        inspection = Inspection(made(0.8), (Detection(0.8, x, y, 0.1, 0.1),))
        memory, verdict, seen = judge(memory, inspection, number * 10.0, SEED)
    assert [one.unless for one in seen] == ["passing"]
    assert "only_passing" in [reason.code for reason in verdict.reasons]
    assert verdict.level == "ok"


def test_every_verdict_has_its_reasons_worst_first() -> None:
    verdict = once(stats(0.5, 0.9, 0.0, 0.0))
    assert [reason.code for reason in verdict.reasons] == [
        "relative_warning",
        "absolute_ok",
    ]


@given(UNIT, UNIT, UNIT, UNIT)
def test_the_same_evidence_gives_the_same_verdict(
    p: float, ewm: float, short: float, long: float
) -> None:
    inspection = stats(p, ewm, short, long)
    assert judge(NO_MEMORY, inspection, 5.0, SEED) == judge(
        NO_MEMORY, inspection, 5.0, SEED
    )
