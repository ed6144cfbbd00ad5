"""What a backend is: a class that never does I/O itself.

``open`` and ``inspect`` are generators. They yield a wish (a :class:`Request`, work for
the detector process, a frame to be published), are sent the answer (or have an
:class:`~octoprint_aiwatch.core.errors.Unreachable` thrown in) and return a value or raise
an error of our tree. So a test plays the other side with a list of scripted answers.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from dataclasses import field
from typing import Any, ClassVar, Optional, Union
from urllib.parse import urlsplit

from ..core.deferred import dataclass, replace
from ..core.errors import Retry
from ..core.heatmap import Calibration
from ..core.settings import Decision
from ..core.tariff import Tariff
from ..core.values import BackendField, Frame, Inspection, Job

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 30.0
PROBE_WITHIN_S = 5.0
"""For the questions before a print; none of them makes a server think."""
MAX_DETAIL = 160
LONGEST_PX = 640
"""Of a frame's longer side, for services whose networks look at less: Obico's looks at
416 × 416. Gadget does not say; 640 × 480 is what most webcams deliver."""
MAX_DETECTIONS = 200
FARTHEST_PX = 1e5
"""A box may reach beyond the frame's edge; a number beyond this is no pixel's."""


@dataclass(frozen=True)
class FilePart:
    """One file of a multipart body."""

    name: str
    filename: str
    content: bytes = field(repr=False)
    content_type: str = "image/jpeg"


@dataclass(frozen=True)
class Request:
    """One HTTP request as data. ``counted``: it is one of the calls the user pays for."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: tuple[FilePart, ...] = ()
    json: Optional[Mapping[str, Any]] = field(default=None, repr=False)
    body: Optional[bytes] = field(default=None, repr=False)
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    read_timeout_s: float = READ_TIMEOUT_S
    counted: bool = False


@dataclass(frozen=True)
class Response:
    """One HTTP answer as data; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class LoadModel:
    """Have the detector process load a model, "" being the bundled one."""

    model: str
    threads: int


@dataclass(frozen=True)
class ModelLoaded:
    """The detector process has the model; how its logits are read."""

    calibration: Calibration


@dataclass(frozen=True)
class JudgeFrame:
    """Have the detector process make a heat map of a frame, as a person sees it."""

    frame: Frame


@dataclass(frozen=True)
class ShrinkFrame:
    """Have the detector process make a frame's pixels for a model elsewhere.

    The frame is turned to the way up that a person sees.

    ``size`` is width and height, None for the size that the built-in model would have.
    ``planar``: all of red first, then green and blue; otherwise pixel by pixel.
    """

    frame: Frame
    size: Optional[tuple[int, int]]
    planar: bool


@dataclass(frozen=True)
class Pixels:
    """A shrunk frame: a byte for each colour of each pixel, row by row."""

    width: int
    height: int
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class PublishFrame:
    """Put a frame where a server can fetch it, once and soon, without a login.

    ``base`` is OctoPrint's own address as that server reaches it.
    """

    frame: Frame
    base: str


@dataclass(frozen=True)
class Published:
    """Where the frame is: the whole ``url``, a secret, and as much of it as people may
    see."""

    url: str = field(repr=False)
    shown: str


@dataclass(frozen=True)
class WithdrawFrame:
    """Take the published frame away again."""


@dataclass(frozen=True)
class Withdrawn:
    """It is gone; whether anybody ``fetched`` it before."""

    fetched: bool


Wish = Union[Request, LoadModel, JudgeFrame, ShrinkFrame, PublishFrame, WithdrawFrame]
"""What a backend may yield; it is sent a Response, a ModelLoaded, a HeatMap, Pixels, a
Published or a Withdrawn for it."""
Opening = Generator[Wish, Any, Any]
Inspecting = Generator[Wish, Any, Inspection]


class Backend(ABC):
    """A service or model that judges frames.

    A context is whatever ``open`` returns: the backend's memory of one print. Only the
    worker touches it, one call at a time.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    docs_url: ClassVar[str]
    note: ClassVar[str]
    """What it is, in a line; the next four answer what people ask before they choose."""
    needs: ClassVar[str]
    costs: ClassVar[str]
    sees: ClassVar[str]
    """What it can see, as far as anybody has measured it."""
    sends: ClassVar[str]
    """What leaves the machine, and where to."""
    fields: ClassVar[Sequence[BackendField]]
    tariff: ClassVar[Optional[Tariff]] = None
    """How its calls are charged; None if they cost nothing and are not counted."""
    most_px: ClassVar[Optional[int]] = None
    """As long as a frame's longer side need be; longer ones are made smaller before the
    backend sees them. None: frames are judged as they are."""
    keeps_means: ClassVar[bool] = False
    """Whether the service takes every frame into means that outlive the print."""

    def __init__(self, values: Mapping[str, str], decision: Decision) -> None:
        self.values = values
        self.decision = decision

    @abstractmethod
    def open(self, job: Job) -> Opening:
        """Open a context for a job."""

    @abstractmethod
    def inspect(self, frame: Frame, context: Any) -> Inspecting:
        """Judge one frame."""


