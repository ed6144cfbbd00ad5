"""A webcam on the loopback interface: snapshot and MJPEG stream of the simulated print.

Its modes are the ways in which real webcams answer badly. Must not judge anything.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from typing import Callable, Optional

from PIL import Image

from . import sightless
from .failure import FailPlan, Failure
from .http_server import HttpRequest, HttpServer
from .progress import (
    FixedProgress,
    OctoPrintProgress,
    ProgressSource,
    VirtualClockProgress,
)
from .replies import Reply
from .scene import Scene, SceneState
from .sensor import SIZE, to_jpeg

__all__ = [
    "MODES",
    "CameraServer",
    "FailPlan",
    "FixedProgress",
    "OctoPrintProgress",
    "VirtualClockProgress",
]

HUGE_BYTES = 100 * 1024 * 1024
_BLOCK = 64 * 1024
_BOUNDARY = "frameboundary"
_TICK_S = 0.5


class CameraServer:
    """Serves `/snapshot` and `/stream` of a source's job."""

    def __init__(
        self,
        source: ProgressSource,
        fail: Optional[FailPlan] = None,
        seed: int = 0,
        port: int = 0,
        fps: float = 3.0,
        auth: Optional[tuple[str, str]] = None,
    ) -> None:
        self._source = source
        self._failure = Failure(fail)
        self._scene = Scene(source.toolpath, seed)
        self._fps = fps
        self._auth = auth
        self._lock = threading.RLock()
        self._mode = "ok"
        self._frame = 0
        self._requests = 0
        self._last: Optional[bytes] = None
        self._started_s = time.monotonic()
        self._closing = threading.Event()
        self._ticker = threading.Thread(
            target=self._tick, name="camera-tick", daemon=True
        )
        self._server = HttpServer(self._serve, port, "camera")
        self._ticker.start()

    @property
    def url(self) -> str:
        """The base URL."""
        return self._server.url

    @property
    def snapshot_url(self) -> str:
        """One JPEG."""
        return self.url + "/snapshot"

    @property
    def stream_url(self) -> str:
        """Frames without end."""
        return self.url + "/stream"

    @property
    def requests(self) -> int:
        """How many requests there were."""
        with self._lock:
            return self._requests

    @property
    def mode(self) -> str:
        """How requests are answered; one of MODES."""
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        if mode not in MODES:
            raise ValueError(f"unknown mode {mode!r}, there are {', '.join(MODES)}")
        self._mode = mode

    def fail_now(self, grown_s: float = 0.0) -> None:
        """Start the failure, as if strands had been coming for `grown_s` seconds."""
        with self._lock:
            self._failure.begin(self._source.now(), grown_s)

    def heal(self) -> None:
        """Take all strands away and plan no failure any more."""
        with self._lock:
            self._failure.heal()

    def snapshot(self) -> bytes:
        """A new frame, as `/snapshot` serves it in mode "ok"."""
        with self._lock:
            progress = self._source.now()
            strands, failed_filepos = self._failure.look(progress)
            self._frame += 1
            state = SceneState(
                filepos=progress.filepos,
                strands=strands,
                failed_filepos=failed_filepos,
                time_s=progress.printed_s,
                frame=self._frame,
            )
            self._last = self._scene.render(state)
            return self._last

    def stop(self) -> None:
        """Be out of reach until `start()`."""
        self._server.stop()

    def start(self) -> None:
        """Serve (again)."""
        self._server.start()

    def close(self) -> None:
        """Stop serving and close the source."""
        self._closing.set()
        self._server.stop()
        self._source.close()
        self._ticker.join(2.0)

    def __enter__(self) -> CameraServer:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _tick(self) -> None:
        """Notice the moment of failure even when nobody looks."""
        while not self._closing.wait(_TICK_S):
            with self._lock:
                self._failure.look(self._source.now())

    def _serve(self, request: HttpRequest) -> Reply:
        with self._lock:
            self._requests += 1
        if not self._allowed(request):
            return _unauthorised()
        path = request.path.partition("?")[0]
        if path not in ("/snapshot", "/stream"):
            return Reply(404, body=b"There are /snapshot and /stream.")
        if self._mode != "ok":
            return MODES[self._mode](self)
        if path == "/snapshot":
            return _jpeg(self.snapshot())
        media_type = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
        return Reply(200, chunks=self._stream(), content_type=media_type)

    def _allowed(self, request: HttpRequest) -> bool:
        if self._auth is None:
            return True
        token = base64.b64encode(":".join(self._auth).encode()).decode()
        return request.headers.get("authorization") == f"Basic {token}"

    def _stream(self) -> Iterator[bytes]:
        while True:
            began_s = time.monotonic()
            jpeg = self.snapshot()
            head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\n"
            head += f"Content-Length: {len(jpeg)}\r\n\r\n"
            yield head.encode() + jpeg + b"\r\n"
            left_s = began_s + 1.0 / self._fps - time.monotonic()
            if self._closing.wait(max(0.0, left_s)):
                return

    def _frozen(self) -> bytes:
        with self._lock:
            return self._last or self.snapshot()


