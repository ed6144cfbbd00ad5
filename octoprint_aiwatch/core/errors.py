"""One error tree. The class says what happens next; the code says what went wrong.

* ``Retry``: the other side's trouble; ask again later, with backoff and jitter.
* ``NextFrame``: this frame's trouble; the next one may do.
* ``Reopen``: the backend's memory of the print is gone; open a new context.
* ``Ask``: only the user can mend it; stop calling and say what to do.
* ``Spent``: the user's own limit; ask somebody else.
* ``Bug``: ours.

Every code has its sentence and its advice in :mod:`words`. Nothing secret may become a
parameter, except text of a server, which is redacted by value before anybody sees it.
"""

from __future__ import annotations

from typing import Any

from .values import Fault

BACKEND = "backend"
CAMERA = "camera"


class AiWatchError(Exception):
    """Base of everything we raise on purpose."""

    step = "bug"
    source = BACKEND

    def __init__(self, code: str, *, wait_s: float = 0.0, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.wait_s = wait_s
        self.params = params

    def fault(self) -> Fault:
        """The same as a value."""
        return Fault(self.code, self.step, self.source, self.params, self.wait_s)


class Retry(AiWatchError):
    """Later, with backoff; never sooner than ``wait_s``."""

    step = "retry"


class Unreachable(Retry):
    """Nothing came back. ``sent`` is False if the request surely never left."""

    def __init__(self, code: str, *, sent: bool = True, **params: Any) -> None:
        super().__init__(code, **params)
        self.sent = sent


class NextFrame(AiWatchError):
    """Nobody's fault but this frame's."""

    step = "next_frame"


class SnapshotError(NextFrame):
    """There is no usable frame."""

    source = CAMERA


class Reopen(AiWatchError):
    """The backend does not know our context any more."""

    step = "reopen"


class Ask(AiWatchError):
    """The user has to do something."""

    step = "ask"


class Spent(AiWatchError):
    """The user allows no more calls this month; nothing was sent."""

    step = "spent"


class Bug(AiWatchError):
    """Something of ours broke; the print goes on, the watch tries again."""


class Cancelled(Exception):
    """The order is not wanted any more; its result is dropped."""
