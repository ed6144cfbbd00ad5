"""A stored job judged again: as it was, and as it would have been."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.chronicle import without_secrets
from octoprint_aiwatch.core.record import (
    RecordError,
    applied,
    changes,
    judged,
)
from octoprint_aiwatch.core.replay import Check, Note, Outcome, Replay, rules_in
from octoprint_aiwatch.core.values import Detection
from tests.adapters.telling import Played, local
from tests.core.rig import BAD, GOOD, QUICK, WARN, settings_with


def stored(rig: Played, since: int = 0) -> tuple[list[Check], list[Note], list[Any]]:
    """What would be in the history: checks, notes, and the verdicts themselves."""
    checks, notes, verdicts = [], [], []
    before = memory = None
    for effect in rig.told():
        if isinstance(effect, m.RecordCheck):
            document = json.loads(json.dumps(changes(effect.record, before, memory)))
            grace, quiet = effect.grace_s, effect.suppressed
            number, at_s = effect.number, effect.at_s
            checks.append(Check(number, at_s, document, grace, quiet, number))
            verdicts.append(effect.verdict)
            before, memory = effect.record, effect.memory
        if isinstance(effect, m.RecordNote):
            notes.append(Note(effect.at_s, effect.kind, effect.reason.params))
    return checks, notes, verdicts


def replayed(rig: Played, **changed: Any) -> tuple[list[Any], Outcome]:
    checks, notes, _ = stored(rig)
    first = next(one for one in rig.told() if isinstance(one, m.RecordJob))
    rules = rules_in(json.loads(json.dumps(without_secrets(first.settings))))
    replay = Replay(rules, notes, changed)
    verdicts = [replay.take(check) for check in checks]
    return verdicts, replay.end(rig.now_s - 1000.0 + 1.0)


def recorded(rig: Played, kind: str) -> list[float]:
    """When something was noted, seconds from the job's start."""
    return [note.at_s for note in rig.seen(m.RecordNote) if note.kind == kind]


def failing(rig: Played, frames: int = 60) -> None:
    """Good for three minutes, then a failure that stays."""
    rig.start()
    rig.checks([0.02] * 18)
    rig.checks([0.8] * frames)


# -- unchanged ------------------------------------------------------------------------


def test_unchanged_settings_give_the_recorded_verdicts_bit_for_bit() -> None:
    rig = Played(local(actions={"on_failure": "notify"}))
    failing(rig)
    _, _, was = stored(rig)
    verdicts, _ = replayed(rig)
    assert verdicts == was
    assert {verdict.level for verdict in verdicts} == {"ok", "warning", "failure"}


def test_unchanged_settings_warn_and_pause_when_the_watch_did() -> None:
    rig = Played(local())
    failing(rig, 0)
    while rig.state.attempt is None:
        rig.check(0.8)
    rig.paused()
    rig.wait(300.0)
    rig.resumed()
    rig.checks([0.02] * 10)
    rig.send(m.PrintEnded("done"))
    verdicts, outcome = replayed(rig)
    assert verdicts == stored(rig)[2]
    assert [one.at_s for one in outcome.warnings] == recorded(rig, "warning")
    assert [one.at_s for one in outcome.failures] == recorded(rig, "failure")
    assert len(outcome.pauses) == len(recorded(rig, "pause")) == 1


