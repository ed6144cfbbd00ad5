"""The courier process: a thread for each message, until nobody has any more for it.

It outlives an OctoPrint that ends while a message is on its way, for a little: what was
sent is written down in the outbox by itself, so that it is not sent again.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from collections.abc import Mapping
from contextlib import closing
from typing import Any, BinaryIO, Optional

from ..detector import wire

NICE = 10
LAST_WITHIN_S = 30.0
"""After its input has ended; whatever hangs then is given up."""
WRITE_WITHIN_S = 5.0


def note_sent(outbox: str, message: int, service: str) -> None:
    """Write down that it was sent; if the disk will not have it, the plugin is told."""
    if not outbox:
        return
    try:
        with closing(sqlite3.connect(outbox, timeout=WRITE_WITHIN_S)) as base, base:
            base.execute(
                "UPDATE deliveries SET state='sent' WHERE message=? AND service=?",
                (message, service),
            )
    except sqlite3.Error:
        return


class Courier:
    """Takes orders from one stream and reports on another."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def take(self, head: Mapping[str, Any], jpeg: bytes) -> None:
        """Begin to carry a message out."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._carry, args=(head, jpeg), daemon=True)
        self._threads.append(thread)
        thread.start()

    def finish(self) -> None:
        """Wait for what is on its way, not for ever."""
        for thread in self._threads:
            thread.join(LAST_WITHIN_S / len(self._threads))

    def _carry(self, head: Mapping[str, Any], jpeg: bytes) -> None:
        from .deliver import SENT, deliver

        message, service = int(head.get("message", 0)), str(head.get("service", ""))
        found = deliver(str(head["url"]), head, self._picture(head, jpeg))
        if found.how == SENT:
            note_sent(str(head.get("outbox", "")), message, service)
        report = {"message": message, "service": service, "how": found.how}
        try:
            with self._lock:
                wire.write(self._sink, {**report, "words": found.words})
        except OSError:
            return  # OctoPrint has ended; the outbox knows

    def _picture(self, head: Mapping[str, Any], jpeg: bytes) -> Optional[bytes]:
        if not jpeg:
            return None
        try:
            from .sketch import sketch

            return sketch(jpeg, head.get("boxes") or (), head.get("view") or (False,) * 3)
        except Exception:  # noqa: BLE001 - a message without a picture is a message
            return None


def main() -> None:
    """Take over standard input and output; whatever prints goes to standard error."""
    if hasattr(os, "nice"):
        os.nice(NICE)
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    courier = Courier(sink)
    while True:
        try:
            courier.take(*wire.read(sys.stdin.buffer))
        except (wire.WireError, OSError):
            break
    courier.finish()
    # A thread that hangs must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
