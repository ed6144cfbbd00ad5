"""Waiting for a safe moment, and taking back what is wanted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.values import PrinterReading
from tests.core.rig import BAD, GOOD, QUICK, Rig, remote, settings_with

WAIT_S = 20.0
SETTINGS = settings_with(watch=QUICK, actions={"safe_moment_s": WAIT_S})


@pytest.fixture
def rig() -> Rig:
    rig = Rig(SETTINGS)
    rig.watching()
    return rig


def waiting(rig: Rig) -> None:
    rig.send(m.HeightChanged())
    rig.judged(remote(0.95, warning=True, pause=True, next_s=0.0))
    assert rig.status()["action"] == "waiting"


def test_it_waits_for_a_change_of_height_and_says_for_how_long(rig: Rig) -> None:
    waiting(rig)
    rig.wait(5)
    assert rig.seen(m.PausePrint) == []
    assert rig.status()["reasons"][0]["code"] == "waiting"
    assert "in 15 s at the latest" in rig.status()["reason"]
    rig.send(m.HeightChanged())
    assert len(rig.seen(m.PausePrint)) == 1
    assert rig.status()["action"] == "pausing"


def test_it_waits_no_longer_than_it_may(rig: Rig) -> None:
    waiting(rig)
    rig.wait(WAIT_S - 0.5)
    assert rig.seen(m.PausePrint) == []
    rig.wait(1)
    assert len(rig.seen(m.PausePrint)) == 1


def test_the_printers_time_begins_when_the_waiting_ends(rig: Rig) -> None:
    waiting(rig)
    rig.wait(WAIT_S + 29)
    assert "pause_failed" not in rig.events()
    rig.wait(2)
    assert "pause_failed" in rig.events()


def test_where_octoprint_cannot_tell_the_height_it_pauses_at_once(rig: Rig) -> None:
    rig.judged(BAD)
    assert len(rig.seen(m.PausePrint)) == 1


def test_the_height_must_have_been_told_in_this_print(rig: Rig) -> None:
    rig.send(m.HeightChanged())
    rig.send(m.PrintEnded("done"))
    rig.watching("b.gcode")
    rig.judged(BAD)
    assert len(rig.seen(m.PausePrint)) == 1


def test_a_cancel_waits_for_nothing() -> None:
    actions = {"safe_moment_s": WAIT_S, "on_failure": "cancel"}
    rig = Rig(settings_with(watch=QUICK, actions=actions))
    rig.watching()
    rig.send(m.HeightChanged())
    rig.judged(BAD)
    assert len(rig.seen(m.CancelPrint)) == 1


def test_a_verdict_that_is_taken_back_while_waiting_pauses_nothing(rig: Rig) -> None:
    waiting(rig)
    rig.wait(11)
    rig.judged(GOOD)
    rig.send(m.HeightChanged())
    rig.wait(60)
    assert rig.seen(m.PausePrint) == []
    assert rig.status()["action"] is None


def test_going_blind_while_waiting_does_not_take_the_failure_back(rig: Rig) -> None:
    waiting(rig)
    rig.wait(11)
    rig.fails("timeout")
    assert rig.status()["verdict"] == "unknown"
    rig.send(m.HeightChanged())
    assert len(rig.seen(m.PausePrint)) == 1


@pytest.mark.parametrize("command", ["suppress", "not_a_failure"])
def test_the_user_can_call_it_off_while_it_waits(rig: Rig, command: str) -> None:
    waiting(rig)
    rig.press(command)
    rig.send(m.HeightChanged())
    rig.wait(5)
    assert rig.seen(m.PausePrint) == []


def test_another_backend_is_not_asked_to_answer_for_the_last_one(rig: Rig) -> None:
    waiting(rig)
    rig.change(replace(SETTINGS, backend="obico"))
    rig.send(m.HeightChanged())
    rig.wait(30)
    assert rig.seen(m.PausePrint) == []


def test_switched_off_or_to_notify_it_does_not_pause_any_more() -> None:
    for changes in ({"enabled": False}, {"actions": {"on_failure": "notify"}}):
        rig = Rig(SETTINGS)
        rig.watching()
        waiting(rig)
        rig.change(settings_with(**{"watch": QUICK, **changes}))
        rig.wait(60)
        assert rig.seen(m.PausePrint) == []


def test_a_pause_of_the_users_while_it_waits_is_not_claimed(rig: Rig) -> None:
    waiting(rig)
    rig.printer("PAUSING")
    rig.printer("PAUSED")
    assert "pause_confirmed" not in rig.events()
    assert rig.status()["pauses"] == 0
    rig.send(m.PrintResumed())
    rig.printer("PRINTING")
    rig.send(m.HeightChanged())
    assert rig.seen(m.PausePrint) == []


def test_a_resume_between_two_looks_asks_for_no_second_pause(rig: Rig) -> None:
    rig.judged(BAD)
    rig.printer("PAUSING")
    rig.printer("RESUMING")
    rig.printer("PRINTING")
    rig.wait(20)
    assert len(rig.seen(m.PausePrint)) == 1
    assert rig.status()["grace_s"] > 0


def test_another_print_than_the_one_watched_ends_the_watch_at_once(rig: Rig) -> None:
    waiting(rig)
    reading = PrinterReading("PRINTING", print_number=1)
    rig.send(m.PrinterRead(reading))
    assert rig.status()["phase"] == "idle"
    assert rig.seen(m.PausePrint) == []


def test_a_pause_asked_for_and_lost_parks_nothing_later(rig: Rig) -> None:
    rig.judged(BAD)
    assert rig.seen(m.CallOffParking) == []
    rig.wait(31)
    assert "pause_failed" in rig.events()
    assert len(rig.seen(m.CallOffParking)) == 1


def test_parking_goes_with_the_request_only_where_it_is_wanted(rig: Rig) -> None:
    rig.judged(BAD)
    assert rig.seen(m.PausePrint)[0].park is None
    park = {"enabled": True}
    rig = Rig(settings_with(watch=QUICK, actions={"park": park}))
    rig.watching()
    rig.judged(BAD)
    assert rig.seen(m.PausePrint)[0].park.lift_mm == 10


def test_what_became_of_the_parking_is_shown_until_the_print_goes_on(rig: Rig) -> None:
    rig.judged(BAD)
    rig.printer("PAUSING")
    rig.send(m.Parked(3, ("park_cold",)))
    rig.printer("PAUSED")
    codes = [reason["code"] for reason in rig.status()["reasons"]]
    assert codes[:3] == ["hold_paused_by_us", "parked", "park_cold"]
    rig.printer("PRINTING")
    assert "parked" not in [reason["code"] for reason in rig.status()["reasons"]]
