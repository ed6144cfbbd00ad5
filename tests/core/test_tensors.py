"""Requests and answers of the inference protocol, as JSON and with bytes after it."""

from __future__ import annotations

import json
import math
import struct
import sys
from array import array
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core import tensors
from octoprint_aiwatch.core.heatmap import Calibration, HeatMap
from octoprint_aiwatch.core.tensor_plan import HEAT, Input, Plan, TensorError
from octoprint_aiwatch.core.tensors import Tensor

PIXELS = bytes([1, 2, 3, 4, 5, 255])


def plan(datatype: str = "UINT8", planar: bool = True, batched: bool = True) -> Plan:
    return Plan(Input("frame", datatype, None, planar, batched), HEAT, "heat")


def output(name: str, shape: list[int], data: Any, datatype: str = "FP32") -> Any:
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


def read(*outputs: Any, rest: bytes = b"") -> Any:
    return tensors.answer({"outputs": list(outputs)}, rest)


# -- a request ------------------------------------------------------------------------


def test_without_the_extension_everything_is_json() -> None:
    head, body = tensors.request(plan(), 2, 1, PIXELS, False)
    assert body == b""
    assert json.loads(head) == {
        "inputs": [
            {
                "name": "frame",
                "shape": [1, 3, 1, 2],
                "datatype": "UINT8",
                "data": [1, 2, 3, 4, 5, 255],
            }
        ],
        "outputs": [{"name": "heat"}],
    }


def test_bytes_go_as_text_where_the_model_takes_that() -> None:
    wanted = Input("frame", "UINT8", None, True, True, in_base64=True)
    head, body = tensors.request(Plan(wanted, HEAT, "heat"), 2, 1, PIXELS, False)
    assert body == b""
    (tensor,) = json.loads(head)["inputs"]
    assert tensor["parameters"] == {"content_type": "base64"}
    assert tensor["data"] == ["AQIDBAX/"]
    assert tensor["shape"] == [1, 3, 1, 2]


def test_the_extension_is_preferred_to_text() -> None:
    wanted = Input("frame", "UINT8", None, True, True, in_base64=True)
    head, body = tensors.request(Plan(wanted, HEAT, "heat"), 2, 1, PIXELS, True)
    assert body == PIXELS
    assert json.loads(head)["inputs"][0]["parameters"] == {"binary_data_size": 6}


def test_with_the_extension_the_pixels_follow_as_they_are() -> None:
    head, body = tensors.request(plan(), 2, 1, PIXELS, True)
    assert body == PIXELS
    (tensor,) = json.loads(head)["inputs"]
    assert "data" not in tensor
    assert tensor["parameters"] == {"binary_data_size": 6}
    assert json.loads(head)["outputs"] == [
        {"name": "heat", "parameters": {"binary_data": True}}
    ]


@pytest.mark.parametrize(
    ("planar", "batched", "shape"),
    [
        (True, True, [1, 3, 1, 2]),
        (False, True, [1, 1, 2, 3]),
        (True, False, [3, 1, 2]),
        (False, False, [1, 2, 3]),
    ],
)
def test_the_shape_is_the_models(planar: bool, batched: bool, shape: list[int]) -> None:
    one = plan(planar=planar, batched=batched)
    head, _ = tensors.request(one, 2, 1, PIXELS, True)
    assert json.loads(head)["inputs"][0]["shape"] == shape


def test_floats_run_from_0_to_255_too() -> None:
    head, body = tensors.request(plan("FP32"), 2, 1, PIXELS, True)
    assert struct.unpack("<6f", body) == tuple(map(float, PIXELS))
    assert json.loads(head)["inputs"][0]["parameters"] == {"binary_data_size": 24}
    head, _ = tensors.request(plan("FP32"), 2, 1, PIXELS, False)
    assert json.loads(head)["inputs"][0]["data"] == list(PIXELS)


def test_a_machine_that_turns_its_numbers_round_sends_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def turned(kind: str, values: Any) -> Any:
        made = array(kind, values)
        made.byteswap()
        return made

    other = "little" if sys.byteorder == "big" else "big"
    monkeypatch.setattr(tensors, "array", turned)
    monkeypatch.setattr(tensors, "sys", SimpleNamespace(byteorder=other))
    _, body = tensors.request(plan("FP32"), 2, 1, PIXELS, True)
    assert struct.unpack("<6f", body) == tuple(map(float, PIXELS))


# -- an answer ------------------------------------------------------------------------


@pytest.mark.parametrize("data", [[1, 2, 3, 4], [[1, 2], [3, 4]], [[[1, 2]], [[3, 4]]]])
def test_data_may_be_flat_or_nested(data: Any) -> None:
    assert read(output("heat", [2, 2], data)) == {
        "heat": Tensor((2, 2), (1.0, 2.0, 3.0, 4.0))
    }


