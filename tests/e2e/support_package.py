"""Environments without the plugin, and the plugin manager that installs it there.

An environment is a copy of the one that runs the tests, made of hard links, so that
whatever is installed or uninstalled touches neither that nor any other.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

INSTALL_TIMEOUT_S = 180.0  # pip builds the plugin in an environment of its own
# The editable installation of the tests' own environment would answer in its place.
PLUGIN = ("*aiwatch*", "*AIWatch*")
LARGE = ("onnx*", "playwright*", "hypothesis*")  # only tests need them


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def environment(home: Path, without: Sequence[str] = ()) -> Path:
    """An environment like this one, without the plugin; returns its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    site_packages = Path(sysconfig.get_path("purelib"))
    shutil.copytree(
        site_packages,
        home / site_packages.relative_to(sys.prefix),
        ignore=shutil.ignore_patterns(*PLUGIN, *LARGE, *without),
        copy_function=link_or_copy,
        dirs_exist_ok=True,
    )
    return home / "bin" / "python"


def installed_into(python: Path) -> Path:
    """Where an environment's packages are."""
    return sorted(python.parents[1].glob("lib/*/site-packages"))[0]


def entry_of_plugin(host: Any) -> dict[str, Any]:
    """What the plugin manager lists for the plugin, {} when it does not know it."""
    answer = host.get("/plugin/pluginmanager/plugins")
    assert answer.status_code == 200, answer.text
    return next((p for p in answer.json()["plugins"] if p["key"] == "aiwatch"), {})


def upload(host: Any, path: Path) -> None:
    """Installs a file as the plugin manager's dialog does, and starts OctoPrint again."""
    since_s = host.now_s()
    with path.open("rb") as content:
        answer = host.post(
            "/plugin/pluginmanager/upload_file", files={"file": (path.name, content)}
        )
    assert answer.json() == {"in_progress": True}
    _finish(host, since_s)


def install_from(host: Any, url: str) -> None:
    """Installs from an address as the dialog does, and starts OctoPrint again."""
    since_s = host.now_s()
    command = {"command": "install", "url": url}
    answer = host.post("/api/plugin/pluginmanager", json=command)
    assert answer.json() == {"in_progress": True}, answer.text
    _finish(host, since_s)


def _finish(host: Any, since_s: float) -> None:
    result = host.wait_event(
        "pluginmanager",
        INSTALL_TIMEOUT_S,
        since_s,
        where=lambda data: data.get("type") == "result",
    )
    assert result.data["result"] is True, result.data
    host.restart()


def uninstall(host: Any, **options: Any) -> None:
    """Uninstalls the plugin as the dialog does, and starts OctoPrint again."""
    command = {"command": "uninstall", "plugin": "aiwatch", **options}
    answer = host.post("/api/plugin/pluginmanager", json=command, timeout=120)
    assert answer.status_code == 200, answer.text
    host.wait(
        lambda: entry_of_plugin(host).get("pending_uninstall", True),  # or gone at once
        INSTALL_TIMEOUT_S,
        "the plugin to be uninstalled",
        every_s=0.5,
    )
    host.restart()
