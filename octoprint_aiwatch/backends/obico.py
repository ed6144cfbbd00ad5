"""Obico's failure detection for Elegoo partners.

Source: the seed ``obico-elegoo-failure-detection-api``; the access-token call from
obico-server's public documents. The service keeps means over time and leaves the decision
to us (:mod:`octoprint_aiwatch.core.temporal`).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..core.deferred import dataclass
from ..core.errors import Ask
from ..core.tariff import Tariff
from ..core.values import BackendField, Choice, Frame, Job
from ._statistics import MAX_ID, error_of, frame_part, parse, said
from .base import LONGEST_PX, Backend, Inspecting, Opening, Request, general_error, join

PREDICT_PATH = "/ent/partners/api/elegoo/predict/"
TOKEN_PATH = "/ent/partners/api/elegoo/access_token/"
TOKEN_LIFE_S = 30 * 24 * 3600
"""Longer than any print, so a token registered with the print outlives it."""


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
    most_px = LONGEST_PX
    keeps_means = True
    note = "Obico's service for owners of Elegoo printers."
    needs = (
        "Serial number and access token, both from your printer's maker. Only "
        "partners of Obico have a partner token; leave it empty unless you are one."
    )
    costs = "By arrangement with the printer's maker."
    sees = (
        "May find what the detector on this machine misses. How much is not known to us."
    )
    sends = (
        "Each frame, serial number and access token, and a random number for each "
        "print, to Obico."
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
            required_unless="partner_token",
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
        context = Context(job.id[:MAX_ID], token or job.entropy)
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
            raise error_of(response, self.values["url"], "credentials_refused")
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
            files=(frame_part(frame),),
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
            raise Ask("args_refused", detail=said(response))
        if response.status not in (200, 201):
            raise general_error(response, url)
