"""Who carries messages to the services: at most one message per service at a time.

A service that hangs keeps its own courier process until that is given up; what is for
others goes by another one. Belongs to the notify thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional

from ..core.deferred import dataclass
from .courier import Courier, Report

SEND_WITHIN_S = 45.0
"""So long a courier is waited for before others get one of their own."""
GONE_WITHIN_S = 40.0
"""A courier that was told to end does so by itself sooner than that."""
IDLE_S = 20.0
SOON_S, LATER_S = (10.0, 20.0), 300.0
"""When a service is tried again: it cannot be reached, or refuses."""
REFUSED = "refused"
SENT = "sent"
HUNG = "hung"


@dataclass
class Errand:
    """A message that a courier has; ``message`` 0 is a test."""

    message: int
    service: str
    courier: Courier
    since_s: float


@dataclass
class Standing:
    """How a service has been doing."""

    failures: int = 0
    not_before: float = 0.0


class Couriers:
    """All processes, and what they carry."""

    def __init__(
        self,
        new: Callable[[], Courier],
        clock: Callable[[], float],
    ) -> None:
        self._new = new
        self._clock = clock
        self._current: Optional[Courier] = None
        self._leaving: dict[Courier, float] = {}
        self._errands: dict[str, Errand] = {}
        self._standings: dict[str, Standing] = {}
        self._used_at = 0.0

    def standing(self, service: str) -> Standing:
        """How a service has been doing."""
        return self._standings.setdefault(service, Standing())

    def is_free(self, service: str) -> bool:
        """Whether a message may be handed over for it now."""
        ready = self._clock() >= self.standing(service).not_before
        return ready and service not in self._errands

    def hand_over(
        self, message: int, service: str, head: Mapping[str, Any], jpeg: bytes
    ) -> None:
        """Send a courier.

        Raises:
            OSError: there is none to be had.
        """
        if self._current is None:
            self._current = self._new()
        self._used_at = self._clock()
        errand = Errand(message, service, self._current, self._used_at)
        self._errands[service] = errand
        self._current.send({**head, "message": message, "service": service}, jpeg)

    def came_back(
        self, courier: Courier, report: Optional[Report]
    ) -> list[tuple[Errand, str, str]]:
        """Take in a report: errands that are over, how they went, and what was said."""
        self._used_at = self._clock()
        if report is not None:
            errand = self._errands.get(str(report.get("service")))
            if errand is None or errand.message != report.get("message"):
                return []
            del self._errands[errand.service]
            how, words = str(report.get("how")), str(report.get("words", ""))
            self._judge(errand, how)
            return [(errand, how, words)]
        if courier is self._current:
            self._current = None
        self._leaving.pop(courier, None)
        lost = [one for one in self._errands.values() if one.courier is courier]
        for errand in lost:
            del self._errands[errand.service]
            self._judge(errand, HUNG)
        return [(errand, HUNG, "") for errand in lost]

    def _judge(self, errand: Errand, how: str) -> None:
        if not errand.message:
            return
        standing = self.standing(errand.service)
        if how == SENT:
            self._standings[errand.service] = Standing()
            return
        wait_s = LATER_S
        if how != REFUSED:
            wait_s = SOON_S[min(standing.failures, len(SOON_S) - 1)]
        standing.failures += 1
        standing.not_before = self._clock() + wait_s

    def mind(self, has_more: bool) -> None:
        """Let go of a courier that hangs, or that nobody has anything for."""
        now_s = self._clock()
        current = self._current
        if current is not None:
            since_s = [e.since_s for e in self._errands.values() if e.courier is current]
            hangs = bool(since_s) and now_s - min(since_s) >= SEND_WITHIN_S
            idle = not since_s and not has_more and now_s - self._used_at >= IDLE_S
            if hangs or idle:
                self._leave(current, now_s)
        for courier, left_at in self._leaving.items():
            if now_s - left_at >= GONE_WITHIN_S:
                courier.kill()

    def wake_at(self, has_more: bool) -> Optional[float]:
        """When to mind them next."""
        times = [left_at + GONE_WITHIN_S for left_at in self._leaving.values()]
        current = self._current
        if current is not None:
            since_s = [e.since_s for e in self._errands.values() if e.courier is current]
            if since_s:
                times.append(min(since_s) + SEND_WITHIN_S)
            elif not has_more:
                times.append(self._used_at + IDLE_S)
        return min(times, default=None)

    def close(self) -> None:
        """Everything on its way still arrives, but nobody waits for it."""
        if self._current is not None:
            self._leave(self._current, self._clock())

    def _leave(self, courier: Courier, now_s: float) -> None:
        courier.close()
        self._leaving[courier] = now_s
        self._current = None
