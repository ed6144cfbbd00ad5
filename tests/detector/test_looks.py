"""Two looks at a frame: all of it from afar, then its worst part from close by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from octoprint_aiwatch.detector import looks
from octoprint_aiwatch.detector.looks import AFAR, TwoLooks, from_afar, worst
from octoprint_aiwatch.detector.model import Model, ModelError, load
from tests.detector.tiny import META, meta, stored

HEIGHT, WIDTH = 288, 384
CALIBRATION = {"hottest": 18.0, "centre": 0.0, "slope": 1.0, "cell": 0.0}


class Brightness(Model):
    """A model to whom bright is bad: a cell's logit is its mean level, in two kinds."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def fit(self, width: int, height: int) -> tuple[int, int]:
        return width, height

    def heat(self, frame: Any) -> Any:
        self.seen.append(frame.shape)
        rows, columns = frame.shape[0] // 8, frame.shape[1] // 8
        cells = frame.reshape(rows, 8, columns, 8, 3).mean((1, 3, 4), np.float32)
        return np.stack([cells / 32, -cells / 32])


def dark(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


@pytest.mark.parametrize(
    ("width", "height", "fitted"),
    [
        (640, 480, (384, 288)),
        (480, 640, (288, 384)),
        (1920, 1080, (432, 240)),
        (1000, 1000, (336, 336)),
        (4000, 100, (2112, 48)),
        (5000, 4, (11760, 48)),
    ],
)
def test_a_frame_is_shrunk_to_what_can_be_seen_from_afar_too(
    width: int, height: int, fitted: tuple[int, int]
) -> None:
    assert TwoLooks(Brightness(), CALIBRATION).fit(width, height) == fitted


def test_from_afar_nine_pixels_are_their_mean() -> None:
    frame = np.random.default_rng(1).integers(0, 256, (48, 96, 3), np.uint8)
    means = frame.reshape(16, AFAR, 32, AFAR, 3).mean((1, 3))
    seen = from_afar(frame)
    assert seen.dtype == np.uint8
    np.testing.assert_allclose(seen, means, atol=0.5 + 1e-6)


@pytest.mark.parametrize(
    ("row", "column"), [(0, 0), (35, 47), (0, 47), (35, 0), (18, 24), (7, 40)]
)
def test_the_close_look_sees_what_looked_worst_from_afar(row: int, column: int) -> None:
    frame = dark()
    frame[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8] = 255
    model = Brightness()
    heat = TwoLooks(model, CALIBRATION).heat(frame)
    assert model.seen == [(96, 128, 3), (176, 240, 3)]
    assert heat.shape == (2, 36, 48)
    # From afar the speck is spread over nine cells; from close by it has its own.
    assert heat[0, row, column] == pytest.approx(255 / 32)
    assert (heat[0] > 4).sum() == 1


def test_outside_the_close_look_stays_what_was_seen_from_afar() -> None:
    frame = dark()
    frame[:96, :96] = 200
    frame[-24:, -24:] = 90
    heat = TwoLooks(Brightness(), CALIBRATION).heat(frame)
    np.testing.assert_allclose(heat[0, -3:, -3:], 90 / 32)
    np.testing.assert_allclose(heat[1], -heat[0])
    np.testing.assert_allclose(heat[0, :12, :12], 200 / 32)


def test_a_model_with_cells_of_another_size_is_refused() -> None:
    class Coarse(Brightness):
        def heat(self, frame: Any) -> Any:
            return super().heat(frame)[:, ::2, ::2]

    with pytest.raises(ModelError):
        TwoLooks(Coarse(), CALIBRATION).heat(dark())


def test_where_all_looks_alike_rounding_does_not_choose_the_part() -> None:
    flat = np.full((12, 16), 1.25, np.float32)
    shaken = flat + np.random.default_rng(2).normal(0, 1e-5, flat.shape)
    assert worst(flat, HEIGHT, WIDTH) == worst(shaken, HEIGHT, WIDTH)


@pytest.mark.parametrize("size", [(48, 48), (48, 2112), (336, 336), (240, 432)])
def test_the_part_lies_on_cells_inside_the_frame(size: tuple[int, int]) -> None:
    cells = (size[0] // 24, size[1] // 24)
    for number in range(20):
        logits = np.random.default_rng(number).normal(0, 9, cells).astype(np.float32)
        place = worst(logits, *size)
        assert 0 <= place.top <= size[0] - place.height
        assert 0 <= place.left <= size[1] - place.width
        assert place.top % 8 == place.left % 8 == 0
        assert place.height % 16 == place.width % 16 == 0


def test_logits_without_bounds_do_not_lead_astray() -> None:
    logits = np.full((12, 16), -1e30, np.float32)
    logits[11, 15] = 1e30
    place = worst(logits, HEIGHT, WIDTH)
    assert (place.top + place.height, place.left + place.width) == (HEIGHT, WIDTH)


def test_the_part_is_about_two_fifths_of_the_frame() -> None:
    place = worst(np.zeros((12, 16), np.float32), HEIGHT, WIDTH)
    share = place.height * place.width / (HEIGHT * WIDTH)
    assert share == pytest.approx(looks.PART**2, rel=0.05)


def test_a_file_that_says_how_two_looks_are_read_is_looked_at_twice(
    tmp_path: Path,
) -> None:
    close = {name: META[name] + 1 for name in ("hottest", "centre", "slope", "cell")}
    path = str(stored(tmp_path, meta=meta(close=close)))
    found = load(path, 1)
    assert isinstance(found, TwoLooks)
    assert found.calibration == close
    assert not isinstance(load(path, 1, one_look=True), TwoLooks)
