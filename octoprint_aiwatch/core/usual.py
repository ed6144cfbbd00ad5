"""What is usual for a printer: the long mean of what its good prints show.

A cluttered desk or a perforated part makes a detector nervous in the same way print after
print. The mean is kept over restarts, one for each backend. It takes in nothing that is
suspicious, and a print that did not end well teaches it nothing: a failure must not
become normal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .deferred import dataclass

SECTION = "usual"
LONG_S = 72_000.0
"""How much watched time the mean looks back on: as long as that of Obico's server, 7,200
frames of 10 s."""
TRUSTED_S = 3_600.0
"""With less evidence than this it counts for less."""
MOST = 0.5
"""However nervous a detector is, what is usual never reaches further."""


@dataclass(frozen=True)
class Usual:
    """A mean score, 0..1, and how much evidence it stands on, seconds."""

    mean: float = 0.0
    evidence_s: float = 0.0


NOTHING_USUAL = Usual()


def learned(usual: Usual, value: float, step_s: float) -> Usual:
    """The mean after a frame that was not suspicious."""
    evidence_s = min(LONG_S, usual.evidence_s + step_s)
    if evidence_s <= 0.0:
        return usual
    mean = usual.mean + (value - usual.mean) * min(1.0, step_s / evidence_s)
    return Usual(min(MOST, mean), evidence_s)


def trusted(usual: Usual) -> float:
    """What is taken as usual: nothing while little is known."""
    return usual.mean * min(1.0, usual.evidence_s / TRUSTED_S)


def recalled(remembered: Mapping[str, Any], backend: str) -> Usual:
    """What was kept for a backend; stored values are read with suspicion."""
    section = remembered.get(SECTION)
    stored = section.get(backend) if isinstance(section, Mapping) else None
    if not isinstance(stored, Mapping):
        return NOTHING_USUAL
    mean = _number(stored.get("mean"), MOST)
    return Usual(mean, _number(stored.get("evidence_s"), LONG_S))


def kept(remembered: Mapping[str, Any], backend: str, usual: Usual) -> dict[str, Any]:
    """The section to be remembered, with a backend's mean in it."""
    section = remembered.get(SECTION)
    others = section if isinstance(section, Mapping) else {}
    return {**others, backend: {"mean": usual.mean, "evidence_s": usual.evidence_s}}


def _number(value: Any, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0.0
    return float(min(most, value)) if 0.0 <= value < math.inf else 0.0
