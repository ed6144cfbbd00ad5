"""The settings as typed values: defaults, checks, secrets.

OctoPrint stores whatever it is sent, so everything is checked here, on the way in and
again on the way out of the file. A bad value never stops the watch: the default (or,
while saving, the value before) stands in for it and a problem says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from .deferred import dataclass
from .options import (
    MAX_TEXT,
    MQTT_PASSWORD_PATH,
    OPTIONS,
    URLS_PATH,
    ZONES_PATH,
    Path,
    Polygon,
    Wrong,
    check_number,
    check_option,
    check_services,
    check_url,
    check_zones,
)
from .values import BackendField, Reason
from .words import ENGLISH, Tongue, say, sentence

Fields = Mapping[str, Sequence[BackendField]]

DEFAULT_BACKEND = "local"
SCOUT = DEFAULT_BACKEND
"""Who looks out for the backend that judges, in a cascade."""
FALLBACK_PATH: Path = ("fallback",)
MOST_FALLBACK = 20


@dataclass(frozen=True)
class Problem:
    """A value that cannot be used: where, and what to do about it."""

    path: str
    reason: Reason

    def said(self, tongue: Tongue = ENGLISH) -> str:
        """What to do about it, in words."""
        return say(self.reason.code, self.reason.params, tongue)

    def as_dict(self) -> dict[str, Any]:
        """As browsers get it."""
        said = sentence(self.reason.code, self.reason.params)
        return {"path": self.path, **said}


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
    give_way: bool
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
class Park:
    """Where the head goes while a print is paused by us; see :mod:`parking`."""

    enabled: bool
    retract_mm: float
    lift_mm: float
    x_mm: Optional[float]
    y_mm: Optional[float]
    tool: str
    standby_c: int


@dataclass(frozen=True)
class Actions:
    on_warning: str
    on_failure: str
    max_pauses: int
    verify_s: float
    safe_moment_s: float
    park: Park


@dataclass(frozen=True)
class Kinds:
    """Which news become messages; the names are those of :data:`kinds.KINDS`."""

    warning: bool
    failure: bool
    pause_confirmed: bool
    pause_failed: bool
    blinded: bool
    recovered: bool
    budget: bool
    watch_ended: bool


@dataclass(frozen=True)
class Notify:
    """``link``: where people reach OctoPrint, "" if nobody said."""

    attach_frame: bool
    min_gap_s: float
    link: str
    kinds: Kinds
    urls: tuple[str, ...] = dataclasses.field(default=(), repr=False)


@dataclass(frozen=True)
class Mqtt:
    """``host`` "" : no broker. ``topic`` "": one of this printer's own."""

    host: str
    port: int
    user: str
    password: str = dataclasses.field(repr=False)
    tls: bool
    ca_file: str
    topic: str
    discovery: bool
    frame: bool


@dataclass(frozen=True)
class History:
    """How many jobs are kept, none with 0, and how much room they may take."""

    keep_jobs: int
    keep_mb: int


@dataclass(frozen=True)
class Budget:
    """``monthly_calls`` of each backend whose calls are counted; 0: no limit."""

    monthly_calls: int


@dataclass(frozen=True)
class Cascade:
    """``interval_s``: how often the judge is asked if the scout sees nothing."""

    enabled: bool
    interval_s: float


@dataclass(frozen=True)
class Settings:
    """Everything a user can set, checked."""

    enabled: bool
    backend: str
    fallback: tuple[str, ...]
    backends: Mapping[str, Mapping[str, str]]
    camera: Camera
    watch: Watch
    decision: Decision
    actions: Actions
    notify: Notify
    mqtt: Mqtt
    history: History
    budget: Budget
    cascade: Cascade

    @property
    def ladder(self) -> tuple[str, ...]:
        """The backends in the order they are asked, each once; a scout judges last."""
        scout = (SCOUT,) if self.cascade.enabled else ()
        return tuple(dict.fromkeys((self.backend, *self.fallback, *scout)))

    def fields(self, backend: str) -> Mapping[str, str]:
        """The fields of one backend."""
        return self.backends.get(backend, {})


def defaults(fields: Fields) -> dict[str, Any]:
    """The whole tree as OctoPrint wants it from ``get_settings_defaults``."""
    tree: dict[str, Any] = {}
    for option in OPTIONS:
        _put(tree, option.path, option.default)
    _put(tree, ZONES_PATH, [])
    _put(tree, URLS_PATH, [])
    tree["backend"] = DEFAULT_BACKEND
    _put(tree, FALLBACK_PATH, [])
    tree["backends"] = {
        key: {field.name: _default(field) for field in group}
        for key, group in fields.items()
    }
    return tree


def secret_paths(fields: Fields) -> list[Path]:
    """Where secrets of one line are; the services' addresses are a list beside them."""
    return [
        ("backends", key, field.name)
        for key, group in fields.items()
        for field in group
        if field.type == "secret"
    ] + [MQTT_PASSWORD_PATH]


