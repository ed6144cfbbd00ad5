"""What is taken down of a job: its checks, and who did what to the print."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.chronicle import without_secrets
from octoprint_aiwatch.core.record import judged
from octoprint_aiwatch.core.values import Frame, Inspection, RemoteEvidence
from tests.adapters.telling import Played, inspection, local
from tests.core.rig import BAD, GOOD, QUICK, WARN, Rig, settings_with
from tests.ladder.world import World, ladder_of


def playing(**changes: Any) -> Played:
    rig = Played(local(**changes))
    rig.start()
    return rig


def watched() -> Played:
    """A print that Gadget watches."""
    rig = Played(settings_with(watch=QUICK))
    rig.watching()
    return rig


def kinds(rig: Played) -> list[tuple[str, str]]:
    return [(note.kind, note.who) for note in rig.seen(m.RecordNote)]


def test_a_job_is_taken_down_from_its_start_to_its_end() -> None:
    rig = playing()
    rig.checks([0.0, 0.1])
    rig.send(m.PrintEnded("done"))
    first, *checks, last = rig.told()
    assert isinstance(first, m.RecordJob)
    assert (first.job.id, first.job.name) == ("id1", "a.gcode")
    assert [one.number for one in checks if isinstance(one, m.RecordCheck)] == [1, 2]
    assert last == m.RecordEnd("id1", "done")


def test_a_check_comes_with_its_frame_and_what_its_verdict_was_made_from() -> None:
    rig = playing()
    rig.check(0.5)
    (check,) = rig.seen(m.RecordCheck)
    memory, verdict, sightings = judged(check.record)
    assert (check.memory, check.verdict) == (memory, verdict)
    assert (check.sightings, check.phase) == (sightings, "watching")
    assert check.memory is rig.state.memory
    assert isinstance(check.frame, Frame)
    assert check.at_s == rig.now_s - rig.state.job_since


def test_a_look_at_the_printer_takes_nothing_down() -> None:
    rig = playing()
    rig.check(0.1)
    rig.forget()
    rig.wait(5.0)
    assert rig.told() == []


def test_a_check_says_for_how_long_nothing_is_done_about_it() -> None:
    rig = playing(watch={**QUICK, "grace_start_s": 100})
    rig.press("suppress")
    rig.check(0.1)
    (check,) = rig.seen(m.RecordCheck)
    assert check.suppressed is True
    assert check.grace_s == pytest.approx(100 - check.at_s, abs=1.0)


def test_warning_failure_and_our_pause_are_noted() -> None:
    rig = watched()
    rig.judged(WARN)
    rig.wait(40.0)
    rig.judged(BAD)
    rig.wait(0.2)
    rig.printer("PAUSING")
    rig.send(m.PrintPaused(by_user=True))
    rig.printer("PAUSED")
    assert kinds(rig) == [("warning", ""), ("failure", ""), ("pause", "us")]


@pytest.mark.parametrize(("by_user", "who"), [(True, "user"), (False, "us")])
def test_a_pause_after_the_alarm_is_noted_once(by_user: bool, who: str) -> None:
    rig = watched()
    rig.judged(BAD)
    rig.wait(60.0)
    rig.printer("PAUSING")
    rig.send(m.PrintPaused(by_user))
    rig.printer("PAUSED")
    assert kinds(rig) == [("failure", ""), ("pause_failed", ""), ("pause", who)]


@pytest.mark.parametrize(("by_user", "who"), [(True, "user"), (False, "printer")])
def test_it_is_noted_who_else_paused(by_user: bool, who: str) -> None:
    rig = watched()
    rig.printer("PAUSING")
    rig.send(m.PrintPaused(by_user))
    rig.printer("PAUSED")
    rig.printer("PRINTING")
    assert kinds(rig) == [("pause", who), ("resume", "")]


def test_a_blind_spell_is_noted_from_its_first_moment_to_its_end() -> None:
    rig = watched()
    rig.fails()
    rig.wait(60.0)
    rig.judged(WARN)
    blind, recovered, _ = rig.seen(m.RecordNote)
    assert (blind.kind, blind.reason.code) == ("blind", "timeout")
    assert recovered.kind == "recovered"
    assert recovered.at_s > blind.at_s


@pytest.mark.parametrize("command", ["suppress", "unsuppress", "not_a_failure"])
def test_what_the_user_says_is_noted(command: str) -> None:
    rig = watched()
    rig.press(command)
    (note,) = rig.seen(m.RecordNote)
    assert note.kind.startswith(command)


def test_other_settings_are_noted_without_what_belongs_to_accounts() -> None:
    rig = playing()
    changed = local(
        actions={"max_pauses": 9}, backends={"gadget": {"api_key": "SECRET-KEY"}}
    )
    rig.change(changed)
    (note,) = rig.seen(m.RecordNote)
    assert note.kind == "settings"
    assert note.reason.params["actions"]["max_pauses"] == 9
    assert "SECRET-KEY" not in repr(note)


def test_the_job_that_replaces_another_begins_a_record_of_its_own() -> None:
    rig = playing()
    rig.check(0.1)
    rig.start("b.gcode")
    rig.check(0.1)
    told = [type(one).__name__ for one in rig.told()]
    assert told == ["RecordJob", "RecordCheck", "RecordEnd", "RecordJob", "RecordCheck"]
    assert rig.told()[-1].job_id == "id2"  # type: ignore[union-attr]


def test_switched_off_nothing_is_taken_down_until_it_is_switched_on() -> None:
    rig = playing(enabled=False)
    rig.wait(10.0)
    assert rig.told() == []
    rig.change(local())
    rig.check(0.1)
    told = [type(one).__name__ for one in rig.told()]
    assert told == ["RecordJob", "RecordCheck"]


def test_without_a_job_nothing_is_taken_down() -> None:
    rig = Played(local())
    rig.change(local(actions={"max_pauses": 9}))
    rig.send(m.PrintPaused(by_user=True))
    assert rig.told() == []


def test_frames_of_a_print_that_stands_still_are_not_taken_down() -> None:
    rig = watched()
    rig.printer("PAUSED")
    rig.judged(inspection(0.5))
    assert rig.seen(m.RecordCheck) == []


def test_no_address_and_no_password_of_any_service_is_taken_down() -> None:
    told = without_secrets(
        settings_with(
            backends={"gadget": {"api_key": "SECRET-KEY"}},
            notify={"urls": ["ntfy://SECRET-TOPIC"]},
            mqtt={"host": "broker", "password": "SECRET-PASSWORD"},
        )
    )
    assert "SECRET" not in repr(told)
    assert told["decision"]["pause_confidence"] == 3


def test_what_a_scout_looks_at_is_no_check_of_the_job() -> None:
    cascade = {"enabled": True, "interval_s": 600}
    world = World(ladder_of("gadget", cascade=cascade))
    fine = Inspection(RemoteEvidence(0.05, False, False), next_after_s=40.0)
    world.sees = lambda key, at_s: fine if key == "gadget" else None
    world.start()
    world.run(300)
    assert len(world.judged) > 20
    assert [one.record.backend for one in world.seen(m.RecordCheck)] == ["gadget"]


def test_switched_off_and_on_again_the_job_is_taken_down_anew(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.change(settings_with(watch=QUICK, enabled=False))
    rig.forget()
    rig.change(settings_with(watch=QUICK))
    assert len(rig.seen(m.RecordJob)) == 1
    assert rig.seen(m.RecordCheck) == []
    assert rig.status()["hold"] is None
