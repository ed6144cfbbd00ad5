"""Fold the batch norms and write what ships: weights for numpy, and the same as ONNX.

The ONNX file is written by hand from the folded weights, in half precision on disk and
single precision at work, so that both files hold the very same numbers. PyTorch is for
folding only: whoever has the weights that ship can write their ONNX twin without it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from octoprint_aiwatch.detector.numpy_model import LAYERS, Weights

if TYPE_CHECKING:
    from torch import nn

    from detector.net import Net


def folded(net: Net) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Weight (out × in × rows × columns) and bias of every layer, rounded to fp16."""
    import torch
    from torch import nn

    blocks: dict[str, nn.Module] = {
        "stem": net.stem, "down4": net.down4, "at4": net.at4.conv, "down8": net.down8,
        "at8a": net.at8[0].conv, "at8b": net.at8[1].conv, "down16": net.down16,
        "at16a": net.at16[0].conv, "at16b": net.at16[1].conv, "at16c": net.at16[2].conv,
        "at16d": net.at16[3].conv,
        "up": net.up, "side": net.side, "mix": net.mix, "head": net.head,
    }  # fmt: skip
    found = {}
    for name, block in blocks.items():
        if isinstance(block, nn.Conv2d):
            weight, bias = block.weight, block.bias
        else:
            convolution, norm = block[0], block[1]
            factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            weight = convolution.weight * factor[:, None, None, None]
            bias = norm.bias - norm.running_mean * factor
        pair = (part.detach().numpy().astype(np.float16) for part in (weight, bias))
        found[name] = tuple(pair)
    return found


def read_back(weights: Weights) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The layers of a file that :func:`write_npz` wrote, as :func:`folded` gives them."""
    found = {}
    for name, kernel, _, _ in LAYERS:
        matrix, bias = weights.layers[name]
        cube = matrix.reshape(kernel, kernel, -1, len(bias))
        found[name] = (np.ascontiguousarray(cube.transpose(3, 2, 0, 1)), bias)
    return found


def write_npz(path: Path, layers: dict[str, Any], meta: dict[str, Any]) -> None:
    """The file that numpy_model.Weights reads."""
    arrays: dict[str, np.ndarray] = {}
    for name, (weight, bias) in layers.items():
        matrix = weight.transpose(2, 3, 1, 0).reshape(-1, weight.shape[0])
        arrays[name + ".w"], arrays[name + ".b"] = matrix, bias
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    np.savez_compressed(path, **arrays)


class _Graph:
    """An ONNX graph that grows node by node."""

    def __init__(self, layers: dict[str, Any]) -> None:
        self.layers, self.nodes, self.stored = layers, [], []
        self.geometry = {name: rest for name, *rest in LAYERS}

    def add(self, kind: str, inputs: list[str], output: str, **options: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], output, **options))
        return output

    def store(self, name: str, value: np.ndarray) -> str:
        self.stored.append(numpy_helper.from_array(value, name))
        return name

    def conv(self, name: str, x: str) -> str:
        kernel, stride, dilation = self.geometry[name]
        inputs = [x]
        for part, value in zip("wb", self.layers[name]):
            half = self.store(f"{name}.{part}16", value)
            inputs.append(
                self.add("Cast", [half], f"{name}.{part}", to=TensorProto.FLOAT)
            )
        pad = dilation * (kernel // 2)
        return self.add(
            "Conv", inputs, name, kernel_shape=[kernel] * 2, strides=[stride] * 2,
            dilations=[dilation] * 2, pads=[pad] * 4,
        )  # fmt: skip

    def relu(self, x: str) -> str:
        return self.add("Relu", [x], x + ".relu")

    def residual(self, name: str, x: str) -> str:
        return self.relu(self.add("Add", [self.conv(name, x), x], name + ".sum"))


def write_onnx(
    path: Path, layers: dict[str, Any], meta: Optional[dict[str, Any]]
) -> None:
    """The same network for onnxruntime: float32 N×3×H×W in 0..255, logits out."""
    graph = _Graph(layers)
    scale = graph.store("scale", np.float32(1 / 64))
    shift = graph.store("shift", np.float32(2))
    x = graph.add("Sub", [graph.add("Mul", ["frame", scale], "scaled"), shift], "centred")
    x = graph.relu(graph.conv("stem", x))
    x = graph.relu(graph.conv("down4", x))
    x = graph.residual("at4", x)
    x = graph.relu(graph.conv("down8", x))
    fine = graph.residual("at8b", graph.residual("at8a", x))
    x = graph.relu(graph.conv("down16", fine))
    for name in ("at16a", "at16b", "at16c", "at16d"):
        x = graph.residual(name, x)
    none = graph.store("none", np.zeros(0, np.float32))
    double = graph.store("double", np.array([1, 1, 2, 2], np.float32))
    wide = graph.add(
        "Resize", [graph.conv("up", x), none, double], "wide", mode="nearest",
        coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    )  # fmt: skip
    x = graph.relu(graph.add("Add", [graph.conv("side", fine), wide], "both"))
    x = graph.conv("head", graph.relu(graph.conv("mix", x)))
    graph.add("Identity", [x], "heat")
    kinds = len(layers["head"][1])
    frame = helper.make_tensor_value_info("frame", 1, ["n", 3, "height", "width"])
    heat = helper.make_tensor_value_info("heat", 1, ["n", kinds, "rows", "columns"])
    whole = helper.make_graph(graph.nodes, "detector", [frame], [heat], graph.stored)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8  # what onnxruntime of Python 3.9 reads
    helper.set_model_props(model, {"aiwatch": json.dumps(meta)})
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="weights.pt")
    parser.add_argument("--calibration", type=Path, required=True, help="JSON")
    parser.add_argument("--out", type=Path, required=True, help="folder")
    asked = parser.parse_args()
    import torch

    from detector.net import Net

    net = Net().eval()
    net.load_state_dict(torch.load(asked.weights))
    layers = folded(net)
    meta = json.loads(asked.calibration.read_text())
    asked.out.mkdir(parents=True, exist_ok=True)
    for suffix, write in ((".npz", write_npz), (".onnx", write_onnx)):
        path = asked.out / (meta["name"] + suffix)
        write(path, layers, meta)
        print(f"{path} {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
