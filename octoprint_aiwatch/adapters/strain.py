"""Whether this machine has trouble with its first duty: feeding the printer.

Four signs, the first that is seen counts: the print does not get on, OctoPrint's process
comes late to what it has to do, the processor is slowed down, or it is too hot. The
control thread asks at every look at the printer and reads numbers in memory only; what
the kernel has to be asked for is read on the worker's thread before a check.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Callable, Optional

from ..core.printing import PRINTING
from ..core.values import PrinterReading

SYSFS = Path("/sys")
STALLED_S = 20.0
"""So long may a print stay at one place of its file; a long move takes less."""
LATE_S = 1.0
LATE_TIMES = 3
"""So late, so many times in a row, is no accident: the thread only ever waits."""
HOT_C = 80.0
"""A Raspberry Pi begins to slow itself down here."""
SLOWED = 0b1110
"""Of the firmware's word: frequency capped, throttled, soft temperature limit; now."""
THROTTLED = "devices/platform/soc/soc:firmware/get_throttled"
ZONES = "class/thermal/thermal_zone*/temp"


class Strain:
    """Takes in what is measured, answers with a sign."""

    def __init__(self, clock: Callable[[], float], sysfs: Path = SYSFS) -> None:
        self._clock = clock
        self._sysfs = sysfs
        self._late = 0
        self._heat = ""
        self._position: Optional[float] = None
        self._since_s = 0.0

    def woke(self, late_s: float) -> None:
        """The control thread was woken so long after it had asked to be."""
        self._late = self._late + 1 if late_s >= LATE_S else 0

    def measure(self) -> None:
        """Ask the kernel for heat and throttling; nothing where it does not tell."""
        if _number(self._sysfs / THROTTLED, 16) & SLOWED:
            self._heat = "throttled"
        elif max(self._temperatures_c(), default=0.0) >= HOT_C:
            self._heat = "hot"
        else:
            self._heat = ""

    def sign(self, reading: PrinterReading) -> str:
        """``stalled``, ``lagging``, ``throttled``, ``hot`` or ""."""
        if self._stalled(reading):
            return "stalled"
        return "lagging" if self._late >= LATE_TIMES else self._heat

    def _stalled(self, reading: PrinterReading) -> bool:
        # A print that waits for its heaters, or for a person, is in no hurry.
        moving = reading.state_id == PRINTING and not reading.heating
        if not moving or reading.position is None or reading.position != self._position:
            self._position = reading.position if moving else None
            self._since_s = self._clock()
        return self._position is not None and self._clock() - self._since_s >= STALLED_S

    def _temperatures_c(self) -> Iterator[float]:
        for zone in self._sysfs.glob(ZONES):
            yield _number(zone, 10) / 1000.0


def _number(path: Path, base: int) -> int:
    """What a file of the kernel's says; 0 if it is not there or says something else."""
    try:
        return int(path.read_text("ascii").strip(), base)
    except (OSError, ValueError):
        return 0
