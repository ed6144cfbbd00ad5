"""Which news becomes a message, so that people go on reading them.

Within an episode a kind is told once per gap, and the gap grows; what happens meanwhile
is counted and told with the next one. An episode ends when somebody reacts, or with the
print. An alarm that nobody reacts to is repeated. Being blind and seeing again are one
matter: a camera that comes and goes is told of less and less often.

Pure: time is an argument, and :func:`wake_at` says when to ask again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Optional

from .deferred import dataclass, replace
from .kinds import (
    BLINDED,
    FAILURE,
    PAUSE_CONFIRMED,
    PAUSE_FAILED,
    RECOVERED,
    WARNING,
)

SETTLES: Mapping[str, tuple[str, ...]] = {
    PAUSE_CONFIRMED: (WARNING, FAILURE, PAUSE_FAILED),
    PAUSE_FAILED: (WARNING, FAILURE),
    FAILURE: (WARNING,),
}
"""What need not be told again once this has been heard."""
REPEATED = frozenset((FAILURE, PAUSE_FAILED))
"""Alarms that are told again until somebody reacts."""
LEAST_GAP_S = 600.0
"""What repeats or flaps keeps at least this distance, whatever the user's gap is."""
MOST_GAP_S = 3600.0
CALM_S = 3600.0
"""So long without a change, and a camera that flapped is one that works again."""


@dataclass(frozen=True)
class Topic:
    """One kind of news in this episode.

    ``told`` times so far, the last one at ``told_at``; ``held`` is what has been heard
    since. ``again_at`` is when it is told anyway.
    """

    told: int = 0
    told_at: float = 0.0
    held: int = 0
    again_at: Optional[float] = None


@dataclass(frozen=True)
class Sight:
    """Blind or not, as it is and as it was told; ``spells`` of blindness since then."""

    is_blind: bool = False
    told_blind: bool = False
    told: int = 0
    told_at: float = 0.0
    changed_at: Optional[float] = None
    spells: int = 0


@dataclass(frozen=True)
class Latch:
    """What has been told."""

    topics: Mapping[str, Topic] = field(default_factory=dict)
    sight: Sight = Sight()


@dataclass(frozen=True)
class Tell:
    """A message is due. ``times``: so often since the last one of its kind, at least 1.

    ``repeated``: nothing new happened, but nobody has reacted either.
    """

    kind: str
    times: int = 1
    repeated: bool = False


Result = tuple[Latch, list[Tell]]


def hear(latch: Latch, kind: str, gap_s: float, now_s: float) -> Result:
    """Take in news of a kind."""
    if kind in (BLINDED, RECOVERED):
        return _decide(_seen(latch, kind == BLINDED, now_s), gap_s, now_s)
    topics = dict(latch.topics)
    for other in SETTLES.get(kind, ()):
        if other in topics:
            topics[other] = replace(topics[other], again_at=None)
    topic = topics.get(kind, Topic())
    tells = []
    free_at = topic.told_at + _gap_s(topic.told, gap_s)
    if topic.told == 0 or now_s >= free_at:
        tells = [Tell(kind, topic.held + 1)]
        topic = _told(kind, topic, gap_s, now_s)
    else:
        again_at = free_at if topic.again_at is None else min(topic.again_at, free_at)
        topic = replace(topic, held=topic.held + 1, again_at=again_at)
    topics[kind] = topic
    return replace(latch, topics=topics), tells


def settled(latch: Latch) -> Latch:
    """It looks well again by itself: what is held back is told with the next news."""
    return _without_repeats(latch)


def reacted(latch: Latch) -> Latch:
    """Somebody did something about it: whatever comes now is new."""
    return replace(latch, topics={})


def ended(latch: Latch) -> Latch:
    """The print is over, and with it being blind to it; nobody waits for a recovery."""
    sight = replace(latch.sight, is_blind=False, told_blind=False, spells=0)
    return Latch({}, sight)


def due(latch: Latch, gap_s: float, now_s: float) -> Result:
    """What has to be told now although nothing was heard."""
    topics = dict(latch.topics)
    tells = []
    for kind, topic in latch.topics.items():
        if topic.again_at is not None and now_s >= topic.again_at:
            tells.append(Tell(kind, max(1, topic.held), topic.held == 0))
            topics[kind] = _told(kind, topic, gap_s, now_s)
    latch, more = _decide(replace(latch, topics=topics), gap_s, now_s)
    return latch, tells + more


def wake_at(latch: Latch, gap_s: float) -> Optional[float]:
    """When :func:`due` has something to say; None: never, as it is."""
    times = [
        topic.again_at for topic in latch.topics.values() if topic.again_at is not None
    ]
    if latch.sight.is_blind != latch.sight.told_blind:
        times.append(_sight_free_at(latch.sight, gap_s))
    return min(times, default=None)


def _told(kind: str, topic: Topic, gap_s: float, now_s: float) -> Topic:
    told = topic.told + 1
    again_at = None
    if kind in REPEATED:
        again_at = now_s + _gap_s(told, max(gap_s, LEAST_GAP_S))
    return Topic(told, now_s, 0, again_at)


def _gap_s(told: int, gap_s: float) -> float:
    """How long nothing is told after so many messages: ever longer, up to an hour."""
    grown_s = gap_s * 2.0 ** min(told - 1, 20)
    return max(gap_s, min(grown_s, MOST_GAP_S))


def _without_repeats(latch: Latch) -> Latch:
    topics = {kind: replace(one, again_at=None) for kind, one in latch.topics.items()}
    return replace(latch, topics=topics)


def _seen(latch: Latch, is_blind: bool, now_s: float) -> Latch:
    sight = latch.sight
    if sight.is_blind == is_blind:
        return latch
    calm = sight.changed_at is None or now_s - sight.changed_at >= CALM_S
    return replace(
        latch,
        sight=replace(
            sight,
            is_blind=is_blind,
            changed_at=now_s,
            told=0 if calm and not sight.told_blind else sight.told,
            spells=sight.spells + is_blind,
        ),
    )


def _decide(latch: Latch, gap_s: float, now_s: float) -> Result:
    sight = latch.sight
    if sight.is_blind == sight.told_blind or now_s < _sight_free_at(sight, gap_s):
        return latch, []
    tell = Tell(BLINDED if sight.is_blind else RECOVERED, max(1, sight.spells))
    sight = replace(
        sight,
        told_blind=sight.is_blind,
        told=sight.told + 1,
        told_at=now_s,
        spells=0,
    )
    return replace(latch, sight=sight), [tell]


def _sight_free_at(sight: Sight, gap_s: float) -> float:
    """The first spell and its end are told at once, further ones less and less often."""
    if sight.told == 0 or (sight.told == 1 and sight.told_blind):
        return sight.told_at
    return sight.told_at + _gap_s(sight.told - 1, max(gap_s, LEAST_GAP_S))
