"""What a job came to, in short: worked out once it is over, and kept with it.

A list of fifty long jobs would otherwise read through all their checks.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from ...core.words import ENGLISH, Tongue, explain
from .schema import MB

SPARK_POINTS = 48
"""Points of a sparkline; each is the worst of its share of the checks."""
EMPTY: dict[str, Any] = {
    "checks": 0,
    "worst": None,
    "frames": 0,
    "frames_mb": 0.0,
    "watched_s": 0.0,
    "warnings": 0,
    "pauses": [],
    "calls": [],
    "cost_usd": 0.0,
    "sparkline": [],
}
"""What :func:`summed_up` says of a job without a check."""
TALLY = (
    "SELECT count(*), max(score), count(nullif(frame_bytes, 0)), sum(frame_bytes), "
    "max(at_s), min(n), max(n) FROM checks WHERE job = ?"
)
SPARK = (
    "SELECT (n - ?) * ? / ? AS part, max(score) FROM checks WHERE job = ? "
    "GROUP BY part ORDER BY part"
)


def notes_of(
    connection: sqlite3.Connection, row: int, tongue: Tongue = ENGLISH
) -> list[dict[str, Any]]:
    """What happened to a job, in words."""
    return [
        {
            **{key: note[key] for key in ("at_s", "kind", "who")},
            "text": explain(note["code"], note["params"], tongue),
        }
        for note in _notes(connection, row)
    ]


def _notes(connection: sqlite3.Connection, row: int) -> list[dict[str, Any]]:
    query = "SELECT at_s, kind, who, code, params FROM notes WHERE job = ? ORDER BY id"
    names = ("at_s", "kind", "who", "code", "params")
    found = [dict(zip(names, note)) for note in connection.execute(query, (row,))]
    return [{**note, "params": json.loads(note["params"])} for note in found]


def summed_up(connection: sqlite3.Connection, row: int) -> dict[str, Any]:
    """What a list says of a job."""
    tally = connection.execute(TALLY, (row,)).fetchone()
    checks, worst, frames, size, last_s, first, last = tally
    query = "SELECT backend, calls, cost_usd FROM calls WHERE job = ? ORDER BY backend"
    calls = connection.execute(query, (row,)).fetchall()
    costs = [cost for _, _, cost in calls]
    notes = _notes(connection, row)
    return {
        "checks": checks,
        "worst": None if worst is None else round(worst, 4),
        "frames": frames,
        "frames_mb": round((size or 0) / MB, 2),
        "watched_s": round(last_s or 0.0, 1),
        "warnings": sum(note["kind"] == "warning" for note in notes),
        "pauses": [
            {key: note[key] for key in ("at_s", "who", "code", "params")}
            for note in notes
            if note["kind"] == "pause"
        ],
        "calls": [
            {"backend": backend, "calls": count, "cost_usd": cost}
            for backend, count, cost in calls
        ],
        "cost_usd": None if None in costs else round(sum(costs), 4),
        "sparkline": _sparkline(connection, row, first, last) if checks else [],
    }


def _sparkline(
    connection: sqlite3.Connection, row: int, first: int, last: int
) -> list[Any]:
    points = connection.execute(SPARK, (first, SPARK_POINTS, last - first + 1, row))
    return [None if score is None else round(score, 3) for _, score in points]
