"""A print under watch in virtual time: the real machine and the real backends, whose
servers answer as their fixtures do, or fail.
"""

from __future__ import annotations

import copy
import heapq
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Optional, Union

from octoprint_aiwatch.adapters.worker import drive
from octoprint_aiwatch.backends import REGISTRY
from octoprint_aiwatch.backends.base import (
    JudgeFrame,
    LoadModel,
    PublishFrame,
    Request,
    ShrinkFrame,
    Wish,
    WithdrawFrame,
)
from octoprint_aiwatch.core import machine
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.errors import AiWatchError, Reopen, Spent
from octoprint_aiwatch.core.settings import Settings
from octoprint_aiwatch.core.state import State, wake_at
from octoprint_aiwatch.core.status import document
from octoprint_aiwatch.core.values import Inspection, PrinterReading
from tests.backends.play import FRAME, PUBLISHED, SMALL, Answer
from tests.backends.recorded import answers_of, fixtures_of
from tests.core.rig import LABELS, TARIFFS, sendable, settings_with

TAKES_S = 0.5
"""How long a call takes, unless it is told."""
GOOD = ("ok-nothing-seen", "ok-perfect")
SERVER = (Request, LoadModel, JudgeFrame)
"""What a backend asks of others; the rest is done with the frame in the house."""


def good(key: str) -> Any:
    """A recorded call that saw nothing."""
    cases = fixtures_of(key)
    return next(cases[name] for name in GOOD if name in cases)


def call_of(case: Any) -> str:
    """``open`` or ``inspect``."""
    request = case["request"]
    call: str = (request[0] if isinstance(request, list) else request)["call"]
    return call


def opening(key: str) -> Any:
    """A recorded call that opened a context, and asked somebody for it; None if the
    backend asks nobody."""
    cases = fixtures_of(key).items()
    return next(
        (case for name, case in cases if name[:3] == "ok-" and call_of(case) == "open"),
        None,
    )


def values_of(key: str) -> dict[str, Any]:
    """The settings of a recorded call that was judged."""
    return dict(good(key)["values"])


def ladder_of(*keys: str, **changes: Any) -> Settings:
    """Settings with these backends in this order."""
    quick = {"grace_start_s": 0, "warmup": False, "min_interval_s": 10}
    return settings_with(
        backend=keys[0],
        fallback=list(keys[1:]),
        backends={key: values_of(key) for key in keys},
        watch={**quick, **changes.pop("watch", {})},
        **changes,
    )


@dataclass
class Trouble:
    """What a backend's server does instead of answering well.

    ``answers`` to the first things it is asked, or ``error`` to whatever it is asked.
    ``call``: ``open`` or ``inspect``, None for both.
    """

    answers: list[Answer] = field(default_factory=list)
    error: Optional[AiWatchError] = None
    call: Optional[str] = None


