"""What a cascade's detector takes along over a print."""

from __future__ import annotations

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.values import Inspection, RemoteEvidence
from tests.ladder.test_ladder import frame
from tests.ladder.world import World, ladder_of


def printed(outcome: str) -> World:
    """A print of an hour in which the detector was a little nervous all the time."""
    cascade = {"enabled": True, "interval_s": 600}
    world = World(ladder_of("gadget", cascade=cascade))
    fine = Inspection(RemoteEvidence(0.05, False, False), next_after_s=40.0)
    world.sees = lambda key, at_s: fine if key == "gadget" else frame(0.1)
    world.tick_s = 2.0
    world.start()
    world.run(3600)
    world.send(m.PrintEnded(outcome))
    return world


def usual_of(world: World) -> list[str]:
    kept = [one.value for one in world.seen(m.Remember) if one.section == "usual"]
    return sorted(kept[-1]) if kept else []


def test_what_is_usual_for_the_detector_is_learned_while_another_judges() -> None:
    assert "local" in usual_of(printed("done"))


def test_a_print_that_did_not_end_well_teaches_it_nothing() -> None:
    assert usual_of(printed("failed")) == []
