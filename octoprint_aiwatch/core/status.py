"""State -> the status document, the one that tab, API and push messages share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Optional

from . import cascade, standing, yielding
from .blindness import reason_of
from .outlook import outlook
from .rung import NEVER
from .state import (
    INSPECT,
    OPENING,
    US,
    State,
    blind,
    check_at,
    hold,
    name_of,
    paused_by,
    phase,
    wanted,
)
from .values import (
    FAILURE,
    GAUGE_FAILURE,
    GAUGE_WARNING,
    UNKNOWN,
    Ahead,
    Reason,
    RemoteEvidence,
    Sighting,
)
from .words import nested, sentence

VERSION = 1


def document(state: State, now_s: float, extra: Mapping[str, Any]) -> dict[str, Any]:
    """The status document (see extras/docs/api.md).

    Args:
        extra: what the machine does not know: ``calls`` of this month and ``tariffs``,
            both by backend, of those whose calls are counted, and ``version``.
    """
    job = state.job
    is_blind = blind(state, now_s)
    unknown = is_blind or state.verdict.level == UNKNOWN
    evidence = state.evidence
    asked = state.judge or state.turn or state.settings.backend
    first = why(state, now_s)
    because = sentence(first.code, first.params)
    return {
        "v": VERSION,
        "phase": phase(state),
        "next": None if unknown else _ahead(state.verdict.ahead),
        "outlook": None if unknown else _outlook(state),
        "verdict": UNKNOWN if unknown else state.verdict.level,
        "score": None if unknown else state.verdict.score,
        "blind": is_blind,
        "suppressed": state.suppressed,
        "reason": because["text"],
        "why": because,
        "reasons": [
            sentence(reason.code, reason.params) for reason in reasons(state, now_s)
        ],
        "backend": asked,
        "backend_label": name_of(state, asked),
        "ladder": standing.ladder_of(state, now_s),
        "budget": standing.budget_of(state, extra["tariffs"], extra["calls"]),
        "strain": state.strain or None,
        "cascade": standing.cascade_of(state, now_s),
        "camera": state.camera,
        "view": asdict(state.view),
        "job": None
        if job is None
        else {
            "id": job.id,
            "name": job.name,
            "path": job.path,
            "origin": job.origin,
            "started_at": job.started_at,
            "elapsed_s": round(now_s - state.job_since, 1),
        },
        "next_check_s": next_check_s(state, now_s),
        "checks": state.checks,
        "calls_this_month": extra["calls"].get(asked, 0),
        "detections": []
        if unknown
        else [_detection(sighting) for sighting in state.sightings],
        "ignored_zones": [
            [[round(x, 4), round(y, 4)] for x, y in zone]
            for zone in state.settings.camera.ignore_zones
        ],
        "pauses": state.pauses,
        "version": extra["version"],
        "enabled": state.settings.enabled,
        "hold": hold(state),
        "paused_by": paused_by(state),
        "grace_s": round(max(0.0, state.grace_until - now_s), 1) if job else 0.0,
        "frame": state.frame_number,
        "zones": [GAUGE_WARNING, GAUGE_FAILURE],
        "quality": evidence.quality if isinstance(evidence, RemoteEvidence) else None,
        "max_pauses": state.settings.actions.max_pauses,
        "action": state.action,
    }


def _ahead(ahead: Optional[Ahead]) -> Optional[dict[str, Any]]:
    """How far the next level is."""
    if ahead is None:
        return None
    return {
        "level": ahead.level,
        "value": round(ahead.value, 4),
        "threshold": round(ahead.threshold, 4),
        "distance": round(max(0.0, ahead.threshold - ahead.value), 4),
        "hold_s": ahead.hold_s,
        "left_s": None if ahead.left_s is None else round(max(0.0, ahead.left_s), 1),
    }


def _outlook(state: State) -> Optional[dict[str, Any]]:
    found = outlook(state)
    return None if found is None else sentence(found.code, found.params)


def _detection(sighting: Sighting) -> dict[str, Any]:
    """A box for people to point at; ``counts`` says whether it takes part."""
    box = sighting.box
    return {
        "confidence": round(box.confidence, 4),
        "x": round(box.x, 4),
        "y": round(box.y, 4),
        "w": round(box.w, 4),
        "h": round(box.h, 4),
        "counts": not sighting.unless,
        "unless": sighting.unless,
    }


def next_check_s(state: State, now_s: float) -> Any:
    """Seconds until the next check; 0 while one is under way; None if none is due."""
    if not wanted(state):
        return None
    if state.order is not None:
        return 0.0
    due = check_at(state)
    return None if due == NEVER else round(max(0.0, due - now_s), 1)


def why(state: State, now_s: float) -> Reason:
    """The one sentence that matters most now."""
    found = reasons(state, now_s)
    if state.suppressed and state.job is not None:
        return Reason("suppressed_now", {"why": _nested(found[0])})
    return found[0]


def reasons(state: State, now_s: float) -> list[Reason]:
    """Everything that explains what is shown, most important first; never empty."""
    if state.job is None:
        return [Reason("idle")]
    found: list[Reason] = []
    if state.action == "pause_failed":
        found.append(Reason("pause_failed", {"state": state.reading.state_id}))
    elif state.attempt is not None and state.attempt.wait_until is not None:
        left_s = max(0.0, state.attempt.wait_until - now_s)
        found.append(Reason("waiting", {"left_s": left_s}))
    elif state.attempt is not None:
        found.append(Reason(state.action or "pausing"))
    found.extend(_hold_reasons(state))
    if state.parked is not None:
        found += [Reason("parked")] if state.parked.lines else []
        found += [Reason(code) for code in state.parked.left_out]
    if blind(state, now_s):
        found.append(reason_of(state))
    limit = state.settings.actions.max_pauses
    if state.verdict.level == FAILURE and 0 < limit <= state.pauses and not found:
        first = _nested(state.verdict.reasons[0])
        found.append(Reason("limit", {"pauses": state.pauses, "why": first}))
    found.extend(state.verdict.reasons)
    found.extend(cascade.reasons(state))
    found.extend(yielding.reasons(state))
    if now_s < state.grace_until and wanted(state):
        found.append(Reason("grace", {"grace_s": state.grace_until - now_s}))
    if phase(state) == OPENING:
        found.append(Reason("opening"))
    found = found or [Reason("first_check")]
    left_s = next_check_s(state, now_s)
    if state.order is None and left_s is not None:
        found.append(Reason("next_look", {"left_s": left_s}))
    elif state.order is not None and state.order.kind == INSPECT and wanted(state):
        found.append(Reason("looking"))
    return found


def _hold_reasons(state: State) -> list[Reason]:
    held = hold(state)
    if held is None or held == "ask":
        return []
    who = paused_by(state)
    if held == "paused" and who == US:
        first = state.verdict.reasons[0] if state.verdict.reasons else Reason("no_data")
        return [Reason("hold_paused_by_us", {"why": _nested(first)})]
    if held == "paused" and who is not None:
        return [Reason("hold_paused_by_" + who)]
    return [Reason("hold_" + held)]


def _nested(reason: Reason) -> dict[str, Any]:
    return nested(reason.code, reason.params)
