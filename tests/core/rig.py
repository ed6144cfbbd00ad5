"""A machine in virtual time: events in, effects noted, the clock moved by hand."""

from __future__ import annotations

import json
from typing import Any, Optional

from octoprint_aiwatch import backends
from octoprint_aiwatch.core import machine
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.settings import Settings, defaults, merged, parse
from octoprint_aiwatch.core.state import OPEN, State, check_at, wake_at
from octoprint_aiwatch.core.status import document
from octoprint_aiwatch.core.values import (
    AS_DELIVERED,
    Detection,
    Fault,
    Frame,
    Inspection,
    PrinterReading,
    RemoteEvidence,
    View,
)

FIELDS = backends.fields()
CALLS = {key: 0 for key, one in backends.REGISTRY.items() if one.tariff}
TARIFFS = {key: backends.REGISTRY[key].tariff for key in CALLS}
EXTRA = {"calls": CALLS, "tariffs": TARIFFS, "version": "1"}
LABELS = {key: one.label for key, one in backends.REGISTRY.items()}


def settings_with(**changes: Any) -> Settings:
    """Default settings but for Gadget, whose evidence the machine's tests send.

    Groups are laid over them; every value must be usable.
    """
    tree = {**defaults(FIELDS), "backend": "gadget"}
    settings, problems = parse(merged(tree, changes), FIELDS)
    assert problems == []
    return settings


QUICK = {"grace_start_s": 0, "grace_resume_s": 30, "warmup": False, "min_interval_s": 10}


def foreign(text: str) -> str:
    """A language in which every sentence begins like this."""
    return "~" + text


def sendable(told: dict[str, Any]) -> dict[str, Any]:
    """The same document; OctoPrint can send only what JSON knows: no infinity."""
    json.dumps(told, allow_nan=False)
    return told


class Rig:
    """Plays OctoPrint and the worker against the machine."""

    def __init__(self, settings: Settings) -> None:
        self.now_s = 1000.0
        self.state = State(settings, labels=LABELS)
        self.effects: list[m.Effect] = []
        self.jobs = 0

    def restart(self) -> None:
        """OctoPrint starts again; only what was to be remembered is still known."""
        remembered = {
            effect.section: effect.value
            for effect in self.effects
            if isinstance(effect, m.Remember)
        }
        kept = json.loads(json.dumps({**self.state.remembered, **remembered}))
        self.state = State(self.state.settings, kept, LABELS)

    def send(self, event: m.Event) -> list[m.Effect]:
        self.state, effects = machine.step(self.state, event, self.now_s)
        self.effects += effects
        return effects

    def start(self, path: str = "a.gcode", then: Optional[str] = "PRINTING") -> None:
        self.jobs += 1
        self.send(m.PrintStarted(f"id{self.jobs}", path, path, "local", 0.0, "e" * 32))
        if then:
            self.printer(then)

    def printer(
        self, state_id: str, heating: Optional[bool] = None, tool_ready: bool = False
    ) -> list[m.Effect]:
        return self.send(m.PrinterRead(PrinterReading(state_id, heating, tool_ready)))

    def wait(self, seconds: float) -> list[m.Effect]:
        """Let time pass, looking at an unchanged printer whenever the machine asks to."""
        before = len(self.effects)
        end_s = self.now_s + seconds
        while True:
            due = wake_at(self.state, self.now_s)
            if due is None or due > end_s:
                break
            self.now_s = max(due, self.now_s + 0.001)
            self.send(m.PrinterRead(self.state.reading))
        self.now_s = end_s
        self.send(m.PrinterRead(self.state.reading))
        return self.effects[before:]

    def opened(self) -> list[m.Effect]:
        return self.send(m.ContextOpened(self.ticket))

    def until_ordered(self) -> None:
        """Wait until a frame is wanted; whoever is to judge it is ready."""
        while self.state.order is None or self.state.order.kind == OPEN:
            if self.state.order is None:
                self.wait(1)
            else:
                self.opened()

    @property
    def ticket(self) -> int:
        assert self.state.order is not None, "nothing was ordered"
        return self.state.order.ticket

    @property
    def check_at(self) -> float:
        return check_at(self.state)

    def judged(self, inspection: Inspection, view: View = AS_DELIVERED) -> list[m.Effect]:
        frame = Frame(b"", 640, 480, "cam", view)
        return self.send(m.InspectionDone(self.ticket, inspection, frame, self.now_s))

    def fails(
        self,
        code: str = "timeout",
        step: str = "retry",
        source: str = "backend",
        wait_s: float = 0.0,
    ) -> list[m.Effect]:
        fault = Fault(code, step, source, {"host": "h"}, wait_s)
        return self.send(m.OrderFailed(self.ticket, fault, self.now_s, 0.5))

    def watching(self, path: str = "a.gcode") -> None:
        """From nothing to a first frame that was ordered."""
        self.start(path)
        self.opened()
        self.wait(0.0)

    def change(self, settings: Settings) -> list[m.Effect]:
        return self.send(m.SettingsChanged(settings))

    def press(
        self, command: str, box: Optional[Detection] = None, job: str = ""
    ) -> list[m.Effect]:
        return self.send(m.Commanded(command, box, job))

    def status(self) -> dict[str, Any]:
        return sendable(document(self.state, self.now_s, EXTRA))

    def seen(self, kind: type) -> list[Any]:
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def events(self) -> list[str]:
        return [effect.name for effect in self.seen(m.RaiseEvent)]

    def alerts(self) -> list[str]:
        return [effect.name for effect in self.seen(m.Alert)]

    def forget(self) -> None:
        self.effects = []


def remote(
    score: float = 0.1, warning: bool = False, pause: bool = False, next_s: float = 40.0
) -> Inspection:
    return Inspection(RemoteEvidence(score, warning, pause), next_after_s=next_s)


GOOD = remote()
WARN = remote(0.6, warning=True)
BAD = remote(0.95, warning=True, pause=True)
