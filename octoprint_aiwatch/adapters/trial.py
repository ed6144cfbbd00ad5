"""The settings page's Test: one real snapshot, judged by the backend, step by step.

Runs in a short-lived thread of its own beside the watch, one at a time, and never touches
the printer or the watch's evidence.
"""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Any, Callable, Optional

from ..core.alone import judge_alone
from ..core.deferred import dataclass
from ..core.errors import CAMERA, AiWatchError, Bug
from ..core.settings import Settings
from ..core.values import (
    AS_DELIVERED,
    NO_PROGRESS,
    UNKNOWN,
    Fault,
    Frame,
    Inspection,
    Job,
)
from ..core.words import ENGLISH, Tongue, advise, nested, say
from .camera import data_url
from .transport import Transport
from .worker import WorkerPorts, build, drive, paying

WITHIN_S = 185.0
"""Longer than a snapshot (60 s), a look at it (20 s) and either two calls (40 s each) or
the detector's start and one frame (60 s and 30 s) may take together."""


@dataclass(frozen=True)
class Step:
    """One link of the chain and how it went."""

    name: str
    ok: bool
    text: str
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "ok": self.ok,
            "text": self.text,
            "advice": self.advice,
        }


class Trials:
    """Runs tests, one at a time."""

    def __init__(self, ports: WorkerPorts, draw_id: Callable[[], str]) -> None:
        self._ports = ports
        self._draw_id = draw_id
        self._busy = threading.Lock()

    def run(
        self, settings: Settings, tongue: Tongue = ENGLISH
    ) -> Optional[dict[str, Any]]:
        """The test's document (see extras/docs/api.md); None while another one runs."""
        if not self._busy.acquire(blocking=False):
            return None
        found: list[dict[str, Any]] = []
        done = threading.Event()

        def work() -> None:
            try:
                found.append(self._test(settings, tongue))
            finally:
                self._busy.release()
                done.set()

        threading.Thread(target=work, name="aiwatch-test", daemon=True).start()
        done.wait(WITHIN_S)
        if found:
            return found[0]
        step = Step("backend", False, say("no_answer", {}, tongue))
        return _document(settings, [step], WITHIN_S, None, None, UNKNOWN, ())

    def _test(self, settings: Settings, tongue: Tongue) -> dict[str, Any]:
        started_s = self._ports.clock()
        steps: list[Step] = []
        frame: Optional[Frame] = None
        score, level = None, UNKNOWN
        boxes: tuple[Any, ...] = ()
        transport = self._ports.new_transport()
        try:
            frame = self._ports.take(settings.camera)
            transport.most_px = self._ports.registry[settings.backend].most_px
            self._ports.looker(transport).check(frame, NO_PROGRESS, lambda: True)
            size = {"name": frame.camera, "width": frame.width, "height": frame.height}
            steps.append(Step("snapshot", True, say("test_snapshot", size, tongue)))
            inspection = self._inspect(settings, frame, transport)
            zones = settings.camera.ignore_zones
            verdict, boxes = judge_alone(inspection, settings.decision, zones)
            score, level = verdict.score, verdict.level
            judged = say("test_judged", self._judged(settings, score, boxes), tongue)
            steps.append(Step("backend", True, judged))
        except AiWatchError as error:
            steps.append(self._failed(error.fault(), frame, tongue))
        except Exception as error:  # noqa: BLE001 - a test must end with a sentence
            self._ports.log_exception("Unexpected error while testing")
            bug = Bug("bug", kind=type(error).__name__)
            steps.append(self._failed(bug.fault(), frame, tongue))
        finally:
            transport.close()
        took_s = self._ports.clock() - started_s
        return _document(settings, steps, took_s, frame, score, level, boxes)

    def _inspect(
        self, settings: Settings, frame: Frame, transport: Transport
    ) -> Inspection:
        backend = build(self._ports.registry, settings, settings.backend)
        job = Job(0, "test-" + self._draw_id(), "", "", "", 0.0, self._draw_id())
        send = paying(transport.send, backend.key, self._ports.take_call)
        context = drive(backend.open(job), send, lambda: True)
        sent = transport.fitting(frame)
        return drive(backend.inspect(sent, context), send, lambda: True)

    def _judged(
        self, settings: Settings, score: Optional[float], boxes: tuple[Any, ...]
    ) -> dict[str, Any]:
        label = self._ports.registry[settings.backend].label
        return {"backend": nested(label, {}), "score": score or 0.0, "boxes": len(boxes)}

    def _failed(self, fault: Fault, frame: Optional[Frame], tongue: Tongue) -> Step:
        params = self._ports.clean(dict(fault.params))
        is_frames = frame is None or fault.source == CAMERA
        name = "snapshot" if is_frames else "backend"
        return Step(
            name, False, say(fault.code, params, tongue), advise(fault.code, tongue)
        )


def _document(
    settings: Settings,
    steps: list[Step],
    took_s: float,
    frame: Optional[Frame],
    score: Optional[float],
    level: str,
    boxes: tuple[Any, ...],
) -> dict[str, Any]:
    return {
        "ok": all(step.ok for step in steps),
        "backend": settings.backend,
        "took_s": round(took_s, 2),
        "steps": [step.as_dict() for step in steps],
        "score": score,
        "verdict": level,
        "detections": [vars(box) for box in boxes],
        "frame": None if frame is None else data_url(frame),
        "view": asdict(frame.view if frame is not None else AS_DELIVERED),
    }
