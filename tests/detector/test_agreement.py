"""numpy and onnxruntime make the same of a frame, with the weights that ship."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from detector import export

from octoprint_aiwatch.detector import model
from octoprint_aiwatch.detector.model import BUNDLED, BUNDLED_ONNX, fit_to_area, load
from octoprint_aiwatch.detector.numpy_model import NumpyModel, Weights
from octoprint_aiwatch.detector.onnx_model import OnnxModel
from tests.detector.tiny import picture

FRAMES = 50
TOLERANCE = 1e-3
CAMERAS = [(640, 480), (1280, 720), (480, 640), (300, 300), (1920, 400), (4000, 100)]
SHAPES = [
    fit_to_area(640, 480)[::-1],
    (96, 128),
    (128, 96),
    (80, 208),
    (64, 64),
    (16, 256),
]
"""Height and width; the first is what a webcam's frame is shrunk to."""


def contents(number: int, height: int, width: int) -> np.ndarray:
    """A frame of one of ten sorts, from nothing to see up to pure chance."""
    rng = np.random.default_rng(number)
    shape = (height, width, 3)
    rows, columns = np.mgrid[:height, :width]
    noise = rng.integers(0, 256, shape, np.uint8)
    smooth = np.asarray(picture(width, height, number))
    sorts = (
        lambda: noise,
        lambda: np.zeros(shape),
        lambda: np.full(shape, 255),
        lambda: np.full(shape, rng.integers(0, 256, 3)),
        lambda: smooth,
        lambda: smooth // 8,
        lambda: np.clip(smooth * 0.7 + noise * 0.3, 0, 255),
        lambda: np.sort(noise, axis=1),
        lambda: np.repeat((rows + columns)[..., None] % 2 * 255, 3, axis=2),
        lambda: np.repeat((rows * 255 // height)[..., None], 3, axis=2),
    )
    return np.ascontiguousarray(sorts[number % len(sorts)](), np.uint8)


def frames() -> list[np.ndarray]:
    """Five of every sort, each of another shape."""
    found = []
    for number in range(FRAMES):
        height, width = SHAPES[(number + number // 10) % len(SHAPES)]
        found.append(contents(number, height, width))
    return found


@pytest.fixture(scope="module")
def by_numpy() -> NumpyModel:
    return NumpyModel(Weights(BUNDLED))


@pytest.fixture(scope="module", params=["the file that ships", "written anew"])
def onnx_file(request: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bundled weights as an ONNX file."""
    if request.param == "the file that ships":
        return str(BUNDLED_ONNX)
    path = tmp_path_factory.mktemp("twin") / "twin.onnx"
    weights = Weights(BUNDLED)
    export.write_onnx(path, export.read_back(weights), export.meta_of(weights))
    return str(path)


def test_fifty_frames_are_judged_alike(by_numpy: NumpyModel, onnx_file: str) -> None:
    by_onnxruntime = OnnxModel(onnx_file, 1)
    seen = 0
    for frame in frames():
        expected = by_onnxruntime.heat(frame)
        np.testing.assert_allclose(by_numpy.heat(frame), expected, rtol=0, atol=TOLERANCE)
        seen += 1
    assert seen == FRAMES


def test_both_are_read_by_the_same_calibration(
    by_numpy: NumpyModel, onnx_file: str
) -> None:
    assert OnnxModel(onnx_file, 1).calibration == by_numpy.calibration


def test_both_want_a_frame_of_the_same_size(by_numpy: NumpyModel, onnx_file: str) -> None:
    by_onnxruntime = OnnxModel(onnx_file, 1)
    for camera in CAMERAS:
        assert by_numpy.fit(*camera) == by_onnxruntime.fit(*camera)


def test_more_threads_judge_alike(onnx_file: str) -> None:
    one, four = OnnxModel(onnx_file, 1), OnnxModel(onnx_file, 4)
    for frame in frames()[:4]:
        np.testing.assert_allclose(one.heat(frame), four.heat(frame), atol=TOLERANCE)


def test_the_bundled_model_is_run_by_onnxruntime_where_that_is_installed() -> None:
    assert isinstance(load("", 1), OnnxModel)


@pytest.mark.parametrize("trouble", ["missing", "damaged"])
def test_the_bundled_model_is_run_by_numpy_where_onnxruntime_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    file = tmp_path / "weights.onnx"
    if trouble == "damaged":
        file.write_bytes(b"damaged")
    monkeypatch.setattr(model, "BUNDLED_ONNX", file)
    assert isinstance(load("", 1), NumpyModel)


def test_the_bundled_model_is_run_by_numpy_after_onnxruntime_ended_a_process() -> None:
    assert isinstance(load("", 1, careful=True), NumpyModel)


def test_the_bundled_model_is_run_by_numpy_where_onnxruntime_is_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert isinstance(load("", 1), NumpyModel)
