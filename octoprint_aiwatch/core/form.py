"""What the settings page is told: where it goes back to, and what is wrong with it.

What is wrong is found by the same :func:`settings.parse` that takes the values when they
are saved, so the page can never be of another opinion.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .mqtt import is_topic
from .options import URLS_PATH, ZONES_PATH, Path
from .settings import (
    Fields,
    Problem,
    Settings,
    defaults,
    discard,
    merged,
    parse,
    secret_paths,
)
from .values import Reason

STANDS_FOR = "x"
"""A secret's value stays on the page; this says that it has one."""
NOT_IN_THE_FORM: tuple[Path, ...] = (("camera", "max_bytes"),)


def usual(fields: Fields) -> dict[str, Any]:
    """The default of every field, by its path, without what only its owner can give."""
    tree = defaults(fields)
    for path in (*secret_paths(fields), URLS_PATH, ZONES_PATH, *NOT_IN_THE_FORM):
        discard(tree, path)
    return _flat(tree)


def wrong(typed: Any, secrets: Collection[Any], fields: Fields) -> list[Problem]:
    """What cannot be used as it stands in the form, and what is missing in it.

    Args:
        typed: the form's values as a tree, without secrets.
        secrets: the paths, with dots, of those secrets that are typed or stored.
    """
    given: dict[str, Any] = {}
    for path in secret_paths(fields):
        if ".".join(path) in secrets:
            _put(given, path, STANDS_FOR)
    settings, problems = parse(merged(typed, given), fields)
    hidden = set(fields) - set(settings.ladder)
    shown = [one for one in problems if not _is_of(one.path, hidden)]
    return shown + _missing(settings, fields) + _topic(settings)


def _missing(settings: Settings, fields: Fields) -> list[Problem]:
    """The fields that the backends in use cannot do without."""
    return [
        Problem(f"backends.{key}.{field.name}", Reason("field_missing"))
        for key in settings.ladder
        for values in (settings.fields(key),)
        for field in fields[key]
        if field.required or field.required_unless
        if not values[field.name] and not values.get(field.required_unless)
    ]


def _topic(settings: Settings) -> list[Problem]:
    fine = is_topic(settings.mqtt.topic)
    return [] if fine else [Problem("mqtt.topic", Reason("mqtt_bad_topic"))]


def _is_of(path: str, backends: Collection[str]) -> bool:
    parts = path.split(".")
    return parts[0] == "backends" and parts[1] in backends


def _put(tree: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value


def _flat(tree: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            found.update(_flat(value, f"{before}{key}."))
        else:
            found[before + key] = value
    return found
