"""Messages on their way: kept on disk until every service has them, or they are too old.

One small SQLite file. The courier process marks in it what it has sent, so that neither a
restart nor a power cut loses a message or sends one twice. No address and no secret is in
it: services are known by :mod:`services`' ids. Belongs to the notify thread; a disk that
is full or broken costs durability, never the watch.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import field
from typing import Any, Callable, Optional

from ..core.deferred import dataclass, replace
from ..core.values import Frame, Sighting
from ..core.view import box_seen

DATABASE = "outbox.sqlite3"
FILES = tuple(DATABASE + end for end in ("", "-journal", "-wal", "-shm", ".damaged"))
"""All that there can be of it in its folder, frames and all."""
MOST_MESSAGES = 200
MOST_FRAME_BYTES = 16 * 1024 * 1024
KEEP_S = 86400.0
"""A message that nobody wanted for a day is of no use any more."""
CLOCK_SET_AT = 1704067200.0
"""A clock before 2024 has not been set yet, and says nothing about a message's age."""
BUSY_S = 2.0
BOX_NUMBERS = 5
"""Centre, size, and whether it counts."""
TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL, letter TEXT, frame BLOB
);
CREATE TABLE IF NOT EXISTS deliveries (
    message INTEGER, service TEXT, state TEXT, PRIMARY KEY (message, service)
);
"""


@dataclass(frozen=True)
class Letter:
    """A message as it is kept: when it happened, its words, and what is drawn."""

    at: float
    title: str
    body: str
    level: str
    jpeg: bytes = field(default=b"", repr=False)
    boxes: Sequence[Sequence[float]] = ()
    view: Sequence[bool] = (False, False, False)


def pictured(letter: Letter, frame: Frame, sightings: tuple[Sighting, ...]) -> Letter:
    """With the frame and its boxes, as a person sees them."""
    boxes = []
    for sighting in sightings:
        box = box_seen(frame.view, sighting.box)
        boxes.append((box.x, box.y, box.w, box.h, float(not sighting.unless)))
    view = (frame.view.flip_h, frame.view.flip_v, frame.view.rotate_90)
    return replace(letter, jpeg=frame.jpeg, boxes=boxes, view=view)


class Outbox:
    """The queue."""

    def __init__(self, path: str, warn: Callable[[str], None]) -> None:
        self.path = path
        self._warn = warn
        self._base = self._open()
        self._sent: set[tuple[int, str]] = set()
        """Sent but not noted: the disk would not have it."""

    # -- what is to be sent -----------------------------------------------------------

    def add(self, letter: Letter, services: Collection[str]) -> None:
        """Queue a message for these services."""
        words = {
            "title": letter.title,
            "body": letter.body,
            "level": letter.level,
            "boxes": [list(box) for box in letter.boxes],
            "view": list(letter.view),
        }
        for _ in range(2):
            try:
                with self._base as base:
                    cursor = base.execute(
                        "INSERT INTO messages (at, letter, frame) VALUES (?, ?, ?)",
                        (letter.at, json.dumps(words), letter.jpeg or None),
                    )
                    rows = [(cursor.lastrowid, one, "waiting") for one in services]
                    base.executemany("INSERT INTO deliveries VALUES (?, ?, ?)", rows)
                self._bound()
                return
            except sqlite3.Error as error:
                self._lose_disk(error)

    def next_for(self, service: str) -> Any:
        """The oldest message that waits for a service: its number and itself, or None."""
        query = (
            "SELECT id, at, letter, frame FROM messages JOIN deliveries ON message = id "
            "WHERE service = ? AND state = 'waiting' ORDER BY id LIMIT 1"
        )
        for _ in range(MOST_MESSAGES):
            found = self._ask(query, (service,))
            if not found:
                return None
            number, at, text, frame = found[0]
            letter = _letter(at, text, frame)
            if letter is not None:
                return number, letter
            self._warn("A message in the outbox was damaged and cannot be delivered.")
            gone = "DELETE FROM deliveries WHERE message = ?"
            if not self._do(gone, (number,)):
                return None
        return None

    def waiting(self) -> int:
        """How many messages have not reached every service."""
        found = self._ask(
            "SELECT COUNT(DISTINCT message) FROM deliveries WHERE state != 'sent'"
        )
        return int(found[0][0]) if found else 0

    # -- what becomes of it -----------------------------------------------------------

    def claim(self, message: int, service: str) -> bool:
        """It is handed to the courier; whether that is still to be done."""
        if (message, service) in self._sent:
            return False
        return self._do(
            "UPDATE deliveries SET state = 'claimed' "
            "WHERE message = ? AND service = ? AND state = 'waiting'",
            (message, service),
        )

    def sent(self, message: int, service: str) -> None:
        """The service has it."""
        values = (message, service)
        text = "UPDATE deliveries SET state = 'sent' WHERE message = ? AND service = ?"
        if not self._do(text, values):
            self._sent.add(values)
        self._tidy()

    def failed(self, message: int, service: str) -> None:
        """The service has it not, as far as is known; the courier may know better."""
        self._do(
            "UPDATE deliveries SET state = 'waiting' "
            "WHERE message = ? AND service = ? AND state = 'claimed'",
            (message, service),
        )

    def reclaim(self) -> None:
        """Whatever an earlier life's courier had is over: sent, or to be sent again."""
        self._do("UPDATE deliveries SET state = 'waiting' WHERE state = 'claimed'", ())
        self._tidy()

    def drop_old(self, wall: float, services: Collection[str]) -> int:
        """Give up what is too old, or for services that are gone; how many too old."""
        known = ", ".join("?" * len(services))
        self._do(
            f"DELETE FROM deliveries WHERE service NOT IN ({known}) "
            "AND state != 'claimed'",
            tuple(services),
        )
        old = self._ask(
            "SELECT id FROM messages WHERE at < ? AND at > ?",
            (wall - KEEP_S, CLOCK_SET_AT),
        )
        count = 0
        for (number,) in old:
            self._do("DELETE FROM deliveries WHERE message = ?", (number,))
            count += 1
        self._tidy()
        return count

    # -- what is kept besides ---------------------------------------------------------

    def kept(self, key: str) -> str:
        """A remembered text; "" if there is none."""
        found = self._ask("SELECT value FROM meta WHERE key = ?", (key,))
        return str(found[0][0]) if found else ""

    def keep(self, key: str, value: str) -> None:
        """Remember a text."""
        self._do("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def salt(self) -> str:
        """What makes services' ids say nothing about their addresses."""
        salt = self.kept("salt")
        if not salt:
            salt = secrets.token_hex(16)
            self.keep("salt", salt)
        return salt

    def close(self) -> None:
        """Nothing more is asked of it."""
        self._base.close()

    # -- the file ---------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        if self.path:
            for _ in range(2):
                try:
                    base = sqlite3.connect(
                        self.path, timeout=BUSY_S, check_same_thread=False
                    )
                    base.executescript(TABLES)
                    base.execute("SELECT COUNT(*) FROM messages, deliveries, meta")
                    os.chmod(self.path, 0o600)
                    return base
                except sqlite3.DatabaseError as error:
                    if "locked" in str(error) or not _moved_aside(self.path):
                        break
                except OSError:
                    break
            self._warn("The outbox for notifications cannot be kept on disk.")
            self.path = ""
        base = sqlite3.connect(":memory:", check_same_thread=False)
        base.executescript(TABLES)
        return base

    def _lose_disk(self, error: sqlite3.Error) -> None:
        """From now on in memory; what is on disk goes out with the next start."""
        if self.path:
            kind = type(error).__name__
            self._warn(f"The outbox for notifications cannot be written ({kind}).")
        salt = self.kept("salt")
        self._base.close()
        self.path = ""
        self._base = self._open()
        if salt:
            self.keep("salt", salt)

    def _ask(self, text: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            return self._base.execute(text, values).fetchall()
        except sqlite3.Error:
            return []

    def _do(self, text: str, values: Sequence[Any]) -> bool:
        """Change something; whether anything was."""
        try:
            with self._base as base:
                return base.execute(text, values).rowcount > 0
        except sqlite3.Error:
            return False

    def _tidy(self) -> None:
        """Forget messages that nobody waits for."""
        self._do(
            "DELETE FROM messages WHERE id NOT IN "
            "(SELECT message FROM deliveries WHERE state != 'sent')",
            (),
        )
        self._do(
            "DELETE FROM deliveries WHERE message NOT IN (SELECT id FROM messages)", ()
        )

    def _bound(self) -> None:
        """Not more than fits: the oldest lose their pictures first, then go."""
        sizes = self._ask(
            "SELECT id, COALESCE(LENGTH(frame), 0) FROM messages ORDER BY id DESC"
        )
        total = 0
        for number, size in sizes:
            total += size
            if size and total > MOST_FRAME_BYTES:
                self._do("UPDATE messages SET frame = NULL WHERE id = ?", (number,))
        for number, _ in sizes[MOST_MESSAGES:]:
            self._do("DELETE FROM deliveries WHERE message = ?", (number,))
        if len(sizes) > MOST_MESSAGES:
            self._tidy()


def _letter(at: Any, text: Any, frame: Any) -> Optional[Letter]:
    """A message as it was stored; None if its row was damaged."""
    try:
        found = json.loads(text)
        title, body, level = (found[name] for name in ("title", "body", "level"))
        boxes = [list(map(float, box)) for box in found["boxes"]]
        view = [one is True for one in found["view"]]
        sound = all(
            len(box) == BOX_NUMBERS and all(map(math.isfinite, box)) for box in boxes
        )
        if (
            not sound
            or len(view) != 3
            or not all(isinstance(one, str) for one in (title, body, level))
        ):
            return None
        jpeg = frame if isinstance(frame, bytes) else b""
        return Letter(float(at), title, body, level, jpeg, boxes, view)
    except (ArithmeticError, KeyError, RecursionError, TypeError, ValueError):
        return None


def _moved_aside(path: str) -> bool:
    """A damaged file makes room for a new one."""
    try:
        os.replace(path, path + ".damaged")
    except OSError:
        return False
    return True
