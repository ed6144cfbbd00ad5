"""The service's interval is the shortest time between two calls, whatever anybody wants.

Gadget's simulator notes every call that comes early; `Rig.printing` fails for it.
"""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from simulator.clouds import gadget_error

from tests.e2e.support_watch import SOON_S, Rig

INTERVAL_S = 2


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    rig = Rig(module_workshop)
    rig.gadget.interval_s = INTERVAL_S
    return rig


@pytest.fixture
def side(rig):
    return rig.prepare("gadget")


def gaps_s(side, since_s: float) -> list[float]:
    at_s = [call.at_s for call in side.frames(since_s)]
    return [later - earlier for earlier, later in zip(at_s, at_s[1:])]


def wait_calls(rig: Rig, since_s: float, least: int) -> None:
    rig.host.wait(
        lambda: len(rig.gadget.frames(since_s)) >= least,
        INTERVAL_S + SOON_S,
        f"{least} calls",
    )


def test_check_now_pressed_all_the_time_does_not_shorten_the_interval(rig, side):
    with rig.printing() as since_s:
        rig.wait_checks(1)
        while len(side.frames(since_s)) < 3:
            assert rig.host.now_s() < since_s + 30
            said = rig.host.watch_command("check_now")["text"]
            assert said.startswith("The next check is in ")
            time.sleep(0.05)  # as fast as a finger
        assert min(gaps_s(side, since_s)) >= INTERVAL_S
        assert max(gaps_s(side, since_s)) < 5, "and yet it was sooner than by itself"


def test_a_pause_and_a_resume_do_not_shorten_the_interval(rig, side):
    with rig.printing() as since_s:
        rig.wait_checks(1)
        rig.host.command("pause")
        rig.wait_printer("PAUSED", since_s)
        rig.host.command("resume")
        wait_calls(rig, since_s, 2)
        assert min(gaps_s(side, since_s)) >= INTERVAL_S


def test_an_answer_on_its_way_during_a_pause_counts_but_says_nothing(rig, side):
    with rig.printing() as since_s:
        rig.wait_checks(1)
        side.reply(replace(side.answer("failure"), delay_s=1.0), side.answer("ok"))
        rig.host.watch_command("check_now")
        wait_calls(rig, since_s, 2)
        rig.host.command("pause")
        rig.wait_printer("PAUSED", since_s)
        rig.host.command("resume")
        rig.host.wait(
            lambda: rig.state_ids(since_s)[-1] == "PRINTING", SOON_S, "the print goes on"
        )
        answered_s = side.frames(since_s)[1].at_s + 1.0
        assert rig.host.now_s() < answered_s, "still on its way"
        rig.host.wait(
            lambda: rig.host.now_s() > answered_s + 0.5, SOON_S, "the answer to arrive"
        )
        rig.host.watch_command("check_now")
        rig.wait_checks(2)
        assert gaps_s(side, since_s)[1] >= INTERVAL_S + 1.0 - 0.1, "counted from its end"
        assert rig.fired("failure_detected", since_s) == []
        assert rig.state_ids(since_s).count("PAUSED") == 1


@pytest.mark.parametrize("error", ["OE_BACKEND_THROTTLED", "OE_INTERNAL_ERROR"])
def test_a_failed_call_does_not_shorten_the_interval(rig, side, error):
    with rig.printing() as since_s:
        rig.wait_checks(1)
        side.reply(gadget_error(error), side.answer("ok"))
        rig.host.watch_command("check_now")
        wait_calls(rig, since_s, 2)
        rig.host.watch_command("check_now")
        wait_calls(rig, since_s, 3)
        assert min(gaps_s(side, since_s)) >= INTERVAL_S


def test_a_new_print_may_be_looked_at_before_the_old_ones_interval_is_over(rig, side):
    with rig.printing():
        rig.wait_checks(1)
    with rig.printing() as since_s:
        rig.wait_checks(1)
        started_s = rig.host.events("PrintStarted", since_s)[0].at_s
        assert side.frames(since_s)[0].at_s < started_s + INTERVAL_S
