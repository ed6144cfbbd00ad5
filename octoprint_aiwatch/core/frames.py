"""Evidence of single frames over time: the channels of detectors that remember nothing.

A model that judges one frame at a time is wrong in the same way frame after frame. What
stood on the table when the print began is told by its place (:mod:`place`). Beyond that a
pause needs more than a warning: evidence that is strong, stays, and stands clear of what
is usual for this printer and of what the print began with, unless it is overwhelming. The
numbers were chosen on rendered sequences, see extras/docs/model-card.md.

The relative channel is the seed's rule (:mod:`relative`) on means made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Optional

from . import place, relative, spell, steady
from .deferred import dataclass, replace
from .gauge import RANK, higher, on_gauge
from .place import Places
from .relative import Means
from .settings import Decision
from .spell import Demand, Seen, Spell, Spells
from .usual import NOTHING_USUAL, Usual, learned, trusted
from .values import FAILURE, OK, WARNING, Ahead, Detection, Reason, Verdict

BASELINE_S = 120.0
"""What a job's first frames show is its baseline; before that there is no pause."""
WARN_HOLD_S = 60.0
"""How long the mean must stay above its threshold before a warning."""
PAUSE_HOLD_S = 120.0
"""The same before a failure."""
GROWN_HOLD_S = 60.0
"""The same for what was there from the start, and has grown."""
WARNING_ABOVE = (0.18, 0.21, 0.25, 0.34, 0.46)
"""Mean score that warns, for ``warning_confidence`` 1 to 5."""
FAILURE_ABOVE = (0.40, 0.42, 0.44, 0.53, 0.64)
"""Mean score that is a failure, for ``pause_confidence`` 1 to 5."""
WARNING_RISE = (0.10, 0.12, 0.15, 0.20, 0.28)
"""How far above the usual the mean must be for a warning."""
RISE = 0.25
"""How far above usual and baseline the mean must be for a failure ..."""
OVERWHELMING = 0.93
"""... unless it is at least this."""


@dataclass(frozen=True)
class FrameMemory:
    """What the channels remember of a job; a fresh one knows nothing.

    ``mean`` is that of the strongest place, ``baseline`` what had no place at the start;
    ``behind_since`` says since when the background has been as strong as a failure.
    ``usual`` is what was known when the job began; ``learning`` is that and what this job
    adds, for the next one.
    """

    mean: float = 0.0
    last_at: Optional[float] = None
    evidence_s: float = 0.0
    baseline: float = 0.0
    short: Usual = NOTHING_USUAL
    usual: Usual = NOTHING_USUAL
    learning: Usual = NOTHING_USUAL
    behind_since: Optional[float] = None
    spells: Spells = field(default_factory=Spells)
    above: Spells = field(default_factory=Spells)
    places: Places = field(default_factory=Places)


def thresholds(decision: Decision) -> tuple[float, float]:
    """The absolute channel's two thresholds at the chosen confidences."""
    return (
        WARNING_ABOVE[decision.warning_confidence - 1],
        FAILURE_ABOVE[decision.pause_confidence - 1],
    )


def warning_from(memory: FrameMemory, decision: Decision) -> float:
    """The mean from which this printer's frames are a warning."""
    warning, _ = thresholds(decision)
    rise = WARNING_RISE[decision.warning_confidence - 1]
    return max(warning, trusted(memory.usual) + rise)


def failure_from(memory: FrameMemory, decision: Decision) -> float:
    """The mean from which this job's frames are a failure."""
    _, failure = thresholds(decision)
    before = max(memory.baseline, trusted(memory.usual))
    return max(failure, min(OVERWHELMING, before + RISE))