def _jpeg(data: bytes) -> Reply:
    return Reply(200, body=data, content_type="image/jpeg")


def _unauthorised() -> Reply:
    challenge = {"WWW-Authenticate": 'Basic realm="camera"'}
    return Reply(401, body=b"<h1>Unauthorized</h1>", headers=challenge)


def _plain(value: int) -> Reply:
    return _jpeg(to_jpeg(Image.new("RGB", SIZE, (value, value, value))))


def _endless() -> Iterator[bytes]:
    yield b"\xff\xd8\xff\xe0"
    while True:
        yield bytes(_BLOCK)


def _huge() -> Reply:
    blocks = (bytes(_BLOCK) for _ in range(HUGE_BYTES // _BLOCK))
    length = {"Content-Length": str(HUGE_BYTES // _BLOCK * _BLOCK)}
    return Reply(200, chunks=blocks, headers=length, content_type="image/jpeg")


def _cut(jpeg: bytes) -> bytes:
    return jpeg[: len(jpeg) // 2]


def _claiming(jpeg: bytes, side: int) -> bytes:
    """The same picture, said to be enormous."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + side.to_bytes(2, "big") * 2 + jpeg[at + 4 :]


def _with_clock(jpeg: bytes) -> bytes:
    return sightless.stamped(jpeg, f"{time.monotonic():.3f}")


def _html() -> Reply:
    return Reply(200, body=b"<html><body>Please log in</body></html>")


#: How the camera may answer, by name.
MODES: dict[str, Callable[[CameraServer], Reply]] = {
    "ok": lambda camera: _jpeg(camera.snapshot()),
    "html": lambda camera: _html(),
    "401": lambda camera: _unauthorised(),
    "500": lambda camera: Reply(500, body=b"no video device"),
    "endless": lambda camera: Reply(200, chunks=_endless(), content_type="image/jpeg"),
    "huge": lambda camera: _huge(),
    "truncated": lambda camera: _jpeg(_cut(camera.snapshot())),
    "hang": lambda camera: Reply(hang=True),
    "drip": lambda camera: Reply(
        200, body=camera.snapshot(), content_type="image/jpeg", drip_s=0.2
    ),
    "black": lambda camera: _plain(0),
    "white": lambda camera: _plain(255),
    "flat": lambda camera: _plain(118),
    "night": lambda camera: _jpeg(sightless.night(camera.requests)),
    "small": lambda camera: _jpeg(sightless.small(camera.snapshot())),
    "blurred": lambda camera: _jpeg(sightless.blurred(camera.snapshot())),
    "no-signal": lambda camera: _jpeg(sightless.no_signal()),
    "bars": lambda camera: _jpeg(sightless.bars()),
    "frozen": lambda camera: _jpeg(camera._frozen()),
    "clock": lambda camera: _jpeg(_with_clock(camera.snapshot())),
    "frozen-clock": lambda camera: _jpeg(_with_clock(camera._frozen())),
    "empty": lambda camera: _jpeg(b""),
    "bomb": lambda camera: _jpeg(_claiming(camera.snapshot(), 65000)),
    "no-markers": lambda camera: _jpeg(b"\xff\xd8\xff\xe0" + bytes(60000)),
    "not-called-so": lambda camera: Reply(200, body=camera.snapshot()),
}
