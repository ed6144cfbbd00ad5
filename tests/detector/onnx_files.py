"""ONNX files as users may have them, sound and unsound."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CELL_PX = 8
Shape = Sequence[Any]


def written(
    path: Path,
    nodes: list[Any],
    shape: Shape,
    stored: Optional[dict[str, np.ndarray]] = None,
    kind: int = TensorProto.FLOAT,
    heat_kind: int = TensorProto.FLOAT,
    meta: Any = None,
    more_inputs: Sequence[str] = (),
) -> Path:
    """A graph from ``x`` to ``heat`` as a file; ``meta`` goes into it as it is."""
    inputs = [helper.make_tensor_value_info("x", kind, shape)]
    for name in more_inputs:
        inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]))
    outputs = [helper.make_tensor_value_info("heat", heat_kind, None)]
    constants = [
        numpy_helper.from_array(value, name) for name, value in (stored or {}).items()
    ]
    graph = helper.make_graph(nodes, "g", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    if meta is not None:
        text = meta if isinstance(meta, str) else json.dumps(meta)
        helper.set_model_props(model, {"aiwatch": text})
    onnx.save(model, str(path))
    return path


def node(kind: str, inputs: str, output: str, **options: Any) -> Any:
    return helper.make_node(kind, inputs.split(), [output], **options)


def pooling(last: str = "heat") -> list[Any]:
    """A frame's brightness per cell: something that looks like a heat map."""
    pool = {"kernel_shape": [CELL_PX] * 2, "strides": [CELL_PX] * 2}
    return [
        node("ReduceMean", "x", "grey", axes=[1], keepdims=1),
        node("AveragePool", "grey", last, **pool),
    ]


def good(path: Path, shape: Shape = ("n", 3, "h", "w"), **options: Any) -> Path:
    """A model that gives a frame's brightness for heat."""
    return written(path, pooling(), shape, **options)


def brightness(frame: np.ndarray) -> np.ndarray:
    """What :func:`good` makes of a frame."""
    height, width, _ = frame.shape
    grey = frame.astype(np.float64).mean(2)
    cells = grey.reshape(height // CELL_PX, CELL_PX, width // CELL_PX, CELL_PX)
    return cells.mean((1, 3))
