"""How long a backend may make us wait."""

from __future__ import annotations

import math
from typing import Optional

import pytest

from octoprint_aiwatch.core.intervals import (
    DEFAULT_INTERVAL_S,
    MAX_INTERVAL_S,
    clamp_interval_s,
)


@pytest.mark.parametrize(
    ("asked_s", "taken_s"),
    [
        (None, 0.0),
        (0.0, 0.0),
        (40.0, 40.0),
        (MAX_INTERVAL_S + 1, MAX_INTERVAL_S),
        (-1.0, DEFAULT_INTERVAL_S),
        (math.nan, DEFAULT_INTERVAL_S),
        (math.inf, DEFAULT_INTERVAL_S),
    ],
)
def test_a_backends_wait_is_taken_as_far_as_it_makes_sense(
    asked_s: Optional[float], taken_s: float
) -> None:
    assert clamp_interval_s(asked_s) == taken_s
