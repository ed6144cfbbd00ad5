"""What a drill can tell without a print: judged over virtual time, and paused on paper.

A drill has one picture and one answer. Where we decide over time ourselves, time is
played here: a print that looked clean, and then like the picture. Where a service
decides, one answer proves little, and that is said. Nobody acts on any of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Optional

from .deferred import dataclass, replace
from .place import START_FRAMES
from .printing import JOB_STATES
from .settings import Decision, Settings
from .temporal import begun, judge
from .usual import NOTHING_USUAL, Usual
from .values import (
    FAILURE,
    UNKNOWN,
    WARNING,
    Evidence,
    FrameEvidence,
    Inspection,
    RemoteEvidence,
    StatisticsEvidence,
)

PASSED = "passed"
FAILED = "failed"
SKIPPED = "skipped"

CLEAN_S = 600.0
"""So long the print of the drill looks clean before it fails, or until its start is over
if that takes longer: what looks bad from the start may have been there before."""
FAILING_S = 1800.0
"""A failure that is not believed within that is called missed."""
READY = "OPERATIONAL"
UNCONNECTED = ("OFFLINE", "CLOSED", "DETECT", "UNKNOWN", "NONE")
"""How OctoPrint's states begin that have no printer; both versions have their own."""


@dataclass(frozen=True)
class Outcome:
    """How one link did: its state, a code of :mod:`words`, and what fills its sentence.

    ``also``: codes of further sentences.
    """

    state: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outlook:
    """What a picture that stays would come to: when, and the score at the end."""

    warns_after_s: Optional[float] = None
    fails_after_s: Optional[float] = None
    score: Optional[float] = None
    level: str = UNKNOWN


def outlook(
    inspection: Inspection,
    decision: Decision,
    step_s: float,
    usual: Usual = NOTHING_USUAL,
) -> Outlook:
    """Play a print that looked clean and then like this.

    Args:
        step_s: how long after each other frames are judged.
        usual: what this printer's good prints are known to show.
    """
    evidence = inspection.evidence
    step_s = max(step_s, inspection.next_after_s or step_s)
    clean, failing = _clean(evidence), replace(inspection, evidence=_alone(evidence))
    clean_s = max(CLEAN_S, START_FRAMES * step_s)
    memory, now_s = begun(usual), 0.0
    while now_s < clean_s:
        memory, _, _ = judge(memory, clean, now_s, decision)
        now_s += step_s
    began_s = now_s
    found = Outlook()
    while now_s - began_s <= FAILING_S and found.fails_after_s is None:
        memory, verdict, _ = judge(memory, failing, now_s, decision)
        after_s = now_s - began_s
        found = replace(found, score=verdict.score, level=verdict.level)
        if verdict.level in (WARNING, FAILURE) and found.warns_after_s is None:
            found = replace(found, warns_after_s=after_s)
        if verdict.level == FAILURE:
            found = replace(found, fails_after_s=after_s)
        now_s += step_s
    return found


def _clean(evidence: Evidence) -> Inspection:
    """A frame from before it fails. What a service decides takes no account of it."""
    if isinstance(evidence, StatisticsEvidence):
        return Inspection(replace(evidence, p=0.0))
    return Inspection(FrameEvidence(0.0))


def _alone(evidence: Evidence) -> Evidence:
    """The picture's own part: means of other frames are the server's to keep."""
    if isinstance(evidence, StatisticsEvidence):
        return StatisticsEvidence(evidence.p, 0.0, 0.0, 0.0)
    return evidence


def judged(evidence: Evidence, found: Outlook) -> Outcome:
    """What the judgement's link says."""
    also = ("drill_means",) if isinstance(evidence, StatisticsEvidence) else ()
    params: dict[str, Any]
    if isinstance(evidence, RemoteEvidence):
        params = {"percent": round(100 * evidence.score)}
        if found.fails_after_s is not None:
            return Outcome(PASSED, "drill_remote_pause", params)
        if found.warns_after_s is not None:
            return Outcome(PASSED, "drill_remote_warning", params)
        return Outcome(SKIPPED, "drill_remote_silent", params)
    params = {"warns_s": found.warns_after_s, "fails_s": found.fails_after_s}
    if found.fails_after_s is not None:
        together = found.warns_after_s == found.fails_after_s
        code = "drill_would_fail" if together else "drill_would_both"
        return Outcome(PASSED, code, params, also)
    if found.warns_after_s is not None:
        return Outcome(FAILED, "drill_would_warn", params, also)
    return Outcome(FAILED, "drill_would_miss", also=also)


def rehearsed(state_id: str, settings: Settings) -> Outcome:
    """What a failure would have OctoPrint do, and whether the printer could do it."""
    actions = settings.actions
    params = {
        "state": state_id,
        "verify_s": actions.verify_s,
        "wait_s": actions.safe_moment_s,
    }
    if not settings.enabled:
        return Outcome(FAILED, "drill_off")
    if actions.on_failure == "notify":
        return Outcome(SKIPPED, "drill_tells_only")
    if actions.on_failure == "pause" and actions.max_pauses == 0:
        return Outcome(FAILED, "drill_no_pauses")
    if state_id in JOB_STATES:
        return Outcome(SKIPPED, "drill_interrupted")
    if state_id.startswith(UNCONNECTED) and not state_id.endswith("ERROR"):
        return Outcome(SKIPPED, "drill_no_printer")
    if state_id != READY:
        return Outcome(FAILED, "drill_not_ready", params)
    if actions.on_failure == "cancel":
        return Outcome(PASSED, "drill_would_cancel")
    waits = actions.safe_moment_s > 0
    return Outcome(PASSED, "drill_would_wait" if waits else "drill_would_pause", params)
