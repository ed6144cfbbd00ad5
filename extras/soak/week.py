"""A week of prints, drawn from a seed: what is printed, what fails, what people do.

Checks that every print ended in a known state, that no exception got out of its tree,
that nothing was paused which had not failed, and that nothing grew.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from octoprint_aiwatch.core import messages as m

from .found import ENDINGS, KEEP, Found, handles, held_bytes, judge, look_up
from .life import Life, in_virtual_time
from .world import GADGET, HELPER, OBICO, SERVICE, WEBCAM, World

HOUR_S = 3600.0
WEEK_S = 7 * 24 * HOUR_S
AFTER = {"error": "OFFLINE", "disconnected": "OFFLINE"}
FIELDS = {
    "gadget": {"url": GADGET, "api_key": "k"},
    "obico": {"url": OBICO, "serial_no": "s", "access_token": "t"},
}


class Week:
    """Plays one; ``span_s`` may be shorter or longer."""

    def __init__(self, folder: Path, seed: int, span_s: float = WEEK_S) -> None:
        self._folder = folder
        self._chance = random.Random(seed)
        self._span_s = span_s
        self.world = World(self._chance)
        self.found = Found()
        self._tree: dict[str, Any] = {
            "backend": "gadget",
            "backends": FIELDS,
            "watch": {"min_interval_s": 10, "warmup": False, "grace_resume_s": 30},
            "history": KEEP,
        }

    def play(self) -> Found:
        with in_virtual_time(self.world):
            threads, files = threading.active_count(), handles(self._folder)
            self._life = Life(self.world, self._folder, self._tree)
            began_s, warm = self.world.clock.now_s, 0
            while self.world.clock.now_s - began_s < self._span_s:
                self._one_print()
                if not warm and self.world.clock.now_s - began_s > self._span_s / 4:
                    warm = self._held_bytes()
                self._life.pass_time(self._chance.uniform(60.0, HOUR_S))
            self.found.grown_bytes = self._held_bytes() - warm
            self._end_life()
        self.found.hours = (self.world.clock.now_s - began_s) / HOUR_S
        self.found.threads = (threads, threading.active_count())
        self.found.handles = (files, handles(self._folder))
        judge(self.found, self._folder)
        return self.found

    def _held_bytes(self) -> int:
        """Of the whole process, just after a start, with nothing under way."""
        self._restart()
        return held_bytes()

    # -- prints ------------------------------------------------------------------------

    def _one_print(self) -> None:
        chance, life, found = self._chance, self._life, self.found
        found.prints += 1
        name = f"part-{chance.randrange(8)}.gcode"
        job = f"{found.prints:032x}"
        failures, pauses = self.world.failures, life.printer.pauses
        life.printer.become("STARTING")
        start = m.PrintStarted(job, name, name, "local", self.world.wall(), "e" * 32)
        life.post(start)
        life.pass_time(2.0)
        life.printer.become("PRINTING")
        for _ in range(chance.randrange(1, 9)):
            life.pass_time(chance.uniform(30.0, 0.4 * HOUR_S))
            chance.choice(HAPPENINGS)(self)
            if self._life is not life:
                return  # OctoPrint was restarted, and with it the print is over
        life.pass_time(chance.uniform(10.0, 600.0))
        self._all_well()
        status = life.runtime.status()
        found.checks += int(status["checks"])
        found.pauses += life.printer.pauses - pauses
        if life.printer.pauses > pauses and self.world.failures == failures:
            found.wrong.append(f"print {found.prints} was paused without a failure")
        self._end_print()

    def _end_print(self) -> None:
        outcome = self._chance.choice(ENDINGS)
        self._life.post(m.PrintEnded(outcome))
        if outcome == "error":
            self._life.post(m.PrintEnded("error", final=False))
        self._life.printer.become(AFTER.get(outcome, "OPERATIONAL"))
        self._life.pass_time(1.0)
        phase = self._life.runtime.status()["phase"]
        if phase != "idle":
            self.found.wrong.append(f"print {self.found.prints} ended, phase {phase}")

    # -- what happens in a print -------------------------------------------------------

    def _spoil(self, part: str, kinds: Sequence[str]) -> None:
        kind = self._chance.choice(kinds)
        self.found.troubles[f"{part} {kind}"] += 1
        self.world.trouble[part] = kind
        self._life.pass_time(self._chance.uniform(20.0, 900.0))
        del self.world.trouble[part]

    def webcam_fails(self) -> None:
        self._spoil("webcam", WEBCAM)

    def service_fails(self) -> None:
        self._spoil("service", SERVICE)

    def helper_fails(self) -> None:
        self._spoil("helper", HELPER)

    def all_fails(self) -> None:
        self.world.trouble["service"] = self._chance.choice(SERVICE)
        self._spoil("webcam", WEBCAM)
        del self.world.trouble["service"]

    def printer_is_unreadable(self) -> None:
        self.found.troubles["printer unreadable"] += 1
        self._life.printer.is_broken = True
        self._life.pass_time(self._chance.uniform(5.0, 60.0))
        self._life.printer.is_broken = False

    def print_fails(self) -> None:
        """It is found out, perhaps paused, and a person has it go on."""
        self.found.troubles["print fails"] += 1
        self._life.printer.is_deaf = self._chance.random() < 0.2
        self.world.fails = True
        self._life.pass_time(self._chance.uniform(60.0, 600.0))
        self.world.fails = self._life.printer.is_deaf = False
        self._all_well()

    def person_pauses(self) -> None:
        self.found.troubles["person pauses"] += 1
        self._life.printer.become("PAUSING")
        self._life.post(m.PrintPaused(by_user=True))
        self._life.printer.become("PAUSED")
        self._life.pass_time(self._chance.uniform(5.0, 1800.0))
        self._all_well()

    def _all_well(self) -> None:
        if self._life.printer.state_id == "PAUSED":
            self._life.post(m.PrintResumed())
            self._life.printer.become("PRINTING")
            self._life.pass_time(40.0)

    def person_presses(self) -> None:
        names = ("suppress", "unsuppress", "not_a_failure", "check_now")
        self._life.press(self._chance.choice(names))

    def settings_are_saved(self) -> None:
        """Often in the middle of a call that takes long."""
        self.found.troubles["settings saved"] += 1
        if self._chance.random() < 0.5:
            self._life.stuck_until_s = self.world.clock.now_s + 15.0
            self._life.pass_time(12.0)
        self._tree["backend"] = self._chance.choice(("gadget", "obico", "local"))
        self._tree["watch"]["min_interval_s"] = self._chance.choice((10, 15, 40))
        self._life.save(self._tree)

    def worker_hangs(self) -> None:
        """Beyond every time-out."""
        self.found.troubles["worker hangs"] += 1
        self._life.stuck_until_s = self.world.clock.now_s + 300.0
        self._life.pass_time(300.0)
        self._life.unstick()

    def clock_jumps(self) -> None:
        self.found.troubles["clock jumps"] += 1
        self.world.wall_off_s += self._chance.choice((-86400.0, 86400.0, -3600.0, 3600.0))

    def disk_fills_up(self) -> None:
        self.found.troubles["disk full"] += 1
        self.world.disk_is_full = True
        self._life.pass_time(self._chance.uniform(60.0, 600.0))
        self.world.disk_is_full = False

    def octoprint_restarts(self) -> None:
        self._restart()

    def _restart(self) -> None:
        self.found.restarts += 1
        self._end_life()
        self._life = Life(self.world, self._folder, self._tree)

    def _end_life(self) -> None:
        self._life.end()
        self.found.wrong += self._life.bugs.texts
        look_up(self.found, self._folder)


HAPPENINGS: tuple[Callable[[Week], None], ...] = (
    Week.webcam_fails,
    Week.webcam_fails,
    Week.service_fails,
    Week.service_fails,
    Week.helper_fails,
    Week.all_fails,
    Week.printer_is_unreadable,
    Week.print_fails,
    Week.print_fails,
    Week.person_pauses,
    Week.person_presses,
    Week.settings_are_saved,
    Week.settings_are_saved,
    Week.worker_hangs,
    Week.clock_jumps,
    Week.disk_fills_up,
    Week.octoprint_restarts,
)
