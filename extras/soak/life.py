"""The assembled plugin in virtual time: its own parts, one after another on one thread.

What its control thread and its worker do is done here as soon as it is due, by their own
methods; only waiting is left out. The history is written by its real thread into a real
database. Must not decide what happens: see `week.py`.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Callable
from unittest import mock

import requests

from octoprint_aiwatch import backends, bootstrap
from octoprint_aiwatch.adapters import runtime as runtime_module
from octoprint_aiwatch.adapters.camera import Snapshots
from octoprint_aiwatch.adapters.history.store import Store
from octoprint_aiwatch.adapters.runtime import LOOK, StateSeen
from octoprint_aiwatch.adapters.worker import Worker
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.commands import refusal
from octoprint_aiwatch.core.settings import Settings, defaults, merged, parse

from .world import Helper, Printer, World

FIELDS = backends.fields()
DRAINED_WITHIN_S = 60.0
LEAST_S = 0.02
MEANT = "The printer's state cannot be read"
"""What is logged with its exception because the world raised it on purpose."""


def settings_of(tree: dict[str, Any]) -> Settings:
    settings, problems = parse(merged(defaults(FIELDS), tree), FIELDS)
    assert problems == [], problems
    return settings


class Bugs(logging.Handler):
    """Collects the exceptions that got out of their tree; they are logged with a trace.

    An error without one is a loud word to people, as when a printer does not pause.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.getMessage() != MEANT:
            self.texts.append(self.format(record))


@contextmanager
def in_virtual_time(world: World) -> Iterator[None]:
    """No thread but the history's, no network, and a disk that may be full."""
    begin = Store.begin

    def careful_begin(store: Store) -> None:
        world.may_write()
        begin(store)

    with ExitStack() as stack:
        swap = mock.patch.object
        for patch in (
            swap(requests.Session, "get_adapter", lambda *_, **__: world.service),
            swap(bootstrap, "Detector", lambda: Helper(world)),
            swap(Worker, "start", lambda _: None),
            swap(Store, "begin", careful_begin),
            swap(runtime_module, "LEAST_WAIT_S", LEAST_S),
        ):
            stack.enter_context(patch)
        yield


class Life:
    """From one start of OctoPrint to the next."""

    def __init__(self, world: World, folder: Path, tree: dict[str, Any]) -> None:
        self.world = world
        self.bugs = Bugs()
        self.fired: list[str] = []
        self._pushed: Any = None
        self.printer = Printer(self._state_seen)
        logger = logging.Logger("aiwatch-soak", logging.INFO)
        logger.addHandler(self.bugs)
        ports = bootstrap.Ports(
            printer=self.printer,
            calls_path=str(folder / "calls.json"),
            notebook_path=str(folder / "remembered.json"),
            outbox_path=str(folder / "outbox.sqlite3"),
            folder=str(folder),
            push=self._push,
            fire=lambda name, _: self.fired.append(name),
            logger=logger,
            version="soak",
            snapshots=Snapshots(world.find_webcam, world.clock),
            clock=world.clock,
            wall=world.wall,
            chance=world.chance.random,
        )
        self.parts = bootstrap.assemble(settings_of(tree), ports)
        self.runtime = self.parts.runtime
        self.parts.writer.start()
        self.parts.notifier.start()
        self.stuck_until_s = 0.0

    def _push(self, message: Any) -> None:
        json.dumps(message, allow_nan=False)
        self._pushed = message

    def _state_seen(self, state_id: str) -> None:
        self.runtime.post(StateSeen(state_id))

    # -- what comes in -----------------------------------------------------------------

    def post(self, event: m.Event) -> None:
        self.runtime.post(event)
        self.work_off()

    def press(self, command: str) -> None:
        """A button; only if it can be pressed, as the page has it."""
        event = m.Commanded(command)
        if refusal(self.runtime._state, event) is None:
            self.post(event)

    def save(self, tree: dict[str, Any]) -> None:
        self.post(m.SettingsChanged(settings_of(tree)))

    # -- time --------------------------------------------------------------------------

    def pass_time(self, seconds: float) -> None:
        """Everything that is due in this time happens, in its order."""
        end_s = self.world.clock.now_s + seconds
        while True:
            self.work_off()
            wait_s = self.runtime._wait_s()
            if wait_s is None or self.world.clock.now_s + wait_s > end_s:
                break
            self.world.clock.now_s += wait_s
            self.runtime._take(LOOK)
        self.world.clock.now_s = max(end_s, self.world.clock.now_s)
        self.work_off()

    def work_off(self) -> None:
        """What waits for the control thread, then what waits for the worker."""
        while True:
            if not self.runtime._inbox.empty():
                self.runtime._take(self.runtime._inbox.get())
                continue
            worker = self.runtime._worker
            is_stuck = self.world.clock.now_s < self.stuck_until_s
            if is_stuck or worker._orders.empty():
                break
            worker._take(*worker._orders.get())
        self._let_the_history_catch_up()

    def unstick(self) -> None:
        self.stuck_until_s = 0.0

    def _let_the_history_catch_up(self, least: int = 50) -> None:
        """Virtual time is faster than a disk: nothing may be left out because of that."""
        queue = self.parts.writer._queue
        if queue.qsize() >= least:
            wait_until(queue.empty)

    def end(self) -> None:
        """OctoPrint ends."""
        self.post(m.PrintEnded("shutdown"))
        self.runtime._worker._transport.close()
        self._let_the_history_catch_up(1)
        self.parts.writer.stop(DRAINED_WITHIN_S)
        self.parts.notifier.stop()
        self.parts.runtime._ports.calls.save()
        self.parts.runtime._ports.notebook.save()


def wait_until(condition: Callable[[], Any], within_s: float = DRAINED_WITHIN_S) -> None:
    end_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end_s, "the history's thread does not get on"
        time.sleep(0.001)
