"""How the month's calls are shared out, and what is told when they do not last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.pacing import (
    ASSUMED_LEFT_S,
    KEPT_FOR_DOUBTS,
    LEAST_LEFT_S,
    SPARE,
    STRETCH_MOST_S,
    interval_s,
    keep_some,
    paced_s,
)
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.values import (
    FAILURE,
    OK,
    WARNING,
    Inspection,
    PrinterReading,
    Reason,
    RemoteEvidence,
    Verdict,
)
from octoprint_aiwatch.core.words import nested
from tests.core.rig import LABELS, QUICK, Rig, settings_with
from tests.ladder.world import World, ladder_of

HOUR_S = 3600.0
CALLS = 12
COVERED_S = CALLS * STRETCH_MOST_S
"""An hour: how far so many calls reach at most."""
GADGET = nested(LABELS["gadget"], {})
LOCAL = nested(LABELS["local"], {})


# -- how far apart ---------------------------------------------------------------------


def test_who_has_no_calls_left_is_not_asked_any_sooner_than_with_one() -> None:
    assert paced_s(40.0, 0, HOUR_S) == paced_s(40.0, 1, HOUR_S) == STRETCH_MOST_S


def test_a_job_that_ought_to_have_ended_is_still_paced_for_a_while() -> None:
    assert paced_s(10.0, 10, 0.0) == LEAST_LEFT_S * SPARE / 10


def state_with(
    level: str = OK, left_s: Optional[float] = None, calls: int = 100
) -> State:
    state = State(settings_with(watch=QUICK), judge="gadget", memory_of="gadget")
    return replace(
        state,
        verdict=Verdict(level, 0.5),
        reading=PrinterReading("PRINTING", left_s=left_s),
        calls_left={"gadget": calls},
    )


def test_the_pace_follows_what_octoprint_thinks_is_left_of_the_job() -> None:
    assert interval_s(state_with(left_s=HOUR_S), "gadget", 10.0) == HOUR_S * SPARE / 100


def test_where_octoprint_has_no_idea_the_job_takes_a_night() -> None:
    state = state_with(calls=1000)
    assert interval_s(state, "gadget", 10.0) == ASSUMED_LEFT_S * SPARE / 1000


# -- doubts ----------------------------------------------------------------------------


@pytest.mark.parametrize("level", [WARNING, FAILURE])
def test_a_warning_and_a_failure_are_looked_at_as_often_as_without_a_limit(
    level: str,
) -> None:
    state, _ = keep_some(state_with(level), 0.0)
    assert interval_s(state, "gadget", 10.0) == 10.0


@pytest.mark.parametrize("level", [WARNING, FAILURE])
def test_a_doubt_that_lasts_uses_up_a_part_of_what_was_left_when_it_began(
    level: str,
) -> None:
    state, _ = keep_some(state_with(level), 0.0)
    kept = round(100 * (1.0 - KEPT_FOR_DOUBTS))
    for left in range(99, kept, -1):
        state, _ = keep_some(replace(state, calls_left={"gadget": left}), 0.0)
        assert interval_s(state, "gadget", 10.0) == 10.0
    state, _ = keep_some(replace(state, calls_left={"gadget": kept}), 0.0)
    assert interval_s(state, "gadget", 10.0) == STRETCH_MOST_S


SERVICE_S = 40.0
"""How long the services want to be left alone between two calls."""


def taken_over_in_a_doubt() -> World:
    """Gadget's calls are used up while there is a doubt, and Obico judges."""
    world = World(ladder_of("gadget", "obico"), limit={"gadget": 12, "obico": 8})
    doubt = Inspection(RemoteEvidence(0.7, True, False), next_after_s=SERVICE_S)
    world.sees = lambda key, at_s: doubt
    world.tick_s = 2.0
    world.start()
    world.until(lambda: world.state.judge == "obico", 12 * STRETCH_MOST_S)
    return world


