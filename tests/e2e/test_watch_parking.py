"""Lines that park the head belong to one print: they are sent in it, once, or dropped."""

from __future__ import annotations

import pytest

from tests.e2e.support_serial import CONFIG, OVER, Wire, job
from tests.e2e.support_watch import Rig, codes, merged, with_plugins

PARK = {
    "enabled": True,
    "retract_mm": 2,
    "lift_mm": 10,
    "x_mm": 11.5,
    "y_mm": 12.5,
    "tool": "off",
    "standby_c": 150,
}
PARKING = ("G1 E3 F1800", "G1 Z15 F600", "G1 X11.5 Y12.5 F6000", "M104 S0")
GOING_ON = (
    "M109 S200",
    "G1 X50 Y60 F6000",
    "G1 Z5 F600",
    "G92 E3",
    "G1 E5 F1800",
    "G1 F1500",
)
OURS = (*PARKING, "M109 S200", "G1 X50 Y60 F6000", "G1 Z5 F600", "G92 E3", "G1 E5 F1800")


@pytest.fixture(scope="module")
def rig(module_workshop, tmp_path_factory) -> Rig:
    basedir = with_plugins(tmp_path_factory.mktemp("octoprint"), "slowwire")
    quick = {"plugins": {"classicwebcam": {"snapshotTimeout": 2}}}
    return Rig(module_workshop, basedir=basedir, config=merged(quick, CONFIG), parks=True)


@pytest.fixture
def wire(rig) -> Wire:
    wire = Wire(rig.host)
    wire.skip()
    return wire


def fail(rig: Rig, since_s: float) -> None:
    """A failure is seen, and the print is paused for it."""
    rig.gadget.say("failure")
    rig.host.watch_command("check_now")
    rig.wait_fired("pause_confirmed", since_s)
    rig.gadget.say("ok")


def begin(rig: Rig, name: str) -> float:
    since_s = rig.host.now_s()
    rig.host.upload_text(job(name), f"{name}.gcode", print_now=True)
    rig.wait_printer("PRINTING", since_s)
    rig.host.wait_event("ZChange", since_s=since_s)
    rig.wait_checks(1)
    return since_s


def ours(wire: Wire) -> list[str]:
    return [line for line in wire.read() if line in OURS]


def test_a_pause_of_ours_parks_and_a_resume_heats_first_and_then_goes_back(rig, wire):
    rig.prepare("gadget", actions={"park": PARK})
    since_s = begin(rig, "parked")
    try:
        fail(rig, since_s)
        assert wire.has(*PARKING)
        assert "parked" in codes(rig.host.status())
        assert rig.host.stands_still(0.5)
        resumed_s = rig.host.now_s()
        rig.host.command("resume")
        rig.wait_printer("PRINTING", resumed_s, 30)
        back = (*PARKING, *GOING_ON, "G4 P50")
        rig.host.wait(lambda: wire.has(*back), 10, "the way back")
        assert sorted(ours(wire)) == sorted(OURS), "each line once"
        assert "parked" not in codes(rig.host.status())
    finally:
        rig.end_print()


def test_a_pause_of_the_users_parks_nothing(rig, wire):
    rig.prepare("gadget", actions={"park": PARK})
    since_s = begin(rig, "by-hand")
    try:
        rig.host.command("pause")
        rig.wait_printer("PAUSED", since_s)
        resumed_s = rig.host.now_s()
        rig.host.command("resume")
        rig.wait_printer("PRINTING", resumed_s)
        assert ours(wire) == []
    finally:
        rig.end_print()


def test_what_undoes_the_parking_of_a_cancelled_print_is_not_sent_in_the_next(rig, wire):
    rig.prepare("gadget", actions={"park": PARK})
    try:
        fail(rig, begin(rig, "cancelled"))
        rig.host.command("cancel")
        rig.host.wait_state("Operational")
        assert ours(wire) == list(PARKING)
        since_s = begin(rig, "the-next")
        rig.host.command("pause")
        rig.wait_printer("PAUSED", since_s)
        resumed_s = rig.host.now_s()
        rig.host.command("resume")
        rig.wait_printer("PRINTING", resumed_s)
        assert ours(wire) == list(PARKING)
        assert wire.has("M117 BEGIN cancelled", *PARKING, OVER, "M117 BEGIN the-next")
    finally:
        rig.end_print()


