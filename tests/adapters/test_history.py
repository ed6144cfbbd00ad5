"""The history on disk: what is kept, how long, and what happens when the disk fails."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from octoprint_aiwatch.adapters.history import keeping, store, writer
from octoprint_aiwatch.adapters.history.entries import Wish
from octoprint_aiwatch.adapters.history.reader import Reader
from octoprint_aiwatch.adapters.history.replaying import replayed
from octoprint_aiwatch.adapters.history.schema import MB, MIGRATIONS
from octoprint_aiwatch.adapters.history.store import (
    DATABASE,
    FRAMES,
    SET_ASIDE,
    Store,
    connect,
)
from octoprint_aiwatch.adapters.history.writer import Writer
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.aftermath import CALM
from octoprint_aiwatch.core.settings import History
from tests.adapters.fakes import Clock, until
from tests.adapters.telling import a_job, entries

LIMITS = History(50, 500)
Build = Callable[..., "Desk"]


class Desk:
    """A writer at work in a folder, and a reader beside it."""

    def __init__(self, folder: Path, limits: History = LIMITS) -> None:
        self.folder = folder
        self.clock = Clock()
        self.lines: list[tuple[str, str, dict[str, Any]]] = []
        self.writer = Writer(
            folder, lambda *what: self.lines.append(what), clean, self.clock, limits
        )
        self.reader = Reader(folder)
        self.writer.start()

    def tell(self, effects: list[Any], size: int = 0) -> None:
        for entry in entries(effects, size):
            self.writer.put(entry)

    def settle(self) -> None:
        """Until everything that was told has been dealt with."""
        # The second is answered once what the first left behind has been swept.
        for _ in range(2):
            assert self.writer.ask(Wish("mark", "nobody", None)).done.is_set()

    def codes(self) -> list[str]:
        return [code for _, code, _ in self.lines]

    def frames(self, job: str) -> list[int]:
        place = self.folder / FRAMES / job
        return sorted(int(one.stem) for one in place.glob("*.jpg"))

    def end(self) -> None:
        self.writer.stop(5.0)


def clean(value: Any) -> Any:
    """As the redactor does it, with one secret."""
    return json.loads(json.dumps(value).replace("SECRET", "[hidden]"))


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    desks: list[Desk] = []

    def make(limits: History = LIMITS) -> Desk:
        desks.append(Desk(tmp_path / "data", limits))
        return desks[-1]

    yield make
    for desk in desks:
        desk.end()


@pytest.fixture
def desk(build: Build) -> Desk:
    return build()


# -- what is kept ---------------------------------------------------------------------


def test_a_job_is_kept_with_what_it_came_to(desk: Desk) -> None:
    desk.tell(a_job(scores=[0.0, 0.1, 0.3]))
    desk.settle()
    (job,) = desk.reader.jobs()
    assert (job["id"], job["name"], job["outcome"]) == ("id1", "1.gcode", "done")
    assert (job["checks"], job["warnings"], job["pauses"]) == (3, 0, [])
    assert job["calls"] == [{"backend": "local", "calls": 3, "cost_usd": 0.0}]
    assert len(job["sparkline"]) == 3
    assert job["worst"] == pytest.approx(max(job["sparkline"]), abs=0.001)


def test_the_checks_come_in_columns_and_one_by_one(desk: Desk) -> None:
    desk.tell(a_job(scores=[0.0, 0.4]), size=50)
    desk.settle()
    document = desk.reader.job("id1")
    assert document is not None
    columns = document["columns"]
    assert columns["n"] == [1, 2]
    assert columns["verdict"] == ["ok", "ok"]
    assert columns["frame"] == [1, 1]
    check = desk.reader.check("id1", 2)
    assert check is not None
    assert (check["backend"], check["phase"]) == ("local", "watching")
    assert check["detections"][0]["confidence"] == 0.4
    assert check["reasons"]
    frame = desk.reader.frame("id1", 2)
    assert frame is not None
    assert frame.startswith(b"\xff\xd8")


def test_the_notes_are_told_in_words(desk: Desk) -> None:
    effects = a_job(end="")
    pause = m.RecordNote("id1", 40.0, "pause", m.Reason("paused_by_them"), "user")
    desk.tell([*effects, pause])
    desk.settle()
    document = desk.reader.job("id1")
    assert document is not None
    assert document["notes"][-1]["text"] == "The print was paused."
    assert document["pauses"] == [
        {"at_s": 40.0, "who": "user", "text": "The print was paused."}
    ]


def test_who_judged_is_told_from_which_check_on(desk: Desk) -> None:
    told = a_job(scores=[0.0, 0.1, 0.1, 0.2])
    desk.tell(
        [
            replace(one, record=replace(one.record, backend="gadget"))
            if isinstance(one, m.RecordCheck) and one.number in (2, 3)
            else one
            for one in told
        ]
    )
    desk.settle()
    document = Reader(desk.folder, {"gadget": "Gadget"}).job("id1")
    assert document is not None
    assert document["judges"] == [
        {"n": 1, "backend": "local", "label": "local"},
        {"n": 2, "backend": "gadget", "label": "Gadget"},
        {"n": 4, "backend": "local", "label": "local"},
    ]


def test_a_pause_comes_with_what_was_seen_and_the_last_frame_that_looked_fine(
    desk: Desk,
) -> None:
    told = a_job(scores=[0.02] * 18 + [0.8] * 20, end="")
    last = max(one.number for one in told if isinstance(one, m.RecordCheck))
    pause = m.RecordNote("id1", 9000.0, "pause", m.Reason("no_data"), "us")
    desk.tell([*told, pause], size=50)
    desk.settle()
    document = desk.reader.job("id1")
    assert document is not None
    looked, columns = document["pause"], document["columns"]
    assert looked["at_s"] == 9000.0
    assert looked["seen"]["n"] <= last
    assert looked["seen"]["verdict"] == "failure"
    assert looked["seen"]["detections"]
    assert "record" not in looked["seen"]
    assert (looked["fine"]["verdict"], looked["fine"]["has_frame"]) == ("ok", True)
    between = slice(looked["fine"]["n"], looked["seen"]["n"] - 1)
    later = zip(*(columns[name][between] for name in ("verdict", "frame", "score")))
    rose = [score for verdict, frame, score in later if (verdict, frame) == ("ok", 1)]
    assert all(score > CALM for score in rose)
    assert columns["score"][looked["fine"]["n"] - 1] <= CALM


def test_what_already_shows_the_failure_is_not_shown_as_fine(desk: Desk) -> None:
    told = a_job(scores=[0.02] * 18 + [0.3] + [0.8] * 20, end="")
    pause = m.RecordNote("id1", 9000.0, "pause", m.Reason("no_data"), "us")
    desk.tell([*told, pause], size=50)
    desk.settle()
    document = desk.reader.job("id1")
    assert document is not None
    columns, first = document["columns"], 18
    assert columns["score"][first] <= CALM, "the mean is still low"
    assert columns["frame"][first], "it could be shown"
    assert document["pause"]["fine"]["n"] <= first
    assert document["pause"]["fine"]["detections"] == []


def test_where_every_frame_has_a_box_the_one_that_rose_least_is_shown(
    desk: Desk,
) -> None:
    told = a_job(scores=[0.12] * 18 + [0.8] * 20, end="")
    pause = m.RecordNote("id1", 9000.0, "pause", m.Reason("no_data"), "us")
    desk.tell([*told, pause], size=50)
    desk.settle()
    document = desk.reader.job("id1")
    assert document is not None
    assert document["pause"]["fine"]["verdict"] == "ok"
    assert document["pause"]["fine"]["detections"]


def test_a_history_from_before_it_knew_who_judged_goes_on(tmp_path: Path) -> None:
    connection = connect(tmp_path, write=True)
    connection.executescript(f"{MIGRATIONS[0]} PRAGMA user_version = 1;")
    connection.execute(
        "INSERT INTO jobs (job, name, path, origin, started_at, settings) "
        "VALUES ('old', 'a', 'a', 'local', 1.0, '{}')"
    )
    connection.execute("INSERT INTO checks VALUES (1, 1, 5.0, 0.1, 'ok', 0, 0)")
    connection.close()
    Store(tmp_path).close()
    document = Reader(tmp_path).job("old")
    assert document is not None
    assert (document["columns"]["n"], document["judges"]) == ([1], [])


def test_a_job_of_which_nothing_was_seen_is_not_listed(desk: Desk) -> None:
    desk.tell(a_job(scores=[], end="cancelled"))
    desk.settle()
    assert desk.reader.jobs() == []


def test_secrets_do_not_get_into_the_history(desk: Desk) -> None:
    begun, *rest = a_job()
    assert isinstance(begun, m.RecordJob)
    begun = replace(begun, job=replace(begun.job, name="SECRET.gcode"))
    desk.tell([begun, *rest])
    desk.settle()
    desk.end()
    assert desk.reader.jobs()[0]["name"] == "[hidden].gcode"
    assert b"SECRET" not in (desk.folder / DATABASE).read_bytes()


def test_quiet_frames_are_kept_once_a_minute_and_those_that_matter_always(
    desk: Desk,
) -> None:
    desk.tell(a_job(scores=[0.0] * 20 + [0.9] * 5), size=100)
    desk.settle()
    kept = desk.frames("id1")
    assert kept[:3] == [1, 2, 3]
    assert [b - a for a, b in zip(kept[2:4], kept[3:5])] == [6, 6]
    assert set(kept) >= {23, 24, 25}
    assert len(kept) < 14


def test_unchanged_a_stored_job_comes_out_as_it_was(desk: Desk) -> None:
    desk.tell(a_job(scores=[0.02] * 18 + [0.8] * 20, end=""))
    desk.settle()
    found = replayed(desk.reader, "id1", {})
    assert found is not None
    outcome, others = found
    assert (outcome.checks, others, outcome.skipped) == (38, 0, 0)
    assert len(outcome.warnings) == 1


def test_a_mark_is_kept_and_can_be_taken_back(desk: Desk) -> None:
    desk.tell(a_job())
    for mark in ("right", "wrong", None):
        wish = desk.writer.ask(Wish("mark", "id1", mark))
        assert (wish.found, wish.failed) == (True, False)
        assert desk.reader.jobs()[0]["mark"] == mark
    assert desk.writer.ask(Wish("mark", "other", "right")).found is False


# -- deleting, and the limits ---------------------------------------------------------


def test_a_deleted_job_leaves_nothing(desk: Desk) -> None:
    desk.tell(a_job(1), size=100)
    desk.tell(a_job(2), size=100)
    assert desk.writer.ask(Wish("delete", "id1")).found
    desk.settle()
    assert [job["id"] for job in desk.reader.jobs()] == ["id2"]
    assert desk.frames("id1") == []
    assert desk.reader.job("id1") is None
    desk.writer.ask(Wish("delete"))
    desk.settle()
    assert desk.reader.jobs() == []
    assert list((desk.folder / FRAMES).iterdir()) == []


def test_a_running_job_that_is_deleted_goes_on_being_kept(desk: Desk) -> None:
    begun, *checks = a_job(scores=[0.1] * 8, end="")
    desk.tell([begun, *checks[:4]])
    desk.writer.ask(Wish("delete", "id1"))
    desk.tell(checks[4:])
    desk.settle()
    (job,) = desk.reader.jobs()
    assert job["checks"] == 4
    found = replayed(desk.reader, "id1", {})
    assert found is not None
    assert (found[0].checks, found[0].skipped) == (4, 0)


def test_of_too_many_jobs_the_oldest_go(build: Build) -> None:
    desk = build(History(3, 500))
    for number in range(1, 6):
        desk.tell(a_job(number), size=10)
    desk.settle()
    assert [job["id"] for job in desk.reader.jobs()] == ["id5", "id4", "id3"]
    assert sorted(one.name for one in (desk.folder / FRAMES).iterdir()) == [
        "id3",
        "id4",
        "id5",
    ]
    desk.writer.keep(History(1, 500))
    desk.settle()
    assert [job["id"] for job in desk.reader.jobs()] == ["id5"]


def size_of(folder: Path) -> int:
    return store.bytes_below(folder)


def test_the_limit_in_bytes_holds_at_every_moment(build: Build) -> None:
    desk = build(History(50, 10))
    for number in range(1, 5):
        desk.tell(a_job(number, scores=[0.9] * 12, box=None), size=400_000)
        desk.settle()
        assert size_of(desk.folder) <= 10 * MB
    assert [job["id"] for job in desk.reader.jobs()] == ["id4"]


def test_a_running_job_alone_drops_its_oldest_quiet_frames_first(build: Build) -> None:
    desk = build(History(50, 10))
    scores = [0.0] * 3 + [0.9] * 5 + [0.0] * 250 + [0.9] * 2
    for effect in a_job(scores=scores, end="", box=None):
        desk.tell([effect], size=400_000)
        until(lambda: desk.writer._queue.qsize() < 20)
    desk.settle()
    assert size_of(desk.folder) <= 10 * MB
    kept = desk.frames("id1")
    assert {260, 8} <= set(kept)
    assert 60 not in kept
    (job,) = desk.reader.jobs()
    assert job["checks"] == len(scores)
    assert job["frames"] == len(kept)


def test_a_job_has_at_most_so_many_frames(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_FRAMES", 30)
    desk = build()
    desk.tell(a_job(scores=[0.9] * 60, end="", box=None), size=10)
    desk.settle()
    assert len(desk.frames("id1")) <= 30
    assert desk.frames("id1")[-1] == 60


def test_a_frame_larger_than_the_limit_is_not_kept_but_its_check_is(build: Build) -> None:
    desk = build(History(50, 10))
    desk.tell(a_job(), size=11 * MB)
    desk.settle()
    assert desk.frames("id1") == []
    assert desk.reader.jobs()[0]["checks"] == 3


def test_with_no_jobs_to_keep_nothing_is_written(build: Build) -> None:
    desk = build(History(0, 500))
    begun, *checks = a_job(scores=[0.1] * 6, end="")
    desk.tell([begun, *checks[:3]], size=10)
    desk.settle()
    assert desk.reader.jobs() == []
    desk.writer.keep(LIMITS)
    desk.tell(checks[3:])
    desk.settle()
    assert desk.reader.jobs()[0]["checks"] == 3


# -- a process that ends --------------------------------------------------------------


def test_what_was_told_is_there_after_a_restart(build: Build) -> None:
    first = build()
    first.tell(a_job(end=""), size=10)
    first.settle()
    first.end()
    second = build()
    second.settle()
    (job,) = second.reader.jobs()
    assert (job["checks"], job["outcome"]) == (3, "unknown")
    assert job["ended_at"] >= job["started_at"]
    assert second.codes() == []


def test_frames_without_a_row_are_swept_at_the_start(build: Build) -> None:
    first = build()
    first.tell(a_job(), size=10)
    first.settle()
    first.end()
    stray = first.folder / FRAMES / "id1" / "99.jpg"
    stray.write_bytes(b"x")
    (first.folder / FRAMES / "gone").mkdir()
    (first.folder / FRAMES / "gone" / "1.jpg").write_bytes(b"x")
    second = build()
    second.settle()
    assert not stray.exists()
    assert not (first.folder / FRAMES / "gone").exists()
    assert second.frames("id1") == [1, 2, 3]


def test_the_end_comes_at_once_even_if_the_disk_hangs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    monkeypatch.setattr(store.Store, "put_frame", lambda *_: gate.wait(10))
    desk.tell(a_job(end=""), size=10)
    started_s = time.monotonic()
    desk.writer.stop(0.3)
    assert time.monotonic() - started_s < 1.0
    gate.set()


def test_the_thread_has_a_name_and_keeps_nobody_waiting(desk: Desk) -> None:
    thread = next(one for one in threading.enumerate() if one.name == "aiwatch-history")
    assert thread.daemon


# -- a disk that fails ----------------------------------------------------------------


class BadDisk:
    """Every frame fails while it is bad."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        self.error: Any = error
        real = store.Store.put_frame

        def put(*args: Any) -> None:
            if self.error is not None:
                raise self.error
            real(*args)

        monkeypatch.setattr(store.Store, "put_frame", put)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left"), "history_full"),
        (sqlite3.OperationalError("database or disk is full"), "history_full"),
        (OSError(errno.EROFS, "Read-only file system"), "history_read_only"),
        (sqlite3.OperationalError("attempt to write a readonly db"), "history_read_only"),
        (sqlite3.OperationalError("disk I/O error"), "history_failed"),
        (ValueError("a mistake of ours"), "history_failed"),
    ],
)
def test_trouble_is_said_once_and_tried_again_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    disk = BadDisk(monkeypatch, error)
    begun, *checks = a_job(scores=[0.5] * 12, end="")
    desk.tell([begun, *checks[:3]], size=10)
    until(lambda: desk.writer.trouble)
    assert desk.writer.trouble == code
    desk.tell(checks[3:6], size=10)
    desk.writer.ask(Wish("mark", "x"))
    desk.clock.now_s += writer.TRY_AGAIN_S
    desk.tell(checks[6:8], size=10)
    desk.writer.ask(Wish("mark", "x"))
    assert desk.codes() == [code]
    disk.error = None
    desk.clock.now_s += writer.TRY_AGAIN_S
    desk.tell(checks[8:], size=10)
    desk.settle()
    assert desk.writer.trouble == ""
    assert desk.codes() == [code, "history_again"]
    assert desk.lines[-1][2]["lost"] == 8
    (job,) = desk.reader.jobs()
    assert job["checks"] == 4
    found = replayed(desk.reader, "id1", {})
    assert found is not None
    assert (found[0].checks, found[0].skipped, found[1]) == (4, 0, 0)


