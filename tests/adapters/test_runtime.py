"""The control thread in a fake world, with real threads: orders, effects, trouble."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Callable

import pytest

from octoprint_aiwatch.adapters.calls import CallCount
from octoprint_aiwatch.adapters.notebook import Notebook
from octoprint_aiwatch.adapters.printer import Printer
from octoprint_aiwatch.adapters.runtime import Runtime, RuntimePorts, StateSeen
from octoprint_aiwatch.adapters.strain import LATE_TIMES, Strain
from octoprint_aiwatch.adapters.worker import WorkerPorts
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.errors import Unreachable
from octoprint_aiwatch.core.scheduling import HANG_AFTER_S
from octoprint_aiwatch.core.settings import Settings
from octoprint_aiwatch.core.values import Frame
from octoprint_aiwatch.core.words import say
from tests.adapters.fakes import (
    FAKE_FIELDS,
    FRAME,
    FakeHttp,
    FakePrinter,
    fake_backend,
    judgement,
    settings_with,
    transport,
    until,
)

BAD = judgement(0.9, warning=True, pause=True)
STOP_LIMIT_S = 2.0


def quick(**changes: Any) -> Settings:
    """No grace, no warm-up, and a check every few hundredths of a second."""
    groups = {"watch": {"grace_start_s": 0, "warmup": False}, "backend": "fake"}
    settings = settings_with(FAKE_FIELDS, **{**groups, **changes})
    return replace(settings, watch=replace(settings.watch, min_interval_s=0.05))


class SkewedClock:
    """The real clock, and a jump ahead when a test wants one."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead_s


class FakeCalls(CallCount):
    """Seventeen calls; notes how often they were to be written down."""

    def __init__(self) -> None:
        super().__init__("")
        self.saved = 0

    def this_month(self, backend: str) -> int:
        return 17

    def save(self) -> None:
        self.saved += 1


class FakeHistory:
    """Notes what it is given."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.limits: list[Any] = []
        self.trouble = ""
        self.running = False

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def record(self, effect: Any) -> None:
        self.told.append(effect)

    def keep(self, limits: Any) -> None:
        self.limits.append(limits)


class World:
    """A runtime and everything around it."""

    def __init__(self, settings: Any = None, result: Any = None) -> None:
        self._others = set(threading.enumerate())
        self.clock = SkewedClock()
        self.printer = FakePrinter()
        self.backend: Any = fake_backend(result)
        self.https: list[FakeHttp] = []
        self.pushed: list[Any] = []
        self.fired: list[tuple[str, Any]] = []
        self.lines: list[tuple[str, str]] = []
        self.bugs: list[str] = []
        self.folder = tempfile.TemporaryDirectory()
        self.calls = FakeCalls()
        self.notebook = Notebook(os.path.join(self.folder.name, "remembered.json"))
        self.history = FakeHistory()
        self.take: Callable[[Any], Frame] = lambda _: FRAME
        self.hang = False
        self.on_push: Callable[[Any], None] = self.pushed.append
        self.on_fire: Callable[[str, Any], None] = lambda *what: self.fired.append(what)
        self.on_log: Callable[[str, str], None] = lambda *what: self.lines.append(what)
        worker = WorkerPorts(
            registry={"fake": self.backend},
            take=lambda camera: self.take(camera),
            new_transport=lambda: transport(self._new_http()),
            take_call=lambda _: True,
            clean=lambda value: value,
            log_exception=self.bugs.append,
            warn=self.bugs.append,
            clock=self.clock,
            chance=lambda: 0.0,
        )
        self.strain = Strain(self.clock)
        self.runtime = Runtime(
            quick() if settings is None else settings,
            RuntimePorts(
                printer=Printer(self.printer),
                worker=worker,
                push=lambda message: self.on_push(message),
                fire=lambda name, payload: self.on_fire(name, payload),
                log=lambda level, text: self.on_log(level, text),
                clock=self.clock,
                wall=time.time,
                calls=self.calls,
                notebook=self.notebook,
                history=self.history,  # type: ignore[arg-type]
                version="9.9",
                strain=self.strain,
            ),
        )

    def _new_http(self) -> FakeHttp:
        http = FakeHttp()
        if self.hang:
            http.gate.clear()
        self.https.append(http)
        return http

    @property
    def http(self) -> FakeHttp:
        """The newest worker's."""
        return self.https[-1]

    def start(self) -> None:
        self.runtime.start()

    def print(self, number: int = 1) -> None:
        self.runtime.post(
            m.PrintStarted(f"job-{number}", "a.gcode", f"{number}.gcode", "local", 0.0)
        )

    def watching(self, checks: int = 1) -> None:
        """Start, print, and wait until so many frames have been judged."""
        self.start()
        self.print()
        until(lambda: self.runtime.status()["checks"] >= checks, "a judged frame")

    def events(self) -> list[str]:
        return [name for name, _ in self.fired]

    def payload(self, name: str) -> Any:
        return next(payload for fired, payload in self.fired if fired == name)

    def alerts(self) -> list[Any]:
        return [message for message in self.pushed if message["type"] == "alert"]

    def threads(self) -> list[threading.Thread]:
        return [one for one in threading.enumerate() if one not in self._others]

    def settle(self) -> None:
        """Until everything posted so far has been taken in."""
        done = threading.Event()
        self.runtime.post(_settling(done))
        assert done.wait(5.0)

    def end(self) -> None:
        self.runtime.stop()
        for http in self.https:
            http.gate.set()
        until(lambda: not self.threads(), "the threads' end")


