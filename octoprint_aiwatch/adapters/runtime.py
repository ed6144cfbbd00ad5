"""The control thread: feeds the machine, carries out its effects, never waits for I/O.

OctoPrint's threads only post into the inbox and read the last state.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import field
from functools import partial
from typing import Any, Callable, Optional, Union

from ..core import machine, status
from ..core import messages as m
from ..core.commands import refusal
from ..core.deferred import dataclass, replace
from ..core.settings import Settings
from ..core.state import TICK_S, UNREAD, State, wake_at
from ..core.values import Detection, Frame, PrinterReading
from ..core.words import ENGLISH, Tongue, say
from .announcer import Announcer, RuntimePorts
from .history.entries import Recorded
from .worker import Worker

STOP_WITHIN_S = 1.0
ANSWER_WITHIN_S = 2.0
LEAST_WAIT_S = 0.02
"""Nothing is so urgent that the processor must not do anything else."""
MOST_WAITING = 1000


@dataclass(frozen=True)
class StateSeen:
    """OctoPrint's bus named a printer state; by now it may be another."""

    state_id: str


@dataclass(frozen=True)
class _Asked:
    """An event whose sender waits until it has been taken in, or why it was refused."""

    event: m.Event
    done: threading.Event
    refusals: list[str] = field(default_factory=list)


Message = Union[m.Event, StateSeen, _Asked, None]
LOOK = m.PrinterRead(UNREAD)
"""Nothing came in, but it is time to look at the printer."""


