"""What the worker's answers and failures lead to, told exactly."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.lifecycle import SETTLE_S
from octoprint_aiwatch.core.pacing import STRETCH_MOST_S
from octoprint_aiwatch.core.state import Order
from octoprint_aiwatch.core.values import (
    Detection,
    Fault,
    Frame,
    FrameEvidence,
    Inspection,
    PrinterReading,
    RemoteEvidence,
)
from octoprint_aiwatch.core.yielding import STRETCH
from tests.core.rig import GOOD, QUICK, Rig, remote, settings_with

FRAME = Frame(b"", 640, 480)
TIMEOUT = Fault("timeout", "retry", "backend", {"host": "h"})
BOX = Detection(0.8, 0.5, 0.5, 0.1, 0.1)


def ordered(rig: Rig) -> Order:
    assert rig.state.order is not None
    return rig.state.order


@pytest.mark.parametrize(
    "late",
    [
        m.ContextOpened(2),
        m.InspectionDone(2, GOOD, FRAME, 1000.0),
        m.OrderFailed(2, TIMEOUT, 1000.0, 0.5),
    ],
)
def test_what_nobody_waits_for_changes_nothing(rig: Rig, late: Any) -> None:
    rig.watching()
    rig.judged(GOOD)
    before = rig.state
    assert rig.send(late) == []
    assert rig.state == before


# -- a context is open -----------------------------------------------------------------


def test_a_context_that_took_long_leaves_the_first_check_its_time(rig: Rig) -> None:
    rig.start()
    rig.now_s += 80.0
    rig.opened()
    rig.now_s += 80.0
    assert rig.status()["blind"] is False
    rig.now_s += 11.0
    assert rig.status()["blind"] is True


def test_a_context_that_is_open_quickly_does_not_hurry_the_first_frame() -> None:
    rig = Rig(settings_with(watch={**QUICK, "warmup": True}))
    rig.start()
    rig.opened()
    assert rig.seen(m.InspectFrame) == []
    assert rig.check_at == rig.now_s + SETTLE_S


# -- a frame was judged ----------------------------------------------------------------


def test_a_strain_stretches_the_services_own_interval() -> None:
    rig = Rig(settings_with(watch=QUICK))
    rig.watching()
    rig.send(m.PrinterRead(PrinterReading("PRINTING", strain="hot")))
    rig.judged(remote(next_s=20.0))
    assert rig.check_at == rig.now_s + 20.0 * STRETCH


def test_few_calls_left_put_the_next_check_off(rig: Rig) -> None:
    rig.watching()
    rig.send(m.PrinterRead(PrinterReading("PRINTING"), {"gadget": 5}))
    rig.judged(GOOD)
    assert rig.check_at == rig.now_s + STRETCH_MOST_S


def two() -> Rig:
    rig = Rig(settings_with(backend="obico_ml", fallback=["gadget"], watch=QUICK))
    rig.watching()
    return rig


def handed_over() -> Rig:
    """The second of two backends judges; only the user can bring the first one back."""
    rig = two()
    rig.fails("token_refused", "ask")
    rig.opened()
    rig.wait(0.0)
    rig.judged(Inspection(RemoteEvidence(0.1, False, False), (BOX,), 0.0))
    return rig


def test_who_judges_well_makes_nobody_forget_who_failed() -> None:
    rig = handed_over()
    rig.wait(10.0)
    assert ordered(rig).backend == "gadget"


def test_who_fails_makes_nobody_forget_who_failed_before() -> None:
    rig = handed_over()
    rig.wait(10.0)
    rig.fails("timeout")
    rig.wait(rig.check_at - rig.now_s)
    assert ordered(rig).backend == "gadget"


def test_what_failed_before_is_forgotten_at_once_of_the_only_backend(rig: Rig) -> None:
    rig.watching()
    rig.fails("timeout")
    rig.wait(10.0)
    rig.judged(GOOD)
    assert rig.state.rungs["gadget"].failures == 0


def test_where_others_can_judge_it_is_not() -> None:
    rig = two()
    rig.fails("timeout")
    rig.opened()
    rig.wait(0.0)
    rig.judged(Inspection(RemoteEvidence(0.1, False, False)))
    rig.wait(10.0)
    assert ordered(rig).backend == "obico_ml"
    rig.judged(Inspection(FrameEvidence(0.1)))
    assert rig.state.rungs["obico_ml"].failures == 1


def test_a_record_says_who_judged(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    (check,) = rig.seen(m.RecordCheck)
    assert check.record.backend == "gadget"


# -- something went wrong --------------------------------------------------------------


def test_a_frame_that_was_refused_is_one_more_frame(rig: Rig) -> None:
    rig.watching()
    fault = Fault("frame_refused", "next_frame", "backend")
    for number in (1, 2, 3):
        rig.send(m.OrderFailed(rig.ticket, fault, rig.now_s, 0.5, FRAME))
        assert rig.status()["frame"] == number
        rig.wait(10.0)


def test_a_fault_before_there_was_a_frame_is_none(rig: Rig) -> None:
    rig.watching()
    rig.fails("snapshot_truncated", "next_frame", "camera")
    assert rig.status()["frame"] is None


def test_the_boxes_of_one_frame_are_not_drawn_on_the_next() -> None:
    rig = handed_over()
    assert len(rig.status()["detections"]) == 1
    rig.press("check_now")
    assert ordered(rig).backend == "obico_ml"
    fault = Fault("frame_refused", "next_frame", "backend")
    rig.send(m.OrderFailed(rig.ticket, fault, rig.now_s, 0.5, FRAME))
    status = rig.status()
    assert (status["blind"], status["frame"]) == (False, 2)
    assert status["detections"] == []


def test_a_judge_that_may_be_asked_again_at_once_is_blind_meanwhile(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.wait(40.0)
    rig.fails("context_refused", "reopen")
    status = rig.status()
    assert (status["blind"], status["verdict"]) == (True, "unknown")
    assert rig.state.judge == ""


def test_evidence_is_that_of_the_last_frame() -> None:
    rig = Rig(settings_with(backend="local", watch=QUICK))
    rig.watching()
    for score in (0.1, 0.2):
        rig.judged(Inspection(FrameEvidence(score)))
        assert rig.state.evidence == FrameEvidence(score)
        rig.wait(10.0)
