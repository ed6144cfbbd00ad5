"""No secret leaves through a log line or a message: they are blotted out by value.

The tokens of published frames are too many to be known by value; they are known by the
address that they stand in.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from ..core.options import MAX_TEXT

BLOT = "[hidden]"
MIN_LENGTH = 4
"""Shorter values are part of ordinary words; no service issues such a key."""
NETWORK_LOGGER = "urllib3.connectionpool"
"""At debug level it writes addresses down, and Gadget's addresses carry its context."""
ACCESS_LOGGER = "tornado.access"
"""OctoPrint's server writes down what it is asked for, a published frame's token too."""
OTHER_LOGGERS = (NETWORK_LOGGER, ACCESS_LOGGER)
"""Loggers that are not ours and may be told our secrets."""
TOKEN = re.compile(r"(aiwatch(?:/|%2F)frame(?:/|%2F))[\w-]{8,}", re.IGNORECASE)
MOST_TYPED = 100
"""Values that were replaced or only tried out; the oldest are forgotten, so that nobody
who may test a backend fills the memory."""
CUT = "…"
"""What a shortened text ends with."""


class Redactor(logging.Filter):
    """Knows the secrets' values; a filter for loggers and a function for texts."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._held: frozenset[str] = frozenset()
        self._typed: dict[str, None] = {}
        self._secrets: tuple[str, ...] = ()

    def hold(self, values: Iterable[str]) -> None:
        """These are in force, and never forgotten while they are."""
        with self._lock:
            before, self._held = self._held, frozenset(values)
            self._note(before - self._held)

    def learn(self, values: Iterable[str]) -> None:
        """Take note of secrets that come and go, in addition to the ones before.

        A replaced key may still be on its way through a log, so it is remembered, too.
        """
        with self._lock:
            self._note(values)

    def _note(self, values: Iterable[str]) -> None:
        for value in values:
            if len(value) <= MAX_TEXT:
                self._typed.pop(value, None)
                self._typed[value] = None
        while len(self._typed) > MOST_TYPED:
            del self._typed[next(iter(self._typed))]
        known = {
            spelling
            for value in (*self._held, *self._typed)
            if len(value) >= MIN_LENGTH
            for spelling in _spellings(value)
        }
        self._secrets = tuple(sorted(known, key=len, reverse=True))

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, BLOT)
        if "frame" in text:
            text = TOKEN.sub(lambda found: found[1] + BLOT, text)
        return self._clean_cut(text) if CUT in text else text

    def _clean_cut(self, text: str) -> str:
        """A server's words may have been cut in the middle of a secret."""
        for secret in self._secrets:
            for length in range(len(secret) - 1, MIN_LENGTH - 1, -1):
                text = text.replace(secret[:length] + CUT, BLOT + CUT)
        return text

    def clean_all(self, value: Any) -> Any:
        """A JSON-like value with every text in it cleaned."""
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, dict):
            return {
                self.clean_all(key): self.clean_all(item) for key, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.clean_all(item) for item in value]
        return value

    def filter(self, record: logging.LogRecord) -> bool:
        """Blot out a record in place; never drops one."""
        text = _message(record)
        cleaned = self.clean(text)
        if cleaned != text or (record.args and self._secrets):
            record.msg, record.args = cleaned, None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            text = record.exc_text
            record.exc_text = self.clean(text)
            if record.exc_text != text:
                # A handler with a way of its own would print the exception anew.
                record.exc_info = None
        if record.stack_info:
            record.stack_info = self.clean(record.stack_info)
        return True


def _message(record: logging.LogRecord) -> str:
    """A record's text; one that cannot be put together must not harm who logs."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - arguments print themselves and may raise anything
        return f"(not printable) {record.msg}" if isinstance(record.msg, str) else ""


def _spellings(value: str) -> Iterator[str]:
    """A value as it may be written in a text, in an address, in JSON and in a log."""
    yield value
    yield quote(value, safe="", errors="replace")
    yield quote_plus(value, errors="replace")
    yield json.dumps(value)[1:-1]
    yield repr(value)[1:-1]
