"""Ctrl-C for commands that go on, whoever started them."""

from __future__ import annotations

import signal
from typing import Any


def heed() -> None:
    """From here on SIGINT and SIGTERM raise KeyboardInterrupt, once and for all.

    A shell may have one of them ignored in what it starts in the background.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
