"""A frame's pixels for a model elsewhere: made by the detector process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from octoprint_aiwatch.adapters.detector import Detector
from octoprint_aiwatch.backends.base import Pixels, ShrinkFrame
from octoprint_aiwatch.core.errors import AiWatchError, NextFrame, Retry
from octoprint_aiwatch.core.values import Frame, View
from tests.adapters.detecting import JUDGE, LOAD, Start
from tests.adapters.fakes import FRAME
from tests.scenes import jpeg, view

SHRINK = ShrinkFrame(FRAME, (2, 1), planar=True)
REAL = Frame(jpeg(view()), 640, 480, "cam")

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def detector() -> Iterator[Detector]:
    """The real process."""
    one = Detector()
    yield one
    one.close()


def test_the_pixels_come_back_with_their_size(start: Start) -> None:
    played = start("ok")
    assert played.detector.send(SHRINK) == Pixels(2, 1, bytes(range(6)))
    assert played.asked == ["shrink"]
    assert (played.sent[0]["size"], played.sent[0]["planar"]) == ([2, 1], True)
    assert played.sent[0]["got"] == len(FRAME.jpeg)


def test_a_frame_that_was_looked_at_is_not_sent_again(start: Start) -> None:
    played = start("ok")
    played.detector.look(FRAME)
    played.detector.send(SHRINK)
    assert played.sent[1]["same"] is True
    assert played.sent[1]["got"] == 0
    assert played.processes == 1


def test_shrinking_loads_no_model_and_leaves_a_loaded_one_alone(start: Start) -> None:
    played = start("ok")
    played.detector.send(LOAD)
    played.detector.send(SHRINK)
    played.detector.send(JUDGE)
    assert played.asked == ["load", "shrink", "judge"]


@pytest.mark.parametrize(
    "answer",
    [
        "{}",
        '{"width": 2, "height": 1, "bytes": 5}',
        '{"width": "2", "height": 1, "bytes": 6}',
        '{"width": -2, "height": -1, "bytes": 6}',
        '{"width": 0, "height": 0}',
        "die",
    ],
)
def test_a_process_that_answers_nonsense_is_ended(start: Start, answer: str) -> None:
    played = start(answer)
    with pytest.raises(Retry) as raised:
        played.detector.send(SHRINK)
    assert raised.value.code == "detector_died"
    assert played.detector.pid is None


def test_a_damaged_frame_is_this_frames_trouble_alone(detector: Detector) -> None:
    with pytest.raises(AiWatchError) as raised:
        detector.send(SHRINK)
    assert isinstance(raised.value, NextFrame)
    assert raised.value.code == "frame_undecodable"
    assert detector.pid is not None


def test_the_size_is_the_bundled_models_unless_another_is_wanted(
    detector: Detector,
) -> None:
    found = detector.send(ShrinkFrame(REAL, None, planar=True))
    assert isinstance(found, Pixels)
    assert (found.width, found.height, len(found.content)) == (320, 240, 320 * 240 * 3)
    found = detector.send(ShrinkFrame(REAL, (30, 50), planar=True))
    assert isinstance(found, Pixels)
    assert (found.width, found.height, len(found.content)) == (30, 50, 30 * 50 * 3)


def test_a_model_elsewhere_gets_the_frame_as_a_person_sees_it(detector: Detector) -> None:
    plain = detector.send(ShrinkFrame(REAL, (4, 2), planar=False))
    turned = replace(REAL, view=View(rotate_90=True))
    found = detector.send(ShrinkFrame(turned, (2, 4), planar=False))
    assert isinstance(plain, Pixels)
    assert isinstance(found, Pixels)
    assert (found.width, found.height) == (2, 4)
    rows = [plain.content[n : n + 12] for n in (0, 12)]
    columns = [[row[n : n + 3] for row in rows] for n in (9, 6, 3, 0)]
    assert found.content == b"".join(b"".join(column) for column in columns)


@pytest.mark.parametrize("looks", [True, False])
def test_the_colours_come_plane_by_plane_or_pixel_by_pixel(
    detector: Detector, looks: bool
) -> None:
    if looks:
        detector.look(REAL)
    planar = detector.send(ShrinkFrame(REAL, None, planar=True))
    mixed = detector.send(ShrinkFrame(REAL, None, planar=False))
    assert isinstance(planar, Pixels)
    assert isinstance(mixed, Pixels)
    count = 320 * 240
    for colour in range(3):
        plane = planar.content[colour * count : (colour + 1) * count]
        assert plane == mixed.content[colour::3]
