"""Evidence over time -> what we believe. The one place where a verdict is made.

* *Remote evidence* (Gadget): the service's two flags decide, its score is for show.
* *Statistics* (Obico): the seed's rule (:mod:`relative`) and strong evidence that stays
  (:mod:`absolute`); the higher of the two wins.
* *Frames*, judged one by one: the same two channels, see :mod:`frames`.

Boxes in ignored places are dropped first; where the others stood and stand is followed in
:mod:`place`. All time constants are seconds, so that one frame per 10 s and one per 60 s
lead to the same belief.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from . import absolute, frames, place, relative
from .absolute import AbsoluteMemory
from .deferred import dataclass, replace
from .frames import FrameMemory
from .gauge import higher
from .options import Polygon
from .place import Places
from .relative import Means
from .settings import Decision
from .usual import NOTHING_USUAL, Usual
from .values import (
    BACKGROUND,
    FAILURE,
    OK,
    PASSING,
    WARNING,
    Detection,
    FrameEvidence,
    Inspection,
    Reason,
    RemoteEvidence,
    Sighting,
    StatisticsEvidence,
    Verdict,
)
from .zones import counting, sighted


@dataclass(frozen=True)
class Memory:
    """What the channels remember of a job; a fresh one knows nothing."""

    statistics: AbsoluteMemory = field(default_factory=AbsoluteMemory)
    frames: FrameMemory = field(default_factory=FrameMemory)


NO_MEMORY = Memory()


def begun(usual: Usual = NOTHING_USUAL) -> Memory:
    """A job's memory before its first frame."""
    return Memory(frames=FrameMemory(usual=usual, learning=usual))


def cleared(memory: Memory) -> Memory:
    """Without live evidence, as after a resume.

    What the job began with and what is usual stay known: what was there from the start
    is not news only because the print was paused, and what came later is no background.
    """
    seen = memory.frames
    return Memory(
        AbsoluteMemory(places=place.live(memory.statistics.places)),
        FrameMemory(
            evidence_s=seen.evidence_s,
            baseline=seen.baseline,
            short=seen.short,
            usual=seen.usual,
            learning=seen.learning,
            places=place.live(seen.places),
        ),
    )


def handed_over(memory: Memory, usual: Usual = NOTHING_USUAL) -> Memory:
    """What another backend begins with in the middle of a job: no evidence.

    Where things stood at the start stays known if that was seen. What is there now is
    nobody's background: the print may have failed before the change.
    """
    seen = [memory.frames.places, memory.statistics.places]
    started = next((one for one in seen if one.start_frames), Places(is_started=True))
    places = place.live(started)
    return Memory(
        AbsoluteMemory(places=places),
        FrameMemory(
            evidence_s=frames.BASELINE_S if places.is_started else 0.0,
            usual=usual,
            learning=usual,
            places=places,
        ),
    )


def without(memory: Memory, box: Detection) -> Memory:
    """The same without what was seen in one place."""
    told, seen = memory.statistics, memory.frames
    return Memory(
        replace(told, places=place.without(told.places, box)),
        replace(seen, places=place.without(seen.places, box)),
    )


def judge(
    memory: Memory,
    inspection: Inspection,
    now_s: float,
    decision: Decision,
    zones: Sequence[Polygon] = (),
    ignored: Sequence[Detection] = (),
) -> tuple[Memory, Verdict, tuple[Sighting, ...]]:
    """Take in one inspection.

    Args:
        now_s: when the frame was judged, seconds on a clock that never jumps.
        zones: places on the frame that do not count.
        ignored: boxes the user called *not a failure* in this job.

    Returns:
        The new memory, the verdict, and what each detection counted for.
    """
    evidence = inspection.evidence
    seen = sighted(inspection.detections, zones, ignored)
    if isinstance(evidence, RemoteEvidence):
        return memory, _remote(evidence), seen
    boxes = counting(seen)
    if isinstance(evidence, FrameEvidence):
        score = counting_score(evidence, inspection, boxes)
        found = frames.remember(memory.frames, score, boxes, now_s, decision)
        seen = tuple(_placed(one, found.places) for one in seen)
        verdict = frames.verdict(found, decision)
        first, *others = verdict.reasons
        reasons = (first, *_unless_reasons(seen), *others)
        verdict = replace(verdict, reasons=reasons)
        return replace(memory, frames=found), verdict, seen
    confidence = _effective(evidence.p, inspection.detections, boxes)
    told = absolute.remember(memory.statistics, confidence, boxes, now_s, decision)
    seen = tuple(_placed(one, told.places) for one in seen)
    channels = [absolute.verdict(told, decision)]
    # The server's means know nothing of what does not count, and remember it for long.
    if ignored or told.places.background or any(one.unless for one in seen):
        channels.append(Verdict(OK, 0.0, _unless_reasons(seen)))
    else:
        served = _served(evidence, decision)
        # What the other channel suspects is not called unsuspicious.
        silent = served.level == OK != channels[0].level
        channels.append(replace(served, reasons=()) if silent else served)
    return replace(memory, statistics=told), higher(channels), seen


def _remote(evidence: RemoteEvidence) -> Verdict:
    params = {"score": round(evidence.score, 2), "quality": evidence.quality}
    if evidence.pause:
        return Verdict(FAILURE, evidence.score, (Reason("remote_pause", params),))
    if evidence.warning:
        return Verdict(WARNING, evidence.score, (Reason("remote_warning", params),))
    return Verdict(OK, evidence.score, (Reason("remote_ok", params),))


def _served(evidence: StatisticsEvidence, decision: Decision) -> Verdict:
    """The seed's rule on the means that the server keeps."""
    means = Means(
        evidence.ewm_mean, evidence.rolling_mean_short, evidence.rolling_mean_long
    )
    return relative.verdict(means, relative.level(means, decision), decision)


def _placed(sighting: Sighting, places: Places) -> Sighting:
    """A box that counts by itself, looked at by its place."""
    if sighting.unless:
        return sighting
    covered = place.cells(sighting.box)
    if place.is_background(places, covered):
        grown = place.has_grown(places)
        return sighting if grown else Sighting(sighting.box, BACKGROUND)
    if place.is_passing(places, covered):
        return Sighting(sighting.box, PASSING)
    return sighting


def _unless_reasons(seen: Sequence[Sighting]) -> tuple[Reason, ...]:
    """Why nothing counts, if boxes were seen and none does."""
    if not seen or counting(seen):
        return ()
    codes = {BACKGROUND: "only_background", PASSING: "only_passing"}
    found = [codes.get(one.unless, "only_ignored") for one in seen]
    return tuple(Reason(code) for code in dict.fromkeys(found))


def counting_score(
    evidence: FrameEvidence, inspection: Inspection, boxes: tuple[Detection, ...]
) -> float:
    """The frame's score without the ignored boxes."""
    if len(boxes) == len(inspection.detections):
        return evidence.score
    # The surest box made the score; of the others, the surest that is left does.
    return min(evidence.score, max((box.confidence for box in boxes), default=0.0))


def _effective(
    p: float, all_boxes: Sequence[Detection], boxes: Sequence[Detection]
) -> float:
    """The frame's confidence without the ignored boxes.

    In the wild ``p`` can be a sum of confidences above 1 (obico-server), so it is capped.
    """
    if len(boxes) == len(all_boxes):
        return min(1.0, p)
    return min(1.0, p, sum(box.confidence for box in boxes))