@pytest.mark.parametrize("seed", range(8))
def test_any_life_of_a_print_comes_out_as_it_was(seed: int) -> None:
    chance = random.Random(seed)
    rig = Played(
        local(
            notify={"min_gap_s": chance.choice([0, 120, 600])},
            actions={"max_pauses": 2},
            watch={**QUICK, "grace_start_s": chance.choice([0, 90])},
        )
    )
    rig.start()
    level = 0.05
    for _ in range(70):
        if chance.random() < 0.05:
            level = chance.choice([0.05, 0.3, 0.8])
        rig.check(min(1.0, max(0.0, chance.gauss(level, 0.1))))
        if rig.state.attempt is not None:
            rig.paused()
        if chance.random() < 0.04:
            rig.press(chance.choice(["suppress", "unsuppress", "not_a_failure"]))
        if chance.random() < 0.02 and rig.state.sightings:
            rig.press("not_a_failure", rig.state.sightings[0].box)
        if chance.random() < 0.03:
            rig.printer("PAUSED")
            rig.send(m.PrintPaused(True))
        if chance.random() < 0.02:
            rig.change(local(actions={"max_pauses": 2}, decision={"none_below": 0.2}))
        if rig.state.reading.state_id == "PAUSED":
            rig.wait(chance.choice([5.0, 400.0]))
            rig.resumed()
    verdicts, outcome = replayed(rig)
    assert verdicts == stored(rig)[2]
    assert outcome.skipped == 0
    assert outcome.checks == len(verdicts)
    near = pytest.approx
    assert [one.at_s for one in outcome.failures] == near(recorded(rig, "failure"), abs=3)
    assert [one.at_s for one in outcome.warnings] == near(recorded(rig, "warning"), abs=3)


@pytest.mark.parametrize(("gap_s", "warnings"), [(0, 6), (60, 5), (10_000, 1)])
def test_a_warning_that_stays_is_raised_once_per_gap_and_once_per_check(
    gap_s: float, warnings: int
) -> None:
    rig = Played(settings_with(watch=QUICK, notify={"min_gap_s": gap_s}))
    rig.watching()
    for _ in range(6):
        rig.judged(WARN)
        rig.wait(20.0)
        # Something that happens meanwhile settles what is believed once more.
        rig.change(settings_with(watch=QUICK, notify={"min_gap_s": gap_s}))
        rig.wait(20.0)
    outcome = replayed(rig)[1]
    happened = [one.at_s for one in outcome.warnings]
    assert happened == pytest.approx(recorded(rig, "warning"), abs=3)
    assert len(happened) == warnings


# -- other settings -------------------------------------------------------------------


def test_fewer_alarms_mean_a_later_pause_or_none() -> None:
    rig = Played(local(actions={"on_failure": "notify"}))
    failing(rig)
    eager = replayed(rig, pause_confidence=1, warning_confidence=1)[1]
    usual = replayed(rig)[1]
    late = replayed(rig, pause_confidence=5, warning_confidence=5)[1]
    assert eager.failures[0].at_s <= usual.failures[0].at_s
    assert not late.failures or late.failures[0].at_s >= usual.failures[0].at_s
    assert eager.warnings[0].at_s <= late.warnings[0].at_s


def test_a_pause_that_only_the_replay_makes_is_followed_by_a_grace() -> None:
    quiet = {"warning_confidence": 5, "pause_confidence": 5}
    rig = Played(local(decision=quiet, watch={**QUICK, "grace_resume_s": 200}))
    rig.start()
    rig.checks([0.02] * 18)
    rig.checks([0.42] * 120)
    assert recorded(rig, "pause") == []
    outcome = replayed(rig, warning_confidence=1, pause_confidence=1)[1]
    assert len(outcome.pauses) >= 2
    first, second = outcome.pauses[:2]
    assert second.at_s - first.at_s >= 200
    assert second.calls > first.calls == first.check


def test_no_more_pauses_than_there_may_be() -> None:
    quiet = {"warning_confidence": 5, "pause_confidence": 5}
    rig = Played(local(decision=quiet, actions={"max_pauses": 1}))
    rig.start()
    rig.checks([0.02] * 18)
    rig.checks([0.42] * 120)
    outcome = replayed(rig, warning_confidence=1, pause_confidence=1)[1]
    assert len(outcome.pauses) == 1
    assert len(outcome.failures) > 1


def test_a_print_that_would_have_been_cancelled_makes_no_more_calls() -> None:
    quiet = {"warning_confidence": 5, "pause_confidence": 5}
    rig = Played(local(decision=quiet, actions={"on_failure": "cancel"}))
    rig.start()
    rig.checks([0.02] * 18)
    rig.checks([0.42] * 60)
    outcome = replayed(rig, warning_confidence=1, pause_confidence=1)[1]
    assert outcome.ended_at_s == outcome.failures[0].at_s
    assert outcome.calls == outcome.checks < 78


