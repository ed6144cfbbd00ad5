"""Random lives of prints on a real OctoPrint: parking stays inside its print, and what is
done follows from what was seen of this print since it last went on.

`AIWATCH_RANDOM=200 make test ONLY=e2e ARGS='-k random'` plays as many sequences.
"""

from __future__ import annotations

import itertools
import os
import random
from typing import Any, Optional

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from simulator.host import HostError

from tests.e2e.support_serial import CONFIG, CONNECTED, OVER, Wire, job
from tests.e2e.support_watch import Rig, merged

SEQUENCES = int(os.environ.get("AIWATCH_RANDOM", "25"))
RESTART_EVERY = 12
"""A restart takes seconds, so only now and then a sequence has one."""
PARK = {"enabled": True, "retract_mm": 2, "lift_mm": 10, "y_mm": 12.5, "tool": "off"}
PARKED, BACK = "G1 Z15 F600", "G1 Z5 F600"
GOING_ON = ("G4 P50", "G1 X50 Y60 Z5 F3000")
USUAL = ("start", "fail", "fail", "resume")
STEPS = st.sampled_from(
    (
        *(*USUAL, *USUAL),
        *("fail_soon", "pause", "resume_soon", "cancel", "cancel_soon", "disconnect"),
    )
)


class Player:
    """Plays sequences on one OctoPrint; ``places`` has each job's own parking place."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.wire = Wire(rig.host)
        self.wire.skip()
        self._numbers = itertools.count(1)
        self.places: dict[str, str] = {}
        self.played = 0
        self.parkings = 0
        self.done: list[str] = []

    def play(self, steps: list[str]) -> None:
        self.played += 1
        self.done = []
        since_s = self.rig.host.now_s()
        if self.played % RESTART_EVERY == 0:
            steps.insert(random.Random(self.played).randrange(len(steps) + 1), "restart")
        try:
            for step in ["start", *steps]:
                self.done.append(step)
                getattr(self, step)()
        finally:
            self.rig.gadget.say("ok")
            self.rig.end_print()
        self.check_wire()
        self.check_evidence(since_s)

    # -- steps -------------------------------------------------------------------------

    def _text(self) -> str:
        return self.rig.host.state().text

    def _settled(self) -> None:
        # Not "Starting": OctoPrint 2.0.0rc7 may go on telling that of a print that runs.
        going = ("Pausing", "Resuming", "Cancelling", "Finishing")
        self.rig.host.wait(lambda: self._text() not in going, 20, "the printer to settle")

    def start(self) -> None:
        self._settled()
        if self._text() != "Operational":
            return
        number = next(self._numbers)
        name = f"job-{number}"
        place = round(10 + number * 0.05, 2)
        self.places[name] = f"G1 X{place:g} Y12.5 F6000"
        self.rig.host.save_settings({"actions": {"park": {**PARK, "x_mm": place}}})
        since_s = self.rig.host.now_s()
        # Every third is the file that was printed before, as people do.
        file = f"job-{number - number % 3}.gcode"
        self.rig.host.upload_text(job(name, 2000), file, print_now=True)
        self.rig.wait_printer("PRINTING", since_s)

    def fail_soon(self) -> None:
        self.rig.gadget.say("failure")
        self.rig.host.post("/plugin/aiwatch/api/command", json={"command": "check_now"})

    def fail(self) -> None:
        self._settled()
        self.fail_soon()
        if self._text() != "Printing":
            return
        try:
            self.rig.host.wait(lambda: self._text() != "Printing", 1.0, "a reaction")
        except HostError:
            return  # a pause by now, or the way back, may have left it nothing to do
        self._settled()
        self.rig.gadget.say("ok")

    def pause(self) -> None:
        self._job({"command": "pause", "action": "pause"})

    def resume_soon(self) -> None:
        self._job({"command": "pause", "action": "resume"})

    def resume(self) -> None:
        self._settled()
        self.resume_soon()
        self._settled()

    def cancel_soon(self) -> None:
        self._job({"command": "cancel"})

    def cancel(self) -> None:
        self.cancel_soon()
        self._settled()

    def _job(self, body: dict[str, Any]) -> None:
        answer = self.rig.host.post("/api/job", json=body)
        assert answer.status_code in (204, 409), answer.text

    def disconnect(self) -> None:
        self.rig.host.disconnect()
        self.rig.host.connect()

    def restart(self) -> None:
        self.rig.host.restart()

    # -- what must hold ----------------------------------------------------------------

    def check_wire(self) -> None:
        job_now: Optional[str] = None
        parked = False
        owner = {line: name for name, line in self.places.items()}
        for line in self.wire.read():
            story = f"{line!r} in {job_now} after {self.done}"
            if line.startswith("M117 BEGIN "):
                job_now, parked = line.rpartition(" ")[2], False
            elif line in (OVER, CONNECTED):
                job_now, parked = None, False
            elif line in owner:
                assert owner[line] == job_now, story
                self.parkings += 1
            elif line in (PARKED, BACK):
                assert job_now is not None, story
                assert parked == (line == BACK), story
                parked = line == PARKED
            elif line in GOING_ON:
                assert not parked, f"prints on from a parked head: {story}"
        self.wire.lines = [OVER] if job_now is None else [f"M117 BEGIN {job_now}"]

    def check_evidence(self, since_s: float) -> None:
        """Each failure that was acted on was seen in a frame taken since then."""
        began = ("PrintStarted", "PrintResumed")
        last_s = since_s
        frames = [frame.at_s for frame in self.rig.gadget.frames(since_s)]
        for event in self.rig.host.events(since_s=since_s):
            if event.name in began:
                last_s = event.at_s
            elif event.name == "plugin_aiwatch_failure_detected":
                seen = [at_s for at_s in frames if last_s - 0.5 <= at_s <= event.at_s]
                assert seen, f"acted on something old after {self.done}"


@pytest.fixture(scope="module")
def player(module_workshop, tmp_path_factory) -> Player:
    # The virtual printer's own thread ends badly when it is disconnected.
    module_workshop.allow_in_log("virtual_printer.buffer_thread")
    module_workshop.allow_in_log("virtual_printer/virtual.py")
    quick = {"plugins": {"classicwebcam": {"snapshotTimeout": 2}}}
    rig = Rig(module_workshop, config=merged(quick, CONFIG), parks=True)
    rig.prepare("gadget", actions={"park": PARK})
    return Player(rig)


@pytest.mark.timeout(60 + 10 * SEQUENCES)
@seed(4)
@settings(
    max_examples=SEQUENCES,
    phases=[Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(steps=st.lists(STEPS, min_size=3, max_size=7))
def test_random_sequences_park_inside_their_print_only(player, steps):
    player.play(list(steps))


def test_and_they_did_park(player):
    if not player.played:
        # Run again by itself, because something else failed at its end.
        test_random_sequences_park_inside_their_print_only(player)
    assert player.played >= SEQUENCES
    assert player.parkings > SEQUENCES / 10
