"""The absolute channel of Obico's statistics: strong evidence that stays.

The seed's rule compares with the past, so a print that fails from its first frame looks
normal to it; this channel catches that one, wherever the baseline stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Optional

from . import place, spell, steady
from .deferred import dataclass, replace
from .gauge import on_gauge
from .place import Places
from .settings import Decision
from .spell import FAILURE_ODDS, MOST_FRAMES, WARNING_ODDS, Demand, Seen, Spells
from .values import FAILURE, OK, WARNING, Ahead, Detection, Reason, Verdict

WARN_HOLD_S = 45.0
"""How long it must hold before a warning."""
PAUSE_HOLD_S = 90.0
"""The same before a failure."""
WARNING_ABOVE = (0.25, 0.30, 0.36, 0.45, 0.55)
"""Mean confidence that warns, for ``warning_confidence`` 1 to 5."""
FAILURE_ABOVE = (0.38, 0.44, 0.50, 0.60, 0.70)
"""Mean confidence that is a failure, for ``pause_confidence`` 1 to 5."""


@dataclass(frozen=True)
class AbsoluteMemory:
    """What the channel remembers of a job; a fresh one knows nothing."""

    mean: float = 0.0
    last_at: Optional[float] = None
    spells: Spells = field(default_factory=Spells)
    places: Places = field(default_factory=Places)


def thresholds(decision: Decision) -> tuple[float, float]:
    """The two thresholds at the chosen confidences."""
    return (
        WARNING_ABOVE[decision.warning_confidence - 1],
        FAILURE_ABOVE[decision.pause_confidence - 1],
    )


def remember(
    memory: AbsoluteMemory,
    confidence: float,
    boxes: Sequence[Detection],
    now_s: float,
    decision: Decision,
) -> AbsoluteMemory:
    """Take in a frame's confidence, 0..1, judged at ``now_s``."""
    step_s = steady.step_s(memory.last_at, now_s)
    places = place.follow(memory.places, confidence, boxes, step_s)
    most = place.strongest(places)
    warning, failure = thresholds(decision)
    lost_s = steady.lost_s(memory.last_at, now_s)
    seen = Seen(most.mean, most.latest, most.hits, now_s, step_s, lost_s, most.elsewhere)
    fails = memory.spells.failure
    if fails.since_s is None and place.has_grown(places):
        # That what was there has grown took frames to be seen.
        fails = replace(fails, strong=MOST_FRAMES)
    spells = Spells(
        spell.follow(
            memory.spells.warning, Demand(warning, WARN_HOLD_S, WARNING_ODDS), seen
        ),
        spell.follow(fails, Demand(failure, PAUSE_HOLD_S, FAILURE_ODDS), seen),
    )
    return AbsoluteMemory(most.mean, now_s, spells, places)


def verdict(memory: AbsoluteMemory, decision: Decision) -> Verdict:
    """What we believe, and why."""
    warning, failure = thresholds(decision)
    stands = spell.standing(memory.spells, WARN_HOLD_S, PAUSE_HOLD_S)
    threshold = warning if stands.level == OK else failure
    params = {
        "mean": round(memory.mean, 3),
        "threshold": threshold,
        "hold_s": stands.hold_s,
    }
    code = "absolute_" + stands.level
    if stands.left_s is not None:
        is_ok = stands.level == OK
        code = "absolute_confirming" if is_ok else "absolute_warning_confirming"
        params["left_s"] = stands.left_s
    ahead = None
    if stands.level != FAILURE:
        next_level = WARNING if stands.level == OK else FAILURE
        ahead = Ahead(next_level, memory.mean, threshold, stands.hold_s, stands.left_s)
    score = on_gauge(memory.mean, warning, failure, stands.level)
    return Verdict(stands.level, score, (Reason(code, params),), ahead)
