"""The Gadget cloud (OctoEverywhere), simulated: contexts, two servers, a rate limit.

Speaks the API as documented and notes every call that does not. Must not be kinder to the
client than the real service.
"""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Optional

from .cloud_base import CloudBase, Refused, text_form
from .gadget_judge import GadgetJudge
from .gadget_wire import (
    CREATE_PATH,
    DEFAULT_LEVEL,
    PROCESS_PATH,
    check_post,
    gadget_answer,
    gadget_error,
    is_own_fault,
    read_jpeg,
    read_levels,
    read_parts,
    refusal,
)
from .http_server import HttpRequest, HttpServer
from .judgement import Judge
from .multipart import Part
from .replies import Reply

#: A scripted interval beyond this is nonsense that no client has to obey.
_SANE_INTERVAL_S = 1800.0
_LATE_S = 3.0


@dataclass
class Context:
    """What the cloud remembers of one print."""

    context_id: str
    api_key: str
    warning_level: int
    pause_level: int
    temporal: GadgetJudge
    last_call_s: float = 0.0
    interval_s: float = 0.0
    may_switch: bool = False
    switched: bool = False


class GadgetCloud(CloudBase):
    """Serves createcontext and process on one port, the fallback on another."""

    def __init__(
        self,
        judge: Judge,
        api_keys: Iterable[str] = ("test-key",),
        interval_s: float = 40.0,
        blocked_keys: Iterable[str] = (),
        print_quality: bool = True,
        port: int = 0,
        fallback_port: int = 0,
    ) -> None:
        super().__init__(judge)
        self.api_keys = set(api_keys)
        self.blocked_keys = set(blocked_keys)
        self.interval_s = interval_s
        self.print_quality = print_quality
        self.contexts: dict[str, Context] = {}
        self._judging = threading.Lock()
        self._primary = HttpServer(self._serve_primary, port, "gadget-primary")
        self._fallback = HttpServer(
            self._serve_fallback, fallback_port, "gadget-fallback"
        )

    @property
    def url(self) -> str:
        """What a user types as the service's address."""
        return self._primary.url

    @property
    def fallback_url(self) -> str:
        """The base URL of the second server."""
        return self._fallback.url

    def start(self) -> None:
        """Serve (again) on both ports."""
        self.start_primary()
        self._fallback.start()

    def stop(self) -> None:
        """Be out of reach entirely."""
        self.stop_primary()
        self._fallback.stop()

    def stop_primary(self) -> None:
        """Kill the server that creates contexts and processes first."""
        with self._lock:
            for context in self.contexts.values():
                context.may_switch = True
        self._primary.stop()

    def start_primary(self) -> None:
        """Bring it back on its old port."""
        self._primary.start()

    def forget_contexts(self) -> None:
        """Refuse every context that was given out so far."""
        with self._lock:
            self.contexts.clear()

    def _serve_primary(self, request: HttpRequest) -> Reply:
        if request.path == CREATE_PATH:
            return self._create(request)
        return self._process(request, "primary")

    def _serve_fallback(self, request: HttpRequest) -> Reply:
        return self._process(request, "fallback")

    # -- create context ------------------------------------------------------------

    def _create(self, request: HttpRequest) -> Reply:
        problem: Optional[Reply] = None
        levels = (DEFAULT_LEVEL, DEFAULT_LEVEL)
        try:
            check_post(request)
            self._check_key(request)
            levels, complaints = read_levels(request)
            self._violate(*complaints)
        except Refused as refused:
            problem = self._refuse(refused)
        reply = self._create_script.next() or problem
        if reply is None:
            reply = self._new_context(request.headers["x-api-key"], levels)
        return self._record("create", "primary", request, reply)

    def _new_context(self, api_key: str, levels: tuple[int, int]) -> Reply:
        context_id = uuid.uuid4().hex
        context = Context(context_id, api_key, *levels, GadgetJudge(*levels))
        with self._lock:
            self.contexts[context_id] = context
        tail = PROCESS_PATH + context_id
        document = {
            "ContextId": context_id,
            "ProcessRequestUrl": self.url + tail,
            "FallbackProcessRequestUrl": self.fallback_url + tail,
        }
        return Reply(200, json=document)

    # -- process -------------------------------------------------------------------

    def _process(self, request: HttpRequest, server: str) -> Reply:
        parts: list[Part] = []
        jpeg: Optional[bytes] = None
        context: Optional[Context] = None
        reply: Optional[Reply] = None
        try:
            check_post(request)
            self._check_key(request)
            context = self._find_context(request)
            self._note_switching(context, server)
            parts = read_parts(request)
            self._check_payment(request)
            self._check_interval(context, request.at_s)
            jpeg, complaints = read_jpeg(parts)
            self._violate(*complaints)
        except Refused as refused:
            reply = self._refuse(refused)
        reply = self._script.next() or reply
        if reply is None:
            assert context is not None
            assert jpeg is not None
            reply = self._judge_frame(context, jpeg)
        if context is not None:
            self._remember(context, server, request.at_s, reply)
        return self._record("process", server, request, reply, text_form(parts), jpeg)

    def _judge_frame(self, context: Context, jpeg: bytes) -> Reply:
        self.last_jpeg = jpeg
        with self._judging:  # a judge may remember frames; two at a time would mix them
            judgement = self.judge.judge(jpeg, context.context_id)
            verdict = context.temporal.add(judgement)
        return gadget_answer(
            verdict.score,
            verdict.warning,
            verdict.pause,
            math.ceil(self.interval_s),
            verdict.quality if self.print_quality else None,
        )

    def _remember(self, context: Context, server: str, at_s: float, reply: Reply) -> None:
        """Note what this answer allows the client to do next."""
        document, interval_s = (None if reply.silent else reply.known_json()), -1.0
        if reply.status == 200 and isinstance(document, dict):
            given = document.get("NextProcessIntervalSec")
            interval_s = float(given) if isinstance(given, (int, float)) else -1.0
        valid = 0.0 <= interval_s <= _SANE_INTERVAL_S
        # Of an answer that comes late or in pieces the client may have seen nothing.
        late = reply.delay_s > 0 or time.monotonic() - at_s > _LATE_S
        seen = valid and not (late or reply.drip_s or reply.truncate)
        with self._lock:
            if seen:
                context.interval_s, context.last_call_s = interval_s, at_s
            elif server == "primary" and not is_own_fault(document):
                context.may_switch = True

    # -- checks that need the cloud's memory -----------------------------------------

    def _check_key(self, request: HttpRequest) -> None:
        api_key = request.headers.get("x-api-key")
        if not api_key:
            raise refusal(f"{request.path}: no X-API-Key", "OE_INVALID_API_KEY")
        if api_key not in self.api_keys:
            raise Refused(gadget_error("OE_INVALID_API_KEY", "The key is unknown."))

    def _check_payment(self, request: HttpRequest) -> None:
        if request.headers.get("x-api-key") in self.blocked_keys:
            raise Refused(gadget_error("OE_API_KEY_BLOCKED_PAYMENT_FAILED"))

    def _find_context(self, request: HttpRequest) -> Context:
        if not request.path.startswith(PROCESS_PATH):
            raise refusal(f"unknown path {request.path}", "OE_BAD_ARGS", 404)
        with self._lock:
            context = self.contexts.get(request.path[len(PROCESS_PATH) :])
        if context is None:
            raise Refused(gadget_error("OE_BAD_ARGS", "The context is unknown.", 404))
        if context.api_key != request.headers.get("x-api-key"):
            raise refusal("process: another key's context", "OE_INVALID_API_KEY")
        return context

    def _note_switching(self, context: Context, server: str) -> None:
        with self._lock:
            if server == "primary" and context.switched:
                self._violate("process: back to the primary URL after the fallback")
            if server == "fallback" and not context.may_switch:
                self._violate("process: fallback URL without a failure of the primary")
            context.switched = context.switched or server == "fallback"

    def _check_interval(self, context: Context, at_s: float) -> None:
        with self._lock:
            early_s = context.last_call_s + context.interval_s - at_s
        if early_s > 0:
            text = f"process: {early_s:.3f} s before NextProcessIntervalSec was over"
            raise refusal(text, "OE_CONTEXT_RATE_LIMITED")
