"""The load test's printers and its sums, without the real server."""

from __future__ import annotations

import math

import pytest
from benchmarks.fleet import Fleet, Outcome
from benchmarks.server_load import missed
from benchmarks.stage import Stage, share_of, stage_of
from simulator.clouds import InferenceServer, steady

from octoprint_aiwatch.backends.base import Pixels

FRAMES = [Pixels(32, 24, bytes([level]) * (32 * 24 * 3)) for level in (60, 120)]


def stage(printers: int, served: float = 1.0, **changes: float) -> Stage:
    """One that goes well but for these changes."""
    waits_s = [changes.get("wait_s", 0.1)] * 100
    outcome = Outcome(10.0, in_time=int(served * printers * 10 / 10), waits_s=waits_s)
    outcome.errors.update({"reset": int(changes.get("errors", 0))})
    return stage_of(outcome, printers, 10.0, (0.5, 0.1, 0.2), 10.0)


def test_every_printer_sends_frames_as_the_protocol_wants_it() -> None:
    with InferenceServer(steady(0.0)) as server:
        with Fleet(server.url, FRAMES, 4, cadence_s=0.2) as fleet:
            outcome = fleet.play(1.0)
        calls = server.calls("infer")
    assert outcome.errors == {}
    assert 4 <= len(outcome.waits_s) == len(calls) <= 24
    assert server.violations == []


def test_a_server_that_ends_is_counted_as_errors_by_their_kind() -> None:
    server = InferenceServer(steady(0.0))
    with server, Fleet(server.url, FRAMES, 2, cadence_s=0.1) as fleet:
        server.stop()
        outcome = fleet.play(0.5)
    assert outcome.waits_s == []
    assert set(outcome.errors) == {"refused"}


def test_figures_are_a_second_a_frame_and_a_core() -> None:
    outcome = Outcome(10.0, in_time=95, waits_s=[0.1] * 99 + [2.0])
    one = stage_of(outcome, 100, 10.0, (0.5, 0.1, 0.2), 10.0)
    assert (one.offered_per_s, one.served_per_s) == (10.0, 9.5)
    assert (one.median_ms, one.p99_ms, one.highest_ms) == (100.0, 2000.0, 2000.0)
    assert (one.server_ms_a_frame, one.per_core_per_s) == (50.0, 20.0)


@pytest.mark.parametrize(("share", "value"), [(0.5, 3), (0.99, 5), (1.0, 5), (0.0, 1)])
def test_a_share_of_them_does_not_pass_it(share: float, value: int) -> None:
    assert share_of([1, 2, 3, 4, 5], share) == value


def test_without_an_answer_the_latency_is_infinite() -> None:
    assert share_of([], 0.5) == math.inf


def test_the_aim_is_reached_by_a_stage_that_is_served_well() -> None:
    assert missed([stage(100), stage(300), stage(460)]) == []


@pytest.mark.parametrize("changes", [{"wait_s": 1.2}, {"errors": 1}, {"served": 0.8}])
def test_late_faulty_or_too_few_answers_miss_the_aim(changes: dict[str, float]) -> None:
    (text,) = missed([stage(100), stage(460, **changes)])
    assert "46 frames a second" in text


def test_a_hundred_printers_served_late_are_told() -> None:
    found = missed([stage(100, wait_s=1.2), stage(460)])
    assert [text[:12] for text in found] == ["100 printers"]
