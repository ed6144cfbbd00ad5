"""@AIWATCH in the G-code: off, on and grace, until the print is over."""

from __future__ import annotations

import pytest

from tests.e2e.support_watch import Rig, codes

DWELLS = "G4 P50\n" * 20000


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop)


def begin(rig: Rig, name: str, gcode: str) -> float:
    since_s = rig.host.now_s()
    rig.host.upload_text(gcode, name, print_now=True)
    rig.wait_printer("PRINTING", since_s)
    return since_s


def test_off_in_the_first_line_is_off_and_the_next_print_is_watched(rig):
    rig.prepare("gadget")
    try:
        since_s = begin(rig, "off.gcode", "@AIWATCH OFF\nG28\n" + DWELLS)
        status = rig.wait_status(lambda status: status["hold"] == "in_file", "the hold")
        assert status["phase"] == "held"
        assert codes(status)[0] == "hold_in_file"
        assert "@AIWATCH OFF" in status["reason"]
        assert rig.gadget.frames(since_s) == []
        rig.end_print()
        since_s = begin(rig, "next.gcode", "G28\n" + DWELLS)
        assert rig.wait_checks(1)["hold"] is None
    finally:
        rig.end_print()


def test_on_brings_the_watch_back_in_the_same_print(rig):
    rig.prepare("gadget")
    try:
        gcode = "G28\n@aiwatch off\n" + "G4 P50\n" * 30 + "@AiWatch on\n" + DWELLS
        since_s = begin(rig, "on.gcode", gcode)
        rig.wait_status(lambda status: status["checks"] >= 1, "a check")
        holds = [status["hold"] for status in rig.statuses(since_s)]
        assert "in_file" in holds
        assert holds[-1] is None
    finally:
        rig.end_print()


def test_grace_only_looks_and_then_acts_on_what_it_sees(rig):
    side = rig.prepare("gadget", watch={"grace_start_s": 0})
    side.say("failure")
    try:
        since_s = begin(rig, "grace.gcode", "G28\n@AIWATCH GRACE 4s\n" + DWELLS)
        status = rig.wait_status(lambda status: status["grace_s"] > 0, "the grace")
        assert status["grace_s"] <= 4
        started_s = rig.host.now_s()
        rig.wait_checks(1)
        confirmed = rig.wait_fired("pause_confirmed", since_s)
        assert confirmed.at_s - started_s > 2
    finally:
        rig.end_print()


def test_what_is_not_understood_is_said_and_changes_nothing(rig):
    rig.prepare("gadget")
    seen = len(rig.host.log_text())
    try:
        begin(rig, "odd.gcode", "G28\n@AIWATCH DANCE\n@AIWATCH DANCE\n" + DWELLS)
        assert rig.wait_checks(1)["hold"] is None
        said = [text for text in rig.warnings(seen) if "DANCE" in text]
        assert len(said) == 1
    finally:
        rig.end_print()


def test_a_resume_shows_its_grace_and_counts_it_down(rig):
    rig.prepare("gadget", watch={"grace_resume_s": 6})
    with rig.printing() as since_s:
        rig.wait_checks(1)
        rig.host.command("pause")
        rig.wait_printer("PAUSED", since_s)
        resumed_s = rig.host.now_s()
        rig.host.command("resume")
        first = rig.wait_status(lambda status: status["grace_s"] > 0, "the grace")
        assert first["grace_s"] <= 6
        assert "grace" in codes(first)
        later = rig.wait_status(
            lambda status: 0 < status["grace_s"] < first["grace_s"] - 1, "it to go down"
        )
        passed_s = rig.host.now_s() - resumed_s
        assert later["grace_s"] == pytest.approx(6 - passed_s, abs=1.0)
        rig.wait_status(lambda status: "grace" not in codes(status), "its end")


def test_pauses_go_on_being_counted_when_octoprint_restarts_in_the_middle(rig):
    side = rig.prepare("gadget", actions={"max_pauses": 1})
    gcode = "G28\n" + DWELLS
    try:
        since_s = begin(rig, "counted.gcode", gcode)
        side.say("failure")
        rig.wait_fired("pause_confirmed", since_s)
        rig.host.restart()
        since_s = rig.host.now_s()
        rig.host.print_file("counted.gcode")
        rig.wait_printer("PRINTING", since_s)
        rig.wait_status(lambda status: status["pauses"] == 1, "the count from before")
        rig.wait_status(lambda status: "limit" in codes(status), "that it is enough")
        assert rig.host.state().text == "Printing"
        rig.host.command("cancel")
        rig.host.wait_state("Operational")
        since_s = rig.host.now_s()
        rig.host.print_file("counted.gcode")
        rig.wait_fired("pause_confirmed", since_s)
        assert rig.host.status()["pauses"] == 1, "a new print begins at zero"
    finally:
        rig.end_print()
