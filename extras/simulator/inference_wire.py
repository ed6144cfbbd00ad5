"""The Open Inference Protocol v2's documents: metadata, answers, errors.

Pure functions, written after the public specification. Must not remember anything.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any

from .cloud_base import Refused
from .http_server import HttpRequest
from .judgement import Judgement
from .replies import Reply

READY_PATH = "/v2/health/ready"
SERVER_PATH = "/v2"
MODELS_PATH = "/v2/models/"
BINARY = "binary_tensor_data"
HEAD_LENGTH = "Inference-Header-Content-Length"
STRIDE_PX = 16
COLD = -12.0
CALIBRATION = [4.0, 0.0, 1.0, 0.0]
"""The mean of the four hottest cells; 0 is a score of 0.5; what is above makes boxes."""


def error(status: int, text: str) -> Reply:
    """The documented error answer."""
    return Reply(status, json={"error": text})


def server_metadata(name: str, binary: bool) -> Reply:
    """What the server says of itself."""
    extensions = ["model_repository", *([BINARY] if binary else [])]
    return Reply(json={"name": name, "version": "1.0", "extensions": extensions})


def model_metadata(name: str) -> Reply:
    """What our exported model takes and gives."""

    def tensor(called: str, datatype: str, *shape: int) -> dict[str, Any]:
        return {"name": called, "datatype": datatype, "shape": list(shape)}

    return Reply(
        json={
            "name": name,
            "versions": ["1"],
            "platform": "onnxruntime_onnx",
            "inputs": [tensor("frame", "UINT8", -1, 3, -1, -1)],
            "outputs": [
                tensor("heat", "FP32", -1, 2, -1, -1),
                tensor("calibration", "FP32", -1, 4),
            ],
        }
    )


def read_frame(request: HttpRequest, binary: bool) -> tuple[int, int, bytes, bool]:
    """Width, height and planar pixels of an infer call; whether bytes are wanted back.

    Raises:
        Refused: it does not follow the protocol.
    """
    length = request.headers.get(HEAD_LENGTH.lower())
    if length is not None and not binary:
        raise _refusal("bytes were sent to a server that did not offer to take them")
    size = int(length) if length is not None else len(request.body)
    try:
        document = json.loads(request.body[:size])
        (tensor,) = document["inputs"]
        wants_bytes = [
            bool(one.get("parameters", {}).get("binary_data"))
            for one in document["outputs"]
        ]
        name, shape, datatype = tensor["name"], tensor["shape"], tensor["datatype"]
        one, colours, height, width = shape
    except (ValueError, KeyError, TypeError) as problem:
        raise _refusal(f"the request cannot be read: {problem!r}") from None
    if (name, datatype, one, colours) != ("frame", "UINT8", 1, 3):
        raise _refusal(f"unexpected input {name} {datatype} {shape}")
    pixels = _pixels(tensor, request.body[size:])
    if len(pixels) != width * height * 3:
        raise _refusal(f"{len(pixels)} values do not fit {shape}")
    return width, height, pixels, any(wants_bytes)


def _pixels(tensor: dict[str, Any], rest: bytes) -> bytes:
    size = tensor.get("parameters", {}).get("binary_data_size")
    if size is None:
        try:
            return bytes(tensor["data"])
        except (KeyError, ValueError, TypeError):
            raise _refusal("data are no bytes") from None
    if size != len(rest):
        raise _refusal(f"{len(rest)} bytes follow where {size} were announced")
    return rest


def _refusal(text: str) -> Refused:
    return Refused(error(400, text), text)


def judged(
    name: str, judgement: Judgement, size: tuple[int, int], as_bytes: bool
) -> Reply:
    """A heat map in which the boxes are as hot as p says."""
    columns, rows = (max(1, side // STRIDE_PX) for side in size)
    cells = [COLD] * (rows * columns)
    hot = math.log(max(1e-5, judgement.p) / max(1e-5, 1.0 - judgement.p))
    for _, xc, yc, w, h in judgement.detections:
        for row in _covered(yc, h, rows):
            for column in _covered(xc, w, columns):
                cells[row * columns + column] = hot
    outputs = [
        ("heat", [1, 2, rows, columns], [*cells, *[COLD] * len(cells)]),
        ("calibration", [1, 4], CALIBRATION),
    ]
    return _answer(name, outputs, as_bytes)


def _covered(centre: float, length: float, count: int) -> range:
    first = max(0, math.floor((centre - length / 2) * count))
    return range(
        first, min(count, max(first + 1, math.ceil((centre + length / 2) * count)))
    )


def _answer(
    name: str, outputs: list[tuple[str, list[int], list[float]]], as_bytes: bool
) -> Reply:
    listed, rest = [], b""
    for called, shape, values in outputs:
        one: dict[str, Any] = {"name": called, "datatype": "FP32", "shape": shape}
        if as_bytes:
            raw = struct.pack(f"<{len(values)}f", *values)
            one["parameters"] = {"binary_data_size": len(raw)}
            rest += raw
        else:
            one["data"] = values
        listed.append(one)
    document = {"model_name": name, "model_version": "1", "outputs": listed}
    if not as_bytes:
        return Reply(json=document)
    head = json.dumps(document).encode()
    return Reply(
        body=head + rest,
        content_type="application/octet-stream",
        headers={HEAD_LENGTH: str(len(head))},
    )
