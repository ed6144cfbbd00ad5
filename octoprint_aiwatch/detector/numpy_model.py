"""The bundled network without any framework: weights and a frame in, heat map out.

Needs numpy alone, so that it runs wherever OctoPrint does. The first two thirds of
EfficientNet-Lite0, then two strides added up and a small head; trained, exported and
measured by extras/detector, where net.py says the same for PyTorch.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .calibration import read_calibration
from .model import SIDE_MULTIPLE_PX, Model, ModelError, fit_to_area

BLOCKS = (
    # kernel, stride
    (3, 1),
    (3, 2),
    (3, 1),
    (5, 2),
    (5, 1),
    (3, 2),
    (3, 1),
    (3, 1),
    (5, 1),
    (5, 1),
    (5, 1),
)
"""The depthwise convolution of every block."""

FINE = 4
"""The block whose result has a stride of 8; the last one's is 16."""

LAYERS = (
    "stem",
    *(
        f"block{n}.{part}"
        for n in range(len(BLOCKS))
        for part in ("expand", "depth", "project")
        if n or part != "expand"
    ),
    "side",
    "up",
    "mix",
    "head",
)
"""Every convolution, in the order of the frame's way through them."""


def kernel_of(layer: str) -> int:
    """Height and width of a layer's kernel."""
    if layer.endswith(".depth"):
        return BLOCKS[int(layer[len("block") : -len(".depth")])][0]
    return 3 if layer in ("stem", "mix") else 1


STRIP = 1 << 17
"""Numbers that are worked on at a time."""


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
            self.layers = {
                name: (
                    np.ascontiguousarray(arrays[name + ".w"], np.float32),
                    arrays[name + ".b"].astype(np.float32),
                )
                for name in LAYERS
            }
        except MemoryError:
            raise
        except Exception as error:  # zipfile and zlib have errors of their own
            raise ModelError("model_broken") from error
        self._check()

    def _check(self) -> None:
        """Every layer's input must be what its forerunner gives."""
        given = 3
        for name, (weight, bias) in self.layers.items():
            kernel = kernel_of(name)
            if bias.ndim != 1:
                raise ModelError("model_shape")
            if name in ("side", "up"):
                given = self._outputs(
                    f"block{FINE if name == 'side' else len(BLOCKS) - 1}.project"
                )
            inputs = 1 if name.endswith(".depth") else given
            if weight.shape != (kernel * kernel * inputs, len(bias)):
                raise ModelError("model_shape")
            if name.endswith(".depth") and len(bias) != given:
                raise ModelError("model_shape")
            if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
                raise ModelError("model_broken")
            given = len(bias)
        fits = self._outputs("side") == self._outputs("up")
        if not fits or self._outputs("head") != len(self.kinds):
            raise ModelError("model_shape")

    def _outputs(self, name: str) -> int:
        return len(self.layers[name][1])


class NumpyModel(Model):
    """Runs the network. Not for several threads at once: it keeps its work space."""

    def __init__(self, weights: Weights) -> None:
        self.calibration = weights.calibration
        self._layers = weights.layers
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
        x = frame * np.float32(1 / 128)
        x -= np.float32(127 / 128)
        x = self._full("stem", x, 2)
        np.clip(x, 0, 6, out=x)
        for n in range(len(BLOCKS)):
            x = self._block(n, x)
            if n == FINE:
                fine = x
        both = self._point("up", x).repeat(2, 0).repeat(2, 1)
        both += self._point("side", fine)
        x = self._full("mix", np.maximum(both, 0, out=both), 1)
        x = self._point("head", np.maximum(x, 0, out=x))
        return np.ascontiguousarray(x.transpose(2, 0, 1))

    def _block(self, n: int, x: np.ndarray) -> np.ndarray:
        """Expand, look around in every channel by itself, shrink, add what came in.

        A few rows at a time, so that the processor's cache holds them.
        """
        name = f"block{n}"
        kernel, stride = BLOCKS[n]
        weight, bias = self._layers[name + ".depth"]
        inner = self._frame(x.shape[:2], len(bias), kernel, stride)
        if n == 0:
            inner.inside[...] = x
        else:
            for rows in _strips(inner.inside):
                expanded = self._point(name + ".expand", x[rows])
                np.clip(expanded, 0, 6, out=inner.inside[rows])
        windows = inner.windows
        taps = weight.reshape(kernel, kernel, -1)
        outputs = len(self._layers[name + ".project"][1])
        y = np.empty((*windows.shape[:2], outputs), np.float32)
        for rows in _strips(windows[:, :, 0, 0]):
            seen = np.einsum("hwijc,ijc->hwc", windows[rows], taps)
            seen += bias
            np.clip(seen, 0, 6, out=seen)
            y[rows] = self._point(name + ".project", seen)
        if y.shape == x.shape:
            y += x
        return y

    def _point(self, name: str, x: np.ndarray) -> np.ndarray:
        """A convolution of 1 × 1: one product."""
        weight, bias = self._layers[name]
        height, width, channels = x.shape
        y = x.reshape(-1, channels) @ weight
        y += bias
        return y.reshape(height, width, -1)

    def _full(self, name: str, x: np.ndarray, stride: int) -> np.ndarray:
        """A convolution of 3 × 3: all neighbours side by side, then one product."""
        weight, bias = self._layers[name]
        framed = self._frame(x.shape[:2], x.shape[2], 3, stride)
        framed.inside[...] = x
        rows, columns = framed.windows.shape[:2]
        y = framed.windows.reshape(rows * columns, -1) @ weight
        y += bias
        return y.reshape(rows, columns, -1)

    def _frame(
        self, size: tuple[int, ...], channels: int, kernel: int, stride: int
    ) -> _Framed:
        """Room for a layer's input with a rim of zeros; the next layer writes over it.

        Of an odd rim, the larger part is at the end, as TensorFlow's "same" has it.
        """
        given = [-(-side // stride) for side in size]
        rims = [max((n - 1) * stride + kernel - side, 0) for n, side in zip(given, size)]
        top, left = (rim // 2 for rim in rims)
        height, width = size
        shape = (height + rims[0], width + rims[1], channels)
        count = math.prod(shape)
        if self._scratch.size < count:
            self._scratch = np.empty(count, np.float32)
        room = self._scratch[:count].reshape(shape)
        room[:top] = room[top + height :] = 0
        room[:, :left] = room[:, left + width :] = 0
        down, right, along = room.strides
        windows = np.lib.stride_tricks.as_strided(
            room,
            (*given, kernel, kernel, channels),
            (down * stride, right * stride, down, right, along),
        )
        return _Framed(room[top : top + height, left : left + width], windows)


class _Framed(NamedTuple):
    """A layer's input, and what every place of its result sees of it.

    ``windows``: rows × columns × kernel × kernel × channels, a view.
    """

    inside: np.ndarray
    windows: np.ndarray


def _strips(x: np.ndarray) -> list[slice]:
    """Rows, so many at a time that they are about :data:`STRIP` numbers."""
    step = max(1, STRIP // max(1, x[0].size))
    return [slice(top, top + step) for top in range(0, len(x), step)]
