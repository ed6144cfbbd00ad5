"""The numpy network computes what its definition says, and refuses what is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from octoprint_aiwatch.detector.model import ModelError, fit_to_area, read_calibration
from octoprint_aiwatch.detector.numpy_model import LAYERS, NumpyModel, Weights
from tests.detector.tiny import META, meta, stored


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    return Weights(stored(tmp_path))


def plain_conv(
    x: np.ndarray, pair: tuple[np.ndarray, np.ndarray], kernel: int, stride: int, gap: int
) -> np.ndarray:
    """A convolution straight from its definition, place by place."""
    weight, bias = pair
    reach = gap * (kernel // 2)
    height, width, channels = x.shape
    cube = weight.reshape(kernel, kernel, channels, -1)
    y = np.zeros((height // stride, width // stride, cube.shape[-1]))
    for row in range(y.shape[0]):
        for column in range(y.shape[1]):
            for i in range(kernel):
                for j in range(kernel):
                    r, c = (
                        row * stride + i * gap - reach,
                        column * stride + j * gap - reach,
                    )
                    if 0 <= r < height and 0 <= c < width:
                        y[row, column] += x[r, c] @ cube[i, j]
    return y + bias


def plain_heat(weights: Weights, frame: np.ndarray) -> np.ndarray:
    geometry = {name: rest for name, *rest in LAYERS}

    def conv(name: str, x: np.ndarray) -> np.ndarray:
        return plain_conv(x, weights.layers[name], *geometry[name])

    def relu(x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0)

    x = relu(conv("stem", frame.astype(float) / 64 - 2))
    x = relu(conv("down4", x))
    x = relu(x + conv("at4", x))
    x = relu(conv("down8", x))
    x = relu(x + conv("at8a", x))
    fine = relu(x + conv("at8b", x))
    x = relu(conv("down16", fine))
    for name in ("at16a", "at16b", "at16c", "at16d"):
        x = relu(x + conv(name, x))
    wide = np.kron(conv("up", x), np.ones((2, 2, 1)))
    x = relu(conv("mix", relu(conv("side", fine) + wide)))
    return conv("head", x).transpose(2, 0, 1)


@pytest.mark.parametrize("size", [(48, 64), (32, 80)])
def test_heat_is_what_the_definition_gives(
    weights: Weights, size: tuple[int, int]
) -> None:
    frame = np.random.default_rng(5).integers(0, 256, (*size, 3), np.uint8)
    heat = NumpyModel(weights).heat(frame)
    assert heat.shape == (2, size[0] // 8, size[1] // 8)
    np.testing.assert_allclose(heat, plain_heat(weights, frame), atol=1e-4)


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
    ("width", "height", "expected"),
    [
        (640, 480, (320, 240)),
        (480, 640, (240, 320)),
        (1920, 1080, (368, 208)),
        (100, 100, (272, 272)),
    ],
)
def test_the_input_keeps_the_frames_shape(
    width: int, height: int, expected: tuple[int, int]
) -> None:
    assert fit_to_area(width, height) == expected


def test_even_a_strip_gets_an_input(weights: Weights) -> None:
    width, height = fit_to_area(5000, 4)
    frame = np.zeros((height, width, 3), np.uint8)
    assert np.isfinite(NumpyModel(weights).heat(frame)).all()


def test_bytes_with_a_factor_per_output_are_read_as_numbers(tmp_path: Path) -> None:
    whole = np.arange(-3, 3, dtype=np.int8).reshape(3, 2)
    factor = np.array([0.5, 0.25], np.float16)
    changes = {"head.w": whole, "head.s": factor}
    weight, _ = Weights(stored(tmp_path, **changes)).layers["head"]
    np.testing.assert_array_equal(weight, whole * [0.5, 0.25])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"at8b.w": None}, "model_broken"),
        ({"at16d.w": None}, "model_broken"),
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
        ({"up.w": np.zeros((7, 5), np.float16), "up.b": np.zeros(5)}, "model_shape"),
        ({"at4.w": np.zeros((45, 4)), "at4.b": np.zeros(4)}, "model_shape"),
        ({"head.w": np.zeros((3, 5)), "head.b": np.zeros(5)}, "model_shape"),
        (
            {
                "at4.w": np.zeros((45, 4)),
                "at4.b": np.zeros(4),
                "down8.w": np.zeros((36, 6)),
            },
            "model_shape",
        ),
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
