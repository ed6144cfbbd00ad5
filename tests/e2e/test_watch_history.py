"""The history of real prints on a real OctoPrint, also when it is killed."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import support_ui as ui

KEY = "test-key"


def settings_for(cloud: Any) -> dict[str, Any]:
    watch = {"min_interval_s": 5, "warmup": False, "grace_start_s": 0}
    return {
        "backend": "gadget",
        "backends": {"gadget": {"url": cloud.url, "api_key": KEY}},
        "watch": {**watch, "grace_resume_s": 0},
    }


@pytest.fixture
def host(workshop):
    cloud = workshop.gadget()
    with ui.StillCamera() as camera:
        yield workshop.host(
            camera_snapshot_url=camera.snapshot_url, plugin_settings=settings_for(cloud)
        )


def jobs(host: Any) -> Any:
    return host.get("/plugin/aiwatch/api/jobs").json()["jobs"]


def checked(host: Any, times: int) -> None:
    host.wait(lambda: host.status()["checks"] >= times, 40, f"{times} checks")


def folder(host: Any) -> Path:
    return Path(host.basedir) / "data" / "aiwatch"


def replayed(host: Any, *given: str) -> subprocess.CompletedProcess[str]:
    octoprint = [sys.executable, "-m", "octoprint", "--basedir", str(host.basedir)]
    return subprocess.run(
        [*octoprint, "plugins", "aiwatch:replay", *given],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_print_is_in_the_history_with_who_paused_it(host, start_print):
    start_print(host)
    checked(host, 1)
    host.command("pause")
    host.wait_state("Paused")
    host.command("resume")
    host.wait_state("Printing")
    checked(host, 2)
    host.gcode("!!DEBUG:action_pause")
    host.wait_state("Paused")
    host.command("cancel")
    host.wait(lambda: jobs(host) and jobs(host)[0]["ended_at"], 20, "the job's end")
    (job,) = jobs(host)
    assert (job["name"], job["outcome"]) == ("job.gcode", "cancelled")
    assert [pause["who"] for pause in job["pauses"]] == ["user", "printer"]
    assert job["checks"] == len(job["sparkline"]) >= 2
    (calls,) = job["calls"]
    assert calls["backend"] == "gadget"
    assert calls["calls"] >= job["checks"]
    frame = host.get(f"/plugin/aiwatch/api/jobs/{job['id']}/frames/1.jpg")
    assert frame.content.startswith(b"\xff\xd8")
    # Through OctoPrint's own command line, while it runs.
    done = replayed(host, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout.splitlines()[-1])
    assert (document["checks"], document["other_verdicts"]) == (job["checks"], 0)


def test_killed_in_the_middle_of_a_print_it_keeps_what_it_saw(host, start_print):
    start_print(host)
    checked(host, 2)
    host.wait(lambda: jobs(host) and jobs(host)[0]["checks"] >= 2, 10, "two rows")
    host.kill()
    database = sqlite3.connect(folder(host) / "history.db")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()
    host.start()
    host.wait(lambda: jobs(host) and jobs(host)[0]["ended_at"], 20, "the job's end")
    (job,) = jobs(host)
    assert job["outcome"] == "unknown"
    assert job["checks"] >= 2


def test_a_history_that_cannot_be_written_is_said_and_the_watch_goes_on(
    workshop, start_print
):
    cloud = workshop.gadget()
    with ui.StillCamera() as camera:
        host = workshop.host(
            start=False,
            camera_snapshot_url=camera.snapshot_url,
            plugin_settings=settings_for(cloud),
        )
        # Nothing can be written to a database that is a folder, not even by root.
        (folder(host) / "history.db").mkdir(parents=True)
        host.start()
        start_print(host)
        checked(host, 2)
        status = host.status()
        assert (status["verdict"], status["blind"]) == ("ok", False)
        codes = [reason["code"] for reason in status["reasons"]]
        assert codes[-1] == "history_read_only"
        assert host.log_text().count("The history cannot be kept") == 1
        answer = host.get("/plugin/aiwatch/api/jobs")
        assert answer.status_code == 503


def test_a_backup_has_the_database_and_no_frames(host, start_print):
    start_print(host)
    checked(host, 1)
    host.wait(lambda: list(folder(host).glob("frames/*/*.jpg")), 10, "a frame")
    host.command("cancel")
    host.stop()
    octoprint = [sys.executable, "-m", "octoprint", "--basedir", str(host.basedir)]
    archive = Path(host.basedir) / "made.zip"
    made = [*octoprint, "plugins", "backup:backup", "--path", str(archive)]
    done = subprocess.run(made, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    names = zipfile.ZipFile(archive).namelist()
    ours = [name for name in names if "data/aiwatch/" in name]
    assert any(name.endswith("history.db") for name in ours)
    assert not [name for name in ours if name.endswith(".jpg")]
