"""The values that everything else passes around.

Frozen and free of behaviour: what they mean is said here, what follows from them is
decided in :mod:`temporal` and :mod:`machine`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Optional, Union

from .deferred import dataclass

OK = "ok"
WARNING = "warning"
FAILURE = "failure"
UNKNOWN = "unknown"

GAUGE_WARNING = 0.4
"""Score at which the gauge's middle zone begins, for every channel."""
GAUGE_FAILURE = 0.7
"""Score at which the gauge's last zone begins, for every channel."""


@dataclass(frozen=True)
class Job:
    """The print being watched.

    ``generation`` counts the jobs of this run of the plugin. ``id`` is unique for every
    print of this printer (at most 256 characters, as Obico's ``print_id`` asks).
    ``entropy`` is chance drawn for this job, for a backend that has to make up a token.
    """

    generation: int
    id: str
    name: str
    path: str
    origin: str
    started_at: float
    entropy: str = field(default="", repr=False)
    size: Optional[int] = None


@dataclass(frozen=True)
class View:
    """How OctoPrint's webcam settings have a person see the snapshot, see :mod:`view`.

    Flipped first, then turned by 90 degrees counter-clockwise.
    """

    flip_h: bool = False
    flip_v: bool = False
    rotate_90: bool = False


AS_DELIVERED = View()


@dataclass(frozen=True)
class Frame:
    """One JPEG from the webcam, checked by :func:`jpeg.measure`.

    ``width``, ``height`` and everything that is found on it are the JPEG's own, whatever
    the ``view`` and an EXIF tag say.
    """

    jpeg: bytes = field(repr=False)
    width: int
    height: int
    camera: str = ""
    view: View = AS_DELIVERED


@dataclass(frozen=True)
class Detection:
    """A box: confidence, centre and size, all in 0..1 of the frame."""

    confidence: float
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class Sighting:
    """A detection of the last frame, and what keeps it from counting.

    ``unless`` is "" for one that counts, else ``ignored_zone``, ``not_a_failure``,
    ``background`` or ``passing``.
    """

    box: Detection
    unless: str = ""


IGNORED_ZONE = "ignored_zone"
NOT_A_FAILURE = "not_a_failure"
BACKGROUND = "background"
PASSING = "passing"


@dataclass(frozen=True)
class RemoteEvidence:
    """A backend that decides over time by itself (Gadget): its two flags rule.

    ``score`` is 0..1, higher is worse, for show. ``quality`` is 1..10, 10 is perfect.
    """

    score: float
    warning: bool
    pause: bool
    quality: Optional[int] = None


@dataclass(frozen=True)
class StatisticsEvidence:
    """Obico's answer: this frame's ``p`` and the means that its server keeps."""

    p: float
    ewm_mean: float
    rolling_mean_short: float
    rolling_mean_long: float
    prediction_num: int = 0
    prediction_num_lifetime: int = 0


@dataclass(frozen=True)
class FrameEvidence:
    """What a model makes of one frame by itself.

    ``score`` is 0..1, calibrated by the model's maker so that about one good frame in a
    hundred scores above 0.5.
    """

    score: float


Evidence = Union[RemoteEvidence, StatisticsEvidence, FrameEvidence]


@dataclass(frozen=True)
class Inspection:
    """One frame judged.

    ``next_after_s`` is the backend's own minimum until the next call, if it has one.
    """

    evidence: Evidence
    detections: tuple[Detection, ...] = ()
    next_after_s: Optional[float] = None


@dataclass(frozen=True)
class Reason:
    """Why: a code of :mod:`words` and what fills its sentence."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ahead:
    """What the next level asks for.

    ``value`` is what is measured, ``threshold`` what it must reach and stay above for
    ``hold_s``; ``left_s`` of that are left, None while it is below.
    """

    level: str
    value: float
    threshold: float
    hold_s: float = 0.0
    left_s: Optional[float] = None


@dataclass(frozen=True)
class Verdict:
    """What we believe. ``score`` is None exactly when ``level`` is ``unknown``.

    ``ahead`` is None where no level is left or a service decides by itself.
    """

    level: str
    score: Optional[float] = None
    reasons: tuple[Reason, ...] = ()
    ahead: Optional[Ahead] = None


NO_VERDICT = Verdict(UNKNOWN)


@dataclass(frozen=True)
class Fault:
    """What went wrong, as data: made from an error, carried by events, shown to people.

    ``step`` is what happens next: retry, next_frame, reopen, ask or bug (see
    :mod:`errors`). ``wait_s`` is how long the other side wants to be left alone.
    """

    code: str
    step: str
    source: str
    params: Mapping[str, Any] = field(default_factory=dict)
    wait_s: float = 0.0


@dataclass(frozen=True)
class PrinterReading:
    """What OctoPrint says of the printer right now.

    ``state_id`` is OctoPrint's (PRINTING, PAUSED ...). ``heating`` is True while a heater
    is on its way to its target, None where OctoPrint cannot tell. ``tool_ready`` is True
    once an extruder with a target has reached it. ``position`` is how far the job is:
    bytes of its file, or seconds of printing where OctoPrint does not know those.
    ``print_number`` counts the prints that the connection has begun, as far as it tells:
    0 where it does not. ``left_s`` is how long OctoPrint thinks the job still takes.
    ``strain`` is what the machine suffers from: stalled, lagging, throttled, hot, or "".
    """

    state_id: str
    heating: Optional[bool] = None
    tool_ready: bool = False
    position: Optional[float] = None
    print_number: int = 0
    left_s: Optional[float] = None
    strain: str = ""


@dataclass(frozen=True)
class Progress:
    """Where the job stands when a frame is ordered.

    ``since_s`` is when it began, or went on after a pause, on the watch's clock, None
    where there is no job; ``position`` is the printer reading's.
    """

    since_s: Optional[float] = None
    position: Optional[float] = None


NO_PROGRESS = Progress()


@dataclass(frozen=True)
class Choice:
    """A value that a field suggests."""

    value: str
    label: str


@dataclass(frozen=True)
class BackendField:
    """One setting of a backend; the form, the parser and the redaction follow from it.

    ``type`` is ``url``, ``text``, ``number`` or ``secret``. A secret is restricted,
    write-only in the form and redacted by value. A number is a whole one, from ``low`` to
    ``high``; backends get it as text, as everything else. ``required_unless`` names the
    field that does instead of this one.
    """

    name: str
    label: str
    type: str
    default: str = ""
    help: str = ""
    choices: tuple[Choice, ...] = ()
    required: bool = False
    low: int = 0
    high: int = 0
    required_unless: str = ""
