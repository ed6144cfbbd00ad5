"""The settings page's live picture: one snapshot, looked at and judged by nobody.

Runs beside the watch in a thread of its own, which ends, and the process that looks with
it, when nobody has asked for a while. Costs no call and touches neither the printer nor
the watch's evidence.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import asdict
from typing import Any, Optional

from ..core.deferred import replace
from ..core.errors import AiWatchError, Bug
from ..core.settings import Camera
from ..core.sight import FROZEN
from ..core.values import AS_DELIVERED, NO_PROGRESS, Fault, Frame
from ..core.words import ENGLISH, Tongue, advise, say
from .camera import data_url
from .look import Looker
from .worker import WorkerPorts

WITHIN_S = 90.0
"""Longer than a snapshot (60 s) and a look at it (20 s) may take together."""
TURN_S = 10.0
"""How long one waits for its turn: another page may be looking, too."""
IDLE_S = 20.0
"""Pages ask every few seconds; after so long nobody looks any more."""
SHOWN_BYTES = 4_000_000
"""A page is not sent more than that every few seconds."""


class Glances:
    """Shows what the webcam sees, one picture at a time."""

    def __init__(
        self, ports: WorkerPorts, idle_s: float = IDLE_S, turn_s: float = TURN_S
    ) -> None:
        self._ports = ports
        self._idle_s = idle_s
        self._turn_s = turn_s
        self._turn = threading.Lock()
        self._mutex = threading.Lock()
        self._wanted: queue.SimpleQueue[tuple[Camera, Tongue, queue.SimpleQueue[Any]]]
        self._wanted = queue.SimpleQueue()
        self._running = False

    def run(self, camera: Camera, tongue: Tongue = ENGLISH) -> Optional[dict[str, Any]]:
        """The picture's document (see extras/docs/api.md); None if it is not our turn."""
        if not self._turn.acquire(timeout=self._turn_s):
            return None
        try:
            answer: queue.SimpleQueue[Any] = queue.SimpleQueue()
            with self._mutex:
                self._wanted.put((camera, tongue, answer))
                if not self._running:
                    self._running = True
                    name = "aiwatch-glance"
                    threading.Thread(target=self._work, name=name, daemon=True).start()
            document: dict[str, Any] = answer.get(timeout=WITHIN_S)
            return document
        except queue.Empty:
            return _document(None, say("no_answer", {}, tongue), "")
        finally:
            self._turn.release()

    def _work(self) -> None:
        transport = self._ports.new_transport()
        looker = self._ports.looker(transport)
        name, number = None, 0
        try:
            while True:
                try:
                    camera, tongue, answer = self._wanted.get(timeout=self._idle_s)
                except queue.Empty:
                    with self._mutex:
                        if self._wanted.empty():
                            self._running = False
                            return
                    continue
                if camera.name != name:
                    looker.begin()
                    name = camera.name
                number += 1
                answer.put(self._glance(camera, looker, number, tongue))
        finally:
            transport.close()

    def _glance(
        self, camera: Camera, looker: Looker, number: int, tongue: Tongue
    ) -> dict[str, Any]:
        frame: Optional[Frame] = None
        try:
            frame = self._ports.take(camera)
            # There is no print that goes on; time does.
            progress = replace(NO_PROGRESS, position=float(number))
            looker.check(frame, progress, lambda: True)
        except AiWatchError as error:
            return self._failed(error.fault(), frame, tongue)
        except Exception as error:  # noqa: BLE001 - a picture must end with a sentence
            self._ports.log_exception("Unexpected error while showing the webcam")
            bug = Bug("bug", kind=type(error).__name__)
            return self._failed(bug.fault(), frame, tongue)
        size = {"name": frame.camera, "width": frame.width, "height": frame.height}
        return _document(frame, say("test_snapshot", size, tongue), "", True)

    def _failed(
        self, fault: Fault, frame: Optional[Frame], tongue: Tongue
    ) -> dict[str, Any]:
        code = "glance_frozen" if fault.code == FROZEN else fault.code
        text = say(code, self._ports.clean(dict(fault.params)), tongue)
        return _document(frame, text, advise(fault.code, tongue))


def _document(
    frame: Optional[Frame], text: str, advice: str, is_ok: bool = False
) -> dict[str, Any]:
    picture = None
    if frame is not None and len(frame.jpeg) <= SHOWN_BYTES:
        picture = data_url(frame)
    view = asdict(frame.view if frame is not None else AS_DELIVERED)
    return {"ok": is_ok, "text": text, "advice": advice, "frame": picture, "view": view}
