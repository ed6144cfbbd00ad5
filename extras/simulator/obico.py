"""Obico's clouds, simulated: for Elegoo's printers, with their tokens, and for partners.

They speak the APIs to the letter of the public documentation and note every call that
does not. Must not be kinder to the client than the real service.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .cloud_base import CloudBase, Refused, text_form
from .http_server import HttpRequest, HttpServer
from .judgement import Judge
from .multipart import Part
from .obico_wire import (
    DEVICE_FIELDS,
    PREDICT_PATH,
    SUPER_FIELDS,
    SUPER_PATH,
    TOKEN_PATH,
    TOO_HOT,
    check_id,
    complaints,
    in_pixels,
    obico_answer,
    obico_error,
    read_img,
    read_parts,
    read_token_body,
    refusal,
)
from .replies import Reply
from .statistics import PrinterStatistics


@dataclass
class _Device:
    token: str
    expires_at_s: Optional[float] = None

    def accepts(self, token: str) -> bool:
        alive = self.expires_at_s is None or time.monotonic() < self.expires_at_s
        return alive and token == self.token


class ObicoCloud(CloudBase):
    """Serves the predict and the access-token call on one port."""

    predict_path = PREDICT_PATH
    token_path = TOKEN_PATH
    fields: tuple[str, ...] = DEVICE_FIELDS

    def __init__(
        self,
        judge: Judge,
        devices: Optional[Mapping[str, str]] = None,
        partner_tokens: Iterable[str] = (),
        min_interval_s: float = 0.0,
        port: int = 0,
    ) -> None:
        super().__init__(judge)
        given = {"SN-TEST-1": "test-token"} if devices is None else devices
        self._devices = {serial: _Device(token) for serial, token in given.items()}
        self.partner_tokens = set(partner_tokens)
        self.min_interval_s = min_interval_s
        self._statistics: dict[str, PrinterStatistics] = {}
        self._last_call_s: dict[str, float] = {}
        self._judging = threading.Lock()
        self._server = HttpServer(self._serve, port, "obico")

    @property
    def url(self) -> str:
        """What a user types as the service's address."""
        return self._server.url

    def start(self) -> None:
        """Serve (again) on the same port."""
        self._server.start()

    def stop(self) -> None:
        """Be out of reach until `start()`."""
        self._server.stop()

    def expire_token(self, serial_no: str) -> None:
        """Let a device's token be over now."""
        with self._lock:
            self._devices[serial_no].expires_at_s = time.monotonic()

    def token_of(self, serial_no: str) -> Optional[str]:
        """The token that counts for a device, None when it has expired."""
        with self._lock:
            device = self._devices.get(serial_no)
            if device is None or not device.accepts(device.token):
                return None
            return device.token

    def _serve(self, request: HttpRequest) -> Reply:
        if request.path == self.predict_path:
            return self._predict(request)
        if request.path == self.token_path:
            return self._access_token(request)
        self._violate(f"unknown path {request.path}")
        return self._record("other", "obico", request, obico_error(404, "Not found."))

    # -- predict -------------------------------------------------------------------

    def _predict(self, request: HttpRequest) -> Reply:
        parts: list[Part] = []
        form: dict[str, str] = {}
        jpeg: Optional[bytes] = None
        size = (0, 0)
        reply: Optional[Reply] = None
        try:
            parts = read_parts(request)
            form = text_form(parts)
            printer = self._printer_of(request, form)
            self._check_throttle(printer, request.at_s)
            check_id(form)
            jpeg, size = read_img(parts)
            self._violate(*complaints(parts, self.fields))
        except Refused as refused:
            reply = self._refuse(refused)
        reply = self._script.next() or reply
        if reply is None:
            assert jpeg is not None  # or it was refused above
            reply = self._judge_frame(printer, form["print_id"], jpeg, size)
        return self._record("predict", "obico", request, reply, form, jpeg)

    def _judge_frame(
        self, printer: str, print_id: str, jpeg: bytes, size: tuple[int, int]
    ) -> Reply:
        self.last_jpeg = jpeg
        with self._judging:  # a judge may remember frames; two at a time would mix them
            judgement = self.judge.judge(jpeg, f"{printer}/{print_id}")
            statistics = self._statistics.setdefault(printer, PrinterStatistics())
            stats = statistics.add(print_id, judgement.p)
        boxes = [in_pixels(box, size) for box in judgement.detections]
        return obico_answer(judgement.p, stats, boxes)

    def _printer_of(self, request: HttpRequest, form: dict[str, str]) -> str:
        """The printer that this frame is of, if its credentials are right."""
        serial_no, token = form.get("serial_no"), form.get("access_token")
        if not serial_no or not token:
            raise refusal(401, "serial_no and access_token are required")
        with self._lock:
            device = self._devices.get(serial_no)
            accepted = device is not None and device.accepts(token)
        if not accepted:
            raise Refused(obico_error(401, "Invalid credentials"))
        return serial_no

    def _check_throttle(self, printer: str, at_s: float) -> None:
        with self._lock:
            last_s = self._last_call_s.get(printer)
            if last_s is not None and at_s - last_s < self.min_interval_s:
                raise Refused(obico_error(429, TOO_HOT))
            self._last_call_s[printer] = at_s

    # -- access token --------------------------------------------------------------

    def _access_token(self, request: HttpRequest) -> Reply:
        reply: Optional[Reply] = None
        body: dict[str, Any] = {}
        try:
            self._check_partner(request)
            body = read_token_body(request)
        except Refused as refused:
            reply = self._refuse(refused)
        reply = self._create_script.next() or reply
        if reply is None:
            reply = self._store_token(body)
        form = {name: str(value) for name, value in body.items()}
        return self._record("access_token", "obico", request, reply, form)

    def _check_partner(self, request: HttpRequest) -> None:
        if request.method != "POST":
            raise refusal(405, f"Method {request.method} not allowed.")
        self._check_token(request)

    def _check_token(self, request: HttpRequest) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Token" or token not in self.partner_tokens:
            document = {"error": "Invalid or Inactive Token", "is_authenticated": "False"}
            raise Refused(Reply(401, json=document))

    def _store_token(self, body: dict[str, Any]) -> Reply:
        device = _Device(body["access_token"], time.monotonic() + body["expire_in"])
        with self._lock:
            status = 200 if body["serial_no"] in self._devices else 201
            self._devices[body["serial_no"]] = device
        return Reply(status, json={"code": status, "msg": "success"})


class ObicoSuperCloud(ObicoCloud):
    """Obico's Super Detection API: a partner's token, and printers that it names."""

    predict_path = SUPER_PATH
    token_path = ""
    fields = SUPER_FIELDS

    def __init__(self, judge: Judge, tokens: Iterable[str] = (), **options: Any) -> None:
        super().__init__(judge, {}, tokens, **options)

    def _printer_of(self, request: HttpRequest, form: dict[str, str]) -> str:
        self._check_token(request)
        check_id(form, "printer_id")
        return form["printer_id"]
