"""The month's calls over whole prints, in virtual time."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.pacing import STRETCH_MOST_S
from octoprint_aiwatch.core.values import Inspection, RemoteEvidence
from tests.ladder.world import World, ladder_of

HOUR_S = 3600.0
SERVICE_S = 40.0
"""What Gadget asks for between two calls."""


def fine(key: str, at_s: float) -> Inspection:
    return Inspection(RemoteEvidence(0.05, False, False), next_after_s=SERVICE_S)


def doubtful(key: str, at_s: float) -> Inspection:
    return Inspection(RemoteEvidence(0.7, True, False), next_after_s=SERVICE_S)


def printing(calls: int, hours: float, *others: str, guess: float = 1.0) -> World:
    """A print of some hours with so many calls left.

    Args:
        guess: OctoPrint's guess of the time left, as a part of the true one.
    """
    settings = ladder_of("gadget", *others, budget={"monthly_calls": calls})
    world = World(settings, limit={"gadget": calls})
    world.sees, world.tick_s = fine, 10.0
    end_s = world.now_s + hours * HOUR_S
    world.left_s = lambda now_s: max(0.0, end_s - now_s) * guess
    world.start()
    return world


def gaps_of(world: World) -> list[float]:
    times = [at_s for at_s, key in world.judged if key == "gadget"]
    return [later - before for before, later in zip(times, times[1:])]


def told(world: World) -> list[Any]:
    return [one for one in world.seen(m.Alert) if one.name.startswith("budget")]


@pytest.mark.parametrize("guess", [0.7, 1.0, 1.5])
def test_a_job_of_30_h_with_1000_calls_ends_with_calls_left(guess: float) -> None:
    world = printing(1_000, 30, guess=guess)
    world.run(30 * HOUR_S)
    assert 0 < world.calls["gadget"] < 1_000
    assert max(gaps_of(world)) <= STRETCH_MOST_S + 1.0
    assert told(world) == []


def test_calls_that_are_plenty_are_not_saved() -> None:
    world = printing(5_000, 10)
    world.run(HOUR_S)
    assert max(gaps_of(world)) < SERVICE_S + 1.0


def test_a_doubt_is_looked_at_without_delay_and_does_not_use_up_everything() -> None:
    world = printing(600, 30)
    world.run(5 * HOUR_S)
    before = world.calls["gadget"]
    world.sees = doubtful
    world.run(HOUR_S)
    assert world.calls["gadget"] - before >= HOUR_S / SERVICE_S - 12
    world.run(24 * HOUR_S - 1)
    assert world.calls["gadget"] < 600


def test_a_print_that_cannot_be_covered_is_foretold_once() -> None:
    world = printing(100, 30)
    world.run(2 * HOUR_S)
    (alert,) = told(world)
    assert alert.name == "budget_short"
    assert round(alert.reason.params["covered_h"]) == 8
    assert round(alert.reason.params["left_h"]) == 30


def test_who_takes_over_from_then_on_is_foretold_too() -> None:
    world = printing(50, 10, "local")
    world.sees = lambda key, at_s: fine(key, at_s) if key == "gadget" else None
    world.run(8 * HOUR_S)
    (alert,) = told(world)
    assert alert.name == "budget_short_next"
    assert "machine" in alert.reason.params["next"]["code"]
    assert world.calls["gadget"] == 50
    assert world.state.judge == "local"
    assert world.status()["blind"] is False


def test_a_job_of_unknown_length_is_taken_for_a_night() -> None:
    world = printing(400, 8)
    world.left_s = lambda now_s: None
    world.run(8 * HOUR_S)
    assert 0 < world.calls["gadget"] < 400


def test_the_turn_of_the_month_in_mid_print_brings_new_calls() -> None:
    world = printing(50, 20)
    world.run(5 * HOUR_S)
    assert world.status()["blind"] is True
    world.calls = {}
    world.until(lambda: world.status()["verdict"] == "ok", 60)


def test_the_status_tells_what_the_month_comes_to() -> None:
    world = printing(6_000, 1)
    world.calls["gadget"] = 5_500
    (gadget,) = (
        one for one in world.status()["budget"]["backends"] if one["key"] == "gadget"
    )
    assert (gadget["calls"], gadget["calls_left"]) == (5_500, 500)
    assert gadget["cost_usd"] == pytest.approx(0.2)
    assert gadget["typical_calls"] == 6_000
