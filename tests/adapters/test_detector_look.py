"""Looking at frames in the detector's process: with a model, without, in trouble."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from octoprint_aiwatch.adapters.detector import Detector
from octoprint_aiwatch.backends.base import JudgeFrame, LoadModel
from octoprint_aiwatch.core import sight
from octoprint_aiwatch.core.errors import AiWatchError, Ask, Retry, SnapshotError
from octoprint_aiwatch.core.heatmap import HeatMap
from octoprint_aiwatch.core.jpeg import measure
from octoprint_aiwatch.core.sight import Look
from octoprint_aiwatch.core.values import Frame, View
from tests.adapters.detecting import HEAT, JUDGE, LOAD, SHORT_S, Belongings, Played, Start
from tests.adapters.detector_stub import FIGURES
from tests.adapters.fakes import FRAME
from tests.detector.onnx_files import good
from tests.detector.tiny import stored
from tests.scenes import jpeg, lit, night, plain, view

OTHER = Frame(FRAME.jpeg, 640, 480, "cam")
MOST_KB = 30 * 1024

pytestmark = pytest.mark.timeout(60)


def failing(played: Played, frame: Frame = FRAME) -> AiWatchError:
    with pytest.raises(AiWatchError) as raised:
        played.detector.look(frame)
    return raised.value


# -- a conversation -------------------------------------------------------------------


def test_a_look_starts_a_process_and_no_model(start: Start) -> None:
    played = start("ok")
    found = played.detector.look(FRAME)
    assert (found.ground, found.broad) == (FIGURES["ground"], FIGURES["broad"])
    assert len(found.thumbnail) == 64 * 48
    assert played.asked == ["look"]
    assert played.sent[0]["got"] == len(FRAME.jpeg)


def test_one_process_looks_at_all_frames(start: Start) -> None:
    played = start("ok")
    for _ in range(5):
        played.detector.look(FRAME)
    assert played.processes == 1


def test_a_frame_that_was_looked_at_is_not_sent_again(start: Start) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    played.detector.look(FRAME)
    assert played.detector.send(JUDGE) == HEAT
    assert played.asked == ["load", "look", "judge"]
    assert (played.sent[2]["same"], played.sent[2]["got"]) == (True, 0)


def test_another_frame_than_the_one_looked_at_is_sent(start: Start) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    played.detector.look(FRAME)
    played.detector.send(JudgeFrame(OTHER))
    assert "same" not in played.sent[2]
    assert played.sent[2]["got"] == len(OTHER.jpeg)


def test_a_model_is_loaded_into_the_process_that_has_looked(start: Start) -> None:
    played = start("ok")
    played.detector.look(FRAME)
    played.detector.send(LOAD)
    played.detector.send(JUDGE)
    assert played.asked == ["look", "load", "judge"]
    assert (played.processes, played.sent[2]["same"]) == (1, True)


def test_a_model_that_may_use_more_cores_gets_a_process_of_its_own(start: Start) -> None:
    played = start("ok")
    played.detector.look(FRAME)
    played.detector.send(LoadModel("", 3))
    assert played.processes == 2
    played.detector.send(JUDGE)
    assert "same" not in played.sent[2]


# -- trouble --------------------------------------------------------------------------


def test_a_frame_that_cannot_be_decoded_is_the_webcams_fault(start: Start) -> None:
    error = failing(start(json.dumps({"error": "frame_undecodable"})))
    assert (type(error), error.code) == (SnapshotError, "frame_undecodable")


def test_a_process_that_dies_is_started_again_with_the_next_frame(start: Start) -> None:
    played = start("ok", "die")
    played.detector.look(FRAME)
    assert failing(played).code == "detector_died"
    assert isinstance(played.detector.look(FRAME), Look)
    assert played.processes == 2


def test_a_process_that_hangs_is_not_waited_for_longer_than_said(start: Start) -> None:
    error = failing(start("hang", look_s=SHORT_S))
    assert (type(error), error.code) == (Retry, "detector_hung")


def test_after_a_look_that_failed_the_model_is_loaded_again(start: Start) -> None:
    played = start("ok", "die")
    played.detector.send(LOAD)
    assert failing(played).code == "detector_died"
    with pytest.raises(Retry):
        # The process that is started now takes its first message and dies at the second.
        played.detector.send(JUDGE)
    assert played.asked == ["load", "load"]


def test_a_look_at_a_dead_one_leaves_the_model_to_the_one_who_judges(
    start: Start,
) -> None:
    played = start("ok", "ok", "die")
    played.detector.send(LOAD)
    played.detector.look(FRAME)
    assert failing(played).code == "detector_died"
    assert isinstance(played.detector.look(FRAME), Look)
    with pytest.raises(Retry):
        played.detector.send(JUDGE)
    assert played.asked == ["load", "look", "look", "load"]


def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    detector = Detector((str(tmp_path / "nowhere"),))
    with pytest.raises(Retry) as raised:
        detector.look(FRAME)
    assert raised.value.code == "detector_died"


def with_figures(**changes: Any) -> str:
    figures = {**FIGURES, **changes}
    return json.dumps({"figures": figures, "bytes": 64 * 48})


@pytest.mark.parametrize(
    "answer",
    [
        json.dumps({"figures": FIGURES}),
        json.dumps({"figures": FIGURES, "bytes": 5}),
        json.dumps({"figures": [1, 2], "bytes": 64 * 48}),
        json.dumps({"figures": {}, "bytes": 64 * 48}),
        json.dumps({"bytes": 64 * 48}),
        with_figures(ground=None),
        with_figures(ground="dark"),
        with_figures(white=[0.5]),
        with_figures(fine=float("nan")),
        with_figures(broad=float("inf")),
        "0x00000002" + b"{}".hex(),
    ],
)
def test_figures_that_make_no_sense_are_no_look(start: Start, answer: str) -> None:
    played = start(answer)
    error = failing(played)
    assert (type(error), error.code) == (Retry, "detector_died")
    assert played.detector.pid is None


# -- the real process -----------------------------------------------------------------


@pytest.fixture
def detector() -> Iterator[Detector]:
    before, made = Belongings(), Detector()
    yield made
    made.close()
    before.assert_same()


def frame(picture: Any) -> Frame:
    return Frame(jpeg(picture), *picture.size, "cam")


def test_the_real_one_sees_what_there_is_to_see(detector: Detector) -> None:
    assert sight.useless(detector.look(frame(view()))) is None
    assert sight.useless(detector.look(frame(night()))) == sight.BLACK
    assert sight.useless(detector.look(frame(plain(118)))) == sight.FLAT
    assert sight.useless(detector.look(frame(lit(view(), 20)))) == sight.BURNT_OUT
    with pytest.raises(SnapshotError):
        detector.look(FRAME)


def test_without_a_model_it_takes_little_memory(detector: Detector) -> None:
    for size in ((640, 480), (1920, 1080)):
        for seed in range(5):
            detector.look(frame(view(seed, size)))
    status = Path(f"/proc/{detector.pid}/status").read_text("utf-8").splitlines()
    (highest,) = [line.split()[1] for line in status if line.startswith("VmHWM")]
    assert int(highest) < MOST_KB


@pytest.mark.parametrize("own_model", [False, True])
def test_a_frame_that_was_looked_at_is_judged_as_if_it_had_been_sent(
    detector: Detector, tmp_path: Path, own_model: bool
) -> None:
    # A model of its own size needs the frame in that size.
    path = good(tmp_path / "own.onnx", (1, 3, 64, 64)) if own_model else stored(tmp_path)
    detector.send(LoadModel(str(path), 1))
    shown = frame(view(3))
    sent = detector.send(JudgeFrame(shown))
    detector.look(shown)
    assert detector.send(JudgeFrame(shown)) == sent
    assert isinstance(sent, HeatMap)


def test_without_pillow_it_is_told(
    detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "PIL.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(Ask) as raised:
        detector.look(frame(view()))
    assert raised.value.code == "detector_incomplete"


# -- webcams that hang upside down ----------------------------------------------------


def test_the_process_is_told_how_a_person_sees_the_frame(start: Start) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    played.detector.send(JudgeFrame(replace(FRAME, view=View(True, True, False))))
    assert played.sent[1]["view"] == [True, True, False]


def test_a_frame_that_is_shown_as_delivered_needs_no_word_about_it(start: Start) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    played.detector.send(JUDGE)
    assert "view" not in played.sent[1]


# -- frames that are longer than a service needs --------------------------------------


@pytest.mark.parametrize(
    ("size", "smaller"),
    [((1280, 960), (640, 480)), ((1920, 1080), (640, 360)), ((600, 1000), (384, 640))],
)
def test_a_long_frame_is_made_smaller_while_it_is_looked_at(
    detector: Detector, size: tuple[int, int], smaller: tuple[int, int]
) -> None:
    long = frame(view(3, size))
    detector.look(long, 640)
    found = detector.fitting(long)
    assert (found.width, found.height) == smaller == measure(found.jpeg)
    assert len(found.jpeg) < len(long.jpeg)
    assert (found.camera, found.view) == (long.camera, long.view)


def test_it_still_shows_the_same(detector: Detector) -> None:
    long = frame(view(3, (1280, 960)))
    detector.look(long, 640)
    before = np.asarray(Image.open(io.BytesIO(long.jpeg)).resize((64, 48)), float)
    after = Image.open(io.BytesIO(detector.fitting(long).jpeg)).resize((64, 48))
    assert np.abs(before - np.asarray(after, float)).mean() < 2


def test_what_is_seen_in_it_is_the_same_either_way(detector: Detector) -> None:
    long = frame(view(3, (1280, 960)))
    plain_look, look = detector.look(long), detector.look(long, 640)
    for name in ("ground", "bright", "contrast", "broad", "fine"):
        value = getattr(plain_look, name)
        assert getattr(look, name) == pytest.approx(value, abs=5, rel=0.1), name
    for name in ("odd", "white", "equal", "smooth"):
        value = getattr(plain_look, name)
        assert getattr(look, name) == pytest.approx(value, abs=0.05), name


def test_a_frame_that_is_small_enough_is_left_as_it_is(detector: Detector) -> None:
    small = frame(view(3, (640, 480)))
    detector.look(small, 640)
    assert detector.fitting(small) is small


def test_nobody_is_given_a_smaller_frame_unasked(detector: Detector) -> None:
    long = frame(view(3, (1280, 960)))
    detector.look(long)
    assert detector.fitting(long) is long


def test_another_frame_than_the_one_looked_at_is_left_as_it_is(
    detector: Detector,
) -> None:
    long, other = frame(view(3, (1280, 960))), frame(view(4, (1280, 960)))
    detector.look(long, 640)
    assert detector.fitting(other) is other
    with pytest.raises(SnapshotError):
        detector.look(FRAME, 640)
    assert detector.fitting(long) is long


@pytest.mark.parametrize(
    "head",
    [
        {"smaller": [2, 2], "bytes": 3072},
        {"smaller": [640, 480], "bytes": 5000},
        {"smaller": "x", "bytes": 3100},
        {"bytes": 3100},
    ],
)
def test_a_smaller_frame_that_is_none_ends_the_process(
    start: Start, head: dict[str, Any]
) -> None:
    played = start(json.dumps({"figures": FIGURES, **head}))
    error = failing(played)
    assert (type(error), error.code) == (Retry, "detector_died")
