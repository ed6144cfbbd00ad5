"""Replays of stored jobs: feeding :mod:`core.replay` from the database.

One at a time, and with a breath now and then: OctoPrint feeds the printer from the same
process.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Callable, Optional

from ...core.replay import Outcome, Replay, rules_in
from .reader import Reader

BREATHE_EVERY = 40
BREATHE_S = 0.001
MOST_KEPT = 500
"""Outcomes of jobs that are over are kept: a person slides back and forth."""
WAIT_S = 20.0

Changes = Mapping[str, Any]


def replayed(
    reader: Reader,
    job: str,
    changed: Changes,
    breathe: Callable[[float], None] = time.sleep,
) -> Optional[tuple[Outcome, int]]:
    """What a job would have come to, and how many verdicts differ from the recorded.

    Args:
        changed: settings of the decision that are to be others.
    """
    document = reader.job(job)
    if document is None:
        return None
    rules = rules_in(reader.settings(job) or {})
    replay = Replay(rules, reader.notes_for_replay(job), changed)
    levels = dict(zip(document["columns"]["n"], document["columns"]["verdict"]))
    others = last_s = 0.0
    for number, check in enumerate(reader.for_replay(job)):
        verdict = replay.take(check)
        others += verdict.level != levels.get(check.number)
        last_s = check.at_s
        if number % BREATHE_EVERY == BREATHE_EVERY - 1:
            breathe(BREATHE_S)
    ended_at, started_at = document["ended_at"], document["started_at"]
    # A clock that was set meanwhile is not believed.
    end_s = max(last_s, ended_at - started_at if ended_at else last_s + BREATHE_S)
    return replay.end(end_s), int(others)


class Replays:
    """Replays for the page."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._kept: OrderedDict[Any, dict[str, Any]] = OrderedDict()

    def run(self, job: str, changed: Changes) -> tuple[Optional[dict[str, Any]], bool]:
        """The document of a replay, None if there is no such job; and whether it could be
        run, which it cannot while others take long."""
        if not self._lock.acquire(timeout=WAIT_S):
            return None, False
        try:
            return self._run(job, changed), True
        finally:
            self._lock.release()

    def _run(self, job: str, changed: Changes) -> Optional[dict[str, Any]]:
        key = (job, tuple(sorted(changed.items())))
        is_over = self._reader.is_over(job)
        if is_over is None:
            return None
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        found = replayed(self._reader, job, changed)
        if found is None:
            return None
        document = to_document(job, *found)
        if is_over:
            self._kept[key] = document
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return document


def to_document(job: str, outcome: Outcome, others: int) -> dict[str, Any]:
    """An outcome for the page and for programs."""
    return {"job": job, **asdict(outcome), "other_verdicts": others}
