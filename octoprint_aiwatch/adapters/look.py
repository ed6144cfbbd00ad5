"""Looks at a frame before a backend sees it: a useless one is nobody's to judge.

Whatever goes wrong with looking itself is our own trouble and never the watch's: the
frame then counts as a good one, and the log says so once. Belongs to one thread.
"""

from __future__ import annotations

from typing import Callable

from ..core import sight
from ..core.errors import AiWatchError, SnapshotError
from ..core.sight import NOTHING_SEEN, Look
from ..core.values import Frame, Progress
from ..core.words import say


class Looker:
    """One watch's eyes: sees that there is something to be seen."""

    def __init__(
        self,
        look: Callable[[Frame], Look],
        warn: Callable[[str], None],
        log_exception: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._look = look
        self._warn = warn
        self._log_exception = log_exception
        self._clock = clock
        self._memory = NOTHING_SEEN
        self._works = True

    def begin(self) -> None:
        """Another context: what was seen before says nothing."""
        self._memory = NOTHING_SEEN

    def check(
        self, frame: Frame, progress: Progress, is_wanted: Callable[[], bool]
    ) -> None:
        """Pass a frame that can be judged.

        Args:
            is_wanted: whether anybody still cares; the process may have been ended
                because nobody does.

        Raises:
            SnapshotError: there is nothing to be seen in it, with the reason.
        """
        if sight.is_too_small(frame.width, frame.height):
            size = {"width": frame.width, "height": frame.height}
            raise SnapshotError(sight.TOO_SMALL, **size)
        taken_s = self._clock()
        try:
            look = self._look(frame)
            memory, code = sight.check(self._memory, look, progress, taken_s)
        except SnapshotError:
            raise
        except AiWatchError as error:
            if is_wanted():
                self._say_once(say(error.code, error.params))
            return
        except Exception:  # noqa: BLE001 - a mistake of ours must not end the watch
            if self._works:
                self._log_exception("Unexpected error while looking at a frame")
            self._works = False
            return
        self._memory, self._works = memory, True
        if code is not None:
            raise SnapshotError(code)

    def _say_once(self, why: str) -> None:
        if self._works:
            self._warn(say("not_looked_at", {"why": why}))
        self._works = False
