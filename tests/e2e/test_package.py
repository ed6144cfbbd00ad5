"""The archive that people install, through the plugin manager of a real OctoPrint.

The OctoPrint runs from a copy of this environment that lacks the plugin, because the
editable installation here would answer in the archive's place.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from dev import archive

from tests.e2e.support_watch import LightCamera

# What the plugin requires has to come with it, and what only tests need is large.
REQUIRED = ("numpy*", "pillow*", "PIL", "apprise*", "*oauthlib*", "prometheus_client*")
NOT_COPIED = (*REQUIRED, "onnx*", "playwright*", "hypothesis*", "*aiwatch*")
INSTALL_TIMEOUT_S = 180.0  # pip builds the plugin in an environment of its own


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


@pytest.fixture
def other_python(tmp_path) -> Path:
    """An environment like this one, without the plugin."""
    home = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / "bin" / "python"
    site_packages = Path(sysconfig.get_path("purelib"))
    shutil.copytree(
        site_packages,
        home / site_packages.relative_to(sys.prefix),
        ignore=shutil.ignore_patterns(*NOT_COPIED, "*AIWatch*"),
        copy_function=link_or_copy,
        dirs_exist_ok=True,
    )
    return python


@pytest.fixture
def host(workshop, other_python):
    camera = workshop._own(LightCamera())
    return workshop.host(
        python=other_python,
        enabled_plugins=["pluginmanager"],
        camera_snapshot_url=camera.snapshot_url,
    )


def entry_of_plugin(host) -> dict:
    """What the plugin manager lists for the plugin, {} when it does not know it."""
    answer = host.get("/plugin/pluginmanager/plugins")
    assert answer.status_code == 200, answer.text
    return next((p for p in answer.json()["plugins"] if p["key"] == "aiwatch"), {})


@pytest.mark.timeout(420)
def test_the_archive_installs_runs_and_uninstalls_through_the_plugin_manager(
    host, other_python, tmp_path
):
    assert entry_of_plugin(host) == {}
    assert host.get("/plugin/aiwatch/api/status").status_code == 404

    path = archive.build(tmp_path / "dist")
    with path.open("rb") as content:
        answer = host.post(
            "/plugin/pluginmanager/upload_file", files={"file": (path.name, content)}
        )
    assert answer.json() == {"in_progress": True}
    host.wait(
        lambda: entry_of_plugin(host).get("pending_install"),
        INSTALL_TIMEOUT_S,
        "the plugin to be installed",
        every_s=0.5,
    )
    host.restart()

    entry = entry_of_plugin(host)
    assert (entry["enabled"], entry["version"]) == (True, archive.version())
    assert host.status()["v"] == 1
    assert host.get("/plugin/aiwatch/static/js/aiwatch_core.js").status_code == 200
    installed = sorted(other_python.parents[1].glob("lib/*/site-packages"))[0]
    with zipfile.ZipFile(path) as packed:
        names = [Path(name).relative_to(path.stem) for name in packed.namelist()]
    package = [name for name in names if name.parts[0] == "octoprint_aiwatch"]
    assert [str(n) for n in package if not (installed / n).is_file()] == []

    # What it needs to tell people and machines came along, too.
    answer = host.get("/plugin/aiwatch/metrics")
    assert b"aiwatch_info{" in answer.content
    body = {"url": "json://127.0.0.1:1/nobody"}
    answer = host.post("/plugin/aiwatch/api/notify_test", json=body).json()
    assert (answer["ok"], "JSON" in answer["text"]) == (False, True), answer

    # The detector works at once: weights and all that it needs came along.
    answer = host.post("/plugin/aiwatch/api/test", json={"backend": "local"})
    found = answer.json()
    assert [step["ok"] for step in found["steps"]] == [True, True], answer.text
    assert 0.0 <= found["score"] <= 1.0

    command = {"command": "uninstall", "plugin": "aiwatch"}
    answer = host.post("/api/plugin/pluginmanager", json=command)
    assert answer.status_code == 200, answer.text
    host.wait(
        lambda: entry_of_plugin(host).get("pending_uninstall", True),  # or gone at once
        INSTALL_TIMEOUT_S,
        "the plugin to be uninstalled",
        every_s=0.5,
    )
    host.restart()
    assert entry_of_plugin(host) == {}
    assert host.get("/plugin/aiwatch/api/status").status_code == 404
    assert not (installed / "octoprint_aiwatch" / "__init__.py").exists()


def test_the_archive_has_one_folder_and_only_what_the_plugin_needs(tmp_path):
    path = archive.build(tmp_path)
    with zipfile.ZipFile(path) as packed:
        names = packed.namelist()
    assert {name.split("/")[0] for name in names} == {path.stem}
    top = {name.split("/")[1] for name in names}
    assert top <= set(archive.CONTENTS)
    assert {"octoprint_aiwatch", "pyproject.toml", "setup.py", "LICENSE"} <= top
    assert not [name for name in names if name.endswith((".pyc", ".log"))]


def test_the_same_files_make_the_same_archive(tmp_path):
    first, second = archive.build(tmp_path / "a"), archive.build(tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
