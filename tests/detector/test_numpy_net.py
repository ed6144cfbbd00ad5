"""The numpy network computes what its definition says, and refuses what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from detector import heatmap, numpy_net

META = {
    "name": "test",
    "kinds": ["strands", "displaced"],
    "hottest": 12,
    "centre": -1.0,
    "slope": 2.0,
    "cell": -2.0,
}
OUTPUTS = {
    "stem": 4, "down4": 5, "at4": 5, "down8": 6, "at8a": 6, "at8b": 6, "down16": 7,
    "at16a": 7, "at16b": 7, "at16c": 7, "up": 6, "side": 6, "mix": 3, "head": 2,
}  # fmt: skip
INPUTS = {
    "stem": 3, "down4": 4, "at4": 5, "down8": 5, "at8a": 6, "at8b": 6, "down16": 6,
    "at16a": 7, "at16b": 7, "at16c": 7, "up": 7, "side": 6, "mix": 6, "head": 3,
}  # fmt: skip


def arrays(**changes: Any) -> dict[str, np.ndarray]:
    """Weights of a narrow network, drawn from chance."""
    rng = np.random.default_rng(3)
    made: dict[str, np.ndarray] = {}
    for name, kernel, _, _ in numpy_net.LAYERS:
        shape = (kernel * kernel * INPUTS[name], OUTPUTS[name])
        spread = 1 / np.sqrt(shape[0])
        made[name + ".w"] = rng.normal(0, spread, shape).astype(np.float16)
        made[name + ".b"] = rng.normal(0, 0.1, shape[1]).astype(np.float16)
    made["meta"] = np.frombuffer(json.dumps(META).encode(), np.uint8)
    made.update(changes)
    return {name: value for name, value in made.items() if value is not None}


def stored(folder: Path, **changes: Any) -> Path:
    path = folder / "weights.npz"
    np.savez(path, **arrays(**changes))
    return path


@pytest.fixture
def weights(tmp_path: Path) -> numpy_net.Weights:
    return numpy_net.Weights(stored(tmp_path))


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


def plain_heat(weights: numpy_net.Weights, frame: np.ndarray) -> np.ndarray:
    geometry = {name: rest for name, *rest in numpy_net.LAYERS}

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
    for name in ("at16a", "at16b", "at16c"):
        x = relu(x + conv(name, x))
    wide = np.kron(conv("up", x), np.ones((2, 2, 1)))
    x = relu(conv("mix", relu(conv("side", fine) + wide)))
    return conv("head", x).transpose(2, 0, 1)


@pytest.mark.parametrize("size", [(48, 64), (32, 80)])
def test_heat_is_what_the_definition_gives(
    weights: numpy_net.Weights, size: tuple[int, int]
) -> None:
    frame = np.random.default_rng(5).integers(0, 256, (*size, 3), np.uint8)
    heat = numpy_net.NumpyNet(weights).heat(frame)
    assert heat.shape == (2, size[0] // 8, size[1] // 8)
    np.testing.assert_allclose(heat, plain_heat(weights, frame), atol=1e-4)


def test_a_frame_leaves_no_trace_in_the_next_ones_heat(
    weights: numpy_net.Weights,
) -> None:
    rng = np.random.default_rng(7)
    shapes = [(48, 64, 3), (32, 80, 3), (48, 64, 3)]
    frames = [rng.integers(0, 256, shape, np.uint8) for shape in shapes]
    used = numpy_net.NumpyNet(weights)
    for frame in frames:
        fresh = numpy_net.NumpyNet(weights).heat(frame)
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
def test_a_frame_of_another_kind_is_refused(
    weights: numpy_net.Weights, frame: np.ndarray
) -> None:
    with pytest.raises(ValueError):
        numpy_net.NumpyNet(weights).heat(frame)


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
    assert numpy_net.fit(width, height) == expected


def test_even_a_strip_gets_an_input(weights: numpy_net.Weights) -> None:
    width, height = numpy_net.fit(5000, 4)
    frame = np.zeros((height, width, 3), np.uint8)
    assert np.isfinite(numpy_net.NumpyNet(weights).heat(frame)).all()


def test_bytes_with_a_factor_per_output_are_read_as_numbers(tmp_path: Path) -> None:
    whole = np.arange(-3, 3, dtype=np.int8).reshape(3, 2)
    factor = np.array([0.5, 0.25], np.float16)
    changes = {"head.w": whole, "head.s": factor}
    weight, _ = numpy_net.Weights(stored(tmp_path, **changes)).layers["head"]
    np.testing.assert_array_equal(weight, whole * [0.5, 0.25])


@pytest.mark.parametrize(
    "changes",
    [
        {"at8b.w": None},
        {"meta": None},
        {"meta": np.frombuffer(b"{}", np.uint8)},
        {"meta": np.frombuffer(b"nonsense", np.uint8)},
        {"mix.w": np.zeros((5, 3), np.float16)},
        {"head.b": np.array([np.nan, 0], np.float16)},
        {"head.w": np.zeros((3, 5), np.float16), "head.b": np.zeros(5, np.float16)},
        {"stem.w": np.array([{}], object)},
    ],
)
def test_weights_that_do_not_fit_are_refused(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(numpy_net.WeightsError):
        numpy_net.Weights(stored(tmp_path, **changes))


@pytest.mark.parametrize("cut", [0, 10, 2000, -30])
def test_a_file_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    path = stored(tmp_path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(numpy_net.WeightsError):
        numpy_net.Weights(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(numpy_net.WeightsError):
        numpy_net.Weights(tmp_path / "nowhere.npz")


def test_the_centre_scores_one_half(weights: numpy_net.Weights) -> None:
    assert heatmap.calibrated(weights.centre, weights) == 0.5


def test_extreme_heat_still_gives_a_score(weights: numpy_net.Weights) -> None:
    assert heatmap.calibrated(1e9, weights) > 0.999
    assert heatmap.calibrated(-1e9, weights) < 0.001


def test_the_raw_score_is_the_mean_of_the_hottest_cells() -> None:
    heat = np.zeros((2, 6, 8), np.float32)
    heat[0, 2, 1:4] = [3, 6, 9]
    heat[1] = 50  # the other kind is not asked
    assert heatmap.raw_score(heat, 3) == 6


def test_cells_touching_at_corners_are_one_cluster() -> None:
    hot = np.zeros((4, 6), bool)
    hot[0, 0] = hot[1, 1] = hot[3, 5] = True
    sizes = sorted(len(group) for group in heatmap.clusters(hot))
    assert sizes == [1, 2]


def test_boxes_lie_where_the_heat_is(weights: numpy_net.Weights) -> None:
    heat = np.full((2, 10, 20), -8.0, np.float32)
    heat[0, 2:6, 4:10] = 3.0
    heat[0, 8, 18] = 3.0
    sure, doubtful = heatmap.boxes(heat, weights)
    assert sure[1:] == pytest.approx((0.35, 0.4, 0.3, 0.4))
    assert doubtful[1:] == pytest.approx((0.925, 0.85, 0.05, 0.1))
    assert sure.confidence > 0.99 > doubtful.confidence


def test_cells_that_do_not_count_make_no_box(weights: numpy_net.Weights) -> None:
    heat = np.full((2, 10, 20), 5.0, np.float32)
    keep = np.zeros((10, 20), bool)
    assert heatmap.boxes(heat, weights, keep) == []


def test_a_cold_frame_has_no_boxes(weights: numpy_net.Weights) -> None:
    assert heatmap.boxes(np.full((2, 10, 20), -8.0, np.float32), weights) == []