def _settling(done: threading.Event) -> Any:
    from octoprint_aiwatch.adapters import runtime

    return runtime._Asked(m.PrintResumed(), done)


@pytest.fixture
def make() -> Iterator[Callable[..., World]]:
    worlds: list[World] = []

    def build(*args: Any, **kwargs: Any) -> World:
        world = World(*args, **kwargs)
        worlds.append(world)
        return world

    yield build
    for world in worlds:
        world.end()


@pytest.fixture
def world(make: Any) -> World:
    built: World = make()
    return built


# -- a print --------------------------------------------------------------------------


def test_a_start_leads_to_a_context_and_to_frames(world: World) -> None:
    world.watching(checks=3)
    opened, *judged = world.http.urls
    assert opened == "https://fake.example/open"
    assert set(judged) == {"https://fake.example/inspect/job-1"}
    assert world.bugs == []


def test_without_a_print_nothing_is_asked_of_anybody(world: World) -> None:
    world.start()
    world.runtime.post(StateSeen("OPERATIONAL"))
    world.settle()
    assert world.http.urls == []
    assert world.runtime.status()["phase"] == "idle"


def test_the_last_frame_can_be_had(world: World) -> None:
    assert world.runtime.frame() is None
    world.watching()
    assert world.runtime.frame() is FRAME
    assert world.runtime.status()["frame"] >= 1


def test_a_frame_that_could_not_be_judged_can_be_had_too(make: Any) -> None:
    world = make(result=Unreachable("timeout", host="h"))
    world.start()
    world.print()
    assert until(world.runtime.frame) is FRAME


def test_the_status_says_what_only_the_runtime_knows(world: World) -> None:
    world.watching()
    status = world.runtime.status()
    assert status["backend_label"] == "Fake backend"
    assert status["calls_this_month"] == 17
    assert status["version"] == "9.9"
    assert status["job"]["id"] == "job-1"


def test_a_backend_that_is_gone_still_has_a_status(make: Any) -> None:
    world = make(settings=replace(quick(), backend="gone"))
    assert world.runtime.status()["backend_label"] == "gone"


def test_the_bus_is_told_of_begin_and_end(world: World) -> None:
    world.watching()
    world.runtime.post(m.PrintEnded("done"))
    until(lambda: "watch_ended" in world.events())
    assert world.events()[0] == "watch_started"
    payload = world.payload("watch_started")
    assert set(payload) == {"job", "score", "verdict", "backend", "reason"}
    assert payload["job"]["id"] == "job-1"
    assert payload["reason"] == "Watching a.gcode"
    assert ("info", "Watching a.gcode") in world.lines


def test_after_the_end_nothing_more_is_sent(world: World) -> None:
    world.watching()
    world.runtime.post(m.PrintEnded("done"))
    world.settle()
    before = len(world.http.urls)
    time.sleep(0.2)  # four times the interval, and nothing may happen in it
    assert len(world.http.urls) == before
    assert world.runtime.status()["phase"] == "idle"


def test_a_frame_that_is_being_taken_at_the_end_goes_nowhere(world: World) -> None:
    gate, entered = threading.Event(), threading.Event()

    def take(_: Any) -> Frame:
        entered.set()
        gate.wait(10.0)
        return FRAME

    world.take = take
    world.start()
    world.print()
    assert entered.wait(5.0)
    world.runtime.post(m.PrintEnded("cancelled"))
    world.settle()
    gate.set()
    world.print(2)
    until(lambda: world.runtime.status()["checks"] >= 1)
    assert "https://fake.example/inspect/job-1" not in world.http.urls


