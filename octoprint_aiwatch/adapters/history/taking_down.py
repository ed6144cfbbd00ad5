"""How the running job goes into the store: its row, its checks, which frames are kept.

All frames of a day would wear an SD card out and push older jobs away, so a frame is kept
if it matters (the first ones, anything but a quiet ``ok``), and otherwise once a minute.
Of every check the rest is kept. A record is written as what differs from the one before,
unless that one did not get into the store.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Callable, Optional

from ...core import messages as m
from ...core.chronicle import without_secrets
from ...core.record import Record, changes
from ...core.temporal import Memory
from ...core.values import OK
from ...core.zones import counting
from .entries import Entry, header_of
from .keeping import Keeper
from .store import SAFE_ID, Store

FIRST = 3
"""So many frames of a job are kept whatever they show."""
MATTERS_ABOVE = 0.3
"""A score, or a box, from which a frame is kept although all is well."""
QUIET_EVERY_S = 60.0
"""How often a frame is kept of what is quiet."""

Clean = Callable[[Any], Any]


class TakingDown:
    """The job that is being taken down. A row is made with the first thing to say."""

    def __init__(self, clean: Clean) -> None:
        self._clean = clean
        self._job: Optional[m.RecordJob] = None
        self.row: Optional[int] = None
        self.forget()

    def forget(self) -> None:
        """What was written last may be lost: the next record is written whole."""
        self.row = None
        self._before: Optional[Record] = None
        self._memory: Optional[Memory] = None
        self._level = OK
        self._kept_at_s: Optional[float] = None

    def take(self, entry: Entry, store: Store, keeper: Keeper) -> None:
        """Write one entry, within the transaction that is open."""
        effect = entry.effect
        if isinstance(effect, m.RecordJob):
            self.follow(entry)
            return
        if self._job is None or effect.job_id != self._job.job.id:
            return
        if isinstance(effect, m.RecordEnd):
            self._end(effect, entry, store)
            return
        row = self._row(store, keeper)
        for spent in entry.spent:
            store.add_calls(row, spent.backend, spent.calls, spent.cost_usd)
        if isinstance(effect, m.RecordCheck):
            self._check(row, effect, entry, store, keeper)
        else:
            store.add_note(row, self._note(effect))

    def follow(self, entry: Entry) -> None:
        """Know which job it is, although nothing can be written."""
        effect = entry.effect
        if isinstance(effect, m.RecordJob):
            self.forget()
            self._job = effect if SAFE_ID.fullmatch(effect.job.id) else None
        elif isinstance(effect, m.RecordEnd):
            self.forget()
            self._job = None

    def _row(self, store: Store, keeper: Keeper) -> int:
        if self.row is None:
            assert self._job is not None
            named = {"name": self._job.job.name, "path": self._job.job.path}
            text = json.dumps(self._clean(without_secrets(self._job.settings)))
            header = header_of(self._job, self._clean(named), text)
            self.row = store.add_job(header)
            keeper.has_added(self.row)
        return self.row

    def _check(
        self,
        row: int,
        effect: m.RecordCheck,
        entry: Entry,
        store: Store,
        keeper: Keeper,
    ) -> None:
        matters = self._matters(effect)
        quiet_s = None if self._kept_at_s is None else effect.at_s - self._kept_at_s
        size = 0
        jpeg = effect.frame.jpeg
        is_due = matters or quiet_s is None or quiet_s >= QUIET_EVERY_S
        if jpeg and is_due and keeper.has_room(row, effect.job_id, len(jpeg)):
            store.put_frame(effect.job_id, effect.number, jpeg)
            keeper.has_kept(row, len(jpeg))
            size = len(jpeg)
            self._kept_at_s = effect.at_s
        check = {
            "n": effect.number,
            "at_s": round(effect.at_s, 3),
            "score": effect.verdict.score,
            "verdict": effect.verdict.level,
            "detail": self._detail(effect, entry),
        }
        store.add_check(row, check, size, matters)
        self._before, self._memory = effect.record, effect.memory
        self._level = effect.verdict.level

    def _matters(self, effect: m.RecordCheck) -> bool:
        verdict = effect.verdict
        return (
            effect.number <= FIRST
            or verdict.level != OK
            or verdict.level != self._level
            or (verdict.score or 0.0) >= MATTERS_ABOVE
            or any(box.confidence >= MATTERS_ABOVE for box in counting(effect.sightings))
        )

    def _detail(self, effect: m.RecordCheck, entry: Entry) -> dict[str, Any]:
        view = effect.frame.view
        return {
            "phase": effect.phase,
            "backend": effect.record.backend,
            "camera": self._clean(effect.frame.camera),
            "view": [view.flip_h, view.flip_v, view.rotate_90],
            "reasons": [
                [reason.code, self._clean(dict(reason.params))]
                for reason in effect.verdict.reasons
            ],
            "boxes": [
                [one.box.confidence, one.box.x, one.box.y, one.box.w, one.box.h]
                + ([one.unless] if one.unless else [])
                for one in effect.sightings
            ],
            "grace_s": round(effect.grace_s, 3),
            "suppressed": effect.suppressed,
            "calls": sum(spent.calls for spent in entry.spent),
            "record": changes(effect.record, self._before, self._memory),
        }

    def _note(self, effect: m.RecordNote) -> Mapping[str, Any]:
        return {
            "at_s": round(effect.at_s, 3),
            "kind": effect.kind,
            "who": effect.who,
            "code": effect.reason.code,
            "params": self._clean(dict(effect.reason.params)),
        }

    def _end(self, effect: m.RecordEnd, entry: Entry, store: Store) -> None:
        """Nothing was seen of a job without a row, so none is made for its end."""
        if self.row is not None:
            for spent in entry.spent:
                store.add_calls(self.row, spent.backend, spent.calls, spent.cost_usd)
            store.end_job(self.row, effect.outcome, entry.wall_s)
        self._job = None
        self.forget()
