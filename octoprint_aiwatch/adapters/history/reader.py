"""Questions to the history, from any thread: each with a connection that only reads."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Optional

from ...core.replay import Check, Note
from ...core.words import explain
from .store import DATABASE, MB, SAFE_ID, connect, frame_path

SPARK_POINTS = 48
"""Points of a sparkline; each is the worst of its share of the checks."""
JOB_COLUMNS = (
    "id, job, name, path, origin, size, started_at, ended_at, outcome, mark, settings"
)
SPARKS = f"""
    SELECT c.job, (c.n - f.first) * {SPARK_POINTS} / (f.last - f.first + 1) AS part,
        max(c.score)
    FROM checks c JOIN (
        SELECT job, min(n) AS first, max(n) AS last FROM checks
        WHERE job IN (SELECT value FROM json_each(?)) GROUP BY job
    ) f ON f.job = c.job
    GROUP BY c.job, part
"""
TALLIES = """
    SELECT job, count(*), max(score), count(nullif(frame_bytes, 0)), sum(frame_bytes),
        max(at_s)
    FROM checks WHERE job IN (SELECT value FROM json_each(?)) GROUP BY job
"""


class Reader:
    """Reads the history in the plugin's folder. May raise sqlite3.Error."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._over: dict[int, dict[str, Any]] = {}
        """What was worked out of jobs that are over; it does not change any more."""

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

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs, the newest first, each in short."""
        with self._open() as connection:
            if connection is None:
                return []
            query = f"SELECT {JOB_COLUMNS} FROM jobs ORDER BY id DESC"
            rows = connection.execute(query).fetchall()
            return self._in_short(connection, rows)

    def job(self, job: str) -> Optional[dict[str, Any]]:
        """One job, with all its checks in columns and what happened to it."""
        with self._open() as connection:
            row = _row(connection, job)
            if connection is None or row is None:
                return None
            (document,) = self._in_short(connection, [row])
            checks = connection.execute(
                "SELECT n, at_s, score, verdict, frame_bytes > 0 FROM checks "
                "WHERE job = ? ORDER BY n",
                (row["id"],),
            ).fetchall()
            columns = list(zip(*(tuple(check) for check in checks))) or [()] * 5
            names = ("n", "at_s", "score", "verdict", "frame")
            document["columns"] = {
                name: list(column) for name, column in zip(names, columns)
            }
            document["notes"] = [_told(note) for note in _notes(connection, row["id"])]
            return document

    def check(self, job: str, number: int) -> Optional[dict[str, Any]]:
        """One check: what was seen and why it was believed."""
        with self._open() as connection:
            row = _row(connection, job)
            if connection is None or row is None:
                return None
            found = connection.execute(
                "SELECT c.n, at_s, score, verdict, frame_bytes, detail FROM checks c "
                "JOIN details d ON d.job = c.job AND d.n = c.n "
                "WHERE c.job = ? AND c.n = ?",
                (row["id"], number),
            ).fetchone()
            return None if found is None else _check(found)

    def frame(self, job: str, number: int) -> Optional[bytes]:
        """A frame, if it was kept."""
        if not SAFE_ID.fullmatch(job):
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
            return None if row is None else json.loads(row["settings"])

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
                detail = json.loads(text)
                calls += int(detail.get("calls", 0))
                yield Check(
                    number,
                    at_s,
                    detail.get("record"),
                    float(detail.get("grace_s", 0.0)),
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
                Note(note["at_s"], note["kind"], json.loads(note["params"]))
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

    def _in_short(
        self, connection: sqlite3.Connection, rows: list[Any]
    ) -> list[dict[str, Any]]:
        """What a list says of each job; of those that are over it is worked out once."""
        with self._lock:
            known = dict(self._over)
        wanted = json.dumps([row["id"] for row in rows if row["id"] not in known])
        tallies = {
            one[0]: tuple(one)[1:] for one in connection.execute(TALLIES, [wanted])
        }
        sparks: dict[int, list[Any]] = {}
        for job, _, score in connection.execute(SPARKS, [wanted]):
            rounded = None if score is None else round(score, 3)
            sparks.setdefault(job, []).append(rounded)
        found = []
        for row in rows:
            short = known.get(row["id"])
            if short is None:
                tally = tallies.get(row["id"], (0, None, 0, 0, 0.0))
                short = _worked_out(connection, row["id"], tally)
                short["sparkline"] = sparks.get(row["id"], [])
                if row["ended_at"] is not None:
                    with self._lock:
                        self._over[row["id"]] = short
            found.append(_short(row, short))
        return found


def _row(connection: Optional[sqlite3.Connection], job: str) -> Any:
    if connection is None:
        return None
    query = f"SELECT {JOB_COLUMNS} FROM jobs WHERE job = ?"
    return connection.execute(query, (job,)).fetchone()


def _notes(connection: sqlite3.Connection, row: int) -> list[Any]:
    query = "SELECT at_s, kind, who, code, params FROM notes WHERE job = ? ORDER BY id"
    return connection.execute(query, (row,)).fetchall()


def _told(note: Any) -> dict[str, Any]:
    """A note in words; what the settings became is for the replay alone."""
    params = json.loads(note["params"])
    return {
        "at_s": note["at_s"],
        "kind": note["kind"],
        "who": note["who"],
        "text": explain(note["code"], params),
    }


def _worked_out(
    connection: sqlite3.Connection, row: int, tally: tuple[Any, ...]
) -> dict[str, Any]:
    notes = [_told(note) for note in _notes(connection, row)]
    query = "SELECT backend, calls, cost_usd FROM calls WHERE job = ? ORDER BY backend"
    calls = connection.execute(query, (row,)).fetchall()
    costs = [one["cost_usd"] for one in calls]
    checks, worst, frames, size, last_s = tally
    return {
        "checks": checks,
        "worst": None if worst is None else round(worst, 4),
        "frames": frames,
        "frames_mb": round((size or 0) / MB, 2),
        "watched_s": round(last_s or 0.0, 1),
        "warnings": sum(note["kind"] == "warning" for note in notes),
        "pauses": [
            {key: note[key] for key in ("at_s", "who", "text")}
            for note in notes
            if note["kind"] == "pause"
        ],
        "calls": [
            {
                "backend": one["backend"],
                "calls": one["calls"],
                "cost_usd": one["cost_usd"],
            }
            for one in calls
        ],
        "cost_usd": None if None in costs else round(sum(costs), 4),
    }


def _short(row: Any, worked_out: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["job"],
        "name": row["name"],
        "started_at": row["started_at"],
        "ended_at": row["ended_at"],
        "outcome": row["outcome"],
        "mark": row["mark"],
        **worked_out,
    }


def _check(found: Any) -> dict[str, Any]:
    detail = json.loads(found["detail"])
    flip_h, flip_v, rotate_90 = (detail.get("view") or [False] * 3)[:3]
    return {
        "n": found["n"],
        "at_s": found["at_s"],
        "score": found["score"],
        "verdict": found["verdict"],
        "has_frame": found["frame_bytes"] > 0,
        "phase": detail.get("phase", ""),
        "backend": detail.get("backend", ""),
        "view": {"flip_h": flip_h, "flip_v": flip_v, "rotate_90": rotate_90},
        "reasons": [explain(code, params) for code, params in detail.get("reasons", [])],
        "detections": [
            {
                "confidence": box[0],
                "x": box[1],
                "y": box[2],
                "w": box[3],
                "h": box[4],
                "counts": len(box) < 6,
                "unless": box[5] if len(box) > 5 else "",
            }
            for box in detail.get("boxes", [])
        ],
        "record": detail.get("record"),
    }