@pytest.mark.parametrize(
    ("datatype", "kind"), [("FP16", "e"), ("FP32", "f"), ("FP64", "d")]
)
def test_bytes_are_read_output_by_output(datatype: str, kind: str) -> None:
    one, two = struct.pack(f"<2{kind}", 1.5, -2), struct.pack(f"<1{kind}", 0.25)
    outputs = [
        {
            "name": name,
            "shape": [count],
            "datatype": datatype,
            "parameters": {"binary_data_size": len(raw)},
        }
        for name, count, raw in (("a", 2, one), ("b", 1, two))
    ]
    found = read(*outputs, rest=one + two)
    assert found == {"a": Tensor((2,), (1.5, -2.0)), "b": Tensor((1,), (0.25,))}


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=20))
def test_bytes_and_json_say_the_same(values: list[float]) -> None:
    raw = struct.pack(f"<{len(values)}f", *values)
    binary = {
        "name": "a",
        "shape": [len(values)],
        "datatype": "FP32",
        "parameters": {"binary_data_size": len(raw)},
    }
    assert read(binary, rest=raw) == read(output("a", [len(values)], values))


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"outputs": None},
        {"outputs": [None]},
        {"outputs": [output("a", [1], [1])] * 17},
        {"outputs": [output("a", [1], None)]},
        {"outputs": [output("a", [1], "x")]},
        {"outputs": [output("a", [1], ["x"])]},
        {"outputs": [output("a", [1], [True])]},
        {"outputs": [output("a", [1], [math.nan])]},
        {"outputs": [output("a", [1], [math.inf])]},
        {"outputs": [output("a", [1], [10**400])]},
        {"outputs": [output("a", [2], [[1], 2])]},
        {"outputs": [output("a", [2], [1])]},
        {"outputs": [output("a", [-1], [])]},
        {"outputs": [output("a", [-1, -1], [1])]},
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(document: Any) -> None:
    with pytest.raises(TensorError):
        tensors.answer(document, b"")


def test_an_answer_of_millions_of_numbers_is_refused() -> None:
    values = [0.5] * (tensors.MOST_VALUES + 1)
    assert len(read(output("a", [len(values) - 1], values[1:]))["a"].values) > 10**6
    with pytest.raises(TensorError):
        read(output("a", [len(values)], values))


@pytest.mark.parametrize(
    ("datatype", "size"),
    [("FP32", 8), ("FP32", 3), ("FP32", -1), ("FP32", True), ("FP32", "4"), ("INT8", 4)],
)
def test_bytes_that_make_no_sense_are_refused(datatype: str, size: Any) -> None:
    one = {"name": "a", "shape": [1], "datatype": datatype}
    with pytest.raises(TensorError):
        read({**one, "parameters": {"binary_data_size": size}}, rest=bytes(4))


# -- what is read out of it -----------------------------------------------------------


def test_the_heat_map_is_that_of_the_first_kind() -> None:
    found = {"heat": Tensor((1, 2, 1, 3), (1.0, 2.0, 3.0, 7.0, 8.0, 9.0))}
    assert tensors.heat_map(found, "heat") == HeatMap(1, 3, (1.0, 2.0, 3.0))


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"heat": Tensor((3,), (1.0, 2.0, 3.0))},
        {"heat": Tensor((0, 3), ())},
        {"heat": Tensor((0, 2, 2), ())},
        {"heat": Tensor((257, 256), (0.0,) * (257 * 256))},
    ],
)
def test_what_is_no_heat_map_is_refused(found: Any) -> None:
    with pytest.raises(TensorError):
        tensors.heat_map(found, "heat")


def test_the_calibration_is_four_numbers() -> None:
    found = {"calibration": Tensor((1, 4), (8.0, 3.5, 0.5, 1.25))}
    assert tensors.calibration(found) == Calibration(8, 3.5, 0.5, 1.25)


@pytest.mark.parametrize("values", [(), (8.0, 1.0, 1.0), (0.0, 1.0, 1.0, 1.0)])
def test_what_is_no_calibration_is_refused(values: Any) -> None:
    with pytest.raises(TensorError):
        tensors.calibration({"calibration": Tensor((1, len(values)), values)})


@pytest.mark.parametrize("values", [(), (-0.1,), (1.1,), (0.5, 0.5)])
def test_what_is_no_score_is_refused(values: Any) -> None:
    with pytest.raises(TensorError):
        tensors.one_share({"score": Tensor((len(values),), values)}, "score")


def test_boxes_come_row_by_row() -> None:
    values = (0.9, 0.5, 0.25, 0.1, 0.2, 0.3, 0.1, 0.1, 0.0, 0.0)
    found = tensors.boxes({"boxes": Tensor((1, 2, 5), values)}, "boxes")
    assert found == [values[:5], values[5:]]
    assert tensors.boxes({"boxes": Tensor((1, 0, 5), ())}, "boxes") == []


@pytest.mark.parametrize(
    "tensor",
    [
        Tensor((), (0.5,)),
        Tensor((4,), (0.5,) * 4),
        Tensor((1, 5), (0.5, 0.5, 0.5, 0.5, 1.5)),
        Tensor((1001, 5), (0.5,) * 5005),
    ],
)
def test_what_are_no_boxes_is_refused(tensor: Tensor) -> None:
    with pytest.raises(TensorError):
        tensors.boxes({"boxes": tensor}, "boxes")


def fp64(name: str, shape: list[int], *values: float) -> dict[str, Any]:
    return {"name": name, "datatype": "FP64", "shape": shape, "data": list(values)}


@pytest.mark.parametrize("values", [(1e308, 1e308), (-1e308, 0.0), (1e31, 0.0)])
def test_logits_whose_sum_is_no_number_any_more_are_refused(values: Any) -> None:
    found = tensors.answer({"outputs": [fp64("heat", [1, 2], *values)]}, b"")
    with pytest.raises(TensorError):
        tensors.heat_map(found, "heat")


@pytest.mark.parametrize("at", range(4))
def test_a_calibration_that_makes_a_score_of_no_number_is_refused(at: int) -> None:
    values = [2.0, 0.0, 1.0, 0.0]
    values[at] = -1e308
    found = tensors.answer({"outputs": [fp64("calibration", [4], *values)]}, b"")
    with pytest.raises(TensorError):
        tensors.calibration(found)
