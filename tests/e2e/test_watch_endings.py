"""However a print ends, its context is closed with it, once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.e2e.support_watch import Rig

SD_JOB = "G28\n" + "G1 X100 F6000\nG1 X10 F6000\n" * 2000
"""The virtual printer's SD card knows no dwells, so this one moves."""


@pytest.fixture(scope="module")
def rig(module_workshop, tmp_path_factory) -> Rig:
    basedir = tmp_path_factory.mktemp("octoprint")
    (basedir / "virtualSd").mkdir()
    (basedir / "virtualSd" / "job_on_the_card.gcode").write_text(SD_JOB)
    return Rig(module_workshop, basedir=basedir)


def cancelled(rig: Rig, since_s: float) -> None:
    rig.host.command("cancel")


def cancelled_while_paused(rig: Rig, since_s: float) -> None:
    rig.host.command("pause")
    rig.wait_printer("PAUSED", since_s)
    rig.host.command("cancel")


def cancelled_while_pausing(rig: Rig, since_s: float) -> None:
    rig.host.command("pause")
    rig.wait_printer("PAUSING", since_s)
    rig.host.command("cancel")


def paused_by_the_watch_and_cancelled(rig: Rig, since_s: float) -> None:
    rig.gadget.say("failure")
    rig.host.watch_command("check_now")
    rig.wait_printer("PAUSED", since_s)
    rig.host.command("cancel")


def disconnected(rig: Rig, since_s: float) -> None:
    rig.host.disconnect()


def stopped_by_the_firmware(rig: Rig, since_s: float) -> None:
    rig.host.gcode("!!DEBUG:trigger_fatal_error_marlin")


def unplugged(rig: Rig, since_s: float) -> None:
    rig.host.gcode("!!DEBUG:drop_connection")


ENDINGS: tuple[tuple[Callable[[Rig, float], None], str, str], ...] = (
    (cancelled, "PrintCancelled", "cancelled"),
    (cancelled_while_paused, "PrintCancelled", "cancelled"),
    (cancelled_while_pausing, "PrintCancelled", "cancelled"),
    (paused_by_the_watch_and_cancelled, "PrintCancelled", "cancelled"),
    (disconnected, "Disconnected", "disconnected"),
    (stopped_by_the_firmware, "Error", "error"),
    # Whether the failed print or the lost line is told first is a matter of moments.
    (unplugged, "Disconnected", "(disconnected|error)"),
)
AT_ONCE_S = 2.0
"""Less than it takes to notice by looking at the printer."""


@pytest.mark.parametrize(
    ("end", "event", "outcome"), ENDINGS, ids=[ending[0].__name__ for ending in ENDINGS]
)
def test_the_watch_ends_once_with_a_print_that_was(rig, end, event, outcome):
    side = rig.prepare("gadget")
    since_s = rig.start()
    try:
        rig.wait_checks(1)
        end(rig, since_s)
        told_s = rig.host.wait_event(event, since_s=since_s).at_s
        ended = rig.wait_fired("watch_ended", since_s)
        assert ended.at_s - told_s < AT_ONCE_S
        assert re.search(rf"ended \({outcome}\)", ended.data["reason"])
        # It is the last event of such a print, and must not end the watch once more.
        rig.host.wait_event("PrintFailed", since_s=since_s)
        rig.wait_status(lambda status: status["phase"] == "idle", "the watch to be over")
    finally:
        rig.end_print()
    with rig.printing() as next_s:
        rig.wait_checks(1)
        assert len(rig.fired("watch_started", since_s)) == 2
        assert rig.fired_once("watch_ended", since_s), "only the first print is over"
        assert rig.wait_fired("watch_ended", since_s).at_s < next_s
        assert len(side.contexts(since_s)) == 2
    rig.wait_fired("watch_ended", next_s)  # or it is heard in the next one's time


def test_the_watch_ends_once_with_a_print_that_is_done(rig):
    side = rig.prepare("gadget")
    since_s = rig.start(lines=20)
    rig.wait_checks(1)
    told_s = rig.host.wait_event("PrintDone", since_s=since_s).at_s
    ended = rig.wait_fired("watch_ended", since_s)
    assert ended.at_s - told_s < AT_ONCE_S
    assert "ended (done)" in ended.data["reason"]
    with rig.printing() as next_s:
        rig.wait_checks(1)
        assert rig.fired_once("watch_ended", since_s)
        assert len(side.contexts(since_s)) == 2
    rig.wait_fired("watch_ended", next_s)


def print_from_sd(rig: Rig) -> float:
    # 1.11 calls the place sdcard, 2.0 calls it printer.
    places = ("/api/files/sdcard", "/api/files/printer")
    place = next(place for place in places if rig.host.get(place).ok)
    (file,) = rig.host.get(place).json()["files"]
    since_s = rig.host.now_s()
    body = {"command": "select", "print": True}
    assert rig.host.post(f"{place}/{file['path']}", json=body).ok
    rig.wait_printer("PRINTING", since_s)
    return since_s


def test_a_second_print_started_of_one_print_opens_no_second_context(rig):
    side = rig.prepare("gadget")
    since_s = print_from_sd(rig)
    try:
        rig.wait_checks(1)
        # OctoPrint takes a late report of the card, a real printer's habit, for a start.
        rig.host.command("pause")
        rig.wait_printer("PAUSED", since_s)
        rig.host.gcode("!!DEBUG:send SD printing byte 200/40000")
        rig.host.wait(
            lambda: len(rig.host.events("PrintStarted", since_s)) == 2,
            10,
            "OctoPrint's second PrintStarted",
        )
        rig.wait_checks(2)
        assert rig.fired_once("watch_started", since_s)
        assert rig.fired("watch_ended", since_s) == []
        assert len(side.contexts(since_s)) == 1
        created = [call for call in side.cloud.calls("create") if call.at_s >= since_s]
        assert len(created) == 1
    finally:
        rig.end_print()
    rig.host.wait_event("plugin_aiwatch_watch_ended", since_s=since_s)
    assert rig.fired_once("watch_ended", since_s)
