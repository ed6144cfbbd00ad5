"""How the backends stand, for the status document: ladder, cascade and budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from . import cascade
from .pacing import STRETCH_MOST_S
from .rung import NEVER, Rung
from .state import State, ladder, name_of
from .tariff import Tariff, cost_usd
from .words import sentence

TYPICAL_H = 120
"""Hours of printing in a typical month: four a day."""


def ladder_of(state: State, now_s: float) -> list[dict[str, Any]]:
    """The backends in the order they are asked."""
    steps = ladder(state)
    return [
        {
            "key": key,
            "label": name_of(state, key),
            "state": _standing(state, key, now_s),
            **_why_not(steps.rung(key)),
            "again_s": _again_s(steps.rung(key), now_s),
        }
        for key in steps.keys
    ]


def cascade_of(state: State, now_s: float) -> dict[str, Any]:
    """Whether the detector looks out for the backend, and when that one is asked."""
    return {
        "enabled": cascade.is_on(state.settings),
        "suspects": bool(cascade.reasons(state)),
        "asks_in_s": cascade.asks_in_s(state, now_s),
    }


def budget_of(
    state: State, tariffs: Mapping[str, Tariff], calls: Mapping[str, int]
) -> dict[str, Any]:
    """What the month's calls come to, of every backend whose calls are counted."""
    limit = state.settings.budget.monthly_calls
    least_s = state.settings.watch.min_interval_s
    backends = []
    for key, tariff in tariffs.items():
        typical = round(TYPICAL_H * 3600.0 / max(least_s, tariff.interval_s))
        typical = min(typical, limit) if limit else typical
        backends.append(
            {
                "key": key,
                "label": name_of(state, key),
                "calls": calls[key],
                "calls_left": max(0, limit - calls[key]) if limit else None,
                "free_calls": tariff.free or None,
                "cost_usd": cost_usd(tariff, calls[key]),
                "typical_calls": typical,
                "typical_cost_usd": cost_usd(tariff, typical),
            }
        )
    return {
        "monthly_calls": limit,
        "typical_h": TYPICAL_H,
        "longest_gap_s": STRETCH_MOST_S,
        "backends": backends,
    }


def _standing(state: State, key: str, now_s: float) -> str:
    """``judging``, ``ready``, ``waiting``, ``off`` (until the user does something) or
    ``spent``."""
    steps = ladder(state)
    if not steps.has_calls(key):
        return "spent"
    if state.judge == key:
        return "judging"
    if steps.is_free(key, now_s):
        return "ready"
    fault = steps.rung(key).fault
    return "off" if fault is not None and fault.step == "ask" else "waiting"


def _why_not(rung: Rung) -> dict[str, Any]:
    if rung.fault is None:
        return {"reason": "", "why": None}
    why = sentence(rung.fault.code, rung.fault.params)
    return {"reason": why["text"], "why": why}


def _again_s(rung: Rung, now_s: float) -> Optional[float]:
    """Seconds until it is tried again; None if it need not be, or will not."""
    if rung.fault is None or rung.again_at == NEVER:
        return None
    return round(max(0.0, rung.again_at - now_s), 1)
