"""The machine itself fails: a full disk, one that cannot be written to, damaged files."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from simulator.host import OctoPrintHost

from tests.e2e.test_watch_history import folder, jobs, settings_for

SMALL_DISK = "size=256k"
OWN_DISK = """\
#!/bin/sh
# OctoPrint with a small disk of its own for our folder; seen by nobody else.
exec unshare {who} --mount sh -c 'mount -t tmpfs -o {size},{how} tmpfs "{place}" && \\
exec "$0" "$@"' "{python}" "$@"
"""


def python_with_small_disk(tmp_path: Path, place: Path, how: str = "rw") -> Path:
    """An interpreter under which a folder is on a disk that is soon full."""
    place.mkdir(parents=True)
    script = tmp_path / "python"
    who = "" if os.geteuid() == 0 else "--user --map-root-user"
    text = OWN_DISK.format(
        who=who, size=SMALL_DISK, how=how, place=place, python=sys.executable
    )
    script.write_text(text)
    script.chmod(0o755)
    return script


Make = Callable[..., OctoPrintHost]


def an_octoprint(
    workshop: Any,
    cloud: Any,
    camera: Any,
    place: Path,
    spoil: Callable[[Path], Any] = lambda _: None,
    **options: Any,
) -> OctoPrintHost:
    """One at this place, whose folder was spoilt before it starts."""
    host: OctoPrintHost = workshop.host(
        start=False,
        basedir=place / "octoprint",
        camera_snapshot_url=camera.snapshot_url,
        plugin_settings=settings_for(cloud),
        **options,
    )
    spoil(folder(host))
    return host.start()


@pytest.fixture
def make(workshop, cloud, camera, tmp_path) -> Make:
    """make(spoil, **options)"""
    return partial(an_octoprint, workshop, cloud, camera, tmp_path)


def is_watching(host: OctoPrintHost, least: int) -> dict[str, Any]:
    """So many frames were judged and the print is left alone."""
    host.wait(lambda: host.status()["checks"] >= least, 40, f"{least} checks")
    status = host.status()
    assert (status["verdict"], status["blind"]) == ("ok", False)
    assert host.state().text == "Printing"
    return status


def fill(place: Path) -> None:
    """To the last byte."""
    with place.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def remounted(host: OctoPrintHost, place: Path, how: str) -> None:
    """Its disk, as only this OctoPrint sees it, becomes one that can(not) be written."""
    inside = ["nsenter", "--target", str(host.pid), "--mount"]
    if os.geteuid() != 0:
        inside += ["--user", "--preserve-credentials"]
    command = [*inside, "mount", "-o", f"remount,{how}", str(place)]
    subprocess.run(command, check=True, timeout=20)


def codes_of(status: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in status["reasons"]]


def start(host: OctoPrintHost) -> None:
    since_s = host.now_s()
    host.upload_text("G28\n" + "G4 P50\n" * 20000, "job.gcode")
    host.wait_event(
        "PrinterStateChanged",
        since_s=since_s,
        where=lambda data: data["state_id"] == "PRINTING",
    )


def a_disk_gets_full(make: Make, tmp_path: Path) -> OctoPrintHost:
    place = tmp_path / "octoprint" / "data" / "aiwatch"
    host = make(tmp_path, python=python_with_small_disk(tmp_path, place))
    start(host)
    is_watching(host, 1)
    inside = Path(f"/proc/{host.pid}/root") / place.relative_to("/")
    filler = inside / "filler"
    with pytest.raises(OSError, match="No space left"):
        fill(filler)
    host.wait(lambda: "history_full" in codes_of(host.status()), 40, "it to be said")
    before = host.status()["checks"]
    is_watching(host, before + 2)
    assert host.log_text().count("The history cannot be kept: the disk is full.") == 1
    assert host.get("/plugin/aiwatch/api/jobs").ok
    filler.unlink()
    host.wait(lambda: "history_full" not in codes_of(host.status()), 60, "its end")
    is_watching(host, host.status()["checks"] + 1)
    host.wait(lambda: "The history is kept again" in host.log_text(), 20, "its line")
    assert jobs(host)[0]["name"] == "job.gcode"
    return host


def a_folder_cannot_be_written_to(make: Make, tmp_path: Path) -> OctoPrintHost:
    place = tmp_path / "octoprint" / "data" / "aiwatch"
    host = make(tmp_path, python=python_with_small_disk(tmp_path, place, "ro"))
    start(host)
    status = is_watching(host, 2)
    assert "history_read_only" in codes_of(status)
    remounted(host, place, "rw")
    host.wait(lambda: "The history is kept again" in host.log_text(), 60, "its end")
    assert "history_read_only" not in codes_of(is_watching(host, 1))
    return host


LONG = {
    "test_a_full_disk_is_said_the_watch_goes_on_and_so_does_the_history_later": (
        a_disk_gets_full
    ),
    "test_a_folder_that_cannot_be_written_to_is_said_and_so_is_its_end": (
        a_folder_cannot_be_written_to
    ),
}
"""What is tried again after a minute: all of it goes on beside the other tests, which
come first, and each test has what became of its own."""


@pytest.fixture(scope="module", autouse=True)
def under_way(
    request, module_workshop, cloud, camera, tmp_path_factory
) -> Iterator[dict[str, Future[OctoPrintHost]]]:
    """Begins those of the long ones that are going to be asked for."""
    asked = {item.name for item in request.session.items if item.path == request.path}
    make = partial(an_octoprint, module_workshop, cloud, camera)
    with ThreadPoolExecutor(len(LONG)) as pool:
        yield {
            name: pool.submit(work, make, tmp_path_factory.mktemp("long"))
            for name, work in LONG.items()
            if name in asked
        }


def damaged(place: Path) -> None:
    place.mkdir(parents=True)
    (place / "history.db").write_bytes(b"SQLite format 3\0" + b"\xa5" * 8192)


def test_a_damaged_history_is_set_aside_and_a_new_one_begun(make, start_print):
    host = make(damaged)
    start_print(host)
    is_watching(host, 1)
    host.wait(lambda: jobs(host), 20, "the job in the new history")
    assert host.log_text().count("The history was damaged") == 1
    database = sqlite3.connect(folder(host) / "history.db")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()


def nonsense(place: Path) -> None:
    place.mkdir(parents=True)
    for name in ("calls.json", "remembered.json"):
        (place / name).write_bytes(b"\x00{]" * 100)
    (place / "outbox.sqlite3").write_bytes(b"no database" * 1000)


def test_damaged_small_files_are_begun_anew_and_the_print_is_watched(make, start_print):
    host = make(nonsense)
    start_print(host)
    status = is_watching(host, 1)
    assert status["calls_this_month"] >= 1


BAD_SETTINGS = {
    "backend": ["gadget"],
    "fallback": "all of them",
    "watch": "often",
    "decision": {"pause_confidence": "very", "none_below": [1]},
    "camera": {"timeout_s": -5, "ignore_zones": {"x": 1}},
    "notify": {"urls": 17, "min_gap_s": None},
    "history": [],
    "budget": {"monthly_calls": "1e999"},
    "backends": {"local": {"threads": "all"}, "gadget": None, "nobody": {"url": 1}},
}


def test_damaged_settings_are_named_and_the_print_is_watched_with_what_can_be_used(
    make, start_print
):
    host = make()
    host.stop()
    path = host.basedir / "config.yaml"
    document = yaml.safe_load(path.read_text())
    kept = document["plugins"]["aiwatch"]["backends"]["gadget"]
    document["plugins"]["aiwatch"] = BAD_SETTINGS
    path.write_text(yaml.safe_dump(document))
    host.start()
    start_print(host)
    is_watching(host, 1)
    log = host.log_text()
    for name in ("backend", "camera.timeout_s", "decision.pause_confidence"):
        assert f"Setting {name} cannot be used" in log
    # Nothing of it was overwritten, and what is saved next counts at once.
    stored = yaml.safe_load(path.read_text())["plugins"]["aiwatch"]
    assert stored["decision"] == BAD_SETTINGS["decision"]
    host.save_settings({"backend": "gadget", "backends": {"gadget": kept}})
    host.wait(lambda: host.status()["backend"] == "gadget", 10, "the saved backend")


def test_a_full_disk_is_said_the_watch_goes_on_and_so_does_the_history_later(
    request, under_way, complaints
):
    host = under_way[request.node.name].result()
    host.kill()
    assert complaints(host.log_text() + host.console_text()) == []


def test_a_folder_that_cannot_be_written_to_is_said_and_so_is_its_end(
    request, under_way, complaints
):
    host = under_way[request.node.name].result()
    host.kill()
    assert complaints(host.log_text() + host.console_text()) == []
