"""What the machine knows, and what follows from it without any event.

The phase is never stored: it is read off the state by the rules of :data:`HOLDS` and
:func:`phase`, so that no path through the machine can forget to set it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Callable, Optional

from .deferred import dataclass
from .messages import InFile, Parked
from .printing import PAUSED, PAUSING, PRINTING, RESUMING, STARTING
from .record import Record
from .rung import Ladder, Rung
from .scout import Scout
from .settings import Settings
from .temporal import NO_MEMORY, Memory
from .values import (
    AS_DELIVERED,
    NO_VERDICT,
    Detection,
    Evidence,
    Fault,
    Job,
    PrinterReading,
    Sighting,
    Verdict,
    View,
)

IDLE = "idle"
OPENING = "opening"
WATCHING = "watching"
HELD = "held"

WARMUP_LIMIT_S = 1800.0
"""After this long a heater that never arrives no longer keeps the watch waiting."""
TICK_S = 5.0
"""How often the printer is looked at while a job is on."""
ATTEMPT_TICK_S = 0.1
"""How often the printer is looked at while a pause is under way."""

UNREAD = PrinterReading("UNKNOWN")

US, USER, PRINTER = "us", "user", "printer"
"""Who paused a print; `printer` also stands for a line in the file, or a plugin."""

OPEN = "open"
INSPECT = "inspect"


@dataclass(frozen=True)
class Order:
    """What the worker was told to do. ``scouting``: a cascade's look ahead.

    ``void``: its result is not wanted any more.
    """

    ticket: int
    kind: str
    since_s: float
    backend: str
    scouting: bool = False
    void: bool = False


@dataclass(frozen=True)
class Attempt:
    """A pause (or cancel) that is wanted and not yet seen to have happened.

    ``wait_until``: it waits for a safe moment, but no longer than until then.
    ``started_at`` is when the waiting is over.
    """

    action: str
    started_at: float
    wait_until: Optional[float] = None
    requests: int = 0
    requested_at: float = 0.0
    accepted: bool = False


@dataclass(frozen=True)
class State:
    """All of it. Times are seconds on a clock that never jumps."""

    settings: Settings
    remembered: Mapping[str, Any] = field(default_factory=dict)
    """What was remembered when OctoPrint started, by section."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What people call the backends."""
    generation: int = 0
    job: Optional[Job] = None
    job_since: float = 0.0
    print_number: Optional[int] = None
    noted_at: float = 0.0
    reading: PrinterReading = UNREAD
    gone_since: Optional[float] = None
    warmed: bool = False
    wanted_since: Optional[float] = None
    was_paused: bool = False

    ticket: int = 0
    order: Optional[Order] = None
    next_check_at: float = 0.0
    pace_s: float = 0.0
    """How far apart the last check and the next were meant to be,"""
    put_off_s: float = 0.0
    """and what was added to that because of a strain."""
    strain: str = ""
    """What the machine suffers from, so that the watch looks less often."""
    strained_at: float = 0.0
    """When that was seen last."""
    checks: int = 0
    frame_number: Optional[int] = None
    camera: Optional[str] = None
    view: View = AS_DELIVERED
    """Of the last frame."""

    rungs: Mapping[str, Rung] = field(default_factory=dict)
    calls_left: Mapping[str, int] = field(default_factory=dict)
    """This month, of the backends whose calls are limited."""
    turn: str = ""
    """The backend that is asked next."""
    judge: str = ""
    """The backend that has judged the last frame; "" while nobody can."""
    refused: bool = False
    """Nobody may be asked before the user has done something."""
    calls_kept: Optional[int] = None
    """Of the calls left, what a doubt that lasts leaves to the rest of the print."""
    foretold: bool = False
    """The user knows that the calls do not last to the end."""

    memory: Memory = NO_MEMORY
    memory_of: str = ""
    """The backend whose evidence it is."""
    scout: Scout = field(default_factory=Scout)
    verdict: Verdict = NO_VERDICT
    record: Optional[Record] = None
    """What the last verdict was made from."""
    evidence: Optional[Evidence] = None
    sightings: tuple[Sighting, ...] = ()
    ignored: tuple[Detection, ...] = ()

    fault: Optional[Fault] = None
    fault_since: float = 0.0
    blinded: bool = False

    suppressed: bool = False
    grace_until: float = 0.0
    warned_at: Optional[float] = None
    warned_checks: int = 0
    acted_at: Optional[float] = None
    attempt: Optional[Attempt] = None
    action: Optional[str] = None
    pauses: int = 0
    paused_by: str = ""
    """Who asked for the pause that is on, if it was not us: `user` or `printer`."""
    paused_since: Optional[float] = None
    tells_height: bool = False
    parked: Optional[Parked] = None

    off_in_file: bool = False
    odd_in_file: tuple[str, ...] = ()
    told_in_file: int = 0
    """Log lines about it; a file with a million commands fills no log."""
    in_file: tuple[InFile, ...] = ()
    """Read from the file of a print that we have still to hear of."""


