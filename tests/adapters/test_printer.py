"""The printer API: when a pause may be asked for, and what the heaters say."""

from __future__ import annotations

import math
from typing import Any, Optional

import pytest

from octoprint_aiwatch.adapters.printer import Printer, heaters
from octoprint_aiwatch.core.printing import JOB_STATES
from octoprint_aiwatch.core.values import PrinterReading
from tests.adapters.fakes import FakePrinter


def at(actual: Any, target: Any) -> dict[str, Any]:
    return {"actual": actual, "target": target, "offset": 0}


COLD, WARMING, WARM = at(22.0, 0.0), at(150.0, 210.0), at(209.0, 210.0)
TABLE: list[tuple[Any, Optional[bool], bool]] = [
    # nothing that tells
    (None, None, False),
    ([], None, False),
    ("hot", None, False),
    ({}, None, False),
    ({"tool0": None}, None, False),
    ({"tool0": "hot"}, None, False),
    ({"tool0": {}}, None, False),
    ({"tool0": at(None, 210.0)}, None, False),
    ({"tool0": at(22.0, None)}, None, False),
    ({"tool0": COLD, "bed": COLD}, None, False),
    ({"tool0": at(22.0, -1)}, None, False),
    ({"tool0": at("hot", 210.0)}, None, False),
    ({"tool0": at(22.0, "210")}, None, False),
    ({"tool0": at(22.0, math.nan)}, None, False),
    ({"tool0": at(math.nan, 210.0)}, None, False),
    ({5: WARMING}, None, False),
    # one heater
    ({"tool0": WARMING}, True, False),
    ({"tool0": WARM}, False, True),
    ({"tool0": at(205.0, 210.0)}, False, True),
    ({"tool0": at(204.9, 210.0)}, True, False),
    ({"tool0": at(230.0, 210.0)}, False, True),
    ({"bed": WARMING}, True, False),
    ({"bed": at(60.0, 60.0)}, False, False),
    # several
    ({"tool0": WARM, "bed": WARMING}, True, True),
    ({"tool0": WARMING, "bed": at(60.0, 60.0)}, True, False),
    ({"tool0": COLD, "bed": WARMING}, True, False),
    ({"tool0": COLD, "bed": at(60.0, 60.0)}, False, False),
    ({"tool0": COLD, "tool1": WARM, "bed": COLD}, False, True),
    ({"tool0": WARM, "tool1": WARMING}, True, True),
    # a chamber, or anything else, does not keep a print waiting
    ({"tool0": WARM, "chamber": WARMING}, False, True),
    ({"chamber": WARMING}, None, False),
    ({"W": WARMING}, None, False),
]


@pytest.mark.parametrize(("temperatures", "heating", "tool_ready"), TABLE)
def test_the_heaters_say_whether_the_print_is_waiting_for_them(
    temperatures: Any, heating: Optional[bool], tool_ready: bool
) -> None:
    assert heaters(temperatures) == (heating, tool_ready)


def test_a_paused_print_is_asked_to_go_on() -> None:
    fake = FakePrinter("PAUSED")
    Printer(fake).resume()
    assert fake.calls == [("resume", {"aiwatch:resume"})]


@pytest.mark.parametrize("state_id", ["PRINTING", "PAUSING", "CANCELLING", "OPERATIONAL"])
def test_nothing_but_a_paused_print_is_asked_to_go_on(state_id: str) -> None:
    fake = FakePrinter(state_id)
    Printer(fake).resume()
    assert fake.calls == []


def test_another_print_than_the_one_that_is_meant_is_not_asked_to_go_on() -> None:
    fake = FakePrinter("PAUSED")
    Printer(fake).resume(print_number=7)
    assert fake.calls == []


def test_a_reading_is_state_and_heaters_of_this_moment() -> None:
    fake = FakePrinter("PAUSED")
    fake.temperatures = {"tool0": WARM, "bed": WARMING}
    expected = PrinterReading("PAUSED", heating=True, tool_ready=True)
    assert Printer(fake).reading() == expected


PLACES: list[tuple[Any, Optional[float]]] = [
    ({"progress": {"filepos": 4711, "printTime": 60}}, 4711),
    ({"progress": {"filepos": 0, "printTime": 60}}, 0),
    ({"progress": {"filepos": None, "printTime": 60}}, 60),
    ({"progress": {"printTime": 61.5}}, 61.5),
    ({"progress": {"filepos": "far", "printTime": math.nan}}, None),
    ({"progress": {}}, None),
    ({"progress": None}, None),
    ({}, None),
    (None, None),
]


@pytest.mark.parametrize(("data", "expected"), PLACES)
def test_how_far_the_job_is_is_said_in_bytes_or_else_in_seconds(
    data: Any, expected: Optional[float]
) -> None:
    fake = FakePrinter("PRINTING")
    fake.data = data
    assert Printer(fake).reading().position == expected


LEFT: list[tuple[Any, Optional[float]]] = [
    ({"progress": {"printTimeLeft": 4711}}, 4711),
    ({"progress": {"printTimeLeft": -3}}, 0),
    ({"progress": {"printTimeLeft": None}}, None),
    ({"progress": {"printTimeLeft": math.inf}}, None),
    ({"progress": {}}, None),
    (None, None),
]


@pytest.mark.parametrize(("data", "expected"), LEFT)
def test_how_long_the_job_still_takes_is_octoprints_guess(
    data: Any, expected: Optional[float]
) -> None:
    fake = FakePrinter("PRINTING")
    fake.data = data
    assert Printer(fake).reading().left_s == expected


def test_a_pause_is_asked_for_while_printing() -> None:
    fake = FakePrinter("PRINTING")
    assert Printer(fake).pause() is True
    assert fake.named("pause") == [{"aiwatch:pause"}]


@pytest.mark.parametrize(
    "state_id",
    [
        *sorted(JOB_STATES - {"PRINTING"}),
        "OPERATIONAL",
        "OFFLINE",
        "CLOSED",
        "CLOSED_WITH_ERROR",
        "ERROR",
        "DETECTING",
        "UNKNOWN",
        "",
        None,
    ],
)
def test_a_pause_is_asked_for_in_no_other_state(state_id: Any) -> None:
    fake = FakePrinter(state_id)
    assert Printer(fake).pause() is False
    assert fake.calls == []


def test_a_cancel_names_its_source() -> None:
    fake = FakePrinter("PRINTING")
    Printer(fake).cancel()
    assert fake.named("cancel") == [{"aiwatch:cancel"}]
