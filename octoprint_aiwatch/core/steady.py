"""Means over time in seconds: one frame per 10 s and one per 60 s say the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Optional

from .values import FAILURE, OK, WARNING

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


@dataclass(frozen=True)
class Track:
    """Since when what would be a warning, and what would be a failure, has held."""

    warning_since: Optional[float] = None
    failure_since: Optional[float] = None


def follow(track: Track, warns: bool, fails: bool, now_s: float, lost_s: float) -> Track:
    """Take in whether the conditions of the two levels are met now."""
    return Track(
        since(track.warning_since, warns, now_s, lost_s),
        since(track.failure_since, fails, now_s, lost_s),
    )


@dataclass(frozen=True)
class Standing:
    """The level that has held for its time, and what is being made sure of.

    ``left_s`` is None where nothing is being made sure of; ``hold_s`` is the whole time
    of the level ahead, or of the one that was reached.
    """

    level: str
    left_s: Optional[float]
    hold_s: float


def standing(
    track: Track, warn_hold_s: float, fail_hold_s: float, now_s: float
) -> Standing:
    """Where a channel stands."""
    if has_held(track.failure_since, fail_hold_s, now_s):
        return Standing(FAILURE, None, fail_hold_s)
    level, ahead_since, hold_s = OK, track.warning_since, warn_hold_s
    if has_held(track.warning_since, warn_hold_s, now_s):
        level = WARNING
    if level == WARNING or ahead_since is None:
        # A pause may be set to ask for less than a warning.
        ahead_since, hold_s = track.failure_since, fail_hold_s
    if ahead_since is None:
        return Standing(level, None, warn_hold_s if level == OK else fail_hold_s)
    return Standing(level, hold_s - (now_s - ahead_since), hold_s)
