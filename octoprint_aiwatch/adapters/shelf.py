"""Where a frame lies for a server that fetches it itself: once, soon, and nobody else.

The frame's address is its only protection, so it cannot be guessed, works once and for
half a minute, and is written into no log (see :mod:`redact`). Used by the threads that
publish and by those that serve.
"""

from __future__ import annotations

import secrets
import threading
from typing import Callable, Optional

from ..core.deferred import dataclass

ROUTE = "/plugin/aiwatch/frame/"
"""Below OctoPrint's own address; the token and ``.jpg`` follow."""
LIFE_S = 30.0
MOST_FRAMES = 4
"""Watch and Test publish one at a time each; what an ended one left behind goes first."""
TOKEN_BYTES = 24


@dataclass
class _Lying:
    """A frame on the shelf; it is gone once fetched, but not that it was."""

    jpeg: Optional[bytes]
    until_s: float


class Shelf:
    """A few frames, each for whoever has its token."""

    def __init__(
        self,
        clock: Callable[[], float],
        draw: Callable[[], str] = lambda: secrets.token_urlsafe(TOKEN_BYTES),
    ) -> None:
        self._clock = clock
        self._draw = draw
        self._lock = threading.Lock()
        self._frames: dict[str, _Lying] = {}

    def put(self, jpeg: bytes) -> str:
        """Publish a frame; the token under which it can be fetched."""
        token = self._draw()
        with self._lock:
            self._forget_old()
            while len(self._frames) >= MOST_FRAMES:
                del self._frames[next(iter(self._frames))]
            self._frames[token] = _Lying(jpeg, self._clock() + LIFE_S)
        return token

    def fetch(self, token: str) -> Optional[bytes]:
        """The frame, the first time and in time; None otherwise."""
        with self._lock:
            self._forget_old()
            lying = self._frames.get(token)
            if lying is None:
                return None
            jpeg, lying.jpeg = lying.jpeg, None
        return jpeg

    def take_away(self, token: str) -> bool:
        """Whether the frame was fetched; it cannot be any more."""
        with self._lock:
            lying = self._frames.pop(token, None)
        return lying is not None and lying.jpeg is None

    def _forget_old(self) -> None:
        """Frames that nobody may fetch any more; who fetched one is still remembered."""
        now_s = self._clock()
        old = [
            token
            for token, lying in self._frames.items()
            if lying.jpeg is not None and now_s >= lying.until_s
        ]
        for token in old:
            del self._frames[token]
