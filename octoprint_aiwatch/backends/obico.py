"""Obico's failure detection for Elegoo partners.

Source: the seed ``obico-elegoo-failure-detection-api``; the access-token call from
obico-server's public documents. The service keeps means over time and leaves the decision
to us (:mod:`octoprint_aiwatch.core.temporal`).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from ..core.errors import Ask, NextFrame, Retry
from ..core.tariff import Tariff
from ..core.values import (
    BackendField,
    Choice,
    Detection,
    Frame,
    Inspection,
    Job,
    StatisticsEvidence,
)
from .base import (
    Backend,
    FilePart,
    Inspecting,
    Opening,
    Request,
    Response,
    bad_answer,
    detail_of,
    general_error,
    join,
    number,
    read_json,
    try_json,
)

PREDICT_PATH = "/ent/partners/api/elegoo/predict/"
TOKEN_PATH = "/ent/partners/api/elegoo/access_token/"
TOKEN_LIFE_S = 30 * 24 * 3600
"""Longer than any print, so a token registered with the print outlives it."""
MAX_PRINT_ID = 256
MAX_DETECTIONS = 200


@dataclass
class Context:
    """What belongs to one print."""

    print_id: str
    access_token: str


class Obico(Backend):
    """One call per frame; the service knows the print by its ``print_id``."""

    key = "obico"
    label = "Obico for Elegoo"
    docs_url = "https://www.obico.io/docs/"
    tariff = Tariff()
    note = (
        "Each check sends one frame to Obico. Serial number and access token come from "
        "your printer's maker. Only partners of Obico have a partner token; leave it "
        "empty unless you are one."
    )
    fields = (
        BackendField(
            "url",
            "Address",
            "url",
            default="https://elegoo-app.obico.io/",
            choices=(
                Choice("https://elegoo-app.obico.io/", "Worldwide"),
                Choice("https://elegoo-cn-app.elegoo.com.cn", "China"),
                Choice("https://elegoo-app-stg.obico.io/", "Staging, worldwide"),
                Choice("https://elegoo-cn-app-stg.elegoo.com.cn", "Staging, China"),
            ),
            help="Use a staging address only if Obico asks you to.",
        ),
        BackendField(
            "serial_no",
            "Serial number",
            "secret",
            help="The printer's, as registered with Obico.",
            required=True,
        ),
        BackendField(
            "access_token",
            "Access token",
            "secret",
            help="Issued for this serial number. Not needed with a partner token.",
        ),
        BackendField(
            "partner_token",
            "Partner token",
            "secret",
            help="For Obico's partners only: keeps the access token from expiring.",
        ),
    )

    def open(self, job: Job) -> Opening:
        """Check that the credentials are there; with a partner token, refresh them."""
        values = self.values
        token = values["access_token"]
        if not values["serial_no"] or not (token or values["partner_token"]):
            raise Ask("credentials_missing")
        # Printing on with a made-up token is what a partner token is for.
        context = Context(job.id[:MAX_PRINT_ID], token or job.entropy)
        if values["partner_token"]:
            yield from self._register(context)
        return context

    def inspect(self, frame: Frame, context: Context) -> Inspecting:
        """Have a frame judged; an expired token is refreshed once where we may."""
        response = yield self._predict(frame, context)
        if response.status == 401 and self.values["partner_token"]:
            yield from self._register(context)
            response = yield self._predict(frame, context)
        if response.status != 200:
            raise self._error(response)
        return parse(response, frame)

    def _predict(self, frame: Frame, context: Context) -> Request:
        return Request(
            "POST",
            join(self.values["url"], PREDICT_PATH),
            form={
                "serial_no": self.values["serial_no"],
                "access_token": context.access_token,
                "print_id": context.print_id,
            },
            files=(FilePart("img", "snapshot.jpg", frame.jpeg),),
            counted=True,
        )

    def _register(self, context: Context) -> Generator[Request, Any, None]:
        url = join(self.values["url"], TOKEN_PATH)
        response = yield Request(
            "POST",
            url,
            headers={"Authorization": "Token " + self.values["partner_token"]},
            json={
                "serial_no": self.values["serial_no"],
                "access_token": context.access_token,
                "expire_in": TOKEN_LIFE_S,
            },
        )
        if response.status in (401, 403):
            raise Ask("partner_token_refused")
        if response.status == 400:
            raise Ask("args_refused", detail=_said(response))
        if response.status not in (200, 201):
            raise general_error(response, url)

    def _error(self, response: Response) -> Exception:
        """The seed's three documented failures; otherwise the status speaks."""
        if response.status == 401:
            return Ask("credentials_refused")
        if response.status == 400:
            said = _said(response)
            if "image" in said.lower():
                return NextFrame("frame_refused")
            return Retry("request_refused", detail=said)
        return general_error(response, self.values["url"])


def parse(response: Response, frame: Frame) -> Inspection:
    """An inspection from a 200 answer.

    Raises:
        Retry: it does not follow the seed.
    """
    document = read_json(response)
    result = document.get("result") if isinstance(document, dict) else None
    if not isinstance(result, dict):
        raise bad_answer("result is missing")
    stats = result.get("temporal_stats")
    if not isinstance(stats, dict):
        raise bad_answer("temporal_stats are missing")
    means = [
        number(stats.get(name), name, -1.0, 100.0)
        for name in ("ewm_mean", "rolling_mean_short", "rolling_mean_long")
    ]
    counts = [
        int(number(stats.get(name), name, 0))
        for name in ("prediction_num", "prediction_num_lifetime")
    ]
    # In the wild p is a sum of confidences and can exceed 1 (obico-server).
    p = number(result.get("p"), "p", 0.0, 1000.0)
    evidence = StatisticsEvidence(p, means[0], means[1], means[2], counts[0], counts[1])
    return Inspection(evidence, _detections(result.get("detections"), frame))


def _detections(raw: Any, frame: Frame) -> tuple[Detection, ...]:
    """``[confidence, [xc, yc, w, h]]`` in pixels of the frame sent -> 0..1."""
    if raw is None:
        return ()
    if not isinstance(raw, list) or len(raw) > MAX_DETECTIONS:
        raise bad_answer("detections are not a list")
    found: list[Detection] = []
    for item in raw:
        if not isinstance(item, list) or len(item) != 2:
            raise bad_answer("a detection is not a pair")
        box = item[1]
        if not isinstance(box, list) or len(box) != 4:
            raise bad_answer("a box is not four numbers")
        confidence = number(item[0], "confidence", 0.0, 1.0)
        x, y, w, h = (number(value, "a box", -1e5, 1e5) for value in box)
        found.append(
            Detection(
                confidence,
                _share(x, frame.width),
                _share(y, frame.height),
                _share(w, frame.width),
                _share(h, frame.height),
            )
        )
    return tuple(found)


def _share(pixels: float, whole: int) -> float:
    return min(1.0, max(0.0, pixels / whole))


def _said(response: Response) -> str:
    return detail_of(try_json(response).get("error") or f"HTTP {response.status}")
