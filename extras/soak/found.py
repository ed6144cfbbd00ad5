"""What came of a week, and what of it is wrong."""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from octoprint_aiwatch.adapters.history.store import LOG_BYTES, bytes_below

MB = 1024 * 1024
KEEP = {"keep_jobs": 12, "keep_mb": 20}
MOST_GROWTH_BYTES = 1 * MB
ENDINGS = ("done",) * 6 + ("cancelled",) * 2 + ("failed", "error", "disconnected")
KNOWN_SHARE = 0.8
"""A print that begins and ends while the disk is full is not in the history."""
KNOWN = {*ENDINGS, "shutdown", "unknown"}


@dataclass
class Found:
    """What came of it."""

    hours: float = 0.0
    prints: int = 0
    checks: int = 0
    pauses: int = 0
    restarts: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    ends: dict[str, str] = field(default_factory=dict)
    """Of each job that was ever seen in the history."""
    outcomes: Counter[str] = field(default_factory=Counter)
    grown_bytes: int = 0
    threads: tuple[int, int] = (0, 0)
    handles: tuple[int, int] = (0, 0)
    folder_bytes: int = 0
    wrong: list[str] = field(default_factory=list)


def look_up(found: Found, folder: Path) -> None:
    """Note how the jobs in the history ended; OctoPrint does not run."""
    database = sqlite3.connect(folder / "history.db")
    rows = database.execute("SELECT job, outcome, ended_at FROM jobs").fetchall()
    is_whole = database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()
    for job, outcome, ended_at in rows:
        found.ends[job] = str(outcome)
        if not ended_at or outcome not in KNOWN:
            found.wrong.append(f"print {int(job, 16)} has no end: {outcome}")
    holds = {
        "the database is damaged": is_whole,
        "more jobs are kept than may be": len(rows) <= KEEP["keep_jobs"],
    }
    found.wrong += [what for what, is_so in holds.items() if not is_so]


def judge(found: Found, folder: Path) -> None:
    """Add what does not hold to ``wrong``."""
    found.outcomes = Counter(found.ends.values())
    found.folder_bytes = bytes_below(folder)
    holds = {
        "few prints are known": len(found.ends) > KNOWN_SHARE * found.prints,
        "more room is taken than may be": found.folder_bytes
        <= KEEP["keep_mb"] * MB + LOG_BYTES,
        "memory has grown": found.grown_bytes < MOST_GROWTH_BYTES,
        "threads are left": found.threads[1] <= found.threads[0],
        "files are left open": found.handles[1] <= found.handles[0],
    }
    found.wrong += [what for what, is_so in holds.items() if not is_so]


def held_bytes() -> int:
    """How much room Python's objects take, all that the collector can find.

    Counting each allocation instead would take ten times as long as what is counted.
    """
    gc.collect()
    seen: set[int] = set()
    total = 0
    for container in gc.get_objects():
        for one in (container, *gc.get_referents(container)):
            if id(one) not in seen:
                seen.add(id(one))
                total += sys.getsizeof(one, 0)
    return total


def handles(folder: Path) -> int:
    """How many files below a folder this process has open."""
    below = str(folder.resolve()) + os.sep
    count = 0
    for one in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{one}").startswith(below)
        except OSError:
            pass  # the one that listed them
    return count
