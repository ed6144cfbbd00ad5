"""Prints what the cascade saves and costs, as the table of extras/docs/ladder.md.

PYTHONPATH=extras:. python -m tests.ladder.tell

The detector sees the trace suite's prints. The service is played: it asks for 40 s
between two calls, warns once a failure can be seen, and is confident a minute later. So
this says how much later it is *asked*, not how well any service sees.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from statistics import median
from typing import Optional

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.values import Inspection, RemoteEvidence
from tests.ladder.world import World, ladder_of
from tests.traces.make import FRAMES, Plot, inspections, visible_at_s
from tests.traces.table import FAILING, GOOD

SERVICE_S = 40.0
SURE_AFTER_S = 60.0
CADENCE_S = 10
SEEDS = (1, 2, 3)
GOOD_H = 2.0


def played(plot: Plot, seed: int, with_cascade: bool, hours: Optional[float]) -> World:
    """A print under watch, to its pause or for some hours."""
    cascade = {"enabled": with_cascade, "interval_s": 600}
    world = World(ladder_of("gadget", cascade=cascade))
    seen = list(inspections(plot, CADENCE_S, FRAMES, seed))
    times = [at_s for at_s, _ in seen]
    began_s, visible_s = world.now_s, visible_at_s(plot)

    def sees(key: str, at_s: float) -> Optional[Inspection]:
        age_s = at_s - began_s
        if key == "local":
            return seen[max(0, bisect_right(times, age_s) - 1)][1]
        bad_s = -1.0 if visible_s is None else age_s - visible_s
        evidence = RemoteEvidence(
            0.9 if bad_s >= 0 else 0.05, bad_s >= 0, bad_s >= SURE_AFTER_S
        )
        return Inspection(evidence, next_after_s=SERVICE_S)

    world.sees, world.tick_s = sees, 2.0
    world.start()
    end_s = began_s + (times[-1] if hours is None else hours * 3600.0)
    while world.now_s < end_s and not world.seen(m.PausePrint):
        world.run(10.0)
    return world


def calls_an_hour(plot: Plot, with_cascade: bool) -> float:
    """Of a good print."""
    world = played(plot, 1, with_cascade, GOOD_H)
    return sum(key == "gadget" for _, key in world.judged) / GOOD_H


def delay_s(plot: Plot, with_cascade: bool) -> float:
    """From visible to paused, median of some draws."""
    visible_s = visible_at_s(plot) or 0.0
    waits = []
    for seed in SEEDS:
        world = played(plot, seed, with_cascade, None)
        (paused_s, *_) = [
            at_s for at_s, effect in world.effects if isinstance(effect, m.PausePrint)
        ] or [float("inf")]
        waits.append(paused_s - 1000.0 - visible_s)
    return median(waits)


def main() -> None:
    for row in GOOD:
        if FRAMES in row.kinds and visible_at_s(row.plot) is None:
            told = [calls_an_hour(row.plot, on) for on in (False, True)]
            cells = " | ".join(f"{one:.0f}" for one in told)
            sys.stdout.write(f"| {row.plot.name} | {cells} |\n")
            sys.stdout.flush()
    for row in FAILING:
        if FRAMES in row.kinds:
            told = [delay_s(row.plot, on) for on in (False, True)]
            cells = " | ".join(f"{one:.0f}" for one in told)
            sys.stdout.write(f"| {row.plot.name} | {cells} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
