"""The settings as typed values: defaults, checks, secrets.

OctoPrint stores whatever it is sent, so everything is checked here, on the way in and
again on the way out of the file. A bad value never stops the watch: the default (or,
while saving, the value before) stands in for it and a problem says so.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional
from urllib.parse import urlsplit

from .values import BackendField

Path = tuple[str, ...]
Fields = Mapping[str, Sequence[BackendField]]
Polygon = tuple[tuple[float, float], ...]

DEFAULT_BACKEND = "gadget"


@dataclass(frozen=True)
class Option:
    """One setting: where it is, what it may be, what it is if nobody said."""

    path: Path
    default: Any
    low: Optional[float] = None
    high: Optional[float] = None
    choices: tuple[str, ...] = ()


OPTIONS: tuple[Option, ...] = (
    Option(("enabled",), True),
    Option(("camera", "name"), ""),
    Option(("camera", "timeout_s"), 10, 1, 60),
    Option(("camera", "max_bytes"), 8388608, 65536, 67108864),
    Option(("watch", "min_interval_s"), 10, 5, 3600),
    Option(("watch", "warmup"), True),
    Option(("watch", "grace_start_s"), 60, 0, 3600),
    Option(("watch", "grace_resume_s"), 120, 0, 3600),
    Option(("watch", "blind_after_s"), 90, 10, 3600),
    Option(("decision", "warning_confidence"), 3, 1, 5),
    Option(("decision", "pause_confidence"), 3, 1, 5),
    Option(("decision", "none_below"), 0.36, 0.01, 1),
    Option(("decision", "maybe_above"), 0.78, 0.01, 1),
    Option(("decision", "failure_above"), 0.99, 0.01, 1),
    Option(("decision", "short_multiple"), 3.8, 0.1, 100),
    Option(("actions", "on_warning"), "notify", choices=("notify", "none")),
    Option(("actions", "on_failure"), "pause", choices=("pause", "notify", "cancel")),
    Option(("actions", "max_pauses"), 3, 0, 100),
    Option(("actions", "verify_s"), 30, 10, 300),
    Option(("notify", "min_gap_s"), 600, 0, 86400),
)
ZONES_PATH: Path = ("camera", "ignore_zones")
MAX_ZONES = 50
MAX_CORNERS = 100
MAX_TEXT = 2048
LOCAL_SUFFIXES = (".local", ".lan", ".home", ".internal", ".home.arpa")


@dataclass(frozen=True)
class Problem:
    """A value that cannot be used: where, and what to do about it, in words."""

    path: str
    text: str


@dataclass(frozen=True)
class Camera:
    name: str
    timeout_s: float
    max_bytes: int
    ignore_zones: tuple[Polygon, ...]


@dataclass(frozen=True)
class Watch:
    min_interval_s: float
    warmup: bool
    grace_start_s: float
    grace_resume_s: float
    blind_after_s: float


@dataclass(frozen=True)
class Decision:
    warning_confidence: int
    pause_confidence: int
    none_below: float
    maybe_above: float
    failure_above: float
    short_multiple: float


@dataclass(frozen=True)
class Actions:
    on_warning: str
    on_failure: str
    max_pauses: int
    verify_s: float


@dataclass(frozen=True)
class Notify:
    min_gap_s: float


@dataclass(frozen=True)
class Settings:
    """Everything a user can set, checked."""

    enabled: bool
    backend: str
    backends: Mapping[str, Mapping[str, str]]
    camera: Camera
    watch: Watch
    decision: Decision
    actions: Actions
    notify: Notify

    def fields(self, backend: str) -> Mapping[str, str]:
        """The fields of one backend."""
        return self.backends.get(backend, {})


def defaults(fields: Fields) -> dict[str, Any]:
    """The whole tree as OctoPrint wants it from ``get_settings_defaults``."""
    tree: dict[str, Any] = {}
    for option in OPTIONS:
        _put(tree, option.path, option.default)
    _put(tree, ZONES_PATH, [])
    tree["backend"] = DEFAULT_BACKEND
    tree["backends"] = {
        key: {field.name: field.default for field in group}
        for key, group in fields.items()
    }
    return tree


def secret_paths(fields: Fields) -> list[Path]:
    """Where the secrets are."""
    return [
        ("backends", key, field.name)
        for key, group in fields.items()
        for field in group
        if field.type == "secret"
    ]


def parse(data: Any, fields: Fields) -> tuple[Settings, list[Problem]]:
    """Settings from OctoPrint's tree; what could not be used is listed and defaulted."""
    problems: list[Problem] = []
    tree = data if isinstance(data, Mapping) else {}
    values: dict[str, Any] = {}
    for option in OPTIONS:
        raw = get(tree, option.path, option.default)
        value, text = _check(option, raw)
        if text:
            problems.append(Problem(".".join(option.path), text))
        _put(values, option.path, value)
    zones, text = _check_zones(get(tree, ZONES_PATH, []))
    if text:
        problems.append(Problem(".".join(ZONES_PATH), text))
    backend = get(tree, ("backend",), DEFAULT_BACKEND)
    if backend not in fields:
        names = ", ".join(sorted(fields))
        problems.append(Problem("backend", f"Choose one of: {names}."))
        backend = DEFAULT_BACKEND
    backends = _check_backends(tree, fields, problems)
    problems.extend(_check_order(values["decision"]))
    settings = Settings(
        enabled=values["enabled"],
        backend=backend,
        backends=backends,
        camera=Camera(ignore_zones=zones, **values["camera"]),
        watch=Watch(**values["watch"]),
        decision=Decision(**values["decision"]),
        actions=Actions(**values["actions"]),
        notify=Notify(**values["notify"]),
    )
    return settings, problems


