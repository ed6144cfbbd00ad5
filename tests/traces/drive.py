"""Plays a trace through the rule, or through the whole machine in virtual time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core import temporal
from octoprint_aiwatch.core.values import FAILURE, OK, WARNING
from tests.core.rig import Rig, settings_with
from tests.core.sequences import DEFAULT
from tests.traces.make import FRAMES, Plot, inspections


@dataclass(frozen=True)
class Told:
    """What came of a print: when it was warned of, and paused first."""

    warned_at_s: tuple[float, ...]
    paused_at_s: Optional[float]


def judged(plot: Plot, cadence_s: float, kind: str = FRAMES, seed: int = 1) -> Told:
    """The rule alone, until it says failure."""
    memory, level, warned = temporal.begun(), OK, []
    for at_s, inspection in inspections(plot, cadence_s, kind, seed):
        if inspection is None:
            continue
        memory, verdict, _ = temporal.judge(memory, inspection, at_s, DEFAULT)
        if verdict.level == FAILURE:
            return Told(tuple(warned), at_s)
        if verdict.level == WARNING != level:
            warned.append(at_s)
        level = verdict.level
    return Told(tuple(warned), None)


def watched(plot: Plot, cadence_s: float, backend: str, kind: str, seed: int = 1) -> Told:
    """The machine, as it is set up by default, until it asks for a pause."""
    watch = {"min_interval_s": cadence_s, "warmup": False}
    rig = Rig(settings_with(backend=backend, watch=watch))
    rig.watching()
    began_s, warned = rig.now_s, []
    for at_s, inspection in inspections(plot, cadence_s, kind, seed):
        rig.wait(max(0.0, began_s + at_s - rig.now_s))
        assert inspection is not None, "gaps are for the rule alone"
        before = len(rig.effects)
        rig.judged(inspection)
        for effect in rig.effects[before:]:
            if isinstance(effect, m.RaiseEvent) and effect.name == "warning_raised":
                warned.append(at_s)
            if isinstance(effect, m.PausePrint):
                return Told(tuple(warned), at_s)
    return Told(tuple(warned), None)