def test_what_comes_in_for_an_old_job_is_dropped(world: World) -> None:
    world.start()
    world.http.gate.clear()
    world.print(1)
    assert world.http.entered.wait(5.0)
    world.runtime.post(m.PrintEnded("cancelled"))
    world.settle()
    world.http.gate.set()
    world.print(2)
    until(lambda: world.runtime.status()["checks"] >= 1)
    assert "https://fake.example/inspect/job-1" not in world.http.urls
    assert world.runtime.status()["job"]["id"] == "job-2"


def test_when_switched_off_nothing_is_asked_of_anybody(make: Any) -> None:
    world = make(settings=quick(enabled=False))
    world.start()
    world.print()
    world.settle()
    assert world.runtime.status()["hold"] == "disabled"
    assert world.http.urls == []
    assert world.fired == []


def test_new_settings_count_at_once(world: World) -> None:
    world.watching()
    fields = {"fake": {"url": "https://other.example", "api_key": ""}}
    world.runtime.post(m.SettingsChanged(quick(backends=fields)))
    until(lambda: "https://other.example/inspect/job-1" in world.http.urls)


# -- acting ---------------------------------------------------------------------------


def test_a_failure_leads_to_a_pause_that_is_seen_to_happen(make: Any) -> None:
    world = make(result=BAD)
    world.start()
    world.print()
    until(lambda: "pause_confirmed" in world.events(), "the confirmed pause")
    assert world.printer.named("pause") == [{"aiwatch:pause"}]
    assert world.runtime.status()["action"] == "paused"
    titles = [alert["title"] for alert in world.alerts()]
    assert titles == ["Print failure: pausing", "Print paused by AI Watch"]


def test_an_alert_has_everything_the_browser_shows(make: Any) -> None:
    world = make(result=BAD)
    world.start()
    world.print()
    until(lambda: len(world.alerts()) == 2)
    assert world.alerts()[1] == {
        "type": "alert",
        "event": "pause_confirmed",
        "level": "error",
        "title": "Print paused by AI Watch",
        "title_code": "title_paused",
        "code": "remote_pause",
        "params": {"quality": None, "score": 0.9},
        "text": "The service is confident that the print has failed.",
        "sticky": True,
    }


def test_a_cancel_is_asked_for_where_it_is_wanted(make: Any) -> None:
    world = make(settings=quick(actions={"on_failure": "cancel"}), result=BAD)
    world.start()
    world.print()
    until(lambda: world.runtime.status()["action"] == "cancelled")
    assert world.printer.named("cancel") == [{"aiwatch:cancel"}]
    assert world.printer.named("pause") == []


def test_a_state_on_the_bus_counts_although_it_is_over_already(world: World) -> None:
    world.watching()
    assert world.runtime.status()["grace_s"] == 0.0
    world.runtime.post(StateSeen("PAUSED"))
    world.settle()
    assert world.runtime.status()["grace_s"] > 0.0
    assert world.runtime.status()["phase"] == "watching"


def test_old_news_of_a_resume_do_not_void_the_look_that_follows_it(
    make: Any,
) -> None:
    # On a busy machine the news of a pause and of its end are heard together.
    seldom = replace(quick().watch, min_interval_s=600.0)
    world = make(settings=replace(quick(), watch=seldom))
    world.start()
    world.print()
    until(lambda: world.runtime.status()["checks"] == 1)
    gate = threading.Event()
    world.on_push = lambda _: gate.wait(5.0)
    for state_id in ("PAUSING", "PAUSED", "RESUMING", "PRINTING"):
        world.runtime.post(StateSeen(state_id))
    gate.set()
    until(lambda: world.runtime.status()["checks"] == 2)


def test_what_the_printer_does_is_seen_without_any_event(world: World) -> None:
    world.watching()
    world.printer.state_id = "PAUSED"
    until(lambda: world.runtime.status()["hold"] == "paused")


# -- pushing --------------------------------------------------------------------------


def statuses(world: World) -> list[Any]:
    return [one["status"] for one in world.pushed if one["type"] == "status"]


def test_every_change_is_pushed(world: World) -> None:
    world.watching()
    world.runtime.post(m.PrintEnded("done"))
    world.settle()
    phases = [status["phase"] for status in statuses(world)]
    assert phases[-1] == "idle"
    assert {"opening", "watching"} <= set(phases)


