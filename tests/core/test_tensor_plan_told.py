"""Which of a model's tensors are used for what, and what is told of its metadata."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.core.tensor_plan import (
    BOXES,
    HEAT,
    MOST_LENGTHS,
    MOST_PX,
    MOST_TENSORS,
    MOST_TEXT,
    SCORE,
    Described,
    Input,
    Plan,
    TensorError,
    described,
    in_words,
    input_of,
    plan_of,
    shortened,
)

WANTED = Input("frame", "UINT8", None, True, True)


def tensor(*shape: Any) -> dict[str, Any]:
    return {"name": "a", "datatype": "UINT8", "shape": list(shape)}


def given_(*outputs: tuple[str, tuple[int, ...]]) -> Any:
    return plan_of(WANTED, [Described(name, "FP32", shape) for name, shape in outputs])


# -- metadata --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (None, "the model's tensors are not listed"),
        ([tensor()] * (MOST_TENSORS + 1), "the model's tensors are not listed"),
        ([5], "a tensor is not an object"),
        ([{**tensor(), "name": 5}], "a tensor has no name or datatype"),
        ([{**tensor(), "datatype": None}], "a tensor has no name or datatype"),
        ([{**tensor(), "shape": "3"}], "a tensor has no shape"),
        ([tensor(*[1] * (MOST_LENGTHS + 1))], "a tensor has no shape"),
        ([tensor(3, -2)], "a tensor's shape makes no sense"),
        ([tensor(3, "-2")], "a tensor's shape makes no sense"),
    ],
)
def test_what_is_wrong_with_the_metadata_is_told(raw: Any, told: str) -> None:
    with pytest.raises(TensorError) as caught:
        described(raw)
    assert str(caught.value) == told


def test_as_many_tensors_of_as_many_lengths_as_there_may_be_are_read() -> None:
    many = described([tensor(*[1] * MOST_LENGTHS)] * MOST_TENSORS)
    assert many == (Described("a", "UINT8", (1,) * MOST_LENGTHS),) * MOST_TENSORS


@pytest.mark.parametrize(
    ("written", "length"),
    [(0, 0), ("0", 0), (2**31 - 1, 2**31 - 1), ("999999999", 999999999), ("-1", -1)],
)
def test_a_length_is_a_number_or_its_text(written: Any, length: int) -> None:
    (found,) = described([tensor(written)])
    assert found.shape == (length,)


@pytest.mark.parametrize("written", [2**31, -(2**31), "9" * 10, "9" * 10_000, "", "-"])
def test_a_length_that_no_tensor_has_is_refused(written: Any) -> None:
    with pytest.raises(TensorError):
        described([tensor(written)])


# -- told to people --------------------------------------------------------------------


def test_several_tensors_are_told_one_after_the_other() -> None:
    two = [Described("a", "FP32", (1,)), Described("b", "INT64", ())]
    assert in_words(two) == "a FP32 [1], b INT64 []"


def test_a_servers_words_stay_in_their_line_and_within_their_bound() -> None:
    assert shortened("one\ntwo") == "one two"
    assert shortened("x" * MOST_TEXT) == "x" * MOST_TEXT
    assert shortened("x" * (MOST_TEXT + 1)) == "x" * (MOST_TEXT - 1) + "…"


# -- what is used ----------------------------------------------------------------------


def test_a_frame_may_be_as_large_as_any_model_wants_it() -> None:
    found = input_of([Described("frame", "UINT8", (-1, 3, 1, MOST_PX))])
    assert found == Input("frame", "UINT8", (MOST_PX, 1), True, True)


@pytest.mark.parametrize(
    ("outputs", "plan"),
    [
        (
            [("features", (1, 8, 4, 4)), ("heat", (1, 2, 4, 4))],
            Plan(WANTED, HEAT, "heat"),
        ),
        (
            [("one", (1, 2, 4, 4)), ("two", (1, 2, 4, 4))],
            Plan(WANTED, HEAT, "one"),
        ),
        (
            [("score", (-1, 1)), ("boxes", (-1, -1, 5))],
            Plan(WANTED, SCORE, "score", "boxes"),
        ),
        ([("boxes", (-1, 5))], Plan(WANTED, BOXES, "boxes", "boxes")),
        ([("anything", (1,))], Plan(WANTED, SCORE, "anything")),
    ],
)
def test_each_output_is_read_for_what_its_name_or_shape_says(
    outputs: Any, plan: Plan
) -> None:
    assert given_(*outputs) == plan


@pytest.mark.parametrize("shape", [(), (1,), (-1,), (1, 1), (-1, 1, 1)])
def test_one_number_is_a_score_whatever_the_batch(shape: tuple[int, ...]) -> None:
    assert given_(("anything", shape)) == Plan(WANTED, SCORE, "anything")


@pytest.mark.parametrize("shape", [(0,), (2,), (1, 2), (2, 1), (1, -1)])
def test_more_or_fewer_numbers_than_one_are_no_score(shape: tuple[int, ...]) -> None:
    assert given_(("anything", shape)) is None
