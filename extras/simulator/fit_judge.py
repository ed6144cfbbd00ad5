"""Fits the pixel judge's small network to frames of simulated printers.

For contributors who change the scene: `python -m simulator fit`. The printers it looks
at are others than those that `measure.py` and the tests judge.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from .features import CELL_PX, GRID, cell_features, load_frame
from .gcode import write_job
from .scene import Scene, SceneState
from .shapes import SHAPES
from .toolpath import Toolpath, read_gcode

FIRST_SEED = 1000
_HIDDEN = 20
_ROUNDS = 20
_BATCH = 2048
#: A cell is a positive example from this share of strand pixels on, a negative one below
#: the other; what lies between teaches nothing.
_POSITIVE, _NEGATIVE = 0.22, 0.02
Floats = NDArray[np.float64]
Examples = tuple[NDArray[np.float32], NDArray[np.float32]]


def collect(printers: int) -> Examples:
    """Cell figures and labels of frames of so many printers."""
    features: list[NDArray[np.float32]] = []
    labels: list[NDArray[np.float32]] = []
    for number in range(printers):
        x, y = _printer(_job(number), FIRST_SEED + number)
        features.append(x)
        labels.append(y)
    return np.concatenate(features), np.concatenate(labels)


def _job(number: int) -> Toolpath:
    """Every shape in coarse and fine layers, low and high."""
    shape = sorted(SHAPES)[number % len(SHAPES)]
    layers = (40, 24, 60, 32)[number % 4]
    height_mm = (32.0, 24.0, 30.0, 36.0, 16.0)[number % 5]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "job.gcode"
        return read_gcode(write_job(path, 60, layers, shape, height_mm=height_mm))


def _printer(toolpath: Toolpath, seed: int) -> Examples:
    chance = np.random.default_rng(seed)
    scene = Scene(toolpath, seed)
    size = toolpath.size_bytes
    rows, marks = [], []
    for frame, share in enumerate(np.sort(chance.uniform(0.02, 1.0, 5))):
        state = SceneState(float(share * size), time_s=float(share * 600), frame=frame)
        rows.append(cell_features(load_frame(scene.render(state))))
        marks.append(np.zeros(len(rows[-1]), dtype=np.float32))
    empty = cell_features(load_frame(scene.render(SceneState(frame=20))))
    rows.append(empty)
    marks.append(np.zeros(len(empty), dtype=np.float32))
    failed = float(chance.uniform(0.02, 0.8) * size)
    for frame, strands in enumerate((4.0, 10.0, 20.0, 45.0, 90.0)):
        at = failed + strands / 150 * 0.2 * size
        state = SceneState(at, strands, failed, strands, 10 + frame)
        rows.append(cell_features(load_frame(scene.render(state))))
        clean = SceneState(at, 0.0, failed, strands, 10 + frame)
        difference = np.abs(scene.draw(state) - scene.draw(clean)).max(axis=2) > 28
        marks.append(_coverage(difference))
    x, y = np.concatenate(rows), np.concatenate(marks)
    clear = (y >= _POSITIVE) | (y <= _NEGATIVE)
    return x[clear], (y[clear] >= _POSITIVE).astype(np.float32)


def _coverage(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    rows, columns = GRID
    cells = mask.reshape(rows, CELL_PX, columns, CELL_PX).mean(axis=(1, 3))
    return cells.astype(np.float32).ravel()


def fit(
    x: NDArray[np.float32], y: NDArray[np.float32], seed: int = 1
) -> dict[str, Floats]:
    """A network with one hidden layer, fitted by Adam on the logistic loss."""
    chance = np.random.default_rng(seed)
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-3
    scaled = (x - mean) / scale
    w = {
        "w1": chance.normal(0, np.sqrt(2 / x.shape[1]), (x.shape[1], _HIDDEN)),
        "b1": np.zeros(_HIDDEN),
        "w2": chance.normal(0, np.sqrt(1 / _HIDDEN), _HIDDEN),
        "b2": np.zeros(1),
    }
    first = {name: np.zeros_like(value) for name, value in w.items()}
    second = {name: np.zeros_like(value) for name, value in w.items()}
    steps = _ROUNDS * (len(y) // _BATCH)
    for step in range(1, steps + 1):
        pick = chance.integers(0, len(y), _BATCH)
        slopes = _slopes(w, scaled[pick], y[pick])
        rate = 0.006 * (1.0 - step / (steps + 1)) / (1 - 0.9**step)
        for name, slope in slopes.items():
            first[name] = 0.9 * first[name] + 0.1 * slope
            second[name] = 0.999 * second[name] + 0.001 * slope**2
            size = np.sqrt(second[name] / (1 - 0.999**step)) + 1e-8
            w[name] = w[name] - rate * first[name] / size
    return {"mean": mean, "scale": scale, **w}


def _slopes(w: dict[str, Floats], x: Floats, y: Floats) -> dict[str, Floats]:
    before = x @ w["w1"] + w["b1"]
    hidden = np.maximum(0.0, before)
    p = 1.0 / (1.0 + np.exp(-np.clip(hidden @ w["w2"] + w["b2"], -30, 30)))
    error = (p - y) / len(y)
    back = np.outer(error, w["w2"]) * (before > 0)
    return {
        "w1": x.T @ back + 1e-4 * w["w1"],
        "b1": back.sum(axis=0),
        "w2": hidden.T @ error,
        "b2": np.array([error.sum()]),
    }


def save(weights: dict[str, Floats], path: Path) -> None:
    """Write the weights as JSON, rounded so that a refit shows up small in a diff."""
    document = {
        name: np.asarray(values, np.float64).round(4).tolist()
        for name, values in weights.items()
    }
    path.write_text(json.dumps(document) + "\n", encoding="utf-8")
