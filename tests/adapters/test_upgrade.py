"""Settings and histories of earlier versions are read by this one without a loss."""

from __future__ import annotations

import copy
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from octoprint_aiwatch import backends
from octoprint_aiwatch.adapters.history.reader import Reader
from octoprint_aiwatch.adapters.history.schema import MIGRATIONS
from octoprint_aiwatch.adapters.history.store import DATABASE, Store
from octoprint_aiwatch.adapters.redact import Redactor
from octoprint_aiwatch.adapters.settings_store import secrets_in, to_save
from octoprint_aiwatch.core.options import URLS_PATH
from octoprint_aiwatch.core.settings import defaults, get, merged, parse, secret_paths
from tests.upgrading import (
    DATABASES,
    JOB,
    SECRET,
    SHAPES,
    leaves,
    rows_of,
    set_values,
    settings_of,
    write_database,
)

FIELDS = backends.fields()


def upgraded(shape: str) -> Any:
    """The tree as OctoPrint gives it: what the file has over today's defaults."""
    return merged(defaults(FIELDS), settings_of(shape))


def parsed_value(settings: Any, path: tuple[str, ...]) -> Any:
    if path[0] == "backends":
        return settings.fields(path[1])[path[2]]
    for name in path:
        settings = getattr(settings, name)
    return settings


def as_parsed(path: tuple[str, ...], value: Any) -> Any:
    if path[0] == "backends":
        return str(value)
    if path[-1] == "ignore_zones":
        return tuple(tuple(map(tuple, zone)) for zone in value)
    return tuple(value) if isinstance(value, list) else value


@pytest.mark.parametrize("shape", SHAPES)
def test_settings_of_an_earlier_version_keep_every_value(shape: str) -> None:
    settings, problems = parse(upgraded(shape), FIELDS)
    assert problems == []
    kept = {path: parsed_value(settings, path) for path in set_values(shape)}
    assert kept == {
        path: as_parsed(path, value) for path, value in set_values(shape).items()
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_what_an_earlier_version_did_not_know_is_the_default(shape: str) -> None:
    known = set_values(shape)
    usual, _ = parse({}, FIELDS)
    settings, _ = parse(upgraded(shape), FIELDS)
    newer = [path for path, _ in leaves(defaults(FIELDS)) if path not in known]
    assert {path: parsed_value(settings, path) for path in newer} == {
        path: parsed_value(usual, path) for path in newer
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_every_secret_of_an_earlier_version_is_known_as_one(shape: str) -> None:
    """What is known as one is hidden in logs, and shown to nobody by the settings."""
    tree = upgraded(shape)
    hidden = {path: get(tree, path) for path in [*secret_paths(FIELDS), URLS_PATH]}
    marked = {path for path, value in set_values(shape).items() if SECRET in str(value)}
    assert marked == {path for path, value in hidden.items() if value}
    redactor = Redactor()
    redactor.hold(secrets_in(tree, FIELDS))
    for path in marked:
        said = redactor.clean(f"it was {set_values(shape)[path]}")
        assert SECRET not in said, path


@pytest.mark.parametrize("shape", SHAPES)
def test_saving_one_thing_after_the_upgrade_keeps_the_rest(shape: str) -> None:
    tree = upgraded(shape)
    # What the form sends: everything but the secrets, which it is never given.
    form = copy.deepcopy(tree)
    for path in [*secret_paths(FIELDS), URLS_PATH]:
        *groups, name = path
        get(form, tuple(groups)).pop(name, None)
    form = merged(form, {"watch": {"min_interval_s": 33}})
    clean, problems = to_save(form, tree, FIELDS)
    assert problems == []
    after = merged(tree, clean)
    before = set_values(shape)
    before[("watch", "min_interval_s")] = 33
    assert {path: get(after, path) for path in before} == before


def test_the_last_shape_is_todays() -> None:
    """Whoever adds a setting adds a shape, so that the next version keeps it.

    A backend that was not there yet has nothing to be kept.
    """
    kept = set(set_values(SHAPES[-1]))
    backends = {path[1] for path in kept if path[0] == "backends" and len(path) > 2}
    known = {
        path
        for path, _ in leaves(defaults(FIELDS))
        if path[0] != "backends" or path[1] in backends
    }
    assert kept == known


def test_no_value_of_a_shape_is_todays_default() -> None:
    """Otherwise a lost value would look like a kept one."""
    usual = dict(leaves(defaults(FIELDS)))
    for shape in SHAPES:
        same = [path for path, value in set_values(shape).items() if usual[path] == value]
        assert same == [], shape


@pytest.mark.parametrize("name", DATABASES)
def test_a_history_of_an_earlier_version_keeps_every_row(
    name: str, tmp_path: Path
) -> None:
    before = rows_of(write_database(name, tmp_path))
    assert before["checks"]
    assert before["details"]
    Store(tmp_path).close()
    after = rows_of(tmp_path / DATABASE)
    for table, rows in before.items():
        old = [{key: new[key] for key in row} for row, new in zip(rows, after[table])]
        assert (len(after[table]), old) == (len(rows), rows), table


@pytest.mark.parametrize("name", DATABASES)
def test_a_job_of_an_earlier_version_is_shown_with_its_checks(
    name: str, tmp_path: Path
) -> None:
    rows = rows_of(write_database(name, tmp_path))
    Store(tmp_path).close()
    reader = Reader(tmp_path)
    (short,) = reader.jobs()
    assert (short["id"], short["name"], short["outcome"]) == (JOB, "1.gcode", "done")
    document = reader.job(JOB)
    assert document is not None
    assert document["columns"]["n"] == [row["n"] for row in rows["checks"]]
    assert document["columns"]["verdict"] == [row["verdict"] for row in rows["checks"]]
    check = reader.check(JOB, rows["checks"][-1]["n"])
    assert check is not None
    assert len(list(reader.for_replay(JOB))) == len(rows["checks"])


def test_there_is_a_database_of_every_version(tmp_path: Path) -> None:
    found = []
    for name in DATABASES:
        connection = sqlite3.connect(write_database(name, tmp_path / name))
        found += connection.execute("PRAGMA user_version").fetchone()
        connection.close()
    assert found == list(range(1, len(MIGRATIONS) + 1))
