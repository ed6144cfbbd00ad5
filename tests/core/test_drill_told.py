"""The drill, told exactly: the time it plays, and every sentence with its numbers."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core.drill import CLEAN_S, judged, outlook
from octoprint_aiwatch.core.values import (
    Detection,
    FrameEvidence,
    Inspection,
    StatisticsEvidence,
)
from tests.core.rig import settings_with

DECISION = settings_with().decision
BOX = (Detection(0.9, 0.5, 0.5, 0.4, 0.4),)
CLEAR = Inspection(FrameEvidence(0.94), BOX)
OBICO = Inspection(StatisticsEvidence(0.95, 0.0, 0.0, 0.0), BOX)


# -- the time that is played ----------------------------------------------------------


@pytest.mark.parametrize("step_s", [CLEAN_S / 2, CLEAN_S])
@pytest.mark.parametrize("failing", [CLEAR, OBICO])
def test_at_a_slow_pace_too_the_start_of_the_print_is_over_before_it_fails(
    failing: Inspection, step_s: float
) -> None:
    found = outlook(failing, DECISION, step_s)
    assert judged(failing.evidence, found).code == "drill_would_both"
