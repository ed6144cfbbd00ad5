"""The detector's process dies, hangs, is killed or stopped: every wait has an end."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from octoprint_aiwatch.backends.base import ModelLoaded
from octoprint_aiwatch.core.errors import Retry
from octoprint_aiwatch.core.words import say
from tests.adapters.detecting import (
    DIED,
    HEAT,
    HUNG,
    JUDGE,
    LARGE,
    LATE_S,
    LOAD,
    SHORT_S,
    Played,
    Start,
    guards,
    is_gone,
    trouble,
)
from tests.adapters.fakes import PATIENCE_S, until

pytestmark = pytest.mark.timeout(30)


# -- it dies --------------------------------------------------------------------------


def sentence(played: Played) -> str:
    with pytest.raises(Retry) as caught:
        played.detector.send(LOAD)
    return say(caught.value.code, caught.value.params)


def test_a_process_that_ends_by_itself_is_told_with_its_exit_code(start: Start) -> None:
    assert "(exit code 3)" in sentence(start("die"))


def test_a_process_that_a_signal_ends_is_told_with_the_signal(start: Start) -> None:
    assert f"(signal {signal.SIGSEGV.value})" in sentence(start("crash"))


def test_a_process_that_lives_and_talks_nonsense_is_told_as_that(start: Start) -> None:
    assert "(it answered nonsense)" in sentence(start("0xffffffff"))


def test_after_a_crash_the_model_is_loaded_without_a_native_runtime(start: Start) -> None:
    played = start("ok", "crash")
    played.detector.send(LOAD)
    assert trouble(played.detector) == DIED
    assert trouble(played.detector) == DIED
    loads = [sent for sent in played.sent if sent["do"] == "load"]
    assert ["careful" in sent for sent in loads] == [False, True]


def test_after_a_hang_the_model_is_loaded_as_before(start: Start) -> None:
    played = start("ok", "hang", judge_s=SHORT_S)
    played.detector.send(LOAD)
    assert trouble(played.detector) == HUNG
    assert trouble(played.detector) == HUNG
    assert not any("careful" in sent for sent in played.sent)


def test_ending_the_process_on_purpose_is_not_taken_for_a_crash(start: Start) -> None:
    played = start("ok", "hang")
    played.detector.send(LOAD)

    def kill() -> None:
        until(lambda: "judge" in played.asked, "the frame's arrival")
        played.detector.kill()

    killing = threading.Thread(target=kill)
    killing.start()
    assert trouble(played.detector) == DIED
    killing.join(PATIENCE_S)
    played.detector.send(LOAD)
    assert not any("careful" in sent for sent in played.sent)


def test_a_process_that_ends_for_want_of_memory_is_told_and_not_taken_for_a_crash(
    start: Start,
) -> None:
    played = start("ok", "full")
    played.detector.send(LOAD)
    assert trouble(played.detector) == (Retry, "detector_memory")
    assert trouble(played.detector) == (Retry, "detector_memory")
    assert not any("careful" in sent for sent in played.sent)


def test_a_process_that_dies_at_once_is_told(start: Start) -> None:
    assert trouble(start("die").detector, LOAD) == DIED


def test_after_a_death_another_process_is_started_and_the_model_loaded_again(
    start: Start,
) -> None:
    played = start("ok", "ok", "die")
    played.detector.send(LOAD)
    assert played.detector.send(JUDGE) == HEAT
    assert trouble(played.detector) == DIED
    assert played.detector.send(JUDGE) == HEAT
    assert played.asked == ["load", "judge", "load", "judge"]
    assert played.processes == 2


def test_a_process_that_dies_in_the_middle_of_its_answer_is_told(start: Start) -> None:
    played = start("ok", "cut")
    played.detector.send(LOAD)
    assert trouble(played.detector) == DIED


def test_a_process_that_dies_while_a_large_frame_is_written_is_told(start: Start) -> None:
    played = start("ok", "die")
    played.detector.send(LOAD)
    assert trouble(played.detector, LARGE) == DIED


def test_a_process_that_dies_every_time_is_started_every_time(start: Start) -> None:
    played = start("ok", "die")
    played.detector.send(LOAD)
    for _ in range(3):
        assert trouble(played.detector) == DIED
    assert played.asked == ["load"] * 3


def test_a_process_that_somebody_killed_between_two_frames_is_replaced(
    start: Start,
) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    pid = played.detector.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert trouble(played.detector) == DIED
    assert is_gone(pid)
    assert played.detector.send(JUDGE) == HEAT


def test_a_process_that_somebody_kills_at_a_frame_is_told(start: Start) -> None:
    played = start("ok", "hang")
    played.detector.send(LOAD)
    pid = played.detector.pid
    assert pid is not None

    def kill() -> None:
        until(lambda: "judge" in played.asked, "the frame's arrival")
        os.kill(pid, signal.SIGKILL)

    killing = threading.Thread(target=kill)
    killing.start()
    assert trouble(played.detector) == DIED
    killing.join(PATIENCE_S)
    assert is_gone(pid)


# -- it hangs -------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["hang", "half"])
def test_a_process_that_does_not_answer_is_ended_and_replaced(
    start: Start, action: str
) -> None:
    played = start("ok", action, judge_s=SHORT_S)
    played.detector.send(LOAD)
    pid, started_s = played.detector.pid, time.monotonic()
    assert trouble(played.detector) == HUNG
    assert SHORT_S <= time.monotonic() - started_s < SHORT_S + LATE_S
    assert pid is not None
    assert is_gone(pid)
    assert trouble(played.detector) == HUNG
    assert played.asked == ["load", "judge"] * 2


def test_a_process_that_does_not_take_its_input_is_ended(start: Start) -> None:
    played = start("ok", "deaf", judge_s=SHORT_S)
    played.detector.send(LOAD)
    assert trouble(played.detector, LARGE) == HUNG
    assert played.asked == ["load"]


def test_how_long_was_waited_is_told(start: Start) -> None:
    played = start("ok", "hang", judge_s=SHORT_S)
    played.detector.send(LOAD)
    with pytest.raises(Retry) as raised:
        played.detector.send(JUDGE)
    assert raised.value.params == {"limit_s": SHORT_S}


def test_loading_has_a_limit_of_its_own(start: Start) -> None:
    played = start("hang", load_s=SHORT_S, judge_s=60.0)
    assert trouble(played.detector, LOAD) == HUNG


def test_a_process_that_was_stopped_is_ended_like_one_that_hangs(start: Start) -> None:
    played = start("ok", judge_s=SHORT_S)
    played.detector.send(LOAD)
    pid = played.detector.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    assert trouble(played.detector) == HUNG
    assert is_gone(pid)
    assert isinstance(played.detector.send(LOAD), ModelLoaded)


def test_a_limit_that_was_kept_is_forgotten(start: Start) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    played.detector.send(JUDGE)
    started_s = time.monotonic()
    until(lambda: not guards(), "the guards' end")
    assert time.monotonic() - started_s < LATE_S
    assert played.detector.send(JUDGE) == HEAT
