"""What tensors may say at their bounds, and what is told of those that are refused."""

from __future__ import annotations

import json
import math
from typing import Any, Callable

import pytest

from octoprint_aiwatch.core import tensors
from octoprint_aiwatch.core.heatmap import Calibration, HeatMap
from octoprint_aiwatch.core.tensor_plan import (
    HEAT,
    MOST_TENSORS,
    Input,
    Plan,
    TensorError,
    shortened,
)
from octoprint_aiwatch.core.tensors import (
    LARGEST,
    LARGEST_IN_CALIBRATION,
    MOST_BOXES,
    MOST_CELLS,
    MOST_VALUES,
    Tensor,
)

ODD = "\n" + "x" * 500
"""A name that a server may give, and no log should hold."""


def output(shape: list[int], data: Any, name: str = "a", **more: Any) -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": "FP32", "data": data, **more}


def binary(size: Any, datatype: str = "FP32", name: str = "a") -> dict[str, Any]:
    parameters = {"binary_data_size": size}
    return {"name": name, "shape": [1], "datatype": datatype, "parameters": parameters}


def read(*outputs: Any, rest: bytes = b"") -> Any:
    return tensors.answer({"outputs": list(outputs)}, rest)


def refusal(call: Callable[..., Any], *given: Any) -> str:
    with pytest.raises(TensorError) as caught:
        call(*given)
    return str(caught.value)


# -- an answer -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (None, "outputs are missing"),
        ({"outputs": [output([1], [1])] * (MOST_TENSORS + 1)}, "outputs are missing"),
        ({"outputs": [output([1], None)]}, "an output has no data"),
        ({"outputs": [output([2], [[1], 2])]}, "an output's data makes no sense"),
        (
            {"outputs": [output([1], [0.5] * (MOST_VALUES + 1))]},
            "an output is too large",
        ),
        ({"outputs": [output([1], [10**400])]}, "an output is out of range"),
        ({"outputs": [output([2], [1])]}, "a does not fit its shape"),
        ({"outputs": [output([-1, -1], [1])]}, "a does not fit its shape"),
        ({"outputs": [output([-1, -1, 3], [1] * 3)]}, "a does not fit its shape"),
        ({"outputs": [binary(8)]}, "a is cut off"),
        ({"outputs": [binary(4, datatype="INT8")]}, "an output cannot be read"),
        ({"outputs": [binary(3)]}, "an output cannot be read"),
    ],
)
def test_what_is_wrong_with_an_answer_is_told(document: Any, told: str) -> None:
    assert refusal(tensors.answer, document, bytes(4)) == told


@pytest.mark.parametrize("one", ["x", True, None, math.nan, math.inf])
def test_something_that_is_no_number_is_told_as_such(one: Any) -> None:
    told = "an output holds something that is not a number"
    assert refusal(read, output([2], [0.5, one])) == told


def test_a_size_below_nothing_takes_no_bytes_from_the_end() -> None:
    with pytest.raises(TensorError, match="is cut off"):
        read(binary(-1), rest=bytes(5))


@pytest.mark.parametrize("one", [output([2], [1], name=ODD), binary(8, name=ODD)])
def test_a_servers_names_are_told_in_one_bounded_line(one: Any) -> None:
    assert refusal(read, one).startswith(shortened(ODD) + " ")
    assert refusal(tensors.heat_map, {}, ODD) == shortened(ODD) + " is missing"


def test_as_many_outputs_as_there_may_be_are_read() -> None:
    many = [output([1], [n], name=str(n)) for n in range(MOST_TENSORS)]
    assert len(read(*many)) == MOST_TENSORS


def test_an_output_of_one_number_may_have_no_lengths() -> None:
    assert read(output([], [0.5])) == {"a": Tensor((), (0.5,))}


def test_an_empty_output_has_no_values() -> None:
    assert read(output([0, 5], [])) == {"a": Tensor((0, 5), ())}


# -- a heat map ------------------------------------------------------------------------


def test_a_heat_map_may_be_one_cell() -> None:
    found = {"heat": Tensor((1, 1), (0.5,))}
    assert tensors.heat_map(found, "heat") == HeatMap(1, 1, (0.5,))


