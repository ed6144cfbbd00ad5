"""A machine that waits for something sleeps until then; it does not ask all the time."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core.state import wake_at
from tests.core.rig import QUICK, Rig, settings_with


@pytest.fixture
def rig() -> Rig:
    return Rig(settings_with(watch=QUICK))


def sleeps_s(rig: Rig) -> float:
    due = wake_at(rig.state, rig.now_s)
    assert due is not None
    return due - rig.now_s


def test_while_the_user_is_asked_a_resume_makes_no_check_due(rig: Rig) -> None:
    rig.watching()
    rig.fails("api_key_refused", "ask")
    rig.printer("PAUSED")
    rig.wait(10)
    rig.printer("PRINTING")
    assert rig.status()["hold"] == "ask"
    assert rig.status()["next_check_s"] is None
    assert sleeps_s(rig) >= 1


def test_a_key_refused_before_the_print_is_under_way_leaves_the_machine_asleep(
    rig: Rig,
) -> None:
    rig.start(then=None)
    rig.fails("api_key_refused", "ask")
    rig.printer("PRINTING")
    assert rig.status()["next_check_s"] is None
    assert sleeps_s(rig) >= 1


def test_check_now_ends_the_asking(rig: Rig) -> None:
    rig.start(then=None)
    rig.fails("api_key_refused", "ask")
    rig.printer("PRINTING")
    rig.press("check_now")
    assert rig.status()["hold"] is None
    assert rig.state.order is not None
