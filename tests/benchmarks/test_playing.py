"""What is counted in a round, without an OctoPrint."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from benchmarks import playing
from benchmarks.use import Use, cpu_s, peak_mb, threads_cpu_s
from simulator.cloud_base import CallRecord

BUSY = "import time; end = time.monotonic() + 30\nwhile time.monotonic() < end: pass"


def call(at_s: float, kind: str = "process", size: int = 120_000) -> CallRecord:
    headers = {"content-length": str(size)}
    return CallRecord(at_s, kind, "primary", "POST", "/", headers)


def cloud(*calls: CallRecord) -> Any:
    return SimpleNamespace(requests=list(calls))


def test_what_was_sent_is_told_as_an_hour_of_it_from_frame_to_frame() -> None:
    frames = [call(at_s) for at_s in (3.0, 13.0, 23.0, 33.0)]
    found = playing.sent(cloud(*frames), 0.0, 42.0)
    assert found["calls"] == pytest.approx(360)
    assert found["sent_mb"] == pytest.approx(43.2)


def test_other_calls_count_as_often_as_they_came() -> None:
    frames = [call(at_s) for at_s in (3.0, 13.0, 23.0)]
    found = playing.sent(cloud(*frames, call(1.0, "create", 500)), 0.0, 36.0)
    assert found["calls"] == pytest.approx(360 + 100)


def test_calls_before_and_after_do_not_count() -> None:
    frames = [call(at_s) for at_s in (-5.0, 3.0, 13.0, 23.0, 99.0)]
    assert playing.sent(cloud(*frames), 0.0, 30.0)["calls"] == pytest.approx(360)


def test_too_few_frames_to_tell_their_distance_are_taken_to_keep_it() -> None:
    found = playing.sent(cloud(call(3.0)), 0.0, 12.0)
    assert (found["calls"], found["sent_mb"]) == (pytest.approx(360), pytest.approx(43.2))


def test_what_watching_adds_is_what_is_more_than_awake() -> None:
    found = {
        "awake_uss_mb": 71.0,
        "awake_rss_mb": 90.0,
        "watch_uss_mb": 72.5,
        "watch_rss_mb": 92.0,
    }
    assert playing.added(found) == {"added_uss_mb": 1.5, "added_rss_mb": 2.0}


THREADS = {
    1: "MainThread",
    2: "comm._monitor",
    3: "comm.sending_thread",
    4: "octoprint.plugins.virtual_printer.wait_thread",
    5: "aiwatch-control",
    6: "aiwatch-inspect",
    7: "Thread-1 (_work)",
}


def test_what_feeds_the_printer_is_told_by_the_threads_names() -> None:
    assert playing.feeding(THREADS) == {2, 3, 4}


def test_ai_watchs_threads_are_told_by_their_names() -> None:
    assert playing.own(THREADS) == 2


def test_the_work_of_threads_can_be_left_out() -> None:
    over, ids = threading.Event(), []

    def work() -> None:
        ids.append(threading.get_native_id())
        while not over.is_set():
            sum(range(1000))

    busy = threading.Thread(target=work, daemon=True)
    busy.start()
    try:
        end_s = time.monotonic() + 20
        while not ids or threads_cpu_s(os.getpid(), ids) < 0.2:
            assert time.monotonic() < end_s, "it gets no time"
            time.sleep(0.01)
        use = Use(psutil.Process(), left_out=frozenset(ids))
        began_s = threads_cpu_s(os.getpid(), ids)
        while threads_cpu_s(os.getpid(), ids) < began_s + 0.3:
            assert time.monotonic() < end_s, "it gets no time"
            time.sleep(0.01)
        whole, apart = use.cpu_s_a_minute(), use.apart_cpu_s_a_minute()
        assert apart < whole / 2
    finally:
        over.set()
        busy.join()


def test_a_thread_that_has_ended_did_nothing() -> None:
    assert threads_cpu_s(os.getpid(), [2**22 + 1]) == 0.0


def test_the_clock_of_a_process_counts_its_work_and_not_its_sleep() -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY]) as child:
        try:
            process = psutil.Process(child.pid)
            end_s = time.monotonic() + 20
            while cpu_s(process) < 0.3:
                assert time.monotonic() < end_s, "it gets no time"
                time.sleep(0.01)
            process.suspend()
            times = process.cpu_times()
            assert cpu_s(process) == pytest.approx(times.user + times.system, abs=0.1)
            use = Use(process)
            use.look()
            assert use.cpu_s_a_minute() < 5.0, "it sleeps"
            assert use.figures()["threads"] == 1
            assert 1.0 < use.figures()["uss_mb"] <= use.figures()["rss_mb"]
            assert use.figures()["rss_mb"] <= peak_mb(process) < 200
        finally:
            child.kill()