def remember(
    memory: FrameMemory,
    score: float,
    boxes: Sequence[Detection],
    now_s: float,
    decision: Decision,
) -> FrameMemory:
    """Take in the score of one frame, 0..1, and its boxes, judged at ``now_s``."""
    step_s = steady.step_s(memory.last_at, now_s)
    places = place.follow(memory.places, score, boxes, step_s)
    most = place.strongest(places)
    mean = most.mean
    evidence_s = memory.evidence_s + step_s
    baseline = memory.baseline
    if memory.evidence_s < BASELINE_S and evidence_s > 0.0:
        baseline += ((0.0 if boxes else score) - baseline) * step_s / evidence_s
    else:
        # What stood there was taken away.
        baseline = min(baseline, steady.settled(places.everywhere, evidence_s))
    short = learned(memory.short, mean, step_s)
    short = Usual(short.mean, min(short.evidence_s, relative.SHORT_S))
    taken = replace(
        memory,
        mean=mean,
        last_at=now_s,
        evidence_s=evidence_s,
        baseline=baseline,
        short=short,
        places=places,
    )
    lost_s = steady.lost_s(memory.last_at, now_s)
    seen = Seen(mean, most.latest, most.hits, now_s, step_s, lost_s, most.elsewhere)
    reached = RANK[relative.level(means(taken), decision)]
    above = _reached(memory.above.warning, reached >= RANK[WARNING], WARN_HOLD_S, seen)
    above_failure, failure = memory.above.failure, memory.spells.failure
    warning = spell.follow(memory.spells.warning, _warns(taken, decision), seen)
    if evidence_s >= BASELINE_S:
        failure = _grown(taken, failure, now_s - lost_s)
        failure = spell.follow(failure, _fails(taken, decision), seen)
        is_reached = reached == RANK[FAILURE]
        above_failure = _reached(above_failure, is_reached, PAUSE_HOLD_S, seen)
    is_quiet = warning.since_s is None and reached == RANK[OK]
    return replace(
        taken,
        learning=learned(taken.learning, mean, step_s) if is_quiet else taken.learning,
        behind_since=steady.since(
            memory.behind_since,
            places.behind + places.everywhere >= failure_from(taken, decision),
            now_s,
            lost_s,
        ),
        spells=Spells(warning, failure),
        above=Spells(above, above_failure),
    )


def _warns(memory: FrameMemory, decision: Decision) -> Demand:
    return Demand(warning_from(memory, decision), WARN_HOLD_S, spell.WARNING_ODDS)


def _fails(memory: FrameMemory, decision: Decision) -> Demand:
    return Demand(failure_from(memory, decision), PAUSE_HOLD_S, spell.FAILURE_ODDS)


def _reached(before: Spell, is_reached: bool, hold_s: float, seen: Seen) -> Spell:
    """A spell of the relative channel, whose thresholds are no plain numbers."""
    mean = float(is_reached)
    demand = Demand(1.0, hold_s, spell.WARNING_ODDS)
    return spell.follow(before, demand, replace(seen, mean=mean, latest=mean))


def _grown(memory: FrameMemory, before: Spell, seen_s: float) -> Spell:
    """What stands there and has been strong for long is not doubted as long once more.

    That it has grown took time to be seen; only the rest of the holding time is left.

    Args:
        seen_s: now, less what counts for nothing: that is taken off the spell later.
    """
    since_s = memory.behind_since
    if since_s is None or before.since_s or not place.has_grown(memory.places):
        return before
    since_s = max(since_s, seen_s - PAUSE_HOLD_S + GROWN_HOLD_S)
    return replace(before, since_s=since_s, strong=spell.MOST_FRAMES)


def means(memory: FrameMemory) -> Means:
    """The three means of the seed's rule."""
    return Means(memory.mean, memory.short.mean, trusted(memory.usual))


def verdict(memory: FrameMemory, decision: Decision) -> Verdict:
    """What we believe, and why: the higher of the two channels."""
    above = spell.standing(memory.above, WARN_HOLD_S, PAUSE_HOLD_S)
    found = _absolute(memory, decision)
    if above.level == OK:
        # It has nothing to add, and would call unsuspicious what the other one does not.
        return found
    return higher((found, relative.verdict(means(memory), above.level, decision)))


def _absolute(memory: FrameMemory, decision: Decision) -> Verdict:
    warning, failure = warning_from(memory, decision), failure_from(memory, decision)
    stands = spell.standing(memory.spells, WARN_HOLD_S, PAUSE_HOLD_S)
    threshold = warning if stands.level == OK else failure
    params = {
        "mean": round(memory.mean, 3),
        "baseline": round(max(memory.baseline, trusted(memory.usual)), 3),
        "threshold": round(threshold, 3),
        "hold_s": stands.hold_s,
    }
    code = "frames_" + stands.level
    if stands.left_s is not None:
        code = "frames_confirming" if stands.level == OK else "frames_warning_confirming"
        params["left_s"] = stands.left_s
    ahead = None
    if stands.level != FAILURE:
        next_level = WARNING if stands.level == OK else FAILURE
        ahead = Ahead(next_level, memory.mean, threshold, stands.hold_s, stands.left_s)
    score = on_gauge(memory.mean, warning, failure, stands.level)
    return Verdict(stands.level, score, (Reason(code, params),), ahead)
