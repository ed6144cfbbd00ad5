"""Parking on OctoPrint's serial connection: our lines, bound to their print.

OctoPrint calls the hooks here on its own threads, in the order in which things happen to
the printer. Those that see every line are there only if parking was switched on when
OctoPrint started. Every line of ours carries a tag and is looked at once more at the last
moment before it is sent: if its print has ended, was cancelled or goes on, or is another
connection's, it is dropped. A print is never continued from a parked head: should it go
on without OctoPrint's resume script, what undoes the parking comes before its next line.
Must not raise into OctoPrint, wait, or call the printer.
"""

from __future__ import annotations

import threading
from dataclasses import field
from typing import TYPE_CHECKING, Any, Callable, Optional

from ..core.deferred import dataclass, replace
from ..core.settings import Park

if TYPE_CHECKING:
    # Imported below once a head is parked: most never are.
    from ..core import messages as m
    from ..core.modes import Modes
    from ..core.parking import Place, Step

PAUSED = "afterPrintPaused"
RESUMED = "beforePrintResumed"
STARTED = "beforePrintStarted"
CONNECTED = "afterPrinterConnected"
OVER = frozenset(
    ("afterPrintDone", "afterPrintCancelled", "beforePrinterDisconnected", CONNECTED)
)
PARK_TAG = "aiwatch:park:"
UNDO_TAG = "aiwatch:unpark:"
DROP = (None,)
UNSEEN = "park_restart"
"""Why nothing is parked while the hooks that see every line are not called."""


@dataclass
class _Parking:
    """One pause's parking; ``done``: the steps that were really sent."""

    token: int
    comm: Any
    before: Place
    steps: tuple[Step, ...]
    done: list[Step] = field(default_factory=list)
    undoing: bool = False


