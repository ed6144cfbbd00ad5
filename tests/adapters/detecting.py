"""The detector's adapter with a process that is played; what it leaves behind."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any, Callable

import pytest

from octoprint_aiwatch.adapters.detector import Detector
from octoprint_aiwatch.backends.base import JudgeFrame, LoadModel
from octoprint_aiwatch.core.errors import AiWatchError, Retry
from octoprint_aiwatch.core.heatmap import HeatMap
from octoprint_aiwatch.core.values import Frame
from tests.adapters.detector_stub import VALUES
from tests.adapters.fakes import FRAME, until

STUB = Path(__file__).parent / "detector_stub.py"
LOAD = LoadModel("", 1)
JUDGE = JudgeFrame(FRAME)
LARGE = JudgeFrame(Frame(bytes(1_000_000), 640, 480, "cam"))
"""A frame that no pipe holds: writing it waits for somebody who reads."""
SHORT_S = 0.3
"""A limit that is meant to be hit."""
LATE_S = 5.0
"""How late a busy machine may be."""
HEAT = HeatMap(2, 3, VALUES)
DIED, HUNG = (Retry, "detector_died"), (Retry, "detector_hung")


class Played:
    """A detector whose process does what it is told, and what that process was sent."""

    def __init__(
        self,
        folder: Path,
        *actions: str,
        judge_s: float = 20.0,
        load_s: float = 20.0,
        look_s: float = 20.0,
    ) -> None:
        self._log = folder / "stub.log"
        program = (sys.executable, "-S", str(STUB), str(self._log), *actions)
        self.detector = Detector(program, load_s, judge_s, look_s)

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The messages that arrived, with the number of the process they came to."""
        if not self._log.exists():
            return []
        return [json.loads(line) for line in self._log.read_text("utf-8").splitlines()]

    @property
    def asked(self) -> list[str]:
        return [one["do"] for one in self.sent]

    @property
    def processes(self) -> int:
        """How many processes got a message."""
        return len({one["pid"] for one in self.sent})


Start = Callable[..., Played]


def trouble(detector: Detector, wish: Any = JUDGE) -> tuple[type, str]:
    """How a wish fails, and with which code."""
    with pytest.raises(AiWatchError) as raised:
        detector.send(wish)
    return type(raised.value), raised.value.code


def guards() -> list[threading.Thread]:
    """The threads that watch over a call's limit."""
    return [one for one in threading.enumerate() if "guard" in one.name]


def is_gone(pid: int) -> bool:
    """Whether there is no such process any more, not even one to be collected."""
    return not Path(f"/proc/{pid}").exists()


def has_ended(pid: int) -> bool:
    """Whether a process runs no more, collected by whoever has to or not yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


def children() -> set[int]:
    """The processes that this one has started and that still run."""
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            stat = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            continue  # no process, or one that just ended
        if int(stat[1]) == os.getpid() and stat[0] not in "ZX":
            found.add(int(folder.name))
    return found


def descriptors() -> set[tuple[str, str]]:
    """This process's open files."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        try:
            found.add((number, os.readlink(f"/proc/self/fd/{number}")))
        except OSError:
            continue  # the one that the listing itself had open
    return found


class Belongings:
    """What a process has open before something, to be compared with after."""

    def __init__(self) -> None:
        self._files = descriptors()
        self._threads = set(threading.enumerate())

    def assert_same(self) -> None:
        """Nothing was left open, and no thread goes on."""
        # A thread that is about to end may be the one that closes.
        until(lambda: set(threading.enumerate()) <= self._threads, "the threads' end")
        until(lambda: not descriptors() - self._files, "all files to be closed")
