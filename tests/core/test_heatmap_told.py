"""How sure a group of hot cells is, where no logit is beyond what can be told apart."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core.heatmap import Calibration, HeatMap, calibrated, detections

MILD = Calibration(hottest=3, centre=1.0, slope=0.1, cell=-2.0)
"""Every number of it leaves its mark on a confidence."""
COLD = -9.0


@pytest.mark.parametrize(
    ("line", "logit"),
    [
        ((8.0, COLD, COLD, COLD, COLD), (8.0 + 2 * MILD.cell) / 3),
        ((8.0, 5.0, COLD, COLD, COLD), (8.0 + 5.0 + MILD.cell) / 3),
        ((8.0, 5.0, 2.0, COLD, COLD), (8.0 + 5.0 + 2.0) / 3),
        ((2.0, 8.0, 5.0, 1.0, 0.0), (8.0 + 5.0 + 2.0) / 3),
    ],
)
def test_a_group_is_as_sure_as_so_many_cells_the_rest_of_them_just_not_hot(
    line: tuple[float, ...], logit: float
) -> None:
    (box,) = detections(HeatMap(1, len(line), line), MILD)
    assert box.confidence == pytest.approx(calibrated(logit, MILD))
