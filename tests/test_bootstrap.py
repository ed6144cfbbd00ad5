"""Everything assembled: a print goes through the real parts, only the world is fake."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests_mock

from octoprint_aiwatch import backends, bootstrap
from octoprint_aiwatch.adapters.redact import BLOT, Redactor
from octoprint_aiwatch.backends.gadget import DEFAULT_URL
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.values import Frame
from tests.adapters.detecting import children
from tests.adapters.fakes import FakePrinter, settings_with, until
from tests.scenes import jpeg, view

SIGHT = Frame(jpeg(view()), 640, 480, "cam")
SECRET = "SECRET-KEY-100%s"
CREATE = DEFAULT_URL + "/api/gadget/v1/createcontext"
PROCESS = "https://eu.gadget.example/process/abc"
FALLBACK = "https://any.gadget.example/process/abc"
CREATED = {
    "ContextId": "abc",
    "ProcessRequestUrl": PROCESS,
    "FallbackProcessRequestUrl": FALLBACK,
}
FAILED = {
    "Score": 95,
    "WarningSuggested": True,
    "PauseSuggested": True,
    "NextProcessIntervalSec": 30,
}
SETTINGS = settings_with(
    backend="gadget",
    backends={"gadget": {"api_key": SECRET}},
    watch={"warmup": False, "grace_start_s": 0},
)


LOCAL = settings_with(
    backend="local", watch={"warmup": False, "grace_start_s": 0, "min_interval_s": 5}
)


class Seen(logging.Handler):
    """Keeps what a logger is told."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def lines(self) -> list[str]:
        return [self.format(record) for record in self.records]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Any]:
    """An assembly with Gadget played by requests-mock."""
    others = set(threading.enumerate())
    seen = Seen()
    redactor = Redactor()
    redactor.learn([SECRET])
    logger = logging.Logger("aiwatch-test", logging.DEBUG)
    logger.addHandler(seen)
    logger.addFilter(redactor)
    place = SimpleNamespace(
        printer=FakePrinter(),
        pushed=[],
        fired=[],
        seen=seen,
        path=tmp_path / "calls.json",
        frame=SIGHT,
    )
    ports = bootstrap.Ports(
        printer=place.printer,
        calls_path=str(place.path),
        notebook_path=str(tmp_path / "remembered.json"),
        folder=str(tmp_path / "history"),
        push=place.pushed.append,
        fire=lambda *what: place.fired.append(what),
        logger=logger,
        version="9.9",
        redactor=redactor,
        snapshots=SimpleNamespace(take=lambda _: place.frame),
    )
    with requests_mock.Mocker() as place.cloud:
        parts = bootstrap.assemble(SETTINGS, ports)
        place.runtime, place.trials = parts.runtime, parts.trials
        place.idle = set(threading.enumerate()) == others
        yield place
        parts.runtime.stop()
        until(lambda: set(threading.enumerate()) <= others, "the threads' end")


def begin(place: Any) -> None:
    place.runtime.start()
    place.runtime.post(m.PrintStarted("job-1", "a.gcode", "a.gcode", "local", 0.0))


def test_putting_it_together_starts_and_writes_nothing(place: Any) -> None:
    assert place.idle
    assert not place.path.exists()
    assert place.pushed == place.fired == []


def test_a_print_that_fails_is_paused(place: Any) -> None:
    place.cloud.post(CREATE, json=CREATED)
    place.cloud.post(PROCESS, json=FAILED)
    begin(place)
    until(lambda: place.runtime.status()["action"] == "paused", "the pause")
    assert place.printer.named("pause") == [{"aiwatch:pause"}]
    created, processed = place.cloud.request_history
    assert (created.url, processed.url) == (CREATE, PROCESS)
    assert created.headers["User-Agent"] == "AI-Watch/9.9"
    assert b'name="attachment"; filename="snapshot"' in processed.body
    names = [name for name, _ in place.fired]
    assert names[0] == "watch_started"
    assert names[-1] == "pause_confirmed"


def test_the_calls_are_counted_and_kept(place: Any) -> None:
    place.cloud.post(CREATE, json=CREATED)
    place.cloud.post(PROCESS, json=FAILED)
    begin(place)
    until(lambda: place.runtime.status()["calls_this_month"] == 1)
    place.runtime.stop()
    (month,) = json.loads(place.path.read_text("utf-8")).values()
    assert month == {"gadget": 1}


