"""What is ordered of the worker, and what is done about one that hangs, told exactly."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.rung import backoff_s
from octoprint_aiwatch.core.scheduling import HANG_AFTER_S
from octoprint_aiwatch.core.values import Fault, PrinterReading, Progress
from tests.core.rig import QUICK, Rig, remote, settings_with

NO_ANSWER = Fault("no_answer", "retry", "backend")


def hang(rig: Rig) -> list[m.Effect]:
    """Nothing comes of what was ordered."""
    rig.forget()
    assert rig.state.order is not None
    rig.now_s = rig.state.order.since_s + HANG_AFTER_S
    return rig.send(m.PrinterRead(rig.state.reading))


def opened_by(rig: Rig) -> list[str]:
    return [one.backend for one in rig.seen(m.OpenContext)]


def test_an_order_is_made_with_the_settings_as_they_are(rig: Rig) -> None:
    rig.watching()
    (order,) = rig.seen(m.InspectFrame)
    assert order.settings == rig.state.settings
    assert order.backend == "gadget"


def test_a_look_is_told_since_when_the_print_goes_on_and_where_it_is(rig: Rig) -> None:
    rig.start()
    since_s = rig.now_s
    rig.now_s += 5.0
    rig.send(m.PrinterRead(PrinterReading("PRINTING", position=4711.0)))
    rig.opened()
    (order,) = rig.seen(m.InspectFrame)
    assert order.progress == Progress(since_s, 4711.0)


def test_no_two_orders_have_the_same_ticket(rig: Rig) -> None:
    rig.watching()
    for _ in range(3):
        rig.judged(remote(next_s=0.0))
        rig.wait(10.0)
    tickets = [one.ticket for one in rig.seen(m.OpenContext) + rig.seen(m.InspectFrame)]
    assert len(set(tickets)) == len(tickets) == 5


def test_an_order_has_its_whole_time(rig: Rig) -> None:
    rig.watching()
    rig.now_s += HANG_AFTER_S - 0.1
    rig.send(m.PrinterRead(rig.state.reading))
    assert rig.seen(m.ReplaceWorker) == []


def test_after_that_the_worker_is_replaced_and_all_begins_anew_at_once(rig: Rig) -> None:
    rig.watching()
    rig.judged(remote(next_s=0.0))
    rig.wait(10.0)
    hang(rig)
    told = (m.CloseContext, m.ReplaceWorker, m.Log)
    assert [one for one in rig.effects if isinstance(one, told)] == [
        m.CloseContext(),
        m.ReplaceWorker(),
        m.Log("warning", "no_answer"),
    ]
    assert rig.state.fault == NO_ANSWER
    rig.send(m.PrinterRead(rig.state.reading))
    assert opened_by(rig) == ["gadget"]
    assert rig.status()["phase"] == "opening"


def test_a_context_that_hangs_is_opened_anew_too(rig: Rig) -> None:
    rig.start()
    for _ in range(2):
        hang(rig)
        rig.send(m.PrinterRead(rig.state.reading))
        assert opened_by(rig) == ["gadget"]


def test_blindness_counts_from_the_order_that_hangs() -> None:
    rig = Rig(settings_with(watch={**QUICK, "blind_after_s": HANG_AFTER_S + 50}))
    rig.watching()
    ordered_s = rig.now_s
    hang(rig)
    rig.now_s = ordered_s + HANG_AFTER_S + 49
    rig.send(m.PrinterRead(rig.state.reading))
    assert rig.alerts() == []
    rig.now_s += 1
    rig.send(m.PrinterRead(rig.state.reading))
    assert rig.alerts() == ["blinded"]


# -- where somebody else can be asked --------------------------------------------------


@pytest.fixture
def two() -> Rig:
    """Two backends, of which the second judges and the first is being opened again."""
    rig = Rig(settings_with(backend="obico_ml", fallback=["gadget"], watch=QUICK))
    rig.watching()
    rig.fails("timeout")
    rig.wait(0.0)
    rig.opened()
    rig.wait(0.0)
    rig.judged(remote(next_s=1000.0))
    rig.press("check_now")
    assert rig.state.order is not None
    assert rig.state.order.backend == "obico_ml"
    return rig


def test_who_hangs_makes_room_and_the_next_begins_anew_without_its_interval(
    two: Rig,
) -> None:
    hang(two)
    two.send(m.PrinterRead(two.state.reading))
    assert opened_by(two) == ["gadget"]
    two.opened()
    assert [one.backend for one in two.seen(m.InspectFrame)] == ["gadget"]


def test_who_hangs_makes_nobody_forget_who_was_refused() -> None:
    rig = Rig(settings_with(backend="obico_ml", fallback=["gadget"], watch=QUICK))
    rig.watching()
    rig.fails("token_refused", "ask")
    hang(rig)
    assert [one["state"] for one in rig.status()["ladder"]] == ["off", "waiting"]


def test_who_hangs_is_left_alone_longer_each_time(two: Rig) -> None:
    hang(two)
    again_s = two.state.rungs["obico_ml"].again_at - two.now_s
    assert again_s == pytest.approx(backoff_s(2, 0.5))
