"""The archive that people install, through the plugin manager of a real OctoPrint.

The OctoPrint runs from a copy of this environment that lacks the plugin, because the
editable installation here would answer in the archive's place.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from dev import archive

from tests.e2e.support_package import (
    entry_of_plugin,
    environment,
    installed_into,
    uninstall,
    upload,
)
from tests.e2e.support_watch import LightCamera

# What the plugin requires has to come with it.
REQUIRED = ("numpy*", "pillow*", "PIL", "apprise*", "*oauthlib*", "prometheus_client*")


@pytest.fixture
def other_python(tmp_path, monkeypatch) -> Path:
    monkeypatch.delenv("PYTHONPATH", raising=False)  # it would lead to the checkout
    return environment(tmp_path / "environment", without=REQUIRED)


@pytest.fixture
def host(workshop, other_python):
    camera = workshop._own(LightCamera())
    return workshop.host(
        python=other_python,
        enabled_plugins=["pluginmanager"],
        camera_snapshot_url=camera.snapshot_url,
    )


@pytest.mark.timeout(420)
def test_the_archive_installs_runs_and_uninstalls_through_the_plugin_manager(
    host, other_python, tmp_path
):
    assert entry_of_plugin(host) == {}
    assert host.get("/plugin/aiwatch/api/status").status_code == 404

    path = archive.build(tmp_path / "dist")
    upload(host, path)

    entry = entry_of_plugin(host)
    assert (entry["enabled"], entry["version"]) == (True, archive.version())
    assert host.status()["v"] == 1
    assert host.get("/plugin/aiwatch/static/js/aiwatch_core.js").status_code == 200
    installed = installed_into(other_python)
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

    uninstall(host)
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


def test_the_source_archive_is_named_as_githubs_and_has_what_git_knows(tmp_path):
    path = archive.source(tmp_path)
    with zipfile.ZipFile(path) as packed:
        names = packed.namelist()
    assert path.name == "main.zip"
    assert {name.split("/")[0] for name in names} == {"OctoPrint-AIWatch-main"}
    inside = {name.split("/", 1)[1] for name in names}
    assert {"Makefile", "tests/e2e/test_package.py", "pyproject.toml"} <= inside
    assert not [name for name in inside if name.startswith((".venv", ".git/", "build/"))]


def test_the_same_files_make_the_same_archive(tmp_path):
    first, second = archive.build(tmp_path / "a"), archive.build(tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
