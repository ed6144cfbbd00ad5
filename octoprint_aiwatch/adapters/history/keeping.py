"""Staying within the limits: what goes when there is no room.

The oldest jobs go first, whole. When only the running one is left, its oldest quiet
frames go, then its oldest frames, then its oldest checks.
"""

from __future__ import annotations

from typing import Optional

from ...core.settings import History
from .schema import MB
from .store import Store

MOST_FRAMES = 3000
"""Of one job."""
AT_A_TIME = 20
CHECKS_AT_A_TIME = 200


class Keeper:
    """Counts what the store holds, and makes room.

    ``gone`` are the jobs whose rows were deleted and whose frames are still to be.
    """

    def __init__(self, store: Store, limits: History) -> None:
        self._store = store
        self.limits = limits
        self.gone: list[str] = []
        self._sizes = {row: list(size) for row, size in store.frame_sizes().items()}
        self._added = True
        self._deleted = False

    def has_added(self, row: int) -> None:
        """A job was begun."""
        self._sizes.setdefault(row, [0, 0])
        self._added = True

    def has_kept(self, row: int, size: int) -> None:
        """A frame was written."""
        held = self._sizes.setdefault(row, [0, 0])
        held[0] += 1
        held[1] += size

    def has_room(self, row: int, job: str, size: int) -> bool:
        """Make room for one more frame of a job; whether there is."""
        most = self.limits.keep_mb * MB - size
        if most < self._store.database_bytes():
            return False
        held = self._sizes.setdefault(row, [0, 0])
        while held[0] >= MOST_FRAMES:
            if not self._drop_frames(row, job):
                return False
        self._shrink_to(most, row)
        return self.used() <= most

    def used(self) -> int:
        """Bytes of frames, of the database and of what was set aside."""
        frames = sum(size for _, size in self._sizes.values())
        return frames + self._store.database_bytes() + self._store.aside_bytes

    def keep(self, row: Optional[int]) -> None:
        """Hold the limits; ``row`` is the running job's, which goes last."""
        if self._added:
            jobs = list(self._store.jobs())
            for job, old in jobs[: max(0, len(jobs) - self.limits.keep_jobs)]:
                self.drop(job, old)
            self._added = False
        most = self.limits.keep_mb * MB
        self._shrink_to(most, row)
        while row is not None and self.used() > most:
            if not self._store.drop_checks(row, CHECKS_AT_A_TIME):
                return
            self._deleted = True

    def limit(self, limits: History) -> None:
        """Keep so much from now on."""
        self.limits, self._added = limits, True

    def _shrink_to(self, most: int, row: Optional[int]) -> None:
        """Delete jobs and frames until no more is used, or none are left to delete."""
        if self.used() <= most:
            return
        if self._store.aside_bytes:
            self._store.drop_aside()
        for job, old in list(self._store.jobs()):
            if self.used() <= most:
                return
            if old != row:
                self.drop(job, old)
        running = next((job for job, old in self._store.jobs() if old == row), None)
        if row is None or running is None:
            return
        while self.used() > most and self._drop_frames(row, running):
            pass

    def drop(self, job: str, row: int) -> None:
        """Delete a job's rows; its frames follow when that is written."""
        self._store.delete(row)
        self._sizes.pop(row, None)
        self.gone.append(job)
        self._deleted = True

    def sweep_gone(self) -> None:
        """Delete the frames of jobs whose rows are gone, outside a transaction."""
        while self.gone:
            self._store.drop_frames_of(self.gone.pop())
        if self._deleted:
            self._deleted = False
            self._store.shrink()

    def _drop_frames(self, row: int, job: str) -> bool:
        """Delete a few frames of one job, quiet ones first; whether there were any."""
        for matter in (False, True):
            count, freed = self._store.drop_frames(row, job, AT_A_TIME, matter)
            if count:
                self._sizes[row][0] -= count
                self._sizes[row][1] -= freed
                return True
        return False
