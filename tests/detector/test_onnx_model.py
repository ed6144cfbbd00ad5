"""A user's own ONNX file: used if it is one that can be, refused when loaded if not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest
from onnx import TensorProto

from octoprint_aiwatch.detector import wire
from octoprint_aiwatch.detector.calibration import DEFAULT_CALIBRATION
from octoprint_aiwatch.detector.model import (
    ModelError,
    fit_to_area,
    load,
)
from octoprint_aiwatch.detector.onnx_model import MOST_PX
from tests.detector.onnx_files import brightness, good, node, pooling, written

FIXED = (1, 3, 48, 64)
ANY = ("n", 3, "h", "w")
CALIBRATION = {"hottest": 3, "centre": -1.5, "slope": 0.5, "cell": 2.0}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "own.onnx"


def refused(file: Path) -> str:
    """The code with which a file is refused."""
    with pytest.raises(ModelError) as error:
        load(str(file), 1)
    return error.value.code


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


# -- files that can be used -----------------------------------------------------------


def test_a_model_of_one_size_gets_every_frame_in_that_size(path: Path) -> None:
    model = load(str(good(path, FIXED)), 1)
    assert model.fit(1920, 1080) == model.fit(480, 640) == (64, 48)


def test_a_model_of_any_size_gets_frames_in_their_own_shape(path: Path) -> None:
    model = load(str(good(path, ANY)), 1)
    for size in ((640, 480), (1920, 1080), (480, 640)):
        assert model.fit(*size) == fit_to_area(*size)


@pytest.mark.parametrize(
    "shape", [FIXED, ANY, (None, 3, None, None), ANY[:1] + FIXED[1:]]
)
def test_a_frame_goes_in_as_red_green_blue_and_comes_out_as_heat(
    path: Path, shape: Any
) -> None:
    frame = noise(48, 64)
    heat = load(str(good(path, shape)), 1).heat(frame)
    assert heat.shape == (1, 6, 8)
    np.testing.assert_allclose(heat[0], brightness(frame), rtol=1e-5)


def test_the_first_kind_of_several_is_the_failure(path: Path) -> None:
    nodes = [*pooling("one"), node("Neg", "one", "other")]
    nodes.append(node("Concat", "one other", "heat", axis=1))
    frame = noise(48, 64)
    heat = load(str(written(path, nodes, FIXED)), 1).heat(frame)
    assert heat.shape == (2, 6, 8)
    np.testing.assert_allclose(heat[0], brightness(frame), rtol=1e-5)


def test_numbers_of_another_width_are_taken(path: Path) -> None:
    nodes = [*pooling("one"), node("Cast", "one", "heat", to=TensorProto.DOUBLE)]
    model = load(str(written(path, nodes, FIXED, heat_kind=TensorProto.DOUBLE)), 1)
    assert model.heat(noise(48, 64)).dtype == np.float32


def test_the_files_own_calibration_is_used(path: Path) -> None:
    model = load(str(good(path, meta={**CALIBRATION, "name": "spaghetti"})), 1)
    assert model.calibration == CALIBRATION


def test_without_one_there_is_a_default(path: Path) -> None:
    assert load(str(good(path)), 1).calibration == DEFAULT_CALIBRATION


def test_a_path_may_begin_with_the_home_folder(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good(path)
    monkeypatch.setenv("HOME", str(path.parent))
    assert load("~/own.onnx", 1).fit(640, 480) == fit_to_area(640, 480)


@pytest.mark.parametrize("threads", [1, 4])
def test_any_number_of_threads_gives_the_same(path: Path, threads: int) -> None:
    frame = noise(48, 64)
    heat = load(str(good(path)), threads).heat(frame)
    np.testing.assert_allclose(heat[0], brightness(frame), rtol=1e-5)


# -- files that are no model ----------------------------------------------------------


def test_a_file_that_is_not_there_is_missing(path: Path) -> None:
    assert refused(path) == "model_missing"
    assert refused(path.parent) == "model_missing"


@pytest.mark.parametrize("content", [b"", b"spaghetti", b"<html></html>", bytes(5000)])
def test_a_file_that_is_something_else_is_broken(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refused(path) == "model_broken"


@pytest.mark.parametrize("kept", [1, 20, 100, -1, -40])
def test_a_file_cut_short_is_broken(path: Path, kept: int) -> None:
    good(path)
    path.write_bytes(path.read_bytes()[:kept])
    assert refused(path) in ("model_broken", "model_shape")


def test_an_operation_that_nobody_knows_is_broken(path: Path) -> None:
    assert refused(written(path, [node("Spaghetti", "x", "heat")], FIXED)) == (
        "model_broken"
    )


@pytest.mark.parametrize(
    "meta",
    [
        "nonsense",
        "[]",
        "{}",
        "5",
        {**CALIBRATION, "hottest": 0},
        {**CALIBRATION, "slope": None},
        {**CALIBRATION, "centre": "warm"},
        '{"hottest": 6, "centre": NaN, "slope": 1, "cell": 0}',
        '{"hottest": 6, "centre": 0, "slope": 1e999, "cell": 0}',
        "[" * 100_000,
    ],
)
def test_metadata_that_make_no_sense_are_broken(path: Path, meta: Any) -> None:
    assert refused(good(path, meta=meta)) == "model_broken"


def test_without_onnxruntime_the_user_is_told_to_install_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert refused(good(path)) == "model_needs_onnxruntime"


# -- models of something else ---------------------------------------------------------


def scaled(by: Any) -> Callable[[Path], Path]:
    """A model whose heat is a frame's brightness times something."""

    def write(path: Path) -> Path:
        nodes = [*pooling("one"), node("Mul", "one by", "heat")]
        return written(path, nodes, FIXED, {"by": np.float32(by)})

    return write


