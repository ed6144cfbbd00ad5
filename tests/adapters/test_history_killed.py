"""A writer that is killed loses the row that it was writing, and damages nothing."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from octoprint_aiwatch.adapters.history.reader import Reader
from octoprint_aiwatch.adapters.history.replaying import replayed
from octoprint_aiwatch.adapters.history.store import DATABASE, FRAMES, Store

KILLS = 15
WRITER = """
import sys, threading, time
from pathlib import Path
from octoprint_aiwatch.adapters.history.writer import Writer
from octoprint_aiwatch.core.messages import RecordCheck
from octoprint_aiwatch.core.settings import History
from tests.adapters.telling import a_job, entries, named

written = threading.Event()

class Telling(Writer):
    def _write(self, works):
        super()._write(works)
        written.set()

folder, run = Path(sys.argv[1]), sys.argv[2]
writer = Telling(folder, lambda *what: print(*what, flush=True), lambda x: x,
                 time.monotonic, History(1000, 10))
effects = named(a_job(scores=[0.9] * 150, end="", box=None), "run-" + run)
writer.start()
checks = 0
for entry in entries(effects, 3000):
    written.clear()
    writer.put(entry)
    assert written.wait(30)
    if isinstance(entry.effect, RecordCheck):
        checks += 1
        print(checks, flush=True)
time.sleep(60)
"""


@pytest.mark.timeout(300)
def test_killed_at_any_moment_it_loses_one_row_at_most_and_stays_whole(
    tmp_path: Path,
) -> None:
    chance = random.Random(7)
    folder = tmp_path / "data"
    acknowledged: dict[str, int] = {}
    for run in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), str(run)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.strip().isdigit(), said
        # At a random moment of its writing, not of its start.
        time.sleep(chance.uniform(0.0, 0.25))
        process.send_signal(signal.SIGKILL)
        lines = [said, *process.stdout.read().split("\n")]
        process.wait()
        numbers = [line.strip() for line in lines if line.strip()]
        assert all(one.isdigit() for one in numbers), numbers[-1]
        acknowledged[f"run-{run}"] = int(numbers[-1])
        with sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        database.close()
        check_newest(folder, f"run-{run}", acknowledged[f"run-{run}"])
    assert len(set(acknowledged.values())) > 3, "always the same moment"


def check_newest(folder: Path, job: str, least: int) -> None:
    reader = Reader(folder)
    newest = reader.jobs()[0]
    assert newest["id"] == job
    # One more may have got through and not been told any more.
    assert newest["checks"] in (least, least + 1)
    document = reader.job(job)
    assert document is not None
    assert document["columns"]["n"] == list(range(1, newest["checks"] + 1))
    for number, kept in zip(document["columns"]["n"], document["columns"]["frame"]):
        assert (reader.frame(job, number) is not None) == bool(kept)
    found = replayed(reader, job, {})
    assert found is not None
    assert (found[0].skipped, found[1]) == (0, 0)
    # The next start finds its way, and leaves no frame without a row.
    store = Store(folder)
    store.sweep()
    store.close()
    files = {int(one.stem) for one in (folder / FRAMES / job).glob("*.jpg")}
    with_frame = zip(document["columns"]["n"], document["columns"]["frame"])
    assert files == {number for number, kept in with_frame if kept}
