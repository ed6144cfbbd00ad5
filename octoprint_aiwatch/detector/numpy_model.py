"""The bundled network without any framework: weights and a frame in, heat map out.

Needs numpy alone, so that it runs wherever OctoPrint does. Trained, exported and measured
by extras/detector; what each layer is for stands there, in net.py.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from .model import SIDE_MULTIPLE_PX, Model, ModelError, fit_to_area, read_calibration

STRIDE = 8
"""Pixels of the input per cell of the heat map, both ways."""

LAYERS = (
    # name, kernel, stride, dilation
    ("stem", 3, 2, 1),
    ("down4", 3, 2, 1),
    ("at4", 3, 1, 1),
    ("down8", 3, 2, 1),
    ("at8a", 3, 1, 1),
    ("at8b", 3, 1, 1),
    ("down16", 3, 2, 1),
    ("at16a", 3, 1, 1),
    ("at16b", 3, 1, 2),
    ("at16c", 3, 1, 3),
    ("at16d", 3, 1, 2),
    ("up", 1, 1, 1),
    ("side", 1, 1, 1),
    ("mix", 3, 1, 1),
    ("head", 1, 1, 1),
)
"""Every convolution, in the order of the frame's way through them."""


class Weights:
    """The network's numbers, and the constants that turn its heat into a score.

    Raises:
        ModelError: the file holds no weights of this network.
    """

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            meta = json.loads(bytes(arrays.pop("meta")).decode())
            self.calibration = read_calibration(meta)
            self.kinds: tuple[str, ...] = tuple(meta["kinds"])
            self.name = str(meta["name"])
            self.layers = {name: self._layer(arrays, name) for name, *_ in LAYERS}
        except MemoryError:
            raise
        except Exception as error:
            raise ModelError("model_broken") from error
        self._check()

    @staticmethod
    def _layer(arrays: dict[str, Any], name: str) -> tuple[np.ndarray, np.ndarray]:
        weight, bias = arrays[name + ".w"], arrays[name + ".b"]
        if weight.dtype == np.int8:  # one factor for each output
            weight = weight.astype(np.float32) * arrays[name + ".s"].astype(np.float32)
        return np.ascontiguousarray(weight, np.float32), bias.astype(np.float32)

    def _check(self) -> None:
        """Every layer's input must be what its forerunner gives."""
        for weight, bias in self.layers.values():
            if weight.ndim != 2 or bias.shape != weight.shape[1:]:
                raise ModelError("model_shape")
            if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
                raise ModelError("model_broken")
        given = {"stem": 3, "side": self._outputs("at8b"), "up": self._outputs("at16d")}
        before = ""
        for name, kernel, _, _ in LAYERS:
            inputs = given.get(name) or self._outputs(before)
            if len(self.layers[name][0]) != kernel * kernel * inputs:
                raise ModelError("model_shape")
            if name.startswith("at") and self._outputs(name) != inputs:
                raise ModelError("model_shape")  # what comes out is added to what went in
            before = name
        if self._outputs("up") != self._outputs("side"):
            raise ModelError("model_shape")
        if self._outputs("head") != len(self.kinds):
            raise ModelError("model_shape")

    def _outputs(self, name: str) -> int:
        return len(self.layers[name][1])