def test_a_folder_that_cannot_be_made_is_trouble_and_nothing_more(
    tmp_path: Path,
) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    desk = Desk(tmp_path / "data")
    desk.tell(a_job(), size=10)
    until(lambda: desk.writer.trouble)
    assert desk.writer.trouble == "history_failed"
    assert desk.writer.ask(Wish("delete")).failed
    (tmp_path / "data").unlink()
    desk.clock.now_s += writer.TRY_AGAIN_S
    desk.tell(a_job(2))
    desk.settle()
    assert [job["id"] for job in desk.reader.jobs()] == ["id2"]
    desk.end()


def test_what_does_not_fit_into_the_queue_is_left_out_and_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, entered = threading.Event(), threading.Event()
    real = store.Store.commit

    def slow(self: Any) -> None:
        entered.set()
        gate.wait(10)
        real(self)

    monkeypatch.setattr(store.Store, "commit", slow)
    begun, *checks = a_job(scores=[0.1] * 3, end="")
    desk.tell([begun, checks[0]])
    assert entered.wait(10)
    for _ in range(writer.MOST_ENTRIES + 5):
        desk.tell(checks[1:2])
    gate.set()
    until(lambda: desk.writer._queue.empty())
    desk.settle()
    assert ("info", "history_again") in [line[:2] for line in desk.lines]


