"""When a simulated print starts to fail, and how much loose filament there is by then.

Must not draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Optional

from .progress import Progress

STRANDS_PER_S = 1.0


@dataclass(frozen=True)
class FailPlan:
    """Fail after so many seconds of printing; a negative number has begun before."""

    after_s: float = math.inf
    strands_per_s: float = STRANDS_PER_S

    @classmethod
    def never(cls) -> FailPlan:
        """A print that goes well."""
        return cls(math.inf)


class Failure:
    """Follows one job after another and says what has come loose."""

    def __init__(self, plan: Optional[FailPlan] = None) -> None:
        self._plan = plan or FailPlan.never()
        self._job = -1
        self._fails_at_s = self._plan.after_s
        self._failed_filepos: Optional[float] = None

    def begin(self, progress: Progress, grown_s: float = 0.0) -> None:
        """Fail now, as if the strands had been coming for `grown_s` seconds."""
        self.look(progress)
        self._fails_at_s = progress.printed_s - grown_s
        self._failed_filepos = None

    def heal(self) -> None:
        """No failure any more, nor in the jobs to come."""
        self._plan = FailPlan.never()
        self._fails_at_s = math.inf
        self._failed_filepos = None

    def look(self, progress: Progress) -> tuple[float, Optional[float]]:
        """How many strands there are, and where in the file the part came off."""
        if progress.job != self._job:
            self._job = progress.job
            self._fails_at_s = self._plan.after_s
            self._failed_filepos = None
        if progress.filepos is None or progress.printed_s < self._fails_at_s:
            return 0.0, None
        if progress.printed_s <= 0.0 and self._fails_at_s >= 0.0:
            return 0.0, None  # the job is still heating up
        if self._failed_filepos is None:
            self._failed_filepos = progress.filepos
        strands = (progress.printed_s - self._fails_at_s) * self._plan.strands_per_s
        return strands, self._failed_filepos
