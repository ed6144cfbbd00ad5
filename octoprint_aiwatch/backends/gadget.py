"""Gadget, OctoEverywhere's failure detection.

Source: the seed ``octoeverywhere-gadget-api``; what it leaves out (paths, JSON names,
the default address) from the service's public Python SDK. The service decides over time
by itself: its two flags are obeyed, its score is shown.
"""

from __future__ import annotations

import math
from typing import Any, Optional

from ..core.deferred import dataclass
from ..core.errors import AiWatchError, Ask, NextFrame, Reopen, Retry, Unreachable
from ..core.intervals import clamp_interval_s
from ..core.options import check_url, is_outside
from ..core.tariff import Tariff
from ..core.values import BackendField, Frame, Inspection, Job, RemoteEvidence
from .base import (
    LONGEST_PX,
    Backend,
    FilePart,
    Inspecting,
    Opening,
    Request,
    Response,
    bad_answer,
    detail_of,
    general_error,
    host_of,
    join,
    number,
    read_json,
    scheme_of,
    try_json,
)

DEFAULT_URL = "https://gadget-pv1-oeapi.octoeverywhere.com"
CREATE_PATH = "/api/gadget/v1/createcontext"
FIRST_INTERVAL_S = 60.0
"""Until the service has named an interval: the SDK's."""
LONGEST_TEXT = 4096
"""Characters of an address or an id; more than that is a mistake."""


@dataclass
class Context:
    """The addresses that carry this print's context id."""

    process_url: str
    fallback_url: str
    on_fallback: bool = False
    interval_s: float = FIRST_INTERVAL_S

    @property
    def url(self) -> str:
        """Where the next frame goes."""
        return self.fallback_url if self.on_fallback else self.process_url


class Gadget(Backend):
    """One context per print, then frames at the pace that the service asks for."""

    key = "gadget"
    label = "Gadget (OctoEverywhere)"
    docs_url = "https://octoeverywhere.stoplight.io/docs/octoeverywhere-api-docs"
    tariff = Tariff(
        ((0, 0.0), (5_000, 0.0004), (1_000_000, 0.00025), (20_000_000, 0.00015)),
        interval_s=40.0,
    )
    note = "OctoEverywhere's service. It decides over time by itself."
    needs = "An OctoEverywhere account and its API key."
    costs = (
        "5,000 checks a month are free, about 55 hours of printing; then US$ 0.0004 a "
        "check. A test is one check."
    )
    sees = (
        "May find what the detector on this machine misses. How much is not known to us."
    )
    most_px = LONGEST_PX
    sends = "Each frame and the API key, to OctoEverywhere."
    fields = (
        BackendField(
            "url",
            "Address",
            "url",
            default=DEFAULT_URL,
            help="Leave as it is unless OctoEverywhere tells you otherwise.",
        ),
        BackendField(
            "api_key",
            "API key",
            "secret",
            help="From your OctoEverywhere account.",
            required=True,
        ),
    )

    def open(self, job: Job) -> Opening:
        """Create the context (free of charge)."""
        if not self.values["api_key"]:
            raise Ask("api_key_missing")
        url = join(self.values["url"], CREATE_PATH)
        levels = {
            "WarningConfidenceLevel": self.decision.warning_confidence,
            "PauseConfidenceLevel": self.decision.pause_confidence,
        }
        response = yield Request("POST", url, headers=self._headers(), json=levels)
        if response.status != 200:
            raise _error(response, url, opening=True)
        document = read_json(response)
        if not isinstance(document, dict):
            raise bad_answer("not an object")
        _text(document, "ContextId")
        return Context(
            self._safe(_text(document, "ProcessRequestUrl")),
            self._safe(_text(document, "FallbackProcessRequestUrl")),
        )

    def inspect(self, frame: Frame, context: Context) -> Inspecting:
        """Have a frame judged; on a failure of the primary, switch to the fallback.

        Only a request that surely never left is repeated at once: any other may have
        counted as a call, and the next call must wait for the interval.
        """
        try:
            try:
                response = yield self._process(frame, context.url)
            except Unreachable as error:
                if error.sent or context.on_fallback:
                    raise
                context.on_fallback = True
                response = yield self._process(frame, context.url)
            return self._answer(response, context)
        except AiWatchError as error:
            if error.step == "retry" and error.code != "rate_limited":
                context.on_fallback = True
            if not isinstance(error, Unreachable) or error.sent:
                error.wait_s = max(error.wait_s, context.interval_s)
            raise

    def _process(self, frame: Frame, url: str) -> Request:
        part = FilePart("attachment", "snapshot", frame.jpeg)
        return Request("POST", url, headers=self._headers(), files=(part,), counted=True)

    def _answer(self, response: Response, context: Context) -> Inspection:
        if response.status != 200:
            raise _error(response, context.url, opening=False)
        document = read_json(response)
        if not isinstance(document, dict):
            raise bad_answer("not an object")
        evidence = RemoteEvidence(
            score=number(document.get("Score"), "Score", 0, 100) / 100,
            warning=_flag(document, "WarningSuggested"),
            pause=_flag(document, "PauseSuggested"),
            quality=_quality(document.get("PrintQuality")),
        )
        context.interval_s = clamp_interval_s(_interval_s(document))
        return Inspection(evidence, next_after_s=context.interval_s)

    def _headers(self) -> Any:
        return {"X-API-Key": self.values["api_key"]}

    def _safe(self, url: str) -> str:
        """The key and the frame go wherever the service says, but never unprotected, and
        from a service outside never to a machine of this network."""
        own = self.values["url"]
        unprotected = scheme_of(own) == "https" and scheme_of(url) != "https"
        inwards = is_outside(host_of(own)) and not is_outside(host_of(url))
        if check_url(url) or unprotected or inwards:
            raise Ask("url_refused")
        return url


