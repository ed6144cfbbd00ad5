"""Carries out what backends wish for: HTTP requests, work for the detector process, and
frames published for a server that fetches them itself.

Every frame is looked at in that process, whichever backend judges it.

Belongs to one thread, which :meth:`Transport.hurry` may be called beside.
"""

from __future__ import annotations

from typing import Any, Optional

from ..backends.base import (
    Published,
    PublishFrame,
    Request,
    Wish,
    WithdrawFrame,
    Withdrawn,
    join,
)
from ..core.errors import Ask
from ..core.sight import Look
from ..core.values import Frame
from .shelf import ROUTE, Shelf


class Transport:
    """One thread's way to the outside."""

    def __init__(self, http: Any, detector: Any, shelf: Optional[Shelf] = None) -> None:
        """``shelf``: where frames are published; without OctoPrint's server, nowhere."""
        self._http = http
        self._detector = detector
        self._shelf = shelf
        self._token = ""
        self.most_px: Optional[int] = None
        """As long as the side of a frame need be for whoever judges it next."""

    def send(self, wish: Wish) -> Any:
        """The answer to a wish.

        Raises:
            AiWatchError: there is none; what the error says is for the backend.
        """
        if isinstance(wish, Request):
            return self._http.send(wish)
        if isinstance(wish, PublishFrame):
            return self._publish(wish)
        if isinstance(wish, WithdrawFrame):
            return Withdrawn(self._withdraw())
        return self._detector.send(wish)

    def look(self, frame: Frame) -> Look:
        """What a frame looks like.

        Raises:
            SnapshotError: it cannot be decoded.
            AiWatchError: it could not be looked at, which says nothing about it.
        """
        look: Look = self._detector.look(frame, self.most_px)
        return look

    def fitting(self, frame: Frame) -> Frame:
        """The frame that was looked at, made smaller if it is longer than it need be.

        As it is, if it was not looked at: a check is worth more than a few bytes.
        """
        fitting: Frame = self._detector.fitting(frame)
        return fitting

    def end_context(self) -> None:
        """A print's context is closed: what was started for it ends."""
        self._withdraw()
        self._detector.close()

    def hurry(self) -> None:
        """Nobody wants the detector's answer any more; from any thread, at once."""
        self._detector.kill()

    def close(self) -> None:
        """End everything."""
        self._withdraw()
        self._detector.close()
        self._http.close()

    def _publish(self, wish: PublishFrame) -> Published:
        if self._shelf is None:
            raise Ask("nowhere_to_publish")
        self._withdraw()
        self._token = self._shelf.put(wish.frame.jpeg)
        shown = join(wish.base, ROUTE)
        return Published(f"{shown}{self._token}.jpg", shown)

    def _withdraw(self) -> bool:
        """Whether the last frame that was published was fetched."""
        token, self._token = self._token, ""
        return self._shelf is not None and self._shelf.take_away(token)