def _printer_in(*ids: str) -> Callable[[State], bool]:
    return lambda state: state.reading.state_id in ids


def heating(state: State) -> bool:
    """Whether the first warm-up of this job is still going on."""
    return (
        state.settings.watch.warmup and not state.warmed and state.reading.heating is True
    )


HOLDS: tuple[tuple[str, Callable[[State], bool]], ...] = (
    ("disabled", lambda state: not state.settings.enabled),
    ("in_file", lambda state: state.off_in_file),
    ("starting", _printer_in(STARTING)),
    ("pausing", _printer_in(PAUSING)),
    ("paused", _printer_in(PAUSED)),
    ("resuming", _printer_in(RESUMING)),
    ("finishing", lambda state: state.reading.state_id != PRINTING),
    ("heating", heating),
    ("ask", lambda state: state.refused),
)
"""Why nothing is looked at although there is a job: the first rule that holds."""


def hold(state: State) -> Optional[str]:
    """The reason not to look, None if there is none (or no job)."""
    if state.job is None:
        return None
    for name, holds in HOLDS:  # asked twenty times at every look at the printer
        if holds(state):
            return name
    return None


def phase(state: State) -> str:
    """idle, opening, watching or held."""
    if state.job is None:
        return IDLE
    if hold(state) is not None:
        return HELD
    return WATCHING if state.judge or rung(state).opened else OPENING


def ladder(state: State) -> Ladder:
    """The backends that may be asked, and what is known of them."""
    return Ladder(state.settings.ladder, state.rungs, state.calls_left)


def rung(state: State) -> Rung:
    """What is known of the backend whose turn it is."""
    return ladder(state).rung(state.turn)


def paused_by(state: State) -> Optional[str]:
    """Who paused the print: us, a user, or the printer (or its file); None: unknown, or
    it is not paused."""
    if state.job is None or state.reading.state_id != PAUSED:
        return None
    return US if state.action == "paused" else state.paused_by or None


def name_of(state: State, key: str) -> str:
    """What people call a backend."""
    return state.labels.get(key, key)


def wanted(state: State) -> bool:
    """Whether the print ought to be watched now, possible or not."""
    return state.job is not None and hold(state) in (None, "ask")


def overdue_s(state: State, now_s: float) -> float:
    """How long a check has been due without a result and without a stated fault."""
    if state.wanted_since is None or state.fault is not None:
        return 0.0
    due = max(check_at(state), state.wanted_since)
    if state.order is not None:
        due = min(due, state.order.since_s)
    return max(0.0, now_s - due)


def blind(state: State, now_s: float) -> bool:
    """Watching is wanted and impossible."""
    if not wanted(state):
        return False
    late = overdue_s(state, now_s) > state.settings.watch.blind_after_s
    return state.fault is not None or late


def check_at(state: State) -> float:
    """When the next order is due: a backend's minimum binds its calls, not contexts.

    A print that starts or goes on makes a check due, but does not answer for the user.
    """
    now = rung(state)
    due = max(state.next_check_at, now.again_at)
    return max(due, now.not_before) if now.opened else due


def may_ask(state: State) -> bool:
    """Whether anybody may be asked once it is time; else time alone changes nothing."""
    if state.job is None or state.order is not None or not state.settings.enabled:
        return False
    return hold(state) != "ask" and ladder(state).has_calls(state.turn)


def wake_at(state: State, now_s: float) -> Optional[float]:
    """When the machine has to be asked again if nothing happens; None: never."""
    if state.job is None:
        return None
    if state.attempt is not None:
        return now_s + ATTEMPT_TICK_S
    times = [now_s + TICK_S]
    if may_ask(state) and wanted(state):
        times.append(check_at(state))
    if state.grace_until > now_s:
        times.append(state.grace_until)
    return max(now_s, min(times))
