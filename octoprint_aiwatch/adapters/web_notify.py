"""The routes about notifications: the test of a service, and where people reach us."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Callable

import flask

from ..core.options import MAX_TEXT, check_service
from .answers import Answer, body, refuse, refuse_value
from .notifier import Notifier
from .services import stored
from .tongue import of_request

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
HOST = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?")
"""A browser may be made to say anything; what is no name ends up in no message."""


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
        link = request.url_root
        fits = len(link) <= MAX_TEXT and HOST.fullmatch(request.host)
        if not by_key and fits and host not in LOOPBACK:
            self._notifier.seen_at(link)

    def test(self) -> Answer:
        """``POST api/notify_test {"service": id}`` or ``{"url": address}``"""
        given = body()
        typed, service = given.get("url"), given.get("service")
        urls = self._notifier.services.by_id(stored(self._settings()))
        known = urls.get(service) if isinstance(service, str) else None
        url = typed if isinstance(typed, str) else known
        if url is None:
            return refuse("no_such_service", 404)
        wrong = check_service(url)
        if wrong:
            return refuse_value(wrong)
        self._learn({"notify": {"urls": [url]}})
        ok, text = self._notifier.test(url.strip(), of_request())
        return flask.jsonify({"ok": ok, "text": text}), 200
