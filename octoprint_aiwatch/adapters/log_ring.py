"""Our own log lines of the last hour, for the diagnostics. Bounded, and redacted already.

OctoPrint's log has them too, among everybody else's.
"""

from __future__ import annotations

import logging
from collections import deque

KEEP_S = 3600.0
MOST_LINES = 2000
MOST_LETTERS = 4000
FORMAT = "%(asctime)s %(levelname)s %(message)s"


class LogRing(logging.Handler):
    """Added to a logger whose filter blots out the secrets."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(FORMAT))
        self._lines: deque[tuple[float, str]] = deque(maxlen=MOST_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.append((record.created, self.format(record)[:MOST_LETTERS]))
        except Exception:  # noqa: BLE001 - whoever logs must not be harmed
            self.handleError(record)

    def lines(self, now: float) -> list[str]:
        """Those of the last hour, oldest first; a clock set back keeps the newer ones."""
        return [text for at, text in list(self._lines) if at >= now - KEEP_S]
