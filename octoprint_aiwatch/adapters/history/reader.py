"""Questions to the history, from any thread: each with a connection that only reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Optional

from ...core.aftermath import pause_in, runs
from ...core.replay import Check, Note
from ...core.words import ENGLISH, Tongue
from . import rows
from .schema import MB
from .store import DATABASE, SAFE_ID, connect, frame_path
from .summing import EMPTY, notes_of, summed_up

COLUMNS = ("n", "at_s", "score", "verdict", "frame")
MOST_NUMBER = 1 << 53
"""No check is ever so late, and SQLite knows no larger ones."""
MOST_FINE = 50
"""Checks that are looked through for one without a box."""
JOB_COLUMNS = "id, job, name, started_at, ended_at, outcome, mark, settings, summary"


class Reader:
    """Reads the history in the plugin's folder. May raise sqlite3.Error."""

    def __init__(self, folder: Path, labels: Optional[Mapping[str, str]] = None) -> None:
        """Args:
        labels: what people call the backends.
        """
        self._folder = folder
        self._labels = labels or {}

    @contextmanager
    def _open(self) -> Iterator[Optional[sqlite3.Connection]]:
        if not (self._folder / DATABASE).exists():
            yield None
            return
        with closing(connect(self._folder)) as connection:
            connection.row_factory = sqlite3.Row
            # Just made, and nothing in it yet.
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            yield connection if version else None

    def jobs(self, tongue: Tongue = ENGLISH) -> list[dict[str, Any]]:
        """All jobs, the newest first, each in short."""
        with self._open() as connection:
            if connection is None:
                return []
            query = f"SELECT {JOB_COLUMNS} FROM jobs ORDER BY id DESC"
            rows = connection.execute(query).fetchall()
            return [_short(connection, row, tongue) for row in rows]

    def job(self, job: str, tongue: Tongue = ENGLISH) -> Optional[dict[str, Any]]:
        """One job, with all its checks in columns and what happened to it."""
        with self._open() as connection:
            row = _row(connection, job)
            if connection is None or row is None:
                return None
            document = _short(connection, row, tongue)
            checks = connection.execute(
                "SELECT n, at_s, score, verdict, frame_bytes > 0, backend FROM checks "
                "WHERE job = ? ORDER BY n",
                (row["id"],),
            ).fetchall()
            *columns, backends = list(zip(*(tuple(one) for one in checks))) or [()] * 6
            document["columns"] = {
                name: list(column) for name, column in zip(COLUMNS, columns)
            }
            document["judges"] = [
                {"n": first, "backend": key, "label": self._labels.get(key, key)}
                for first, key in runs(columns[0], backends)
            ]
            document["notes"] = notes_of(connection, row["id"], tongue)
            looked = pause_in(document["columns"], document["notes"])
            document["pause"] = looked and {
                "at_s": looked.at_s,
                "seen": _look_up(connection, row["id"], looked.seen, tongue),
                "fine": _fine(connection, row["id"], looked.fine, tongue),
            }
            return document

    def check(
        self, job: str, number: int, tongue: Tongue = ENGLISH
    ) -> Optional[dict[str, Any]]:
        """One check: what was seen and why it was believed."""
        if number > MOST_NUMBER:
            return None
        with self._open() as connection:
            row = _row(connection, job)
            if connection is None or row is None:
                return None
            return _found(connection, row["id"], number, tongue)

    def frame(self, job: str, number: int) -> Optional[bytes]:
        """A frame, if it was kept."""
        if number > MOST_NUMBER:
            return None
        with self._open() as connection:
            row = _row(connection, job)
            if connection is None or row is None:
                return None
            found = connection.execute(
                "SELECT 1 FROM checks WHERE job = ? AND n = ? AND frame_bytes > 0",
                (row["id"], number),
            ).fetchone()
        if found is None:
            return None
        try:
            jpeg = frame_path(self._folder, job, number).read_bytes()
        except OSError:
            return None
        # A power cut may have left an empty file.
        return jpeg or None

    def details(self, job: str) -> Iterator[dict[str, Any]]:
        """A job's checks one by one, as :meth:`check` tells them."""
        with self._open() as connection:
            row = _row(connection, job)
            if connection is None or row is None:
                return
            for found in connection.execute(
                "SELECT c.n, at_s, score, verdict, frame_bytes, detail FROM checks c "
                "JOIN details d ON d.job = c.job AND d.n = c.n "
                "WHERE c.job = ? ORDER BY c.n",
                (row["id"],),
            ):
                yield _check(found)

    def settings(self, job: str) -> Any:
        """The settings that the job began with, without the backends' accounts."""
        with self._open() as connection:
            row = _row(connection, job)
            return None if row is None else rows.document(row["settings"])

    def is_over(self, job: str) -> Optional[bool]:
        """Whether nothing is added to a job any more; None if there is no such job."""
        with self._open() as connection:
            row = _row(connection, job)
            return None if row is None else row["ended_at"] is not None

    def for_replay(self, job: str) -> Iterator[Check]:
        """A job's checks as a replay takes them."""
        calls = 0
        with self._open() as connection:
            row = _row(connection, job)
            if connection is None or row is None:
                return
            query = "SELECT c.n, at_s, detail FROM checks c JOIN details d "
            query += "ON d.job = c.job AND d.n = c.n WHERE c.job = ? ORDER BY c.n"
            for number, at_s, text in connection.execute(query, (row["id"],)):
                detail = rows.document(text)
                calls += rows.whole(detail.get("calls"))
                yield Check(
                    number,
                    rows.number(at_s),
                    detail.get("record"),
                    rows.number(detail.get("grace_s")),
                    detail.get("suppressed") is True,
                    calls,
                )

    def notes_for_replay(self, job: str) -> list[Note]:
        """What happened to a job, as a replay takes it."""
        with self._open() as connection:
            row = _row(connection, job)
            if connection is None or row is None:
                return []
            return [
                Note(
                    rows.number(note["at_s"]), note["kind"], rows.document(note["params"])
                )
                for note in _notes(connection, row["id"])
            ]

    def used_mb(self) -> float:
        """How much room all of it takes."""
        with self._open() as connection:
            if connection is None:
                return 0.0
            (frames,) = connection.execute(
                "SELECT coalesce(sum(frame_bytes), 0) FROM checks"
            ).fetchone()
        size = (self._folder / DATABASE).stat().st_size
        return round(float(frames + size) / MB, 1)


