"""What the virtual printer was really sent, in order, from its own log."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CONNECTED = "(connected)"
OVER = "M117 OVER"
"""Scripts that say in the printer's log when a print is over."""
SCRIPTS = {"gcode": {"afterPrintCancelled": OVER, "afterPrintDone": OVER}}
WARM = 185
"""A room in which a tool may extrude at once, and heats up in a second."""
RECEIVED = re.compile(r"<<< (?:N\d+ )?(.*?)(?:\*\d+)?$")

CONFIG: dict[str, Any] = {
    "scripts": SCRIPTS,
    "plugins": {"virtual_printer": {"ambientTemperature": WARM}},
}
START = (
    "G21\nG90\nM82\nM104 S200\nM105\nG28\nG92 E0\n"
    "G1 Z2 F3000\nG1 X50 Y60 Z5 F3000\nG1 E5 F1500\n"
)


class Wire:
    """Reads the log on from where it was last read."""

    def __init__(self, host: Any) -> None:
        self._host = host
        self._at = 0
        self._seen: deque[str] = deque(maxlen=1000)
        self.lines: list[str] = []

    def _path(self) -> Path:
        (found,) = (self._host.basedir / "logs").glob(
            "plugin_virtual_printer_serial*.log"
        )
        return Path(found)

    def read(self) -> list[str]:
        """The commands received so far; a new connection reads as ``CONNECTED``."""
        with self._path().open(encoding="utf-8", errors="replace") as log:
            log.seek(self._at)
            for line in log:
                if not line.endswith("\n"):
                    break
                self._at += len(line.encode())
                # With each new connection the printer logs its records once more.
                if line not in self._seen:
                    self.lines += self._commands(line.strip())
                self._seen.append(line)
        return self.lines

    @staticmethod
    def _commands(line: str) -> Iterator[str]:
        if line.endswith("-" * 78):
            yield CONNECTED
        found = RECEIVED.search(line)
        if found and found.group(1):
            yield found.group(1)

    def skip(self) -> None:
        """Begin anew: what came until now is not looked at."""
        self.read()
        self.lines = []

    def has(self, *commands: str) -> bool:
        """Whether these came, in this order, others between them or not."""
        rest = iter(self.read())
        return all(command in rest for command in commands)


def job(name: str, lines: int = 20000) -> str:
    """A print that says its name, is warm and somewhere, and then takes its time."""
    return f"M117 BEGIN {name}\n{START}" + "G4 P50\n" * lines