def parse(tree: Any, fields: Fields) -> tuple[Settings, list[Problem]]:
    """Settings from OctoPrint's tree; what could not be used is listed and defaulted."""
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for option in OPTIONS:
        raw = get(tree, option.path, option.default)
        value, wrong = check_option(option, raw)
        if wrong:
            problems.append(Problem(".".join(option.path), wrong))
        _put(values, option.path, value)
    zones, wrong = check_zones(get(tree, ZONES_PATH, []))
    if wrong:
        problems.append(Problem(".".join(ZONES_PATH), wrong))
    urls, wrong = check_services(get(tree, URLS_PATH, []))
    if wrong:
        problems.append(Problem(".".join(URLS_PATH), wrong))
    link = values["notify"]["link"] = values["notify"]["link"].strip()
    if link and not link.startswith(("http://", "https://")):
        wrong = Reason("not_an_address", {"example": "http://octopi.local/"})
        problems.append(Problem("notify.link", wrong))
        values["notify"]["link"] = ""
    backend = get(tree, ("backend",), DEFAULT_BACKEND)
    if not isinstance(backend, str) or backend not in fields:
        names = ", ".join(sorted(fields))
        problems.append(Problem("backend", Reason("choose_one", {"names": names})))
        backend = DEFAULT_BACKEND
    fallback, wrong = _check_fallback(get(tree, FALLBACK_PATH, []), fields)
    if wrong:
        problems.append(Problem(".".join(FALLBACK_PATH), wrong))
    backends = _check_backends(tree, fields, problems)
    problems.extend(_check_order(values["decision"]))
    settings = Settings(
        enabled=values["enabled"],
        backend=backend,
        fallback=fallback,
        backends=backends,
        camera=Camera(ignore_zones=zones, **values["camera"]),
        watch=Watch(**values["watch"]),
        decision=Decision(**values["decision"]),
        actions=_actions(**values["actions"]),
        notify=_notify(urls, **values["notify"]),
        mqtt=Mqtt(**values["mqtt"]),
        history=History(**values["history"]),
        budget=Budget(**values["budget"]),
        cascade=Cascade(**values["cascade"]),
    )
    return settings, problems


def _actions(park: Mapping[str, Any], **values: Any) -> Actions:
    return Actions(park=Park(**park), **values)


def _notify(urls: tuple[str, ...], kinds: Mapping[str, bool], **values: Any) -> Notify:
    return Notify(urls=urls, kinds=Kinds(**kinds), **values)


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


def _put(tree: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value


def _check_fallback(raw: Any, fields: Fields) -> tuple[tuple[str, ...], Wrong]:
    """The backends to ask next, what is usable of them, and what is wrong."""
    names = {"names": ", ".join(sorted(fields))}
    if not isinstance(raw, (list, tuple)) or len(raw) > MOST_FALLBACK:
        return (), Reason("use_list_of", names)
    known = [key for key in raw if isinstance(key, str) and key in fields]
    wrong = None if len(known) == len(raw) else Reason("use_each_once", names)
    return tuple(dict.fromkeys(known)), wrong


def _check_backends(
    tree: Any, fields: Fields, problems: list[Problem]
) -> dict[str, dict[str, str]]:
    backends: dict[str, dict[str, str]] = {}
    for key, group in fields.items():
        backends[key] = {}
        for field in group:
            raw = get(tree, ("backends", key, field.name), field.default)
            value, wrong = _check_field(field, raw)
            if wrong:
                problems.append(Problem(f"backends.{key}.{field.name}", wrong))
            backends[key][field.name] = field.default if wrong else value
    return backends


def _check_field(field: BackendField, raw: Any) -> tuple[str, Wrong]:
    """A backend's value as the backend gets it, and what is wrong with it."""
    if field.type == "number":
        typed = field.default if raw == "" else raw
        value, wrong = check_number(typed, field.low, field.high, True)
        return ("" if wrong else str(value), wrong)
    if not isinstance(raw, str) or len(raw) > MAX_TEXT:
        return "", Reason("use_text", {"most": MAX_TEXT})
    typed = raw.strip()
    if any(ord(char) < 32 or ord(char) == 127 for char in typed):
        return "", Reason("use_plain_line")
    if field.type == "url" and typed:
        return typed, check_url(typed)
    return typed or field.default, None


def _default(field: BackendField) -> Any:
    return int(field.default) if field.type == "number" else field.default


def _check_order(decision: dict[str, float]) -> list[Problem]:
    """The three thresholds must climb; otherwise a level could never be reached."""
    names = ("none_below", "maybe_above", "failure_above")
    low, middle, high = (decision[name] for name in names)
    if low <= middle <= high:
        return []
    by_path = {option.path[-1]: option.default for option in OPTIONS}
    decision.update({name: by_path[name] for name in names})
    return [Problem(f"decision.{name}", Reason("thresholds_climb")) for name in names]
