"""The clock on the wall jumps: the watch counts time on one that does not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dev import envs
from simulator.host import OctoPrintHost

from tests.e2e import support_ui as ui
from tests.e2e.test_watch_history import jobs, settings_for

DAY_S = 86400.0
NOW = "+0"
WITH_A_CLOCK_OF_ITS_OWN = """\
#!/bin/sh
# OctoPrint whose time of day is what a file says; only its time of day.
export TZ=Europe/Berlin FAKETIME_TIMESTAMP_FILE="{file}" FAKETIME_NO_CACHE=1
export FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_RESET=1
export LD_PRELOAD="{library}"
exec "{python}" "$@"
"""
JUMPS = ("+1d", "-1d", "@2026-10-25 02:59:57", "@2026-03-29 01:59:57")
"""A day on, a day back, and into the hours in which summer time ends and begins."""


@pytest.fixture
def clock(tmp_path) -> Path:
    """What the time of day is, for libfaketime."""
    file = tmp_path / "clock"
    file.write_text(NOW)
    return file


@pytest.fixture
def host(workshop, tmp_path, clock) -> Iterator[OctoPrintHost]:
    script = tmp_path / "python"
    ask = [envs.program("faketime"), "-m", "-f", NOW, "printenv", "LD_PRELOAD"]
    library = subprocess.check_output(ask, text=True).strip()
    script.write_text(
        WITH_A_CLOCK_OF_ITS_OWN.format(file=clock, library=library, python=sys.executable)
    )
    script.chmod(0o755)
    cloud = workshop.gadget()
    settings = {**settings_for(cloud), "budget": {"monthly_calls": 100_000}}
    with ui.StillCamera() as camera:
        yield workshop.host(
            python=script,
            camera_snapshot_url=camera.snapshot_url,
            plugin_settings=settings,
        )


def checked(host: OctoPrintHost, least: int) -> dict[str, Any]:
    host.wait(lambda: host.status()["checks"] >= least, 20, f"{least} checks")
    status: dict[str, Any] = host.status()
    assert (status["verdict"], status["blind"]) == ("ok", False)
    return status


def test_a_clock_that_jumps_neither_stops_nor_hurries_the_watch(host, start_print, clock):
    start_print(host)
    status = checked(host, 1)
    calls = status["calls_this_month"]
    for jump in JUMPS:
        clock.write_text(jump)
        began_s, before = host.now_s(), status["checks"]
        status = checked(host, before + 2)
        took_s = host.now_s() - began_s
        # Every 5 s: two checks take between one interval and a few of them.
        assert 4.0 < took_s < 20.0, jump
        assert status["pauses"] == 0
        assert status["next_check_s"] <= 5.0
        assert host.state().text == "Printing"
    clock.write_text(NOW)
    status = checked(host, status["checks"] + 1)
    assert status["calls_this_month"] >= calls, "no call was forgotten"
    host.command("cancel")
    host.wait(lambda: jobs(host) and jobs(host)[0]["ended_at"], 20, "the job's end")
    job = host.get(f"/plugin/aiwatch/api/jobs/{jobs(host)[0]['id']}").json()
    at_s = job["columns"]["at_s"]
    assert at_s == sorted(at_s)
    assert at_s[-1] < 600, "the job's own time did not jump"
