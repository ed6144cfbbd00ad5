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

from octoprint_aiwatch.detector.numpy_model import (
    BLOCKS,
    FINE,
    LAYERS,
    Weights,
    kernel_of,
)

if TYPE_CHECKING:
    from torch import nn

    from detector.net import Net


def folded(net: Net) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Weight (out × in × rows × columns) and bias of every layer, rounded to fp16."""
    import torch

    body = net.body
    pairs: dict[str, tuple[nn.Conv2d, Optional[nn.BatchNorm2d]]] = {
        "stem": (body._conv_stem, body._bn0)
    }
    for n, block in enumerate(body._blocks):
        if n:
            pairs[f"block{n}.expand"] = (block._expand_conv, block._bn0)
        pairs[f"block{n}.depth"] = (block._depthwise_conv, block._bn1)
        pairs[f"block{n}.project"] = (block._project_conv, block._bn2)
    (side, up) = net.sides
    for name, part in (("side", side), ("up", up), ("mix", net.mix), ("head", net.head)):
        pairs[name] = (part, None)
    found = {}
    for name, (convolution, norm) in pairs.items():
        weight, bias = convolution.weight, convolution.bias
        if norm is not None:
            factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            weight = weight * factor[:, None, None, None]
            bias = norm.bias - norm.running_mean * factor
        pair = (part.detach().numpy().astype(np.float16) for part in (weight, bias))
        found[name] = tuple(pair)
    return found


def read_back(weights: Weights) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The layers of a file that :func:`write_npz` wrote, as :func:`folded` gives them."""
    found = {}
    for name in LAYERS:
        matrix, bias = (part.astype(np.float16) for part in weights.layers[name])
        kernel = kernel_of(name)
        cube = matrix.reshape(kernel, kernel, -1, len(bias))
        found[name] = (np.ascontiguousarray(cube.transpose(3, 2, 0, 1)), bias)
    return found


def meta_of(weights: Weights) -> dict[str, Any]:
    """What their file says about them."""
    return {**weights.calibration, "name": weights.name, "kinds": list(weights.kinds)}


def layers_of(path: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Of a trained network (.pt), or of one that was slimmed since (.npz)."""
    if path.suffix == ".npz":
        return read_back(Weights(path))
    from detector.net import stored

    return folded(stored(path))


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

    def add(self, kind: str, inputs: list[str], output: str, **options: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], output, **options))
        return output

    def store(self, name: str, value: np.ndarray) -> str:
        self.stored.append(numpy_helper.from_array(value, name))
        return name

    def conv(self, name: str, x: str, stride: int = 1) -> str:
        """A convolution that keeps the size, but for its stride."""
        kernel = kernel_of(name)
        inputs = [x]
        for part, value in zip("wb", self.layers[name]):
            half = self.store(f"{name}.{part}16", value)
            inputs.append(
                self.add("Cast", [half], f"{name}.{part}", to=TensorProto.FLOAT)
            )
        bias = self.layers[name][1]
        return self.add(
            "Conv", inputs, name, kernel_shape=[kernel] * 2, strides=[stride] * 2,
            auto_pad="SAME_UPPER", group=len(bias) if name.endswith(".depth") else 1,
        )  # fmt: skip

    def relu(self, x: str) -> str:
        return self.add("Relu", [x], x + ".relu")

    def relu6(self, x: str) -> str:
        return self.add("Clip", [x, "zero", "six"], x + ".relu6")

    def block(self, n: int, x: str) -> str:
        """Expand, look around in every channel by itself, shrink, add what came in."""
        name, stride = f"block{n}", BLOCKS[n][1]
        y = x if n == 0 else self.relu6(self.conv(name + ".expand", x))
        y = self.relu6(self.conv(name + ".depth", y, stride))
        y = self.conv(name + ".project", y)
        if n and stride == 1:
            given = self.layers[name + ".expand"][0].shape[1]
            if given == len(self.layers[name + ".project"][1]):
                y = self.add("Add", [y, x], name + ".sum")
        return y


def write_onnx(
    path: Path, layers: dict[str, Any], meta: Optional[dict[str, Any]]
) -> None:
    """The same network for onnxruntime: float32 N×3×H×W in 0..255, logits out."""
    graph = _Graph(layers)
    scale = graph.store("scale", np.float32(1 / 128))
    shift = graph.store("shift", np.float32(127 / 128))
    graph.store("zero", np.float32(0))
    graph.store("six", np.float32(6))
    x = graph.add("Sub", [graph.add("Mul", ["frame", scale], "scaled"), shift], "centred")
    x = graph.relu6(graph.conv("stem", x, 2))
    for n in range(len(BLOCKS)):
        x = graph.block(n, x)
        if n == FINE:
            fine = x
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
    parser.add_argument("--weights", type=Path, required=True, help=".pt or .npz")
    parser.add_argument("--calibration", type=Path, required=True, help="JSON")
    parser.add_argument("--out", type=Path, required=True, help="folder")
    asked = parser.parse_args()
    layers = layers_of(asked.weights)
    meta = json.loads(asked.calibration.read_text())
    asked.out.mkdir(parents=True, exist_ok=True)
    for suffix, write in ((".npz", write_npz), (".onnx", write_onnx)):
        path = asked.out / (meta["name"] + suffix)
        write(path, layers, meta)
        print(f"{path} {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
