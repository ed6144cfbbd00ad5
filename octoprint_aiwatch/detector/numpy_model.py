"""The bundled network without any framework: weights and a frame in, heat map out.

Needs numpy alone, so that it runs wherever OctoPrint does. The first two thirds of
EfficientNet-Lite0, then two strides added up and a small head; trained, exported and
measured by extras/detector, where net.py says the same for PyTorch.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from .calibration import read_calibration
from .depthwise import HIGHEST, Depthwise, rim, settle
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


NOTHING = {"stem": 127}
"""What a picture's rim is filled with: the byte that stands for zero (others: zero)."""

Layers = dict[str, tuple[np.ndarray, np.ndarray]]
"""Every layer's weight (inputs of all taps × outputs) and bias."""


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
    """Runs the network. Not for several threads at once: it keeps its work space.

    What a block is given and hands on has a last channel that is always 1.
    """

    def __init__(self, weights: Weights) -> None:
        self.calibration = weights.calibration
        layers = weights.layers
        self._matrices = _matrices(layers)
        self._layers = {n: layers[n] for n in LAYERS if n not in self._matrices}
        self._adding = [adds_input(n, layers) for n in range(len(BLOCKS))]
        self._rooms: dict[str, np.ndarray] = {}
        self._framed: dict[str, np.ndarray] = {}
        self._looks: list[Depthwise] = []
        self._given: list[np.ndarray] = []
        self._size = (0, 0)

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
        if self._size != frame.shape[:2]:
            self._prepare(frame.shape[0], frame.shape[1])
        x = self._full("stem", frame, 2)
        x.clip(0, HIGHEST, out=x)
        for n in range(len(BLOCKS)):
            x = self._block(n, x)
            if n == FINE:
                fine = x
        both = self._product("up", x).repeat(2, 0).repeat(2, 1)
        both += self._product("side", fine)
        x = self._full("mix", np.maximum(both, 0, out=both), 1)
        weight, bias = self._layers["head"]
        x = np.matmul(np.maximum(x, 0, out=x), weight)
        x += bias
        return np.ascontiguousarray(x.transpose(2, 0, 1))

    def _block(self, n: int, x: np.ndarray) -> np.ndarray:
        """Expand, look around in every channel by itself, shrink, add what came in."""
        y, weight = self._given[n], self._layers[f"block{n}.project"][0]
        width = weight.shape[1]

        def expand(rows: slice, phase: int, out: np.ndarray) -> None:
            self._expand(n, x[rows], phase, out)

        for first, last, seen in self._looks[n].strips(expand):
            part = y[first:last, :, :width].reshape(-1, width)
            np.matmul(seen, weight, out=part)
            if self._adding[n]:
                y[first:last, :, :width] += x[first:last, :, :width]
        return y

    def _expand(self, n: int, x: np.ndarray, phase: int, out: np.ndarray) -> None:
        """More channels for the depthwise convolution; the first block has none."""
        if n == 0:
            out[...] = x
            return
        cells = x.reshape(-1, x.shape[2])[phase :: BLOCKS[n][1]]
        y = self._product(f"block{n}.expand", cells)
        y.reshape(out.shape).clip(0, HIGHEST, out=out)

    def _prepare(self, rows: int, columns: int) -> None:
        """Work space for frames of this size, in place of any other's."""
        self._size = rows, columns
        self._framed, self._looks, self._given = {}, [], []
        given = rim(rows, 3, 2)[0], rim(columns, 3, 2)[0]
        for n, (kernel, stride) in enumerate(BLOCKS):
            look = Depthwise(kernel, stride, given, self._layers[f"block{n}.depth"])
            given = look.given
            width = self._layers[f"block{n}.project"][1].size
            self._looks.append(look)
            self._given.append(np.ones((*given, width + 1), np.float32))
        settle(self._looks)

    def _product(self, name: str, x: np.ndarray) -> np.ndarray:
        """A convolution of 1 × 1: one product, which the next one writes over."""
        weight = self._matrices[name]
        y = self._room("product", (*x.shape[:-1], weight.shape[1]))
        flat = y.reshape(-1, weight.shape[1])
        np.matmul(x.reshape(len(flat), -1), weight, out=flat)
        return y

    def _full(self, name: str, x: np.ndarray, stride: int) -> np.ndarray:
        """A convolution of 3 × 3: all neighbours side by side, then one product."""
        rows, top, below = rim(x.shape[0], 3, stride)
        columns, left, right = rim(x.shape[1], 3, stride)
        size = top + x.shape[0] + below, left + x.shape[1] + right, x.shape[2]
        if name not in self._framed:
            self._framed[name] = np.full(size, NOTHING.get(name, 0), np.float32)
        room = self._framed[name]
        room[top : top + x.shape[0], left : left + x.shape[1]] = x
        windows = neighbours(room, (rows, columns), stride)
        beside = self._room("beside", (rows, columns, 9 * x.shape[2] + 1))
        beside[..., -1] = 1
        beside[..., :-1].reshape(windows.shape)[...] = windows
        return self._product(name, beside)

    def _room(self, use: str, shape: tuple[int, ...]) -> np.ndarray:
        """Work space: the same for every layer, with whatever is left in it."""
        count = math.prod(shape)
        if use not in self._rooms or self._rooms[use].size < count:
            self._rooms[use] = np.empty(count, np.float32)
        return self._rooms[use][:count].reshape(shape)


def _matrices(layers: Layers) -> dict[str, np.ndarray]:
    """What every product multiplies with; its last row is for an input that is 1.

    That row is the bias, so that nobody goes over the result again to add it. What a
    block adds last is not added at all: its share of the next product is in that one's
    bias. The stem's weights are for bytes.
    """
    found, owed = {}, np.zeros(0, np.float32)

    def join(name: str, given: np.ndarray) -> None:
        weight, bias = layers[name]
        found[name] = np.vstack([weight, bias + given @ weight])

    stem, bias = layers["stem"]
    found["stem"] = np.vstack([stem / 128, bias - stem.sum(0) * (127 / 128)])
    join("mix", np.zeros(len(layers["mix"][0])))
    for n in range(len(BLOCKS)):
        if n:
            join(f"block{n}.expand", owed)
        bias = layers[f"block{n}.project"][1]
        owed = bias + owed if n and adds_input(n, layers) else bias
        if n == FINE:
            join("side", owed)
    join("up", owed)
    return {name: matrix.astype(np.float32) for name, matrix in found.items()}


def neighbours(room: np.ndarray, given: tuple[int, int], stride: int) -> np.ndarray:
    """A view of the 3 × 3 places around each of the result, a row of three at a time.

    Rows × columns × 3 × (3 times the channels), of a picture with its rim.
    """
    down, across, along = room.strides
    return np.lib.stride_tricks.as_strided(
        room,
        (*given, 3, 3 * room.shape[2]),
        (down * stride, across * stride, down, along),
    )


def adds_input(n: int, layers: Layers) -> bool:
    """Whether a block adds what it was given to what it made of it."""
    before = f"block{n - 1}.project" if n else "stem"
    same = len(layers[before][1]) == len(layers[f"block{n}.project"][1])
    return same and BLOCKS[n][1] == 1
