"""Sequences of frames for the rule over time: scores in, verdicts out, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable, NamedTuple, Optional

from octoprint_aiwatch.core.gauge import RANK
from octoprint_aiwatch.core.settings import Decision
from octoprint_aiwatch.core.temporal import NO_MEMORY, Memory, judge
from octoprint_aiwatch.core.values import Evidence, FrameEvidence, Inspection, Verdict

ScoreAt = Callable[[float], float]
HOUR_S = 3600.0
CADENCES_S = (10.0, 20.0, 40.0, 60.0)


class Seen(NamedTuple):
    """One frame of a sequence: when, what it led to, what is remembered."""

    now_s: float
    verdict: Verdict
    memory: Memory


def decision(warning: int = 3, pause: int = 3) -> Decision:
    """The default decision settings with these confidences."""
    return Decision(warning, pause, 0.36, 0.78, 0.99, 3.8)


DEFAULT = decision()
NOTHING = FrameEvidence(0.0)


def clean_start(evidence: Evidence = NOTHING) -> Memory:
    """What is remembered of a print whose first two minutes showed nothing."""
    memory = NO_MEMORY
    for number in range(-12, 0):
        memory, _, _ = judge(memory, Inspection(evidence), number * 10.0, DEFAULT)
    return memory


def judged(
    score_at: ScoreAt, times: Iterable[float], by: Decision = DEFAULT
) -> list[Seen]:
    """A print of which frames were judged at these times."""
    found, memory = [], NO_MEMORY
    for now_s in times:
        inspection = Inspection(FrameEvidence(score_at(now_s)))
        memory, verdict, _ = judge(memory, inspection, now_s, by)
        found.append(Seen(now_s, verdict, memory))
    return found


def watch(
    score_at: ScoreAt, until_s: float, cadence_s: float = 10.0, by: Decision = DEFAULT
) -> list[Seen]:
    """A print watched from its first frame on."""
    frames = range(int(until_s // cadence_s) + 1)
    return judged(score_at, (number * cadence_s for number in frames), by)


def reached(level: str, seen: list[Seen]) -> Optional[float]:
    """When a level was reached; None if it was not."""
    for one in seen:
        if RANK[one.verdict.level] >= RANK[level]:
            return one.now_s
    return None


def steps(*parts: tuple[float, float]) -> ScoreAt:
    """Scores that stay for some seconds each; the last one stays for ever."""

    def score_at(now_s: float) -> float:
        for for_s, score in parts:
            if now_s < for_s:
                return score
            now_s -= for_s
        return parts[-1][1]

    return score_at


def always(score: float) -> ScoreAt:
    return steps((1.0, score))
