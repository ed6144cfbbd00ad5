"""What a job's life leaves behind and passes on, told exactly."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.lifecycle import (
    GONE_AFTER_S,
    RESUME_NEWS_S,
    SETTLE_S,
)
from octoprint_aiwatch.core.state import OPEN, WARMUP_LIMIT_S, Order, State
from octoprint_aiwatch.core.usual import SECTION, Usual, recalled
from octoprint_aiwatch.core.values import (
    Detection,
    FrameEvidence,
    Inspection,
    Job,
    PrinterReading,
    Reason,
    RemoteEvidence,
    StatisticsEvidence,
    View,
)
from tests.core.rig import BAD, GOOD, LABELS, QUICK, Rig, remote, settings_with


def read(rig: Rig, state_id: str, number: int = 0) -> list[m.Effect]:
    return rig.send(m.PrinterRead(PrinterReading(state_id, print_number=number)))


def outcomes(rig: Rig) -> list[str]:
    return [one.outcome for one in rig.seen(m.RecordEnd)]


def logged(rig: Rig, code: str) -> list[m.Log]:
    return [one for one in rig.seen(m.Log) if one.code == code]


# -- a print begins --------------------------------------------------------------------


def test_a_start_is_told_on_the_bus_and_in_the_log_with_the_jobs_name(rig: Rig) -> None:
    rig.start("a.gcode", then=None)
    params = {"job": "a.gcode"}
    assert m.RaiseEvent("watch_started", Reason("watch_started", params)) in rig.effects
    assert m.Log("info", "watch_started", params) in rig.effects


def test_a_job_is_what_octoprint_said_of_it_and_each_has_its_number(rig: Rig) -> None:
    for number in (1, 2):
        rig.send(
            m.PrintStarted(f"id{number}", "n", "folder/n", "sdcard", 5.0, "e" * 32, 9)
        )
        rig.send(m.PrintEnded("cancelled"))
    jobs = [one.job for one in rig.seen(m.OpenContext)]
    assert jobs == [
        Job(number, f"id{number}", "n", "folder/n", "sdcard", 5.0, "e" * 32, 9)
        for number in (1, 2)
    ]


def test_a_print_begins_with_what_is_usual_for_its_backend() -> None:
    settings = settings_with(backend="local", watch=QUICK)
    stored = {
        "local": {"mean": 0.2, "evidence_s": 7200.0},
        "gadget": {"mean": 0.1, "evidence_s": 60.0},
    }
    rig = Rig(settings)
    rig.state = State(settings, {SECTION: stored}, LABELS)
    rig.start()
    assert rig.state.memory.frames.usual == Usual(0.2, 7200.0)
    assert rig.state.memory_of == "local"


def test_counts_that_go_on_are_in_the_log() -> None:
    settings = settings_with(watch=QUICK)
    stored = {"path": "a.gcode", "origin": "local", "size": None, "seen_at": 0.0}
    rig = Rig(settings)
    rig.state = State(settings, {"job": {**stored, "pauses": 2}})
    rig.start()
    assert logged(rig, "counts_go_on") == [m.Log("info", "counts_go_on", {"pauses": 2})]


def test_where_no_counts_go_on_the_log_says_nothing_of_them(rig: Rig) -> None:
    rig.start()
    assert logged(rig, "counts_go_on") == []


# -- a print ends ----------------------------------------------------------------------


def test_an_end_is_told_with_its_outcome_and_how_many_checks_there_were(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.send(m.PrintEnded("cancelled"))
    params = {"job": "a.gcode", "outcome": "cancelled", "checks": 1}
    assert m.RaiseEvent("watch_ended", Reason("watch_ended", params)) in rig.effects
    assert m.Log("info", "watch_ended", params) in rig.effects
    assert rig.seen(m.RecordEnd) == [m.RecordEnd("id1", "cancelled")]


def test_an_end_calls_off_the_parking_of_a_pause_that_was_asked_for(rig: Rig) -> None:
    rig.watching()
    rig.judged(BAD)
    rig.forget()
    rig.send(m.PrintEnded("failed"))
    assert rig.seen(m.CallOffParking) == [m.CallOffParking()]


def test_an_end_without_a_pause_under_way_calls_nothing_off(rig: Rig) -> None:
    rig.watching()
    rig.send(m.PrintEnded("done"))
    assert rig.seen(m.CallOffParking) == []


def test_a_job_that_another_one_follows_is_recorded_as_replaced(rig: Rig) -> None:
    rig.watching()
    rig.start("b.gcode")
    assert outcomes(rig) == ["replaced"]


def test_another_number_means_that_another_print_has_begun(rig: Rig) -> None:
    rig.start(then=None)
    read(rig, "PRINTING", 7)
    read(rig, "PRINTING", 8)
    assert outcomes(rig) == ["replaced"]


def test_the_number_of_the_print_before_is_not_taken_for_this_ones(rig: Rig) -> None:
    rig.start(then=None)
    read(rig, "STARTING", 6)
    read(rig, "PRINTING", 7)
    assert outcomes(rig) == []
    assert rig.state.print_number == 7


def test_a_job_that_is_gone_for_its_time_has_an_unknown_end(rig: Rig) -> None:
    rig.watching()
    rig.printer("OPERATIONAL")
    rig.now_s += GONE_AFTER_S - 0.1
    rig.printer("OPERATIONAL")
    assert outcomes(rig) == []
    rig.now_s += 0.1
    rig.printer("OPERATIONAL")
    assert outcomes(rig) == ["unknown"]


@pytest.mark.parametrize("state_id", ["STARTING", "PRINTING"])
def test_an_error_while_the_job_goes_on_does_not_end_it(rig: Rig, state_id: str) -> None:
    rig.start(then=None)
    rig.printer(state_id)
    rig.send(m.PrintEnded("error", final=False))
    assert outcomes(rig) == []


def test_what_is_no_jobs_outlives_it(rig: Rig) -> None:
    rig.send(m.PrinterRead(PrinterReading("OPERATIONAL"), {"gadget": 9}))
    rig.watching()
    rig.judged(GOOD, View(flip_h=True))
    rig.send(m.PrintEnded("done"))
    status = rig.status()
    assert (status["frame"], status["camera"]) == (1, "cam")
    assert status["view"]["flip_h"] is True
    assert status["backend_label"] == LABELS["gadget"]
    assert rig.state.calls_left == {"gadget": 9}


def test_the_frames_of_the_next_job_are_numbered_on(rig: Rig) -> None:
    for path in ("a.gcode", "b.gcode"):
        rig.watching(path)
        rig.judged(GOOD)
        rig.send(m.PrintEnded("done"))
    assert rig.status()["frame"] == 2


# -- what a print teaches --------------------------------------------------------------

STORED = {"kserve": {"mean": 0.3, "evidence_s": 60.0}}


SCORES = {"local": 0.1, "obico_ml": 0.02}


def asked(rig: Rig) -> Order:
    assert rig.state.order is not None
    return rig.state.order


def taught(
    outcome: str = "done", bad: Optional[Inspection] = None, **changes: Any
) -> tuple[Rig, dict[str, Any]]:
    """A print of a few frames, and what was remembered of it."""
    settings = settings_with(**{"backend": "local", "watch": QUICK, **changes})
    rig = Rig(settings)
    rig.state = State(settings, {SECTION: STORED, "other": 1}, LABELS)
    rig.watching()
    for number in range(20):
        if asked(rig).kind == OPEN:
            rig.opened()
            rig.wait(0.0)
        fine = Inspection(FrameEvidence(SCORES[asked(rig).backend]))
        rig.judged(bad if bad and number == 19 else fine)
        rig.wait(10.0)
    if rig.state.attempt is not None:
        rig.printer("PAUSED")
        rig.printer("PRINTING")
    rig.send(m.PrintEnded(outcome))
    found = [one.value for one in rig.seen(m.Remember) if one.section == SECTION]
    return rig, found[0] if found else {}


def test_a_print_that_went_well_adds_to_what_is_usual_of_all_backends() -> None:
    rig, section = taught()
    assert set(section) == {"local", "kserve"}
    assert section["kserve"] == STORED["kserve"]
    assert recalled({SECTION: section}, "local").mean > 0
    assert rig.state.remembered == {SECTION: section, "other": 1}


def test_a_print_that_we_paused_teaches_nothing() -> None:
    bad = Inspection(RemoteEvidence(0.9, True, True))
    rig, section = taught(bad=bad, backend="local")
    assert rig.events().count("pause_confirmed") == 1
    assert section == {}


def test_a_print_that_ends_in_a_failure_nobody_acted_on_teaches_nothing() -> None:
    bad = Inspection(RemoteEvidence(0.9, True, True))
    rig, section = taught(bad=bad, actions={"on_failure": "notify"})
    assert "failure_detected" in rig.events()
    assert section == {}


def test_without_a_cascade_only_who_judged_has_learned() -> None:
    assert set(taught(backend="obico_ml")[1]) == {"obico_ml", "kserve"}


CASCADE = {"enabled": True, "interval_s": 60}


def test_in_a_cascade_the_scout_learns_too() -> None:
    _, section = taught(backend="obico_ml", cascade=CASCADE)
    assert set(section) == {"obico_ml", "local", "kserve"}
    for key in ("obico_ml", "local"):
        usual = recalled({SECTION: section}, key)
        assert usual.mean == pytest.approx(SCORES[key], rel=0.5)


def test_a_scout_that_came_to_judge_is_learned_from_as_judge() -> None:
    settings = settings_with(backend="obico_ml", watch=QUICK, cascade=CASCADE)
    rig = Rig(settings)
    rig.start()
    rig.fails("token_refused", "ask")
    rig.opened()
    rig.wait(0.0)
    for _ in range(20):
        rig.judged(Inspection(FrameEvidence(0.1)))
        rig.wait(10.0)
    assert rig.state.judge == "local"
    rig.send(m.PrintEnded("done"))
    usual = recalled(rig.state.remembered, "local")
    assert usual.evidence_s > 100.0
    assert usual.mean == pytest.approx(0.1, abs=0.05)


# -- a print goes on -------------------------------------------------------------------


def test_a_resume_told_later_than_the_printers_state_is_another_one(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.now_s += RESUME_NEWS_S
    rig.send(m.PrintResumed())
    assert rig.status()["verdict"] == "unknown"


def test_a_context_that_is_being_opened_is_wanted_of_a_print_that_goes_on(
    rig: Rig,
) -> None:
    rig.start()
    rig.now_s += RESUME_NEWS_S
    rig.send(m.PrintResumed())
    rig.fails("api_key_refused", "ask")
    assert rig.status()["blind"] is True


def test_a_pause_that_was_asked_for_is_not_ours_once_the_print_goes_on(rig: Rig) -> None:
    rig.watching()
    rig.judged(BAD)
    rig.printer("PAUSING")
    rig.forget()
    rig.send(m.PrintResumed())
    assert rig.seen(m.CallOffParking) == [m.CallOffParking()]
    assert rig.status()["action"] is None
    rig.printer("PAUSED")
    assert rig.events() == []
    assert rig.status()["pauses"] == 0


def test_a_resume_that_only_the_printer_tells_of_calls_off_the_pause_too(
    rig: Rig,
) -> None:
    rig.watching()
    rig.judged(BAD)
    rig.printer("PAUSING")
    rig.printer("RESUMING")
    rig.forget()
    rig.printer("PRINTING")
    assert rig.seen(m.CallOffParking) == [m.CallOffParking()]
    assert rig.state.attempt is None
    assert rig.status()["action"] is None


def paused(rig: Rig) -> None:
    """Paused by us, with all that follows from it."""
    rig.watching()
    box = Detection(0.8, 0.5, 0.5, 0.1, 0.1)
    rig.judged(Inspection(RemoteEvidence(0.9, True, True, 3), (box,), 0.0))
    rig.printer("PAUSED")
    rig.send(m.Parked(5))
    status = rig.status()
    assert (status["action"], status["paused_by"], status["quality"]) == (
        "paused",
        "us",
        3,
    )


def test_what_was_seen_and_done_before_a_resume_is_gone_after_it(rig: Rig) -> None:
    paused(rig)
    rig.forget()
    rig.printer("PRINTING")
    status = rig.status()
    assert status["action"] is None
    assert status["quality"] is None
    assert rig.state.sightings == ()
    assert rig.state.parked is None
    assert rig.events() == ["verdict_changed"]


def test_what_was_suspicious_before_a_resume_is_not_held_against_what_follows() -> None:
    rig = Rig(settings_with(backend="local", watch=QUICK))
    rig.watching()
    for score in (0.0, *[0.35] * 40):
        rig.judged(Inspection(FrameEvidence(score)))
        rig.wait(10.0)
    assert rig.status()["verdict"] == "warning"
    rig.judged(Inspection(FrameEvidence(0.35)))
    rig.printer("PAUSED")
    rig.printer("PRINTING")
    rig.wait(10.0)
    rig.judged(Inspection(FrameEvidence(0.3)))
    assert rig.status()["verdict"] == "ok"


@pytest.mark.parametrize("told", [True, False])
def test_who_paused_it_before_did_not_pause_it_now(rig: Rig, told: bool) -> None:
    rig.watching()
    rig.send(m.PrintPaused(by_user=True))
    rig.printer("PAUSED")
    assert rig.status()["paused_by"] == "user"
    if told:
        rig.send(m.PrintResumed())
    else:
        rig.printer("PRINTING")
        rig.printer("PAUSED")
    assert rig.status()["paused_by"] is None


def test_a_longer_grace_outlasts_the_one_of_a_resume() -> None:
    rig = Rig(settings_with(watch={**QUICK, "grace_start_s": 600}))
    rig.watching()
    rig.judged(GOOD)
    rig.printer("PAUSED")
    rig.printer("PRINTING")
    assert rig.status()["grace_s"] == 600.0


def test_after_a_resume_a_lost_pause_is_no_second_resume(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.printer("PAUSED")
    rig.printer("PRINTING")
    rig.wait(40.0)
    rig.judged(GOOD)
    rig.printer("PAUSING")
    rig.printer("PRINTING")
    assert rig.status()["verdict"] == "ok"
    assert rig.status()["grace_s"] == 0.0


def test_only_a_print_that_was_not_looked_at_yet_has_the_first_grace() -> None:
    rig = Rig(settings_with(watch={**QUICK, "grace_start_s": 60}))
    rig.watching()
    rig.judged(remote(next_s=0.0))
    rig.now_s += 60.0
    rig.printer("PAUSING")
    rig.printer("PRINTING")
    assert rig.status()["grace_s"] == 0.0


def test_after_a_hold_a_trouble_of_before_has_its_time_anew(rig: Rig) -> None:
    rig.watching()
    rig.fails("timeout")
    rig.printer("PAUSED")
    rig.now_s += 3600.0
    rig.printer("PRINTING")
    assert "blinded" not in rig.events()


# -- heating up ------------------------------------------------------------------------


def warm_rig(**watch: Any) -> Rig:
    rig = Rig(settings_with(watch={**QUICK, "warmup": True, **watch}))
    rig.start(then=None)
    rig.opened()
    return rig


def test_the_first_frame_waits_a_moment_for_the_heaters_targets() -> None:
    rig = warm_rig()
    rig.printer("PRINTING")
    rig.wait(SETTLE_S - 0.1)
    assert rig.seen(m.InspectFrame) == []
    rig.wait(0.1)
    assert len(rig.seen(m.InspectFrame)) == 1


def test_without_a_warm_up_to_respect_it_does_not() -> None:
    rig = warm_rig(warmup=False)
    rig.printer("PRINTING")
    assert len(rig.seen(m.InspectFrame)) == 1


@pytest.mark.parametrize(
    ("state_id", "heating", "tool_ready"),
    [("PRINTING", True, True), ("PRINTING", False, False), ("STARTING", False, True)],
)
def test_it_is_warm_only_when_it_prints_with_a_hot_tool_and_nothing_heats(
    state_id: str, heating: bool, tool_ready: bool
) -> None:
    rig = warm_rig()
    rig.printer(state_id, heating=heating, tool_ready=tool_ready)
    rig.printer("PRINTING", heating=True)
    assert rig.status()["hold"] == "heating"


def test_a_heater_is_waited_for_as_long_as_the_limit_says() -> None:
    rig = warm_rig()
    rig.now_s += WARMUP_LIMIT_S
    rig.printer("PRINTING", heating=True)
    assert rig.status()["hold"] == "heating"
    rig.now_s += 0.1
    rig.printer("PRINTING", heating=True)
    assert rig.status()["hold"] is None


# -- other news ------------------------------------------------------------------------


def test_the_calls_that_are_left_are_known_before_a_print_and_until_others_are_told(
    rig: Rig,
) -> None:
    rig.send(m.PrinterRead(PrinterReading("OPERATIONAL"), {"gadget": 4}))
    rig.start()
    assert rig.state.calls_left == {"gadget": 4}
    rig.send(m.PrinterRead(PrinterReading("PRINTING"), {"gadget": 3}))
    assert rig.state.calls_left == {"gadget": 3}


def test_without_a_job_the_printers_state_is_of_no_interest(rig: Rig) -> None:
    before = rig.state
    for _ in range(2):
        assert rig.printer("OPERATIONAL") == []
        rig.now_s += GONE_AFTER_S
    assert rig.state == before


def test_a_state_that_is_unknown_is_no_state(rig: Rig) -> None:
    rig.watching()
    for _ in range(2):
        rig.printer("UNKNOWN")
        rig.now_s += GONE_AFTER_S
    assert rig.status()["phase"] == "watching"
    assert rig.state.reading.state_id == "PRINTING"


def test_parking_is_in_the_log_with_its_lines_and_what_was_left_out(rig: Rig) -> None:
    rig.watching()
    assert rig.send(m.Parked(3, ("park_cold", "park_edge")))[:3] == [
        m.Log("info", "parked_lines", {"lines": 3}),
        m.Log("warning", "park_cold"),
        m.Log("warning", "park_edge"),
    ]


def test_a_statistic_is_evidence_of_its_own_print_only() -> None:
    rig = Rig(settings_with(backend="obico", watch=QUICK))
    rig.watching()
    rig.judged(Inspection(StatisticsEvidence(0.1, 0.1, 0.1, 0.1)))
    rig.start("b.gcode")
    assert rig.state.evidence is None
    assert rig.status()["checks"] == 0
