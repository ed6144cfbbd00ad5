"""Means over time in seconds: one frame per 10 s and one per 60 s say the same."""

from __future__ import annotations

import math
from typing import Optional

TAU_S = 60.0
"""Time constant of a mean."""
FIRST_STEP_S = 10.0
"""How long the first frame counts for: nothing came before it."""
MAX_STEP_S = 60.0
"""The most that one frame counts for after a gap."""


def step_s(last_at: Optional[float], now_s: float) -> float:
    """How long the frame judged at ``now_s`` counts for."""
    if last_at is None:
        return FIRST_STEP_S
    return min(MAX_STEP_S, max(0.0, now_s - last_at))


def lost_s(last_at: Optional[float], now_s: float) -> float:
    """How much of the time before the frame judged at ``now_s`` counts for nothing."""
    return 0.0 if last_at is None else max(0.0, now_s - last_at - MAX_STEP_S)


def towards(mean: float, value: float, for_s: float, tau_s: float = TAU_S) -> float:
    """The mean after a value that counted for so long."""
    return mean + (1.0 - math.exp(-for_s / tau_s)) * (value - mean)


def settled(mean: float, evidence_s: float) -> float:
    """The mean without its start from nothing, after so much evidence, more than 0 s."""
    return mean / (1.0 - math.exp(-evidence_s / TAU_S))


def since(
    before: Optional[float], above: bool, now_s: float, lost_s: float = 0.0
) -> Optional[float]:
    """Since when something holds; None if it does not.

    What nobody saw is no evidence that it held: the time lost is taken off.
    """
    if not above:
        return None
    return now_s if before is None else before + lost_s


def has_held(since_s: Optional[float], hold_s: float, now_s: float) -> bool:
    """Whether it has held for so long."""
    return since_s is not None and now_s - since_s >= hold_s
