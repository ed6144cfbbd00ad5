"""Between OctoPrint's settings and ours: what may be saved, and what the form is shown.

OctoPrint stores whatever it is sent; an empty text would delete a secret.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Callable

from ..core.options import MAX_ZONES, OPTIONS, URLS_PATH, ZONES_PATH, Path, Polygon
from ..core.settings import (
    FALLBACK_PATH,
    Fields,
    Problem,
    discard,
    get,
    merged,
    parse,
    secret_paths,
)
from . import services
from .services import secrets_of

FORGET = "forget"
SECRETS_SET = "secrets_set"
MISSING = object()
MOST_LEVELS = 8
"""An ignored place has four; thousands of them would break whoever copies them."""


def restricted_paths(fields: Fields) -> dict[str, list[list[str]]]:
    """For ``get_settings_restricted_paths``: secrets are shown to nobody."""
    paths = [*secret_paths(fields), URLS_PATH]
    return {"never": [list(path) for path in paths]}


def secrets_set(tree: Any, fields: Fields) -> dict[str, bool]:
    """Which secrets are stored, without their values."""
    return {".".join(path): bool(get(tree, path)) for path in secret_paths(fields)}


def secrets_in(tree: Any, fields: Fields) -> list[str]:
    """The secrets' values, for redaction."""
    values = (get(tree, path) for path in secret_paths(fields))
    found = [value.strip() for value in values if isinstance(value, str)]
    return found + [part for url in services.stored(tree) for part in secrets_of(url)]


def to_save(
    data: Mapping[str, Any], stored: Any, fields: Fields
) -> tuple[dict[str, Any], list[Problem]]:
    """What of the form's data is to be stored.

    Unknown keys are dropped; a value that cannot be used is dropped too, so that the one
    before stays, and comes back as a problem. An empty secret means "as it was".
    """
    known = _known_only(data, fields)
    secrets = secret_paths(fields)
    if not get(known, URLS_PATH):
        discard(known, URLS_PATH)
    for path in secrets:
        secret = get(known, path)
        if not secret or (isinstance(secret, str) and not secret.strip()):
            discard(known, path)
    problems = _drop_unusable(known, stored, fields)
    _normalise(known, stored, fields)
    forget = data.get(FORGET)
    for name in forget if isinstance(forget, list) else ():
        path = tuple(name.split(".")) if isinstance(name, str) else ()
        if path in secrets:
            _put(known, path, "")
        elif path == URLS_PATH:
            _put(known, path, [])
    return known, problems


def _drop_unusable(known: dict[str, Any], stored: Any, fields: Fields) -> list[Problem]:
    """Take out what cannot be used, and what cannot without that, until all fits."""
    dropped: list[Problem] = []
    while True:
        candidate = merged(copy.deepcopy(stored), known)
        found = [
            problem
            for problem in parse(candidate, fields)[1]
            if _has(known, tuple(problem.path.split(".")))
        ]
        if not found:
            return dropped
        dropped += found
        for problem in found:
            discard(known, tuple(problem.path.split(".")))


def for_test(
    stored: Any, backend: str, typed: Any, camera: Any, fields: Fields
) -> dict[str, Any]:
    """The settings a test runs with: the stored ones with the form's unsaved values.

    A stored secret goes to the stored address only: with another address typed, the
    secrets must be typed again.
    """
    typed = typed if isinstance(typed, Mapping) else {}
    changes = {key: value for key, value in typed.items() if value not in ("", None)}
    tree: dict[str, Any] = copy.deepcopy(dict(stored))
    tree["backend"] = backend
    base = get(tree, ("backends", backend), {})
    old_url = str(get(base, ("url",), "")).strip()
    if str(changes.get("url", old_url)).strip() != old_url:
        for path in secret_paths(fields):
            if path[1] == backend:
                discard(tree, path)
    for field in fields.get(backend, ()):
        if field.name in changes:
            _put(tree, ("backends", backend, field.name), changes[field.name])
    if isinstance(camera, Mapping):
        for name in ("name", "timeout_s"):
            if name in camera:
                _put(tree, ("camera", name), camera[name])
    return tree


def _paths(fields: Fields) -> list[Path]:
    paths: list[Path] = [option.path for option in OPTIONS]
    paths += [("backend",), FALLBACK_PATH, ZONES_PATH, URLS_PATH]
    paths += [
        ("backends", key, field.name) for key, group in fields.items() for field in group
    ]
    return paths


def _known_only(data: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for path in _paths(fields):
        value = _at(data, path)
        if value is not MISSING and not is_too_deep(value):
            _put(known, path, copy.deepcopy(value))
    return known


def is_too_deep(value: Any) -> bool:
    """Whether there are more levels of lists and objects than in any setting."""
    level = [value]
    for _ in range(MOST_LEVELS):
        level = [
            inner
            for one in level
            if isinstance(one, (list, tuple, Mapping))
            for inner in (one.values() if isinstance(one, Mapping) else one)
        ]
        if not level:
            return False
    return True


def _normalise(known: dict[str, Any], stored: Any, fields: Fields) -> None:
    """Numbers typed into a form become numbers."""
    settings, _ = parse(merged(copy.deepcopy(stored), known), fields)
    for option in OPTIONS:
        if _has(known, option.path):
            value: Any = settings
            for name in option.path:
                value = getattr(value, name)
            _put(known, option.path, value)
    for key, group in fields.items():
        for field in group:
            path = ("backends", key, field.name)
            if field.type == "number" and _has(known, path):
                _put(known, path, int(settings.fields(key)[field.name]))


def _at(tree: Any, path: Path) -> Any:
    for key in path:
        if not isinstance(tree, Mapping) or key not in tree:
            return MISSING
        tree = tree[key]
    return tree


def _has(tree: Any, path: Path) -> bool:
    return _at(tree, path) is not MISSING


def _put(tree: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        inner = tree.get(key)
        if not isinstance(inner, dict):
            # Damaged by hand; every value in it is the default anyway.
            inner = tree[key] = {}
        tree = inner
    tree[path[-1]] = value


class IgnoredPlaces:
    """The ignored places in OctoPrint's settings.

    Args:
        settings: OctoPrint's settings of the plugin.
        changed: told once they were changed.
    """

    def __init__(self, settings: Any, changed: Callable[[], None]) -> None:
        self._settings = settings
        self._changed = changed

    def are_full(self) -> bool:
        """Whether there is no room for one more."""
        return len(self._stored()) >= MAX_ZONES

    def add(self, zone: Polygon) -> None:
        """Keep one more, and let the watch know at once."""
        zones = [*self._stored(), [[round(x, 4), round(y, 4)] for x, y in zone]]
        self._settings.set(list(ZONES_PATH), zones)
        # Told to the browsers too: an old form would undo it.
        self._settings.save(trigger_event=True)
        self._changed()

    def _stored(self) -> list[Any]:
        zones = self._settings.get(list(ZONES_PATH))
        return list(zones) if isinstance(zones, (list, tuple)) else []