class World:
    """Plays OctoPrint, the worker and the servers; notes who was asked when."""

    def __init__(self, settings: Settings, limit: Optional[Mapping[str, int]] = None):
        self.now_s = 1000.0
        self.state = State(settings, labels=LABELS)
        self.effects: list[tuple[float, m.Effect]] = []
        self.asked: list[tuple[float, str, str]] = []
        """When, which backend, for what."""
        self.judged: list[tuple[float, str]] = []
        self.calls: dict[str, int] = {}
        self.limit = dict(limit or {})
        self.trouble: dict[str, Trouble] = {}
        self.sees: Callable[[str, float], Optional[Inspection]] = lambda key, at_s: None
        self.takes_s: Callable[[str], float] = lambda key: TAKES_S
        self.reading = PrinterReading("PRINTING", print_number=1)
        self.left_s: Callable[[float], Optional[float]] = lambda now_s: None
        """How long OctoPrint thinks the job still takes."""
        self.tick_s = 0.01
        """How far time goes on at least; coarser for prints of many hours."""
        self.jitter = 0.5
        self._due: list[tuple[float, int, m.Event]] = []
        self._number = itertools.count()
        self._contexts: dict[str, tuple[Any, Any]] = {}

    # -- the print ---------------------------------------------------------------------

    def start(self) -> None:
        self.send(m.PrintStarted("id", "a.gcode", "a.gcode", "local", 0.0, "e" * 32))
        self.look()

    def look(self) -> None:
        left = {
            key: max(0, most - self.calls.get(key, 0)) for key, most in self.limit.items()
        }
        reading = replace(self.reading, left_s=self.left_s(self.now_s))
        self.send(m.PrinterRead(reading, left))

    def send(self, event: m.Event) -> None:
        self.state, effects = machine.step(self.state, event, self.now_s)
        for effect in effects:
            self.effects.append((self.now_s, effect))
            if isinstance(effect, (m.OpenContext, m.InspectFrame)):
                self._work(effect)
            elif isinstance(effect, m.CloseContext):
                self._contexts = {}
                self._due = []

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end_s = self.now_s + seconds
        while True:
            wake_s = wake_at(self.state, self.now_s)
            next_s = min(
                end_s if wake_s is None else max(wake_s, self.now_s + self.tick_s),
                self._due[0][0] if self._due else end_s,
            )
            if next_s >= end_s:
                break
            self.now_s = max(self.now_s, next_s)
            self.look()
            while self._due and self._due[0][0] <= self.now_s:
                self.send(heapq.heappop(self._due)[2])
        self.now_s = end_s
        self.look()

    def until(self, what: Callable[[], bool], within_s: float) -> float:
        """Let time pass until something holds; how long that took."""
        start_s = self.now_s
        while not what():
            assert self.now_s - start_s <= within_s, "it did not happen in time"
            self.run(1.0)
        return self.now_s - start_s

    # -- the worker and the servers ----------------------------------------------------

    def _work(self, order: Union[m.OpenContext, m.InspectFrame]) -> None:
        key = order.backend
        kind = "open" if isinstance(order, m.OpenContext) else "inspect"
        self.asked.append((self.now_s, key, kind))
        done_s = self.now_s + self.takes_s(key)
        try:
            event = self._do(order, kind, done_s)
        except AiWatchError as error:
            ticket = order.ticket
            frame = FRAME if kind == "inspect" else None
            event = m.OrderFailed(ticket, error.fault(), done_s, self.jitter, frame)
        heapq.heappush(self._due, (done_s, next(self._number), event))

    def _do(
        self, order: Union[m.OpenContext, m.InspectFrame], kind: str, done_s: float
    ) -> m.Event:
        key = order.backend
        if isinstance(order, m.OpenContext):
            backend = REGISTRY[key](order.settings.fields(key), order.settings.decision)
            case = opening(key)
            server = self._server(key, kind, answers_of(case) if case else [])
            context = drive(backend.open(order.job), server, lambda: True)
            self._contexts[key] = backend, context
            return m.ContextOpened(order.ticket)
        if key not in self._contexts:
            raise Reopen("context_refused")
        backend, context = self._contexts[key]
        server = self._server(key, kind, answers_of(good(key)))
        inspection = drive(backend.inspect(FRAME, context), server, lambda: True)
        self.judged.append((done_s, key))
        inspection = self.sees(key, done_s) or inspection
        return m.InspectionDone(order.ticket, inspection, FRAME, done_s)

    def _server(self, key: str, kind: str, well: list[Answer]) -> Callable[[Wish], Any]:
        trouble = self.trouble.get(key)
        if trouble is not None and trouble.call not in (None, kind):
            trouble = None
        recorded = list(trouble.answers if trouble and trouble.answers else well)
        answers = [one for one in recorded if one not in (SMALL, PUBLISHED)]

        def send(wish: Wish) -> Any:
            if isinstance(wish, PublishFrame):
                return PUBLISHED
            if isinstance(wish, ShrinkFrame):
                return SMALL
            if isinstance(wish, Request) and wish.counted:
                self._pay(key)
            error = trouble.error if trouble is not None else None
            if error is not None and isinstance(wish, SERVER):
                # A backend may add to it what it knows.
                raise copy.copy(error)
            # Who asks again what was refused is told the same again.
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if isinstance(wish, WithdrawFrame):
                return answer
            if isinstance(answer, AiWatchError):
                raise answer
            return answer

        return send

    def _pay(self, key: str) -> None:
        if self.calls.get(key, 0) >= self.limit.get(key, 10**9):
            raise Spent("budget_spent")
        self.calls[key] = self.calls.get(key, 0) + 1

    # -- what is seen from outside -----------------------------------------------------

    def status(self) -> dict[str, Any]:
        calls = {key: self.calls.get(key, 0) for key in TARIFFS}
        extra = {"calls": calls, "tariffs": TARIFFS, "version": "1"}
        return sendable(document(self.state, self.now_s, extra))

    def seen(self, *kinds: type) -> list[Any]:
        return [effect for _, effect in self.effects if isinstance(effect, kinds)]

    def asked_since(self, since_s: float) -> list[str]:
        """Who was asked since then, in order."""
        return [key for at_s, key, _ in self.asked if at_s >= since_s]
