"""The database's tables, and how each version of them came from the one before."""

from __future__ import annotations

import sqlite3

MB = 1024 * 1024
MIGRATIONS: tuple[str, ...] = (
    # 1: what a list reads is apart from what one check needs, so that a list is quick
    """
    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        job TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        path TEXT NOT NULL,
        origin TEXT NOT NULL,
        size INTEGER,
        started_at REAL NOT NULL,
        ended_at REAL,
        outcome TEXT,
        mark TEXT,
        settings TEXT NOT NULL,
        summary TEXT
    );
    CREATE TABLE checks (
        job INTEGER NOT NULL,
        n INTEGER NOT NULL,
        at_s REAL NOT NULL,
        score REAL,
        verdict TEXT NOT NULL,
        frame_bytes INTEGER NOT NULL DEFAULT 0,
        matters INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (job, n)
    ) WITHOUT ROWID;
    CREATE TABLE details (
        job INTEGER NOT NULL,
        n INTEGER NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (job, n)
    ) WITHOUT ROWID;
    CREATE TABLE notes (
        id INTEGER PRIMARY KEY,
        job INTEGER NOT NULL,
        at_s REAL NOT NULL,
        kind TEXT NOT NULL,
        who TEXT NOT NULL,
        code TEXT NOT NULL,
        params TEXT NOT NULL
    );
    CREATE INDEX notes_of_a_job ON notes (job);
    CREATE TABLE calls (
        job INTEGER NOT NULL,
        backend TEXT NOT NULL,
        calls INTEGER NOT NULL,
        cost_usd REAL,
        PRIMARY KEY (job, backend)
    ) WITHOUT ROWID;
    """,
    # 2: who judged each check, for the timeline, without reading what all of them found
    "ALTER TABLE checks ADD COLUMN backend TEXT NOT NULL DEFAULT '';",
)
TABLES_OF_A_JOB = ("checks", "details", "notes", "calls")


class TooNew(Exception):
    """The database was written by a later version of the plugin."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database up to date; each step is done whole or not at all.

    Raises:
        TooNew: it is of a version that we do not know.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise TooNew(str(version))
    for number in range(version, len(MIGRATIONS)):
        connection.executescript(
            f"BEGIN IMMEDIATE;{MIGRATIONS[number]};"
            f"PRAGMA user_version = {number + 1};COMMIT;"
        )