def test_what_is_no_news_is_not_pushed(world: World) -> None:
    world.printer.state_id = "PAUSED"
    world.start()
    world.print()
    until(lambda: world.runtime.status()["hold"] == "paused")
    until(lambda: len(world.http.urls) == 1)
    world.settle()
    world.settle()
    before = len(world.pushed)
    for _ in range(5):
        world.runtime.post(StateSeen("PAUSED"))
    world.settle()
    assert len(world.pushed) == before


# -- commands -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["suppress", "unsuppress", "not_a_failure", "check_now"])
def test_without_a_print_a_command_is_refused(world: World, name: str) -> None:
    world.start()
    assert world.runtime.command(name) == (
        False,
        "There is no print to do this for.",
    )


def test_a_check_that_is_not_possible_now_is_refused(world: World) -> None:
    world.printer.state_id = "PAUSED"
    world.start()
    world.print()
    until(lambda: world.runtime.status()["hold"] == "paused")
    assert world.runtime.command("check_now") == (
        False,
        "The print is not being watched at the moment.",
    )


def test_a_command_has_been_carried_out_when_it_is_answered(world: World) -> None:
    world.watching()
    assert world.runtime.command("suppress") == (
        True,
        "No alerts until this print ends.",
    )
    assert world.runtime.status()["suppressed"] is True
    assert world.runtime.command("unsuppress")[0] is True
    assert world.runtime.status()["suppressed"] is False
    assert world.runtime.command("not_a_failure")[0] is True
    ok, text = world.runtime.command("check_now")
    assert ok
    assert text.startswith("The next check is in ")


@pytest.fixture
def paused(make: Any) -> World:
    """A print that the watch has paused."""
    world: World = make(result=BAD)
    world.start()
    world.print()
    until(lambda: world.runtime.status()["paused_by"] == "us")
    return world


@pytest.mark.parametrize(
    ("name", "asked", "suppressed"),
    [("resume", "resume", False), ("resume_unwatched", "resume", True)],
)
def test_a_print_that_was_paused_is_resumed_with_or_without_the_watch(
    paused: World, name: str, asked: str, suppressed: bool
) -> None:
    job = paused.runtime.status()["job"]["id"]
    assert paused.runtime.command(name, job=job) == (True, say("done_" + name, {}))
    until(lambda: len(paused.printer.named(asked)) == 1)
    assert paused.printer.named("cancel") == []
    assert paused.runtime.status()["suppressed"] is suppressed


def test_a_print_that_was_paused_is_cancelled_when_a_person_says_so(
    paused: World,
) -> None:
    job = paused.runtime.status()["job"]["id"]
    assert paused.runtime.command("cancel_print", job=job)[0] is True
    until(lambda: len(paused.printer.named("cancel")) == 1)
    assert paused.printer.named("resume") == []


def test_a_print_that_goes_on_already_is_left_alone(paused: World) -> None:
    job = paused.runtime.status()["job"]["id"]
    paused.printer.state_id = "PRINTING"
    refused = (False, say("not_paused_by_us", {}))
    assert paused.runtime.command("cancel_print", job=job) == refused
    assert paused.printer.named("cancel") == []


def test_another_job_than_the_one_that_is_meant_is_left_alone(paused: World) -> None:
    refused = (False, say("other_job", {}))
    assert paused.runtime.command("cancel_print", job="elsewhere") == refused
    assert paused.printer.named("cancel") == []


def test_what_happens_to_the_job_is_told_to_the_pages(paused: World) -> None:
    def told() -> list[Any]:
        return [one for one in paused.pushed if one["type"] == "note"]

    until(lambda: len(told()) >= 2)
    notes = told()
    assert [note["kind"] for note in notes] == ["failure", "pause"]
    job = paused.runtime.status()["job"]["id"]
    assert (notes[-1]["job"], notes[-1]["who"]) == (job, "us")


def test_check_now_does_not_wait_for_the_interval(make: Any) -> None:
    settings = quick()
    slow = replace(settings, watch=replace(settings.watch, min_interval_s=3600.0))
    world = make(settings=slow)
    world.watching()
    world.runtime.command("check_now")
    until(lambda: world.runtime.status()["checks"] == 2)


