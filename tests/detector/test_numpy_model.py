"""The numpy network computes what its definition says, and refuses what is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from octoprint_aiwatch.detector import depthwise
from octoprint_aiwatch.detector.calibration import read_calibration
from octoprint_aiwatch.detector.model import (
    AREA_PX,
    SIDE_MULTIPLE_PX,
    ModelError,
    fit_to_area,
)
from octoprint_aiwatch.detector.numpy_model import BLOCKS, FINE, NumpyModel, Weights
from tests.detector.definition import Array, plain_conv
from tests.detector.tiny import META, meta, stored


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    return Weights(stored(tmp_path))


def plain_heat(weights: Weights, frame: Array) -> Array:
    """The network straight from its definition."""

    def conv(name: str, x: Array, kernel: int = 1, stride: int = 1) -> Array:
        return plain_conv(x, weights.layers[name], kernel, stride)

    def clip(x: Array) -> Array:
        return np.clip(x, 0, 6)

    x = clip(conv("stem", (frame.astype(float) - 127) / 128, 3, 2))
    for n, (kernel, stride) in enumerate(BLOCKS):
        y = x if n == 0 else clip(conv(f"block{n}.expand", x))
        y = clip(conv(f"block{n}.depth", y, kernel, stride))
        y = conv(f"block{n}.project", y)
        x = y + x if y.shape == x.shape else y
        if n == FINE:
            fine = x
    both = np.kron(conv("up", x), np.ones((2, 2, 1))) + conv("side", fine)
    x = np.maximum(conv("mix", np.maximum(both, 0), 3), 0)
    return conv("head", x).transpose(2, 0, 1)


@pytest.mark.parametrize("size", [(16, 16), (48, 64), (32, 80), (112, 16)])
def test_heat_is_what_the_definition_gives(
    weights: Weights, size: tuple[int, int]
) -> None:
    frame = np.random.default_rng(5).integers(0, 256, (*size, 3), np.uint8)
    heat = NumpyModel(weights).heat(frame)
    assert heat.shape == (2, size[0] // 8, size[1] // 8)
    np.testing.assert_allclose(heat, plain_heat(weights, frame), atol=1e-4)


@pytest.mark.parametrize("strip", [1, 300, 5000])
def test_how_much_is_worked_on_at_a_time_makes_no_difference(
    weights: Weights, monkeypatch: pytest.MonkeyPatch, strip: int
) -> None:
    frame = np.random.default_rng(5).integers(0, 256, (48, 64, 3), np.uint8)
    expected = NumpyModel(weights).heat(frame)
    monkeypatch.setattr(depthwise, "STRIP", strip)
    np.testing.assert_allclose(NumpyModel(weights).heat(frame), expected, atol=1e-5)


def test_a_frame_leaves_no_trace_in_the_next_ones_heat(
    weights: Weights,
) -> None:
    rng = np.random.default_rng(7)
    shapes = [(48, 64, 3), (32, 80, 3), (48, 64, 3)]
    frames = [rng.integers(0, 256, shape, np.uint8) for shape in shapes]
    used = NumpyModel(weights)
    for frame in frames:
        fresh = NumpyModel(weights).heat(frame)
        np.testing.assert_array_equal(used.heat(frame), fresh)


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((48, 64), np.uint8),
        np.zeros((48, 64, 4), np.uint8),
        np.zeros((48, 64, 3), np.float32),
        np.zeros((50, 64, 3), np.uint8),
    ],
)
def test_a_frame_of_another_kind_is_refused(weights: Weights, frame: np.ndarray) -> None:
    with pytest.raises(ValueError):
        NumpyModel(weights).heat(frame)


@pytest.mark.parametrize(
    ("width", "height"),
    [(640, 480), (480, 640), (1920, 1080), (100, 100), (3280, 2464), (1280, 400)],
)
def test_the_input_keeps_the_frames_shape_and_has_about_the_same_area(
    width: int, height: int
) -> None:
    fitted = fit_to_area(width, height)
    assert fitted[0] % SIDE_MULTIPLE_PX == fitted[1] % SIDE_MULTIPLE_PX == 0
    assert fitted[0] * fitted[1] == pytest.approx(AREA_PX, rel=0.1)
    assert fitted[0] / fitted[1] == pytest.approx(width / height, rel=0.1)


def test_even_a_strip_gets_an_input(weights: Weights) -> None:
    width, height = fit_to_area(5000, 4)
    frame = np.zeros((height, width, 3), np.uint8)
    assert np.isfinite(NumpyModel(weights).heat(frame)).all()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"block4.depth.w": None}, "model_broken"),
        ({"head.b": None}, "model_broken"),
        ({"meta": None}, "model_broken"),
        ({"meta": np.frombuffer(b"{}", np.uint8)}, "model_broken"),
        ({"meta": np.frombuffer(b"[]", np.uint8)}, "model_broken"),
        ({"meta": np.frombuffer(b"nonsense", np.uint8)}, "model_broken"),
        ({"meta": meta(kinds=None)}, "model_broken"),
        ({"meta": meta(hottest=0)}, "model_broken"),
        ({"meta": meta(slope=float("nan"))}, "model_broken"),
        ({"meta": meta(centre=float("inf"))}, "model_broken"),
        ({"head.b": np.array([np.nan, 0], np.float16)}, "model_broken"),
        ({"head.w": np.full((3, 2), np.inf, np.float16)}, "model_broken"),
        ({"stem.w": np.array([{}], object)}, "model_broken"),
        ({"stem.b": np.array(["a", "b", "c", "d"])}, "model_broken"),
        ({"mix.w": np.zeros((5, 3), np.float16)}, "model_shape"),
        ({"mix.w": np.zeros((54, 3, 1), np.float16)}, "model_shape"),
        ({"mix.b": np.zeros((3, 1), np.float16)}, "model_shape"),
        ({"stem.b": np.float16(0)}, "model_shape"),
        (
            {"block3.expand.b": np.zeros(3), "block3.expand.w": np.zeros((4, 3))},
            "model_shape",
        ),
        (
            {"block3.depth.b": np.zeros(3), "block3.depth.w": np.zeros((25, 3))},
            "model_shape",
        ),
        ({"block3.depth.w": np.zeros((9, 8))}, "model_shape"),
        (
            {"block4.project.b": np.zeros(4), "block4.project.w": np.zeros((10, 4))},
            "model_shape",
        ),
        ({"up.w": np.zeros((7, 5), np.float16), "up.b": np.zeros(5)}, "model_shape"),
        ({"head.w": np.zeros((3, 5)), "head.b": np.zeros(5)}, "model_shape"),
        ({"head.w": np.zeros((3, 0)), "head.b": np.zeros(0)}, "model_shape"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(ModelError) as refused:
        Weights(stored(tmp_path, **changes))
    assert refused.value.code == code


@pytest.mark.parametrize("cut", [0, 10, 2000, -30])
def test_a_file_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    path = stored(tmp_path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ModelError) as refused:
        Weights(path)
    assert refused.value.code == "model_broken"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        Weights(tmp_path / "nowhere.npz")


def test_the_calibration_is_the_files(weights: Weights) -> None:
    expected = {name: META[name] for name in ("hottest", "centre", "slope", "cell")}
    assert NumpyModel(weights).calibration == expected


@pytest.mark.parametrize(
    "stored_as",
    [
        None,
        [],
        {**META, "hottest": 0.5},
        {**META, "centre": "warm"},
        {**META, "slope": float("inf")},
        {"hottest": 6, "centre": 0.0, "slope": 1.0},
        {**META, "cell": None},
        {**META, "hottest": [6]},
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(stored_as: Any) -> None:
    with pytest.raises(ValueError):
        read_calibration(stored_as)
