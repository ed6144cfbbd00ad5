"""Progress counts printing time only, and failures follow it."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any, Optional

import pytest
from simulator.failure import FailPlan, Failure
from simulator.progress import (
    FixedProgress,
    JobTracker,
    OctoPrintProgress,
    Progress,
    VirtualClockProgress,
)
from simulator.toolpath import Toolpath, read_gcode


@pytest.fixture(scope="module")
def toolpath(job_path: Path) -> Toolpath:
    return read_gcode(job_path)


def job(state: str, filepos: Optional[int] = None) -> dict[str, Any]:
    return {"state": state, "progress": {"filepos": filepos}}


def first_line(toolpath: Toolpath) -> int:
    return int(toolpath.offset[toolpath.extrudes][0])


def test_before_any_job_there_is_nothing(toolpath: Toolpath) -> None:
    tracker = JobTracker(toolpath)
    tracker.update(job("Operational"), 0.0)
    assert tracker.at(1.0).filepos is None


def test_heating_up_is_no_printing_time(toolpath: Toolpath) -> None:
    tracker = JobTracker(toolpath)
    for second in range(10):
        tracker.update(job("Printing", 60), float(second))
    assert tracker.at(10.0).printed_s == 0.0


def test_printing_time_stands_still_in_a_pause(toolpath: Toolpath) -> None:
    tracker = JobTracker(toolpath)
    start = first_line(toolpath)
    for second in range(6):
        tracker.update(job("Printing", start + 100 * second), float(second))
    for second in range(6, 20):
        tracker.update(job("Paused", start + 500), float(second))
    for second in range(20, 25):
        tracker.update(job("Printing", start + 500), float(second))
    # Up to a poll of doubt at every change of state.
    assert tracker.at(24.0).printed_s == pytest.approx(10.0, abs=1.01)
    assert tracker.at(24.0).job == 1


def test_the_place_in_the_file_goes_on_between_two_answers(toolpath: Toolpath) -> None:
    tracker = JobTracker(toolpath)
    start = first_line(toolpath)
    for second in range(8):
        tracker.update(job("Printing", start + 100 * second), float(second))
    later = tracker.at(7.5).filepos
    assert later is not None
    assert start + 710 < later < start + 760


def test_a_finished_job_stays_and_the_next_one_starts_anew(toolpath: Toolpath) -> None:
    tracker = JobTracker(toolpath)
    start = first_line(toolpath)
    tracker.update(job("Printing", start), 0.0)
    tracker.update(job("Operational", toolpath.size_bytes), 1.0)
    done = tracker.at(9.0)
    tracker.update(job("Printing", 0), 10.0)
    again = tracker.at(10.0)
    assert (done.filepos, done.job) == (start, 1)
    assert (again.filepos, again.printed_s, again.job) == (0.0, 0.0, 2)


def test_a_job_started_again_between_two_answers_is_a_new_one(
    toolpath: Toolpath,
) -> None:
    tracker = JobTracker(toolpath)
    tracker.update(job("Printing", toolpath.size_bytes // 2), 0.0)
    tracker.update(job("Printing", 80), 1.0)
    assert tracker.at(1.0).job == 2
    assert tracker.at(1.0).printed_s == 0.0


def test_a_virtual_clock_moves_only_by_hand(job_path: Path) -> None:
    source = VirtualClockProgress(job_path, 100.0)
    begin = source.now()
    source.advance(100.0)
    assert begin.printed_s == 0.0
    assert source.now() == Progress(source.toolpath.size_bytes, 100.0)


def test_a_fixed_job_can_stand_still(job_path: Path) -> None:
    source = FixedProgress(job_path, 0.5, printed_s=7.0)
    assert source.now() == Progress(0.5 * source.toolpath.size_bytes, 7.0)


def test_strands_come_as_fast_as_planned() -> None:
    slow, fast = Failure(FailPlan(60.0)), Failure(FailPlan(60.0, strands_per_s=5.0))
    at = Progress(40.0, 90.0)
    assert fast.look(at)[0] == 5 * slow.look(at)[0] > 0


def test_strands_come_from_the_planned_second_on() -> None:
    failure = Failure(FailPlan(60.0))
    assert failure.look(Progress(10.0, 59.9)) == (0.0, None)
    assert failure.look(Progress(20.0, 60.0)) == (0.0, 20.0)
    strands, failed_filepos = failure.look(Progress(40.0, 90.0))
    assert strands > 20
    assert failed_filepos == 20.0


def test_each_job_fails_by_itself() -> None:
    failure = Failure(FailPlan(60.0))
    failure.look(Progress(10.0, 90.0, job=1))
    assert failure.look(Progress(1.0, 1.0, job=2)) == (0.0, None)
    assert failure.look(Progress(30.0, 70.0, job=2))[1] == 30.0


def test_a_failure_can_have_begun_before_the_first_frame() -> None:
    strands, failed_filepos = Failure(FailPlan(-30.0)).look(Progress(5.0, 0.0))
    assert strands >= 30
    assert failed_filepos == 5.0


def test_nothing_comes_loose_on_an_empty_bed() -> None:
    failure = Failure(FailPlan(0.0))
    assert failure.look(Progress(None, 0.0)) == (0.0, None)
    assert failure.look(Progress(5.0, 0.0)) == (0.0, None)


def test_a_failure_begun_by_hand_can_be_healed() -> None:
    failure = Failure()
    here = Progress(50.0, 20.0)
    failure.begin(here, grown_s=30.0)
    assert failure.look(here)[0] == pytest.approx(30.0)
    failure.heal()
    assert failure.look(Progress(60.0, 99.0)) == (0.0, None)


def test_a_server_that_is_still_starting_does_not_end_the_following(
    job_path: Path,
) -> None:
    asked = threading.Semaphore(0)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def mumble() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1000)
                    connection.sendall(b"not http at all\r\n\r\n")
                asked.release()

        threading.Thread(target=mumble, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        progress = OctoPrintProgress(url, "key", job_path)
        try:
            assert asked.acquire(timeout=10)
            assert asked.acquire(timeout=10), "it stopped asking"
            assert progress.now().job == 0
        finally:
            progress.close()
