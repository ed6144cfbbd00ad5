"""How far checks are put off under strain, exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.values import FrameEvidence, Inspection
from octoprint_aiwatch.core.yielding import CALM_S, MOST_S, STRETCH, extra_s, put_off
from tests.core.rig import QUICK, Rig, settings_with

FINE = Inspection(FrameEvidence(0.02))


def watching(**watch: Any) -> Rig:
    """One frame was judged, and the next is due in ten seconds."""
    rig = Rig(settings_with(backend="local", watch={**QUICK, **watch}))
    rig.watching()
    rig.judged(FINE)
    rig.forget()
    return rig


def strain(rig: Rig, sign: str, after_s: float = 0.0) -> None:
    rig.now_s += after_s
    rig.send(m.PrinterRead(replace(rig.state.reading, strain=sign)))


def due_in_s(rig: Rig) -> float:
    return rig.check_at - rig.now_s


def logged(rig: Rig) -> list[m.Log]:
    found: list[m.Log] = rig.seen(m.Log)
    return found


@pytest.mark.parametrize(
    ("pace_s", "extra"),
    [
        (10.0, 10.0 * (STRETCH - 1)),
        (MOST_S / STRETCH, MOST_S * (1 - 1 / STRETCH)),
        (MOST_S - 10, 10.0),
        (MOST_S, 0.0),
        (MOST_S + 50, 0.0),
    ],
)
def test_it_is_stretched_up_to_the_most_and_never_shortened(
    pace_s: float, extra: float
) -> None:
    state = watching().state
    assert extra_s(replace(state, strain="hot"), pace_s) == extra
    assert extra_s(state, pace_s) == 0.0


def test_the_next_check_is_planned_from_when_the_last_one_was_done() -> None:
    planned = put_off(replace(watching().state, strain="hot"), 500.0, 10.0)
    assert planned.next_check_at == 500.0 + 10.0 * STRETCH
    assert (planned.pace_s, planned.put_off_s) == (10.0, 10.0 * (STRETCH - 1))


def test_a_strain_that_begins_is_in_the_log_and_puts_the_next_check_off() -> None:
    rig = watching()
    strain(rig, "hot", 4.0)
    assert logged(rig) == [m.Log("info", "yields_hot")]
    assert due_in_s(rig) == 10.0 * STRETCH - 4.0


def test_another_strain_takes_its_place_without_more_delay() -> None:
    rig = watching()
    strain(rig, "hot")
    strain(rig, "lagging", 1.0)
    assert due_in_s(rig) == 10.0 * STRETCH - 1.0
    assert rig.status()["strain"] == "lagging"
    assert len(logged(rig)) == 1


def test_a_check_that_is_due_or_under_way_is_not_put_off() -> None:
    rig = watching()
    rig.wait(10.0)
    assert rig.state.order is not None
    planned_at = rig.state.next_check_at
    strain(rig, "hot")
    assert rig.state.next_check_at == planned_at


def test_one_that_is_due_this_very_moment_is_made() -> None:
    rig = watching()
    strain(rig, "hot", 10.0)
    assert len(rig.seen(m.InspectFrame)) == 1


def test_it_is_over_when_it_was_not_seen_for_exactly_so_long() -> None:
    rig = watching(min_interval_s=30)
    strain(rig, "hot")
    strain(rig, "hot", 20.0)
    strain(rig, "", CALM_S - 0.1)
    assert rig.status()["strain"] == "hot"
    before_s = due_in_s(rig)
    rig.forget()
    strain(rig, "", 0.1)
    assert rig.status()["strain"] is None
    assert logged(rig) == [m.Log("info", "yields_over")]
    assert due_in_s(rig) == pytest.approx(before_s - 0.1 - (MOST_S - 30.0))
    assert rig.state.put_off_s == 0.0


def test_a_strain_that_was_seen_once_lasts_for_its_time() -> None:
    rig = watching(min_interval_s=300)
    strain(rig, "hot")
    strain(rig, "", CALM_S - 0.1)
    assert rig.status()["strain"] == "hot"
    strain(rig, "", 0.1)
    assert rig.status()["strain"] is None


def test_a_second_strain_is_a_new_one() -> None:
    rig = watching(min_interval_s=300)
    for _ in range(2):
        strain(rig, "hot")
        strain(rig, "", CALM_S)
    codes = [one.code for one in logged(rig)]
    assert codes == ["yields_hot", "yields_over"] * 2


def test_switched_off_it_comes_back_at_once() -> None:
    rig = watching()
    strain(rig, "hot")
    rig.change(settings_with(backend="local", watch={**QUICK, "give_way": False}))
    assert rig.status()["strain"] is None
    assert due_in_s(rig) == 10.0


def test_a_strain_ends_with_the_job() -> None:
    rig = watching()
    strain(rig, "hot")
    rig.send(m.PrintEnded("done"))
    assert rig.status()["strain"] is None


def test_a_strain_that_goes_on_in_a_pause_is_over_after_its_time() -> None:
    rig = watching()
    strain(rig, "hot")
    rig.now_s += CALM_S
    rig.send(m.PrinterRead(replace(rig.state.reading, state_id="PAUSED", strain="hot")))
    assert rig.status()["strain"] is None
