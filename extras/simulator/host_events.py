"""Records what OctoPrint pushes to its web pages, each message with the time it came.

It speaks the raw websocket that OctoPrint's own pages use, so it sees what they see:
bus events, printer state and plugin messages. It only listens.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

import websocket


@dataclass(frozen=True)
class Event:
    """One message: `kind` is "event" (the bus) or "plugin" (a plugin's message).

    `name` is the bus event's name, or the plugin's identifier; `at_s` is monotonic time.
    """

    at_s: float
    kind: str
    name: str
    data: dict[str, Any]

    def __str__(self) -> str:
        detail = self.data.get("state_id") or self.data.get("type") or ""
        return f"{self.at_s:.3f} {self.kind} {self.name} {detail}".rstrip()


class Recorder:
    """Listens on a thread of its own until `close`; outlives nothing it records from."""

    def __init__(self, url: str, auth: str, deadline_s: float = 10.0) -> None:
        self._seen: list[Event] = []
        self._news = threading.Condition()
        self._closed = False
        self._socket = websocket.create_connection(
            url.replace("http", "ws", 1) + "/sockjs/websocket",
            timeout=deadline_s,
            http_no_proxy=["127.0.0.1"],
        )
        self._take(json.loads(self._socket.recv()))  # "connected"
        self._socket.send(json.dumps({"auth": auth}))
        # The first "history" or "current" push proves that messages flow from here on.
        while not self._take(json.loads(self._socket.recv())):
            pass
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                text = self._socket.recv()
            except (OSError, websocket.WebSocketException):
                text = ""
            if not text:
                break
            self._take(json.loads(text))
        with self._news:
            self._closed = True
            self._news.notify_all()

    def _take(self, message: dict[str, Any]) -> bool:
        """Keeps what tests ask about; returns whether it was a printer data push."""
        now = time.monotonic()
        event: Optional[Event] = None
        if "event" in message:
            body = message["event"]
            event = Event(now, "event", body["type"], body.get("payload") or {})
        elif "plugin" in message:
            body = message["plugin"]
            event = Event(now, "plugin", body["plugin"], body.get("data") or {})
        if event is not None:
            with self._news:
                self._seen.append(event)
                self._news.notify_all()
        return "history" in message or "current" in message

    def events(
        self, name: Optional[str] = None, since_s: float = 0.0, kind: Optional[str] = None
    ) -> list[Event]:
        with self._news:
            seen = list(self._seen)
        return [
            event
            for event in seen
            if event.at_s >= since_s
            and name in (None, event.name)
            and kind in (None, event.kind)
        ]

    def wait(
        self, match: Callable[[Event], bool], timeout_s: float, since_s: float = 0.0
    ) -> Optional[Event]:
        """The first matching event at or after `since_s`, or None at the deadline."""
        end_s, looked_at = time.monotonic() + timeout_s, 0
        with self._news:
            while True:
                for event in self._seen[looked_at:]:
                    if event.at_s >= since_s and match(event):
                        return event
                looked_at = len(self._seen)
                left_s = end_s - time.monotonic()
                if left_s <= 0 or self._closed:
                    return None
                self._news.wait(left_s)

    def close(self) -> None:
        self._socket.close()
        self._thread.join(5)
