"""Snapshots through OctoPrint's webcams, as the user set them up.

OctoPrint's own provider fetches the picture, so login, certificates and time-outs of the
webcam settings hold. Called from a worker only: a webcam may take its time.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any, Callable, Optional

from ..core import jpeg
from ..core.errors import SnapshotError
from ..core.settings import Camera
from ..core.values import Frame, View

FOUND_FOR_S = 60.0
"""A provider may change its webcams without a word in OctoPrint's settings."""


def data_url(frame: Frame) -> str:
    """A frame as a page can show it without asking for it."""
    return "data:image/jpeg;base64," + base64.b64encode(frame.jpeg).decode("ascii")


def find_webcam(name: str) -> Any:
    """The webcam to use: the one named, else OctoPrint's, else any that can.

    Raises:
        SnapshotError: there is none.
    """
    from octoprint.webcams import get_snapshot_webcam, get_webcams

    if name:
        webcam = get_webcams().get(name)
        if webcam is None or not webcam.config.canSnapshot:
            raise SnapshotError("webcam_missing", name=name)
        return webcam
    webcam = get_snapshot_webcam()
    if webcam is None or not webcam.config.canSnapshot:
        # OctoPrint's default can be one without a snapshot while another has one.
        able = (one for one in get_webcams().values() if one.config.canSnapshot)
        webcam = next(able, None)
    if webcam is None:
        raise SnapshotError("no_webcam")
    return webcam


def settings_as_of() -> Any:
    """Another value as soon as anything in OctoPrint's settings has changed."""
    from octoprint.settings import settings

    try:
        return settings().last_modified_or_made_dirty
    except OSError:
        return object()  # there is no file to tell it: never the same


def view_of(config: Any) -> View:
    """How a person is shown this webcam; OctoPrint does that, its snapshots are raw."""
    flags = (getattr(config, name, False) for name in ("flipH", "flipV", "rotate90"))
    return View(*(flag is True for flag in flags))


class Snapshots:
    """Takes one frame at a time.

    OctoPrint asks every provider for all of its webcams whenever it is asked for one,
    which takes a quarter of what a snapshot does: so a webcam that was found is used
    again.

    Args:
        as_of: another value as soon as a webcam may be another; None to look for it each
            time.
    """

    def __init__(
        self,
        find: Callable[[str], Any] = find_webcam,
        clock: Callable[[], float] = time.monotonic,
        as_of: Optional[Callable[[], Any]] = None,
    ) -> None:
        self._find = find
        self._clock = clock
        self._as_of = as_of
        self._found: Optional[tuple[Any, float, Any]] = None

    def take(self, camera: Camera) -> Frame:
        """A checked frame.

        Raises:
            SnapshotError: there is no usable frame, with the reason.
        """
        try:
            webcam = self._webcam(camera.name)
            name = webcam.config.name
            chunks = webcam.providerPlugin.take_webcam_snapshot(name)
            data = self._collect(iter(chunks), camera)
        except Exception as error:
            self._found = None
            if isinstance(error, SnapshotError):
                raise
            raise _translate(error) from None
        width, height = jpeg.measure(data)
        return Frame(data, width, height, name, view_of(webcam.config))

    def _webcam(self, name: str) -> Any:
        if self._as_of is None:
            return self._find(name)
        asked, now_s, found = (name, self._as_of()), self._clock(), self._found
        if found is None or found[0] != asked or now_s - found[1] >= FOUND_FOR_S:
            found = self._found = asked, now_s, self._find(name)
        return found[2]

    def _collect(self, chunks: Iterator[bytes], camera: Camera) -> bytes:
        """The whole body, unless it is too large or too slow (a stream never ends)."""
        deadline = self._clock() + camera.timeout_s
        data = bytearray()
        try:
            for chunk in chunks:
                data += chunk
                if len(data) > camera.max_bytes:
                    limit_mb = camera.max_bytes / 1024 / 1024
                    raise SnapshotError("snapshot_too_large", limit_mb=limit_mb)
                if self._clock() > deadline:
                    raise SnapshotError("snapshot_too_slow", limit_s=camera.timeout_s)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        return bytes(data)


def _translate(error: Exception) -> SnapshotError:
    """A provider's exception in our words; its text may hold the webcam's password."""
    names = _class_names(error)
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status in (401, 403):
        return SnapshotError("snapshot_refused", status=status)
    if isinstance(status, int):
        return SnapshotError("snapshot_status", status=status)
    if "WebcamNotAbleToTakeSnapshotException" in names:
        return SnapshotError("no_webcam")
    if "Timeout" in names or "ConnectionError" in names or "TimeoutError" in names:
        return SnapshotError("snapshot_unreachable")
    return SnapshotError("snapshot_failed", kind=type(error).__name__)


def _class_names(error: Exception) -> tuple[str, ...]:
    return tuple(kind.__name__ for kind in type(error).__mro__)
