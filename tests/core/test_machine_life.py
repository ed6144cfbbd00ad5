"""How a watch begins, goes on and ends."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.lifecycle import GONE_AFTER_S, SETTLE_S
from octoprint_aiwatch.core.state import WARMUP_LIMIT_S
from tests.core.rig import BAD, GOOD, QUICK, Rig, remote, settings_with


def test_a_print_opens_a_context_at_once_and_says_so(rig: Rig) -> None:
    rig.start(then=None)
    opened = rig.seen(m.OpenContext)
    assert [order.job.path for order in opened] == ["a.gcode"]
    assert rig.events() == ["watch_started"]
    assert rig.status()["phase"] == "held"
    assert rig.status()["hold"] == "starting"


def test_phase_goes_from_idle_over_opening_to_watching_and_back(rig: Rig) -> None:
    phases = [rig.status()["phase"]]
    rig.start()
    phases.append(rig.status()["phase"])
    rig.opened()
    phases.append(rig.status()["phase"])
    rig.send(m.PrintEnded("done"))
    phases.append(rig.status()["phase"])
    assert phases == ["idle", "opening", "watching", "idle"]


def test_no_frame_is_taken_before_the_printer_prints(rig: Rig) -> None:
    rig.start(then=None)
    rig.opened()
    rig.wait(30)
    assert rig.seen(m.InspectFrame) == []
    rig.printer("PRINTING")
    assert len(rig.seen(m.InspectFrame)) == 1


def test_a_second_start_of_the_same_file_keeps_the_context(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.send(m.PrintStarted("other", "a.gcode", "a.gcode", "local", 0.0))
    assert len(rig.seen(m.OpenContext)) == 1
    assert rig.seen(m.CloseContext) == []
    assert rig.status()["job"]["id"] == "id1"


def test_a_start_of_another_file_closes_the_old_context_and_opens_one(rig: Rig) -> None:
    rig.watching()
    rig.start("b.gcode")
    assert len(rig.seen(m.CloseContext)) == 1
    assert len(rig.seen(m.OpenContext)) == 2
    assert rig.events() == ["watch_started", "watch_ended", "watch_started"]
    assert rig.status()["job"]["id"] == "id2"


@pytest.mark.parametrize(
    "outcome", ["done", "cancelled", "failed", "disconnected", "error", "shutdown"]
)
def test_every_end_closes_the_context_exactly_once(rig: Rig, outcome: str) -> None:
    rig.watching()
    rig.printer("CANCELLING")
    rig.send(m.PrintEnded(outcome))
    rig.send(m.PrintEnded("failed"))
    assert len(rig.seen(m.CloseContext)) == 1
    assert rig.events().count("watch_ended") == 1
    assert rig.status()["phase"] == "idle"


def test_an_error_that_leaves_the_printer_printing_does_not_end_the_watch(
    rig: Rig,
) -> None:
    rig.watching()
    rig.send(m.PrintEnded("error", final=False))
    assert rig.status()["phase"] == "watching"


def test_an_error_that_stops_the_printer_ends_the_watch(rig: Rig) -> None:
    rig.watching()
    rig.printer("ERROR")
    rig.send(m.PrintEnded("error", final=False))
    assert rig.status()["phase"] == "idle"


def test_an_idle_printer_without_an_end_event_ends_the_watch(rig: Rig) -> None:
    rig.watching()
    rig.printer("OPERATIONAL")
    rig.wait(GONE_AFTER_S - 1)
    assert rig.status()["job"] is not None
    rig.wait(2)
    assert rig.status()["job"] is None
    assert len(rig.seen(m.CloseContext)) == 1


def test_an_unknown_printer_state_never_ends_the_watch(rig: Rig) -> None:
    rig.watching()
    rig.printer("UNKNOWN")
    rig.wait(3600)
    assert rig.status()["job"] is not None


def test_nothing_is_looked_at_while_paused(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.printer("PAUSING")
    rig.printer("PAUSED")
    rig.forget()
    rig.wait(600)
    assert rig.seen(m.InspectFrame) == []
    assert rig.status()["hold"] == "paused"
    assert rig.status()["blind"] is False


def test_a_resume_clears_what_was_seen_and_starts_a_visible_grace(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.printer("PAUSED")
    rig.wait(60)
    rig.printer("RESUMING")
    rig.printer("PRINTING")
    status = rig.status()
    assert status["verdict"] == "unknown"
    assert status["score"] is None
    assert status["grace_s"] == QUICK["grace_resume_s"]
    assert "grace" in [reason["code"] for reason in status["reasons"]]


def test_a_resume_that_only_an_event_tells_of_counts_too(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.wait(5)
    rig.send(m.PrintResumed())
    assert rig.status()["grace_s"] == QUICK["grace_resume_s"]


def test_a_resume_told_twice_is_one_resume(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.printer("PAUSED")
    rig.wait(60)
    rig.printer("PRINTING")
    ordered = rig.state.order
    assert ordered is not None
    rig.send(m.PrintResumed())
    assert rig.state.order == ordered


def overtaken(rig: Rig) -> int:
    """The ticket of a look that was on its way when the print was paused and went on."""
    rig.watching()
    ticket = rig.ticket
    rig.printer("PAUSED")
    rig.printer("PRINTING")
    return ticket


def test_a_frame_taken_before_a_pause_is_no_evidence_after_it(rig: Rig) -> None:
    ticket = overtaken(rig)
    rig.send(
        m.InspectionDone(ticket, BAD, m.Frame(b"", 1, 1), rig.now_s)  # from before
    )
    assert rig.status()["verdict"] == "unknown"
    assert rig.seen(m.PausePrint) == []


def test_it_costs_no_interval_of_ours(rig: Rig) -> None:
    ticket = overtaken(rig)
    rig.forget()
    at_once = remote(next_s=0.0)
    rig.send(m.InspectionDone(ticket, at_once, m.Frame(b"", 1, 1), rig.now_s))
    rig.wait(0.1)
    assert len(rig.seen(m.InspectFrame)) == 1


def test_its_interval_is_kept_all_the_same(rig: Rig) -> None:
    ticket = overtaken(rig)
    rig.forget()
    rig.send(m.InspectionDone(ticket, GOOD, m.Frame(b"", 1, 1), rig.now_s))
    rig.wait(39.5)
    assert rig.seen(m.InspectFrame) == []
    rig.wait(1)
    assert len(rig.seen(m.InspectFrame)) == 1


def test_a_fault_from_before_a_pause_is_none_after_it_but_its_wait_holds(
    rig: Rig,
) -> None:
    ticket = overtaken(rig)
    rig.forget()
    fault = m.Fault("rate_limited", "retry", "backend", {}, 75.0)
    rig.send(m.OrderFailed(ticket, fault, rig.now_s, 0.5))
    assert rig.status()["blind"] is False
    rig.wait(74)
    assert rig.seen(m.InspectFrame) == []
    rig.wait(2)
    assert len(rig.seen(m.InspectFrame)) == 1


def test_a_frame_taken_before_a_resume_that_only_an_event_tells_of_is_no_evidence(
    rig: Rig,
) -> None:
    rig.watching()
    rig.wait(5)
    rig.send(m.PrintResumed())
    rig.wait(QUICK["grace_resume_s"] + 1)
    rig.judged(BAD)
    assert rig.status()["verdict"] == "unknown"
    assert rig.seen(m.PausePrint) == []


def test_an_answer_for_a_former_job_is_dropped(rig: Rig) -> None:
    rig.watching()
    ticket = rig.ticket
    rig.send(m.PrintEnded("cancelled"))
    rig.start("b.gcode")
    rig.send(m.InspectionDone(ticket, BAD, m.Frame(b"", 1, 1), rig.now_s))
    rig.wait(5)
    assert rig.seen(m.PausePrint) == []
    assert rig.status()["checks"] == 0


def test_a_late_context_or_fault_of_a_former_job_is_dropped(rig: Rig) -> None:
    rig.start()
    ticket = rig.ticket
    rig.send(m.PrintEnded("cancelled"))
    rig.start("b.gcode")
    rig.send(m.ContextOpened(ticket))
    assert rig.status()["phase"] == "opening"
    fault = m.Fault("timeout", "retry", "backend")
    rig.send(m.OrderFailed(ticket, fault, rig.now_s, 0.5))
    assert rig.status()["blind"] is False


@pytest.mark.parametrize(
    "late",
    [
        m.PrintEnded("done"),
        m.PrintResumed(),
        m.PrintPaused(by_user=True),
        m.HeightChanged(),
        m.Parked(3, ("park_cold",)),
    ],
)
def test_news_of_a_print_that_is_over_change_nothing(rig: Rig, late: m.Event) -> None:
    rig.watching()
    rig.send(m.PrintEnded("done"))
    before = rig.state
    assert rig.send(late) == []
    assert rig.state == before


def test_switched_off_nothing_is_ordered_and_it_says_so() -> None:
    rig = Rig(settings_with(enabled=False))
    rig.start()
    rig.wait(600)
    assert rig.effects == []
    assert rig.status()["hold"] == "disabled"
    assert rig.status()["blind"] is False


def test_switched_off_the_end_of_a_print_is_told_to_nobody() -> None:
    rig = Rig(settings_with(enabled=False))
    rig.start()
    rig.send(m.PrintEnded("done"))
    assert rig.events() == []
    assert rig.seen(m.Log) == []


def test_switching_on_in_mid_print_starts_watching(rig: Rig) -> None:
    rig = Rig(settings_with(enabled=False, watch=QUICK))
    rig.start()
    rig.change(settings_with(watch=QUICK))
    assert len(rig.seen(m.OpenContext)) == 1


def test_switching_off_in_mid_print_closes_the_context(rig: Rig) -> None:
    rig.watching()
    rig.change(settings_with(enabled=False, watch=QUICK))
    rig.wait(600)
    assert len(rig.seen(m.CloseContext)) == 1
    assert len(rig.seen(m.InspectFrame)) == 1


def test_another_backend_starts_over_with_fresh_evidence() -> None:
    rig = Rig(settings_with(backend="gadget", watch=QUICK))
    rig.watching()
    rig.judged(GOOD)
    rig.change(settings_with(backend="obico", watch=QUICK))
    assert rig.status()["verdict"] == "unknown"
    opened = rig.seen(m.OpenContext)
    assert [order.settings.backend for order in opened] == ["gadget", "obico"]


def test_another_confidence_is_told_to_the_backend_by_a_new_context(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.change(settings_with(watch=QUICK, decision={"pause_confidence": 5}))
    assert len(rig.seen(m.OpenContext)) == 2


def test_other_settings_keep_the_context(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.change(settings_with(watch={**QUICK, "blind_after_s": 300}))
    assert len(rig.seen(m.OpenContext)) == 1
    assert rig.status()["verdict"] == "ok"


def warm_rig() -> Rig:
    return Rig(settings_with(watch={**QUICK, "warmup": True, "grace_start_s": 60}))


def test_no_call_is_made_while_heating_up() -> None:
    rig = warm_rig()
    rig.start()
    rig.opened()
    rig.wait(1)
    rig.printer("PRINTING", heating=True)
    rig.wait(300)
    assert rig.seen(m.InspectFrame) == []
    assert rig.status()["hold"] == "heating"
    assert rig.status()["blind"] is False


def test_heated_up_the_first_frame_follows_shortly_and_grace_starts_then() -> None:
    rig = warm_rig()
    rig.start()
    rig.opened()
    rig.printer("PRINTING", heating=True)
    rig.wait(300)
    rig.printer("PRINTING", heating=False, tool_ready=True)
    assert rig.status()["grace_s"] == 60
    rig.wait(SETTLE_S)
    assert len(rig.seen(m.InspectFrame)) == 1


def test_after_the_warm_up_a_cooler_hot_end_does_not_stop_the_watch() -> None:
    rig = warm_rig()
    rig.start()
    rig.opened()
    rig.printer("PRINTING", heating=False, tool_ready=True)
    rig.printer("PRINTING", heating=True)
    assert rig.status()["hold"] is None


def test_a_heater_that_never_arrives_does_not_keep_the_watch_waiting_for_ever() -> None:
    rig = warm_rig()
    rig.start()
    rig.opened()
    rig.printer("PRINTING", heating=True)
    rig.wait(WARMUP_LIMIT_S + 10)
    assert len(rig.seen(m.InspectFrame)) == 1