def test_what_a_service_decided_stays_whatever_the_settings_say() -> None:
    rig = Played(settings_with(watch=QUICK))
    rig.watching()
    for inspection in (GOOD, WARN, BAD):
        rig.judged(inspection)
        rig.wait(40.0)
    was = replayed(rig)
    other = replayed(rig, warning_confidence=5, pause_confidence=5)
    assert was == other
    assert was[1].fixed == was[1].checks == 3


def test_nothing_is_done_while_alerts_are_suppressed() -> None:
    rig = Played(local())
    rig.start()
    rig.press("suppress")
    rig.checks([0.02] * 18)
    rig.checks([0.8] * 30)
    outcome = replayed(rig)[1]
    assert (outcome.warnings, outcome.pauses) == ((), ())
    assert outcome.worst is not None
    assert outcome.worst > 0.7


# -- records that are not whole -------------------------------------------------------


def test_checks_before_the_first_whole_record_are_skipped() -> None:
    rig = Played(local())
    rig.start()
    rig.checks([0.02] * 5)
    checks, notes, _ = stored(rig)
    replay = Replay(rules_in({}), notes)
    for check in checks[1:]:
        replay.take(check)
    outcome = replay.end(100.0)
    assert (outcome.checks, outcome.skipped) == (0, 4)


@pytest.mark.parametrize("spoilt", [None, {}, {"v": 1}, {"v": 9}, "x", [1]])
def test_a_record_that_cannot_be_read_does_not_end_a_replay(spoilt: Any) -> None:
    replay = Replay(rules_in({}))
    assert replay.take(Check(1, 10.0, spoilt)).level == "unknown"
    assert replay.end(20.0).skipped == 1


def test_records_are_small_while_nothing_breaks_the_chain() -> None:
    rig = Played(local())
    rig.start()
    rig.checks([0.3] * 30)
    checks, _, _ = stored(rig)
    whole = len(json.dumps(changes(rig.seen(m.RecordCheck)[-1].record, None, None)))
    assert len(json.dumps(checks[-1].record)) < min(400, whole / 3)


def test_a_box_that_was_waved_through_leaves_the_rest_of_the_evidence() -> None:
    rig = Played(local())
    rig.start()
    rig.checks([0.3] * 6)
    rig.press("not_a_failure", Detection(1.0, 0.4, 0.5, 0.2, 0.2))
    rig.checks([0.0] * 2)
    checks, _, verdicts = stored(rig)
    replay = Replay(rules_in({}))
    assert [replay.take(check) for check in checks] == verdicts


def test_a_change_needs_the_record_before() -> None:
    rig = Played(local())
    rig.start()
    rig.checks([0.1, 0.1])
    first, second = (check.record for check in rig.seen(m.RecordCheck))
    memory = judged(first)[0]
    document = changes(second, first, rig.seen(m.RecordCheck)[0].memory)
    assert applied(document, first, memory).record == second
    with pytest.raises(RecordError):
        applied(document, None, None)
    with pytest.raises(RecordError):
        applied(document, first, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("memory", {"frames": {}}),
        ("at_s", "soon"),
        ("kind", "guess"),
        ("decision", []),
        ("inspection", None),
    ],
)
def test_a_change_with_a_spoilt_part_is_refused(name: str, value: Any) -> None:
    rig = Played(local())
    rig.start()
    rig.checks([0.1, 0.1])
    first, second = (check.record for check in rig.seen(m.RecordCheck))
    memory = rig.seen(m.RecordCheck)[0].memory
    document = changes(second, first, memory)
    with pytest.raises(RecordError):
        applied({**document, name: value}, first, memory)


@pytest.mark.parametrize("odd", [{}, {"actions": None}, {"actions": {"max_pauses": "x"}}])
def test_odd_settings_are_replaced_by_usual_ones(odd: Any) -> None:
    assert rules_in(odd)["max_pauses"] == 3
