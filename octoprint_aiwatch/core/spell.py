"""Spells of strong evidence: how long, and how many frames, it takes to believe one.

A spell begins with a frame that is strong by itself and lasts while the mean is not far
below its threshold: a failure that is seen in every other frame has a mean that sways. It
is believed when it has held for its time, enough of its frames were strong, and the mean
has reached the threshold. Where frames were strong now and
then before, chance brings some together, and a spell needs more of them.
"""

from __future__ import annotations

import math
from dataclasses import field
from typing import Optional

from .deferred import dataclass, replace
from .steady import since
from .values import FAILURE, OK, WARNING

STAYS = 0.35
"""Share of its threshold at which a mean that has been high is no longer."""
QUIET_S = 130.0
"""So long without a strong frame, and a spell is over whatever the mean is."""
RATE_S = 3_600.0
"""How long it is remembered that frames were strong now and then."""
FAILING_RATE, LEAST_RATE = 0.8, 0.01
"""Share of a failing print's frames that show it, and the least that chance makes."""
WARNING_ODDS, FAILURE_ODDS = 1_000.0, 30_000.0
"""How much likelier a failure must make what was seen than chance does."""
MEETS = 0.25
"""How often boxes that jump about meet in one place."""
MOST_FRAMES = 12


@dataclass(frozen=True)
class Spell:
    """One level's spell: since when, its strong frames, and how rare such frames were.

    ``lasted_s`` is how long its frames counted; ``rate`` is the share of strong ones in
    the last hour before it, ``quiet_s`` how long none was strong. Once ``believed`` it is
    so to its end; until then ``left_s`` is how long it takes if it goes on.
    """

    since_s: Optional[float] = None
    strong: int = 0
    lasted_s: float = 0.0
    rate: float = 0.0
    quiet_s: float = 0.0
    believed: bool = False
    left_s: Optional[float] = None


@dataclass(frozen=True)
class Spells:
    """A warning's and a failure's."""

    warning: Spell = field(default_factory=Spell)
    failure: Spell = field(default_factory=Spell)


@dataclass(frozen=True)
class Seen:
    """What a frame brings: the mean with it, its own evidence, and its time.

    ``hits`` is how many frames in turn showed something in that place, None if it has
    none, ``elsewhere`` the share of what was seen of late in other places. ``step_s`` is
    how long the frame counts for, ``lost_s`` what counts for nothing.
    """

    mean: float
    latest: float
    hits: Optional[int]
    now_s: float
    step_s: float
    lost_s: float
    elsewhere: float = 0.0


@dataclass(frozen=True)
class Demand:
    """What a level asks for: a mean, how long it stays, how sure it is no chance."""

    threshold: float
    hold_s: float
    odds: float


def follow(spell: Spell, demand: Demand, seen: Seen) -> Spell:
    """Take in a frame."""
    threshold = demand.threshold
    high = seen.mean >= threshold * (STAYS if spell.since_s is not None else 1.0)
    strong = seen.latest >= threshold
    quiet_s = 0.0 if strong else spell.quiet_s + seen.step_s
    if not strong and (not high or quiet_s > QUIET_S):
        return _over(spell, seen.step_s)
    since_s = since(spell.since_s, True, seen.now_s, seen.lost_s)
    assert since_s is not None
    count = spell.strong + strong
    counted = count if seen.hits is None else min(count, seen.hits)
    lacking = needed(spell, demand.odds, seen.elsewhere) - counted
    left_s = max(0.0, demand.hold_s - (seen.now_s - since_s), lacking * seen.step_s)
    # It takes a frame that shows it, and a mean that is as high as is asked for.
    shows = strong and seen.mean >= threshold
    believed = spell.believed or (left_s <= 0.0 and shows)
    return replace(
        spell,
        since_s=since_s,
        strong=count,
        lasted_s=spell.lasted_s + seen.step_s,
        quiet_s=quiet_s,
        believed=believed,
        left_s=None if believed or seen.mean < threshold else left_s,
    )


def _over(spell: Spell, step_s: float) -> Spell:
    """What was no failure was chance; a spell that is over tells how often it strikes."""
    lasted_s = spell.lasted_s + step_s
    frames = lasted_s / step_s if step_s > 0 else 1.0
    share = min(1.0, spell.strong / frames)
    weight = 1.0 - math.exp(-lasted_s / RATE_S)
    return Spell(rate=spell.rate + weight * (share - spell.rate))


def needed(spell: Spell, odds: float, elsewhere: float = 0.0) -> int:
    """How many strong frames it takes."""
    chance = spell.rate + elsewhere * MEETS + LEAST_RATE
    likelier = FAILING_RATE / min(FAILING_RATE * 0.9, chance)
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


def standing(spells: Spells, warn_hold_s: float, fail_hold_s: float) -> Standing:
    """Where a channel stands."""
    if spells.failure.believed:
        return Standing(FAILURE, None, fail_hold_s)
    if spells.warning.believed:
        return Standing(WARNING, spells.failure.left_s or None, fail_hold_s)
    left_s = spells.warning.left_s or None
    if left_s is None and spells.failure.left_s:
        # A pause may be set to ask for less than a warning.
        return Standing(OK, spells.failure.left_s, fail_hold_s)
    return Standing(OK, left_s, warn_hold_s)
