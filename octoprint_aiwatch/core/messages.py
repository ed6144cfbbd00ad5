"""What goes into the machine (past tense) and what comes out of it (imperative).

A *ticket* numbers every order to the worker, so that an answer can be matched with the
order it belongs to; an answer to anything else is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Optional, Union

from .deferred import dataclass
from .record import Record
from .settings import Park, Settings
from .temporal import Memory
from .values import (
    NO_PROGRESS,
    Detection,
    Fault,
    Frame,
    Inspection,
    Job,
    PrinterReading,
    Progress,
    Reason,
    Sighting,
    Verdict,
)

# -- events ---------------------------------------------------------------------------


@dataclass(frozen=True)
class PrintStarted:
    """OctoPrint started (or, printing from SD, restarted) a job."""

    id: str
    name: str
    path: str
    origin: str
    started_at: float
    entropy: str = field(default="", repr=False)
    size: Optional[int] = None


@dataclass(frozen=True)
class PrintEnded:
    """The job is over: done, cancelled, failed, error, disconnected, shutdown ...

    Not final: unless the printer still prints, since not every error ends a job.
    """

    outcome: str
    final: bool = True


@dataclass(frozen=True)
class PrintResumed:
    """OctoPrint says that a paused job goes on."""


@dataclass(frozen=True)
class PrintPaused:
    """OctoPrint pauses the job; ``by_user`` unless the printer itself, or a line in the
    file, asked for it."""

    by_user: bool


@dataclass(frozen=True)
class HeightChanged:
    """The print moves to another height: a layer begins, or the nozzle hops."""


@dataclass(frozen=True)
class InFile:
    """``@AIWATCH ...`` was read from the G-code of this print.

    ``print_number`` is as in :class:`PrinterReading`.
    """

    print_number: int
    text: str


@dataclass(frozen=True)
class Parked:
    """What became of the parking that came with our pause.

    ``left_out``: codes of :mod:`words`, for what was wanted and could not be done.
    """

    lines: int
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class PrinterRead:
    """The printer's state was looked at; nothing else need have happened.

    ``calls_left`` this month, of the backends whose calls are limited; None: as before.
    """

    reading: PrinterReading
    calls_left: Optional[Mapping[str, int]] = None


@dataclass(frozen=True)
class ContextOpened:
    """The backend is ready for this job."""

    ticket: int


@dataclass(frozen=True)
class InspectionDone:
    """A frame was taken and judged. ``done_at_s`` is when the backend's answer came."""

    ticket: int
    inspection: Inspection
    frame: Frame
    done_at_s: float


@dataclass(frozen=True)
class OrderFailed:
    """Opening a context, taking a snapshot or judging it went wrong.

    ``jitter`` is chance, 0..1, for the backoff.
    """

    ticket: int
    fault: Fault
    done_at_s: float
    jitter: float
    frame: Optional[Frame] = None


@dataclass(frozen=True)
class SettingsChanged:
    """The user saved new settings."""

    settings: Settings


@dataclass(frozen=True)
class Commanded:
    """The user pressed a button: one of :data:`commands.COMMANDS`.

    ``box``: the detection that was pointed at, if one was. ``job``: the id of the job
    that is meant, where that matters.
    """

    command: str
    box: Optional[Detection] = None
    job: str = ""


Event = Union[
    PrintStarted,
    PrintEnded,
    PrintResumed,
    PrintPaused,
    HeightChanged,
    InFile,
    Parked,
    PrinterRead,
    ContextOpened,
    InspectionDone,
    OrderFailed,
    SettingsChanged,
    Commanded,
]

# -- effects --------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenContext:
    """Have the worker open a backend's context; its old one is forgotten."""

    ticket: int
    job: Job
    settings: Settings
    backend: str


@dataclass(frozen=True)
class InspectFrame:
    """Have the worker take a snapshot and a backend judge it."""

    ticket: int
    settings: Settings
    backend: str
    progress: Progress = NO_PROGRESS


@dataclass(frozen=True)
class CloseContext:
    """The job's contexts are done with; what is under way for it is not wanted."""


@dataclass(frozen=True)
class ReplaceWorker:
    """The worker hangs beyond every time-out: leave it behind and start another."""


@dataclass(frozen=True)
class PausePrint:
    """Ask OctoPrint to pause, if it is printing this very moment; ``park`` the head then.

    ``print_number``: of the print that is meant, as in :class:`PrinterReading`.
    """

    print_number: int = 0
    park: Optional[Park] = None


@dataclass(frozen=True)
class CallOffParking:
    """The pause that was asked for is not waited for any more: another parks nothing."""


@dataclass(frozen=True)
class CancelPrint:
    """Ask OctoPrint to cancel the print of this number, as in :class:`PausePrint`."""

    print_number: int = 0


@dataclass(frozen=True)
class ResumePrint:
    """Ask OctoPrint to go on with the print of this number, if it is paused."""

    print_number: int = 0


@dataclass(frozen=True)
class Remember:
    """Keep a value over restarts of OctoPrint; ``soon`` if it must survive a crash.

    ``value`` is what JSON can hold. The next start finds it in ``State.remembered``.
    """

    section: str
    value: Any
    soon: bool = False


@dataclass(frozen=True)
class RaiseEvent:
    """Fire ``plugin_aiwatch_<name>`` on OctoPrint's bus."""

    name: str
    reason: Reason


@dataclass(frozen=True)
class Alert:
    """Tell people in the browser."""

    name: str
    level: str
    title: str
    reason: Reason
    sticky: bool = False


@dataclass(frozen=True)
class Log:
    """One line in octoprint.log, on a change only."""

    level: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordJob:
    """Take down what follows under this job."""

    job: Job
    settings: Settings


@dataclass(frozen=True)
class RecordCheck:
    """Take down one check of the job: its frame, what was made of it, and from what.

    ``memory`` is what is remembered after it, ``at_s`` counts from the job's start, and
    ``grace_s`` is how long nothing would have been done about it.
    """

    job_id: str
    number: int
    at_s: float
    record: Record
    memory: Memory
    verdict: Verdict
    sightings: tuple[Sighting, ...]
    phase: str
    grace_s: float
    suppressed: bool
    frame: Frame


@dataclass(frozen=True)
class RecordNote:
    """Take down that something happened to the job; ``who`` did it, if that is known."""

    job_id: str
    at_s: float
    kind: str
    reason: Reason
    who: str = ""


@dataclass(frozen=True)
class RecordEnd:
    """The job is over; nothing more of it is to be taken down."""

    job_id: str
    outcome: str


Effect = Union[
    OpenContext,
    InspectFrame,
    CloseContext,
    ReplaceWorker,
    PausePrint,
    CallOffParking,
    CancelPrint,
    ResumePrint,
    Remember,
    RecordJob,
    RecordCheck,
    RecordNote,
    RecordEnd,
    RaiseEvent,
    Alert,
    Log,
]