class Parker:
    """Hooks for OctoPrint's serial protocol."""

    def __init__(
        self,
        profile: Callable[[], Any] = dict,
        script: Callable[[str], Optional[str]] = lambda name: None,
        log_exception: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Args:
        profile: gives OctoPrint's current printer profile.
        script: gives the source of one of OctoPrint's G-code scripts.
        """
        self._profile = profile
        self._script = script
        self._log_exception = log_exception
        self._lock = threading.Lock()
        self._armed: Optional[Park] = None
        self._parking: Optional[_Parking] = None
        self._tokens = 0
        self._modes: Optional[Modes] = None
        """None: nothing is known."""
        self._codes: frozenset[str] = frozenset()
        self.sees_lines = False
        """Whether OctoPrint calls the hooks that see every line."""
        self.prints = 0
        """Prints begun so far, but for those from the printer's card."""
        self.tell: Callable[[m.Event], None] = lambda event: None

    # -- the control thread -----------------------------------------------------------

    def arm(self, park: Park) -> None:
        """The next pause is ours: park the head in it."""
        with self._lock:
            self._armed = park

    def call_off(self) -> None:
        """The next pause is not ours."""
        with self._lock:
            self._armed = None

    # -- web threads ------------------------------------------------------------------

    def preview(self, park: Park) -> tuple[list[str], tuple[str, ...], tuple[str, ...]]:
        """The lines that park, those that undo it, and codes for what is left out."""
        from ..core.parking import EXAMPLE, TOOL, Heat, plan, undo
        from .place import volume_of

        place = replace(EXAMPLE, volume=volume_of(self._profile()))
        made = plan(park, place, self._has_own_script())
        cold = {
            step.tool: Heat(place.heat().actual_c, step.parked_c)
            for step in made.steps
            if step.kind == TOOL
        }
        later = replace(place, tools={**place.tools, **cold})
        lines = [step.line for step in made.steps]
        back = undo(made.steps, place, later)
        return lines, back, made.left_out if self.sees_lines else (*made.left_out, UNSEEN)

    # -- hooks, on OctoPrint's threads ------------------------------------------------

    def see_lines(self) -> dict[str, Any]:
        """The hooks that see every line; only with them is anything parked."""
        from ..core.modes import CODES

        self.sees_lines, self._codes = True, CODES
        return {
            "octoprint.comm.protocol.gcode.queuing": self.queuing,
            "octoprint.comm.protocol.gcode.sending": self.sending,
            "octoprint.comm.protocol.gcode.sent": self.sent,
        }

    def scripts(
        self, comm: Any, script_type: str, name: str, *args: Any, **_: Any
    ) -> Any:
        """``octoprint.comm.protocol.scripts``"""
        if script_type != "gcode":
            return None
        try:
            return self._on_script(comm, name)
        except Exception:  # noqa: BLE001 - the connection must not notice our mistakes
            self._log_exception("Unexpected error while parking")
            return None

    def queuing(self, comm: Any, phase: Any, cmd: str, *args: Any, **named: Any) -> Any:
        """``octoprint.comm.protocol.gcode.queuing``"""
        if self._parking is None:
            return None
        if "source:file" not in (named.get("tags") or ()):
            return None
        lines, tag = self._undo(comm)
        return [*((line, None, {tag}) for line in lines), cmd] if lines else None

    def sending(self, comm: Any, phase: Any, cmd: str, *args: Any, **named: Any) -> Any:
        """``octoprint.comm.protocol.gcode.sending``: the last gate."""
        for tag in named.get("tags") or ():
            if tag.startswith(PARK_TAG):
                return None if self._may_park(comm, tag, cmd) else DROP
            if tag.startswith(UNDO_TAG):
                return None if self._may_undo(comm, tag) else DROP
        return None

    def sent(
        self,
        comm: Any,
        phase: Any,
        cmd: str,
        cmd_type: Any,
        gcode: Any,
        *_: Any,
        **__: Any,
    ) -> None:
        """``octoprint.comm.protocol.gcode.sent``"""
        if gcode in self._codes:
            from ..core import modes

            with self._lock:
                self._modes = modes.after(self._modes or modes.UNKNOWN, gcode, cmd)

    # -- inside -----------------------------------------------------------------------

    def _on_script(self, comm: Any, name: str) -> Any:
        if name == PAUSED:
            return self._park(comm)
        if name == RESUMED:
            self.call_off()
            lines, tag = self._undo(comm)
            return (list(lines), None, None, {tag}) if lines else None
        if name == STARTED or name in OVER:
            with self._lock:
                self._armed = self._parking = None
                if name == CONNECTED:
                    self._modes = None
                if name == STARTED and not comm.isSdFileSelected():
                    self.prints += 1
        return None

    def _park(self, comm: Any) -> Any:
        with self._lock:
            park, self._armed = self._armed, None
            known = self._modes
        if park is None:
            return None
        from ..core import messages as m
        from ..core.modes import UNKNOWN
        from ..core.parking import plan
        from .place import place_of, volume_of

        if comm.isSdFileSelected():
            self.tell(m.Parked(0, ("park_card",)))
            return None
        if not self.sees_lines:
            self.tell(m.Parked(0, (UNSEEN,)))
            return None
        before = place_of(comm, known or UNKNOWN, volume_of(self._profile()))
        made = plan(park, before, self._has_own_script())
        with self._lock:
            self._tokens += 1
            token = self._tokens
            self._parking = _Parking(token, comm, before, made.steps)
        self.tell(m.Parked(len(made.steps), made.left_out))
        # One tag for all: which step a line is follows from the line.
        lines = [step.line for step in made.steps]
        return (None, lines, None, {f"{PARK_TAG}{token}"}) if lines else None

    def _has_own_script(self) -> bool:
        return any(_says_something(self._script(name)) for name in (PAUSED, RESUMED))

    def _undo(self, comm: Any) -> tuple[tuple[str, ...], str]:
        with self._lock:
            parking = self._parking
            if parking is None or parking.comm is not comm or parking.undoing:
                return (), ""
            from ..core.modes import UNKNOWN
            from ..core.parking import undo
            from .place import place_of

            # What is still queued of the parking is dropped from now on.
            parking.undoing = True
            now = place_of(comm, self._modes or UNKNOWN, None)
            return undo(parking.done, parking.before, now), f"{UNDO_TAG}{parking.token}"

    def _may_park(self, comm: Any, tag: str, cmd: str) -> bool:
        with self._lock:
            parking = self._live(comm, tag, PARK_TAG)
            if parking is None or parking.undoing:
                return False
            absolute = self._modes.axes_absolute if self._modes is not None else None
            if absolute is not parking.before.axes_absolute:
                return False
            parking.done += [step for step in parking.steps if step.line == cmd]
            return True

    def _may_undo(self, comm: Any, tag: str) -> bool:
        with self._lock:
            return self._live(comm, tag, UNDO_TAG) is not None

    def _live(self, comm: Any, tag: str, kind: str) -> Optional[_Parking]:
        parking = self._parking
        if parking is None or parking.comm is not comm:
            return None
        if tag != f"{kind}{parking.token}" or comm.isCancelling():
            return None
        return parking


def _says_something(script: Optional[str]) -> bool:
    lines = (script or "").splitlines()
    return any(line.partition(";")[0].strip() for line in lines)
