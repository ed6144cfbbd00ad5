"""The drill: a picture of a failure goes through the whole chain, and nobody pauses.

Backend, judgement, webcam, messages and the pause are links; those that do not need each
other run side by side, each in a thread and a time of its own, so that one that hangs
keeps no other from its answer. Has no way to the printer but to read its state, and none
to the watch: no evidence, no history and no usual mean learns of a drill.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Callable, Optional

from ..core.deferred import dataclass
from ..core.drill import FAILED, PASSED, SKIPPED, Outcome, judged, outlook, rehearsed
from ..core.errors import Bug
from ..core.printing import JOB_STATES
from ..core.settings import Park, Settings
from ..core.usual import Usual
from ..core.values import NO_PROGRESS, Frame, Job
from ..core.words import ENGLISH, Tongue, advise, say
from .calls import CallCount
from .drill_cost import cost
from .drill_task import Task
from .services import Services, name_of
from .worker import WorkerPorts, build, drive, paying

TITLES = {
    "backend": "drill_backend",
    "judgement": "drill_judgement",
    "webcam": "drill_webcam",
    "message": "drill_message",
    "message_to": "drill_message_to",
    "pause": "drill_pause",
}
Preview = tuple[list[str], tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Patience:
    """How long each link may take; all of them are under way at the same time."""

    backend_s: float = 50.0
    webcam_s: float = 45.0
    message_s: float = 45.0


@dataclass(frozen=True)
class DrillPorts:
    """What a drill needs of the world.

    ``frame`` gives the picture of a failure; ``state_id`` OctoPrint's state; ``preview``
    the lines that park; ``tell`` sends a test message to an address within some seconds.
    """

    worker: WorkerPorts
    draw_id: Callable[[], str]
    frame: Callable[[], Frame]
    state_id: Callable[[], str]
    preview: Callable[[Park], Preview]
    tell: Callable[[str, Tongue, float], tuple[bool, str]]
    services: Services
    calls: CallCount
    usual: Callable[[str], Usual]
    patience: Patience = field(default_factory=Patience)


class Drills:
    """Runs drills, one at a time, and says beforehand what one would cost."""

    def __init__(self, ports: DrillPorts) -> None:
        self._ports = ports
        self._busy = threading.Lock()
        self._hanging: dict[str, Task] = {}

    def refusal(self) -> str:
        """The code of why there can be no drill now; "" if there can."""
        if self._ports.state_id() in JOB_STATES:
            return "drill_printing"
        return "drill_busy" if self._busy.locked() else ""

    # -- beforehand -------------------------------------------------------------------

    def plan(
        self,
        settings: Settings,
        kinds: Optional[Sequence[str]] = None,
        tongue: Tongue = ENGLISH,
    ) -> dict[str, Any]:
        """What a drill would do and cost (see extras/docs/api.md).

        Args:
            kinds: the kinds of services that get a message, if not those of the settings.
        """
        backend = self._ports.worker.registry[settings.backend]
        refusal = self.refusal()
        price, says = cost(backend, self._ports.calls, tongue)
        if backend.keeps_means:
            says.append(say("drill_in_means", {}, tongue))
        if kinds is None:
            kinds = [name_of(url) for url in settings.notify.urls]
        told = "drill_tells" if kinds else "drill_tells_nobody"
        says.append(say(told, {"names": ", ".join(kinds)}, tongue))
        says.append(say("drill_harmless", {}, tongue))
        return {
            "possible": not refusal,
            "why_not": say(refusal, {}, tongue) if refusal else "",
            "backend": backend.key,
            "backend_label": tongue(backend.label),
            "calls": 0 if backend.tariff is None else 1,
            "price_usd": price,
            "services": list(kinds),
            "says": says,
        }

    # -- the drill --------------------------------------------------------------------

    def run(
        self, settings: Settings, tongue: Tongue = ENGLISH
    ) -> Optional[dict[str, Any]]:
        """The drill's document; None while another one runs."""
        if not self._busy.acquire(blocking=False):
            return None
        try:
            return self._run(settings, tongue)
        finally:
            self._busy.release()

    def _run(self, settings: Settings, tongue: Tongue) -> dict[str, Any]:
        patience = self._ports.patience
        started_s = self._ports.worker.clock()
        tasks = {
            "backend": (
                self._start("backend", self._ask, (settings, tongue)),
                patience.backend_s,
            ),
            "webcam": (self._start("webcam", self._look, settings), patience.webcam_s),
        }
        urls = self._ports.services.by_id(settings.notify.urls)
        for service, url in urls.items():
            task = self._start(service, self._tell, (url, tongue))
            tasks[service] = (task, patience.message_s)
        links = {
            name: self._waited(name, task, within_s, started_s)
            for name, (task, within_s) in tasks.items()
        }
        judgement, document = self._judgement(settings, tasks["backend"][0])
        messages = [
            self._link("message", links[service], tongue, name_of(url))
            for service, url in urls.items()
        ] or [self._link("message", Outcome(SKIPPED, "drill_tells_nobody"), tongue)]
        shown = [
            self._link("backend", links["backend"], tongue),
            self._link("judgement", judgement, tongue),
            self._link("webcam", links["webcam"], tongue),
            *messages,
            self._pause(settings, tongue),
        ]
        took_s = round(self._ports.worker.clock() - started_s, 2)
        is_ok = all(link["state"] != FAILED for link in shown)
        return {"ok": is_ok, "took_s": took_s, "links": shown, **document}

    def _start(
        self, name: str, work: Callable[[Task, Any], Outcome], given: Any
    ) -> Optional[Task]:
        """None if the same still hangs since an earlier drill."""
        earlier = self._hanging.get(name)
        if earlier is not None and not earlier.done.is_set():
            return None
        log = self._ports.worker.log_exception
        task = self._hanging[name] = Task(name, lambda task: work(task, given), log)
        task.start()
        return task

    def _waited(
        self, name: str, task: Optional[Task], within_s: float, started_s: float
    ) -> Outcome:
        if task is None:
            return Outcome(FAILED, "drill_still_hanging")
        left_s = within_s - (self._ports.worker.clock() - started_s)
        task.done.wait(max(0.0, left_s))
        if task.outcome is None:
            task.late = True
            task.hurry()
            return Outcome(FAILED, "drill_hung", {"limit_s": within_s})
        self._hanging.pop(name, None)
        return task.outcome

    # -- links ------------------------------------------------------------------------

    def _ask(self, task: Task, given: tuple[Settings, Tongue]) -> Outcome:
        """The real backend, asked in a context of its own through the real transport."""
        settings, tongue = given
        ports = self._ports.worker
        backend = build(ports.registry, settings, settings.backend)
        draw_id = self._ports.draw_id
        job = Job(0, "drill-" + draw_id(), "", "", "", 0.0, draw_id())
        transport = ports.new_transport()
        task.hurry = transport.hurry

        def is_wanted() -> bool:
            return not task.late and self._ports.state_id() not in JOB_STATES

        try:
            send = paying(transport.send, backend.key, ports.take_call)
            context = drive(backend.open(job), send, is_wanted)
            steps = backend.inspect(self._ports.frame(), context)
            task.inspection = drive(steps, send, is_wanted)
        finally:
            transport.close()
        boxes = len(task.inspection.detections)
        return Outcome(
            PASSED, "drill_asked", {"backend": tongue(backend.label), "boxes": boxes}
        )

    def _look(self, _: Task, settings: Settings) -> Outcome:
        """One snapshot, and whether there is anything to be seen in it."""
        ports = self._ports.worker
        frame = ports.take(settings.camera)
        transport = ports.new_transport()
        try:
            ports.looker(transport).check(frame, NO_PROGRESS, lambda: True)
        finally:
            transport.close()
        size = {"name": frame.camera, "width": frame.width, "height": frame.height}
        return Outcome(PASSED, "test_snapshot", size)

    def _tell(self, _: Task, given: tuple[str, Tongue]) -> Outcome:
        ok, text = self._ports.tell(*given, self._ports.patience.message_s)
        if ok:
            return Outcome(PASSED, "drill_told")
        return Outcome(FAILED, "drill_not_told", {"words": text or "–"})

    def _judgement(
        self, settings: Settings, asked: Optional[Task]
    ) -> tuple[Outcome, dict[str, Any]]:
        document: dict[str, Any] = {
            "backend": settings.backend,
            "score": None,
            "verdict": "unknown",
            "warns_after_s": None,
            "fails_after_s": None,
            "detections": [],
        }
        inspection = None if asked is None or asked.late else asked.inspection
        if inspection is None:
            return Outcome(SKIPPED, "drill_unjudged"), document
        usual = self._ports.usual(settings.backend)
        step_s = settings.watch.min_interval_s
        try:
            found = outlook(inspection, settings.decision, step_s, usual)
        except Exception as error:  # noqa: BLE001 - a drill must end with a sentence
            self._ports.worker.log_exception("Unexpected error in a drill")
            bug = Bug("bug", kind=type(error).__name__)
            return Outcome(FAILED, bug.code, bug.params), document
        document.update(
            score=found.score,
            verdict=found.level,
            warns_after_s=found.warns_after_s,
            fails_after_s=found.fails_after_s,
            detections=[vars(box) for box in inspection.detections],
        )
        return judged(inspection.evidence, found), document

    def _pause(self, settings: Settings, tongue: Tongue) -> dict[str, Any]:
        """On paper only: nothing here can reach the printer."""
        outcome = rehearsed(self._ports.state_id(), settings)
        link = self._link("pause", outcome, tongue)
        park = settings.actions.park
        pauses = outcome.state == PASSED and settings.actions.on_failure == "pause"
        if pauses and park.enabled:
            lines, _, left_out = self._ports.preview(park)
            link["lines"] = list(lines)
            notes = [say(one, {}, tongue) for one in left_out]
            link["text"] = " ".join([link["text"], *notes])
        return link

    def _link(
        self, name: str, outcome: Outcome, tongue: Tongue, what: str = ""
    ) -> dict[str, Any]:
        clean: Mapping[str, Any] = self._ports.worker.clean(dict(outcome.params))
        title = TITLES["message_to" if what else name]
        sentences = [say(outcome.code, clean, tongue)]
        sentences += [say(code, {}, tongue) for code in outcome.also]
        return {
            "name": name,
            "title": say(title, {"name": what}, tongue),
            "state": outcome.state,
            "text": " ".join(sentences),
            "advice": advise(outcome.code, tongue),
            "lines": [],
        }