def test_a_command_is_answered_although_the_control_thread_hangs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octoprint_aiwatch.adapters.runtime.ANSWER_WITHIN_S", 0.05)
    world.watching()
    gate = threading.Event()
    world.on_push = lambda _: gate.wait(5.0)
    world.runtime.post(m.Commanded("suppress"))
    started_s = time.monotonic()
    assert world.runtime.command("unsuppress") == (False, say("busy", {}))
    assert time.monotonic() - started_s < 2.0
    world.on_push = world.pushed.append
    gate.set()


# -- what hangs -----------------------------------------------------------------------


def test_a_worker_that_hangs_is_replaced_and_the_print_watched_anew(
    world: World,
) -> None:
    world.start()
    world.http.gate.clear()
    world.print()
    assert world.http.entered.wait(5.0)
    world.clock.ahead_s += HANG_AFTER_S + 1
    world.runtime.post(StateSeen("PRINTING"))
    until(lambda: len(world.https) == 2)
    until(lambda: world.runtime.status()["checks"] >= 1)
    first, second = world.https
    assert len(first.urls) == 1
    assert second.urls[0] == "https://fake.example/open"
    assert second.urls[-1] == "https://fake.example/inspect/job-1"


def test_a_hanging_worker_does_not_delay_the_end(world: World) -> None:
    world.start()
    world.http.gate.clear()
    world.print()
    assert world.http.entered.wait(5.0)
    started_s = time.monotonic()
    world.runtime.stop()
    assert time.monotonic() - started_s < STOP_LIMIT_S
    assert world.calls.saved == 1


def test_a_hanging_webcam_does_not_delay_the_end(world: World) -> None:
    gate, entered = threading.Event(), threading.Event()

    def take(_: Any) -> Frame:
        entered.set()
        gate.wait(10.0)
        return FRAME

    world.take = take
    world.start()
    world.print()
    assert entered.wait(5.0)
    started_s = time.monotonic()
    world.runtime.stop()
    assert time.monotonic() - started_s < STOP_LIMIT_S
    gate.set()


def test_a_hanging_port_does_not_delay_the_end(world: World) -> None:
    world.watching()
    gate, entered = threading.Event(), threading.Event()

    def push(_: Any) -> None:
        entered.set()
        gate.wait(10.0)

    world.on_push = push
    assert entered.wait(5.0)
    started_s = time.monotonic()
    world.runtime.stop()
    assert time.monotonic() - started_s < STOP_LIMIT_S
    assert world.calls.saved == 1
    gate.set()


def test_posting_never_waits(world: World) -> None:
    world.watching()
    gate = threading.Event()
    world.on_push = lambda _: gate.wait(5.0)
    started_s = time.monotonic()
    for _ in range(1000):
        world.runtime.post(StateSeen("PRINTING"))
    assert time.monotonic() - started_s < 1.0
    gate.set()


def test_the_end_of_octoprint_is_the_end_of_the_watch(world: World) -> None:
    world.watching()
    world.runtime.stop()
    assert world.events()[-1] == "watch_ended"
    until(lambda: not world.threads())
    assert world.calls.saved == 1


def test_a_runtime_that_never_ran_can_be_stopped(world: World) -> None:
    world.runtime.stop()
    assert world.calls.saved == 1


def test_no_thread_keeps_octoprint_from_ending(world: World) -> None:
    world.watching()
    assert {(thread.name, thread.daemon) for thread in world.threads()} == {
        ("aiwatch-control", True),
        ("aiwatch-inspect", True),
    }


# -- what breaks ----------------------------------------------------------------------


def alive(world: World) -> bool:
    return any(thread.name == "aiwatch-control" for thread in world.threads())


def broken(*_: Any) -> None:
    raise RuntimeError("a port broke")


def test_a_printer_that_cannot_be_read_ends_nothing(world: World) -> None:
    world.watching()
    world.printer.trouble = RuntimeError("no printer")
    checks = world.runtime.status()["checks"]
    until(lambda: world.bugs, "the line in the log")
    until(lambda: world.runtime.status()["checks"] >= checks + 3)
    world.printer.trouble = None
    until(lambda: world.runtime.status()["checks"] >= checks + 5)
    assert len(world.bugs) == 1
    assert alive(world)


def test_a_printer_that_cannot_be_read_does_not_swallow_the_end(world: World) -> None:
    world.watching()
    world.printer.trouble = RuntimeError("no printer")
    world.runtime.post(m.PrintEnded("done"))
    until(lambda: world.runtime.status()["phase"] == "idle")


