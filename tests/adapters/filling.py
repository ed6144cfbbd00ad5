"""A history full of long jobs, made quickly: one is told, the others are copies of it."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from octoprint_aiwatch.adapters.history.entries import Entry, Spent
from octoprint_aiwatch.adapters.history.keeping import Keeper
from octoprint_aiwatch.adapters.history.store import Store, connect, frame_path
from octoprint_aiwatch.adapters.history.taking_down import TakingDown
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.record import Record, judged
from octoprint_aiwatch.core.settings import History
from octoprint_aiwatch.core.temporal import begun
from octoprint_aiwatch.core.values import (
    Detection,
    Frame,
    FrameEvidence,
    Inspection,
    Job,
    Reason,
)
from tests.adapters.fakes import settings_with

STEP_S = 10.0
MOST_LINKS = 30_000


def a_long_job(job: str, checks: int, jpeg: bytes) -> Iterator[Any]:
    """A print with something to see in every fifth frame, which fails at the end."""
    settings = settings_with()
    started_at = time.time() - checks * STEP_S
    yield m.RecordJob(
        Job(1, job, f"long-{job}.gcode", "a", "local", started_at), settings
    )
    memory, before = begun(), None
    for number in range(1, checks + 1):
        seen = 0.5 + 0.4 * math.sin(number / 7) if number % 5 == 0 else 0.02
        seen = 0.9 if number > checks * 0.95 else seen
        x, y = 0.5 + 0.3 * math.sin(number / 50), 0.5 + 0.3 * math.cos(number / 70)
        boxes = (Detection(seen, x, y, 0.2, 0.15),) if seen > 0.1 else ()
        record = Record(
            memory,
            Inspection(FrameEvidence(seen), boxes),
            5000.0 + number * STEP_S,
            settings.decision,
            (),
            (),
            "local",
        )
        memory, verdict, sightings = judged(record)
        at_s = number * STEP_S
        if verdict.level != "ok" and verdict.level != before:
            yield m.RecordNote(job, at_s, verdict.level, verdict.reasons[0])
            if verdict.level == "failure":
                yield m.RecordNote(job, at_s + 1, "pause", verdict.reasons[0], "us")
        before = verdict.level
        frame = Frame(jpeg, 640, 480, "cam")
        yield m.RecordCheck(
            job,
            number,
            at_s,
            record,
            memory,
            verdict,
            sightings,
            "watching",
            0.0,
            False,
            frame,
        )
    yield m.RecordNote(job, checks * STEP_S, "blind", Reason("timeout", {"host": "h"}))
    yield m.RecordEnd(job, "done")


def fill(folder: Path, jobs: int, checks: int, jpeg: bytes, frames: bool = True) -> None:
    """A history of so many jobs, with a frame for each check if they are wanted."""
    store = Store(folder)
    taking = TakingDown(lambda value: value)
    keeper = Keeper(store, History(jobs + 1, 100_000))
    store.begin()
    for effect in a_long_job("job0", checks, b""):
        spent = (Spent("local", 1, 0.0),) if isinstance(effect, m.RecordCheck) else ()
        taking.take(Entry(effect, time.time(), spent), store, keeper)
    store.commit()
    store.close()
    connection = connect(folder, write=True)
    connection.execute("BEGIN")
    columns = "path, origin, size, started_at, ended_at, outcome, settings, summary"
    for number in range(1, jobs):
        row = number + 1
        connection.execute(
            f"INSERT INTO jobs (id, job, name, {columns}) SELECT ?, ?, ?, {columns} "
            "FROM jobs WHERE id = 1",
            (row, f"job{number}", f"long-{number}.gcode"),
        )
        for table, rest in (
            ("checks", "n, at_s, score, verdict, frame_bytes, matters, backend"),
            ("details", "n, detail"),
            ("notes", "at_s, kind, who, code, params"),
            ("calls", "backend, calls, cost_usd"),
        ):
            connection.execute(
                f"INSERT INTO {table} (job, {rest}) SELECT ?, {rest} FROM {table} "
                "WHERE job = 1",
                (row,),
            )
    if frames:
        connection.execute("UPDATE checks SET frame_bytes = ?", (len(jpeg),))
    connection.execute("COMMIT")
    connection.close()
    if frames:
        _link(folder, jobs, checks, jpeg)


def _link(folder: Path, jobs: int, checks: int, jpeg: bytes) -> None:
    """One picture under many names takes no room."""
    links, source = MOST_LINKS, folder
    for number in range(jobs):
        place = frame_path(folder, f"job{number}", 0).parent
        place.mkdir(parents=True)
        for check in range(1, checks + 1):
            path = place / f"{check}.jpg"
            if links >= MOST_LINKS:
                path.write_bytes(jpeg)
                links, source = 0, path
                continue
            os.link(source, path)
            links += 1
