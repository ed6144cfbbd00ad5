"""How long a backend may make us wait. Pure."""

from __future__ import annotations

import math
from typing import Optional

MAX_INTERVAL_S = 1800.0
"""A backend that asks for a longer wait is not taken at its word."""
DEFAULT_INTERVAL_S = 60.0
"""What stands in for an interval that makes no sense."""


def clamp_interval_s(interval_s: Optional[float]) -> float:
    """A backend's minimum between calls made sane; 0 if it has none."""
    if interval_s is None:
        return 0.0
    if not math.isfinite(interval_s) or interval_s < 0:
        return DEFAULT_INTERVAL_S
    return min(interval_s, MAX_INTERVAL_S)