def get(tree: Any, path: Path, default: Any = None) -> Any:
    """The value at a path of nested mappings, or the default."""
    for key in path:
        if not isinstance(tree, Mapping) or key not in tree:
            return default
        tree = tree[key]
    return default if tree is None else tree


def discard(tree: Any, path: Path) -> None:
    """Take the value at a path out of nested dicts, if it is there."""
    for key in path[:-1]:
        tree = tree.get(key) if isinstance(tree, dict) else None
    if isinstance(tree, dict):
        tree.pop(path[-1], None)


def merged(base: Any, changes: Any) -> Any:
    """Nested mappings laid over each other; lists and values are replaced."""
    if isinstance(base, Mapping) and isinstance(changes, Mapping):
        both = dict(base)
        for key, value in changes.items():
            both[key] = merged(base.get(key), value)
        return both
    return changes


def check_url(value: str) -> str:
    """What is wrong with the address of a service, in words; "" if nothing.

    Plain http is for this machine and the home network only: a key sent to the outside
    must not be readable on its way.
    """
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "This is not an address. It looks like https://name.example."
    if parts.scheme not in ("http", "https") or not host:
        return "This is not an address. It looks like https://name.example."
    if parts.username or parts.password:
        return "Leave user name and password out of the address."
    if parts.scheme == "http" and not is_local(host):
        return "Use https:// here: your credentials would travel unprotected."
    return ""


def is_local(host: str) -> bool:
    """Whether a host is this machine or one of the home network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(LOCAL_SUFFIXES)
    return address.is_private or address.is_loopback or address.is_link_local


def _put(tree: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value


def _check(option: Option, raw: Any) -> tuple[Any, str]:
    default = option.default
    if isinstance(default, bool):
        return (raw, "") if isinstance(raw, bool) else (default, "Say yes or no.")
    if isinstance(default, str):
        return _check_text(option, raw)
    value = _number(raw)
    whole = isinstance(default, int) and not option.path[-1].endswith("_s")
    low, high = option.low, option.high
    if (
        value is None
        or (whole and value != int(value))
        or (low is not None and value < low)
        or (high is not None and value > high)
    ):
        kind = "a whole number" if whole else "a number"
        return default, f"Use {kind} from {low:g} to {high:g}."
    return (int(value) if whole else value), ""


def _check_text(option: Option, raw: Any) -> tuple[str, str]:
    if not isinstance(raw, str) or len(raw) > MAX_TEXT:
        return option.default, f"Use text of at most {MAX_TEXT} characters."
    if option.choices and raw not in option.choices:
        return option.default, "Choose one of: " + ", ".join(option.choices) + "."
    return raw, ""


def _number(raw: Any) -> Optional[float]:
    """A finite number, also from a form's text; None if it is none."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return None
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def _check_backends(
    tree: Any, fields: Fields, problems: list[Problem]
) -> dict[str, dict[str, str]]:
    backends: dict[str, dict[str, str]] = {}
    for key, group in fields.items():
        backends[key] = {}
        for field in group:
            raw = get(tree, ("backends", key, field.name), field.default)
            text = ""
            if not isinstance(raw, str) or len(raw) > MAX_TEXT:
                text = f"Use text of at most {MAX_TEXT} characters."
            elif any(ord(char) < 32 or ord(char) == 127 for char in raw.strip()):
                text = "Use one line of plain text."
            elif field.type == "url" and raw.strip():
                text = check_url(raw.strip())
            if text:
                problems.append(Problem(f"backends.{key}.{field.name}", text))
                raw = field.default
            backends[key][field.name] = raw.strip() or field.default
    return backends


def _check_order(decision: Mapping[str, float]) -> list[Problem]:
    """The three thresholds must climb; otherwise a level could never be reached."""
    names = ("none_below", "maybe_above", "failure_above")
    low, middle, high = (decision[name] for name in names)
    if low <= middle <= high:
        return []
    by_path = {option.path[-1]: option.default for option in OPTIONS}
    if isinstance(decision, dict):
        decision.update({name: by_path[name] for name in names})
    text = "The thresholds must climb: none below, maybe above, failure above."
    return [Problem(f"decision.{name}", text) for name in names]


def _check_zones(raw: Any) -> tuple[tuple[Polygon, ...], str]:
    """Polygons of at least three corners, x and y in 0..1."""
    text = "A zone is a list of at least three [x, y] corners, each from 0 to 1."
    if not isinstance(raw, (list, tuple)) or len(raw) > MAX_ZONES:
        return (), text
    zones: list[Polygon] = []
    for polygon in raw:
        corners = _corners(polygon)
        if corners is None:
            return (), text
        zones.append(corners)
    return tuple(zones), ""


def _corners(polygon: Any) -> Optional[Polygon]:
    if not isinstance(polygon, (list, tuple)) or not 3 <= len(polygon) <= MAX_CORNERS:
        return None
    corners = []
    for corner in polygon:
        if not isinstance(corner, (list, tuple)) or len(corner) != 2:
            return None
        x, y = _number(corner[0]), _number(corner[1])
        if x is None or y is None or not (0 <= x <= 1 and 0 <= y <= 1):
            return None
        corners.append((x, y))
    return tuple(corners)
