"""Spells of strong evidence: how long, and how many frames, it takes to believe one.

A spell begins when a mean reaches its threshold and ends further below: a failure that is
seen in every other frame has a mean that sways. It is believed when it has held for its
time and enough of its frames were strong by themselves. Where frames were strong now and
then before, chance brings some together, and a spell needs more of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Optional

from .steady import since
from .values import FAILURE, OK, WARNING

STAYS = 0.5
"""Share of its threshold at which a mean that has been high is no longer."""
SWAYS = 0.5
"""Share of the threshold from which a frame is strong by itself."""
RATE_S = 3_600.0
"""How long it is remembered that frames were strong now and then."""
FAILING_RATE, LEAST_RATE = 0.8, 0.01
"""Share of a failing print's frames that show it, and the least that chance makes."""
WARNING_ODDS, FAILURE_ODDS = 100.0, 30_000.0
"""How much likelier a failure must make what was seen than chance does."""
MOST_FRAMES = 12


@dataclass(frozen=True)
class Spell:
    """One level's spell: since when, its strong frames, and how rare such frames were.

    ``lasted_s`` is how long its frames counted; ``rate`` is the share of strong ones in
    the last hour before it.
    """

    since_s: Optional[float] = None
    strong: int = 0
    lasted_s: float = 0.0
    rate: float = 0.0


@dataclass(frozen=True)
class Spells:
    """A warning's and a failure's."""

    warning: Spell = field(default_factory=Spell)
    failure: Spell = field(default_factory=Spell)


@dataclass(frozen=True)
class Seen:
    """What a frame brings: the mean with it, its own evidence, and its time.

    ``step_s`` is how long it counts for, ``lost_s`` what counts for nothing.
    """

    mean: float
    latest: float
    now_s: float
    step_s: float
    lost_s: float


def follow(spell: Spell, threshold: float, seen: Seen) -> Spell:
    """Take in a frame."""
    is_on = spell.since_s is not None
    high = seen.mean >= threshold * (STAYS if is_on else 1.0)
    strong = int(seen.latest >= threshold * SWAYS)
    if high or strong:
        # The frames that lift a mean to its threshold are the spell's, too.
        since_s = since(spell.since_s, high, seen.now_s, seen.lost_s)
        return replace(
            spell,
            since_s=since_s,
            strong=spell.strong + strong,
            lasted_s=spell.lasted_s + seen.step_s,
        )
    # What was no failure was chance; a spell that is over tells how often it strikes.
    lasted_s = spell.lasted_s + seen.step_s
    frames = lasted_s / seen.step_s if seen.step_s > 0 else 1.0
    share = min(1.0, (spell.strong + strong) / max(1.0, frames))
    weight = 1.0 - math.exp(-lasted_s / RATE_S)
    return Spell(rate=spell.rate + weight * (share - spell.rate))


def needed(spell: Spell, odds: float) -> int:
    """How many strong frames it takes."""
    likelier = FAILING_RATE / min(FAILING_RATE * 0.9, spell.rate + LEAST_RATE)
    return min(MOST_FRAMES, math.ceil(math.log(odds) / math.log(likelier)))


@dataclass(frozen=True)
class Standing:
    """The level that is believed, and what is being made sure of.

    ``left_s`` is None where nothing is being made sure of; ``hold_s`` is the whole time
    of the level ahead, or of the one that was reached.
    """

    level: str
    left_s: Optional[float]
    hold_s: float


def standing(
    spells: Spells, holds_s: tuple[float, float], fails: bool, seen: Seen
) -> Standing:
    """Where a channel stands; ``fails``: its mean is a failure's at this moment."""
    warn_hold_s, fail_hold_s = holds_s
    to_warning_s = _left_s(spells.warning, warn_hold_s, WARNING_ODDS, seen)
    to_failure_s = _left_s(spells.failure, fail_hold_s, FAILURE_ODDS, seen)
    if to_failure_s == 0.0 and fails:
        return Standing(FAILURE, None, fail_hold_s)
    if to_warning_s == 0.0:
        return Standing(WARNING, to_failure_s or None, fail_hold_s)
    if to_warning_s is None:
        # A pause may be set to ask for less than a warning.
        left_s = to_failure_s or None
        return Standing(OK, left_s, warn_hold_s if left_s is None else fail_hold_s)
    return Standing(OK, to_warning_s, warn_hold_s)


def _left_s(spell: Spell, hold_s: float, odds: float, seen: Seen) -> Optional[float]:
    """Seconds until a spell is believed if it goes on; None if there is none."""
    if spell.since_s is None:
        return None
    lacking = max(0, needed(spell, odds) - spell.strong)
    return max(0.0, hold_s - (seen.now_s - spell.since_s), lacking * seen.step_s)
