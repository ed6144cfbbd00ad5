"""What faults and answers make of a backend, and what a change of judge is, exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.frames import BASELINE_S
from octoprint_aiwatch.core.ladder import (
    ASK_RETRY_S,
    GRACE_CHANGE_S,
    STEADY_S,
    judged,
    tripped,
)
from octoprint_aiwatch.core.rung import NEVER, Rung, backoff_s
from octoprint_aiwatch.core.state import Order, State
from octoprint_aiwatch.core.usual import SECTION, Usual
from octoprint_aiwatch.core.values import (
    Fault,
    FrameEvidence,
    Inspection,
    PrinterReading,
    Reason,
)
from octoprint_aiwatch.core.words import nested
from tests.core.rig import BAD, GOOD, LABELS, QUICK, WARN, Rig, remote, settings_with

NOW_S = 100.0
JITTER = 0.5
KNOWN = Rung(opened=True, not_before=NOW_S - 50, failures=1, steady_since=NOW_S - 90)
"""A rung that has judged for a while, and has failed before that."""


def fault(step: str, code: str = "timeout", wait_s: float = 0.0) -> Fault:
    return Fault(code, step, "backend", {}, wait_s)


def trip(rung: Rung, happened: Fault) -> Rung:
    return tripped(rung, happened, NOW_S, JITTER)


# -- what a fault makes of a rung ------------------------------------------------------


@pytest.mark.parametrize("step", ["retry", "bug"])
def test_who_failed_is_left_alone_longer_each_time(step: str) -> None:
    happened = fault(step)
    assert trip(KNOWN, happened) == replace(
        KNOWN,
        not_before=NOW_S,
        failures=2,
        fault=happened,
        again_at=NOW_S + backoff_s(2, JITTER),
        steady_since=None,
    )


def test_who_wants_to_be_left_alone_for_longer_is() -> None:
    rung = trip(KNOWN, fault("retry", wait_s=500.0))
    assert (rung.not_before, rung.again_at) == (NOW_S + 500, NOW_S + 500)


def test_a_fault_never_shortens_what_was_asked_for_before() -> None:
    known = replace(KNOWN, not_before=NOW_S + 700)
    for wait_s in (0.0, -900.0):
        rung = trip(known, fault("retry", wait_s=wait_s))
        assert (rung.not_before, rung.again_at) == (NOW_S + 700, NOW_S + 700)


def test_a_wait_that_lies_in_the_past_is_none() -> None:
    assert trip(KNOWN, fault("retry", wait_s=-40.0)).not_before == NOW_S


def test_a_context_that_is_lost_takes_its_interval_with_it() -> None:
    known = replace(KNOWN, not_before=NOW_S + 700)
    happened = fault("reopen")
    assert trip(known, happened) == Rung(
        False, NOW_S, 2, happened, NOW_S + backoff_s(2, JITTER)
    )


@pytest.mark.parametrize("code", ["context_refused", "rate_limited"])
def test_what_the_same_backend_mends_is_tried_at_once_but_only_once(code: str) -> None:
    first = trip(KNOWN, fault("reopen", code))
    assert (first.again_at, first.failures) == (NOW_S, 2)
    second = trip(first, fault("reopen", code))
    assert second.again_at == NOW_S + backoff_s(3, JITTER)


def test_throttled_it_is_its_turn_still_but_not_before_it_said() -> None:
    rung = trip(KNOWN, fault("retry", "rate_limited", 75.0))
    assert (rung.again_at, rung.not_before) == (NOW_S, NOW_S + 75)


def test_what_only_the_user_can_mend_is_tried_seldom() -> None:
    happened = fault("ask", "model_missing")
    assert trip(KNOWN, happened) == Rung(False, NOW_S, 1, happened, NOW_S + ASK_RETRY_S)


@pytest.mark.parametrize(
    "code",
    [
        "api_key_refused",
        "credentials_refused",
        "partner_token_refused",
        "payment_due",
        "token_refused",
    ],
)
def test_what_another_try_cannot_mend_is_not_tried(code: str) -> None:
    assert trip(KNOWN, fault("ask", code)).again_at == NEVER


@pytest.mark.parametrize("step", ["next_frame", "spent"])
def test_what_is_no_backends_fault_is_not_held_against_it(step: str) -> None:
    rung = trip(KNOWN, fault(step, wait_s=5.0))
    assert rung == replace(KNOWN, not_before=NOW_S + 5, steady_since=None)


# -- what an answer makes of it --------------------------------------------------------

FAILED = Rung(True, 0.0, 3, fault("retry"), NOW_S + 50, told=True)


def test_who_answers_is_free_again_and_keeps_its_interval() -> None:
    assert judged(FAILED, NOW_S, 40.0, alone=False) == Rung(
        True, NOW_S + 40, 3, None, 0.0, NOW_S, told=True
    )


def test_its_faults_are_forgotten_once_it_has_been_steady() -> None:
    rung = judged(FAILED, NOW_S, 0.0, alone=False)
    just = judged(rung, NOW_S + STEADY_S - 0.1, 0.0, alone=False)
    assert (just.failures, just.steady_since) == (3, NOW_S)
    assert judged(just, NOW_S + STEADY_S, 0.0, alone=False).failures == 0


def test_with_nobody_else_to_ask_they_are_forgotten_at_once() -> None:
    assert judged(FAILED, NOW_S, 0.0, alone=True).failures == 0


# -- who takes over --------------------------------------------------------------------


def two(remembered: Optional[dict[str, Any]] = None, **changes: Any) -> Rig:
    """A service, and the built-in detector behind it, which are both ready."""
    settings = settings_with(
        backend="gadget", fallback=["obico_ml"], **{"watch": QUICK, **changes}
    )
    rig = Rig(settings)
    rig.state = State(settings, remembered or {}, LABELS)
    rig.watching()
    return rig


def ordered(rig: Rig) -> Order:
    assert rig.state.order is not None
    return rig.state.order


def other_judges(rig: Rig, inspection: Inspection) -> None:
    """The service fails, and the next one judges."""
    rig.fails("timeout")
    rig.wait(0.0)
    rig.opened()
    rig.wait(0.0)
    assert ordered(rig).backend == "obico_ml"
    rig.forget()
    rig.judged(inspection)


FINE = Inspection(FrameEvidence(0.02))
CHANGED = {
    "backend": nested(LABELS["obico_ml"], {}),
    "before": nested(LABELS["gadget"], {}),
}


def test_a_change_of_judge_is_told_on_the_bus_and_in_the_log() -> None:
    rig = two()
    rig.judged(GOOD)
    rig.wait(40.0)
    other_judges(rig, FINE)
    reason = Reason("backend_changed", CHANGED)
    assert m.RaiseEvent("backend_changed", reason) in rig.effects
    assert m.Log("info", "backend_changed", CHANGED) in rig.effects
    assert (rig.state.judge, rig.state.memory_of) == ("obico_ml", "obico_ml")


def test_who_goes_on_judging_is_no_change() -> None:
    rig = two()
    for _ in range(2):
        rig.judged(GOOD)
        rig.wait(40.0)
    assert "backend_changed" not in rig.events()


def test_in_mid_print_a_change_brings_a_short_grace() -> None:
    rig = two()
    rig.judged(GOOD)
    rig.wait(40.0)
    other_judges(rig, FINE)
    assert rig.status()["grace_s"] == GRACE_CHANGE_S


def test_before_the_first_check_it_brings_none() -> None:
    rig = two()
    other_judges(rig, FINE)
    assert rig.status()["grace_s"] == 0.0


def test_a_longer_grace_stays() -> None:
    rig = two(watch={**QUICK, "grace_start_s": 600})
    rig.judged(remote(next_s=0.0))
    rig.wait(10.0)
    other_judges(rig, FINE)
    assert rig.status()["grace_s"] == 590.0


def test_who_takes_over_may_act_on_a_failure_that_was_acted_on_before() -> None:
    rig = two(actions={"on_failure": "notify"})
    rig.judged(BAD)
    rig.wait(40.0)
    other_judges(rig, BAD)
    rig.wait(GRACE_CHANGE_S)
    assert "failure_detected" in rig.events()


def test_a_pause_that_is_under_way_is_not_wanted_twice() -> None:
    rig = two()
    rig.judged(remote(0.95, warning=True, pause=True, next_s=0.0))
    rig.wait(10.0)
    acted_at = rig.state.acted_at
    other_judges(rig, BAD)
    assert rig.state.attempt is not None
    assert rig.state.acted_at == acted_at is not None


USUAL = {"mean": 0.2, "evidence_s": 7200.0}


@pytest.mark.parametrize("late", [True, False])
def test_who_takes_over_knows_what_is_usual_for_it(late: bool) -> None:
    rig = two({SECTION: {"obico_ml": USUAL}})
    if late:
        rig.judged(GOOD)
        rig.wait(40.0)
    other_judges(rig, FINE)
    assert rig.state.memory.frames.usual == Usual(**USUAL)


@pytest.mark.parametrize("seen", [WARN, BAD])
def test_nobody_takes_over_from_one_that_suspects_something(seen: Inspection) -> None:
    rig = two(actions={"on_failure": "notify"})
    other_judges(rig, Inspection(seen.evidence))
    rig.wait(60.0)
    assert ordered(rig).backend == "obico_ml"


def test_but_from_one_that_cannot_judge_any_more() -> None:
    rig = two()
    other_judges(rig, Inspection(WARN.evidence))
    rig.send(m.PrinterRead(PrinterReading("PRINTING"), {"obico_ml": 0}))
    rig.wait(60.0)
    assert ordered(rig).backend == "gadget"
    assert rig.state.fault is None
    assert "budget_spent" not in [log.code for log in rig.seen(m.Log)]


def test_one_that_suspects_and_fails_makes_room_at_once() -> None:
    rig = two()
    rig.judged(remote(0.6, warning=True, next_s=0.0))
    rig.wait(10.0)
    rig.fails("timeout")
    assert ordered(rig).backend == "obico_ml"


def test_from_one_that_suspects_nothing_the_first_takes_over_again() -> None:
    rig = two()
    other_judges(rig, FINE)
    rig.wait(60.0)
    assert ordered(rig).backend == "gadget"


# -- what people are told --------------------------------------------------------------

LEFT_OUT = Reason(
    "backend_left_out",
    {
        "backend": nested(LABELS["gadget"], {}),
        "why": nested("token_refused", {"host": "h"}),
    },
)


def test_who_only_the_user_can_bring_back_is_told_of_once_if_others_go_on() -> None:
    rig = two()
    rig.fails("token_refused", "ask")
    alert = m.Alert("backend_left_out", "notice", "title_left_out", LEFT_OUT, sticky=True)
    assert alert in rig.seen(m.Alert)
    rig.opened()
    rig.wait(0.0)
    rig.judged(FINE)
    rig.forget()
    rig.press("check_now")
    assert ordered(rig).backend == "gadget"
    rig.fails("token_refused", "ask")
    assert rig.seen(m.Alert) == []
    assert rig.status()["blind"] is False


def test_who_is_refused_while_another_judges_is_told_of_too() -> None:
    rig = two()
    other_judges(rig, FINE)
    rig.press("check_now")
    assert ordered(rig).backend == "gadget"
    rig.fails("token_refused", "ask")
    assert rig.alerts() == ["backend_left_out"]


def test_without_a_cascade_the_detector_takes_over_as_any_other() -> None:
    rig = Rig(settings_with(backend="gadget", fallback=["local"], watch=QUICK))
    rig.watching()
    rig.judged(GOOD)
    rig.wait(40.0)
    rig.fails("timeout")
    rig.opened()
    rig.wait(0.0)
    rig.judged(FINE)
    assert rig.state.memory.frames.evidence_s > BASELINE_S


def test_who_comes_back_by_itself_is_not_told_of() -> None:
    rig = two()
    rig.fails("timeout")
    assert "backend_left_out" not in rig.alerts()


def test_with_nobody_else_to_ask_it_is_blindness_that_is_told(rig: Rig) -> None:
    rig.watching()
    rig.fails("token_refused", "ask")
    assert rig.alerts() == ["blinded"]


def test_with_all_others_out_of_calls_it_is_too() -> None:
    rig = two()
    rig.send(m.PrinterRead(PrinterReading("PRINTING"), {"obico_ml": 0}))
    rig.fails("token_refused", "ask")
    assert "backend_left_out" not in rig.alerts()


def test_a_judge_whose_own_frame_fails_is_blind_whoever_is_free() -> None:
    rig = two()
    rig.judged(GOOD)
    rig.wait(40.0)
    rig.fails("snapshot_truncated", "next_frame", "camera")
    assert rig.state.judge == ""
    assert rig.status()["blind"] is True


def test_a_webcam_that_fails_is_blindness_though_another_judges() -> None:
    rig = two()
    other_judges(rig, FINE)
    rig.press("check_now")
    rig.fails("snapshot_truncated", "next_frame", "camera")
    assert rig.status()["blind"] is True


def test_a_try_that_fails_while_another_judges_is_not() -> None:
    rig = two()
    other_judges(rig, FINE)
    rig.press("check_now")
    assert ordered(rig).backend == "gadget"
    rig.fails("timeout")
    assert (rig.state.judge, rig.status()["blind"]) == ("obico_ml", False)


def test_calls_that_are_used_up_are_a_fault_with_their_number() -> None:
    rig = two(budget={"monthly_calls": 7})
    rig.judged(GOOD)
    rig.send(m.PrinterRead(PrinterReading("PRINTING"), {"gadget": 0, "obico_ml": 0}))
    spent = Fault("budget_spent", "spent", "backend", {"calls": 7})
    assert (rig.state.fault, rig.state.judge) == (spent, "")


def test_nobody_else_is_chosen_while_somebody_is_asked() -> None:
    rig = two()
    rig.send(m.PrinterRead(PrinterReading("PRINTING"), {"gadget": 0}))
    assert rig.status()["backend"] == "gadget"
    assert rig.status()["blind"] is False
    rig.judged(GOOD)
    rig.wait(2.0)
    assert rig.state.turn == "obico_ml"


def test_with_all_of_them_refusing_it_holds_until_the_user_acts() -> None:
    rig = two()
    rig.fails("token_refused", "ask")
    assert rig.status()["hold"] is None
    rig.fails("token_refused", "ask")
    assert rig.status()["hold"] == "ask"


def test_a_judge_whose_calls_are_used_up_does_not_hide_that_another_fails() -> None:
    rig = two()
    other_judges(rig, FINE)
    rig.press("check_now")
    rig.send(m.PrinterRead(PrinterReading("PRINTING"), {"obico_ml": 0}))
    rig.fails("timeout")
    assert rig.status()["blind"] is True


def test_who_is_tried_again_alone_is_not_called_left_out_for_a_bad_frame(
    rig: Rig,
) -> None:
    rig.watching()
    rig.fails("model_missing", "ask")
    rig.wait(ASK_RETRY_S)
    rig.opened()
    rig.fails("snapshot_truncated", "next_frame", "camera")
    assert "backend_left_out" not in rig.alerts()


def test_in_mid_print_it_is_known_that_the_start_is_over() -> None:
    rig = two()
    rig.judged(GOOD)
    rig.wait(40.0)
    other_judges(rig, FINE)
    assert rig.state.memory.frames.evidence_s > BASELINE_S


def test_before_the_first_check_nothing_is() -> None:
    rig = two()
    other_judges(rig, FINE)
    assert rig.state.memory.frames.evidence_s < BASELINE_S
