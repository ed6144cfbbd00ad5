"""Whatever people and printers do: no line outside its print, no act on old evidence.

Random sequences in virtual time: the machine and the parking hooks against a model of
OctoPrint whose events come late.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Optional

from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from octoprint_aiwatch.adapters.parking import Parker
from octoprint_aiwatch.adapters.printer import Printer
from octoprint_aiwatch.core import machine
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.acting import DRAIN_S
from octoprint_aiwatch.core.settings import merged
from octoprint_aiwatch.core.state import State, wake_at
from octoprint_aiwatch.core.values import Frame
from tests.adapters.octo import PROFILE, Octo
from tests.core.rig import BAD, GOOD, WARN, settings_with

PARK = {
    "enabled": True,
    "retract_mm": 2,
    "lift_mm": 10,
    "x_mm": 1,
    "y_mm": 2,
    "tool": "off",
}
MAX_PAUSES = 1
QUICK: dict[str, Any] = {
    "watch": {
        "grace_start_s": 0,
        "grace_resume_s": 5,
        "warmup": False,
        "min_interval_s": 5,
    },
    "actions": {"max_pauses": MAX_PAUSES, "park": PARK},
}


class Life(RuleBasedStateMachine):
    """The watch as the runtime drives it, without its threads."""

    @initialize(
        safe_moment_s=st.sampled_from([0, 8]),
        action=st.sampled_from(["pause", "pause", "pause", "cancel", "notify"]),
    )
    def begin(self, safe_moment_s: float, action: str) -> None:
        changes = {"actions": {"safe_moment_s": safe_moment_s, "on_failure": action}}
        self.settings = settings_with(**merged(QUICK, changes))
        self.now_s = 1000.0
        self.remembered: dict[str, Any] = {}
        self.pauses_of: dict[str, int] = {}
        self.chain: dict[str, str] = {}
        self.ordered: dict[int, tuple[Optional[str], int, str]] = {}
        self.failure: Optional[tuple[Optional[str], int, str]] = None
        self.wanted_since: Optional[float] = None
        self.interrupted: Optional[tuple[str, str]] = None
        self._boot()

    def _boot(self) -> None:
        self.parker = Parker(lambda: PROFILE, lambda name: None)
        self.parker.see_lines()
        jobs = self.octo.jobs if hasattr(self, "octo") else 0
        self.octo = Octo(self.parker, jobs)
        self.printer = Printer(self.octo, self.parker)
        self.parker.tell = lambda event: self.octo.bus.append(event)
        self.state = State(self.settings, json.loads(json.dumps(self.remembered)))

    # -- driving -----------------------------------------------------------------------

    def _step(self, event: m.Event) -> None:
        self.state, effects = machine.step(self.state, event, self.now_s)
        for effect in effects:
            self._carry_out(effect)

    def _look(self) -> None:
        if self.state.job is not None:
            self._step(m.PrinterRead(self.printer.reading()))

    def _take(self, event: Any) -> None:
        self._look()
        if isinstance(event, tuple):
            if self.state.job is not None:
                reading = self.printer.reading()
                self._step(m.PrinterRead(replace(reading, state_id=event[1])))
                self._step(m.PrinterRead(reading))
            return
        self._step(event)
        if isinstance(event, m.PrintStarted):
            self._look()

    def _carry_out(self, effect: m.Effect) -> None:
        if isinstance(effect, (m.PausePrint, m.CancelPrint)):
            self._check_request(effect)
        if isinstance(effect, m.PausePrint):
            self.printer.pause(effect.print_number, effect.park)
        elif isinstance(effect, m.CancelPrint):
            self.printer.cancel(effect.print_number)
        elif isinstance(effect, m.CallOffParking):
            self.printer.call_off_parking()
        elif isinstance(effect, m.Remember):
            self.remembered[effect.section] = effect.value
        elif isinstance(effect, m.InspectFrame):
            backend = effect.settings.backend
            self.ordered[effect.ticket] = (self.octo.job, self.octo.resumes, backend)
        elif isinstance(effect, m.RaiseEvent) and effect.name == "pause_confirmed":
            job = self._root(self.state.job.id if self.state.job else "")
            self.pauses_of[job] = self.pauses_of.get(job, 0) + 1

    def _root(self, job: str) -> str:
        while job in self.chain:
            job = self.chain[job]
        return job

    def _check_request(self, effect: Any) -> None:
        """A request is for the print and the evidence that it was made for."""
        if effect.print_number != self.parker.prints or self.octo.state_id != "PRINTING":
            return  # the adapter drops it
        assert self.failure is not None, "an act without a failure"
        job, resumes, backend = self.failure
        assert job == self.octo.job, "an act on another print's evidence"
        assert resumes == self.octo.resumes, "an act on evidence from before a resume"
        assert backend == self.state.settings.backend, "another backend's evidence"

    def _deliver(self, most: int = 10**6) -> None:
        for _ in range(most):
            if not self.octo.bus:
                return
            self._take(self.octo.bus.popleft())

    # -- what happens ------------------------------------------------------------------

    @precondition(lambda self: self.octo.state_id == "OPERATIONAL")
    @rule(path=st.sampled_from("ab"))
    def start(self, path: str) -> None:
        before = self.octo.job
        self.octo.start(path)
        if self.octo.job == before or self.octo.job is None:
            return
        if self.interrupted and self.interrupted[0] == path:
            self.chain[self.octo.job] = self.interrupted[1]
        self.interrupted = None

    @precondition(lambda self: self.octo.state_id == "PRINTING")
    @rule()
    def pause(self) -> None:
        self.octo.pause()
        self._deliver()

    @precondition(lambda self: self.octo.state_id in ("PAUSED", "PAUSING"))
    @rule(with_script=st.booleans())
    def resume(self, with_script: bool) -> None:
        self._deliver()
        self.octo.resume(with_script)
        self._deliver()

    @precondition(lambda self: self.octo.job is not None)
    @rule()
    def cancel(self) -> None:
        self.octo.cancel()

    @precondition(lambda self: self.octo.state_id == "PRINTING")
    @rule()
    def done(self) -> None:
        self.octo.done()

    @rule(orderly=st.booleans())
    def unplug(self, orderly: bool) -> None:
        self.octo.unplug(orderly)

    @precondition(lambda self: self.octo.queue)
    @rule(most=st.integers(1, 6))
    def wire(self, most: int) -> None:
        self.octo.send_some(most)

    @rule(z=st.integers(1, 50))
    def print_on(self, z: int) -> None:
        self.octo.print_line(f"G1 Z{z} F600")
        self._take(m.HeightChanged())

    @precondition(lambda self: self.octo.bus)
    @rule(most=st.integers(1, 4))
    def bus(self, most: int) -> None:
        self._deliver(most)

    @rule(found=st.sampled_from([GOOD, WARN, BAD, BAD, BAD]))
    def judged(self, found: Any) -> None:
        order = self.state.order
        if order is None:
            return
        if order.kind == "open":
            self._take(m.ContextOpened(order.ticket))
            return
        self._look()
        order = self.state.order
        if order is None or order.ticket not in self.ordered:
            return
        if found is BAD and not order.void:
            self.failure = self.ordered[order.ticket]
        self._step(m.InspectionDone(order.ticket, found, Frame(b"", 9, 9), self.now_s))

    @precondition(lambda self: self.octo.state_id in ("OPERATIONAL", "PRINTING"))
    @rule(late=st.booleans(), path=st.sampled_from("ab"))
    def fail(self, late: bool, path: str) -> None:
        """All that it takes for a failure to be seen, sooner than by chance."""
        self.start(path)
        self._deliver()
        for _ in range(4):
            self.wait(6.0)
            order = self.state.order
            if order is not None and order.kind == "inspect":
                break
            self.judged(GOOD)
        self.judged(BAD)
        if not late:
            self.let_happen()

    @precondition(lambda self: self.octo.state_id in ("OPERATIONAL", "PRINTING"))
    @rule(with_script=st.booleans(), ends=st.sampled_from(["", "cancel", "unplug", "on"]))
    def fail_and_go_on(self, with_script: bool, ends: str) -> None:
        """Paused by the watch and resumed by a person, who may think again."""
        self.fail(False, "a")
        self.wait(9.0)
        self.let_happen()
        if self.octo.state_id not in ("PAUSING", "PAUSED"):
            return
        self.resume(with_script)
        if ends == "on":
            self.let_happen()
            self.print_on(33)
        elif ends == "cancel":
            self.octo.send_some(2)
            self.octo.cancel()
        elif ends == "unplug":
            self.octo.send_some(2)
            self.octo.unplug(with_script)

    @rule()
    def let_happen(self) -> None:
        self.octo.finish_queue()
        self._deliver()
        self.wait(0.2)

    @rule(seconds=st.sampled_from([0.2, 2.0, 6.0, 40.0]))
    def wait(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while True:
            due = wake_at(self.state, self.now_s)
            if due is None or due > end_s:
                break
            self.now_s = max(due, self.now_s + 0.05)
            self._look()
        self.now_s = end_s
        self._look()

    @rule(text=st.sampled_from(["OFF", "ON", "GRACE 7s", "off", "dance"]))
    def in_file(self, text: str) -> None:
        if self.octo.state_id == "PRINTING":
            self._take(m.InFile(self.parker.prints, text))

    @rule(times=st.integers(1, 3))
    def go_deaf(self, times: int) -> None:
        self.octo.deaf = times

    @rule(backend=st.sampled_from(["gadget", "obico"]))
    def other_backend(self, backend: str) -> None:
        self.settings = replace(self.settings, backend=backend)
        self._take(m.SettingsChanged(self.settings))

    @rule(name=st.sampled_from(["suppress", "unsuppress", "not_a_failure"]))
    def press(self, name: str) -> None:
        self._take(m.Commanded(name))

    @rule(in_order=st.booleans())
    def restart(self, in_order: bool) -> None:
        """OctoPrint ends or crashes, and starts again."""
        self._deliver()
        if in_order:
            self._take(m.PrintEnded("shutdown"))
        job = self.octo.job
        self.interrupted = (job.partition("#")[0], job) if job else None
        self.failure = None
        self._boot()

    # -- what must hold ----------------------------------------------------------------

    @invariant()
    def no_line_outside_its_print(self) -> None:
        if not hasattr(self, "octo"):
            return
        of_tag: dict[str, Optional[str]] = {}
        for job, line, tags in self.octo.sent:
            for tag in tags:
                number = tag.rpartition(":")[2]
                assert job is not None, f"{line} outside any print"
                assert of_tag.setdefault(number, job) == job, f"{line} in another print"

    @invariant()
    def each_line_is_sent_once(self) -> None:
        if not hasattr(self, "octo"):
            return
        ours = [(tags, line) for _, line, tags in self.octo.sent if tags]
        assert len(ours) == len(set(ours))

    @invariant()
    def never_printing_on_from_a_parked_head(self) -> None:
        if not hasattr(self, "octo"):
            return
        height: Optional[str] = None
        for _, line, tags in self.octo.sent:
            parks = any(tag.startswith("aiwatch:park:") for tag in tags)
            if parks and line.startswith("G1 Z"):
                height = line
            elif tags and line.startswith("G1 Z"):
                height = None
            elif not tags and line.startswith("G1 Z"):
                assert height is None, "the file goes on while the head is parked"
            elif line in ("G21",):
                height = None  # another print

    @invariant()
    def never_more_pauses_than_allowed(self) -> None:
        for job, pauses in getattr(self, "pauses_of", {}).items():
            assert pauses <= MAX_PAUSES, job

    @invariant()
    def a_wanted_pause_does_not_hang(self) -> None:
        attempt = getattr(self, "state", None) and self.state.attempt
        if attempt:
            assert self.now_s - attempt.started_at <= DRAIN_S + 45
            if attempt.wait_until is not None:
                assert self.now_s <= attempt.wait_until + 41


TestLife = Life.TestCase
TestLife.settings = limits(max_examples=200, stateful_step_count=40, deadline=None)
