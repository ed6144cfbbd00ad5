"""The worker: orders carried out in a real thread, and dropped when not wanted."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Callable

import pytest

from octoprint_aiwatch.adapters.redact import BLOT, Redactor
from octoprint_aiwatch.adapters.worker import Worker, WorkerPorts, build, drive
from octoprint_aiwatch.backends.base import Request, Response
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.errors import (
    Ask,
    Cancelled,
    Retry,
    SnapshotError,
    Unreachable,
)
from octoprint_aiwatch.core.settings import Camera, Settings
from octoprint_aiwatch.core.sight import Look
from octoprint_aiwatch.core.values import Fault, Frame, Job, Progress
from tests.adapters.fakes import (
    FAKE_FIELDS,
    FRAME,
    PATIENCE_S,
    SEEN,
    FakeBackend,
    FakeDetector,
    FakeHttp,
    fake_registry,
    judgement,
    settings_with,
    transport,
    until,
)

SECRET = "SECRET-KEY"


def job(number: int = 1) -> Job:
    return Job(number, f"job-{number}", "a.gcode", "a.gcode", "local", 0.0)


def fake_settings() -> Settings:
    values = {"fake": {"url": "https://fake.example", "api_key": SECRET}}
    return settings_with(FAKE_FIELDS, backend="fake", backends=values)


SETTINGS = fake_settings()
DARK = replace(SEEN, bright=3, contrast=2, ground=0, odd=0.0)


class Bench:
    """A worker with a fake world around it."""

    def __init__(self, registry: Any = None) -> None:
        self._others = set(threading.enumerate())
        self.http = FakeHttp()
        self.detector = FakeDetector()
        self.take: Callable[[Camera], Frame] = lambda _: FRAME
        self.taken: list[Camera] = []
        self.counted: list[str] = []
        self.now_s = 123.0
        self.logged: list[str] = []
        self.warnings: list[str] = []
        self.events: queue.SimpleQueue[m.Event] = queue.SimpleQueue()
        redactor = Redactor()
        redactor.learn([SECRET])
        self.ports = WorkerPorts(
            registry=fake_registry() if registry is None else registry,
            take=self._take,
            new_transport=lambda: transport(self.http, self.detector),
            take_call=lambda key: not self.counted.append(key),
            clean=redactor.clean_all,
            log_exception=self.logged.append,
            warn=self.warnings.append,
            clock=lambda: self.now_s,
            chance=lambda: 0.5,
        )
        self.worker = Worker(self.ports, self.events.put)
        self.worker.start()

    def _take(self, camera: Camera) -> Frame:
        self.taken.append(camera)
        return self.take(camera)

    def threads(self) -> list[threading.Thread]:
        """The threads that are there because of this worker."""
        return [one for one in threading.enumerate() if one not in self._others]

    def next(self) -> Any:
        return self.events.get(timeout=PATIENCE_S)

    def open(self, ticket: int = 1, number: int = 1) -> None:
        self.worker.submit(m.OpenContext(ticket, job(number), SETTINGS, "fake"))

    def inspect(self, ticket: int = 2) -> None:
        self.worker.submit(m.InspectFrame(ticket, SETTINGS, "fake"))

    def finish(self) -> list[Any]:
        """Let the worker come to its end; the events that nobody took."""
        self.http.gate.set()
        self.worker.stop()
        self.worker.join(PATIENCE_S)
        left = []
        while not self.events.empty():
            left.append(self.events.get())
        return left


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.finish()


# -- driving a generator --------------------------------------------------------------


def asking(*urls: str) -> Any:
    answers = []
    for url in urls:
        answers.append((yield Request("GET", url)).status)
    return answers


def test_a_generator_is_driven_to_its_value() -> None:
    sent: list[str] = []

    def send(request: Request) -> Response:
        sent.append(request.url)
        return Response(200 + len(sent))

    assert drive(asking("a", "b"), send, lambda: True) == [201, 202]
    assert sent == ["a", "b"]


def test_a_generator_that_asks_for_nothing_is_driven_too() -> None:
    assert drive(asking(), lambda _: Response(200), lambda: False) == []


def test_an_error_of_ours_is_thrown_in() -> None:
    def careful() -> Any:
        try:
            yield Request("GET", "a")
        except Unreachable:
            return (yield Request("GET", "b")).status

    def send(request: Request) -> Response:
        if request.url == "a":
            raise Unreachable("timeout")
        return Response(200)

    assert drive(careful(), send, lambda: True) == 200


def test_a_generator_that_does_not_care_fails_with_the_error() -> None:
    def send(_: Request) -> Response:
        raise Unreachable("timeout")

    with pytest.raises(Unreachable):
        drive(asking("a"), send, lambda: True)


def test_nothing_is_sent_once_it_is_not_wanted() -> None:
    sent: list[str] = []
    closed: list[bool] = []

    def steps() -> Any:
        try:
            yield from asking("a", "b")
        finally:
            closed.append(True)

    def send(request: Request) -> Response:
        sent.append(request.url)
        return Response(200)

    with pytest.raises(Cancelled):
        drive(steps(), send, lambda: not sent)
    assert sent == ["a"]
    assert closed == [True]


def test_the_chosen_backend_gets_its_own_fields() -> None:
    backend = build(fake_registry(), SETTINGS, "fake")
    assert backend.values == {"url": "https://fake.example", "api_key": SECRET}
    assert backend.decision is SETTINGS.decision


# -- orders ---------------------------------------------------------------------------


def test_a_context_is_opened(bench: Bench) -> None:
    bench.open(7)
    assert bench.next() == m.ContextOpened(7)
    assert bench.http.urls == ["https://fake.example/open"]


def test_a_frame_is_taken_and_judged_in_its_context(bench: Bench) -> None:
    bench.open(1)
    bench.next()
    bench.inspect(2)
    assert bench.next() == m.InspectionDone(2, judgement(), FRAME, 123.0)
    assert bench.http.urls[1:] == ["https://fake.example/inspect/job-1"]
    assert bench.taken == [SETTINGS.camera]


def test_only_calls_that_cost_are_counted(bench: Bench) -> None:
    bench.open()
    bench.next()
    assert bench.counted == []
    bench.inspect()
    bench.next()
    assert bench.counted == ["fake"]


def test_a_call_counts_even_if_it_is_lost(bench: Bench) -> None:
    bench.open()
    bench.next()
    bench.http.answers = [Unreachable("timeout", host="h")]
    bench.inspect()
    assert isinstance(bench.next(), m.OrderFailed)
    assert bench.counted == ["fake"]


def test_orders_are_carried_out_one_after_the_other(bench: Bench) -> None:
    bench.open(1)
    bench.inspect(2)
    bench.inspect(3)
    assert [bench.next().ticket for _ in range(3)] == [1, 2, 3]


def test_without_a_snapshot_the_backend_is_not_asked(bench: Bench) -> None:
    def take(_: Camera) -> Frame:
        raise SnapshotError("snapshot_empty")

    bench.take = take
    bench.open()
    bench.next()
    bench.inspect(5)
    fault = Fault("snapshot_empty", "next_frame", "camera")
    assert bench.next() == m.OrderFailed(5, fault, 123.0, 0.5, None)
    assert len(bench.http.urls) == 1


def test_a_frame_is_looked_at_before_the_backend_sees_it(bench: Bench) -> None:
    asked: list[int] = []

    def look() -> Look:
        asked.append(len(bench.http.urls))
        return SEEN

    bench.detector.seen = look
    bench.open()
    bench.next()
    bench.inspect()
    bench.next()
    assert bench.detector.looked_at == [FRAME]
    assert asked == [1], "the context was open, nothing was judged"


def test_a_picture_of_nothing_is_a_failed_order_with_its_frame(bench: Bench) -> None:
    bench.detector.seen = DARK
    bench.open()
    bench.next()
    bench.inspect(5)
    fault = Fault("picture_black", "next_frame", "camera")
    assert bench.next() == m.OrderFailed(5, fault, 123.0, 0.5, FRAME)
    assert (len(bench.http.urls), bench.counted) == (1, [])


def test_a_backend_sees_a_frame_no_longer_than_it_needs_and_the_history_all_of_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeBackend, "most_px", 320)
    bench.detector.smaller = replace(FRAME, width=320, height=240)
    seen = []
    inspect = FakeBackend.inspect
    monkeypatch.setattr(
        FakeBackend,
        "inspect",
        lambda self, frame, context: seen.append(frame) or inspect(self, frame, context),
    )
    bench.open(1)
    bench.next()
    bench.inspect(2)
    event = bench.next()
    assert bench.detector.most_px == [320]
    assert seen == [bench.detector.smaller]
    assert event.frame is FRAME


def test_a_frame_that_is_too_small_is_not_even_looked_at(bench: Bench) -> None:
    bench.take = lambda _: replace(FRAME, width=80, height=60)
    bench.open()
    bench.next()
    bench.inspect(5)
    fault = bench.next().fault
    assert (fault.code, fault.params) == (
        "picture_too_small",
        {"width": 80, "height": 60},
    )
    assert bench.detector.looked_at == []


def test_a_frame_that_cannot_be_decoded_is_not_paid_for(bench: Bench) -> None:
    bench.detector.seen = SnapshotError("frame_undecodable")
    bench.open()
    bench.next()
    bench.inspect()
    assert bench.next().fault == Fault("frame_undecodable", "next_frame", "camera")
    assert bench.counted == []


@pytest.mark.parametrize(
    "trouble", [Retry("detector_died", how="signal 9"), Ask("detector_incomplete")]
)
def test_where_looking_is_impossible_the_frame_is_judged_and_the_log_says_so_once(
    bench: Bench, trouble: Exception
) -> None:
    bench.detector.seen = trouble
    bench.open()
    bench.next()
    for ticket in (2, 3, 4):
        bench.inspect(ticket)
        assert isinstance(bench.next(), m.InspectionDone)
    (line,) = bench.warnings
    assert line.startswith("Frames are judged without being looked at first: ")
    assert len(bench.detector.looked_at) == 3, "it is tried again with every frame"


def test_after_looking_worked_again_new_trouble_is_said_again(bench: Bench) -> None:
    bench.open()
    bench.next()
    trouble = Retry("detector_hung", limit_s=20.0)
    for ticket, seen in enumerate((trouble, trouble, SEEN, trouble), 2):
        bench.detector.seen = seen
        bench.inspect(ticket)
        bench.next()
    assert len(bench.warnings) == 2


def test_a_mistake_of_ours_while_looking_blinds_nobody(bench: Bench) -> None:
    bench.detector.seen = ZeroDivisionError()
    bench.open()
    bench.next()
    for ticket in (2, 3):
        bench.inspect(ticket)
        assert isinstance(bench.next(), m.InspectionDone)
    assert bench.logged == ["Unexpected error while looking at a frame"]


def inspect_at(bench: Bench, position: float, since_s: float = 1.0) -> Any:
    progress = Progress(since_s, position)
    bench.worker.submit(m.InspectFrame(2, SETTINGS, "fake", progress))
    return bench.next()


def test_a_picture_that_stays_while_the_job_moves_on_is_frozen(bench: Bench) -> None:
    bench.open()
    bench.next()
    assert isinstance(inspect_at(bench, 100), m.InspectionDone)
    bench.now_s += 10
    assert inspect_at(bench, 200).fault.code == "picture_frozen"
    assert len(bench.counted) == 1


def test_another_print_and_a_resumed_one_begin_anew(bench: Bench) -> None:
    bench.open()
    bench.next()
    inspect_at(bench, 100)
    bench.now_s += 10
    bench.worker.forget()
    bench.open(3)
    bench.next()
    assert isinstance(inspect_at(bench, 200), m.InspectionDone)
    bench.now_s += 10
    assert isinstance(inspect_at(bench, 300, since_s=2.0), m.InspectionDone)


def test_a_failed_judgement_comes_with_its_frame() -> None:
    bench = Bench(fake_registry(Retry("throttled", wait_s=9.0)))
    bench.open()
    bench.next()
    bench.inspect(5)
    fault = Fault("throttled", "retry", "backend", {}, 9.0)
    assert bench.next() == m.OrderFailed(5, fault, 123.0, 0.5, FRAME)
    bench.finish()


def test_a_context_that_cannot_be_opened_is_a_failed_order(bench: Bench) -> None:
    bench.http.answers = [Unreachable("dns", sent=False, host="h")]
    bench.open(4)
    fault = Fault("dns", "retry", "backend", {"host": "h"})
    assert bench.next() == m.OrderFailed(4, fault, 123.0, 0.5, None)


def test_a_servers_words_are_redacted_before_anybody_sees_them() -> None:
    bench = Bench(fake_registry(Ask("args_refused", detail=f"key {SECRET} is bad")))
    bench.open()
    bench.next()
    bench.inspect()
    assert bench.next().fault.params == {"detail": f"key {BLOT} is bad"}
    bench.finish()


@pytest.mark.parametrize("raised", [ValueError(SECRET), RuntimeError(), KeyError("x")])
def test_a_bug_is_a_failed_order_and_the_worker_goes_on(raised: Exception) -> None:
    bench = Bench(fake_registry(raised))
    bench.open(1)
    bench.next()
    bench.inspect(2)
    fault = Fault("bug", "bug", "backend", {"kind": type(raised).__name__})
    assert bench.next() == m.OrderFailed(2, fault, 123.0, 0.5, FRAME)
    assert bench.logged == ["Unexpected error while inspecting"]
    bench.open(3)
    assert bench.next() == m.ContextOpened(3)
    bench.finish()


def test_a_bug_of_the_webcams_adapter_is_a_failed_order(bench: Bench) -> None:
    def take(_: Camera) -> Frame:
        raise ZeroDivisionError

    bench.take = take
    bench.open()
    bench.next()
    bench.inspect(2)
    assert bench.next().fault.params == {"kind": "ZeroDivisionError"}


def test_a_backend_that_is_not_there_is_a_failed_order() -> None:
    bench = Bench(registry={})
    bench.open(2)
    assert bench.next().fault == Fault("bug", "bug", "backend", {"kind": "KeyError"})
    bench.finish()


# -- contexts -------------------------------------------------------------------------


def test_without_a_context_no_frame_is_judged(bench: Bench) -> None:
    bench.inspect(2)
    assert bench.next().fault == Fault("bug", "bug", "backend", {"kind": "NoContext"})
    assert bench.http.urls == []


def test_a_context_that_could_not_be_opened_is_none(bench: Bench) -> None:
    bench.open(1, number=1)
    bench.next()
    bench.http.answers = [Unreachable("timeout", host="h")]
    bench.open(2, number=2)
    bench.next()
    bench.inspect(3)
    assert bench.next().fault.params == {"kind": "NoContext"}


def test_a_new_context_takes_the_old_ones_place(bench: Bench) -> None:
    bench.open(1, number=1)
    bench.open(2, number=2)
    bench.inspect(3)
    for _ in range(3):
        bench.next()
    assert bench.http.urls[-1] == "https://fake.example/inspect/job-2"


def test_a_forgotten_context_is_not_used_again(bench: Bench) -> None:
    bench.open(1)
    bench.next()
    bench.worker.forget()
    bench.inspect(2)
    assert bench.next().fault.params == {"kind": "NoContext"}
    assert bench.http.urls == ["https://fake.example/open"]


def test_a_context_opened_too_late_is_not_used(bench: Bench) -> None:
    bench.http.gate.clear()
    bench.open(1)
    assert bench.http.entered.wait(PATIENCE_S)
    bench.worker.forget()
    bench.http.gate.set()
    bench.inspect(2)
    events = [bench.next()]
    if isinstance(events[0], m.ContextOpened):
        events.append(bench.next())
    assert events[-1].ticket == 2
    assert events[-1].fault.params == {"kind": "NoContext"}


# -- what is not wanted any more ------------------------------------------------------


def test_orders_that_wait_are_dropped(bench: Bench) -> None:
    bench.http.gate.clear()
    bench.open(1)
    assert bench.http.entered.wait(PATIENCE_S)
    bench.inspect(2)
    bench.inspect(3)
    bench.worker.forget()
    bench.http.gate.set()
    bench.open(4, number=2)
    tickets = [bench.next().ticket]
    if tickets == [1]:
        tickets.append(bench.next().ticket)
    assert tickets[-1] == 4
    assert bench.taken == []
    assert bench.finish() == []


def test_after_forgetting_nothing_more_is_sent(bench: Bench) -> None:
    bench.open(1)
    bench.next()
    entered, gate = threading.Event(), threading.Event()

    def take(_: Camera) -> Frame:
        entered.set()
        assert gate.wait(PATIENCE_S)
        return FRAME

    bench.take = take
    bench.inspect(2)
    assert entered.wait(PATIENCE_S)
    bench.worker.forget()
    gate.set()
    assert bench.finish() == []
    assert bench.http.urls == ["https://fake.example/open"]
    assert bench.counted == []
    assert bench.detector.looked_at == []


def test_nobody_hears_of_a_look_that_was_not_wanted_any_more(bench: Bench) -> None:
    def look() -> Look:
        bench.worker.forget()
        raise Retry("detector_died", how="signal 9")

    bench.open(1)
    bench.next()
    bench.detector.seen = look
    bench.inspect(2)
    until(lambda: bench.detector.looked_at, "the look")
    assert bench.finish() == []
    assert (bench.warnings, bench.counted) == ([], [])


def test_after_stopping_nothing_more_is_sent() -> None:
    bench = Bench()
    bench.http.gate.clear()
    bench.open(1)
    assert bench.http.entered.wait(PATIENCE_S)
    bench.inspect(2)
    bench.worker.stop()
    bench.http.gate.set()
    bench.worker.join(PATIENCE_S)
    assert len(bench.http.urls) == 1
    assert bench.taken == []


# -- the thread -----------------------------------------------------------------------


def test_the_thread_keeps_nobody_from_ending(bench: Bench) -> None:
    (thread,) = bench.threads()
    assert (thread.name, thread.daemon) == ("aiwatch-inspect", True)


def test_stopping_ends_the_thread_and_lets_go_of_the_connections() -> None:
    bench = Bench()
    bench.finish()
    assert bench.http.closed == 1
    assert bench.threads() == []


def test_stopping_and_joining_return_although_the_worker_hangs() -> None:
    bench = Bench()
    bench.http.gate.clear()
    bench.open(1)
    assert bench.http.entered.wait(PATIENCE_S)
    bench.worker.stop()
    bench.worker.join(0.01)
    assert bench.threads()
    bench.finish()
    assert bench.threads() == []


def test_a_worker_that_never_ran_can_be_stopped() -> None:
    bench = Bench()
    idle = Worker(bench.ports, bench.events.put)
    idle.stop()
    idle.join(1.0)
    bench.finish()