class Runtime:
    """Everything that lives between start-up and shutdown."""

    def __init__(self, settings: Settings, ports: RuntimePorts) -> None:
        self._ports = ports
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._state = State(settings, ports.notebook.sections(), ports.labels)
        ports.calls.limit = settings.budget.monthly_calls
        self._frame: Optional[Frame] = None
        self._announcer = Announcer(ports)
        self._stopping = False
        self._stumbled = False
        self._unreadable = False
        self._worker = Worker(ports.worker, self.post)
        self._thread = threading.Thread(
            target=self._run, name="aiwatch-control", daemon=True
        )

    # -- for OctoPrint's threads ------------------------------------------------------

    def start(self) -> None:
        """Start the threads."""
        self._ports.history.start()
        self._worker.start()
        self._thread.start()

    def post(self, message: Message) -> None:
        """Hand over an event; returns at once.

        What is in the file is left out while there is too much to do: a file may hold
        more commands than anybody can follow.
        """
        if isinstance(message, m.InFile) and self._inbox.qsize() >= MOST_WAITING:
            return
        self._inbox.put(message)

    def height_changed(self) -> None:
        """The print moves to another height; a spiral does so with every line."""
        state = self._state
        attempt = state.attempt
        waiting = attempt is not None and attempt.wait_until is not None
        if state.job is not None and (waiting or not state.tells_height):
            self.post(m.HeightChanged())

    def stop(self) -> None:
        """End the watch and the threads; returns within 2 s whatever hangs."""
        self.post(m.PrintEnded("shutdown"))
        self._stopping = True
        self.post(None)
        self._worker.stop()
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN_S)
        self._worker.join(STOP_WITHIN_S / 4)
        self._ports.history.stop()
        self._ports.calls.save()
        self._ports.notebook.save()

    def status(self) -> dict[str, Any]:
        """The status document as of now."""
        return self._announcer.document(self._state)

    def frame(self) -> Optional[Frame]:
        """The last frame taken."""
        return self._frame

    def command(
        self,
        name: str,
        box: Optional[Detection] = None,
        job: str = "",
        tongue: Tongue = ENGLISH,
    ) -> tuple[bool, str]:
        """Carry out a button's command; whether it could be, and a sentence.

        Args:
            box: the detection that is meant, in the last frame.
            job: the id of the job that is meant, for a command to a paused print.
        """
        event = m.Commanded(name, box, job)
        code = refusal(self._state, event)
        if code is not None:
            return False, say(code, {}, tongue)
        asked = _Asked(event, threading.Event())
        self.post(asked)
        if not asked.done.wait(ANSWER_WITHIN_S):
            return False, say("busy", {}, tongue)
        if asked.refusals:
            return False, say(asked.refusals[0], {}, tongue)
        wait_s = status.next_check_s(self._state, self._ports.clock()) or 0.0
        return True, say("done_" + name, {"wait_s": wait_s}, tongue)

    # -- the control thread -----------------------------------------------------------

    def _run(self) -> None:
        while True:
            wait_s = self._wait_s()
            until_s = self._ports.clock() + (wait_s or 0.0)
            try:
                message = self._inbox.get(timeout=wait_s)
            except queue.Empty:
                message = LOOK
                self._ports.strain.woke(self._ports.clock() - until_s)
            if message is None and self._stopping:
                return
            try:
                self._take(message)
                self._stumbled = False
            except Exception:  # noqa: BLE001 - the watch must outlive a mistake of ours
                self._stumbled = True
                self._ports.worker.log_exception("Unexpected error in the control thread")

    def _wait_s(self) -> Optional[float]:
        now_s = self._ports.clock()
        due = wake_at(self._state, now_s)
        # A mistake that stays must not fill the log and the processor.
        least_s = TICK_S if self._stumbled else LEAST_WAIT_S
        return None if due is None else max(least_s, due - now_s)

    def _take(self, message: Message) -> None:
        if isinstance(message, _Asked):
            try:
                self._command(message)
            finally:
                message.done.set()
            return
        if self._state.job is not None and not isinstance(message, StateSeen):
            # What is decided next must be decided on the printer's state of this moment.
            self._step(self._look())
        if isinstance(message, StateSeen):
            if self._state.job is not None:
                reading = self._reading()
                # In the order things happened: a pause may already be over again.
                self._step(m.PrinterRead(replace(reading, state_id=message.state_id)))
                # A look that began now would be voided by what is heard next.
                if self._inbox.empty():
                    self._step(m.PrinterRead(reading))
        elif message is not None and message is not LOOK:
            if isinstance(message, m.SettingsChanged):
                self._ports.calls.limit = message.settings.budget.monthly_calls
                self._ports.history.keep(message.settings.history)
            self._step(message)
            if isinstance(message, m.PrintStarted):
                self._step(self._look())
        self._push()

    def _command(self, asked: _Asked) -> None:
        """A command is carried out only if it still can be, as of this moment."""
        if self._state.job is not None:
            self._step(self._look())
        event = asked.event
        code = refusal(self._state, event) if isinstance(event, m.Commanded) else None
        if code is not None:
            asked.refusals.append(code)
            return
        self._step(event)
        self._push()

    def _push(self) -> None:
        self._attempt(partial(self._announcer.push_if_changed, self._state, self._frame))

    def _look(self) -> m.PrinterRead:
        return m.PrinterRead(self._reading(), self._ports.calls_left())

    def _reading(self) -> PrinterReading:
        """The printer right now; one that cannot be read ends no watch."""
        try:
            reading = self._ports.printer.reading()
        except Exception:  # noqa: BLE001 - OctoPrint's connectors may raise anything
            if not self._unreadable:
                self._ports.worker.log_exception("The printer's state cannot be read")
            self._unreadable = True
            return UNREAD
        self._unreadable = False
        return replace(reading, strain=self._ports.strain.sign(reading))

    def _step(self, event: m.Event) -> None:
        before = self._state
        self._state, effects = machine.step(before, event, self._ports.clock())
        if self._state.frame_number != before.frame_number:
            self._frame = getattr(event, "frame", None)
        if isinstance(event, (m.Commanded, m.PrintResumed)):
            self._attempt(self._announcer.reacted)
        self._carry_out(effects)

    def _carry_out(self, effects: list[m.Effect]) -> None:
        for effect in effects:
            self._attempt(partial(CARRY_OUT[type(effect)], self, effect))

    def _attempt(self, work: Callable[[], None]) -> None:
        """Do one thing outside; if that breaks, the next one (a pause?) is still done."""
        try:
            work()
        except Exception:  # noqa: BLE001 - OctoPrint's parts may raise anything
            self._ports.worker.log_exception("Unexpected error in the control thread")

    def _submit(self, effect: Union[m.OpenContext, m.InspectFrame]) -> None:
        self._worker.submit(effect)

    def _close_context(self, _: m.CloseContext) -> None:
        self._worker.forget()

    def _replace_worker(self, _: m.ReplaceWorker) -> None:
        self._worker.stop()
        self._worker = Worker(self._ports.worker, self.post)
        self._worker.start()

    def _pause(self, effect: m.PausePrint) -> None:
        self._ports.worker.meters.pause_requested()
        self._ports.printer.pause(effect.print_number, effect.park)

    def _call_off_parking(self, _: m.CallOffParking) -> None:
        self._ports.printer.call_off_parking()

    def _cancel(self, effect: m.CancelPrint) -> None:
        self._ports.printer.cancel(effect.print_number)

    def _resume(self, effect: m.ResumePrint) -> None:
        self._ports.printer.resume(effect.print_number)

    def _remember(self, effect: m.Remember) -> None:
        self._ports.notebook.write(effect.section, effect.value, effect.soon)

    def _record(self, effect: Recorded) -> None:
        self._ports.history.record(effect)

    def _note(self, effect: m.RecordNote) -> None:
        self._record(effect)
        self._announcer.note(effect)

    def _fire(self, effect: m.RaiseEvent) -> None:
        self._announcer.fire(effect, self._state, self._frame)

    def _alert(self, effect: m.Alert) -> None:
        self._announcer.alert(effect)

    def _log(self, effect: m.Log) -> None:
        self._announcer.log(effect)


CARRY_OUT: dict[Any, Callable[[Runtime, Any], None]] = {
    m.OpenContext: Runtime._submit,
    m.InspectFrame: Runtime._submit,
    m.CloseContext: Runtime._close_context,
    m.ReplaceWorker: Runtime._replace_worker,
    m.PausePrint: Runtime._pause,
    m.CallOffParking: Runtime._call_off_parking,
    m.CancelPrint: Runtime._cancel,
    m.ResumePrint: Runtime._resume,
    m.Remember: Runtime._remember,
    m.RecordJob: Runtime._record,
    m.RecordCheck: Runtime._record,
    m.RecordNote: Runtime._note,
    m.RecordEnd: Runtime._record,
    m.RaiseEvent: Runtime._fire,
    m.Alert: Runtime._alert,
    m.Log: Runtime._log,
}
