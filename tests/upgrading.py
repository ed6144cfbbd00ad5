"""What earlier versions left on the disk, for the tests of upgrades.

`tests/earlier/` has a settings file of each earlier shape, in which everything
the shape knew stands at a value that is not the default, and the history's database at
each of its versions. They were written by the code of their time and are never changed;
whoever adds a setting or a migration adds the next one. A secret begins with "kept-".
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "earlier"
SHAPES = sorted(path.stem for path in FOLDER.glob("settings-*.json"))
DATABASES = sorted(path.stem for path in FOLDER.glob("history-*.sql"))
SECRET = "kept-"
JOB = "id1"
TABLES = ("jobs", "checks", "details", "notes", "calls")


def settings_of(shape: str) -> dict[str, Any]:
    """The tree under plugins.aiwatch of an earlier config.yaml."""
    tree: dict[str, Any] = json.loads((FOLDER / f"{shape}.json").read_text())
    return tree


def leaves(tree: Mapping[str, Any], at: tuple[str, ...] = ()) -> Iterator[Any]:
    """Every value with its path."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*at, key))
        else:
            yield (*at, key), value


def set_values(shape: str) -> dict[tuple[str, ...], Any]:
    """What a user had set, by path."""
    found = dict(leaves(settings_of(shape)))
    del found[("_config_version",)]
    return found


def secrets_of(shape: str) -> list[str]:
    """The secrets among them, a service's address being one as a whole."""
    values = [str(value).strip("[]'") for value in set_values(shape).values()]
    return [value for value in values if SECRET in value]


def write_database(name: str, folder: Path) -> Path:
    """An earlier database, in the plugin's data folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "history.db"
    connection = sqlite3.connect(path)
    connection.executescript((FOLDER / f"{name}.sql").read_text())
    connection.close()
    return path


def rows_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    """All that is in a database, by table."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    found = {
        table: [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
        for table in TABLES
    }
    connection.close()
    return found
