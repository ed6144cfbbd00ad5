"""Has one picture after the other judged by a backend, outside any print.

Keeps the backend's minimum between two calls and tries again where that may help. A
service that remembers a print must not mix pictures: each gets a context of its own. What
is judged here never reaches the watch or the printer.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

from ...backends.base import Backend, LoadModel
from ...core.errors import AiWatchError, NextFrame, Reopen, Retry
from ...core.intervals import clamp_interval_s
from ...core.rung import backoff_s
from ...core.values import (
    Evidence,
    Frame,
    FrameEvidence,
    Inspection,
    Job,
    RemoteEvidence,
)
from ...core.words import explain, say
from ..ids import draw_id
from ..worker import drive
from .pictures import TROUBLES, Unusable

MOST_FAILURES = 3
"""So many tries in a row that came to nothing end the run."""
TRIES = 2
"""For one picture; a service may stumble."""


class Stopped(Exception):
    """No picture can be judged any more; its text says why and what to do."""


@dataclass(frozen=True)
class World:
    """What judging needs of the outside."""

    transport: Any
    clean: Callable[[Any], Any]
    tell: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


def score_of(evidence: Evidence) -> float:
    """What a backend says of one frame before any rule over time, 0..1."""
    if isinstance(evidence, (FrameEvidence, RemoteEvidence)):
        return evidence.score
    # In the wild p can be a sum of confidences.
    return min(1.0, evidence.p)


class Bench:
    """One backend and what it remembers.

    Raises:
        Stopped: something is missing in the settings.
    """

    def __init__(self, backend: Backend, entropy: str, world: World) -> None:
        self.interval_s = 0.0
        """What the backend wants between two calls, as far as it has said."""
        self._backend = backend
        self._entropy = entropy
        self._world = world
        self._context: Any = None
        self._not_before_s = 0.0
        self._failures = 0
        self.is_here = self._peek()
        """Whether the detector process judges, so that nothing leaves this machine."""

    def _peek(self) -> bool:
        """What the backend would ask for first, without doing it."""
        steps = self._backend.open(self._job())
        try:
            return isinstance(next(steps, None), LoadModel)
        except AiWatchError as error:
            raise self._stopped(error) from None
        finally:
            steps.close()

    def judge(self, frame: Frame) -> Inspection:
        """Have a frame judged.

        Raises:
            Unusable: this frame cannot be judged, another may.
            Stopped: none can.
        """
        last: AiWatchError
        for _ in range(TRIES):
            self._wait()
            try:
                inspection = self._try(frame)
            except NextFrame as error:
                self._rest(error.wait_s)
                raise Unusable(self._said(error, _of_file)) from None
            except (Retry, Reopen) as error:
                self._failed(error)
                last = error
            except AiWatchError as error:
                raise self._stopped(error) from None
            else:
                self._failures = 0
                self.interval_s = clamp_interval_s(inspection.next_after_s)
                self._rest(self.interval_s)
                return inspection
        raise Unusable(self._said(last, say))

    def _try(self, frame: Frame) -> Inspection:
        send = self._world.transport.send
        if self._context is None or not self.is_here:
            self._context = None
            opening = self._backend.open(self._job())
            self._context = drive(opening, send, _always)
        return drive(self._backend.inspect(frame, self._context), send, _always)

    def _failed(self, error: AiWatchError) -> None:
        self._failures += 1
        if self._failures >= MOST_FAILURES:
            raise self._stopped(error) from None
        wait_s = error.wait_s
        if not self.is_here:
            wait_s = max(wait_s, backoff_s(self._failures, self._world.chance()))
            text = f"{self._said(error, say)} Trying again in {wait_s:.0f} s."
            self._world.tell(text)
        self._rest(wait_s)

    def _rest(self, for_s: float) -> None:
        self._not_before_s = self._world.clock() + for_s

    def _wait(self) -> None:
        left_s = self._not_before_s - self._world.clock()
        if left_s > 0:
            self._world.sleep(left_s)

    def _job(self) -> Job:
        name = "evaluation-" + draw_id()
        return Job(0, name, "", "", "", 0.0, self._entropy)

    def _stopped(self, error: AiWatchError) -> Stopped:
        return Stopped(self._said(error, explain))

    def _said(
        self, error: AiWatchError, words: Callable[[str, Mapping[str, Any]], str]
    ) -> str:
        # A server may repeat our key in its words.
        return words(error.code, self._world.clean(dict(error.params)))


def _of_file(code: str, params: Mapping[str, Any]) -> str:
    return TROUBLES.get(code) or say(code, params)


def _always() -> bool:
    return True
