"""Tensors of the Open Inference Protocol v2 as bytes: a request made, an answer read.

JSON, JSON with MLServer's bytes as text, and Triton's binary extension (the JSON first,
then the tensors' own bytes, little end first). Whatever a server says is checked here; a
mistake of its is a TensorError.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from array import array
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from .deferred import dataclass
from .heatmap import Calibration, HeatMap
from .tensor_plan import (
    BASE64,
    CALIBRATION,
    FORMATS,
    MOST_TENSORS,
    UINT8,
    Plan,
    TensorError,
    shortened,
    tensor_of,
)

MOST_VALUES = 1 << 20
MOST_CELLS = 256 * 256
"""A heat map of more would keep OctoPrint's own process busy with drawing boxes."""
MOST_BOXES = 1000
LARGEST = 1e30
"""A logit beyond this is no model's, and sums of such numbers are none any more."""
LARGEST_IN_CALIBRATION = 1e6


@dataclass(frozen=True)
class Tensor:
    """A tensor's values, row by row."""

    shape: tuple[int, ...]
    values: tuple[float, ...]


Tensors = Mapping[str, Tensor]


# -- a request ------------------------------------------------------------------------


def request(
    plan: Plan, width: int, height: int, pixels: bytes, binary: bool
) -> tuple[bytes, bytes]:
    """The JSON and, with the binary extension, the bytes that follow it.

    Args:
        pixels: a byte for each colour of each pixel, in the order the input has them.
    """
    wanted = plan.input
    shape = [3, height, width] if wanted.planar else [height, width, 3]
    if wanted.batched:
        shape.insert(0, 1)
    tensor: dict[str, Any] = {
        "name": wanted.name,
        "shape": shape,
        "datatype": wanted.datatype,
    }
    outputs: list[dict[str, Any]] = [{"name": name} for name in plan.wanted]
    body = b""
    if binary:
        body = pixels if wanted.datatype == UINT8 else _as_floats(pixels)
        tensor["parameters"] = {"binary_data_size": len(body)}
        for output in outputs:
            output["parameters"] = {"binary_data": True}
    elif wanted.in_base64:
        tensor["parameters"] = {"content_type": BASE64}
        tensor["data"] = [b64encode(pixels).decode("ascii")]
    else:
        tensor["data"] = list(pixels)
    document = {"inputs": [tensor], "outputs": outputs}
    return json.dumps(document, separators=(",", ":")).encode("ascii"), body


def _as_floats(pixels: bytes) -> bytes:
    """0..255 as they are, four bytes each."""
    floats = array("f", iter(pixels))
    if sys.byteorder == "big":
        floats.byteswap()
    return floats.tobytes()


# -- an answer ------------------------------------------------------------------------


def answer(document: Any, rest: bytes) -> Tensors:
    """The outputs of an answer, by name.

    Args:
        rest: the bytes after the JSON.
    """
    outputs = document.get("outputs") if isinstance(document, dict) else None
    if not isinstance(outputs, list) or len(outputs) > MOST_TENSORS:
        raise TensorError("outputs are missing")
    found: dict[str, Tensor] = {}
    for raw in outputs:
        one = tensor_of(raw)
        parameters = raw.get("parameters")
        size = (
            parameters.get("binary_data_size") if isinstance(parameters, dict) else None
        )
        if size is None:
            values = _numbers(raw.get("data"))
        else:
            if type(size) is not int or not 0 <= size <= len(rest):
                raise TensorError(f"{shortened(one.name)} is cut off")
            values = _unpacked(one.datatype, rest[:size])
            rest = rest[size:]
        unknown = any(length < 0 for length in one.shape)
        if unknown or len(values) != math.prod(one.shape):
            raise TensorError(f"{shortened(one.name)} does not fit its shape")
        found[one.name] = Tensor(one.shape, values)
    return found


def _unpacked(datatype: str, raw: bytes) -> tuple[float, ...]:
    kind = FORMATS.get(datatype)
    if kind is None or len(raw) % struct.calcsize("<" + kind):
        raise TensorError("an output cannot be read")
    return _finite(
        struct.unpack(f"<{len(raw) // struct.calcsize('<' + kind)}{kind}", raw)
    )


def _numbers(raw: Any) -> tuple[float, ...]:
    """JSON data, flat or nested as the shape is."""
    if not isinstance(raw, list):
        raise TensorError("an output has no data")
    while raw and isinstance(raw[0], list):
        if not all(isinstance(one, list) for one in raw):
            raise TensorError("an output's data makes no sense")
        raw = [value for one in raw for value in one]
    if len(raw) > MOST_VALUES:
        raise TensorError("an output is too large")
    if any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in raw):
        raise TensorError("an output holds something that is not a number")
    return _finite(raw)


def _finite(values: Sequence[float]) -> tuple[float, ...]:
    try:
        numbers = tuple(map(float, values))
    except OverflowError:
        raise TensorError("an output is out of range") from None
    if not all(map(math.isfinite, numbers)):
        raise TensorError("an output holds something that is not a number")
    return numbers


def _named(found: Tensors, name: str) -> Tensor:
    if name not in found:
        raise TensorError(f"{shortened(name)} is missing")
    return found[name]


def heat_map(found: Tensors, name: str) -> HeatMap:
    """The first kind's map: the last two lengths are rows and columns."""
    tensor = _named(found, name)
    if len(tensor.shape) < 2:
        raise TensorError("the heat map has no rows and columns")
    rows, columns = tensor.shape[-2:]
    if not tensor.values or rows * columns > MOST_CELLS:
        raise TensorError("the heat map has a size that makes no sense")
    values = tensor.values[: rows * columns]
    if max(map(abs, values)) > LARGEST:
        raise TensorError("the heat map holds numbers that make no sense")
    return HeatMap(rows, columns, values)


def calibration(found: Tensors) -> Calibration:
    """How the heat map is read: hottest, centre, slope and cell, in this order."""
    tensor = _named(found, CALIBRATION)
    if (
        len(tensor.values) != 4
        or not 1 <= tensor.values[0] <= MOST_CELLS
        or max(map(abs, tensor.values)) > LARGEST_IN_CALIBRATION
    ):
        raise TensorError("the calibration makes no sense")
    hottest, centre, slope, cell = tensor.values
    return Calibration(int(hottest), centre, slope, cell)


def one_share(found: Tensors, name: str) -> float:
    """A score, 0..1."""
    tensor = _named(found, name)
    if len(tensor.values) != 1 or not 0.0 <= tensor.values[0] <= 1.0:
        raise TensorError("the score is not one number from 0 to 1")
    return tensor.values[0]


def boxes(found: Tensors, name: str) -> list[tuple[float, float, float, float, float]]:
    """Confidence, centre x and y, width and height, each 0..1, box by box."""
    tensor = _named(found, name)
    if not tensor.shape or tensor.shape[-1] != 5 or len(tensor.values) > 5 * MOST_BOXES:
        raise TensorError("boxes are not rows of five numbers")
    if not all(0.0 <= value <= 1.0 for value in tensor.values):
        raise TensorError("a box is not made of numbers from 0 to 1")
    rows = zip(*[iter(tensor.values)] * 5)
    return [(c, x, y, w, h) for c, x, y, w, h in rows]
