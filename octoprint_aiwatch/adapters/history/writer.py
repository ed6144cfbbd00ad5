"""The thread that writes the history, and the only one that changes it.

Nobody waits for it but who asked for something; what does not fit into its queue is left
out and told. When the disk is full or must not be written to, that is said once and tried
again now and then; the watch is never disturbed.
"""

from __future__ import annotations

import errno
import queue
import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Optional

from ...core import messages as m
from ...core.deferred import replace
from ...core.settings import History
from .entries import Entry, Keep, Wish, Work
from .keeping import Keeper
from .store import Damaged, Store, is_damage, set_aside
from .taking_down import TakingDown

NAME = "aiwatch-history"
MOST_ENTRIES = 500
MOST_HELD_BYTES = 32 * 1024 * 1024
"""Frames that wait to be written may take so much memory."""
AT_ONCE = 50
"""Entries in one transaction."""
TRY_AGAIN_S = 60.0
ANSWER_WITHIN_S = 10.0
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)

Say = Callable[[str, str, dict[str, Any]], None]


class Writer:
    """Takes down what it is given, in order.

    Args:
        folder: the plugin's own.
        say: writes a line into the log, given level, code and parameters.
        clean: takes secrets out of a JSON-like value.
        clock: seconds that never jump.
    """

    def __init__(
        self,
        folder: Path,
        say: Say,
        clean: Callable[[Any], Any],
        clock: Callable[[], float],
        limits: History,
    ) -> None:
        self._folder = folder
        self._say = say
        self._clock = clock
        self._limits = limits
        self._queue: queue.Queue[Work] = queue.Queue(MOST_ENTRIES)
        self._held = 0
        self._lock = threading.Lock()
        self._store: Optional[Store] = None
        self._keeper: Optional[Keeper] = None
        self._now = TakingDown(clean)
        self._tried_at: Optional[float] = None
        self._lost = 0
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        self.trouble = ""
        """A code of :mod:`words` while the history cannot be written, else empty."""

    # -- for other threads ------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Write what is still to be written, if it does not take longer than this."""
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            return
        if self._thread.is_alive():
            self._thread.join(within_s)

    def put(self, entry: Entry) -> None:
        """Have something taken down; returns at once."""
        effect = entry.effect
        if isinstance(effect, m.RecordCheck):
            size = len(effect.frame.jpeg)
            with self._lock:
                fits = self._held + size <= MOST_HELD_BYTES
                self._held += size if fits else 0
            if not fits:
                frame = replace(effect.frame, jpeg=b"")
                entry = replace(entry, effect=replace(effect, frame=frame))
        if not self._offer(entry):
            self._let_go(entry)
            self._lost += 1

    def keep(self, limits: History) -> None:
        """Keep no more than this from now on."""
        if limits != self._limits:
            self._limits = limits
            self._offer(Keep(limits))

    def ask(self, wish: Wish) -> Wish:
        """Have a person's wish done; ``failed`` says that it could not be."""
        if self._thread.is_alive() and self._offer(wish):
            wish.done.wait(ANSWER_WITHIN_S)
        return wish

    # -- the thread -------------------------------------------------------------------

    def _offer(self, work: Work) -> bool:
        try:
            self._queue.put_nowait(work)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        self._guarded(self._open)
        while True:
            works = [self._queue.get()]
            while len(works) < AT_ONCE and not self._queue.empty():
                works.append(self._queue.get())
            is_last = None in works
            self._guarded(partial(self._do, works))
            for work in works:
                self._let_go(work)
                if isinstance(work, Wish):
                    work.done.set()
            if is_last:
                self._close()
                return

    def _let_go(self, work: Work) -> None:
        if isinstance(work, Entry) and isinstance(work.effect, m.RecordCheck):
            with self._lock:
                self._held -= len(work.effect.frame.jpeg)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do something with the store; whatever the disk does, the thread goes on."""
        try:
            work()
        except (OSError, sqlite3.Error, Damaged) as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - the thread must outlive our mistakes
            self._fail(error)

    def _do(self, works: list[Work]) -> None:
        if self._store is None and not self._try_again():
            self._note_lost(works)
            return
        try:
            self._write(works)
        except (sqlite3.Error, Damaged) as error:
            if not is_damage(error):
                self._note_lost(works)
                raise
            self._put_aside(error)
            self._open()
            self._write(works)
        except Exception:
            self._note_lost(works)
            raise

    def _write(self, works: list[Work]) -> None:
        assert self._store is not None
        assert self._keeper is not None
        self._store.begin()
        for work in works:
            if isinstance(work, Entry):
                if self._keeper.limits.keep_jobs > 0:
                    self._now.take(work, self._store, self._keeper)
                else:
                    self._now.follow(work)
            if isinstance(work, Keep):
                self._keeper.limit(work.limits)
            if isinstance(work, Wish):
                self._fulfil(work)
        self._keeper.keep(self._now.row)
        self._store.commit()
        if self._now.row is not None and self._store.row_is_gone(self._now.row):
            self._now.forget()
        self._is_well()
        for work in works:
            if isinstance(work, Wish):
                work.failed = False
                work.done.set()
        self._keeper.sweep_gone()

    def _fulfil(self, wish: Wish) -> None:
        assert self._store is not None
        assert self._keeper is not None
        if wish.kind == "mark" and wish.job is not None:
            wish.found = self._store.mark(wish.job, wish.mark)
            return
        for job, row in list(self._store.jobs()):
            if wish.job in (None, job):
                wish.found = True
                self._keeper.drop(job, row)
                if row == self._now.row:
                    self._now.forget()
        if wish.job is None and self._store.aside_bytes:
            self._store.drop_aside()

    # -- opening, and trouble ---------------------------------------------------------

    def _open(self) -> None:
        self._tried_at = self._clock()
        try:
            store = Store(self._folder)
        except Damaged as error:
            self._put_aside(error)
            store = Store(self._folder)
        self._store = store
        self._keeper = Keeper(store, self._limits)
        store.sweep()

    def _put_aside(self, error: BaseException) -> None:
        self._close()
        place = set_aside(self._folder)
        self._say("warning", "history_damaged", {"why": str(error), "place": str(place)})

    def _try_again(self) -> bool:
        """Open the store once more, if the last try is long enough ago."""
        tried_at = self._tried_at
        if tried_at is not None and self._clock() - tried_at < TRY_AGAIN_S:
            return False
        self._open()
        return True

    def _close(self) -> None:
        store, self._store, self._keeper = self._store, None, None
        self._now.forget()
        if store is not None:
            try:
                store.close()
            except sqlite3.Error:
                # What could not be written stays in its log, for the next start.
                return

    def _fail(self, error: BaseException) -> None:
        """Say it once, leave the store alone, and try again later."""
        self._close()
        self._tried_at = self._clock()
        code = code_of(error)
        if code != self.trouble:
            self.trouble = code
            self._say("warning", code, {"kind": type(error).__name__, "why": str(error)})

    def _note_lost(self, works: list[Work]) -> None:
        """What cannot be written is not kept, but what begins and ends is known."""
        for work in works:
            if isinstance(work, Entry):
                self._now.follow(work)
                self._lost += isinstance(work.effect, m.RecordCheck)

    def _is_well(self) -> None:
        if self.trouble or self._lost:
            self._say("info", "history_again", {"lost": self._lost})
        self.trouble, self._lost = "", 0


def code_of(error: BaseException) -> str:
    """What a failure is called, see :mod:`words`."""
    text = str(error)
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.ENOSPC, errno.EDQUOT) or "is full" in text:
        return "history_full"
    if number in READ_ONLY or "readonly" in text or "unable to open" in text:
        return "history_read_only"
    return "history_failed"
