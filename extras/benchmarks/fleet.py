"""Printers that send frames to an inference server, as the plugin's backend does it.

Each has a connection of its own and sends its next frame when it is due, or at once when
the answer to the last one came too late. No printer waits for another. They begin at
moments drawn once for all, as prints do.
"""

from __future__ import annotations

import heapq
import queue
import random
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from octoprint_aiwatch.adapters.http import Http
from octoprint_aiwatch.adapters.worker import drive
from octoprint_aiwatch.backends.base import Pixels, Request, ShrinkFrame, Wish
from octoprint_aiwatch.backends.kserve import Kserve
from octoprint_aiwatch.core.errors import AiWatchError
from octoprint_aiwatch.core.settings import parse
from octoprint_aiwatch.core.values import Frame, Job

MOST_AT_ONCE = 256
"""Frames under way at a time; the rest waits, and the wait counts."""
SEED = 1


@dataclass
class Outcome:
    """What the printers saw: how long each answer took, and which errors there were.

    ``in_time``: answers that came while frames were being sent.
    """

    for_s: float
    in_time: int = 0
    waits_s: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)


@dataclass
class Printer:
    """One that watches a print of its own."""

    backend: Kserve
    http: Http
    pixels: Pixels

    def send(self, wish: Wish) -> Any:
        """The answer to a wish of the backend's; frames have been shrunk before."""
        if isinstance(wish, ShrinkFrame):
            return self.pixels
        assert isinstance(wish, Request)
        return self.http.send(wish)

    def check(self, frame: Frame, context: Any) -> None:
        drive(self.backend.inspect(frame, context), self.send, lambda: True)


def backend_of(url: str) -> Kserve:
    """The backend with its default settings and this address."""
    tree = {"backend": "kserve", "backends": {"kserve": {"url": url}}}
    settings, problems = parse(tree, {"kserve": Kserve.fields})
    assert not problems, problems
    return Kserve(settings.fields("kserve"), settings.decision)


class Fleet:
    """So many printers; without a cadence each sends its next frame at once."""

    def __init__(
        self, url: str, frames: Sequence[Pixels], printers: int, cadence_s: float
    ) -> None:
        self._cadence_s = cadence_s
        self._printers = [
            Printer(backend_of(url), Http("AI-Watch/load"), frames[number % len(frames)])
            for number in range(printers)
        ]
        # All that the backend looks at is how the webcam is turned.
        self._frame = Frame(b"", 640, 480)
        first = self._printers[0]
        job = Job(1, "load", "load.gcode", "load.gcode", "local", 0.0)
        # Prints begin one by one: what opening costs is no part of the load.
        self._context = drive(first.backend.open(job), first.send, lambda: True)

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *_: object) -> None:
        for printer in self._printers:
            printer.http.close()

    def play(self, for_s: float) -> Outcome:
        """Send frames for so long, then wait for the answers that are still out."""
        chance = random.Random(SEED)
        outcome = Outcome(for_s)
        ready: queue.SimpleQueue[tuple[float, int]] = queue.SimpleQueue()
        began_s = time.monotonic()
        due = [
            (began_s + chance.random() * self._cadence_s, number)
            for number in range(len(self._printers))
        ]
        heapq.heapify(due)
        workers = min(len(self._printers), MOST_AT_ONCE)
        with ThreadPoolExecutor(workers) as pool:
            while (now_s := time.monotonic()) < began_s + for_s:
                while due and due[0][0] <= now_s:
                    due_s, number = heapq.heappop(due)
                    pool.submit(self._check, number, due_s, outcome, ready)
                until_s = min([began_s + for_s, *(at_s for at_s, _ in due[:1])])
                try:
                    heapq.heappush(due, ready.get(timeout=max(0.0, until_s - now_s)))
                except queue.Empty:
                    continue
            outcome.in_time = len(outcome.waits_s)
        return outcome

    def _check(
        self,
        number: int,
        due_s: float,
        outcome: Outcome,
        ready: queue.SimpleQueue[tuple[float, int]],
    ) -> None:
        try:
            self._printers[number].check(self._frame, self._context)
        except AiWatchError as error:
            outcome.errors[error.code] += 1
        else:
            outcome.waits_s.append(time.monotonic() - due_s)
        ready.put((max(due_s + self._cadence_s, time.monotonic()), number))
