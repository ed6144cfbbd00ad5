"""What the writer is given to do."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Optional, Union

from ...core import messages as m
from ...core.deferred import dataclass
from ...core.settings import History

Recorded = Union[m.RecordJob, m.RecordCheck, m.RecordNote, m.RecordEnd]


@dataclass(frozen=True)
class Spent:
    """Calls of one backend since the last entry; the cost is None where nobody knows."""

    backend: str
    calls: int
    cost_usd: Optional[float]


@dataclass(frozen=True)
class Entry:
    """An effect of the machine, what was called meanwhile, and the time of day."""

    effect: Recorded
    wall_s: float
    spent: tuple[Spent, ...] = ()


@dataclass(frozen=True)
class Keep:
    """Keep no more than this from now on."""

    limits: History


@dataclass
class Wish:
    """Something a person asked for; who asked waits for ``done``.

    ``kind`` is ``mark`` (with ``mark``) or ``delete``; no ``job`` stands for all of them.
    """

    kind: str
    job: Optional[str] = None
    mark: Optional[str] = None
    done: threading.Event = field(default_factory=threading.Event)
    found: bool = False
    failed: bool = True


Work = Union[Entry, Keep, Wish, None]


def header_of(effect: m.RecordJob, plain: Mapping[str, Any], text: str) -> dict[str, Any]:
    """A job's row. ``plain``: what of it may hold a name; ``text``: its settings."""
    job = effect.job
    return {
        "job": job.id,
        "name": plain["name"],
        "path": plain["path"],
        "origin": job.origin,
        "size": job.size,
        "started_at": job.started_at,
        "settings": text,
    }
