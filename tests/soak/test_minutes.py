"""What the soak in real time makes of its samples, without an OctoPrint."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from soak.minutes import MISTAKE, Minutes, Sample, Seen

WELL = "2026-11-29 14:45:41,659 - octoprint.plugins.aiwatch - WARNING - No webcam.\n"
LISTED = "|  AI Watch (0.1.0) = /opt/venv/octoprint_aiwatch\n"


def sample(number: int, **changes: float) -> Sample:
    held: dict[str, Any] = {"uss_mb": 80.0, "threads": 28, "handles": 20}
    held = {**held, "processes": 1, "folder_mb": 2.0, **changes}
    return Sample(float(number), **held)


def seen(*samples: Sample, log: str = WELL + LISTED) -> Seen:
    host = SimpleNamespace(log_text=lambda: log)
    side: Any = SimpleNamespace(host=host)
    return Seen(side, list(samples))


def still(count: int = 30) -> list[Sample]:
    return [sample(number) for number in range(count)]


def wrong(watched: Seen, plain: Seen) -> list[str]:
    minutes = Minutes(Path("."), 1.0, 1)
    minutes._judge(plain, watched)
    return minutes.wrong


def test_what_stays_as_it_is_is_well() -> None:
    assert wrong(seen(*still()), seen(*still())) == []


def test_growth_counts_after_the_warm_up_only() -> None:
    early = [sample(number, uss_mb=60.0) for number in range(10)]
    assert seen(*early, *still(20)).growth("uss_mb") == 0.0
    late = [sample(number, uss_mb=82.0) for number in range(10)]
    assert seen(*still(20), *late).growth("uss_mb") == 2.0


def test_memory_that_grows_more_than_a_plain_ones_is_wrong() -> None:
    grown = [*still(20), *(sample(number, uss_mb=82.0) for number in range(10))]
    assert wrong(seen(*grown), seen(*still())) == ["memory has grown by 2.00 MB"]
    assert wrong(seen(*grown), seen(*grown)) == []


@pytest.mark.parametrize(
    ("name", "more"), [("threads", 31), ("handles", 25), ("processes", 2)]
)
def test_more_of_what_is_held_is_wrong(name: str, more: int) -> None:
    grown = [*still(20), *(sample(number, **{name: more}) for number in range(10))]
    (text,) = wrong(seen(*grown), seen(*still()))
    assert name in text


def test_a_folder_beyond_its_limit_is_wrong_even_for_a_moment() -> None:
    samples = still()
    samples[3] = sample(3, folder_mb=24.0)
    (text,) = wrong(seen(*samples), seen(*still()))
    assert "24.0 MB" in text


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-29 14:45:41,659 - octoprint.plugins.aiwatch - ERROR - Unexpected",
        '  File "/opt/venv/octoprint_aiwatch/core/machine.py", line 3, in step',
    ],
)
def test_a_mistake_in_the_log_is_wrong(line: str) -> None:
    found = wrong(seen(*still(), log=WELL + line + "\n" + LISTED), seen(*still()))
    assert found == ["in the log: " + line]
    assert MISTAKE.findall(WELL + LISTED) == []