def test_who_takes_over_in_a_doubt_spends_a_part_of_its_own_calls_on_it() -> None:
    world = taken_over_in_a_doubt()
    left = world.limit["obico"] - world.calls["obico"]
    kept = int(left * (1.0 - KEPT_FOR_DOUBTS))
    world.run((left - kept) * (SERVICE_S + 5.0))
    assert world.limit["obico"] - world.calls["obico"] == kept
    world.run(STRETCH_MOST_S - SERVICE_S)
    assert world.limit["obico"] - world.calls["obico"] == kept


# -- what is foretold ------------------------------------------------------------------


def rig_with(*fallback: str, **changes: Any) -> Rig:
    """A print that Gadget watches, of which nothing is known yet."""
    rig = Rig(settings_with(watch=QUICK, fallback=list(fallback), **changes))
    rig.start()
    rig.forget()
    return rig


def look(
    rig: Rig, left_s: Optional[float], state_id: str = "PRINTING", **calls: int
) -> list[m.Effect]:
    """The printer is looked at; so much is left of the job, and so many calls."""
    return rig.send(m.PrinterRead(PrinterReading(state_id, left_s=left_s), calls))


def told(rig: Rig) -> list[m.Effect]:
    return [
        one
        for one in rig.effects
        if (isinstance(one, m.Alert) and one.name.startswith("budget_short"))
        or (isinstance(one, m.Log) and one.code.startswith("budget_short"))
    ]


def test_calls_that_do_not_last_are_told_in_hours_and_stay_on_the_page() -> None:
    rig = rig_with()
    look(rig, 5 * HOUR_S, gadget=CALLS)
    params = {
        "backend": GADGET,
        "calls": CALLS,
        "covered_h": COVERED_S / 3600.0,
        "left_h": 5.0,
    }
    reason = Reason("budget_short", params)
    title = "title_budget_short"
    assert told(rig) == [
        m.Alert("budget_short", "notice", title, reason, sticky=True),
        m.Log("warning", "budget_short", params),
    ]


def test_who_takes_over_is_named_and_the_news_may_go_away_by_themselves() -> None:
    rig = rig_with("obico", "local")
    look(rig, 5 * HOUR_S, gadget=CALLS, obico=0)
    alert, line = told(rig)
    assert isinstance(alert, m.Alert)
    assert isinstance(line, m.Log)
    assert (alert.name, alert.sticky) == ("budget_short_next", False)
    assert alert.reason.code == line.code == "budget_short_next"
    assert alert.reason.params["next"] == line.params["next"] == LOCAL


def test_a_next_backend_without_calls_takes_nothing_over() -> None:
    rig = rig_with("obico")
    look(rig, 5 * HOUR_S, gadget=CALLS, obico=0)
    alert, _ = told(rig)
    assert isinstance(alert, m.Alert)
    assert alert.name == "budget_short"


def test_calls_that_just_last_are_not_told_of() -> None:
    rig = rig_with()
    look(rig, COVERED_S, gadget=CALLS)
    assert told(rig) == []
    look(rig, COVERED_S + 1.0, gadget=CALLS)
    assert len(told(rig)) == 2


def test_where_calls_are_not_limited_nothing_is_foretold() -> None:
    rig = rig_with()
    look(rig, 1000 * HOUR_S)
    assert told(rig) == []


def test_of_a_job_of_unknown_length_nothing_is_foretold() -> None:
    rig = rig_with()
    look(rig, None, gadget=1)
    assert told(rig) == []


def test_it_is_told_once_a_job() -> None:
    rig = rig_with()
    for _ in range(3):
        look(rig, 5 * HOUR_S, gadget=CALLS)
    assert len(told(rig)) == 2
    rig.send(m.PrintEnded("done"))
    rig.start("b.gcode")
    look(rig, 5 * HOUR_S, gadget=CALLS)
    assert len(told(rig)) == 4


def test_a_print_that_stands_still_is_told_of_when_it_goes_on() -> None:
    rig = rig_with()
    look(rig, 5 * HOUR_S, "PAUSED", gadget=CALLS)
    assert told(rig) == []
    look(rig, 5 * HOUR_S, gadget=CALLS)
    assert len(told(rig)) == 2


def test_switched_off_nothing_is_foretold() -> None:
    rig = rig_with(enabled=False)
    look(rig, 5 * HOUR_S, gadget=CALLS)
    assert told(rig) == []
