"""AUC and TPR at an allowed FPR, against their definitions; intervals that keep word."""

from __future__ import annotations

import math
import random
from dataclasses import astuple
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core import roc

# Few different scores, so that ties are the rule.
SCORES = st.lists(st.integers(0, 12).map(lambda n: n / 12), min_size=1, max_size=40)
SHARES = st.sampled_from([0.01, 0.05, 0.1, 0.29, 0.5])


def dice(seed: int = 1) -> random.Random:
    return random.Random(seed)


def auc_by_pairs(good: list[float], bad: list[float]) -> float:
    points = [1.0 if b > g else 0.5 if b == g else 0.0 for g in good for b in bad]
    return sum(points) / len(points)


@given(SCORES, SCORES)
def test_the_auc_is_the_share_of_pairs_in_the_right_order(
    good: list[float], bad: list[float]
) -> None:
    assert roc.auc(good, bad) == pytest.approx(auc_by_pairs(good, bad))


def test_a_tie_counts_half() -> None:
    assert roc.auc([0.5], [0.5]) == 0.5
    assert roc.auc([0.1, 0.5], [0.5]) == 0.75


@given(SCORES, SCORES)
def test_with_the_labels_swapped_the_auc_is_what_is_left_of_one(
    good: list[float], bad: list[float]
) -> None:
    assert roc.auc(good, bad) + roc.auc(bad, good) == pytest.approx(1.0)


@given(SCORES, SHARES)
def test_the_threshold_is_the_lowest_that_lets_no_more_good_ones_pass(
    good: list[float], allowed: float
) -> None:
    def passing(threshold: float) -> float:
        return sum(one > threshold for one in good) / len(good)

    threshold = roc.threshold_at(good, allowed)
    assert passing(threshold) <= allowed + 1e-9
    lower = [one for one in good if one < threshold]
    assert all(passing(one) > allowed for one in lower)


@pytest.mark.parametrize("allowed", [0.9, 1.0])
def test_where_nearly_all_good_ones_may_pass_the_lowest_one_is_the_limit(
    allowed: float,
) -> None:
    assert roc.threshold_at([0.1, 0.3], allowed) == 0.1


@given(SCORES, SCORES, SHARES)
def test_the_tpr_is_the_share_of_failing_ones_above_the_threshold(
    good: list[float], bad: list[float], allowed: float
) -> None:
    above = [one for one in bad if one > roc.threshold_at(good, allowed)]
    assert roc.tpr_at(good, bad, allowed) == pytest.approx(len(above) / len(bad))


@given(SCORES, SCORES)
def test_only_the_order_of_the_scores_matters(
    good: list[float], bad: list[float]
) -> None:
    def bent(scores: list[float]) -> list[float]:
        return [math.exp(5 * one) - 40 for one in scores]

    plain = roc.figures(good, bad, (0.01, 0.3), dice().random)
    assert roc.figures(bent(good), bent(bad), (0.01, 0.3), dice().random) == plain


@given(SCORES, SCORES, st.integers(0, 100))
def test_an_interval_holds_its_estimate_and_stays_between_0_and_1(
    good: list[float], bad: list[float], seed: int
) -> None:
    found = roc.figures(good, bad, (0.01, 0.05, 0.5), dice(seed).random)
    for one in (found.auc, *found.tpr.values()):
        assert 0.0 <= one.low <= one.value <= one.high <= 1.0


@given(st.integers(0, 300), st.integers(1, 300))
def test_a_shares_interval_holds_the_share(hits: int, more: int) -> None:
    count = hits + more
    low, high = roc.wilson(hits, count)
    assert 0.0 <= low <= hits / count <= high <= 1.0


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (81, 263, 0.2553, 0.3662),  # the example of Newcombe, 1998
    ],
)
def test_a_shares_interval_is_wilsons(
    hits: int, count: int, low: float, high: float
) -> None:
    assert roc.wilson(hits, count) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("area", "good", "bad"), [(0.8, 30, 20), (0.5, 7, 90)])
def test_the_aucs_limits_are_as_far_from_it_as_their_own_error_reaches(
    area: float, good: int, bad: int
) -> None:
    for limit in roc.auc_interval(area, good, bad):
        others = (good + bad) / 2 - 1
        inner = 1 + others * ((1 - limit) / (2 - limit) + limit / (1 + limit))
        error = math.sqrt(limit * (1 - limit) * inner / (good * bad))
        assert abs(area - limit) == pytest.approx(1.96 * error, rel=1e-4)


def test_scores_that_separate_perfectly_still_leave_a_doubt() -> None:
    found = roc.figures([0.1] * 10, [0.9] * 10, (0.5,), dice().random)
    assert (found.auc.value, found.auc.high) == (1.0, 1.0)
    assert 0.6 < found.auc.low < 0.9
    assert found.tpr[0.5].low < 0.8


def test_with_a_sure_threshold_the_tprs_interval_is_clopper_and_pearsons() -> None:
    good = [n / 1000 for n in range(1000)]
    bad = [-1.0] * 5 + [2.0] * 5  # wherever the threshold is, five are above it
    tpr = roc.figures(good, bad, (0.05,), dice().random).tpr[0.05]
    assert tpr.value == 0.5
    assert (tpr.low, tpr.high) == pytest.approx((0.187, 0.813), abs=0.03)


@pytest.mark.parametrize(("allowed", "needed"), [(0.01, 368), (0.05, 72)])
def test_below_so_many_good_ones_all_may_be_under_the_threshold(
    allowed: float, needed: int
) -> None:
    assert roc.good_needed(allowed) == needed
    assert (1 - allowed) ** needed < 0.025 <= (1 - allowed) ** (needed - 1)


@pytest.mark.parametrize(("count", "is_known"), [(184, False), (736, True)])
def test_too_few_good_ones_leave_the_tpr_without_a_lower_end(
    count: int, is_known: bool
) -> None:
    good = [n / count for n in range(count)]
    tpr = roc.figures(good, [2.0] * 50, (0.01,), dice().random).tpr[0.01]
    assert (tpr.low > 0) is is_known


def test_an_interval_holds_the_truth_as_often_as_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(roc, "DRAWS", 200)
    chance, normal, apart, trials = dice(7), NormalDist(), 1.5, 100
    truth = [normal.cdf(apart / math.sqrt(2))]
    truth += [1 - normal.cdf(normal.inv_cdf(1 - fpr) - apart) for fpr in (0.01, 0.05)]
    held = [0, 0, 0]
    for _ in range(trials):
        good = [chance.gauss(0, 1) for _ in range(120)]
        bad = [chance.gauss(apart, 1) for _ in range(80)]
        found = roc.figures(good, bad, (0.01, 0.05), chance.random)
        for n, one in enumerate((found.auc, *found.tpr.values())):
            held[n] += one.low <= truth[n] <= one.high
    assert min(held) >= 0.9 * trials


def test_the_tprs_intervals_for_a_seed_are_what_they_were() -> None:
    good = [n / 40 for n in range(40)]
    bad = [n / 25 for n in range(8, 33)]
    found = roc.figures(good, bad, (0.05, 0.3), dice(3).random).tpr
    assert astuple(found[0.05]) == pytest.approx((0.36, 0.0, 0.607801), abs=1e-6)
    assert astuple(found[0.3]) == pytest.approx((0.64, 0.354453, 0.852784), abs=1e-6)
