"""The database and the frames in the plugin's folder. One thread at a time may use it.

A write is one transaction in SQLite's write-ahead log, without waiting for the disk: a
process that is killed loses the row it was writing, a power cut the last half minute, and
neither damages anything. An SD card sees what the system gathers in that time, not every
row. A frame is a file that is there before its row; what has no row is swept at the next
start. A database that is damaged is set aside with its frames, never deleted unasked.

Anything here may raise OSError or sqlite3.Error; :mod:`writer` knows what to do then.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Optional

from .schema import MB, TABLES_OF_A_JOB, TooNew, migrate
from .summing import summed_up

DATABASE = "history.db"
FRAMES = "frames"
SET_ASIDE = "history-damaged"
"""Where a damaged database goes with its frames; there is room for one."""
BACKUP_EXCLUDES = (FRAMES, SET_ASIDE)
"""Below the plugin's folder."""
SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
BUSY_S = 2.0
CHECKPOINT_PAGES = 256
LOG_BYTES = 3 * MB
"""Room left for the write-ahead log, which is emptied every so many pages."""


class Damaged(Exception):
    """The database cannot be used any more."""


def frame_path(folder: Path, job: str, number: int) -> Path:
    """Where a frame lies; only for ids that are safe as a name."""
    if not SAFE_ID.fullmatch(job):
        raise ValueError("no id of a job")
    return folder / FRAMES / job / f"{int(number)}.jpg"


def connect(folder: Path, write: bool = False) -> sqlite3.Connection:
    """A connection to the database; one that only reads never makes one."""
    path = (folder / DATABASE).absolute()
    uri = f"{path.as_uri()}?mode={'rwc' if write else 'ro'}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)


def set_aside(folder: Path) -> Path:
    """Move a damaged database and its frames out of the way; gives the place."""
    place = folder / SET_ASIDE
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name in (DATABASE, DATABASE + "-wal", DATABASE + "-shm", FRAMES):
        if (folder / name).exists():
            os.replace(folder / name, place / name)
    return place


def bytes_below(place: Path) -> int:
    """How much room a folder takes."""
    total = 0
    for base, _, names in os.walk(place):
        for name in names:
            try:
                total += os.path.getsize(os.path.join(base, name))
            except OSError:
                continue
    return total


