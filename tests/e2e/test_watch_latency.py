"""From the answer that says pause to a paused printer: a second and the printer's own."""

from __future__ import annotations

import statistics

import pytest

from tests.e2e.support_watch import Rig

OURS_S = 1.0
PRINTS = 10
"""Each gives two runs: the very first answer after the start, and the first one after a
resume."""


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop)


def printers_own_s(rig: Rig, times: int = 5) -> list[float]:
    """How long the printer takes for a pause that OctoPrint is asked for directly."""
    rig.prepare("gadget", enabled=False)
    took_s = []
    with rig.printing():
        for _ in range(times):
            asked_s = rig.host.now_s()
            rig.host.command("pause")
            took_s.append(rig.wait_printer("PAUSED", asked_s).at_s - asked_s)
            rig.host.command("resume")
            rig.wait_printer("PRINTING", asked_s + took_s[-1])
    return took_s


def run_s(rig: Rig, side, since_s: float) -> float:
    """From the arrival of the first frame, answered with pause at once, to PAUSED."""
    paused_s = rig.wait_printer("PAUSED", since_s).at_s
    return paused_s - side.frames(since_s)[0].at_s


def test_twenty_of_twenty_failures_are_paused_within_a_second(rig, capsys):
    own_s = printers_own_s(rig)
    took_s: dict[str, list[float]] = {"start": [], "resume": []}
    for number in range(PRINTS):
        side = rig.prepare("gadget" if number % 2 else "obico")
        side.say("failure")
        with rig.printing() as since_s:
            took_s["start"].append(run_s(rig, side, since_s))
            assert len(side.frames(since_s)) == 1, "the very first answer"
            rig.wait_status(lambda status: status["pauses"] == 1, "the pause counted")
            resumed_s = rig.host.now_s()
            rig.host.command("resume")
            took_s["resume"].append(run_s(rig, side, resumed_s))
            rig.wait_status(lambda status: status["pauses"] == 2, "the pause counted")
            assert rig.host.stands_still(0.2)
    all_s = took_s["start"] + took_s["resume"]
    figures = (
        f"printer's own {statistics.median(own_s):.3f} s, at most {max(own_s):.3f} s; "
        f"{len(all_s)} pauses: median {statistics.median(all_s):.3f} s, "
        f"at most {max(all_s):.3f} s"
    )
    with capsys.disabled():
        print(f"\n{figures}")  # noqa: T201 - for the person who runs it
    assert len(all_s) == 20
    assert max(all_s) < OURS_S + max(own_s), (own_s, took_s)
