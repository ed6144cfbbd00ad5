"""How the backends stand and what they cost, in the status document, exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest

from octoprint_aiwatch.core import standing
from octoprint_aiwatch.core.ladder import with_rung
from octoprint_aiwatch.core.pacing import STRETCH_MOST_S
from octoprint_aiwatch.core.rung import NEVER
from octoprint_aiwatch.core.standing import TYPICAL_H, budget_of, ladder_of
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.tariff import Tariff
from octoprint_aiwatch.core.values import Fault
from octoprint_aiwatch.core.words import sentence
from tests.core.rig import LABELS, QUICK, settings_with

NOW_S = 1000.0
RETRY = Fault("timeout", "retry", "backend", {"host": "h"})
ASK = Fault("token_refused", "ask", "backend", {"host": "h"})


def two(**known: Any) -> State:
    """Two backends; of the first, this is known."""
    settings = settings_with(backend="gadget", fallback=["local"], watch=QUICK)
    return with_rung(State(settings, labels=LABELS), "gadget", **known)


def first(state: State) -> dict[str, Any]:
    return ladder_of(state, NOW_S)[0]


# -- the ladder ------------------------------------------------------------------------


def test_the_backends_are_told_of_in_the_order_they_are_asked() -> None:
    nothing = {"reason": "", "why": None, "again_s": None}
    assert ladder_of(replace(two(), judge="local"), NOW_S) == [
        {"key": "gadget", "label": LABELS["gadget"], "state": "ready", **nothing},
        {"key": "local", "label": LABELS["local"], "state": "judging", **nothing},
    ]


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({}, "ready"),
        ({"fault": RETRY, "again_at": NOW_S}, "ready"),
        ({"fault": RETRY, "again_at": NOW_S + 1}, "waiting"),
        ({"again_at": NOW_S + 1}, "waiting"),
        ({"fault": ASK, "again_at": NOW_S + 1}, "off"),
        ({"fault": ASK, "again_at": NEVER}, "off"),
        ({"fault": ASK, "again_at": NOW_S}, "ready"),
    ],
)
def test_each_says_how_it_stands(known: dict[str, Any], state: str) -> None:
    assert first(two(**known))["state"] == state


def test_who_judges_is_judging_and_who_has_no_calls_is_spent_whatever_else() -> None:
    failed = two(fault=RETRY, again_at=NOW_S + 1)
    assert first(replace(failed, judge="gadget"))["state"] == "judging"
    spent = replace(failed, judge="gadget", calls_left={"gadget": 0})
    assert first(spent)["state"] == "spent"


@pytest.mark.parametrize(
    ("fault", "again_at", "again_s"),
    [
        (RETRY, NOW_S + 7.26, 7.3),
        (RETRY, NOW_S - 5, 0.0),
        (RETRY, NEVER, None),
        (None, NOW_S + 7, None),
    ],
)
def test_it_says_when_it_is_tried_again_if_it_has_to_be(
    fault: Optional[Fault], again_at: float, again_s: Optional[float]
) -> None:
    assert first(two(fault=fault, again_at=again_at))["again_s"] == again_s


def test_it_says_why_it_is_not_asked() -> None:
    told = first(two(fault=RETRY, again_at=NOW_S + 1))
    why = sentence("timeout", {"host": "h"})
    assert (told["reason"], told["why"]) == (why["text"], why)


# -- the month's calls -----------------------------------------------------------------

TARIFF = Tariff(((0, 0.0), (100, 0.5)), 40.0)
"""Half a dollar for each call from the 101st on."""
TYPICAL = TYPICAL_H * 3600 // 40


def budget(
    tariff: Tariff = TARIFF, calls: int = 0, limit: int = 0, least_s: float = 10.0
) -> dict[str, Any]:
    settings = settings_with(
        watch={**QUICK, "min_interval_s": least_s}, budget={"monthly_calls": limit}
    )
    found = budget_of(
        State(settings, labels=LABELS), {"gadget": tariff}, {"gadget": calls}
    )
    return found["backends"][0]


def test_what_a_month_comes_to_without_a_limit() -> None:
    assert budget(calls=102) == {
        "key": "gadget",
        "label": LABELS["gadget"],
        "calls": 102,
        "calls_left": None,
        "free_calls": 100,
        "cost_usd": 1.0,
        "typical_calls": TYPICAL,
        "typical_cost_usd": (TYPICAL - 100) * 0.5,
    }


@pytest.mark.parametrize(("calls", "left"), [(0, 200), (150, 50), (200, 0), (250, 0)])
def test_with_a_limit_it_says_what_is_left(calls: int, left: int) -> None:
    told = budget(calls=calls, limit=200)
    assert told["calls_left"] == left
    assert (told["typical_calls"], told["typical_cost_usd"]) == (200, 50.0)


def test_a_limit_that_is_not_reached_changes_no_typical_month() -> None:
    assert budget(limit=10**6)["typical_calls"] == TYPICAL


def test_who_looks_less_often_needs_fewer_calls() -> None:
    assert budget(least_s=80.0)["typical_calls"] == TYPICAL // 2


def test_calls_are_whole_ones() -> None:
    typical = budget(Tariff(((0, 0.0),), 35.0))["typical_calls"]
    assert (typical, type(typical)) == (round(TYPICAL_H * 3600 / 35), int)


def test_where_no_price_is_known_none_is_told() -> None:
    told = budget(Tariff((), 40.0), calls=5)
    assert (told["free_calls"], told["cost_usd"], told["typical_cost_usd"]) == (
        None,
        None,
        None,
    )


def test_the_document_says_what_it_reckons_with() -> None:
    settings = settings_with(watch=QUICK, budget={"monthly_calls": 200})
    assert budget_of(State(settings), {}, {}) == {
        "monthly_calls": 200,
        "typical_h": standing.TYPICAL_H,
        "longest_gap_s": STRETCH_MOST_S,
        "backends": [],
    }