class NumpyModel(Model):
    """Runs the network. Not for several threads at once: it keeps its work space."""

    def __init__(self, weights: Weights) -> None:
        self.calibration = weights.calibration
        self._layers = weights.layers
        self._geometry = {name: rest for name, *rest in LAYERS}
        self._space: dict[tuple[str, int, int], np.ndarray] = {}
        self._scratch = np.empty(0, np.float32)

    def fit(self, width: int, height: int) -> tuple[int, int]:
        return fit_to_area(width, height)

    def heat(self, frame: np.ndarray) -> np.ndarray:
        """Logits of the heat map: kinds × rows × columns."""
        if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
            raise ValueError("a frame is height x width x 3 bytes")
        if frame.shape[0] % SIDE_MULTIPLE_PX or frame.shape[1] % SIDE_MULTIPLE_PX:
            raise ValueError(
                f"sides must be multiples of {SIDE_MULTIPLE_PX}: {frame.shape}"
            )
        x = frame.astype(np.float32)
        x *= 1 / 64
        x -= 2.0
        x = self._relu(self._conv("stem", x))
        x = self._relu(self._conv("down4", x))
        x = self._residual("at4", x)
        x = self._relu(self._conv("down8", x))
        x = self._residual("at8a", x)
        fine = self._residual("at8b", x)
        x = self._relu(self._conv("down16", fine))
        for name in ("at16a", "at16b", "at16c", "at16d"):
            x = self._residual(name, x)
        wide = self._conv("up", x).repeat(2, 0).repeat(2, 1)
        wide += self._conv("side", fine)
        x = self._relu(self._conv("mix", self._relu(wide)))
        return np.ascontiguousarray(self._conv("head", x).transpose(2, 0, 1))

    @staticmethod
    def _relu(x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0, out=x)

    def _residual(self, name: str, x: np.ndarray) -> np.ndarray:
        y = self._conv(name, x)
        y += x
        return self._relu(y)

    def _conv(self, name: str, x: np.ndarray) -> np.ndarray:
        kernel, stride, dilation = self._geometry[name]
        weight, bias = self._layers[name]
        height, width, channels = x.shape
        if kernel == 1:
            y = x.reshape(-1, channels) @ weight
            y += bias
            return y.reshape(height, width, -1)
        padded = self._padded(name, x, dilation)
        columns = self._columns(padded, stride, dilation, width // stride)
        run = 3 * channels
        # One product per kernel row: all rows read the same columns, lower down.
        rows = height // stride
        y = None
        for k in range(3):
            top = k * dilation
            if stride == 1:
                part = columns[top : top + rows]
            else:
                part = columns[top % 2, top // 2 : top // 2 + rows]
            product = part.reshape(-1, run) @ weight[k * run : (k + 1) * run]
            y = product if y is None else np.add(y, product, out=y)
        y += bias
        return y.reshape(rows, width // stride, -1)

    def _buffer(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Zeros at first; kept for the next frame of the same size."""
        key = (name, shape[0], shape[1])
        found = self._space.get(key)
        if found is None:
            if len(self._space) > 3 * len(LAYERS):  # cameras came and went
                self._space.clear()
            found = self._space[key] = np.zeros(shape, np.float32)
        return found

    def _padded(self, name: str, x: np.ndarray, pad: int) -> np.ndarray:
        """The input with a rim of zeros, which nobody ever writes on."""
        height, width, channels = x.shape
        shape = (height + 2 * pad, width + 2 * pad, channels)
        padded = self._buffer(name, shape)
        padded[pad : pad + height, pad : pad + width] = x
        return padded

    def _work(self, shape: tuple[int, ...]) -> np.ndarray:
        """Room for one layer's work; the next layer writes over it."""
        size = math.prod(shape)
        if self._scratch.size < size:
            self._scratch = np.empty(size, np.float32)
        return self._scratch[:size].reshape(shape)

    def _columns(
        self, padded: np.ndarray, stride: int, dilation: int, width: int
    ) -> np.ndarray:
        """The three neighbours of every place of a row, side by side.

        With stride 2, even and odd rows apart, so that each is contiguous.
        """
        height, _, channels = padded.shape
        if stride == 1:
            columns = self._work((height, width, 3 * channels))
            for k in range(3):
                start = k * dilation
                columns[:, :, k * channels : (k + 1) * channels] = padded[
                    :, start : start + width
                ]
            return columns
        columns = self._work((2, height // 2, width, 3 * channels))
        for odd in range(2):
            for k in range(3):
                columns[odd, :, :, k * channels : (k + 1) * channels] = padded[
                    odd::2, k : k + 2 * width : 2
                ]
        return columns
