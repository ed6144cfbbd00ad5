"""Obico's ML API, simulated: it fetches the frame from the address that it is told.

Speaks the protocol of the public ``ml_api`` container, of its forks and of its first
versions. Must not be kinder to the client than they are.
"""

from __future__ import annotations

from typing import Optional
from urllib.parse import parse_qs, urlsplit

import requests

from .cloud_base import CloudBase, Refused, jpeg_size
from .http_server import HttpRequest, HttpServer
from .judgement import Judge
from .obico_ml_wire import (
    FAILED,
    HEALTH_PATH,
    JUDGE_PATH,
    NO_SUCH_PAGE,
    UNAUTHORISED,
    detection,
    failed_to_get,
    invalid_request,
    ml_answer,
)
from .replies import Reply

CURRENT, FORK, FIRST, ONNX = "current", "fork", "first", "onnx"
VARIANTS = (CURRENT, FORK, FIRST, ONNX)
"""The container of today; forks that say "nothing seen" when they could not fetch; the
first versions, without a health check, which stumble over that; and the one that takes a
box's height from the frame's width."""
CONNECT_WITHIN_S, READ_WITHIN_S = 0.1, 5.0


class ObicoMlServer(CloudBase):
    """Judges what it fetches; `variant` can be changed at any time.

    `fetches` has the address of every frame that it was told to fetch, and the status
    that came back, None if nothing did.
    """

    def __init__(
        self, judge: Judge, token: str = "", variant: str = CURRENT, port: int = 0
    ) -> None:
        super().__init__(judge)
        self.token = token
        self.variant = variant
        self.has_model = True
        self.fetches: list[tuple[str, Optional[int]]] = []
        self._server = HttpServer(self._serve, port, "obico-ml")
        self._http = requests.Session()
        self._http.trust_env = False

    @property
    def url(self) -> str:
        """What a user types as the server's address."""
        return self._server.url

    def start(self) -> None:
        """Serve (again) on the same port."""
        self._server.start()

    def stop(self) -> None:
        """Be out of reach until `start()`."""
        self._server.stop()

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._http.close()

    def _serve(self, request: HttpRequest) -> Reply:
        parts = urlsplit(request.path)
        if request.method != "GET":
            self._violate(f"{request.method} {parts.path}")
        if parts.path == HEALTH_PATH:
            return self._record("health", "obico_ml", request, self._health())
        if parts.path != JUDGE_PATH:
            self._violate(f"unknown path {parts.path}")
            return self._record("other", "obico_ml", request, NO_SUCH_PAGE)
        images = parse_qs(parts.query).get("img")
        return self._judge(request, images[0] if images else None)

    def _health(self) -> Reply:
        if self.variant == FIRST:
            return NO_SUCH_PAGE
        return Reply(200, body=b"ok" if self.has_model else b"error")

    def _judge(self, request: HttpRequest, address: Optional[str]) -> Reply:
        jpeg: Optional[bytes] = None
        reply: Optional[Reply] = None
        try:
            self._check_token(request)
            if address is None:
                raise Refused(invalid_request(self.variant == FIRST))
            jpeg = self._fetch(address)
            self.last_jpeg = jpeg
        except Refused as refused:
            reply = self._refuse(refused)
        if address is not None:
            reply = self._script.next() or reply
        if reply is None:
            assert jpeg is not None  # or it was refused above
            reply = self._look_at(jpeg)
        kind = "probe" if address is None else "judge"
        return self._record(kind, "obico_ml", request, reply, None, jpeg)

    def _check_token(self, request: HttpRequest) -> None:
        wanted = "Bearer " + self.token
        if self.token and request.headers.get("authorization") != wanted:
            raise Refused(UNAUTHORISED)

    def _fetch(self, address: str) -> bytes:
        status: Optional[int] = None
        try:
            answer = self._http.get(address, timeout=(CONNECT_WITHIN_S, READ_WITHIN_S))
            status = answer.status_code
            answer.raise_for_status()
        except requests.RequestException as error:
            raise Refused(self._could_not(address, type(error).__name__)) from None
        finally:
            with self._lock:
                self.fetches.append((address, status))
        if jpeg_size(answer.content) is None:
            raise Refused(self._could_not(address, "no picture"), "it is no JPEG")
        return answer.content

    def _could_not(self, address: str, why: str) -> Reply:
        if self.variant == FORK:
            return ml_answer()
        return FAILED if self.variant == FIRST else failed_to_get(address, why)

    def _look_at(self, jpeg: bytes) -> Reply:
        size = jpeg_size(jpeg)
        assert size is not None  # or it would not have been fetched
        judgement = self.judge.judge(jpeg, "")
        is_onnx = self.variant == ONNX
        return ml_answer(*(detection(box, size, is_onnx) for box in judgement.detections))