def test_a_heat_map_may_be_as_large_and_as_hot_as_its_bounds() -> None:
    values = (LARGEST, -LARGEST) * (MOST_CELLS // 2)
    found = {"heat": Tensor((MOST_CELLS, 1), values)}
    assert tensors.heat_map(found, "heat") == HeatMap(MOST_CELLS, 1, values)


@pytest.mark.parametrize(
    ("tensor", "told"),
    [
        (Tensor((3,), (1.0,) * 3), "the heat map has no rows and columns"),
        (Tensor((0, 3), ()), "the heat map has a size that makes no sense"),
        (
            Tensor((MOST_CELLS + 1, 1), (0.0,) * (MOST_CELLS + 1)),
            "the heat map has a size that makes no sense",
        ),
        (
            Tensor((1, 1), (2 * LARGEST,)),
            "the heat map holds numbers that make no sense",
        ),
    ],
)
def test_what_is_wrong_with_a_heat_map_is_told(tensor: Tensor, told: str) -> None:
    assert refusal(tensors.heat_map, {"heat": tensor}, "heat") == told


# -- a calibration ---------------------------------------------------------------------


def calibrated(*values: float) -> Calibration:
    return tensors.calibration({"calibration": Tensor((1, len(values)), values)})


def test_a_calibration_may_be_at_its_bounds() -> None:
    most = LARGEST_IN_CALIBRATION
    assert calibrated(1.0, most, -most, most) == Calibration(1, most, -most, most)
    assert calibrated(MOST_CELLS, 0.0, 1.0, 0.0).hottest == MOST_CELLS


@pytest.mark.parametrize(
    "values",
    [
        (1.0, 2.0, 3.0),
        (0.9, 0.0, 1.0, 0.0),
        (MOST_CELLS + 1, 0.0, 1.0, 0.0),
        (1.0, 2 * LARGEST_IN_CALIBRATION, 1.0, 0.0),
    ],
)
def test_what_is_wrong_with_a_calibration_is_told(values: Any) -> None:
    assert refusal(calibrated, *values) == "the calibration makes no sense"


# -- a score and boxes -----------------------------------------------------------------


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_a_score_may_be_nothing_or_all(score: float) -> None:
    assert tensors.one_share({"score": Tensor((1,), (score,))}, "score") == score


@pytest.mark.parametrize("values", [(), (0.5, 0.5), (-0.001,), (1.001,)])
def test_what_is_wrong_with_a_score_is_told(values: Any) -> None:
    found = {"score": Tensor((len(values),), values)}
    told = "the score is not one number from 0 to 1"
    assert refusal(tensors.one_share, found, "score") == told


def test_as_many_boxes_as_there_may_be_are_read_to_their_bounds() -> None:
    row = (1.0, 0.0, 0.0, 1.0, 1.0)
    found = {"boxes": Tensor((MOST_BOXES, 5), row * MOST_BOXES)}
    assert tensors.boxes(found, "boxes") == [row] * MOST_BOXES


@pytest.mark.parametrize(
    ("tensor", "told"),
    [
        (Tensor((4,), (0.5,) * 4), "boxes are not rows of five numbers"),
        (
            Tensor((MOST_BOXES + 1, 5), (0.5,) * 5 * (MOST_BOXES + 1)),
            "boxes are not rows of five numbers",
        ),
        (
            Tensor((1, 5), (0.5, 0.5, 0.5, 0.5, -0.001)),
            "a box is not made of numbers from 0 to 1",
        ),
    ],
)
def test_what_is_wrong_with_boxes_is_told(tensor: Tensor, told: str) -> None:
    assert refusal(tensors.boxes, {"boxes": tensor}, "boxes") == told


# -- a request -------------------------------------------------------------------------


def test_a_request_names_its_tensors_in_any_alphabet() -> None:
    plan = Plan(Input("Bild ä", "UINT8", None, True, True), HEAT, "热")
    head, _ = tensors.request(plan, 1, 1, bytes(3), False)
    assert head.isascii()
    assert json.loads(head)["inputs"][0]["name"] == "Bild ä"
    assert json.loads(head)["outputs"] == [{"name": "热"}]
