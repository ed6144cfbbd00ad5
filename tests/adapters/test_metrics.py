"""The metrics: what is counted, and that Prometheus' own parser reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from octoprint_aiwatch.adapters.meters import BUCKETS_S, Meters, Times
from octoprint_aiwatch.adapters.metrics import Metrics, resident_bytes
from octoprint_aiwatch.core.messages import RaiseEvent
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.status import document
from octoprint_aiwatch.core.values import Job, Reason
from tests.adapters.fakes import FRAME, Clock, settings_with

EXTRA = {"calls": {}, "tariffs": {}, "version": "9.9"}
STATE = State(settings_with())
JOB = Job(1, "id", "a.gcode", "a.gcode", "local", 0.0)


class Bench:
    """Meters and metrics over a status that a test may change."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.meters = Meters(self.clock)
        self.status = dict(document(STATE, 0.0, EXTRA))
        self.metrics = Metrics(
            lambda: self.status,
            self.meters,
            lambda: 3,
            lambda: [os.getpid()],
            lambda: "E",
        )

    def told(self, state: State = STATE, frame: Any = None, **changes: Any) -> None:
        self.meters.told({**self.status, **changes}, state, frame)

    def samples(self) -> dict[tuple[str, ...], float]:
        text, content_type = self.metrics.scrape()
        assert content_type.startswith("text/plain")
        return {
            (one.name, *(f"{k}={v}" for k, v in sorted(one.labels.items()))): one.value
            for family in text_string_to_metric_families(text.decode())
            for one in family.samples
        }


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_status_is_there_as_numbers(bench: Bench) -> None:
    bench.status.update(score=0.25, verdict="warning", blind=False, phase="watching")
    found = bench.samples()
    assert found["aiwatch_score",] == 0.25
    assert found["aiwatch_verdict", "verdict=warning"] == 1.0
    assert found["aiwatch_verdict", "verdict=ok"] == 0.0
    assert found["aiwatch_phase", "phase=watching"] == 1.0
    assert found["aiwatch_notifications_waiting",] == 3.0
    assert found["aiwatch_info", "backend=local", "printer=E", "version=9.9"] == 1.0


def test_a_score_that_is_missing_is_missing_and_not_0(bench: Bench) -> None:
    assert ("aiwatch_score",) not in bench.samples()
    assert ("aiwatch_snapshot_age_seconds",) not in bench.samples()


def test_checks_are_counted_over_jobs(bench: Bench) -> None:
    job = replace(STATE, job=JOB, generation=1)
    for state in (job, replace(job, checks=1), replace(job, checks=3)):
        bench.told(state)
    bench.told(replace(STATE, generation=1))
    bench.told(replace(job, generation=2, checks=1))
    assert bench.samples()["aiwatch_checks_total",] == 4.0


def test_time_spent_blind_is_counted_while_it_lasts(bench: Bench) -> None:
    bench.told(blind=True)
    bench.clock.now_s += 30.0
    assert bench.samples()["aiwatch_blind_seconds_total",] == 30.0
    bench.told(blind=False)
    bench.clock.now_s += 99.0
    assert bench.samples()["aiwatch_blind_seconds_total",] == 30.0


def test_a_frames_age_is_the_last_ones(bench: Bench) -> None:
    bench.told(frame=FRAME)
    bench.clock.now_s += 7.0
    bench.told(frame=FRAME)
    assert bench.samples()["aiwatch_snapshot_age_seconds",] == 7.0
    bench.told(frame=replace(FRAME))
    assert bench.samples()["aiwatch_snapshot_age_seconds",] == 0.0


def test_errors_events_and_pauses_are_counted(bench: Bench) -> None:
    bench.meters.failed("camera", "snapshot_empty")
    bench.meters.failed("camera", "snapshot_empty")
    bench.meters.pause_requested()
    event = RaiseEvent("pause_confirmed", Reason("no_data"))
    bench.meters.fired(event, bench.status, STATE, None)
    found = bench.samples()
    assert found["aiwatch_errors_total", "code=snapshot_empty", "source=camera"] == 2.0
    assert found["aiwatch_pauses_requested_total",] == 1.0
    assert found["aiwatch_pauses_confirmed_total",] == 1.0
    assert found["aiwatch_events_total", "event=pause_confirmed"] == 1.0


def test_how_long_a_backend_takes_is_a_histogram(bench: Bench) -> None:
    for took_s in (0.05, 0.3, 0.3, 1000.0):
        bench.meters.took("local", took_s)
    found = bench.samples()
    name = "aiwatch_backend_latency_seconds"
    assert found[name + "_bucket", "backend=local", "le=0.1"] == 1.0
    assert found[name + "_bucket", "backend=local", "le=0.5"] == 3.0
    assert found[name + "_bucket", "backend=local", "le=60.0"] == 3.0
    assert found[name + "_bucket", "backend=local", "le=+Inf"] == 4.0
    assert found[name + "_count", "backend=local"] == 4.0
    assert found[name + "_sum", "backend=local"] == pytest.approx(1000.65)


def test_what_takes_exactly_as_long_as_a_bucket_is_in_it() -> None:
    times = Times()
    times.add(BUCKETS_S[0])
    assert times.counts[0] == 1


def test_calls_and_their_cost_are_there_by_backend(bench: Bench) -> None:
    row = {"key": "g", "calls": 7, "calls_left": 3, "cost_usd": None}
    bench.status["budget"] = {"backends": [row]}
    found = bench.samples()
    assert found["aiwatch_calls_this_month", "backend=g"] == 7.0
    assert found["aiwatch_calls_left", "backend=g"] == 3.0
    assert ("aiwatch_cost_usd", "backend=g") not in found


def test_the_memory_of_a_process_is_read_and_a_gone_one_has_none(bench: Bench) -> None:
    assert bench.samples()["aiwatch_worker_memory_bytes",] > 1e6
    assert resident_bytes(2**30) == 0


def test_nothing_of_the_library_is_loaded_before_the_first_scrape() -> None:
    code = (
        "import sys, octoprint_aiwatch.bootstrap\n"
        "print([m for m in ('prometheus_client', 'apprise', 'paho') if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
