"""Stand-ins for the world around the adapters: frames, webcams, a clock, a printer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, Callable, ClassVar, Optional

from octoprint_aiwatch import backends
from octoprint_aiwatch.adapters.transport import Transport
from octoprint_aiwatch.backends.base import (
    Backend,
    Inspecting,
    Opening,
    Request,
    Response,
)
from octoprint_aiwatch.core.errors import Retry
from octoprint_aiwatch.core.settings import Settings, defaults, merged, parse
from octoprint_aiwatch.core.sight import Look
from octoprint_aiwatch.core.tariff import Tariff
from octoprint_aiwatch.core.values import (
    BackendField,
    Frame,
    Inspection,
    RemoteEvidence,
)

FIELDS = backends.fields()
PATIENCE_S = 10.0


def jpeg_bytes(width: int = 640, height: int = 480, picture: bytes = b"pixels") -> bytes:
    """The markers of a baseline JPEG around something that is no real picture."""
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    frame = b"\xff\xc0\x00\x0b\x08" + size + b"\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    return b"\xff\xd8" + frame + scan + picture + b"\xff\xd9"


JPEG = jpeg_bytes()
FRAME = Frame(JPEG, 640, 480, "cam")
SEEN = Look(90, 0.5, 180, 120, 0.0, 0.2, 0.5, 60, 90, bytes(range(5, 201)) * 16)
"""What a frame with something to see in it looks like."""


def settings_with(fields: Any = FIELDS, **changes: Any) -> Settings:
    """Default settings with groups laid over them; every value must be usable."""
    settings, problems = parse(merged(defaults(fields), changes), fields)
    assert problems == []
    return settings


def until(condition: Callable[[], Any], what: str = "the condition") -> Any:
    """Wait for what another thread is about to do."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline_s, f"waited too long for {what}"
        time.sleep(0.002)


class Clock:
    """A clock that moves when it is told to, or a bit with every look at it."""

    def __init__(self, now_s: float = 1000.0, step_s: float = 0.0) -> None:
        self.now_s = now_s
        self.step_s = step_s

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


# -- webcams --------------------------------------------------------------------------


class Provider:
    """A webcam provider that does what a test says."""

    def __init__(self, take: Callable[[str], Any]) -> None:
        self._take = take
        self.asked: list[str] = []

    def take_webcam_snapshot(self, name: str) -> Any:
        self.asked.append(name)
        return self._take(name)


def webcam(
    name: str = "cam",
    take: Optional[Callable[[str], Any]] = None,
    can: bool = True,
) -> Any:
    """A provided webcam as OctoPrint hands it out."""
    provider = Provider(take or (lambda _: iter([JPEG])))
    config = SimpleNamespace(name=name, canSnapshot=can)
    return SimpleNamespace(config=config, providerPlugin=provider)


# -- the printer ----------------------------------------------------------------------


class FakePrinter:
    """OctoPrint's printer API; a pause takes unless a test says otherwise."""

    def __init__(self, state_id: str = "PRINTING") -> None:
        self.state_id = state_id
        self.temperatures: Any = {}
        self.data: Any = {}
        self.obeys = True
        self.trouble: Optional[Exception] = None
        self.calls: list[tuple[str, Any]] = []

    def get_state_id(self) -> str:
        if self.trouble is not None:
            raise self.trouble
        return self.state_id

    def get_current_temperatures(self) -> Any:
        return self.temperatures

    def get_current_data(self) -> Any:
        return self.data

    def pause_print(self, tags: Any = None) -> None:
        self.calls.append(("pause", tags))
        if self.obeys:
            self.state_id = "PAUSED"

    def cancel_print(self, tags: Any = None) -> None:
        self.calls.append(("cancel", tags))
        if self.obeys:
            self.state_id = "CANCELLING"

    def resume_print(self, tags: Any = None) -> None:
        self.calls.append(("resume", tags))
        if self.obeys:
            self.state_id = "PRINTING"

    def named(self, name: str) -> list[Any]:
        return [tags for called, tags in self.calls if called == name]


# -- a backend ------------------------------------------------------------------------


def judgement(
    score: float = 0.1, warning: bool = False, pause: bool = False, next_s: float = 0.0
) -> Inspection:
    return Inspection(RemoteEvidence(score, warning, pause), next_after_s=next_s)


class FakeBackend(Backend):
    """One request to open, one per frame; what comes of it is set on the class."""

    key = "fake"
    label = "Fake backend"
    docs_url = "https://fake.example"
    note = "For tests."
    fields = (
        BackendField("url", "Address", "url", default="https://fake.example"),
        BackendField("api_key", "Key", "secret"),
    )
    tariff = Tariff()
    result: ClassVar[Any] = judgement()

    def open(self, job: Any) -> Opening:
        yield Request("POST", self.values["url"] + "/open")
        return {"job": job.id}

    def inspect(self, frame: Frame, context: Any) -> Inspecting:
        url = self.values["url"] + "/inspect/" + context["job"]
        yield Request("POST", url, counted=True)
        if isinstance(self.result, Exception):
            raise self.result
        found: Inspection = self.result
        return found


def fake_backend(result: Any = None) -> type[Backend]:
    """A backend class of its own, so that tests do not share what it answers."""

    class Backend1(FakeBackend):
        pass

    Backend1.result = judgement() if result is None else result
    return Backend1


def fake_registry(result: Any = None) -> Mapping[str, type[Backend]]:
    return {"fake": fake_backend(result)}


FAKE_FIELDS = {"fake": FakeBackend.fields}
OK = Response(200, {}, b"{}")


class FakeHttp:
    """Notes every request; can be made to hang or to fail."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[Any] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.closed = 0

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        self.entered.set()
        assert self.gate.wait(PATIENCE_S), "a test forgot to let go"
        one = self.answers.pop(0) if self.answers else OK
        if isinstance(one, Exception):
            raise one
        found: Response = one
        return found

    def close(self) -> None:
        self.closed += 1

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.requests]


class FakeDetector:
    """Notes every wish; while the gate is shut it waits to be let go or killed.

    Frames that are looked at are noted too; what is seen is ``seen`` or what it returns.
    """

    def __init__(self) -> None:
        self.wishes: list[Any] = []
        self.looked_at: list[Frame] = []
        self.most_px: list[Optional[int]] = []
        self.smaller: Optional[Frame] = None
        self.seen: Any = SEEN
        self.answers: list[Any] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.killed = 0
        self.closed = 0

    def send(self, wish: Any) -> Any:
        self.wishes.append(wish)
        self.entered.set()
        killed = self.killed
        assert self.gate.wait(PATIENCE_S), "a test forgot to let go"
        if self.killed > killed:
            raise Retry("detector_died")
        one = self.answers.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    def fitting(self, frame: Frame) -> Frame:
        """Frames here are small; ``smaller`` stands for one that was not."""
        return self.smaller or frame

    def look(self, frame: Frame, most_px: Optional[int] = None) -> Look:
        self.most_px.append(most_px)
        self.looked_at.append(frame)
        if isinstance(self.seen, Exception):
            raise self.seen
        seen: Look = self.seen() if callable(self.seen) else self.seen
        return seen

    def kill(self) -> None:
        self.killed += 1
        self.gate.set()

    def close(self) -> None:
        self.closed += 1


def transport(http: FakeHttp, detector: Optional[FakeDetector] = None) -> Transport:
    """The real transport in front of a world that is played."""
    return Transport(http, detector or FakeDetector())


def endless(chunk: bytes) -> Iterator[bytes]:
    while True:
        yield chunk
