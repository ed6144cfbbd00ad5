"""An OctoPrint that had an earlier version: nothing is lost, and nothing left behind.

What the earlier versions wrote is in `tests/earlier/`.
"""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from dev import archive

from tests.e2e.support_package import (
    entry_of_plugin,
    uninstall,
    upload,
)
from tests.upgrading import (
    DATABASES,
    JOB,
    SECRET,
    SHAPES,
    leaves,
    rows_of,
    secrets_of,
    set_values,
    settings_of,
    write_database,
)

OLD = "0.0.1"
FRAME = b"\xff\xd8\xff a frame of the first job"


def data_folder(host: Any) -> Path:
    return Path(host.basedir) / "data" / "aiwatch"


def stored(host: Any) -> dict[str, Any]:
    """The plugin's part of config.yaml, as it lies on the disk."""
    config = yaml.safe_load((Path(host.basedir) / "config.yaml").read_text())
    tree: dict[str, Any] = config["plugins"].get("aiwatch", {})
    return tree


def at(tree: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        tree = tree[name]
    return tree


def history(host: Any) -> Any:
    return host.get("/plugin/aiwatch/api/jobs").json()["jobs"]


def holds_everything(host: Any, shape: str) -> None:
    """What a user had set is in force, on the disk, and shown unless it is a secret."""
    wanted = set_values(shape)
    shown = host.get("/api/settings").json()["plugins"]["aiwatch"]
    secret = {path for path, value in wanted.items() if SECRET in str(value)}
    assert {path: at(shown, path) for path in wanted if path not in secret} == {
        path: value for path, value in wanted.items() if path not in secret
    }
    assert SECRET not in json.dumps(shown)
    alone = {".".join(path) for path in secret} - {"notify.urls"}
    known = {name for name, is_set in shown["secrets_set"].items() if is_set}
    assert known == alone
    assert len(shown["services"]) == len(wanted.get(("notify", "urls"), []))
    on_disk = dict(leaves(stored(host)))
    assert {path: on_disk[path] for path in wanted} == wanted


def said_nothing_secret(host: Any, shape: str) -> None:
    log = host.log_text() + host.console_text()
    assert [secret for secret in secrets_of(shape) if secret in log] == []
    assert SECRET not in log


@pytest.mark.parametrize("shape", SHAPES)
def test_settings_and_history_of_an_earlier_version_are_kept(workshop, shape):
    host = workshop.host(start=False, plugin_settings=settings_of(shape), debug_log=True)
    database = DATABASES[SHAPES.index(shape) % len(DATABASES)]
    path = write_database(database, data_folder(host))
    before = rows_of(path)
    host.start()
    holds_everything(host, shape)
    (job,) = history(host)
    assert (job["id"], job["checks"]) == (JOB, len(before["checks"]))
    # One setting is changed by a form that knows no secret; the rest has to stay.
    host.save_settings({"camera": {"timeout_s": 23}})
    host.restart()
    assert at(stored(host), ("camera", "timeout_s")) == 23
    host.save_settings({"camera": {"timeout_s": 17}})
    holds_everything(host, shape)
    host.stop()
    after = rows_of(path)
    for table, rows in before.items():
        old = [{key: new[key] for key in row} for row, new in zip(rows, after[table])]
        assert old == rows, table
    said_nothing_secret(host, shape)


# -- through the plugin manager --------------------------------------------------------


def older_archive(folder: Path) -> Path:
    """The plugin's archive, with the number of an earlier version."""
    newest = archive.build(folder)
    path = folder / f"OctoPrint-AIWatch-{OLD}.zip"
    with zipfile.ZipFile(newest) as inside, zipfile.ZipFile(path, "w") as written:
        for name in inside.namelist():
            content = inside.read(name)
            if name.endswith("/pyproject.toml"):
                line = f'version = "{archive.version()}"'.encode()
                assert content.count(line) == 1
                content = content.replace(line, f'version = "{OLD}"'.encode())
            written.writestr(name.replace(newest.stem, path.stem, 1), content)
    return path


@pytest.fixture
def host(workshop, other_python):
    host = workshop.host(
        start=False,
        python=other_python,
        enabled_plugins=["pluginmanager"],
        plugin_settings=settings_of(SHAPES[0]),
        debug_log=True,
    )
    write_database(DATABASES[0], data_folder(host))
    frame = data_folder(host) / "frames" / JOB / "1.jpg"
    frame.parent.mkdir(parents=True)
    frame.write_bytes(FRAME)
    return host.start()


def has_its_past(host: Any) -> None:
    holds_everything(host, SHAPES[0])
    (job,) = history(host)
    assert job["id"] == JOB
    frame = host.get(f"/plugin/aiwatch/api/jobs/{JOB}/frames/1.jpg")
    assert frame.content == FRAME


@pytest.mark.timeout(420)
def test_an_upgrade_by_the_plugin_manager_keeps_settings_history_and_secrets(
    host, tmp_path
):
    upload(host, older_archive(tmp_path))
    assert entry_of_plugin(host)["version"] == OLD
    has_its_past(host)
    upload(host, archive.build(tmp_path / "new"))
    assert entry_of_plugin(host)["version"] == archive.version()
    assert host.status()["version"] == archive.version()
    has_its_past(host)
    said_nothing_secret(host, SHAPES[0])


@pytest.mark.timeout(420)
def test_uninstalling_leaves_what_is_the_users_and_cleaning_up_takes_that_too(
    host, tmp_path
):
    path = archive.build(tmp_path)
    upload(host, path)
    has_its_past(host)
    uninstall(host)
    assert entry_of_plugin(host) == {}
    assert dict(leaves(stored(host)))[("backends", "gadget", "api_key")].startswith(
        SECRET
    )
    assert ours_in(host) == {"data/aiwatch"}
    upload(host, path)
    has_its_past(host)

    uninstall(host, cleanup=True)
    assert entry_of_plugin(host) == {}
    assert stored(host) == {}
    assert ours_in(host) == set()
    config = (Path(host.basedir) / "config.yaml").read_text()
    assert SECRET not in config


def ours_in(host: Any) -> set[str]:
    """Files and folders of ours in OctoPrint's folder, but for what it keeps of logs."""
    base = Path(host.basedir)
    found = {
        path.relative_to(base)
        for path in base.rglob("*")
        if re.search("ai_?watch", path.name, re.IGNORECASE)
    }
    top = {path for path in found if not found & set(path.parents)}
    return {path.as_posix() for path in top if path.parts[0] not in ("logs", "generated")}
