"""A model of OctoPrint's serial connection, as far as pausing and parking go.

Its lines pass our hooks in the order in which OctoPrint's do; its events reach the watch
late, as they may on a bus that others keep busy. Checked against real OctoPrint by
tests/e2e/test_watch_parking.py and test_watch_random.py.
"""

from __future__ import annotations

from collections import deque
from types import SimpleNamespace
from typing import Any, Callable, Optional, Union

from octoprint_aiwatch.adapters.parking import Parker
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.values import PrinterReading

Item = Union[tuple[str, set[str]], Callable[[], None]]
PROFILE = {
    "volume": {
        "formFactor": "rectangular",
        "origin": "lowerleft",
        "width": 200.0,
        "depth": 200.0,
        "height": 180.0,
        "custom_box": False,
    }
}


class Comm:
    """One connection; ``sent`` has each line with the job it was sent in."""

    def __init__(self, octo: Octo) -> None:
        self._octo = octo
        self.sd = False
        self.position = (50.0, 60.0, 5.0, 7.0)
        self.last_temperature = SimpleNamespace(tools={0: (205.0, 205.0)})

    @property
    def pause_position(self) -> Any:
        x, y, z, e = self.position
        return SimpleNamespace(x=x, y=y, z=z, e=e, f=1500.0, t=0)

    def isSdFileSelected(self) -> bool:
        return self.sd

    def isCancelling(self) -> bool:
        return self._octo.state_id == "CANCELLING"

    def isBusy(self) -> bool:
        return self._octo.job is not None


class Octo:
    """OctoPrint with a printer that does what it is told when it gets to it."""

    def __init__(self, parker: Parker, jobs: int = 0) -> None:
        self.parker = parker
        self.state_id = "OPERATIONAL"
        self.job: Optional[str] = None
        self.jobs = jobs
        self.resumes = 0
        self.deaf = 0
        self.queue: deque[Item] = deque()
        self.bus: deque[Any] = deque()
        self.sent: list[tuple[Optional[str], str, frozenset[str]]] = []
        self.comm = Comm(self)
        self.script("afterPrinterConnected")

    # -- OctoPrint's inside ------------------------------------------------------------

    def become(self, state_id: str) -> None:
        self.state_id = state_id
        self.bus.append(("state", state_id))

    def script(self, name: str) -> None:
        made = self.parker.scripts(self.comm, "gcode", name)
        if made is None:
            return
        before, behind, _, tags = made
        for line in [*(before or ()), *(behind or ())]:
            self.queue.append((line, set(tags)))

    def send_some(self, most: int) -> None:
        """Up to so many entries of the queue get their turn."""
        for _ in range(most):
            if not self.queue:
                return
            item = self.queue.popleft()
            if callable(item):
                item()
            else:
                self._send(*item)

    def print_line(self, line: str) -> None:
        """The file's next line."""
        if self.state_id == "PRINTING":
            made = self.parker.queuing(
                self.comm, "queuing", line, None, "G1", tags={"source:file"}
            )
            for one in made or [line]:
                text, tags = (one[0], one[2]) if isinstance(one, tuple) else (one, set())
                self._send(text, tags)

    def _send(self, line: str, tags: set[str]) -> None:
        code = line.split()[0]
        if self.parker.sending(self.comm, "sending", line, None, code, tags=tags) is None:
            self.sent.append((self.job, line, frozenset(tags)))
            self.parker.sent(self.comm, "sent", line, None, code, tags=tags)

    def finish_queue(self) -> None:
        while self.queue:
            self.send_some(1)

    # -- what people and printers do ---------------------------------------------------

    def start(self, path: str) -> None:
        if self.state_id != "OPERATIONAL":
            return
        self.jobs += 1
        self.job = f"{path}#{self.jobs}"
        self.become("STARTING")
        self.bus.append(m.PrintStarted(self.job, path, path, "local", 0.0, "e" * 32))
        self.script("beforePrintStarted")
        self.become("PRINTING")
        for line in ("G21", "G90", "M82"):
            self.print_line(line)

    def pause(self) -> None:
        if self.state_id != "PRINTING":
            return
        self.become("PAUSING")
        self.queue.append(self._paused)

    def _paused(self) -> None:
        if self.state_id != "PAUSING":
            return
        self.script("afterPrintPaused")
        self.queue.append(lambda: self._from("PAUSING", "PAUSED"))

    def _from(self, before: str, after: str) -> None:
        if self.state_id == before:
            self.become(after)

    def resume(self, with_script: bool = True) -> None:
        if self.state_id not in ("PAUSING", "PAUSED"):
            return
        self.resumes += 1
        self.become("RESUMING")
        self.bus.append(m.PrintResumed())
        if with_script:
            self.script("beforePrintResumed")
        self.queue.append(lambda: self._from("RESUMING", "PRINTING"))

    def cancel(self) -> None:
        if self.job is None or self.state_id == "CANCELLING":
            return
        self.become("CANCELLING")
        self.queue.append(self._cancelled)

    def _cancelled(self) -> None:
        self.script("afterPrintCancelled")
        self.job = None
        self.bus.append(m.PrintEnded("cancelled"))
        self.queue.append(lambda: self.become("OPERATIONAL"))

    def done(self) -> None:
        if self.state_id != "PRINTING":
            return
        self.become("FINISHING")
        self.script("afterPrintDone")
        self.job = None
        self.bus.append(m.PrintEnded("done"))
        self.queue.append(lambda: self.become("OPERATIONAL"))

    def unplug(self, orderly: bool) -> None:
        """The connection is closed and opened again; a new one knows nothing."""
        if orderly:
            self.script("beforePrinterDisconnected")
        had = self.job
        self.queue.clear()
        self.job = None
        self.bus.append(m.PrintEnded("disconnected"))
        self.become("OFFLINE")
        if had:
            self.bus.append(m.PrintEnded("error", final=False))
        self.comm = Comm(self)
        self.script("afterPrinterConnected")
        self.become("OPERATIONAL")

    # -- what the watch may ask --------------------------------------------------------

    def reading(self) -> PrinterReading:
        return PrinterReading(self.state_id, False, True, print_number=self.parker.prints)

    def pause_print(self, tags: Any = None) -> None:
        if self.deaf:
            self.deaf -= 1
            return
        self.pause()

    def cancel_print(self, tags: Any = None) -> None:
        self.cancel()

    def get_state_id(self) -> str:
        return self.state_id

    def get_current_temperatures(self) -> Any:
        return {"tool0": {"actual": 205.0, "target": 205.0}}

    def get_current_data(self) -> Any:
        return {"progress": {"filepos": None, "printTime": None}}
