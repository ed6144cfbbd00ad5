"""OctoPrint's own backup, made while it runs and restored into an empty folder."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.upgrading import (
    DATABASES,
    JOB,
    SHAPES,
    set_values,
    settings_of,
    write_database,
)

SECRET_PATH = ("backends", "obico", "access_token")
OURS = "basedir/data/aiwatch/"
LEFT_OUT = (f"frames/{JOB}/1.jpg", "history-damaged/history.db", "outbox.sqlite3.damaged")
"""Frames, or what has frames in it."""
KEPT = ("calls.json", "remembered.json")


@pytest.fixture
def host(workshop):
    host = workshop.host(start=False, plugin_settings=settings_of(SHAPES[-1]))
    folder = Path(host.basedir) / "data" / "aiwatch"
    write_database(DATABASES[-1], folder)
    for name in LEFT_OUT:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"\xff\xd8\xff a picture")
    for name in KEPT:
        (folder / name).write_text("{}")
    return host.start()


def backup(host: Any) -> Path:
    """Makes one through OctoPrint's interface and returns where it lies."""
    answer = host.post("/plugin/backup/backup", json={"exclude": []})
    assert answer.status_code == 201, answer.text
    name = answer.json()["name"]

    def made() -> bool:
        listed = host.get("/plugin/backup/backup").json()["backups"]
        return name in [one["name"] for one in listed]

    host.wait(made, 60, "the backup to be made")
    return Path(host.basedir) / "data" / "backup" / name


def test_a_backup_has_settings_and_history_and_no_picture(host):
    on_disk = Path(host.basedir) / "data" / "aiwatch"
    host.status()  # whoever looks wakes it
    assert (on_disk / "outbox.sqlite3").is_file()  # where messages wait, with frames
    with zipfile.ZipFile(backup(host)) as packed:
        names = packed.namelist()
    ours = {name[len(OURS) :] for name in names if name.startswith(OURS)}
    assert "basedir/config.yaml" in names
    assert {"history.db", *KEPT} <= ours
    assert not [name for name in ours if name.startswith(("frames", "history-damaged"))]
    assert not [name for name in ours if "outbox" in name]
    for name in LEFT_OUT:  # only the backup does without
        assert (on_disk / name).is_file()


def test_what_is_restored_has_the_settings_the_secrets_and_the_history(
    workshop, host, tmp_path
):
    archive = backup(host).rename(tmp_path / "backup.zip")
    host.stop()
    other = workshop.host(start=False, port=host.port)
    octoprint = [sys.executable, "-m", "octoprint", "--basedir", str(other.basedir)]
    done = subprocess.run(
        [*octoprint, "plugins", "backup:restore", str(archive)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    other.api_key = host.api_key  # of the accounts that were restored, too
    other.start()
    shown = other.get("/api/settings").json()["plugins"]["aiwatch"]
    assert shown["secrets_set"][".".join(SECRET_PATH)] is True
    wanted = set_values(SHAPES[-1])
    assert shown["camera"]["name"] == wanted[("camera", "name")]
    config = (Path(other.basedir) / "config.yaml").read_text()
    assert wanted[SECRET_PATH] in config
    (job,) = other.get("/plugin/aiwatch/api/jobs").json()["jobs"]
    assert (job["id"], job["checks"]) == (JOB, 7)
