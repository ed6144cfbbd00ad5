"""Carries out what backends wish for: HTTP requests, and work for the detector process.

Every frame is looked at in that process, whichever backend judges it.

Belongs to one thread, which :meth:`Transport.hurry` may be called beside.
"""

from __future__ import annotations

from typing import Any

from ..backends.base import Request, Wish
from ..core.sight import Look
from ..core.values import Frame


class Transport:
    """One thread's way to the outside."""

    def __init__(self, http: Any, detector: Any) -> None:
        self._http = http
        self._detector = detector

    def send(self, wish: Wish) -> Any:
        """The answer to a wish.

        Raises:
            AiWatchError: there is none; what the error says is for the backend.
        """
        if isinstance(wish, Request):
            return self._http.send(wish)
        return self._detector.send(wish)

    def look(self, frame: Frame) -> Look:
        """What a frame looks like.

        Raises:
            SnapshotError: it cannot be decoded.
            AiWatchError: it could not be looked at, which says nothing about it.
        """
        look: Look = self._detector.look(frame)
        return look

    def end_context(self) -> None:
        """A print's context is closed: what was started for it ends."""
        self._detector.close()

    def hurry(self) -> None:
        """Nobody wants the detector's answer any more; from any thread, at once."""
        self._detector.kill()

    def close(self) -> None:
        """End everything."""
        self._detector.close()
        self._http.close()
