"""OctoPrint's events in our words."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from octoprint_aiwatch.adapters.octoprint_events import ENDINGS, HANDLED, translate
from octoprint_aiwatch.core import messages as m


def event(name: str, payload: Any = None) -> Any:
    numbers = itertools.count(1)
    return translate(name, payload, lambda: f"id{next(numbers)}", 1763690000.0)


def test_a_start_carries_the_job() -> None:
    payload = {"name": "cube.gcode", "path": "a/cube.gcode", "origin": "local", "size": 5}
    assert event("PrintStarted", payload) == m.PrintStarted(
        id="id1",
        name="cube.gcode",
        path="a/cube.gcode",
        origin="local",
        started_at=1763690000.0,
        entropy="id2",
        size=5,
    )


@pytest.mark.parametrize(
    ("payload", "by_user"), [({"user": "ann"}, True), ({}, False), (None, False)]
)
def test_a_pause_without_a_user_was_the_printers(payload: Any, by_user: bool) -> None:
    assert event("PrintPaused", payload) == m.PrintPaused(by_user)


@pytest.mark.parametrize("size", [None, "5", True, 5.0])
def test_a_size_that_is_no_number_is_none(size: Any) -> None:
    assert event("PrintStarted", {"size": size}).size is None


@pytest.mark.parametrize(
    "payload",
    [None, {}, {"name": None, "path": None, "origin": None}],
)
def test_a_start_without_anything_is_a_start(payload: Any) -> None:
    started = event("PrintStarted", payload)
    assert (started.name, started.path, started.origin) == ("", "", "")


def test_an_origin_that_is_no_text_becomes_one() -> None:
    assert event("PrintStarted", {"origin": 5}).origin == "5"


def test_every_print_gets_another_id() -> None:
    numbers = itertools.count(1)

    def draw() -> str:
        return f"id{next(numbers)}"

    first = translate("PrintStarted", {}, draw, 0.0)
    second = translate("PrintStarted", {}, draw, 0.0)
    assert isinstance(first, m.PrintStarted)
    assert isinstance(second, m.PrintStarted)
    assert first.id != second.id
    assert first.entropy != second.entropy


def test_a_resume_is_a_resume() -> None:
    assert event("PrintResumed") == m.PrintResumed()


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("PrintDone", "done"),
        ("PrintCancelled", "cancelled"),
        ("PrintFailed", "failed"),
        ("Disconnected", "disconnected"),
        ("Shutdown", "shutdown"),
    ],
)
def test_every_way_a_print_can_end_is_an_end(name: str, outcome: str) -> None:
    assert event(name, {"reason": ""}) == m.PrintEnded(outcome)


def test_the_late_echo_of_a_cancel_cannot_end_the_next_print() -> None:
    assert event("PrintFailed", {"reason": "cancelled"}) is None


def test_an_error_is_an_end_unless_the_printer_prints_on() -> None:
    assert event("Error", {"reason": "firmware"}) == m.PrintEnded("error", final=False)


def test_a_print_that_failed_of_an_error_ends_as_that_error() -> None:
    failed = event("PrintFailed", {"reason": "error"})
    assert failed == m.PrintEnded("error", final=False)


def test_no_other_event_ends_a_print() -> None:
    assert set(ENDINGS) == {
        "PrintDone",
        "PrintCancelled",
        "PrintFailed",
        "Disconnected",
        "Error",
        "Shutdown",
    }


@pytest.mark.parametrize(
    "name", ["PrintCancelling", "FileSelected", "PrinterStateChanged", ""]
)
def test_anything_else_is_none_of_ours(name: str) -> None:
    assert event(name, {"state_id": "PRINTING"}) is None


def test_every_event_that_is_asked_for_is_one_of_octoprints() -> None:
    from octoprint.events import Events

    known = {
        value
        for name, value in vars(Events).items()
        if name.isupper() and isinstance(value, str)
    }
    assert known >= HANDLED
