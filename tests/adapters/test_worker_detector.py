"""The worker and the detector's process: opened, judged with, forgotten, stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from octoprint_aiwatch.adapters import trial
from octoprint_aiwatch.adapters.detector import (
    JUDGE_WITHIN_S,
    LOAD_WITHIN_S,
    LOOK_WITHIN_S,
)
from octoprint_aiwatch.adapters.transport import Transport
from octoprint_aiwatch.adapters.trial import Trials
from octoprint_aiwatch.adapters.worker import Worker
from octoprint_aiwatch.backends import REGISTRY
from octoprint_aiwatch.backends.base import CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.errors import Ask, Retry
from octoprint_aiwatch.core.options import OPTIONS
from octoprint_aiwatch.core.values import FrameEvidence
from tests.adapters.detecting import Belongings, Played, Start, guards, has_ended
from tests.adapters.fakes import PATIENCE_S, FakeDetector, FakeHttp, transport, until
from tests.adapters.watching import HEAT, JUDGE, LOAD, LOADED, LOCAL, Bench


@pytest.fixture
def detector() -> FakeDetector:
    made = FakeDetector()
    made.answers = [LOADED, HEAT, HEAT]
    return made


@pytest.fixture
def bench(detector: FakeDetector) -> Iterator[Bench]:
    before = Belongings()
    made = Bench(lambda: transport(FakeHttp(), detector), REGISTRY)
    yield made
    detector.gate.set()
    made.end()
    before.assert_same()


def test_a_frame_is_judged_by_the_model_that_was_opened(
    bench: Bench, detector: FakeDetector
) -> None:
    bench.open()
    bench.inspect()
    assert bench.next().inspection.evidence == FrameEvidence(0.5)
    assert detector.wishes == [LOAD, JUDGE]


def test_a_model_that_cannot_be_used_is_a_failed_order(
    bench: Bench, detector: FakeDetector
) -> None:
    detector.answers = [Ask("model_missing")]
    failed = bench.open()
    assert (failed.fault.code, failed.fault.step) == ("model_missing", "ask")


def test_after_trouble_with_a_frame_the_next_one_is_judged_in_the_same_context(
    bench: Bench, detector: FakeDetector
) -> None:
    detector.answers = [LOADED, Retry("detector_died"), HEAT]
    bench.open()
    bench.inspect()
    assert bench.next().fault.code == "detector_died"
    bench.inspect()
    assert isinstance(bench.next(), m.InspectionDone)


def test_forgetting_ends_the_process_of_the_context(
    bench: Bench, detector: FakeDetector
) -> None:
    bench.open()
    bench.worker.forget()
    until(lambda: detector.closed, "the process's end")


@pytest.mark.parametrize("how", ["forget", "stop"])
def test_nobody_waits_for_a_long_judgement_that_is_not_wanted_any_more(
    bench: Bench, detector: FakeDetector, how: str
) -> None:
    bench.open()
    detector.gate.clear()
    detector.entered.clear()
    bench.inspect()
    assert detector.entered.wait(PATIENCE_S)
    getattr(bench.worker, how)()
    until(lambda: detector.closed, "the process's end")
    assert detector.killed >= 1


def test_a_worker_that_never_ran_can_be_forgotten_and_stopped(bench: Bench) -> None:
    idle = Worker(bench.ports, bench.events.put)
    idle.forget()
    idle.stop()
    idle.join(1.0)


# -- with a process -------------------------------------------------------------------


def with_process(start: Start, *actions: str) -> tuple[Bench, Played]:
    """A worker that has opened a context, and its process."""
    played = start(*actions)
    bench = Bench(lambda: Transport(FakeHttp(), played.detector), REGISTRY)
    assert bench.open() == m.ContextOpened(1)
    return bench, played


@pytest.mark.parametrize("how", ["forget", "stop"])
def test_a_process_that_is_not_wanted_any_more_ends(start: Start, how: str) -> None:
    bench, played = with_process(start, "ok")
    pid = played.detector.pid
    getattr(bench.worker, how)()
    assert pid is not None
    until(lambda: has_ended(pid), "the process's end")
    bench.end()
    assert played.detector.pid is None


@pytest.mark.parametrize("action", ["hang", "half", "deaf"])
@pytest.mark.parametrize("how", ["forget", "stop"])
def test_a_process_that_hangs_ends_when_it_is_not_wanted_any_more(
    start: Start, how: str, action: str
) -> None:
    bench, played = with_process(start, "ok", action)
    pid = played.detector.pid
    until(lambda: not guards(), "the end of loading")
    bench.inspect()
    until(guards, "the frame's judgement")
    getattr(bench.worker, how)()
    assert pid is not None
    until(lambda: has_ended(pid), "the process's end")
    bench.end()
    assert played.detector.pid is None


def test_the_next_print_gets_a_process_of_its_own(start: Start) -> None:
    bench, played = with_process(start, "ok")
    first = played.detector.pid
    bench.worker.forget()
    assert bench.open() == m.ContextOpened(1)
    assert played.detector.pid not in (None, first)
    bench.inspect()
    assert isinstance(bench.next(), m.InspectionDone)
    bench.end()


# -- the settings page's test ---------------------------------------------------------


def test_a_test_waits_for_all_that_a_slow_computer_may_take() -> None:
    (snapshot,) = (one for one in OPTIONS if one.path == ("camera", "timeout_s"))
    assert snapshot.high is not None
    most_s = snapshot.high + LOOK_WITHIN_S + LOAD_WITHIN_S + JUDGE_WITHIN_S
    assert most_s < trial.WITHIN_S
    calls_s = snapshot.high + LOOK_WITHIN_S + 2 * (CONNECT_TIMEOUT_S + READ_TIMEOUT_S)
    assert calls_s < trial.WITHIN_S


class Noting(Transport):
    """Remembers which process it had."""

    pid: Any = None

    def look(self, frame: Any) -> Any:
        try:
            return super().look(frame)
        finally:
            self.pid = self.pid or self._detector.pid

    def send(self, wish: Any) -> Any:
        try:
            return super().send(wish)
        finally:
            self.pid = self.pid or self._detector.pid


@pytest.mark.parametrize("action", ["ok", "die", '{"error": "model_shape"}'])
def test_a_test_ends_its_own_process_and_no_other(start: Start, action: str) -> None:
    bench, played = with_process(start, "ok")
    way = Noting(FakeHttp(), start("ok", action).detector)
    ports = replace(bench.ports, new_transport=lambda: way)
    document = Trials(ports, lambda: "id").run(LOCAL)
    assert document is not None
    assert document["ok"] is (action == "ok")
    assert way.pid not in (None, played.detector.pid)
    assert has_ended(way.pid)
    bench.inspect()
    assert isinstance(bench.next(), m.InspectionDone)
    bench.end()
