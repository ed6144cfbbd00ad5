"""The routes of the drill: what it would cost, and the drill itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Union

import flask

from ..core.options import MOST_URLS, URLS_PATH
from ..core.settings import Fields, Problem, Settings, merged, parse
from .answers import Answer, body, refuse, refuse_value
from .drill import Drills
from .services import Services
from .settings_store import for_test
from .tongue import of_request

MOST_KIND = 40
GROUPS = ("decision", "actions")
"""Unsaved settings that a drill goes by, beside backend, camera and services."""


class DrillWeb:
    """What the plugin's routes delegate to."""

    def __init__(
        self,
        drills: Drills,
        services: Services,
        fields: Fields,
        stored: Callable[[], Mapping[str, Any]],
        learn: Callable[[Any], None],
    ) -> None:
        self._drills = drills
        self._services = services
        self._fields = fields
        self._stored = stored
        self._learn = learn

    def plan(self) -> Answer:
        """``GET api/drill?backend=key&service=kind``, both of them optional.

        A form whose services are not saved names their kinds, and an empty one at the
        end; their addresses are no matter for a URL.
        """
        args = flask.request.args
        key = args.get("backend")
        found = self._settings({} if key is None else {"backend": key})
        if not isinstance(found, Settings):
            return found
        kinds = [one[:MOST_KIND] for one in args.getlist("service") if one][:MOST_URLS]
        given = kinds if "service" in args else None
        return flask.jsonify(self._drills.plan(found, given, of_request())), 200

    def run(self) -> Answer:
        """``POST api/drill {"backend", "fields", "camera", "decision", "actions",
        "notify"}``, all of it optional."""
        found = self._settings(body())
        if not isinstance(found, Settings):
            return found
        refusal = self._drills.refusal()
        if refusal:
            return refuse(refusal, 409)
        document = self._drills.run(found, of_request())
        if document is None:
            return refuse("drill_busy", 409)
        return flask.jsonify(document), 200

    def _settings(self, given: Mapping[str, Any]) -> Union[Settings, Answer]:
        """The stored settings with the form's unsaved values; or what is wrong there."""
        stored = self._stored()
        key = given.get("backend", stored.get("backend"))
        if not isinstance(key, str) or key not in self._fields:
            detail = "backend must be one of " + ", ".join(sorted(self._fields))
            return refuse("bad_request", 400, detail=detail)
        typed, camera = given.get("fields"), given.get("camera")
        tree: Any = for_test(stored, key, typed, camera, self._fields)
        checked = [f"backends.{key}.", "camera."]
        for group in GROUPS:
            if isinstance(given.get(group), Mapping):
                tree = merged(tree, {group: given[group]})
                checked.append(group + ".")
        problems: list[Problem] = []
        if isinstance(given.get("notify"), Mapping):
            notify, problems = self._services.resolved(
                {"notify": given["notify"]}, stored
            )
            tree = merged(tree, {"notify": {"urls": notify["notify"].get("urls", [])}})
            checked.append(".".join(URLS_PATH))
        self._learn(tree)
        settings, others = parse(tree, self._fields)
        for problem in problems + others:
            if problem.path.startswith(tuple(checked)):
                return refuse_value(problem.reason)
        return settings