def host_of(url: str) -> str:
    """The host of an address, for people; "" if there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def scheme_of(url: str) -> str:
    """How an address is reached, in lower case however it was typed."""
    return url.strip().partition(":")[0].lower()


def join(base: str, path: str) -> str:
    """An address below a base that a user typed with or without a slash at its end."""
    return base.rstrip("/") + path


def quickly(request: Request) -> Request:
    """A question before a print, answered soon or not at all."""
    return replace(
        request, connect_timeout_s=PROBE_WITHIN_S, read_timeout_s=PROBE_WITHIN_S
    )


def read_json(response: Response) -> Any:
    """The body as JSON.

    Raises:
        Retry: it is none.
    """
    try:
        return json.loads(response.body.decode("utf-8"))
    except (ValueError, RecursionError):
        kind = "empty" if not response.body.strip() else "not JSON"
        raise bad_answer(kind) from None


def try_json(response: Response) -> Mapping[str, Any]:
    """The body as a JSON object, an empty one if it is none."""
    try:
        document = read_json(response)
    except Retry:
        return {}
    return document if isinstance(document, dict) else {}


def bad_answer(detail: str) -> Retry:
    """The error for an answer that does not follow the protocol."""
    return Retry("bad_answer", detail=detail)


def number(value: Any, name: str, low: float, high: float = math.inf) -> float:
    """A finite JSON number within bounds.

    Raises:
        Retry: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise bad_answer(f"{name} is not a number")
    try:
        as_float = float(value)
    except OverflowError:
        raise bad_answer(f"{name} is out of range") from None
    if not math.isfinite(as_float) or not low <= as_float <= high:
        raise bad_answer(f"{name} is out of range")
    return as_float


def box_of(raw: Any, frame: Frame) -> tuple[float, float, float, float]:
    """``[xc, yc, w, h]`` in pixels of the frame sent -> 0..1 of it.

    Raises:
        Retry: it is something else.
    """
    if not isinstance(raw, list) or len(raw) != 4:
        raise bad_answer("a box is not four numbers")
    x, y, w, h = (number(pixels, "a box", -FARTHEST_PX, FARTHEST_PX) for pixels in raw)
    return (
        _share(x, frame.width),
        _share(y, frame.height),
        _share(w, frame.width),
        _share(h, frame.height),
    )


def _share(pixels: float, whole: int) -> float:
    return min(1.0, max(0.0, pixels / whole))


def retry_after_s(response: Response) -> float:
    """What ``Retry-After`` asks for in seconds, 0 if nothing that makes sense."""
    text = response.headers.get("retry-after", "").strip()
    return min(float(text), 3600.0) if text.isdecimal() and len(text) < 9 else 0.0


def general_error(response: Response, url: str) -> Exception:
    """What an answer without the backend's own error means, by its status."""
    status = response.status
    wait_s = retry_after_s(response)
    if status == 429:
        return Retry("throttled", wait_s=wait_s)
    if status >= 500:
        return Retry("server_fault", status=status, wait_s=wait_s)
    if 300 <= status < 400:
        return Retry("redirect", host=host_of(url))
    return Retry("not_this_api", host=host_of(url), status=status)


def detail_of(text: Any) -> str:
    """A server's own words: one line of what any log can hold, bounded."""
    printable = (char if char.isprintable() else " " for char in str(text))
    words = " ".join("".join(printable).split())
    return words if len(words) <= MAX_DETAIL else words[: MAX_DETAIL - 1] + "…"