def test_a_printer_that_breaks_while_nothing_happens_ends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octoprint_aiwatch.core.state.TICK_S", 0.05)
    world.printer.state_id = "PAUSED"
    world.start()
    world.print()
    until(lambda: world.runtime.status()["hold"] == "paused")
    world.printer.trouble = RuntimeError("no printer")
    until(lambda: world.bugs, "the next look at the printer")
    world.printer.trouble = None
    world.printer.state_id = "PRINTING"
    until(lambda: world.runtime.status()["checks"] >= 1)


@pytest.mark.parametrize("port", ["on_push", "on_fire", "on_log"])
def test_a_broken_port_keeps_no_print_from_being_paused(make: Any, port: str) -> None:
    world = make(result=BAD)
    setattr(world, port, broken)
    world.start()
    world.print()
    started_s = time.monotonic()
    until(lambda: world.runtime.status()["action"] == "paused", "the pause")
    assert time.monotonic() - started_s < 2.0
    assert world.bugs
    assert alive(world)


def test_a_machine_that_is_late_for_everything_is_looked_at_less_often(
    world: World,
) -> None:
    world.watching()
    woke = world.strain.woke
    # Real wakings of the thread must not outdo the feigned ones.
    world.strain.woke = lambda late_s: None  # type: ignore[method-assign]
    for _ in range(LATE_TIMES):
        woke(2.0)
    world.runtime.post(None)
    until(lambda: world.runtime.status()["strain"] == "lagging")


def test_a_pause_that_raises_is_tried_again(make: Any) -> None:
    world = make(result=BAD)
    asked: list[float] = []

    def pause_print(tags: Any = None) -> None:
        asked.append(time.monotonic())
        if len(asked) == 1:
            raise RuntimeError("not now")
        world.printer.state_id = "PAUSED"

    world.printer.pause_print = pause_print
    world.start()
    world.print()
    until(lambda: len(asked) == 1)
    world.clock.ahead_s += 6.0
    until(lambda: world.runtime.status()["action"] == "paused")
    assert len(asked) == 2


def test_a_command_is_answered_although_a_port_is_broken(world: World) -> None:
    world.watching()
    world.on_push = broken
    started_s = time.monotonic()
    assert world.runtime.command("suppress")[0] is True
    assert time.monotonic() - started_s < 1.0
    assert world.runtime.status()["suppressed"] is True


def test_a_mistake_of_ours_that_stays_does_not_take_the_computers_breath(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.watching()

    def step(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("octoprint_aiwatch.adapters.runtime.machine.step", step)
    until(lambda: world.bugs)
    before = len(world.bugs)
    time.sleep(0.3)  # how often it happens in a while is what this is about
    assert len(world.bugs) - before <= 2
    monkeypatch.undo()
    checks = world.runtime.status()["checks"]
    world.runtime.post(StateSeen("PRINTING"))
    until(lambda: world.runtime.status()["checks"] > checks)


# -- the history ----------------------------------------------------------------------


def test_what_is_to_be_taken_down_goes_to_the_history(world: World) -> None:
    world.watching()
    assert world.history.running
    until(lambda: len(world.history.told) >= 2)
    job, check = world.history.told[:2]
    assert isinstance(job, m.RecordJob)
    assert isinstance(check, m.RecordCheck)
    assert check.frame == FRAME
    world.runtime.stop()
    assert isinstance(world.history.told[-1], m.RecordEnd)
    assert not world.history.running


def test_new_limits_reach_the_history(world: World) -> None:
    world.start()
    settings = quick()
    world.runtime.post(m.SettingsChanged(settings))
    until(lambda: world.history.limits)
    assert world.history.limits == [settings.history]


def test_a_history_that_cannot_be_kept_is_said_and_nothing_else_changes(
    world: World,
) -> None:
    world.watching()
    before = world.runtime.status()
    world.history.trouble = "history_full"
    after = world.runtime.status()
    (told,) = [one for one in after["reasons"] if one["code"] == "history_full"]
    assert "disk is full" in told["text"]
    assert (after["reason"], after["verdict"], after["blind"]) == (
        before["reason"],
        before["verdict"],
        before["blind"],
    )


def test_a_history_that_breaks_does_not_end_the_watch(world: World) -> None:
    def broken(_: Any) -> None:
        raise RuntimeError("history")

    world.history.record = broken  # type: ignore[method-assign]
    world.watching(2)
    assert world.runtime.status()["checks"] >= 2
    assert world.bugs
    world.bugs.clear()