def shaped(shape: Any, **options: Any) -> Callable[[Path], Path]:
    return lambda path: good(path, shape, **options)


def ending(*nodes: Any, **stored: np.ndarray) -> Callable[[Path], Path]:
    """A model that does something more with its heat."""
    return lambda path: written(path, [*pooling("one"), *nodes], FIXED, stored)


def floats(path: Path) -> Path:
    nodes = [node("Cast", "x", "heat", to=TensorProto.FLOAT)]
    return written(path, nodes, FIXED, kind=TensorProto.UINT8)


OTHERS = {
    "a frame without channels": lambda path: written(
        path, [node("Relu", "x", "heat")], FIXED[1:]
    ),
    "a frame of one channel": shaped((1, 1, 48, 64)),
    "a frame with transparency": shaped((1, 4, 48, 64)),
    "channels last": shaped((1, 48, 64, 3)),
    "four frames at once": shaped((4, 3, 48, 64)),
    "one side fixed": shaped((1, 3, 240, "w")),
    "a side too long": shaped((1, 3, 16, MOST_PX + 1)),
    "a side of nothing": shaped((1, 3, 0, 64)),
    "bytes": floats,
    "two inputs": lambda path: written(
        path, [*pooling("one"), node("Add", "one y", "heat")], FIXED, more_inputs=["y"]
    ),
    "one score": ending(
        node("GlobalAveragePool", "one", "a"), node("Flatten", "a", "heat")
    ),
    "a flat list": ending(node("Flatten", "one", "heat")),
    "five dimensions": ending(
        node("Unsqueeze", "one at", "heat"), at=np.array([0], np.int64)
    ),
    "an empty map": ending(
        node("Slice", "one from to", "heat"),
        **{"from": np.zeros(4, np.int64), "to": np.array([1, 1, 0, 8], np.int64)},
    ),
    "not a number": scaled(np.nan),
    "infinite": scaled(np.inf),
    "more cells than anybody needs": ending(
        node("Tile", "one by", "heat"), by=np.array([1, 1, 64, 64], np.int64)
    ),
}


@pytest.mark.parametrize("write", OTHERS.values(), ids=OTHERS.keys())
def test_a_model_that_takes_or_gives_something_else_is_refused_when_loaded(
    path: Path, write: Callable[[Path], Path]
) -> None:
    assert refused(write(path)) == "model_shape"


def test_as_many_cells_as_allowed_are_taken(path: Path) -> None:
    tiles = np.array([1, 1, 32, 32], np.int64)
    model = load(str(ending(node("Tile", "one by", "heat"), by=tiles)(path)), 1)
    _, rows, columns = model.heat(noise(48, 64)).shape
    assert rows * columns <= wire.MOST_CELLS < 4 * rows * columns