def _error(response: Response, url: str, opening: bool) -> Exception:
    """The seed's error types; without one, the status speaks."""
    document = try_json(response)
    kind = document.get("ErrorType")
    status = response.status
    if kind == "OE_INVALID_API_KEY":
        return Ask("api_key_refused")
    if kind == "OE_API_KEY_BLOCKED_PAYMENT_FAILED":
        return Ask("payment_due")
    if kind == "OE_IMAGE_DECODE_FAILED":
        return NextFrame("frame_refused")
    if kind == "OE_BACKEND_THROTTLED":
        return Retry("throttled")
    if kind == "OE_CONTEXT_RATE_LIMITED":
        return Retry("rate_limited")
    if kind == "OE_INTERNAL_ERROR":
        return Retry("server_fault", status=status)
    if kind in ("OE_BAD_ARGS", "OE_ARGS_PARSE_FAILED"):
        detail = detail_of(document.get("ErrorDetails") or kind)
        return Ask("args_refused", detail=detail) if opening else _not_ours(kind)
    if status in (401, 403):
        return Ask("api_key_refused")
    if status == 402:
        return Ask("payment_due")
    if status in (404, 410) and not opening:
        return Reopen("context_refused")
    return general_error(response, url)


def _not_ours(kind: str) -> Exception:
    """A frame is sent in one way only, so it is the context that is not accepted.

    A body that could not be parsed was damaged on its way; the next one may arrive whole.
    """
    if kind == "OE_BAD_ARGS":
        return Reopen("context_refused")
    return NextFrame("frame_refused")


def _text(document: Any, name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value or len(value) > LONGEST_TEXT:
        raise bad_answer(f"{name} is missing")
    return value


def _flag(document: Any, name: str) -> bool:
    value = document.get(name)
    if not isinstance(value, bool):
        raise bad_answer(f"{name} is not true or false")
    return value


def _interval_s(document: Any) -> float:
    """The interval as it was sent; nonsense becomes NaN, which the clamp replaces."""
    value = document.get("NextProcessIntervalSec")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def _quality(value: Any) -> Optional[int]:
    """PrintQuality, 1..10; the seed does not have it, so anything else is no error."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 1 <= value <= 10 else None