class Store:
    """An open history.

    Raises:
        Damaged: there is a database, and it is none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._connection = connect(folder, write=True)
        try:
            self._prepare()
        except (sqlite3.Error, OSError, TooNew, Damaged) as error:
            self._connection.close()
            if is_damage(error):
                raise Damaged(str(error)) from error
            raise
        self.aside_bytes = bytes_below(folder / SET_ASIDE)

    def _prepare(self) -> None:
        one = self._connection.execute
        one("PRAGMA auto_vacuum = INCREMENTAL")
        one("PRAGMA journal_mode = WAL")
        one("PRAGMA synchronous = NORMAL")
        one(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        one(f"PRAGMA journal_size_limit = {LOG_BYTES // 2}")
        (found,) = one("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise Damaged(str(found))
        migrate(self._connection)
        # Whoever wrote these is gone; when, their last check tells.
        query = "SELECT id, started_at FROM jobs WHERE ended_at IS NULL"
        for row, started_at in one(query).fetchall():
            watched_s = summed_up(self._connection, row)["watched_s"]
            self.end_job(row, "unknown", started_at + watched_s)

    def close(self) -> None:
        """Leave the database as one file."""
        self._connection.close()

    # -- writing ----------------------------------------------------------------------

    def begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def add_job(self, header: Mapping[str, Any]) -> int:
        """A job's row; its own again if it is there already."""
        columns = ("job", "name", "path", "origin", "size", "started_at", "settings")
        self._connection.execute(
            f"INSERT OR IGNORE INTO jobs ({', '.join(columns)}) "
            f"VALUES ({', '.join('?' * len(columns))})",
            [header[name] for name in columns],
        )
        found = self.row_of(header["job"])
        assert found is not None
        return found

    def row_of(self, job: str) -> Optional[int]:
        query = "SELECT id FROM jobs WHERE job = ?"
        found = self._connection.execute(query, (job,)).fetchone()
        return None if found is None else int(found[0])

    def add_check(
        self, row: int, check: Mapping[str, Any], frame_bytes: int, matters: bool
    ) -> None:
        number = check["n"]
        self._connection.execute(
            "INSERT OR REPLACE INTO checks VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row,
                number,
                check["at_s"],
                check["score"],
                check["verdict"],
                frame_bytes,
                int(matters),
                check["detail"].get("backend", ""),
            ),
        )
        self._connection.execute(
            "INSERT OR REPLACE INTO details VALUES (?, ?, ?)",
            (row, number, json.dumps(check["detail"], separators=(",", ":"))),
        )

    def add_note(self, row: int, note: Mapping[str, Any]) -> None:
        self._connection.execute(
            "INSERT INTO notes (job, at_s, kind, who, code, params) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                row,
                note["at_s"],
                note["kind"],
                note["who"],
                note["code"],
                json.dumps(note["params"], separators=(",", ":")),
            ),
        )

    def add_calls(
        self, row: int, backend: str, calls: int, cost: Optional[float]
    ) -> None:
        """What was called since the last time; an unknown cost makes the sum unknown."""
        self._connection.execute(
            "INSERT INTO calls VALUES (?, ?, ?, ?) ON CONFLICT (job, backend) DO UPDATE "
            "SET calls = calls + excluded.calls, cost_usd = cost_usd + excluded.cost_usd",
            (row, backend, calls, cost),
        )

    def end_job(self, row: int, outcome: str, ended_at: float) -> None:
        """Close a job, with what it came to."""
        summary = json.dumps(summed_up(self._connection, row))
        self._connection.execute(
            "UPDATE jobs SET outcome = ?, ended_at = ?, summary = ? WHERE id = ?",
            (outcome, ended_at, summary, row),
        )

    def row_is_gone(self, row: int) -> bool:
        """Whether a job has been deleted."""
        query = "SELECT 1 FROM jobs WHERE id = ?"
        return self._connection.execute(query, (row,)).fetchone() is None

    def mark(self, job: str, mark: Optional[str]) -> bool:
        """Note what the user says of a job; whether there is such a one."""
        query = "UPDATE jobs SET mark = ? WHERE job = ?"
        return self._connection.execute(query, (mark, job)).rowcount > 0

    def delete(self, row: int) -> None:
        """Take a job out of the database; its frames are :meth:`drop_frames_of`'s."""
        for table in TABLES_OF_A_JOB:
            self._connection.execute(f"DELETE FROM {table} WHERE job = ?", (row,))
        self._connection.execute("DELETE FROM jobs WHERE id = ?", (row,))

    def shrink(self) -> None:
        """Give back what deleted rows took."""
        self._connection.execute("PRAGMA incremental_vacuum").fetchall()
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # -- frames -----------------------------------------------------------------------

    def put_frame(self, job: str, number: int, jpeg: bytes) -> None:
        """Write a frame; it is whole or not there, whatever ends the process."""
        path = frame_path(self._folder, job, number)
        part = path.with_suffix(".part")
        try:
            part.write_bytes(jpeg)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(jpeg)
        os.replace(part, path)

    def drop_frames_of(self, job: str) -> None:
        shutil.rmtree(frame_path(self._folder, job, 0).parent, ignore_errors=True)

    def drop_frames(
        self, row: int, job: str, count: int, matter: bool
    ) -> tuple[int, int]:
        """Delete a job's oldest frames; how many, and how many bytes they were."""
        found = self._connection.execute(
            "SELECT n, frame_bytes FROM checks WHERE job = ? AND frame_bytes > 0 "
            "AND matters = ? ORDER BY n LIMIT ?",
            (row, int(matter), count),
        ).fetchall()
        query = "UPDATE checks SET frame_bytes = 0 WHERE job = ? AND n = ?"
        self._connection.executemany(query, [(row, number) for number, _ in found])
        for number, _ in found:
            frame_path(self._folder, job, number).unlink(missing_ok=True)
        return len(found), sum(size for _, size in found)

    def drop_checks(self, row: int, count: int) -> int:
        """Delete a job's oldest checks; how many they were."""
        (until,) = self._connection.execute(
            "SELECT max(n) FROM (SELECT n FROM checks WHERE job = ? ORDER BY n LIMIT ?)",
            (row, count),
        ).fetchone()
        if until is None:
            return 0
        for table in ("details", "checks"):
            query = f"DELETE FROM {table} WHERE job = ? AND n <= ?"
            gone = self._connection.execute(query, (row, until)).rowcount
        return gone

    def drop_aside(self) -> None:
        shutil.rmtree(self._folder / SET_ASIDE, ignore_errors=True)
        self.aside_bytes = bytes_below(self._folder / SET_ASIDE)

    def sweep(self) -> None:
        """Delete frames that no row knows: their writer ended before it wrote the row."""
        place = self._folder / FRAMES
        if not place.is_dir():
            return
        known = dict(self.jobs())
        for folder in list(place.iterdir()):
            row = known.get(folder.name)
            if row is None:
                shutil.rmtree(folder, ignore_errors=True)
                continue
            query = "SELECT n FROM checks WHERE job = ? AND frame_bytes > 0"
            names = {f"{n}.jpg" for (n,) in self._connection.execute(query, (row,))}
            for file in list(folder.iterdir()):
                if file.name not in names:
                    file.unlink(missing_ok=True)

    # -- sizes ------------------------------------------------------------------------

    def jobs(self) -> Iterator[tuple[str, int]]:
        """Ids and rows of all jobs, the oldest first."""
        yield from self._connection.execute("SELECT job, id FROM jobs ORDER BY id")

    def frame_sizes(self) -> dict[int, tuple[int, int]]:
        """How many frames each job has, and their bytes."""
        query = "SELECT job, count(*), sum(frame_bytes) FROM checks WHERE frame_bytes > 0"
        found = self._connection.execute(query + " GROUP BY job")
        return {row: (count, size) for row, count, size in found}

    def database_bytes(self) -> int:
        """How much room the database takes at most, with its log.

        What deleted rows took is given back by :meth:`shrink`, and reused until then.
        """
        pages, free, size = (
            self._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size + LOG_BYTES)


def is_damage(error: BaseException) -> bool:
    """Whether an error means that the database is lost, not only out of reach."""
    if isinstance(error, (TooNew, Damaged)):
        return True
    if isinstance(error, sqlite3.OperationalError):
        return False
    text = str(error)
    return isinstance(error, sqlite3.DatabaseError) and (
        "malformed" in text or "not a database" in text or "no such table" in text
    )
