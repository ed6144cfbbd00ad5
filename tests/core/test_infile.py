"""@AIWATCH in the G-code, in virtual time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.infile import MOST_TEXT, MOST_TOLD
from octoprint_aiwatch.core.values import PrinterReading
from tests.core.rig import BAD, QUICK, Rig, settings_with


def read(rig: Rig, text: str, number: int = 0) -> None:
    rig.send(m.InFile(number, text))


@pytest.mark.parametrize("text", ["OFF", "off", "  Off  "])
def test_off_holds_the_watch_until_on(rig: Rig, text: str) -> None:
    rig.watching()
    read(rig, text)
    assert rig.status()["hold"] == "in_file"
    assert rig.status()["phase"] == "held"
    assert "@AIWATCH OFF" in rig.status()["reason"]
    assert rig.status()["blind"] is False
    rig.wait(600)
    assert rig.alerts() == []
    read(rig, "ON")
    assert rig.status()["hold"] is None


def test_off_and_on_are_told_only_where_they_change_something(rig: Rig) -> None:
    rig.watching()
    for text in ("ON", "OFF", "OFF", "ON", "ON"):
        read(rig, text)
    codes = [log.code for log in rig.seen(m.Log) if log.code.startswith("in_file")]
    assert codes == ["in_file_off", "in_file_on"]


def test_what_was_seen_before_off_is_not_acted_on_after_on() -> None:
    rig = Rig(settings_with(watch={**QUICK, "grace_start_s": 60}))
    rig.watching()
    rig.judged(BAD)
    read(rig, "OFF")
    rig.wait(100)
    read(rig, "ON")
    rig.wait(1)
    assert rig.seen(m.PausePrint) == []


def test_the_next_print_knows_nothing_of_it(rig: Rig) -> None:
    rig.watching()
    read(rig, "OFF")
    read(rig, "GRACE 1h")
    rig.send(m.PrintEnded("done"))
    rig.watching("b.gcode")
    assert rig.status()["hold"] is None
    assert rig.status()["grace_s"] == 0


@pytest.mark.parametrize(
    ("text", "grace_s"),
    [
        ("GRACE 10m", 600),
        ("grace 90 s", 90),
        ("Grace 0.5H", 1800),
        ("GRACE 999999h", 24 * 3600),
    ],
)
def test_grace_only_looks_for_so_long(rig: Rig, text: str, grace_s: float) -> None:
    rig.watching()
    read(rig, text)
    assert rig.status()["grace_s"] == grace_s
    rig.judged(BAD)
    assert rig.seen(m.PausePrint) == []


def test_grace_never_shortens_one_that_is_longer() -> None:
    rig = Rig(settings_with(watch={**QUICK, "grace_start_s": 60}))
    rig.watching()
    read(rig, "GRACE 5s")
    assert rig.status()["grace_s"] == 60


def test_a_grace_read_before_printing_began_is_kept() -> None:
    rig = Rig(settings_with(watch={**QUICK, "grace_start_s": 60}))
    rig.start(then=None)
    read(rig, "GRACE 10m")
    rig.printer("PRINTING")
    assert rig.status()["grace_s"] > 590


def test_a_command_read_before_the_start_was_told_waits_for_it(rig: Rig) -> None:
    read(rig, "OFF", number=7)
    rig.start(then=None)
    rig.send(m.PrinterRead(PrinterReading("PRINTING", print_number=7)))
    assert rig.status()["hold"] == "in_file"


def test_a_command_of_another_print_is_none_of_this_one(rig: Rig) -> None:
    read(rig, "OFF", number=6)
    rig.start(then=None)
    rig.send(m.PrinterRead(PrinterReading("PRINTING", print_number=7)))
    assert rig.status()["hold"] is None
    read(rig, "OFF", number=8)
    assert rig.status()["hold"] is None


BAD_TEXT: list[Any] = [
    "",
    "DANCE",
    "GRACE",
    "GRACE m",
    "GRACE 1 d",
    "GRACE -5s",
    "ON OFF",
]


@pytest.mark.parametrize("text", BAD_TEXT)
def test_what_is_not_understood_is_said_once_and_ignored(rig: Rig, text: str) -> None:
    rig.watching()
    before = rig.status()
    read(rig, text)
    read(rig, text)
    said = [log for log in rig.seen(m.Log) if log.code == "in_file_unknown"]
    assert len(said) == 1
    assert rig.status() == before


@given(st.text(max_size=60))
def test_any_text_is_survived(text: str) -> None:
    rig = Rig(settings_with(watch=QUICK))
    rig.watching()
    read(rig, text)
    read(rig, "GRACE " + text)
    assert rig.status()["phase"] in ("watching", "held")


def test_a_file_full_of_commands_fills_no_log(rig: Rig) -> None:
    rig.watching()
    for _ in range(200):
        read(rig, "OFF")
        read(rig, "ON")
        read(rig, "GRACE 1s")
    lines = [log for log in rig.seen(m.Log) if log.code.startswith("in_file")]
    assert len(lines) == MOST_TOLD
    assert rig.status()["hold"] is None


def test_a_command_that_is_too_long_is_none_however_it_begins(rig: Rig) -> None:
    rig.watching()
    read(rig, "OFF" + " " * MOST_TEXT)
    assert rig.status()["hold"] is None
