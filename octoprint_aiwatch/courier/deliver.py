"""One message to one service, through Apprise."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple, Optional

import apprise
from apprise.attachment.memory import AttachMemory

SENT, UNREACHABLE, REFUSED = "sent", "unreachable", "refused"
MOST_WORDS = 500
ASSET = apprise.AppriseAsset(
    app_id="AI Watch", app_desc="AI Watch for OctoPrint", app_url=""
)
STATUS = re.compile(r"(?:error=|\bHTTP\b\D{0,9})(\d{3})\b")
PATIENT = frozenset((408, 425, 429))
"""Refusals of the kind "not now"."""


class Outcome(NamedTuple):
    """What became of it, and what the service said."""

    how: str
    words: str = ""


class _Words(logging.Handler):
    """What Apprise says about a message; it may say so in threads of its own."""

    def emit(self, record: logging.LogRecord) -> None:
        lines = _lines.get()
        if lines is not None and not record.getMessage().startswith("Notifying "):
            lines.append(record.getMessage())


_lines: ContextVar[Optional[list[str]]] = ContextVar("lines", default=None)
_logger = logging.getLogger("apprise")
_logger.addHandler(_Words(logging.INFO))
_logger.setLevel(logging.INFO)
_logger.propagate = False  # addresses stand in its lines


def deliver(url: str, letter: Mapping[str, Any], frame: Optional[bytes]) -> Outcome:
    """Hand it over; never raises an Exception."""
    lines: list[str] = []
    _lines.set(lines)
    try:
        service = apprise.Apprise(asset=ASSET)
        if not service.add(url):
            return Outcome(REFUSED, "This is not an address that Apprise knows.")
        done = _notify(service, letter, frame)
        if not done and frame is not None and _how(lines) == REFUSED:
            # Not every service takes a picture of that size or kind; the words matter.
            lines.clear()
            done = _notify(service, letter, None)
    except Exception as error:  # noqa: BLE001 - plugins of Apprise raise many kinds
        return Outcome(UNREACHABLE, f"{type(error).__name__}: {error}"[:MOST_WORDS])
    words = " ".join(lines)[:MOST_WORDS]
    return Outcome(SENT, words) if done else Outcome(_how(lines), words)


def _notify(
    service: apprise.Apprise, letter: Mapping[str, Any], frame: Optional[bytes]
) -> bool:
    attach = None
    if frame is not None:
        attach = AttachMemory(content=frame, name="frame.jpg", mimetype="image/jpeg")
    return bool(
        service.notify(
            title=str(letter.get("title", "")),
            body=str(letter.get("body", "")),
            notify_type=str(letter.get("level", "info")),
            body_format=apprise.NotifyFormat.TEXT,
            attach=attach,
        )
    )


def _how(lines: list[str]) -> str:
    """Whether the service itself said no, or did not get to say anything."""
    statuses = [int(found) for line in lines for found in STATUS.findall(line)]
    final = [code for code in statuses if 400 <= code < 500 and code not in PATIENT]
    return REFUSED if final else UNREACHABLE