def test_a_key_that_the_service_repeats_is_seen_by_nobody(place: Any) -> None:
    said = {"ErrorType": "OE_BAD_ARGS", "ErrorDetails": f"The key {SECRET} is odd."}
    place.cloud.post(CREATE, json=said, status_code=400)
    begin(place)
    until(lambda: place.runtime.status()["blind"], "the refusal")
    until(lambda: any(BLOT in line for line in place.seen.lines()), "the log line")
    shown = json.dumps([place.pushed, place.fired, place.runtime.status()], default=str)
    assert SECRET not in shown + "\n".join(place.seen.lines())
    assert BLOT in shown


def test_nothing_in_a_log_line_is_taken_for_a_pattern(place: Any) -> None:
    place.runtime.start()
    place.runtime.post(m.PrintStarted("job-1", "100%s %d.gcode", "a", "local", 0.0))
    until(lambda: place.seen.records)
    assert place.seen.lines()[0] == "Watching 100%s %d.gcode"


def test_the_levels_of_log_lines_are_kept(place: Any) -> None:
    place.cloud.post(CREATE, status_code=401)
    begin(place)
    until(lambda: len(place.seen.records) >= 2)
    assert [record.levelname for record in place.seen.records[:2]] == ["INFO", "WARNING"]


def test_a_key_in_any_message_is_blotted_out(place: Any) -> None:
    place.cloud.post(CREATE, json=CREATED)
    place.cloud.post(PROCESS, json=FAILED)
    place.runtime.start()
    started = m.PrintStarted("job-1", f"{SECRET}.gcode", "a", "local", 0.0)
    place.runtime.post(started)
    until(lambda: place.runtime.status()["action"] == "paused")
    shown = json.dumps([place.pushed, place.fired], default=str)
    assert f"{BLOT}.gcode" in shown
    assert SECRET not in shown


def test_a_test_runs_through_the_same_parts(place: Any) -> None:
    place.cloud.post(CREATE, json=CREATED)
    place.cloud.post(PROCESS, json=FAILED)
    document = place.trials.run(SETTINGS)
    assert document["ok"] is True
    assert document["score"] == 0.95
    assert place.printer.calls == []


def test_a_print_is_watched_on_this_machine_with_no_account_and_no_network(
    place: Any,
) -> None:
    before = children()
    place.runtime.post(m.SettingsChanged(LOCAL))
    begin(place)
    until(lambda: place.runtime.status()["checks"], "the first check")
    status = place.runtime.status()
    assert (status["verdict"], status["blind"]) == ("ok", False)
    assert status["backend_label"] == "On this machine"
    assert status["calls_this_month"] == 0
    assert len(children() - before) == 1
    place.runtime.post(m.PrintEnded("done"))
    until(lambda: children() <= before, "the end of the detector's process")
    assert place.cloud.request_history == []


def test_a_test_on_this_machine_leaves_nothing_running(place: Any) -> None:
    before = children()
    document = place.trials.run(LOCAL)
    assert document["ok"] is True
    assert 0.0 <= document["score"] <= 1.0
    assert children() <= before


def test_a_damaged_frame_is_told_and_the_print_goes_on_being_watched(place: Any) -> None:
    place.frame = replace(SIGHT, jpeg=SIGHT.jpeg[:-300])
    place.runtime.post(m.SettingsChanged(LOCAL))
    begin(place)
    until(lambda: place.runtime.status()["blind"], "the damaged frame")
    assert "damaged" in place.runtime.status()["reason"]
    place.frame = SIGHT
    until(lambda: place.runtime.status()["next_check_s"] is not None)
    place.runtime.command("check_now")
    until(lambda: place.runtime.status()["checks"], "the next check")
    assert place.runtime.status()["blind"] is False


def test_every_backend_can_be_chosen(place: Any) -> None:
    assert [one["key"] for one in backends.describe()] == list(backends.REGISTRY)


def test_ids_are_random_and_long() -> None:
    drawn = {bootstrap.draw_id() for _ in range(100)}
    assert len(drawn) == 100
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in drawn)
