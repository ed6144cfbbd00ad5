"""What the detector's adapter makes of its process's answers, sound and unsound."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from octoprint_aiwatch.adapters.detector import USERS_TO_MEND, Detector
from octoprint_aiwatch.backends.base import LoadModel, ModelLoaded
from octoprint_aiwatch.core.errors import AiWatchError, Ask, NextFrame, Retry
from octoprint_aiwatch.core.heatmap import Calibration
from octoprint_aiwatch.core.words import SENTENCES, advise
from tests.adapters.detecting import HEAT, JUDGE, LARGE, LOAD, Played, Start, is_gone
from tests.adapters.detector_stub import CALIBRATION


def failing(played: Played, wish: object = JUDGE) -> AiWatchError:
    with pytest.raises(AiWatchError) as raised:
        played.detector.send(wish)  # type: ignore[arg-type]
    return raised.value


def head(**values: object) -> str:
    return json.dumps(values)


# -- a conversation -------------------------------------------------------------------


def test_a_model_is_loaded_with_the_path_and_the_threads_that_are_wished(
    start: Start,
) -> None:
    played = start("ok")
    answer = played.detector.send(LoadModel("~/own.onnx", 3))
    assert answer == ModelLoaded(Calibration(**CALIBRATION))
    (asked,) = played.sent
    assert (asked["do"], asked["model"], asked["threads"]) == ("load", "~/own.onnx", 3)


def test_a_frame_becomes_a_heat_map(start: Start) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    assert played.detector.send(JUDGE) == HEAT


def test_all_of_a_frame_arrives_however_large_it_is(start: Start) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    played.detector.send(LARGE)
    assert played.sent[-1]["got"] == len(LARGE.frame.jpeg)


def test_one_process_judges_all_frames_of_a_print(start: Start) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    for _ in range(20):
        played.detector.send(JUDGE)
    assert (played.processes, len(played.sent)) == (1, 21)


def test_another_model_is_loaded_in_another_process(start: Start) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    before = played.detector.pid
    played.detector.send(LoadModel("other.npz", 1))
    assert played.processes == 2
    assert before is not None
    assert is_gone(before)


def test_before_anything_is_wished_there_is_no_process(start: Start) -> None:
    assert start("ok").detector.pid is None


def test_a_frame_without_a_model_is_refused(start: Start) -> None:
    played = start("ok")
    assert failing(played).code == "detector_died"
    assert played.sent == []


# -- what the process says is wrong ---------------------------------------------------


@pytest.mark.parametrize("code", sorted(USERS_TO_MEND))
def test_what_only_the_user_can_mend_is_asked_of_the_user(
    start: Start, code: str
) -> None:
    error = failing(start(head(error=code)), LOAD)
    assert (type(error), error.code) == (Ask, code)
    assert code in SENTENCES
    assert advise(code)


def test_a_frame_that_cannot_be_decoded_is_passed_over(start: Start) -> None:
    played = start("ok", head(error="frame_undecodable"), "ok")
    played.detector.send(LOAD)
    assert isinstance(failing(played), NextFrame)
    assert played.detector.send(JUDGE) == HEAT
    assert played.processes == 1


def test_a_model_that_fails_at_a_frame_is_the_users_to_mend(start: Start) -> None:
    played = start("ok", head(error="model_shape"))
    played.detector.send(LOAD)
    assert isinstance(failing(played), Ask)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("detector_memory", "detector_memory"),
        ("detector_died", "detector_died"),
        ("something new", "detector_died"),
        ("", "detector_died"),
        (None, "detector_died"),
        ({"code": 5}, "detector_died"),
    ],
)
def test_any_other_trouble_is_answered_with_a_fresh_process(
    start: Start, said: object, code: str
) -> None:
    played = start("ok", head(error=said), "ok")
    played.detector.send(LOAD)
    error = failing(played)
    assert (type(error), error.code) == (Retry, code)
    assert played.detector.pid is None


# -- answers that make no sense -------------------------------------------------------

NAN, INFINITE = "0000c07f", "0000807f"
UNSOUND = {
    "no JSON": "0x00000005" + b"hello".hex(),
    "a page": "0x" + b"HTTP/1.1 200 OK\r\n\r\n<html>".hex(),
    "a list": "0x00000002" + b"[]".hex(),
    "no end": "0xffffffff",
    "no bytes": "0x00000002" + b"{}".hex(),
    "deep": "0x00004e20" + (b"[" * 0x4E20).hex(),
    "no text": "0x00000004" + b"\xff\xfe\x00\x01".hex(),
    "minus bytes": "0x0000000d" + b'{"bytes": -1}'.hex(),
    "no map": head(),
    "no columns": head(rows=2, bytes=8),
    "too short": head(rows=2, columns=3, bytes=20),
    "too long": head(rows=2, columns=3, bytes=28),
    "no cells": head(rows=0, columns=0, bytes=0),
    "minus rows": head(rows=-2, columns=-3, bytes=24),
    "text rows": head(rows="2", columns=3, bytes=24),
    "endless rows": head(rows=float("inf"), columns=3, bytes=24),
    "half rows": head(rows=1.5, columns=4, bytes=24),
    "too many cells": head(rows=1000, columns=1000, bytes=4_000_000),
    "not a number": "0x00000027" + b'{"rows": 1, "columns": 1, "bytes":   4}'.hex() + NAN,
    "infinite": "0x00000027"
    + b'{"rows": 1, "columns": 1, "bytes":   4}'.hex()
    + INFINITE,
}


@pytest.mark.parametrize("action", UNSOUND.values(), ids=UNSOUND.keys())
def test_an_answer_that_makes_no_sense_is_a_process_that_died(
    start: Start, action: str
) -> None:
    played = start("ok", action, "hang", judge_s=5.0)
    played.detector.send(LOAD)
    error = failing(played)
    assert (type(error), error.code) == (Retry, "detector_died")
    assert played.detector.pid is None


@pytest.mark.parametrize(
    "calibration",
    [
        None,
        5,
        {},
        {**CALIBRATION, "slope": None},
        {**CALIBRATION, "centre": "warm"},
        {**CALIBRATION, "hottest": 0},
        {**CALIBRATION, "hottest": -3},
        {**CALIBRATION, "hottest": float("inf")},
        {**CALIBRATION, "hottest": float("nan")},
        {**CALIBRATION, "centre": float("nan")},
        {**CALIBRATION, "cell": float("inf")},
    ],
)
def test_a_model_without_a_sound_calibration_is_not_loaded(
    start: Start, calibration: object
) -> None:
    played = start(head(calibration=calibration))
    error = failing(played, LOAD)
    assert (type(error), error.code) == (Retry, "detector_died")
    assert played.detector.pid is None


def test_a_program_that_is_not_there_is_a_process_that_died(tmp_path: Path) -> None:
    detector = Detector((str(tmp_path / "nothing"),))
    with pytest.raises(Retry, match="detector_died"):
        detector.send(LOAD)
    detector.close()
