"""How the status document writes down what comes next, and boxes."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from octoprint_aiwatch.core import status
from octoprint_aiwatch.core.deferred import replace
from octoprint_aiwatch.core.messages import Parked
from octoprint_aiwatch.core.state import Attempt, Job
from octoprint_aiwatch.core.values import (
    GAUGE_FAILURE,
    GAUGE_WARNING,
    WARNING,
    Ahead,
    Detection,
    Fault,
    PrinterReading,
    Reason,
    Sighting,
    Verdict,
)
from tests.core.rig import EXTRA, GOOD, QUICK, Rig, settings_with


def told(rig: Rig, **changes: Any) -> dict[str, Any]:
    """The document of a print that is watched and has been judged, with these changes."""
    rig.watching()
    rig.judged(GOOD)
    return status.document(replace(rig.state, **changes), rig.now_s, EXTRA)


def codes(document: dict[str, Any]) -> list[str]:
    """Of what is told, most important first."""
    return [one["code"] for one in document["reasons"]]


def verdict(**ahead: Any) -> Verdict:
    return Verdict("ok", 0.1, (), Ahead(WARNING, **ahead))


def test_how_far_the_next_level_is_is_told_to_four_places(rig: Rig) -> None:
    ahead = verdict(value=0.123456, threshold=0.654321, hold_s=60.0, left_s=12.34)
    assert told(rig, verdict=ahead)["next"] == {
        "level": WARNING,
        "value": 0.1235,
        "threshold": 0.6543,
        "distance": 0.5309,
        "hold_s": 60.0,
        "left_s": 12.3,
    }


@pytest.mark.parametrize(("left_s", "said"), [(None, None), (-3.0, 0.0)])
def test_a_level_that_is_reached_is_no_distance_away(
    rig: Rig, left_s: Optional[float], said: Optional[float]
) -> None:
    ahead = verdict(value=0.8, threshold=0.6, left_s=left_s)
    found = told(rig, verdict=ahead)["next"]
    assert (found["distance"], found["left_s"]) == (0.0, said)


def test_a_box_is_told_to_four_places(rig: Rig) -> None:
    box = Detection(0.912345, 0.512345, 0.412345, 0.212345, 0.112345)
    assert told(rig, sightings=(Sighting(box, "background"),))["detections"] == [
        {
            "confidence": 0.9123,
            "x": 0.5123,
            "y": 0.4123,
            "w": 0.2123,
            "h": 0.1123,
            "counts": False,
            "unless": "background",
        }
    ]


def paused_by_us(rig: Rig, reasons: tuple[Reason, ...]) -> dict[str, Any]:
    """The first reason of a print that we have paused for these."""
    changes = {
        "reading": PrinterReading("PAUSED"),
        "action": "paused",
        "verdict": Verdict("failure", 0.9, reasons),
    }
    found: dict[str, Any] = told(rig, **changes)["reasons"][0]
    return found


def test_a_pause_of_ours_says_what_it_was_for(rig: Rig) -> None:
    found = paused_by_us(rig, (Reason("quality", {"quality": 2}), Reason("no_data")))
    assert found["code"] == "hold_paused_by_us"
    assert found["params"]["why"]["code"] == "quality"


def test_a_pause_of_ours_after_a_restart_has_nothing_to_say_of_it(rig: Rig) -> None:
    assert paused_by_us(rig, ())["params"]["why"]["code"] == "no_data"


# -- the whole document ---------------------------------------------------------------

BUSY = Attempt("pause", 1000.0, wait_until=1050.0)
STUCK = Verdict("failure", 0.9, (Reason("quality", {"quality": 2}),))


def test_what_is_told_of_a_watched_print(rig: Rig) -> None:
    job = Job(1, "id1", "a.gcode", "folder/a.gcode", "local", 123.0)
    extra = {**EXTRA, "calls": {**EXTRA["calls"], "gadget": 7}}
    rig.watching()
    rig.judged(GOOD)
    state = replace(rig.state, job=job, job_since=rig.now_s - 12.34)
    found = status.document(state, rig.now_s, extra)
    assert found["job"] == {
        "id": "id1",
        "name": "a.gcode",
        "path": "folder/a.gcode",
        "origin": "local",
        "started_at": 123.0,
        "elapsed_s": 12.3,
    }
    assert found["why"] == found["reasons"][0]
    assert found["reason"] == found["why"]["text"]
    assert found["zones"] == [GAUGE_WARNING, GAUGE_FAILURE]
    assert (found["enabled"], found["max_pauses"]) == (True, 3)
    assert found["calls_this_month"] == 7


def test_a_backend_whose_calls_are_not_counted_has_none(rig: Rig) -> None:
    rig.watching()
    found = status.document(rig.state, rig.now_s, {**EXTRA, "calls": {}, "tariffs": {}})
    assert found["calls_this_month"] == 0


def test_ignored_places_are_told_to_four_places() -> None:
    zone = [[0.123456, 0.2], [0.654321, 0.2], [0.5, 0.765432]]
    rig = Rig(settings_with(watch=QUICK, camera={"ignore_zones": [zone]}))
    found = status.document(rig.state, rig.now_s, EXTRA)["ignored_zones"]
    assert found == [[[0.1235, 0.2], [0.6543, 0.2], [0.5, 0.7654]]]


def test_who_judged_is_told_else_whose_turn_it_is_else_who_is_chosen(rig: Rig) -> None:
    assert told(rig, judge="local", turn="obico")["backend"] == "local"
    state = replace(rig.state, judge="", turn="obico")
    assert status.document(state, rig.now_s, EXTRA)["backend"] == "obico"
    state = replace(rig.state, judge="", turn="")
    assert status.document(state, rig.now_s, EXTRA)["backend"] == "gadget"


def test_whoever_is_blind_tells_of_no_verdict_of_before(rig: Rig) -> None:
    ahead = Verdict("ok", 0.1, (), Ahead(WARNING, 0.1, 0.5))
    fault = Fault("timeout", "retry", "backend", {"host": "h"}, 0.0)
    found = told(rig, verdict=ahead, fault=fault)
    assert found["blind"] is True
    assert (found["verdict"], found["score"]) == ("unknown", None)
    assert (found["next"], found["outlook"]) == (None, None)


@pytest.mark.parametrize(
    ("until_s", "left_s"), [(1012.34, 12.3), (1000.0, 0.0), (900.0, 0.0)]
)
def test_the_grace_is_told_to_a_tenth_of_a_second(
    rig: Rig, until_s: float, left_s: float
) -> None:
    found = told(rig, grace_until=until_s)
    assert found["grace_s"] == left_s
    graces = [one for one in found["reasons"] if one["code"] == "grace"]
    assert bool(graces) is (left_s > 0)
    for one in graces:
        assert one["params"]["grace_s"] == pytest.approx(12.34)


def test_without_a_print_there_is_no_grace_and_no_suppressing(rig: Rig) -> None:
    state = replace(rig.state, grace_until=rig.now_s + 9, suppressed=True)
    found = status.document(state, rig.now_s, EXTRA)
    assert found["grace_s"] == 0.0
    assert found["why"]["code"] == "idle"


# -- why ------------------------------------------------------------------------------


def test_the_next_look_is_told_to_a_tenth_of_a_second(rig: Rig) -> None:
    found = told(rig, next_check_at=rig.now_s + 55.67)
    assert found["next_check_s"] == 55.7
    look = found["reasons"][-1]
    assert (look["code"], look["params"]) == ("next_look", {"left_s": 55.7})


def test_a_look_that_is_due_or_under_way_is_now(rig: Rig) -> None:
    rig.watching()
    assert rig.state.order is not None
    assert rig.status()["next_check_s"] == 0.0
    rig.judged(GOOD)
    late = status.document(rig.state, rig.check_at + 30, EXTRA)
    assert late["next_check_s"] == 0.0


def test_what_is_suppressed_still_says_what_is_seen(rig: Rig) -> None:
    why = told(rig, suppressed=True)["why"]
    assert why["code"] == "suppressed_now"
    assert why["params"]["why"]["code"] == "remote_ok"


def test_a_pause_that_failed_names_the_printers_state(rig: Rig) -> None:
    found = told(rig, action="pause_failed", reading=PrinterReading("PRINTING"))
    assert found["why"]["code"] == "pause_failed"
    assert found["why"]["params"] == {"state": "PRINTING"}


@pytest.mark.parametrize(("at_s", "left_s"), [(1000.0, 50.0), (1060.0, 0.0)])
def test_a_pause_that_waits_says_how_long_at_most(
    rig: Rig, at_s: float, left_s: float
) -> None:
    rig.watching()
    rig.judged(GOOD)
    state = replace(rig.state, attempt=BUSY)
    why = status.document(state, at_s, EXTRA)["reasons"][0]
    assert (why["code"], why["params"]) == ("waiting", {"left_s": left_s})


@pytest.mark.parametrize(
    ("action", "code"), [(None, "pausing"), ("cancelling", "cancelling")]
)
def test_a_request_under_way_says_which(
    rig: Rig, action: Optional[str], code: str
) -> None:
    found = told(rig, attempt=Attempt("pause", 1000.0), action=action)
    assert found["reasons"][0]["code"] == code


@pytest.mark.parametrize(("lines", "first"), [(0, ["park_cold"]), (2, ["parked"])])
def test_only_a_head_that_was_parked_is_said_to_be(
    rig: Rig, lines: int, first: list[str]
) -> None:
    parked = Parked(lines, () if lines else ("park_cold",))
    found = codes(told(rig, parked=parked))
    assert found[: len(first)] == first
    assert ("parked" in found) is bool(lines)


@pytest.mark.parametrize(
    ("most", "pauses", "is_said"), [(2, 1, False), (2, 2, True), (0, 5, False)]
)
def test_a_failure_after_the_last_pause_allowed_says_so(
    most: int, pauses: int, is_said: bool
) -> None:
    rig = Rig(settings_with(watch=QUICK, actions={"max_pauses": most}))
    first = told(rig, verdict=STUCK, pauses=pauses)["reasons"][0]
    assert (first["code"] == "limit") is is_said
    if is_said:
        assert first["params"]["pauses"] == pauses
        assert first["params"]["why"]["code"] == "quality"


def test_a_pause_under_way_is_not_called_one_too_many(rig: Rig) -> None:
    found = told(rig, verdict=STUCK, pauses=3, attempt=Attempt("pause", 1000.0))
    assert "limit" not in codes(found)


def test_a_look_under_way_is_told_and_no_next_one(rig: Rig) -> None:
    rig.watching()
    assert rig.state.order is not None
    state = replace(rig.state, next_check_at=rig.now_s + 50)
    found = status.document(state, rig.now_s, EXTRA)
    assert found["next_check_s"] == 0.0
    assert "looking" in codes(found)
    assert "next_look" not in codes(found)


@pytest.mark.parametrize("reading", ["PAUSED", "PRINTING"])
def test_of_a_print_that_is_not_to_be_watched_no_look_is_told(
    rig: Rig, reading: str
) -> None:
    rig.watching()
    settings = replace(rig.state.settings, enabled=reading == "PAUSED")
    held = {"settings": settings, "reading": PrinterReading(reading)}
    for order in (rig.state.order, None):
        changes = {**held, "order": order, "grace_until": rig.now_s + 9}
        state = replace(rig.state, **changes)
        found = status.document(state, rig.now_s, EXTRA)
        assert not {"looking", "next_look", "grace"} & set(codes(found))


@pytest.mark.parametrize("who", ["us", "user"])
def test_what_is_switched_off_says_so_whoever_paused_the_print(
    rig: Rig, who: str
) -> None:
    rig.watching()
    changes = {
        "settings": replace(rig.state.settings, enabled=False),
        "reading": PrinterReading("PAUSED"),
        "paused_by": who,
        "action": "paused" if who == "us" else None,
    }
    found = status.document(replace(rig.state, **changes), rig.now_s, EXTRA)
    assert found["reasons"][0]["code"] == "hold_disabled"
