"""Only a print that is really printing is looked at."""

from __future__ import annotations

import pytest
from simulator.host import HostError

from tests.e2e.support_watch import Rig

LOOK_S = 5.5
"""Longer than the shortest interval between two checks."""
HOT_C = 75
NEARLY_C = 5


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop)


def nobody_looks(rig: Rig, since_s: float) -> None:
    def looked():
        return rig.gadget.frames(since_s) or rig.camera.requests > pictures

    pictures = rig.camera.requests
    with pytest.raises(HostError, match="somebody to look"):
        rig.host.wait(looked, LOOK_S, "somebody to look")


def test_a_print_that_a_person_paused_is_not_looked_at_until_it_goes_on(rig):
    rig.prepare("gadget")
    with rig.printing() as started_s:
        rig.wait_checks(1)
        rig.host.command("pause")
        paused_s = rig.wait_printer("PAUSED", started_s).at_s
        status = rig.wait_status(lambda status: status["hold"] == "paused", "the hold")
        assert (status["phase"], status["next_check_s"]) == ("held", None)
        assert (status["action"], status["pauses"]) == (None, 0)
        # 2.0 says "printing" of a paused job; it must not be believed.
        nobody_looks(rig, paused_s)
        refused = rig.host.post(
            "/plugin/aiwatch/api/command", json={"command": "check_now"}
        )
        assert refused.status_code == 409
        assert rig.gadget.frames(paused_s) == []
        assert rig.fired("blinded", started_s) == []

        resumed_s = rig.host.now_s()
        rig.host.command("resume")
        rig.wait_checks(2)
        assert rig.gadget.frames(resumed_s)


def test_a_print_is_not_looked_at_while_the_printer_heats_up(rig):
    rig.prepare("gadget", watch={"warmup": True})
    gcode = f"M104 S{HOT_C}\nM109 S{HOT_C}\nG28\n" + "G4 P50\n" * 2000
    since_s = rig.host.now_s()
    rig.host.upload_text(gcode, "hot.gcode", print_now=True)
    try:
        rig.wait_status(lambda status: status["hold"] == "heating", "the hold")
        frame = rig.host.wait(lambda: rig.gadget.frames(since_s), 30, "a frame")[0]
        held = [
            message.at_s
            for message in rig.host.messages("status", since_s)
            if message.data["status"]["hold"] == "heating"
        ]
        assert max(held) < frame.at_s
        temperature = rig.host.get("/api/printer").json()["temperature"]["tool0"]
        assert temperature["target"] == HOT_C
        assert temperature["actual"] >= HOT_C - NEARLY_C, "warm at the first look"
        assert rig.fired("blinded", since_s) == []
        assert rig.wait_checks(1)["phase"] == "watching"
    finally:
        rig.end_print()
        rig.host.gcode("M104 S0")


def test_without_the_wait_for_warmth_a_heating_printer_is_looked_at(rig):
    rig.prepare("gadget", watch={"warmup": False})
    # The test before may have left it warm.
    hotter_c = HOT_C + 40
    gcode = f"M104 S{hotter_c}\nM109 S{hotter_c}\n" + "G4 P50\n" * 2000
    rig.host.upload_text(gcode, "hot.gcode", print_now=True)
    try:
        rig.wait_checks(1)
        temperature = rig.host.get("/api/printer").json()["temperature"]["tool0"]
        assert temperature["actual"] < hotter_c - NEARLY_C, "still cold at the first look"
    finally:
        rig.end_print()
        rig.host.gcode("M104 S0")


def test_a_watch_that_is_switched_off_looks_at_nothing(rig):
    rig.prepare("gadget", enabled=False)
    with rig.printing():
        status = rig.wait_status(lambda status: status["hold"] == "disabled", "the hold")
        assert status["phase"] == "held"
        assert status["next_check_s"] is None
        rig.host.save_settings({"enabled": True})
        rig.wait_checks(1)
        rig.host.save_settings({"enabled": False})
        rig.wait_status(lambda status: status["hold"] == "disabled", "the hold again")
        off_s = rig.host.now_s()
        nobody_looks(rig, off_s)
