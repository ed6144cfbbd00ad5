"""The HTTP interface below ``/plugin/aiwatch/``: checks, delegates, answers in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional, Protocol

import flask

from ..core.commands import AFTER_PAUSE, COMMANDS, POINTED
from ..core.form import wrong
from ..core.options import MAX_ZONES, Polygon, number
from ..core.settings import Fields, parse
from ..core.values import Detection
from ..core.words import say
from ..core.zones import around
from .answers import Answer, body, picture, refuse, refuse_text, refuse_value
from .glances import Glances
from .parking import Parker
from .runtime import Runtime
from .settings_store import for_test
from .shelf import Shelf
from .tongue import of_request
from .trial import Trials

BOX_HELP = 'box must be {"x", "y", "w", "h"}, each from 0 to 1'


class Zones(Protocol):
    """The ignored places among the settings."""

    def are_full(self) -> bool:
        """Whether there is no room for one more."""

    def add(self, zone: Polygon) -> None:
        """Keep one more, and let the watch know at once."""


class Web:
    """What the plugin's routes delegate to."""

    def __init__(
        self,
        runtime: Runtime,
        trials: Trials,
        fields: Fields,
        stored: Callable[[], Mapping[str, Any]],
        learn: Callable[[Any], None],
        shelf: Shelf,
        zones: Zones,
    ) -> None:
        self._runtime = runtime
        self._trials = trials
        self._fields = fields
        self._stored = stored
        self._learn = learn
        self._shelf = shelf
        self._zones = zones

    def status(self) -> Answer:
        """``GET api/status``"""
        return flask.jsonify(self._runtime.status()), 200

    def command(self, may_print: bool = False) -> Answer:
        """``POST api/command {"command": ...}``

        Args:
            may_print: whether who asks may resume and cancel prints.
        """
        name = body().get("command")
        if not isinstance(name, str) or name not in COMMANDS:
            detail = "command must be one of " + ", ".join(sorted(COMMANDS))
            return refuse("bad_request", 400, detail=detail)
        box, problem = _box(body().get("box"))
        if problem or (name == "always_ignore" and box is None):
            return refuse("bad_request", 400, detail=problem or BOX_HELP)
        if box is not None and name not in POINTED:
            return refuse("bad_request", 400, detail=f"{name} takes no box")
        if name == "always_ignore" and self._zones.are_full():
            return refuse("zones_full", 409, most=MAX_ZONES)
        job = body().get("job", "")
        if name in AFTER_PAUSE and not may_print:
            return refuse("forbidden", 403)
        if not isinstance(job, str) or (name in AFTER_PAUSE and not job):
            return refuse("bad_request", 400, detail="job must be the id of the job")
        ok, text = self._runtime.command(name, box, job, of_request())
        if not ok:
            return refuse_text("not_now", text, 409)
        if name == "always_ignore" and box is not None:
            self._zones.add(around(box))
        document = {"ok": True, "text": text, "status": self._runtime.status()}
        return flask.jsonify(document), 200

    def test(self) -> Answer:
        """``POST api/test {"backend": key, "fields": {...}, "camera": {...}}``"""
        given = body()
        key = given.get("backend")
        if not isinstance(key, str) or key not in self._fields:
            detail = "backend must be one of " + ", ".join(sorted(self._fields))
            return refuse("bad_request", 400, detail=detail)
        typed, camera = given.get("fields"), given.get("camera")
        tree = for_test(self._stored(), key, typed, camera, self._fields)
        self._learn(tree)
        settings, problems = parse(tree, self._fields)
        for problem in problems:
            if problem.path.startswith((f"backends.{key}.", "camera.")):
                return refuse_value(problem.reason)
        document = self._trials.run(settings, of_request())
        if document is None:
            return refuse("test_busy", 409)
        return flask.jsonify(document), 200

    def snapshot(self, glances: Glances) -> Answer:
        """``POST api/snapshot {"camera": {...}}``: what a webcam shows, saved or not."""
        tree = for_test(self._stored(), "", {}, body().get("camera"), self._fields)
        settings, problems = parse(tree, self._fields)
        for problem in problems:
            if problem.path.startswith("camera."):
                return refuse_value(problem.reason)
        document = glances.run(settings.camera, of_request())
        if document is None:
            return refuse("test_busy", 409)
        return flask.jsonify(document), 200

    def check(self) -> Answer:
        """``POST api/check {"settings": {...}, "secrets": [...]}``; saves nothing."""
        given = body()
        secrets = given.get("secrets")
        typed = secrets if isinstance(secrets, list) else []
        named = {one for one in typed if isinstance(one, str)}
        found = wrong(given.get("settings"), named, self._fields)
        tongue = of_request()
        listed = [{"path": one.path, "text": one.said(tongue)} for one in found]
        return flask.jsonify({"problems": listed}), 200

    def parking(self, parker: Parker) -> Answer:
        """``POST api/parking {"park": {...}}``: the exact lines, with unsaved values."""
        typed = body().get("park")
        tree = {"actions": {"park": typed if isinstance(typed, dict) else {}}}
        settings, problems = parse(tree, self._fields)
        lines, back, left_out = parker.preview(settings.actions.park)
        tongue = of_request()
        notes = [problem.said(tongue) for problem in problems]
        notes += [say(code, {}, tongue) for code in left_out]
        return flask.jsonify({"park": lines, "undo": list(back), "notes": notes}), 200

    def frame(self) -> Any:
        """``GET api/frame.jpg``"""
        frame = self._runtime.frame()
        if frame is None:
            return refuse("no_frame", 404)
        return picture(frame.jpeg)

    def published(self, token: str) -> Any:
        """``GET frame/<token>.jpg``: once, for the server that was told the token.

        A HEAD must not use the token up: it takes nothing along.
        """
        jpeg = self._shelf.fetch(token) if flask.request.method == "GET" else None
        return refuse("no_frame", 404) if jpeg is None else picture(jpeg)


def _box(raw: Any) -> tuple[Optional[Detection], str]:
    """The box of a request, and what is wrong with it."""
    if raw is None:
        return None, ""
    if not isinstance(raw, Mapping):
        return None, BOX_HELP
    found = []
    for key in ("x", "y", "w", "h"):
        value = number(raw.get(key))
        if value is None or not 0.0 <= value <= 1.0:
            return None, BOX_HELP
        found.append(value)
    return Detection(1.0, *found), ""
