"""The plugin is disabled and enabled in OctoPrint's plugin manager.

OctoPrint refuses that while it prints, and both take effect with its next start.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from simulator.host import OctoPrintHost

from tests.e2e import support_faults as faults
from tests.e2e.support_watch import SOON_S, Rig
from tests.e2e.test_fault_killed import left_running

JOBS = "/plugin/aiwatch/api/jobs"
STATUS = "/plugin/aiwatch/api/status"


@pytest.fixture
def rig(workshop, tmp_path) -> Rig:
    with faults.own_temporary_folder(tmp_path):
        return Rig(workshop, enabled_plugins=("pluginmanager",))


def ask(host: OctoPrintHost, command: str) -> requests.Response:
    body = {"command": command, "plugin": "aiwatch"}
    return host.post("/api/plugin/pluginmanager", json=body)


def toggle(host: OctoPrintHost, command: str) -> None:
    answer = ask(host, command)
    assert answer.ok, answer.text
    assert answer.json()["needs_restart"] is True


def named(host: OctoPrintHost) -> list[str]:
    """The jobs of the history, the last one first."""
    return [job["name"] for job in host.get(JOBS).json()["jobs"]]


def starts_anew(host: OctoPrintHost, temporary: Path) -> None:
    with faults.own_temporary_folder(temporary):
        host.restart()


def watch_is_seen_to_work(rig: Rig, name: str) -> None:
    """A print is watched and left alone."""
    with rig.printing(name=name) as since_s:
        assert rig.wait_checks(1)["verdict"] == "ok"
        assert set(rig.state_ids(since_s)) <= {"STARTING", "PRINTING"}


def prints_unwatched(rig: Rig) -> None:
    """A short print comes to its own end and nobody looks."""
    asked, since_s = rig.camera.requests, rig.host.now_s()
    rig.host.upload_text("G28\n" + "G4 P50\n" * 40, "short.gcode")
    rig.host.wait_event("PrintDone", since_s=since_s)
    assert rig.camera.requests == asked
    assert rig.fired("watch_started", since_s) == []
    assert rig.host.messages(since_s=since_s) == []


@pytest.mark.timeout(150)
def test_disabled_it_leaves_nothing_running_and_enabled_again_it_watches(rig, tmp_path):
    rig.prepare("gadget")
    with rig.printing(name="first.gcode") as since_s:
        rig.wait_checks(1)
        assert ask(rig.host, "disable").status_code == 409, "OctoPrint refuses it"
        assert rig.check()["verdict"] == "ok"
        assert set(rig.state_ids(since_s)) <= {"STARTING", "PRINTING"}

    toggle(rig.host, "disable")
    watch_is_seen_to_work(rig, "second.gcode")  # until OctoPrint starts anew
    own = set((rig.host.basedir / "data" / "aiwatch").iterdir())
    starts_anew(rig.host, tmp_path / "disabled")
    assert rig.host.get(STATUS).status_code == 404
    prints_unwatched(rig)
    assert left_running(rig.host) == []
    assert (faults.held(rig.host).processes, faults.held(rig.host).temporary) == (0, 0)

    toggle(rig.host, "enable")
    starts_anew(rig.host, tmp_path / "enabled")
    kept = {path.name for path in (rig.host.basedir / "data" / "aiwatch").iterdir()}
    assert {path.name for path in own if path.suffix == ".json"} <= kept
    assert named(rig.host) == ["second.gcode", "first.gcode"]
    before = faults.held(rig.host)
    watch_is_seen_to_work(rig, "third.gcode")
    rig.host.wait(lambda: named(rig.host)[0] == "third.gcode", SOON_S, "its job")
    assert left_running(rig.host) == []
    faults.nothing_left(rig.host, before)
