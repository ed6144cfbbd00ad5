"""What a simulated server answers: one reply, or a script of them.

A reply can also misbehave on the wire (drop, hang, drip, stop short), because clients
have to live with that. Must not know any protocol.
"""

from __future__ import annotations

import json as json_module
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Optional

#: Marks "no JSON given", because None is a JSON document too (`null`).
UNSET: Any = object()


@dataclass(frozen=True)
class Reply:
    """One answer.

    `json` wins over `body`. `chunks` streams bytes until the iterable ends or the server
    closes, without a length. `delay_s` waits before the first byte, `drip_s` sends the
    body byte by byte with that pause, `truncate` announces more than it sends, `drop`
    closes the connection without an answer, `hang` says nothing until the server closes.
    """

    status: int = 200
    json: Any = UNSET
    body: bytes = b""
    content_type: Optional[str] = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drip_s: float = 0.0
    truncate: bool = False
    drop: bool = False
    hang: bool = False
    chunks: Optional[Iterable[bytes]] = None

    def payload(self) -> bytes:
        """The body's bytes."""
        if self.json is UNSET:
            return self.body
        return json_module.dumps(self.json).encode()

    def media_type(self) -> str:
        """The Content-Type to send."""
        if self.content_type is not None:
            return self.content_type
        return "text/html" if self.json is UNSET else "application/json"

    def known_json(self) -> Any:
        """The JSON document as given, None when the reply has none."""
        return None if self.json is UNSET else self.json

    def later(self, delay_s: float) -> Reply:
        """The same reply after a delay."""
        return replace(self, delay_s=delay_s)

    @property
    def silent(self) -> bool:
        """Whether no status line will ever be sent."""
        return self.drop or self.hang


class Script:
    """Replies to give next, in order; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._replies: deque[Reply] = deque()
        self._repeat_last = False

    def set(self, replies: Iterable[Reply], forever: bool = False) -> None:
        """Append `replies`; with `forever` the last one repeats until `clear()`."""
        with self._lock:
            self._replies.extend(replies)
            self._repeat_last = forever

    def clear(self) -> None:
        """Forget everything, so that the server answers by itself again."""
        with self._lock:
            self._replies.clear()
            self._repeat_last = False

    def next(self) -> Optional[Reply]:
        """The next scripted reply, or None when there is none left."""
        with self._lock:
            if not self._replies:
                return None
            if self._repeat_last and len(self._replies) == 1:
                return self._replies[0]
            return self._replies.popleft()
