"""When frames are judged, what an error leads to, and when we are blind."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.intervals import (
    DEFAULT_INTERVAL_S,
    MAX_INTERVAL_S,
    clamp_interval_s,
)
from octoprint_aiwatch.core.ladder import ASK_RETRY_S
from octoprint_aiwatch.core.rung import BACKOFF_MOST_S, backoff_s
from octoprint_aiwatch.core.scheduling import HANG_AFTER_S
from octoprint_aiwatch.core.values import PrinterReading
from tests.core.rig import GOOD, QUICK, WARN, Rig, remote, settings_with


def next_check_after_s(rig: Rig, limit_s: float = 4000.0) -> float:
    """Seconds until the next frame (or context) is ordered."""
    rig.forget()
    start_s = rig.now_s
    while rig.now_s - start_s < limit_s:
        rig.wait(1.0)
        if rig.seen(m.InspectFrame) or rig.seen(m.OpenContext):
            return rig.now_s - start_s
    raise AssertionError(f"nothing was ordered within {limit_s} s")


def test_the_backends_interval_is_the_minimum(rig: Rig) -> None:
    rig.watching()
    rig.judged(remote(next_s=45))
    assert next_check_after_s(rig) == 45


def test_the_users_larger_interval_wins() -> None:
    rig = Rig(settings_with(watch={**QUICK, "min_interval_s": 120}))
    rig.watching()
    rig.judged(remote(next_s=45))
    assert next_check_after_s(rig) == 120


@pytest.mark.parametrize("nonsense", [-5.0, math.nan, -math.inf, math.inf])
def test_an_interval_without_sense_is_replaced(nonsense: float) -> None:
    assert clamp_interval_s(nonsense) == DEFAULT_INTERVAL_S


def test_an_interval_of_a_week_is_cut_down() -> None:
    assert clamp_interval_s(7 * 24 * 3600.0) == MAX_INTERVAL_S


@given(st.floats())
def test_any_interval_becomes_one_that_can_be_waited_for(interval_s: float) -> None:
    assert 0 <= clamp_interval_s(interval_s) <= MAX_INTERVAL_S


@given(st.integers(1, 1000), st.floats(0, 1))
def test_backoff_is_bounded_and_recovers_within_five_minutes(
    failures: int, jitter: float
) -> None:
    assert 7.5 <= backoff_s(failures, jitter) <= 1.25 * BACKOFF_MOST_S <= 300


def test_backoff_grows_with_each_failure() -> None:
    waits = [backoff_s(failures, 0.5) for failures in range(1, 6)]
    assert waits == [10, 20, 40, 80, 160]


def test_one_order_at_a_time(rig: Rig) -> None:
    rig.watching()
    rig.wait(100)
    assert len(rig.seen(m.InspectFrame)) == 1


def test_a_failed_call_is_repeated_with_growing_pauses(rig: Rig) -> None:
    rig.watching()
    waits = []
    for _ in range(3):
        rig.fails("timeout")
        waits.append(next_check_after_s(rig))
    assert waits == [10, 20, 40]


def test_success_resets_the_backoff(rig: Rig) -> None:
    rig.watching()
    for _ in range(3):
        rig.fails("timeout")
        next_check_after_s(rig)
    rig.judged(GOOD)
    next_check_after_s(rig)
    rig.fails("timeout")
    assert next_check_after_s(rig) == 10


def test_a_failed_call_never_shortens_the_backends_wait(rig: Rig) -> None:
    rig.watching()
    rig.fails("throttled", wait_s=75.0)
    assert next_check_after_s(rig) == 75


def test_a_bad_frame_costs_one_interval_only(rig: Rig) -> None:
    rig.watching()
    for _ in range(5):
        rig.fails("snapshot_truncated", "next_frame", "camera")
        assert next_check_after_s(rig) == QUICK["min_interval_s"]


def test_a_refused_context_is_replaced_at_once(rig: Rig) -> None:
    rig.watching()
    rig.forget()
    rig.fails("context_refused", "reopen")
    assert len(rig.seen(m.OpenContext)) == 1


def test_a_context_refused_again_and_again_is_not_replaced_in_a_loop(rig: Rig) -> None:
    rig.watching()
    rig.fails("context_refused", "reopen")
    rig.opened()
    rig.fails("context_refused", "reopen")
    assert next_check_after_s(rig) == 20


def test_what_only_the_user_can_mend_is_left_alone_for_long(rig: Rig) -> None:
    rig.watching()
    rig.fails("api_key_refused", "ask")
    rig.forget()
    rig.wait(ASK_RETRY_S - 1)
    assert rig.seen(m.OpenContext) == []
    status = rig.status()
    assert status["hold"] == "ask"
    assert status["blind"] is True
    assert "API key" in status["reason"]


def test_it_is_tried_again_after_that(rig: Rig) -> None:
    rig.watching()
    rig.fails("model_missing", "ask")
    assert next_check_after_s(rig) == ASK_RETRY_S


def test_a_refused_key_is_not_tried_again_before_the_user_acts(rig: Rig) -> None:
    rig.watching()
    rig.fails("api_key_refused", "ask")
    rig.forget()
    rig.wait(ASK_RETRY_S * 20)
    assert rig.seen(m.OpenContext) == []


def test_new_credentials_are_tried_at_once() -> None:
    rig = Rig(settings_with(watch=QUICK, backend="gadget"))
    rig.watching()
    rig.fails("api_key_refused", "ask")
    rig.forget()
    key = {"gadget": {"api_key": "another"}}
    rig.change(settings_with(watch=QUICK, backend="gadget", backends=key))
    assert len(rig.seen(m.OpenContext)) == 1


def test_check_now_tries_at_once_what_only_the_user_can_mend(rig: Rig) -> None:
    rig.watching()
    rig.fails("payment_due", "ask")
    rig.forget()
    rig.press("check_now")
    assert len(rig.seen(m.OpenContext)) == 1


def test_check_now_brings_the_next_check_forward(rig: Rig) -> None:
    rig = Rig(settings_with(watch={**QUICK, "min_interval_s": 600}))
    rig.watching()
    rig.judged(remote(next_s=0))
    rig.forget()
    rig.press("check_now")
    assert len(rig.seen(m.InspectFrame)) == 1


def test_check_now_never_undercuts_the_backends_interval(rig: Rig) -> None:
    rig.watching()
    rig.judged(remote(next_s=45))
    rig.wait(10)
    rig.press("check_now")
    assert next_check_after_s(rig) == 35


@given(
    st.lists(
        st.sampled_from(
            ["good", "bad", "fail", "pause", "resume", "press", "frame", "wait", "save"]
        ),
        max_size=40,
    ),
    st.sampled_from([5.0, 40.0, 300.0]),
)
def test_no_call_is_ever_made_earlier_than_the_backend_asked(
    story: list[str], interval_s: float
) -> None:
    rig = Rig(settings_with(watch={**QUICK, "min_interval_s": 5}))
    rig.watching()
    not_before = -math.inf

    def answer(inspection: m.Inspection) -> float:
        rig.judged(inspection)
        return rig.now_s + interval_s

    for act in story:
        before = len(rig.effects)
        busy = rig.state.order is not None and rig.state.order.kind == "inspect"
        if rig.state.order is not None and rig.state.order.kind == "open":
            rig.opened()
        if act == "good" and busy:
            not_before = answer(remote(next_s=interval_s))
        elif act == "bad" and busy:
            not_before = answer(remote(0.9, True, True, interval_s))
        elif act == "fail" and busy:
            rig.fails("timeout", wait_s=interval_s)
            not_before = rig.now_s + interval_s
        elif act == "frame" and busy:
            rig.fails("snapshot_truncated", "next_frame", "camera")
        elif act == "pause":
            rig.printer("PAUSED")
        elif act == "resume":
            rig.printer("PRINTING")
        elif act == "press":
            rig.press("check_now")
        elif act == "save":
            rig.change(settings_with(watch={**QUICK, "min_interval_s": 6}))
        else:
            rig.wait(7.0)
        for effect in rig.effects[before:]:
            if isinstance(effect, m.InspectFrame):
                assert rig.now_s >= not_before


# -- blindness ------------------------------------------------------------------------


def test_a_failed_check_is_blind_and_never_ok(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    next_check_after_s(rig)
    rig.fails("timeout")
    status = rig.status()
    assert (status["verdict"], status["score"], status["blind"]) == (
        "unknown",
        None,
        True,
    )
    assert status["detections"] == []


def test_blindness_is_announced_once_after_it_lasted(rig: Rig) -> None:
    rig.watching()
    started_s = rig.now_s
    while rig.now_s - started_s < 600:
        rig.fails("timeout")
        announced = rig.events().count("blinded")
        assert announced == (1 if rig.now_s - started_s >= 90 else 0)
        next_check_after = rig.check_at - rig.now_s
        rig.wait(next_check_after)
    assert rig.alerts().count("blinded") == 1


def test_recovery_is_announced_once(rig: Rig) -> None:
    rig.watching()
    rig.fails("timeout")
    for _ in range(6):
        rig.wait(rig.check_at - rig.now_s)
        rig.fails("timeout")
    assert "blinded" in rig.events()
    for _ in range(2):
        rig.wait(rig.check_at - rig.now_s)
        rig.judged(GOOD)
    assert rig.events().count("recovered") == 1
    assert rig.alerts().count("recovered") == 1
    assert rig.status()["verdict"] == "ok"


def test_a_short_trouble_is_not_announced(rig: Rig) -> None:
    rig.watching()
    rig.fails("timeout")
    rig.wait(10)
    rig.judged(GOOD)
    assert not {"blinded", "recovered"} & set(rig.events())


def test_what_only_the_user_can_mend_is_announced_at_once(rig: Rig) -> None:
    rig.watching()
    rig.fails("api_key_refused", "ask")
    assert rig.alerts() == ["blinded"]


def test_a_cause_is_logged_once_however_often_it_happens(rig: Rig) -> None:
    rig.watching()
    for _ in range(5):
        rig.fails("timeout")
        rig.wait(rig.check_at - rig.now_s)
    assert [log.code for log in rig.seen(m.Log)].count("timeout") == 1


def test_another_cause_is_logged_as_well(rig: Rig) -> None:
    rig.watching()
    rig.fails("timeout")
    rig.wait(10)
    rig.fails("snapshot_is_page", "next_frame", "camera")
    codes = [log.code for log in rig.seen(m.Log)]
    assert codes.index("timeout") < codes.index("snapshot_is_page")


def test_nothing_wrong_ever_pauses_a_print(rig: Rig) -> None:
    rig.watching()
    rig.judged(WARN)
    for step in ("retry", "next_frame", "reopen", "ask", "bug") * 4:
        rig.wait(ASK_RETRY_S)
        if rig.state.order is not None and rig.state.order.kind == "open":
            rig.opened()
        if rig.state.order is not None:
            rig.fails("timeout", step)
    assert rig.seen(m.PausePrint) == []
    assert rig.seen(m.CancelPrint) == []


def test_a_worker_that_hangs_is_noticed_and_replaced(rig: Rig) -> None:
    rig.watching()
    rig.wait(91)
    assert rig.status()["blind"] is True
    assert "blinded" in rig.events()
    rig.wait(HANG_AFTER_S)
    assert len(rig.seen(m.ReplaceWorker)) == 1
    assert len(rig.seen(m.OpenContext)) == 2


def test_a_long_interval_of_the_backend_is_not_blindness(rig: Rig) -> None:
    rig.watching()
    rig.judged(remote(next_s=900))
    rig.wait(600)
    assert rig.status()["blind"] is False
    assert rig.status()["verdict"] == "ok"


def test_a_paused_print_is_never_called_blind(rig: Rig) -> None:
    rig.watching()
    rig.fails("timeout")
    rig.printer("PAUSED")
    rig.wait(600)
    assert rig.status()["blind"] is False
    assert "blinded" not in rig.events()


def test_after_a_resume_an_old_trouble_is_not_announced_before_its_time(
    rig: Rig,
) -> None:
    rig.watching()
    rig.fails("timeout")
    rig.printer("PAUSED")
    rig.wait(3600)
    rig.printer("PRINTING")
    assert "blinded" not in rig.events()


def test_the_frame_that_the_backend_refused_is_shown_without_boxes(rig: Rig) -> None:
    rig.watching()
    fault = m.Fault("frame_refused", "next_frame", "backend")
    frame = m.Frame(b"", 640, 480)
    rig.send(m.OrderFailed(rig.ticket, fault, rig.now_s, 0.5, frame))
    assert rig.status()["frame"] == 1
    assert rig.status()["detections"] == []


# -- where the job stands -------------------------------------------------------------


def test_an_order_says_where_the_job_stands_and_since_when(rig: Rig) -> None:
    rig.start()
    rig.opened()
    rig.send(m.PrinterRead(PrinterReading("PRINTING", position=4711.0)))
    rig.wait(0.0)
    (order,) = rig.seen(m.InspectFrame)
    rig.judged(GOOD)
    rig.send(m.PrinterRead(PrinterReading("PRINTING", position=5000.0)))
    rig.wait(60.0)
    later = rig.seen(m.InspectFrame)[-1]
    assert later.progress.position == 5000.0
    assert later.progress.since_s == order.progress.since_s is not None


def test_after_a_pause_an_order_says_that_the_job_went_on_anew(rig: Rig) -> None:
    rig.watching()
    first = rig.seen(m.InspectFrame)[-1].progress.since_s
    rig.judged(GOOD)
    rig.printer("PAUSED")
    rig.wait(30.0)
    rig.printer("PRINTING")
    rig.wait(60.0)
    later = rig.seen(m.InspectFrame)[-1].progress.since_s
    assert later is not None
    assert later > first
