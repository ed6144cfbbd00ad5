"""Ten hours of a print are judged again in less time than a person waits for."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from octoprint_aiwatch.adapters.history.reader import Reader
from octoprint_aiwatch.adapters.history.replaying import replayed
from tests.adapters.filling import fill

TEN_HOURS = 3600
WITHIN_S = 2.0


@pytest.mark.timeout(180)
def test_ten_hours_are_judged_again_in_less_than_two_seconds(tmp_path: Path) -> None:
    fill(tmp_path, 1, TEN_HOURS, b"", frames=False)
    reader, times = Reader(tmp_path), []
    for changed in ({}, {"pause_confidence": 1}, {}):
        # The processor's time: what else the machine does is not ours.
        started_s = time.process_time()
        found = replayed(reader, "job0", changed)
        times.append(time.process_time() - started_s)
        assert found is not None
        assert found[0].checks == TEN_HOURS
        assert changed or found[1] == 0
    assert min(times) < WITHIN_S, times
