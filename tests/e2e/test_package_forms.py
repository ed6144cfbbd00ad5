"""Every form in which the plugin is published, through a real plugin manager.

`tests/e2e/test_package.py` looks at the archive more closely; here each form has to
install, run and go again. The requirements are there already, so that pip fetches only
what builds.
"""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from dev import archive, packages
from simulator.http_server import HttpRequest, HttpServer, Reply

from tests.e2e.support_package import (
    entry_of_plugin,
    install_from,
    installed_into,
    uninstall,
    upload,
)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> dict[str, Path]:
    return packages.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture
def host(workshop, other_python):
    return workshop.host(python=other_python, enabled_plugins=["pluginmanager"])


def runs_and_goes_again(host, python: Path) -> None:
    entry = entry_of_plugin(host)
    assert (entry["enabled"], entry["version"]) == (True, archive.version())
    assert host.status()["version"] == archive.version()
    folder = installed_into(python) / "octoprint_aiwatch"
    wanted = [name for name in archive.files() if name.parts[0] == folder.name]
    assert [str(n) for n in wanted if not (folder.parent / n).is_file()] == []
    uninstall(host)
    assert entry_of_plugin(host) == {}
    assert not [path for path in folder.rglob("*") if path.is_file()]
    assert not list(folder.parent.glob("*[aA][iI][wW]atch*.dist-info"))


@pytest.mark.timeout(420)
@pytest.mark.parametrize("form", ["sdist", "wheel"])
def test_a_released_file_installs_runs_and_uninstalls(host, other_python, built, form):
    upload(host, built[form])
    runs_and_goes_again(host, other_python)


@pytest.mark.timeout(420)
def test_the_address_of_githubs_archive_installs_runs_and_uninstalls(
    host, other_python, tmp_path
):
    content = archive.source(tmp_path).read_bytes()

    def serve(request: HttpRequest) -> Reply:
        return Reply(body=content, content_type="application/zip")

    server = HttpServer(serve, 0, "archives")
    with ExitStack() as stack:
        server.start()
        stack.callback(server.stop)
        install_from(host, f"{server.url}/owner/OctoPrint-AIWatch/archive/main.zip")
    runs_and_goes_again(host, other_python)


URLS = r"(?ms)^\[project\.urls\]\n.*?(?=^\[)"
UPDATES = "octoprint.plugin.softwareupdate.check_config"
ASK_FOR_UPDATES = f"""
import json, octoprint.plugin
manager = octoprint.plugin.plugin_manager(
    init=True, plugin_folders=[], plugin_entry_points=["octoprint.plugin"]
)
manager.reload_plugins(startup=True, initialize_implementations=False)
ours = manager.get_plugin_info("aiwatch")
ours.implementation._identifier = ours.key  # as it is injected later
ours.implementation._plugin_version = ours.version
hook = manager.get_hooks("{UPDATES}").get("aiwatch")
print(json.dumps(hook() if hook else None))
"""


@pytest.mark.timeout(240)
@pytest.mark.parametrize("named", [True, False])
def test_octoprint_is_offered_updates_if_the_package_names_its_repository(
    other_python, tmp_path, named
):
    place = unpacked(archive.build(tmp_path), tmp_path)
    project = place / "pyproject.toml"
    project.write_text(re.sub(URLS, "", project.read_text()))
    if named:
        urls = '\n[project.urls]\nSource = "https://github.com/owner/OctoPrint-AIWatch"\n'
        project.write_text(project.read_text() + urls)
    packages.pip(other_python, "install", "--no-deps", str(place))
    done = subprocess.run(
        [str(other_python), "-c", ASK_FOR_UPDATES],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    if not named:
        assert found is None
        return
    assert found["aiwatch"]["user"] == "owner"
    assert found["aiwatch"]["current"] == archive.version()
    where = "https://github.com/owner/OctoPrint-AIWatch/archive/{target_version}.zip"
    assert found["aiwatch"]["pip"] == where


def unpacked(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as packed:
        packed.extractall(folder)
    return folder / path.stem
