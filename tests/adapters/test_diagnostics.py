"""The diagnostics: everything that helps, nothing that is nobody's business."""

from __future__ import annotations

import io
import json
import logging
import time
import zipfile
from typing import Any

import pytest

from octoprint_aiwatch.adapters.diagnostics import MOST_EVENTS, Diagnostics
from octoprint_aiwatch.adapters.log_ring import KEEP_S, MOST_LETTERS, MOST_LINES, LogRing
from octoprint_aiwatch.adapters.meters import Meters
from octoprint_aiwatch.adapters.redact import BLOT, Redactor
from octoprint_aiwatch.core.messages import RaiseEvent
from octoprint_aiwatch.core.settings import defaults, merged
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.values import Reason
from tests.adapters.fakes import FIELDS, Clock, settings_with

SECRET = "hush-hush-key-1"
SERVICE = "ntfy://hush-topic"
NOW = time.time()
STATUS = {"verdict": "ok", "score": 0.1, "backend": "local", "reason": SECRET}


class Bench:
    def __init__(self) -> None:
        self.redactor = Redactor()
        self.redactor.learn([SECRET])
        self.ring = LogRing()
        self.logger = logging.Logger("aiwatch-test", logging.DEBUG)
        self.logger.addFilter(self.redactor)
        self.logger.addHandler(self.ring)
        self.meters = Meters(Clock())
        self.diagnostics = Diagnostics(
            lambda: STATUS,
            self.meters,
            self.ring,
            FIELDS,
            self.redactor.clean_all,
            lambda: NOW,
            "9.9",
        )
        self.settings: Any = merged(
            defaults(FIELDS),
            {
                "backends": {"gadget": {"api_key": "other-secret-2"}},
                "notify": {"urls": [SERVICE]},
            },
        )

    def files(self) -> dict[str, str]:
        content = self.diagnostics.bundle(self.settings, 3)
        with zipfile.ZipFile(io.BytesIO(content)) as zipped:
            return {name: zipped.read(name).decode() for name in zipped.namelist()}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_everything_is_there_and_readable(bench: Bench) -> None:
    files = bench.files()
    assert set(files) == {
        "README.txt",
        "status.json",
        "events.json",
        "errors.json",
        "settings.json",
        "versions.json",
        "log.txt",
    }
    for name, text in files.items():
        if name.endswith(".json"):
            json.loads(text)
    versions = json.loads(files["versions.json"])
    assert versions["AI Watch"] == "9.9"
    assert versions["requests"][0].isdigit()


def test_secrets_are_left_out_by_place_and_blotted_out_by_value(bench: Bench) -> None:
    bench.logger.warning("with %s", SECRET)
    everything = "\n".join(bench.files().values())
    for secret in (SECRET, "other-secret-2", "hush-topic"):
        assert secret not in everything
    settings = json.loads(bench.files()["settings.json"])
    assert settings["backends"]["gadget"]["api_key"] == "(set)"
    assert settings["backends"]["kserve"]["token"] == ""
    assert settings["notify"]["urls"] == ["ntfy"]
    assert bench.settings["notify"]["urls"] == [SERVICE], "the settings stay as they are"
    assert BLOT in bench.files()["log.txt"]


@pytest.mark.parametrize("tree", [{}, {"notify": None}, {"backends": 5}, {"notify": {}}])
def test_damaged_settings_can_be_told_too(bench: Bench, tree: Any) -> None:
    bench.settings = tree
    assert json.loads(bench.files()["settings.json"]) == tree


def test_the_last_reasons_and_the_errors_by_kind_are_told(bench: Bench) -> None:
    for n in range(MOST_EVENTS + 5):
        effect = RaiseEvent("watch_started", Reason("watch_started", {"job": str(n)}))
        bench.diagnostics.fired(effect, STATUS, State(settings_with()), None)
    bench.meters.failed("camera", "snapshot_empty")
    bench.meters.took("local", 0.2)
    files = bench.files()
    events = json.loads(files["events.json"])
    assert len(events) == MOST_EVENTS
    assert events[-1]["reason"] == f"Watching {MOST_EVENTS + 4}"
    figures = json.loads(files["errors.json"])
    assert figures["errors"] == [
        {"source": "camera", "code": "snapshot_empty", "count": 1}
    ]
    assert figures["times"]["local"]["total_s"] == 0.2
    assert figures["notifications_waiting"] == 3


def line(ring: LogRing, text: str, at: float) -> None:
    record = logging.LogRecord("n", logging.INFO, "p", 1, text, None, None)
    record.created = at
    ring.handle(record)


def test_the_log_is_that_of_the_last_hour() -> None:
    ring = LogRing()
    line(ring, "old", NOW - KEEP_S - 1)
    line(ring, "new", NOW)
    (found,) = ring.lines(NOW)
    assert found.endswith("INFO new")


def test_a_log_that_runs_wild_is_bounded() -> None:
    ring = LogRing()
    for _ in range(MOST_LINES + 10):
        line(ring, "x" * (2 * MOST_LETTERS), NOW)
    assert len(ring.lines(NOW)) == MOST_LINES
    assert len(ring.lines(NOW)[0]) == MOST_LETTERS


def test_a_line_that_cannot_be_put_together_harms_nobody_and_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ring = LogRing()
    broken = logging.LogRecord("x", logging.INFO, "", 0, "%d", ("no number",), None)
    ring.emit(broken)
    line(ring, "fine", 100.0)
    assert [text.rpartition(" ")[2] for text in ring.lines(100.0)] == ["fine"]
    assert "no number" in capsys.readouterr().err
