"""What a person wants to look at after a pause, found in what was taken down of a job.

Pure: it is given a job's checks in columns and its notes, as the history tells them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Optional

from .deferred import dataclass
from .state import US
from .values import GAUGE_WARNING, OK

CALM = GAUGE_WARNING / 2
"""A mean takes minutes to reach a warning; until then it is on its way."""


@dataclass(frozen=True)
class Looked:
    """The last pause of ours: the check that led to it, None where there is none, and
    those before whose frame was kept and looked fine, the best first."""

    at_s: float
    seen: Optional[int]
    fine: tuple[int, ...]


def pause_in(
    columns: Mapping[str, Sequence[Any]], notes: Sequence[Mapping[str, Any]]
) -> Optional[Looked]:
    """The last pause of ours and its checks; None if we have not paused this job."""
    at = _last(notes, lambda note: note["kind"] == "pause" and note["who"] == US)
    if at is None:
        return None
    # The pause came some time after the failure: the printer has to stop first.
    failed = _last(notes[:at], lambda note: note["kind"] == "failure")
    pause_s = notes[at]["at_s"]
    failed_s = pause_s if failed is None else notes[failed]["at_s"]
    seen = None
    fine: list[tuple[float, int]] = []
    for number, at_s, score, verdict, frame in zip(
        *(columns[name] for name in ("n", "at_s", "score", "verdict", "frame"))
    ):
        if at_s > failed_s:
            break
        seen = number
        if verdict == OK and frame and score is not None:
            # Of what has not even begun to rise the last one, else what rose least.
            fine.append((max(score, CALM), -number))
    return Looked(pause_s, seen, tuple(-minus for _, minus in sorted(fine)))


def runs(numbers: Sequence[int], keys: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Who judged from which check on; checks of which nobody knows are left out."""
    for key, run in groupby(zip(numbers, keys), key=lambda one: one[1]):
        if key:
            yield next(run)[0], key


def _last(notes: Sequence[Mapping[str, Any]], is_it: Any) -> Optional[int]:
    return next((at for at in range(len(notes) - 1, -1, -1) if is_it(notes[at])), None)
