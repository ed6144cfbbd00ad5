"""Whatever happens to the machine, it can say in words what it does and why.

A walk of random events through the whole machine; what must hold is looked at after
every step, so that no state is left without its sentence.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.commands import COMMANDS
from octoprint_aiwatch.core.printing import JOB_STATES
from octoprint_aiwatch.core.state import HOLDS
from octoprint_aiwatch.core.values import (
    Detection,
    FrameEvidence,
    Inspection,
    StatisticsEvidence,
)
from octoprint_aiwatch.core.words import SENTENCES
from tests.core.rig import BAD, GOOD, QUICK, WARN, Rig, settings_with

PRINTER_STATES = sorted(JOB_STATES | {"OPERATIONAL", "OFFLINE", "ERROR", "CLOSED"})
BOX = Detection(0.8, 0.5, 0.5, 0.2, 0.2)
FAULTS = (
    ("timeout", "retry", "backend"),
    ("frame_refused", "next_frame", "backend"),
    ("snapshot_is_page", "next_frame", "camera"),
    ("context_refused", "reopen", "backend"),
    ("api_key_refused", "ask", "backend"),
    ("bug", "bug", "backend"),
)
INSPECTIONS = (
    GOOD,
    WARN,
    BAD,
    Inspection(FrameEvidence(0.02)),
    Inspection(FrameEvidence(0.97), (BOX,)),
    Inspection(StatisticsEvidence(0.1, 0.1, 0.1, 0.1)),
    Inspection(StatisticsEvidence(0.9, 1.6, 0.9, 0.1), (BOX,)),
)
ZONED = {"ignore_zones": [[[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]]]}
CHOICES = (
    settings_with(watch=QUICK),
    settings_with(watch={**QUICK, "grace_start_s": 60, "warmup": True}),
    settings_with(watch=QUICK, enabled=False),
    settings_with(watch=QUICK, actions={"max_pauses": 1}),
    settings_with(watch=QUICK, actions={"on_failure": "cancel"}),
    settings_with(watch=QUICK, backend="local", camera=ZONED),
    settings_with(watch=QUICK, backend="obico"),
)


class Walk(RuleBasedStateMachine):
    """Anything at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.rig = Rig(CHOICES[0])

    @rule()
    def a_print_starts(self) -> None:
        self.rig.start(then=None)

    @rule(outcome=st.sampled_from(["done", "cancelled", "failed", "error"]))
    def it_ends(self, outcome: str) -> None:
        self.rig.send(m.PrintEnded(outcome, final=outcome != "error"))

    @rule(
        state_id=st.sampled_from(["PRINTING", "PAUSED", *PRINTER_STATES]),
        heating=st.sampled_from([None, True, False]),
        tool_ready=st.booleans(),
    )
    def the_printer_is_seen(self, state_id: str, heating: Any, tool_ready: bool) -> None:
        self.rig.printer(state_id, heating, tool_ready)

    @rule()
    def it_goes_on(self) -> None:
        self.rig.send(m.PrintResumed())

    @rule(seconds=st.sampled_from([0.1, 3.0, 10.0, 31.0, 60.0, 120.0, 1000.0]))
    def time_passes(self, seconds: float) -> None:
        self.rig.wait(seconds)

    @precondition(lambda self: self.rig.state.order is not None)
    @rule(n=st.integers(0, len(INSPECTIONS) - 1), times=st.integers(1, 20))
    def it_is_answered(self, n: int, times: int) -> None:
        for _ in range(times):
            order = self.rig.state.order
            if order is None:
                self.rig.wait(10.0)
            elif order.kind == "open":
                self.rig.opened()
            else:
                self.rig.judged(INSPECTIONS[n])

    @precondition(lambda self: self.rig.state.order is not None)
    @rule(n=st.integers(0, len(FAULTS) - 1))
    def it_goes_wrong(self, n: int) -> None:
        self.rig.fails(*FAULTS[n])

    @rule(name=st.sampled_from(sorted(COMMANDS)))
    def a_button_is_pressed(self, name: str) -> None:
        self.rig.press(name)

    @rule(n=st.integers(0, len(CHOICES) - 1))
    def settings_are_saved(self, n: int) -> None:
        self.rig.change(CHOICES[n])

    @rule()
    def octoprint_starts_again(self) -> None:
        self.rig.restart()

    # -- what holds at any time -------------------------------------------------------

    @invariant()
    def everything_said_has_its_sentence(self) -> None:
        status = json.loads(json.dumps(self.rig.status()))
        assert status["reasons"]
        for reason in status["reasons"]:
            assert reason["code"] in SENTENCES
        for text in [status["reason"], *(one["text"] for one in status["reasons"])]:
            assert text.endswith((".", "?"))
            assert not {"{", "}"} & set(text)

    @invariant()
    def what_is_not_watched_is_explained(self) -> None:
        status = self.rig.status()
        codes = [reason["code"] for reason in status["reasons"]]
        if status["phase"] == "idle":
            assert codes == ["idle"]
        if status["hold"] not in (None, "ask"):
            assert any(code.startswith(("hold_", "paus", "cancel")) for code in codes)
        assert status["hold"] in (None, *(name for name, _ in HOLDS))

    @invariant()
    def unknown_is_never_shown_as_a_score(self) -> None:
        status = self.rig.status()
        if status["blind"]:
            assert status["verdict"] == "unknown"
        if status["verdict"] == "unknown":
            assert status["score"] is None
            assert status["detections"] == []

    @invariant()
    def it_says_when_it_looks_next_or_that_it_does_not(self) -> None:
        status = self.rig.status()
        if status["phase"] == "idle" or status["hold"] not in (None, "ask"):
            assert status["next_check_s"] is None
        elif status["hold"] is None:
            assert status["next_check_s"] is not None


TestWalk = Walk.TestCase
TestWalk.settings = hypothesis_settings(
    max_examples=150, stateful_step_count=30, deadline=None
)