def test_lines_still_queued_when_the_print_is_cancelled_are_dropped(rig, wire):
    rig.prepare("gadget", actions={"park": PARK})
    slow = rig.host.basedir / "slow"
    try:
        since_s = begin(rig, "slow")
        slow.write_text("1.0")
        rig.gadget.say("failure")
        rig.host.watch_command("check_now")
        rig.host.wait(lambda: PARKING[0] in wire.read(), 15, "the first line that parks")
        rig.host.command("cancel")
        rig.host.wait_state("Operational", 30)
        slow.unlink()
        assert wire.has(PARKING[0], OVER)
        assert len(ours(wire)) < len(PARKING)
        assert rig.fired("pause_failed", since_s) == []
    finally:
        slow.unlink(missing_ok=True)
        rig.end_print()


def test_a_print_that_goes_on_without_the_resume_script_is_brought_back_first(rig, wire):
    rig.prepare("gadget", actions={"park": PARK})
    since_s = begin(rig, "resumed-by-the-printer")
    try:
        fail(rig, since_s)
        resumed_s = rig.host.now_s()
        # The firmware says that it has resumed: OctoPrint then runs no script.
        rig.host.gcode("!!DEBUG:action_custom resumed")
        rig.wait_printer("PRINTING", resumed_s, 30)
        rig.host.wait(lambda: wire.has(*PARKING, *GOING_ON, "G4 P50"), 15, "the way back")
        assert sorted(ours(wire)) == sorted(OURS), "each line once"
        status = rig.host.status()
        assert status["action"] is None
    finally:
        rig.end_print()


def test_octoprints_own_pause_script_moves_and_ours_only_heats(rig, wire):
    rig.prepare("gadget", actions={"park": PARK})
    script = {"scripts": {"gcode": {"afterPrintPaused": "; mine\nM117 MY OWN SCRIPT"}}}
    rig.host.post("/api/settings", json=script).raise_for_status()
    try:
        fail(rig, begin(rig, "own-script"))
        assert wire.has("M117 MY OWN SCRIPT", "M104 S0")
        assert ours(wire) == ["M104 S0"]
        assert "park_own_script" in codes(rig.host.status())
    finally:
        script["scripts"]["gcode"]["afterPrintPaused"] = ""
        rig.host.post("/api/settings", json=script)
        rig.end_print()


def test_a_pause_waits_for_a_safe_moment_but_not_longer_than_it_may(rig, wire):
    rig.prepare("gadget", actions={"safe_moment_s": 4})
    since_s = begin(rig, "no-more-layers")
    try:
        rig.gadget.say("failure")
        rig.host.watch_command("check_now")
        detected_s = rig.wait_fired("failure_detected", since_s).at_s
        status = rig.wait_status(lambda status: status["action"] == "waiting", "the wait")
        assert codes(status)[0] == "waiting"
        paused_s = rig.wait_printer("PAUSED", since_s).at_s
        assert 3.5 < paused_s - detected_s < 9
        rig.wait_fired("pause_confirmed", since_s)
    finally:
        rig.end_print()


def test_a_safe_moment_that_comes_ends_the_waiting(rig, wire):
    rig.prepare("gadget", actions={"safe_moment_s": 30})
    layers = "".join(f"G1 Z{z / 10} F3000\n" + "G4 P50\n" * 80 for z in range(60, 400))
    since_s = rig.host.now_s()
    rig.host.upload_text(job("layers", 1) + layers, "layers.gcode", print_now=True)
    rig.host.wait_event("ZChange", since_s=since_s)
    rig.wait_checks(1)
    try:
        rig.gadget.say("failure")
        rig.host.watch_command("check_now")
        detected_s = rig.wait_fired("failure_detected", since_s).at_s
        paused_s = rig.wait_printer("PAUSED", since_s, 15).at_s
        assert paused_s - detected_s < 12
        lines = wire.read()
        asked = lines.index("M400", lines.index("M117 BEGIN layers"))
        assert any(line.startswith("G1 Z") for line in lines[asked - 15 : asked])
    finally:
        rig.end_print()
