"""The detector is not wanted any more: its process ends, whatever it does."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

import pytest

from octoprint_aiwatch.adapters.detector import Detector
from octoprint_aiwatch.core.errors import Retry
from tests.adapters.detecting import (
    DIED,
    HEAT,
    JUDGE,
    LARGE,
    LATE_S,
    LOAD,
    SHORT_S,
    Belongings,
    Start,
    guards,
    is_gone,
    trouble,
)
from tests.adapters.fakes import PATIENCE_S, until

pytestmark = pytest.mark.timeout(30)


def test_closing_ends_the_process(start: Start) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    pid = played.detector.pid
    played.detector.close()
    assert pid is not None
    assert is_gone(pid)
    assert played.detector.pid is None


@pytest.mark.parametrize("action", ["hang", "deaf"])
def test_closing_is_quick_whatever_the_process_does(start: Start, action: str) -> None:
    played = start("ok", action, judge_s=SHORT_S)
    played.detector.send(LOAD)
    pid, started_s = played.detector.pid, time.monotonic()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    played.detector.close()
    assert time.monotonic() - started_s < LATE_S
    assert is_gone(pid)


def test_after_closing_no_frame_starts_a_process(start: Start) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    played.detector.close()
    assert trouble(played.detector) == DIED
    assert played.detector.pid is None


def test_after_closing_a_model_can_be_loaded_again(start: Start) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    played.detector.close()
    played.detector.send(LOAD)
    assert played.detector.send(JUDGE) == HEAT


def test_what_never_ran_can_be_closed_and_killed_as_often_as_one_likes() -> None:
    detector = Detector()
    for _ in range(2):
        detector.close()
        detector.kill()


def test_killing_from_another_thread_ends_a_call_that_waits(start: Start) -> None:
    played = start("ok", "hang", judge_s=60.0)
    played.detector.send(LOAD)
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(trouble(played.detector)))
    waiting.start()
    until(lambda: "judge" in played.asked, "the frame's arrival")
    played.detector.kill()
    waiting.join(PATIENCE_S)
    assert found == [DIED]


def test_killing_ends_a_call_that_still_writes(start: Start) -> None:
    played = start("ok", "deaf", judge_s=60.0)
    played.detector.send(LOAD)
    until(lambda: not guards(), "the end of loading")
    found: list[Any] = []

    def judge() -> None:
        found.append(trouble(played.detector, LARGE))

    waiting = threading.Thread(target=judge)
    waiting.start()
    until(guards, "the call")
    played.detector.kill()
    waiting.join(PATIENCE_S)
    assert found == [DIED]


def test_a_long_watch_leaves_neither_files_nor_threads_behind(start: Start) -> None:
    before = Belongings()
    for _ in range(5):
        played = start("ok", "ok", "die")
        played.detector.send(LOAD)
        for _ in range(6):
            try:
                played.detector.send(JUDGE)
            except Retry:
                continue
        played.detector.close()
        before.assert_same()