def test_frames_that_wait_take_no_more_memory_than_they_may(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_HELD_BYTES", 1000)
    desk.tell(a_job(), size=2000)
    desk.settle()
    (job,) = desk.reader.jobs()
    assert (job["checks"], job["frames"]) == (3, 0)


# -- a database that is none ----------------------------------------------------------


@pytest.mark.parametrize("spoil", ["garbage", "middle", "later"])
def test_a_damaged_database_is_set_aside_with_its_frames_and_told(
    build: Build, spoil: str
) -> None:
    first = build()
    for number in range(1, 9):
        first.tell(a_job(number, scores=[0.4] * 30), size=10)
    first.settle()
    first.end()
    database = first.folder / DATABASE
    if spoil == "garbage":
        database.write_bytes(b"this is no database" * 1000)
    elif spoil == "middle":
        whole = bytearray(database.read_bytes())
        whole[4096:-4096] = b"\xff" * (len(whole) - 8192)
        database.write_bytes(whole)
    else:
        with sqlite3.connect(database) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
    was = database.read_bytes()[100:]
    second = build()
    second.tell(a_job(9), size=10)
    second.settle()
    assert [job["id"] for job in second.reader.jobs()] == ["id9"]
    ((level, code, params),) = second.lines
    assert (level, code) == ("warning", "history_damaged")
    aside = Path(params["place"])
    assert aside == first.folder / SET_ASIDE
    # The log mode in its header is all that opening it may have changed.
    assert (aside / DATABASE).read_bytes()[100:] == was
    assert (aside / FRAMES / "id1" / "1.jpg").exists()


def test_damage_that_shows_while_writing_is_set_aside_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.tell(a_job(1), size=10)
    desk.settle()
    real, fails = store.Store.add_check, [True]

    def add(*args: Any) -> None:
        if fails.pop() if fails else False:
            raise sqlite3.DatabaseError("database disk image is malformed")
        real(*args)

    monkeypatch.setattr(store.Store, "add_check", add)
    desk.tell(a_job(2), size=10)
    desk.settle()
    assert desk.codes() == ["history_damaged"]
    assert [job["id"] for job in desk.reader.jobs()] == ["id2"]
    assert desk.writer.trouble == ""


def test_what_was_set_aside_counts_and_goes_first(build: Build) -> None:
    first = build()
    first.tell(a_job(1, scores=[0.9] * 12, box=None), size=500_000)
    first.settle()
    first.end()
    (first.folder / DATABASE).write_bytes(b"no database")
    second = build(History(50, 10))
    second.tell(a_job(2, scores=[0.9] * 12, box=None), size=400_000)
    second.settle()
    assert size_of(second.folder) <= 10 * MB
    assert not (second.folder / SET_ASIDE).exists()
    assert [job["id"] for job in second.reader.jobs()] == ["id2"]


def test_a_database_of_an_older_version_is_brought_up_to_date(build: Build) -> None:
    folder = build().folder
    build().settle()
    with sqlite3.connect(folder / DATABASE) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    assert version == len(MIGRATIONS)


def test_a_migration_that_fails_leaves_the_version_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from octoprint_aiwatch.adapters.history import schema

    connection = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    schema.migrate(connection)
    broken = "CREATE TABLE more (id INTEGER); INSERT INTO nowhere VALUES (1);"
    monkeypatch.setattr(schema, "MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection)
    connection.close()
    connection = sqlite3.connect(tmp_path / "x.db")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert version == len(MIGRATIONS)
    assert "more" not in tables
    connection.close()


# -- reading --------------------------------------------------------------------------


def test_without_a_history_there_is_nothing_to_read_and_nothing_is_made(
    tmp_path: Path,
) -> None:
    reader = Reader(tmp_path)
    assert reader.jobs() == []
    assert reader.job("x") is None
    assert reader.check("x", 1) is None
    assert reader.frame("x", 1) is None
    assert list(reader.for_replay("x")) == []
    assert reader.used_mb() == 0.0
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("job", ["../data", "..", "a/b", "", "x" * 65, "a\0b", "%2e%2e"])
def test_no_id_leads_out_of_the_folder(desk: Desk, job: str) -> None:
    desk.tell(a_job(), size=10)
    desk.settle()
    assert desk.reader.frame(job, 1) is None
    with pytest.raises(ValueError):
        store.frame_path(desk.folder, job, 1)


def test_an_id_that_is_no_name_is_not_taken_down(desk: Desk) -> None:
    from tests.adapters.telling import named

    desk.tell(named(a_job(), "../../etc"), size=10)
    desk.settle()
    assert desk.reader.jobs() == []
    assert not (desk.folder / FRAMES).exists()


def test_an_empty_frame_is_no_frame(desk: Desk) -> None:
    desk.tell(a_job(), size=10)
    desk.settle()
    (desk.folder / FRAMES / "id1" / "1.jpg").write_bytes(b"")
    assert desk.reader.frame("id1", 1) is None


def test_reading_goes_on_while_it_is_written(desk: Desk) -> None:
    begun, *checks = a_job(scores=[0.1] * 40, end="")
    desk.tell([begun])
    for check in checks:
        desk.tell([check])
        for job in desk.reader.jobs():
            assert job["checks"] >= 0
    desk.settle()
    assert desk.reader.jobs()[0]["checks"] == 40
