"""What is written down of a job, when, and who takes it up, exactly."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.counting import (
    NOTE_EVERY_S,
    SAME_JOB_WITHIN_S,
    SECTION,
)
from octoprint_aiwatch.core.state import State
from tests.core.rig import QUICK, Rig, settings_with

SETTINGS = settings_with(watch=QUICK)
STARTED_AT = 50_000.0
"""The time of day at which the prints of these tests start."""
STORED = {
    "path": "a.gcode",
    "origin": "local",
    "size": 5,
    "seen_at": STARTED_AT,
    "pauses": 2,
    "suppressed": True,
}


def begin(rig: Rig, **other: Any) -> None:
    start = {"path": "a.gcode", "origin": "local", "size": 5, **other}
    rig.send(
        m.PrintStarted(
            "id", "n", start["path"], start["origin"], STARTED_AT, "", start["size"]
        )
    )


def remembering(stored: Any, **other: Any) -> Rig:
    """A print starts, and this had been stored."""
    rig = Rig(SETTINGS)
    rig.state = State(SETTINGS, {SECTION: stored, "other": 1})
    begin(rig, **other)
    return rig


def counts(rig: Rig) -> tuple[int, bool]:
    return rig.state.pauses, rig.state.suppressed


def noted(rig: Rig) -> list[m.Remember]:
    return [one for one in rig.seen(m.Remember) if one.section == SECTION]


# -- who takes it up -------------------------------------------------------------------


def test_the_same_file_soon_after_takes_up_its_counts() -> None:
    assert counts(remembering(STORED)) == (2, True)


@pytest.mark.parametrize(
    "other", [{"path": "b.gcode"}, {"origin": "sdcard"}, {"size": 6}, {"size": None}]
)
def test_another_file_does_not(other: dict[str, Any]) -> None:
    assert counts(remembering(STORED, **other)) == (0, False)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_hour_is_the_limit_whichever_way_the_clock_went(sign: int) -> None:
    just = {**STORED, "seen_at": STARTED_AT + sign * SAME_JOB_WITHIN_S}
    assert counts(remembering(just)) == (2, True)
    beyond = {**STORED, "seen_at": STARTED_AT + sign * (SAME_JOB_WITHIN_S + 0.1)}
    assert counts(remembering(beyond)) == (0, False)


def test_a_time_may_be_stored_as_a_whole_number() -> None:
    assert counts(remembering({**STORED, "seen_at": int(STARTED_AT)})) == (2, True)


@pytest.mark.parametrize("suppressed", [False, None, 1, "true"])
def test_only_what_was_surely_suppressed_still_is(suppressed: Any) -> None:
    stored = {**STORED, "suppressed": suppressed}
    assert counts(remembering(stored)) == (2, False)


def test_what_was_stored_of_a_job_is_used_up_and_the_rest_stays() -> None:
    for stored in (STORED, None, {**STORED, "path": "b.gcode"}):
        assert remembering(stored).state.remembered == {"other": 1}


def test_what_was_remembered_is_handed_on_not_changed() -> None:
    remembered = {SECTION: STORED, "other": 1}
    rig = Rig(SETTINGS)
    rig.state = State(SETTINGS, remembered)
    begin(rig)
    assert remembered == {SECTION: STORED, "other": 1}


# -- what is written down, and when ----------------------------------------------------


def test_a_job_that_begins_is_written_down_at_once() -> None:
    rig = remembering(STORED)
    assert noted(rig) == [m.Remember(SECTION, STORED, soon=True)]


def test_the_next_job_is_written_down_at_once_too() -> None:
    rig = remembering(None)
    rig.forget()
    begin(rig, path="b.gcode")
    value = {**STORED, "path": "b.gcode", "pauses": 0, "suppressed": False}
    assert noted(rig)[-1] == m.Remember(SECTION, value, soon=True)


@pytest.mark.parametrize("command", ["suppress", "unsuppress"])
def test_suppression_is_written_down_at_once(command: str) -> None:
    rig = remembering({**STORED, "suppressed": command == "unsuppress"})
    rig.forget()
    rig.now_s += 7.16
    rig.press(command)
    value = {**STORED, "seen_at": STARTED_AT + 7.2, "suppressed": command == "suppress"}
    assert noted(rig) == [m.Remember(SECTION, value, soon=True)]


def test_now_and_then_it_is_written_down_that_it_is_still_under_way() -> None:
    rig = remembering(STORED)
    rig.printer("PRINTING")
    rig.forget()
    for _ in range(2):
        rig.now_s += NOTE_EVERY_S - 0.1
        rig.printer("PRINTING")
        assert noted(rig) == []
        rig.now_s += 0.1
        rig.printer("PRINTING")
        (one,) = noted(rig)
        assert one.soon is False
        assert one.value["seen_at"] == STARTED_AT + rig.now_s - 1000.0
        rig.forget()


def test_of_a_job_that_is_not_watched_nothing_is_written_down() -> None:
    rig = Rig(settings_with(enabled=False))
    begin(rig)
    rig.now_s += NOTE_EVERY_S
    rig.printer("PRINTING")
    assert noted(rig) == []


@pytest.mark.parametrize(
    "outcome", ["done", "cancelled", "failed", "error", "disconnected", "replaced"]
)
def test_a_job_that_is_over_is_forgotten_at_once(outcome: str) -> None:
    rig = remembering(STORED)
    rig.forget()
    rig.send(m.PrintEnded(outcome))
    assert noted(rig) == [m.Remember(SECTION, None, soon=True)]


@pytest.mark.parametrize("outcome", ["shutdown", "unknown"])
def test_a_job_that_may_go_on_is_not(outcome: str) -> None:
    rig = remembering(STORED)
    rig.forget()
    rig.send(m.PrintEnded(outcome))
    assert noted(rig) == []
