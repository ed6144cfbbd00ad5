"""OctoPrint's printer API: its state, and the three things we may ask of it.

All are asked of one print: if the connection has begun another since, nothing is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Optional

from ..core.printing import PAUSED, PRINTING
from ..core.settings import Park
from ..core.values import PrinterReading
from .parking import Parker

AT_TARGET_WITHIN_C = 5.0


class Printer:
    """A thin view on ``self._printer``; every call returns at once."""

    def __init__(self, printer: Any, parker: Optional[Parker] = None) -> None:
        self._printer = printer
        self._parker = parker or Parker()

    def reading(self) -> PrinterReading:
        """State, heaters and the job's progress right now."""
        state_id = str(self._printer.get_state_id())
        heating, tool_ready = heaters(self._printer.get_current_temperatures())
        data = self._printer.get_current_data()
        # Last: a print that is under way has been counted by then.
        number = self._parker.prints
        return PrinterReading(
            state_id, heating, tool_ready, position(data), number, left_s(data)
        )

    def pause(self, print_number: int = 0, park: Optional[Park] = None) -> bool:
        """Ask for a pause, only while PRINTING: asked for while a job starts it is lost.

        On 2.0 "is printing" is true while paused as well, so the state id decides.
        """
        if print_number != self._parker.prints:
            return False
        if self._printer.get_state_id() != PRINTING:
            return False
        if park is not None:
            self._parker.arm(park)
        self._printer.pause_print(tags={"aiwatch:pause"})
        return True

    def call_off_parking(self) -> None:
        """Whatever pause comes next is not ours."""
        self._parker.call_off()

    def resume(self, print_number: int = 0) -> None:
        """Ask for a paused job to go on; what parked the head is undone on the way."""
        if print_number != self._parker.prints:
            return
        if self._printer.get_state_id() == PAUSED:
            self._printer.resume_print(tags={"aiwatch:resume"})

    def cancel(self, print_number: int = 0) -> None:
        """Ask for the job to be cancelled."""
        if print_number == self._parker.prints:
            self._printer.cancel_print(tags={"aiwatch:cancel"})


def heaters(temperatures: Any) -> tuple[Optional[bool], bool]:
    """Whether a heater is on its way, and whether an extruder has arrived.

    Args:
        temperatures: OctoPrint's ``{"tool0": {"actual", "target"}, "bed": ...}``. A
            chamber is left out: prints go on while it is still warming.
    """
    if not isinstance(temperatures, Mapping):
        return None, False
    heating: Optional[bool] = None
    tool_ready = False
    for name, heater in temperatures.items():
        is_tool = str(name).startswith("tool")
        if not isinstance(heater, Mapping) or not (is_tool or name == "bed"):
            continue
        actual, target = _number(heater.get("actual")), _number(heater.get("target"))
        if actual is None or target is None or target <= 0:
            continue
        arrived = actual >= target - AT_TARGET_WITHIN_C
        heating = bool(heating) or not arrived
        tool_ready = tool_ready or (is_tool and arrived)
    return heating, tool_ready


def position(data: Any) -> Optional[float]:
    """How far the job is: bytes of its file, or else seconds of printing.

    Args:
        data: OctoPrint's ``{"progress": {"filepos", "printTime", ...}, ...}``; some
            connectors know nothing of bytes.
    """
    progress = _progress(data)
    filepos = _number(progress.get("filepos"))
    return filepos if filepos is not None else _number(progress.get("printTime"))


def left_s(data: Any) -> Optional[float]:
    """How long OctoPrint thinks the job still takes; None while it has no idea."""
    left = _number(_progress(data).get("printTimeLeft"))
    return None if left is None else max(0.0, left)


def _progress(data: Any) -> Mapping[str, Any]:
    progress = data.get("progress") if isinstance(data, Mapping) else None
    return progress if isinstance(progress, Mapping) else {}


def _number(value: Any) -> Optional[float]:
    """A number; None for whatever else a connector may say."""
    return value if isinstance(value, (int, float)) and math.isfinite(value) else None
