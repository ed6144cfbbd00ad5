"""One link of a drill, in a thread of its own: what it found, or nothing in time."""

from __future__ import annotations

import threading
from typing import Callable, Optional

from ..core.drill import FAILED, SKIPPED, Outcome
from ..core.errors import AiWatchError, Cancelled
from ..core.values import Inspection


class Task:
    """The work, who waits for it, and how to end it sooner."""

    def __init__(
        self, name: str, work: Callable[[Task], Outcome], log: Callable[[str], None]
    ) -> None:
        self.outcome: Optional[Outcome] = None
        self.inspection: Optional[Inspection] = None
        self.took_s: Optional[float] = None
        self.late = False
        self.hurry: Callable[[], None] = lambda: None
        self.done = threading.Event()
        self._work = work
        self._log = log
        self._thread = threading.Thread(
            target=self._run, name="aiwatch-drill-" + name, daemon=True
        )

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self.outcome = self._work(self)
        except Cancelled:
            self.outcome = Outcome(SKIPPED, "drill_interrupted")
        except AiWatchError as error:
            self.outcome = Outcome(FAILED, error.code, error.params)
        except Exception as error:  # noqa: BLE001 - a drill must end with a sentence
            self._log("Unexpected error in a drill")
            self.outcome = Outcome(FAILED, "bug", {"kind": type(error).__name__})
        finally:
            self.done.set()