def nothing_yet(job: Mapping[str, Any]) -> dict[str, Any]:
    """The running job, while nothing is kept of it.

    Args:
        job: as the status document has it.
    """
    none: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    return {
        "id": job["id"],
        "name": job["name"],
        "started_at": job["started_at"],
        "ended_at": None,
        "outcome": None,
        "mark": None,
        **EMPTY,
        "columns": none,
        "judges": [],
        "notes": [],
        "pause": None,
    }


def _row(connection: Optional[sqlite3.Connection], job: str) -> Any:
    if connection is None or not SAFE_ID.fullmatch(job):
        return None
    query = f"SELECT {JOB_COLUMNS} FROM jobs WHERE job = ?"
    return connection.execute(query, (job,)).fetchone()


def _found(
    connection: sqlite3.Connection, row: int, number: int, tongue: Tongue
) -> Optional[dict[str, Any]]:
    found = connection.execute(
        "SELECT c.n, at_s, score, verdict, frame_bytes, detail FROM checks c "
        "JOIN details d ON d.job = c.job AND d.n = c.n "
        "WHERE c.job = ? AND c.n = ?",
        (row, number),
    ).fetchone()
    return None if found is None else _check(found, tongue)


def _look_up(
    connection: sqlite3.Connection, row: int, number: Optional[int], tongue: Tongue
) -> Optional[dict[str, Any]]:
    """A check as it is shown, without what it was made from."""
    found = None if number is None else _found(connection, row, number, tongue)
    if found is not None:
        del found["record"]
    return found


def _fine(
    connection: sqlite3.Connection, row: int, numbers: Sequence[int], tongue: Tongue
) -> Optional[dict[str, Any]]:
    """The first check without a box that counts, else the first: while a mean over
    minutes is still low, a frame may show well enough what is wrong."""
    first = None
    for number in numbers[:MOST_FINE]:
        found = _look_up(connection, row, number, tongue)
        if found and not any(box["counts"] for box in found["detections"]):
            return found
        first = first or found
    return first


def _notes(connection: sqlite3.Connection, row: int) -> list[Any]:
    query = "SELECT at_s, kind, who, code, params FROM notes WHERE job = ? ORDER BY id"
    return connection.execute(query, (row,)).fetchall()


def _short(connection: sqlite3.Connection, row: Any, tongue: Tongue) -> dict[str, Any]:
    """What a list says of a job; of a running one it is worked out as of now."""
    stored = rows.summary(row["summary"])
    came_to = stored or summed_up(connection, row["id"])
    return {
        "id": row["job"],
        "name": row["name"],
        "started_at": row["started_at"],
        "ended_at": row["ended_at"],
        "outcome": row["outcome"],
        "mark": row["mark"],
        **came_to,
        "pauses": [rows.pause(one, tongue) for one in came_to["pauses"]],
    }


def _check(found: Any, tongue: Tongue = ENGLISH) -> dict[str, Any]:
    detail = rows.document(found["detail"])
    detail = detail if rows.is_sound(detail) else {}
    return {
        "n": found["n"],
        "at_s": found["at_s"],
        "score": found["score"],
        "verdict": found["verdict"],
        "has_frame": found["frame_bytes"] > 0,
        "phase": rows.text(detail.get("phase")),
        "backend": rows.text(detail.get("backend")),
        "view": rows.view(detail),
        "reasons": rows.reasons(detail, tongue),
        "detections": rows.detections(detail),
        "record": detail.get("record"),
    }
