"""The routes about notifications: the test of a service, and where people reach us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

import flask

from ..core.options import check_service
from ..core.words import say
from .notifier import Notifier
from .services import stored
from .tongue import of_request
from .web import Answer, refuse

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class NotifyWeb:
    """What the plugin's routes delegate to."""

    def __init__(
        self,
        notifier: Notifier,
        settings: Callable[[], Mapping[str, Any]],
        learn: Callable[[Any], None],
    ) -> None:
        self._notifier = notifier
        self._settings = settings
        self._learn = learn

    def note_address(self) -> None:
        """Where a person's browser reaches OctoPrint is where messages link to."""
        request = flask.request
        by_key = "X-Api-Key" in request.headers or "Authorization" in request.headers
        host = request.host.rpartition(":")[0] or request.host
        if not by_key and host not in LOOPBACK:
            self._notifier.seen_at(request.url_root)

    def test(self) -> Answer:
        """``POST api/notify_test {"service": id}`` or ``{"url": address}``"""
        body = flask.request.get_json(silent=True)
        body = body if isinstance(body, dict) else {}
        typed, service = body.get("url"), body.get("service")
        urls = self._notifier.services.by_id(stored(self._settings()))
        url = typed if isinstance(typed, str) else urls.get(str(service))
        if url is None:
            return refuse("no_such_service", 404)
        wrong = check_service(url)
        if wrong:
            detail = say(wrong.code, wrong.params, of_request()).rstrip(".。")
            return refuse("bad_request", 400, detail=detail)
        self._learn({"notify": {"urls": [url]}})
        ok, text = self._notifier.test(url.strip(), of_request())
        return flask.jsonify({"ok": ok, "text": text}), 200
