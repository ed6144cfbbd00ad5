"""What the outside is told: the status document, events, alerts and log lines.

Called by the control thread; :meth:`Announcer.document` by any.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional

from ..core import messages as m
from ..core import status
from ..core.deferred import dataclass
from ..core.state import State
from ..core.values import Frame
from ..core.words import explain, say, sentence
from .calls import CallCount
from .history.recorder import Recorder
from .listener import Listener, payload_of
from .notebook import Notebook
from .printer import Printer
from .strain import Strain
from .worker import WorkerPorts


@dataclass(frozen=True)
class RuntimePorts:
    """What the runtime needs of the world."""

    printer: Printer
    worker: WorkerPorts
    push: Callable[[Mapping[str, Any]], None]
    fire: Callable[[str, Mapping[str, Any]], None]
    log: Callable[[str, str], None]
    clock: Callable[[], float]
    wall: Callable[[], float]
    calls: CallCount
    notebook: Notebook
    history: Recorder
    version: str
    strain: Strain
    listeners: tuple[Listener, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        """What people call the backends."""
        return {key: one.label for key, one in self.worker.registry.items()}

    def calls_left(self) -> dict[str, int]:
        """The calls left this month, of the backends whose calls are limited."""
        registry = self.worker.registry
        return self.calls.left([key for key, one in registry.items() if one.tariff])


class Announcer:
    """Puts the machine's effects into words and hands them out."""

    def __init__(self, ports: RuntimePorts) -> None:
        self._ports = ports
        self._pushed: Any = None

    def document(self, state: State) -> dict[str, Any]:
        """The status document as of now."""
        registry = self._ports.worker.registry
        tariffs = {key: one.tariff for key, one in registry.items() if one.tariff}
        calls = {key: self._ports.calls.this_month(key) for key in tariffs}
        extra = {"calls": calls, "tariffs": tariffs, "version": self._ports.version}
        document = status.document(state, self._ports.clock(), extra)
        trouble = self._ports.history.trouble
        if trouble:
            document["reasons"].append(sentence(trouble, {}))
        return document

    def push_if_changed(self, state: State, frame: Optional[Frame] = None) -> None:
        """Push the status when it says something new; ticking clocks are not news."""
        document = self.document(state)
        steady = dict(
            document, next_check_s=None, grace_s=None, reason=None, reasons=None, why=None
        )
        steady["ladder"] = [dict(one, again_s=None) for one in document["ladder"]]
        steady["cascade"] = dict(document["cascade"], asks_in_s=None)
        steady["job"] = state.generation if document["job"] else None
        codes = tuple(reason["code"] for reason in document["reasons"])
        order = state.order is not None
        news = (steady, codes, order, state.next_check_at, state.grace_until)
        if news != self._pushed:
            self._pushed = news
            for listener in self._ports.listeners:
                listener.told(document, state, frame)
            self._ports.push({"type": "status", "status": document})

    def fire(
        self, effect: m.RaiseEvent, state: State, frame: Optional[Frame] = None
    ) -> None:
        """An event on OctoPrint's bus."""
        document = self.document(state)
        payload = payload_of(effect, document)
        for listener in self._ports.listeners:
            listener.fired(effect, document, state, frame)
        self._ports.fire(effect.name, payload)

    def reacted(self) -> None:
        """A person did something about it."""
        for listener in self._ports.listeners:
            listener.reacted()

    def alert(self, effect: m.Alert) -> None:
        """A message for people in the browser."""
        for listener in self._ports.listeners:
            listener.alerted(effect)
        self._ports.push(
            {
                "type": "alert",
                "event": effect.name,
                "level": effect.level,
                "title": say(effect.title, {}),
                "title_code": effect.title,
                **sentence(effect.reason.code, effect.reason.params),
                "sticky": effect.sticky,
            }
        )

    def note(self, effect: m.RecordNote) -> None:
        """What happened to the job, for the pages that show it; as the history has it."""
        if effect.kind == "settings":
            return  # its parameters are all the settings, and nothing happened
        reason = effect.reason
        self._ports.push(
            {
                "type": "note",
                "job": effect.job_id,
                "at_s": round(effect.at_s, 3),
                "kind": effect.kind,
                "who": effect.who,
                **sentence(reason.code, reason.params),
            }
        )

    def log(self, effect: m.Log) -> None:
        """A line in OctoPrint's log."""
        self._ports.log(effect.level, explain(effect.code, effect.params))
