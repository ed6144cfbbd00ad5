"""A folder with our detector that inference servers load as it is.

``aiwatch/1/model.onnx`` is what Triton and OpenVINO Model Server look for;
``config.pbtxt`` is Triton's; both ``settings.json`` and the runtime are MLServer's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...core.tensor_plan import BASE64, FP32, UINT8
from .onnx_file import CALIBRATION, FRAME, HEAT, ServerModel

NAME = "aiwatch"
PACKAGE = Path(__file__).parents[2]
BUNDLED = PACKAGE / "detector" / "weights.onnx"
RUNTIME = PACKAGE / "serving" / "aiwatch_runtime.py"
MOST_TOGETHER = 8
"""Frames that Triton may judge in one go, if they wait and have one size."""
SERVER = {"parallel_workers": 0, "gzip_enabled": False}
"""MLServer's. The runtime uses all cores from within one process, and MLServer 1.7's own
processes do not start with a uvloop of 0.22 or newer. Packing an answer costs more time
than sending it."""

Tensors = list[tuple[str, str, list[int]]]


def files(model: ServerModel) -> dict[str, bytes]:
    """The files' contents by their place in the folder."""
    taken: Tensors = [(FRAME, UINT8, [3, -1, -1])]
    given: Tensors = [(HEAT, FP32, [model.kinds, -1, -1]), (CALIBRATION, FP32, [4])]
    settings = json.dumps(_mlserver(taken, given), indent=2) + "\n"
    server = json.dumps(SERVER) + "\n"
    return {
        "settings.json": server.encode("ascii"),
        f"{NAME}/1/model.onnx": model.onnx,
        f"{NAME}/config.pbtxt": _triton(taken, given).encode("ascii"),
        f"{NAME}/model-settings.json": settings.encode("ascii"),
        f"{NAME}/{RUNTIME.name}": RUNTIME.read_bytes(),
    }


def _mlserver(taken: Tensors, given: Tensors) -> dict[str, Any]:
    def tensors(listed: Tensors) -> list[dict[str, Any]]:
        return [
            {"name": name, "datatype": datatype, "shape": [-1, *shape]}
            for name, datatype, shape in listed
        ]

    return {
        "name": NAME,
        "implementation": f"{RUNTIME.stem}.AiWatch",
        "platform": "onnxruntime",
        "inputs": [
            {**tensor, "parameters": {"content_type": BASE64}}
            for tensor in tensors(taken)
        ],
        "outputs": tensors(given),
        "parameters": {"uri": "./1/model.onnx"},
    }


def _triton(taken: Tensors, given: Tensors) -> str:
    def tensors(listed: Tensors) -> str:
        return ",\n".join(
            f'  {{ name: "{name}" data_type: TYPE_{datatype} dims: {shape} }}'
            for name, datatype, shape in listed
        )

    return (
        f'name: "{NAME}"\n'
        'backend: "onnxruntime"\n'
        f"max_batch_size: {MOST_TOGETHER}\n"
        f"input [\n{tensors(taken)}\n]\n"
        f"output [\n{tensors(given)}\n]\n"
        "dynamic_batching { }\n"
    )
