"""OctoPrint is killed at random moments while it watches, again and again.

Five times here; AIWATCH_KILLS=100 makes it a hundred.
"""

from __future__ import annotations

import os
import random
import sqlite3
import threading

import psutil
import pytest
from simulator.host import HostError

from tests.e2e import support_ui as ui
from tests.e2e.test_watch_history import folder, jobs

KILLS = int(os.environ.get("AIWATCH_KILLS", "5"))
OURS = ("octoprint_aiwatch.detector", "octoprint_aiwatch.courier")
SETTINGS = {
    "backend": "local",
    "watch": {"min_interval_s": 5, "warmup": False, "grace_start_s": 0},
    "history": {"keep_jobs": 20, "keep_mb": 20},
}


def left_running(host) -> list[psutil.Process]:
    """Our processes that belong to this OctoPrint's folder and outlived it."""
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            if any(one in words for one in OURS) and process.cwd() == str(host.basedir):
                found.append(process)
        except psutil.Error:
            continue  # gone meanwhile, or somebody else's
    return found


@pytest.mark.timeout(60 + 20 * KILLS)
def test_killed_at_any_moment_it_loses_nothing_it_had_and_watches_again(workshop):
    chance = random.Random(8)
    with ui.StillCamera() as camera:
        host = workshop.host(
            camera_snapshot_url=camera.snapshot_url, plugin_settings=SETTINGS
        )
        host.upload_text("G28\n" + "G4 P50\n" * 20000, "job.gcode")
        known: set[str] = set()
        for _ in range(KILLS):
            killer = threading.Timer(chance.uniform(0.0, 4.0), host.kill)
            killer.start()
            try:
                host.print_file("job.gcode")
            except (OSError, HostError):
                pass  # it came first
            killer.join()
            database = sqlite3.connect(folder(host) / "history.db")
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            database.close()
            assert [p for p in folder(host).rglob("*.tmp") if p.stat().st_size] == []
            host.start()
            kept = {job["id"] for job in jobs(host)}
            assert known <= kept or len(kept) == SETTINGS["history"]["keep_jobs"]
            known = kept
        host.wait(lambda: not left_running(host), 20, "nothing of the killed to be left")
        host.print_file("job.gcode")
        host.wait(lambda: host.status()["checks"] >= 2, 60, "two checks")
        assert host.status()["verdict"] == "ok"
        assert host.state().text == "Printing"
        assert all(job["ended_at"] for job in jobs(host)[1:])
        log = host.log_text()
        assert log.count("was damaged") == 0
