"""What the cascade's scout believes, apart from whoever judges."""

from __future__ import annotations

from typing import Optional

from .deferred import dataclass
from .temporal import NO_MEMORY, Memory, cleared
from .values import FAILURE, NO_VERDICT, WARNING, Verdict


@dataclass(frozen=True)
class Scout:
    """What the detector believes by itself.

    ``asked_at``: when the judge answered last. ``refuted``: how often in a row it found
    nothing although the scout was suspicious.
    """

    memory: Memory = NO_MEMORY
    verdict: Verdict = NO_VERDICT
    asked_at: Optional[float] = None
    refuted: int = 0

    def without_evidence(self) -> Scout:
        """The same as after a resume."""
        return Scout(cleared(self.memory), asked_at=self.asked_at)

    @property
    def suspects(self) -> bool:
        """Whether the judge ought to have a look."""
        return self.verdict.level in (WARNING, FAILURE)
