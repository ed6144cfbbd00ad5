"""The plugin's end of a courier process: orders in, reports out, never waits.

The process is left to end by itself: what is on its way when OctoPrint shuts down still
arrives, and is noted in the outbox.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Optional

from ..detector import wire

_START = """
import sys
sys.path = [path for path in sys.path if path] + [sys.argv[1]]
from octoprint_aiwatch.courier.__main__ import main
main()
"""
PROGRAM = (sys.executable, "-c", _START, str(Path(__file__).parents[2]))
"""The process finds us however OctoPrint did, and nothing in its working folder."""
Report = dict[str, Any]


class Courier:
    """One process.

    Args:
        report: told each outcome, and None once the process is gone; by another thread.

    Raises:
        OSError: no process can be started.
    """

    def __init__(
        self,
        report: Callable[[Courier, Optional[Report]], None],
        program: tuple[str, ...] = PROGRAM,
    ) -> None:
        self._report = report
        self._process = subprocess.Popen(
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._orders: list[tuple[dict[str, Any], bytes]] = []
        self._more = threading.Condition()
        self._closed = False
        for work in (self._write, self._read):
            threading.Thread(target=work, name="aiwatch-courier", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def send(self, head: dict[str, Any], jpeg: bytes) -> None:
        """Hand over a message; returns at once."""
        with self._more:
            self._orders.append((head, jpeg))
            self._more.notify()

    def close(self) -> None:
        """No more orders; the process ends once it is done with those it has."""
        with self._more:
            self._closed = True
            self._more.notify()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def _write(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            while True:
                with self._more:
                    while not self._orders and not self._closed:
                        self._more.wait()
                    if not self._orders:
                        break
                    head, jpeg = self._orders.pop(0)
                wire.write(pipe, head, jpeg)
            pipe.close()
        except OSError:
            return  # it is gone; the reader says so

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        try:
            while True:
                self._report(self, wire.read(pipe)[0])
        except (wire.WireError, OSError, ValueError):
            pass
        self._process.kill()
        self._process.wait()
        pipe.close()
        self._report(self, None)
