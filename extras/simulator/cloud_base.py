"""What both simulated clouds share: the record of calls, the scripts, the picture check.

Must not know either protocol.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass, field
from typing import Any, Optional, TypeVar

from PIL import Image

from .http_server import HttpRequest
from .judgement import Judge
from .multipart import Part
from .replies import Reply, Script

Cloud = TypeVar("Cloud", bound="CloudBase")


@dataclass(frozen=True)
class CallRecord:
    """One call that reached a cloud; `status` is None when it got no answer."""

    at_s: float
    kind: str
    server: str
    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str] = field(default_factory=dict)
    jpeg_bytes: Optional[int] = None
    status: Optional[int] = None
    answer: Any = None


def jpeg_size(data: bytes) -> Optional[tuple[int, int]]:
    """Width and height of a JPEG that decodes to its last line, else None."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.format != "JPEG":
                return None
            picture.load()
            return picture.size
    except (OSError, SyntaxError, ValueError):
        return None


class Refused(Exception):
    """A check failed: what to answer, and the violation if the client broke a rule.

    A wrong key or an expired token breaks none: only people can know better.
    """

    def __init__(self, reply: Reply, violation: Optional[str] = None) -> None:
        super().__init__(violation or reply.status)
        self.reply = reply
        self.violation = violation


class CloudBase:
    """Keeps `requests` and `violations`, and the scripted replies."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.last_jpeg: Optional[bytes] = None
        self._lock = threading.RLock()
        self._requests: list[CallRecord] = []
        self._violations: list[str] = []
        self._script = Script()
        self._create_script = Script()

    @property
    def requests(self) -> list[CallRecord]:
        """A copy of the calls so far, in the order they were answered."""
        with self._lock:
            return list(self._requests)

    @property
    def violations(self) -> list[str]:
        """A copy of everything the client did against the protocol."""
        with self._lock:
            return list(self._violations)

    def calls(self, kind: str) -> list[CallRecord]:
        """The calls of one kind."""
        return [record for record in self.requests if record.kind == kind]

    def clear_records(self) -> None:
        """Forget calls and violations."""
        with self._lock:
            self._requests.clear()
            self._violations.clear()

    def script(self, *replies: Reply, forever: bool = False) -> None:
        """Answer the next judging calls with `replies`; for ever if asked."""
        self._script.set(replies, forever)

    def unscript(self) -> None:
        """Let the judge answer again."""
        self._script.clear()

    def script_create(self, *replies: Reply, forever: bool = False) -> None:
        """The same for create-context and access-token calls."""
        self._create_script.set(replies, forever)

    def unscript_create(self) -> None:
        """Let the cloud create contexts or tokens by itself again."""
        self._create_script.clear()

    def start(self) -> None:
        """Serve (again)."""
        raise NotImplementedError

    def stop(self) -> None:
        """Be out of reach until `start()`."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop for good."""
        self.stop()

    def __enter__(self: Cloud) -> Cloud:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _violate(self, *texts: str) -> None:
        with self._lock:
            self._violations.extend(texts)

    def _refuse(self, refused: Refused) -> Reply:
        if refused.violation is not None:
            self._violate(refused.violation)
        return refused.reply

    def _record(
        self,
        kind: str,
        server: str,
        request: HttpRequest,
        reply: Reply,
        form: Optional[dict[str, str]] = None,
        jpeg: Optional[bytes] = None,
    ) -> Reply:
        answer = None if reply.silent else reply.known_json()
        record = CallRecord(
            at_s=request.at_s,
            kind=kind,
            server=server,
            method=request.method,
            path=request.path,
            headers=dict(request.headers),
            form=dict(form or {}),
            jpeg_bytes=None if jpeg is None else len(jpeg),
            status=None if reply.silent else reply.status,
            answer=answer,
        )
        with self._lock:
            self._requests.append(record)
        return reply


def text_form(parts: list[Part]) -> dict[str, str]:
    """The parts without a file name, by name."""
    return {part.name: part.text for part in parts if part.filename is None}
