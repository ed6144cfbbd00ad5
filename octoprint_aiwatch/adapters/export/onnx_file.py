"""The bundled ONNX file -> the one for servers: takes bytes, says how it is read.

A frame goes over the network as a byte for each colour, a quarter of what the bundled
file takes. And a server's metadata has no place for a calibration, so it becomes an
output of the model. Done on the file's own bytes: nobody needs ONNX's package for it.
Source: ONNX's public schema (onnx.proto).
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

from ...core.heatmap import Calibration
from .protobuf import BYTES, Field, inner, read, text, whole, write

FRAME, HEAT, CALIBRATION = "frame", "heat", "calibration"
FLOATS = FRAME + ".floats"
GRAPH, METADATA = 7, 14
NODE, INITIALIZER, INPUT, OUTPUT = 1, 5, 11, 12
AS_FLOAT, AS_UINT8, AS_INT64 = 1, 2, 7
"""ONNX's numbers for types of elements."""


@dataclass(frozen=True)
class ServerModel:
    """A model file and how many kinds its heat map has."""

    onnx: bytes
    kinds: int


def for_servers(onnx: bytes) -> ServerModel:
    """The model that takes uint8 frames and gives its calibration, too.

    Raises:
        ValueError: this is not the bundled file, or one like it.
    """
    fields = list(read(onnx))
    calibration = _calibration(fields)
    changed: list[Field] = []
    kinds = 0
    for number, kind, value in fields:
        if number == GRAPH and isinstance(value, bytes):
            graph = list(read(value))
            kinds = _kinds(graph)
            changed.append(inner(GRAPH, *_graph(graph, calibration)))
        else:
            changed.append((number, kind, value))
    if not kinds:
        raise ValueError("the model has no heat map")
    return ServerModel(write(*changed), kinds)


def _calibration(fields: list[Field]) -> Calibration:
    for number, _, value in fields:
        if number != METADATA or not isinstance(value, bytes):
            continue
        key, text_of = _inside(value, 1), _inside(value, 2)
        if key == [b"aiwatch"] and text_of:
            found = json.loads(text_of[0])
            names = ("hottest", "centre", "slope", "cell")
            hottest, *others = (float(found[name]) for name in names)
            return Calibration(int(hottest), *others)
    raise ValueError("the model has no calibration")


def _kinds(graph: list[Field]) -> int:
    """The second length of the heat map's shape; 0 if there is none."""
    for number, _, value in graph:
        if number == OUTPUT and isinstance(value, bytes) and _named(value, HEAT):
            # value info -> type -> tensor -> shape -> lengths
            shape = _inside(_inside(_inside(value, 2)[0], 1)[0], 2)[0]
            (_, _, length) = next(read(_inside(shape, 1)[1]))
            return length if isinstance(length, int) else 0
    return 0


def _inside(message: bytes, wanted: int) -> list[bytes]:
    """The messages in a field of a message."""
    found = read(message)
    return [v for number, _, v in found if number == wanted and isinstance(v, bytes)]


def _named(message: bytes, name: str) -> bool:
    return next(read(message), None) == text(1, name)


def _graph(graph: list[Field], calibration: Calibration) -> list[Field]:
    """The graph with a node before it that makes numbers of bytes, and another output."""
    first = _node("Cast", [FRAME], FLOATS, to=AS_FLOAT)
    out: list[Field] = [first]
    for number, kind, value in graph:
        if number == NODE and isinstance(value, bytes):
            out.append(_reading(value))
        elif number == INPUT and isinstance(value, bytes) and _named(value, FRAME):
            out.append(_bytes_input(value))
        else:
            out.append((number, kind, value))
    return out + _told(calibration)


def _reading(node: bytes) -> Field:
    """A node that reads the numbers where it read the frame."""
    before, after = text(1, FRAME), text(1, FLOATS)
    return inner(NODE, *(after if one == before else one for one in read(node)))


def _bytes_input(info: bytes) -> Field:
    """The frame's description with bytes for its elements."""
    shape = _inside(_inside(_inside(info, 2)[0], 1)[0], 2)[0]
    typed = inner(1, whole(1, AS_UINT8), (2, BYTES, shape))
    return inner(INPUT, text(1, FRAME), inner(2, typed))


def _told(calibration: Calibration) -> list[Field]:
    """A row of four numbers for each frame, so that servers may put frames together."""
    row = struct.pack(
        "<4f",
        calibration.hottest,
        calibration.centre,
        calibration.slope,
        calibration.cell,
    )
    first, four = struct.pack("<q", 0), struct.pack("<q", 4)
    lengths = (inner(1, text(2, "n")), inner(1, whole(1, 4)))
    tensor = inner(1, whole(1, AS_FLOAT), inner(2, *lengths))
    return [
        _stored("calibration.row", [1, 4], AS_FLOAT, row),
        _stored("calibration.first", [1], AS_INT64, first),
        _stored("calibration.four", [1], AS_INT64, four),
        _node("Shape", [FRAME], "calibration.sides"),
        _node("Gather", ["calibration.sides", "calibration.first"], "calibration.n"),
        _node(
            "Concat", ["calibration.n", "calibration.four"], "calibration.size", axis=0
        ),
        _node("Expand", ["calibration.row", "calibration.size"], CALIBRATION),
        inner(OUTPUT, text(1, CALIBRATION), inner(2, tensor)),
    ]


def _stored(name: str, shape: list[int], kind: int, raw: bytes) -> Field:
    lengths = (whole(1, length) for length in shape)
    return inner(INITIALIZER, *lengths, whole(2, kind), text(8, name), (9, BYTES, raw))


def _node(kind: str, inputs: list[str], output: str, **options: int) -> Field:
    """A node; its options are whole numbers."""
    fields = [*(text(1, one) for one in inputs), text(2, output), text(3, output)]
    fields.append(text(4, kind))
    for name, value in options.items():
        fields.append(inner(5, text(1, name), whole(3, value), whole(20, 2)))
    return inner(NODE, *fields)
