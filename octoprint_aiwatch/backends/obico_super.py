"""Obico's Super Detection API: one token for all printers of a partner of Obico's.

Source: Obico's public developer guide for this API. Judged and answered as in
:mod:`obico`; the partner names the printers, and no token expires.
"""

from __future__ import annotations

from ..core.errors import Ask
from ..core.tariff import Tariff
from ..core.values import BackendField, Choice, Frame, Job
from ._statistics import MAX_ID, error_of, frame_part, parse
from .base import LONGEST_PX, Backend, Inspecting, Opening, Request, join

PREDICT_PATH = "/ent/partners/api/predict/"


class ObicoSuper(Backend):
    """One call per frame; a context is the print's id."""

    key = "obico_super"
    label = "Obico for partners"
    docs_url = "https://www.obico.io/docs/developer-guides/super-detection-api/"
    tariff = Tariff()
    most_px = LONGEST_PX
    keeps_means = True
    note = "Obico's service for its partners, with any number of printers."
    needs = "A partner's token. It is not one that an account with Obico has."
    costs = "By arrangement with Obico."
    sees = (
        "May find what the detector on this machine misses. How much is not known to us."
    )
    sends = (
        "Each frame, the token, the name that you choose for the printer, and a "
        "random number for each print, to Obico."
    )
    fields = (
        BackendField(
            "url",
            "Address",
            "url",
            default="https://app.obico.io/",
            choices=(
                Choice("https://app.obico.io/", "Worldwide"),
                Choice("https://app-stg.obico.io/", "Staging"),
            ),
            help="Use the staging address only if Obico asks you to.",
        ),
        BackendField(
            "token",
            "Token",
            "secret",
            help="The super auth token that Obico gave you.",
            required=True,
        ),
        BackendField(
            "printer_id",
            "Printer",
            "text",
            help="A name of your choice, another one for each printer: what is usual for "
            "a printer is remembered under it.",
            required=True,
        ),
    )

    def open(self, job: Job) -> Opening:
        """See that what identifies us is there; the service wants no call for it."""
        if not self.values["token"]:
            raise Ask("token_missing")
        if not self.values["printer_id"]:
            raise Ask("printer_id_missing")
        yield from ()
        return job.id[:MAX_ID]

    def inspect(self, frame: Frame, context: str) -> Inspecting:
        """Have a frame judged."""
        response = yield Request(
            "POST",
            join(self.values["url"], PREDICT_PATH),
            headers={"Authorization": "Token " + self.values["token"]},
            form={
                "printer_id": self.values["printer_id"][:MAX_ID],
                "print_id": context,
            },
            files=(frame_part(frame),),
            counted=True,
        )
        if response.status != 200:
            raise error_of(response, self.values["url"], "token_refused")
        return parse(response, frame)
