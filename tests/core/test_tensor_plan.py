"""What a model's metadata promises, and whether a frame can be sent to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.tensor_plan import (
    BOXES,
    HEAT,
    MOST_PX,
    SCORE,
    Described,
    Input,
    TensorError,
    described,
    in_words,
    input_of,
    plan_of,
)

FRAME = Described("frame", "UINT8", (-1, 3, -1, -1))
WANTED = Input("frame", "UINT8", None, True, True)


def taken(*shape: int, datatype: str = "UINT8") -> Any:
    return input_of([Described("frame", datatype, shape)])


def given_(*outputs: tuple[str, tuple[int, ...]]) -> Any:
    return plan_of(WANTED, [Described(name, "FP32", shape) for name, shape in outputs])


# -- metadata -------------------------------------------------------------------------


def test_the_tensors_are_read() -> None:
    raw = {"name": "frame", "datatype": "UINT8", "shape": [-1, 3, -1, -1], "more": 1}
    assert described([raw]) == (FRAME,)


def test_a_content_type_is_read_where_there_is_one() -> None:
    raw = {"name": "frame", "datatype": "UINT8", "shape": [-1, 3, -1, -1]}
    (found,) = described([{**raw, "parameters": {"content_type": "base64"}}])
    assert found == Described("frame", "UINT8", (-1, 3, -1, -1), "base64")


@pytest.mark.parametrize("parameters", [None, 1, [], {}, {"content_type": 1}])
def test_parameters_that_tell_no_content_type_are_passed_over(parameters: Any) -> None:
    raw = {"name": "frame", "datatype": "UINT8", "shape": [-1, 3, -1, -1]}
    assert described([{**raw, "parameters": parameters}]) == (FRAME,)


def test_lengths_may_be_written_as_text() -> None:
    raw = {"name": "frame", "datatype": "UINT8", "shape": ["-1", "3", "-1", "-1"]}
    assert described([raw]) == (FRAME,)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {},
        "frame",
        [None],
        [[]],
        [{}],
        [{"name": 5, "datatype": "UINT8", "shape": []}],
        [{"name": "a", "datatype": None, "shape": []}],
        [{"name": "a", "datatype": "UINT8"}],
        [{"name": "a", "datatype": "UINT8", "shape": "3"}],
        [{"name": "a", "datatype": "UINT8", "shape": [-2]}],
        [{"name": "a", "datatype": "UINT8", "shape": [1.5]}],
        [{"name": "a", "datatype": "UINT8", "shape": [True]}],
        [{"name": "a", "datatype": "UINT8", "shape": ["--1"]}],
        [{"name": "a", "datatype": "UINT8", "shape": [10**400]}],
        [{"name": "a", "datatype": "UINT8", "shape": [1] * 9}],
        [{"name": "a", "datatype": "UINT8", "shape": []}] * 17,
    ],
)
def test_metadata_that_make_no_sense_are_refused(raw: Any) -> None:
    with pytest.raises(TensorError):
        described(raw)


def test_tensors_are_told_to_people_in_one_line() -> None:
    assert in_words([FRAME]) == "frame UINT8 [-1, 3, -1, -1]"
    assert in_words([]) == "nothing"
    odd = Described("\x1b[2J\ud800" + "x" * 500, "UINT8", ())
    assert len(in_words([odd])) <= 160
    assert in_words([odd]).encode("utf-8")


# -- the input ------------------------------------------------------------------------


@pytest.mark.parametrize("datatype", ["UINT8", "FP32"])
@pytest.mark.parametrize(
    ("shape", "size", "planar", "batched"),
    [
        ((-1, 3, -1, -1), None, True, True),
        ((1, 3, 192, 256), (256, 192), True, True),
        ((-1, 192, 256, 3), (256, 192), False, True),
        ((3, 192, 256), (256, 192), True, False),
        ((-1, -1, 3), None, False, False),
    ],
)
def test_a_frame_can_be_sent_in_these_shapes(
    datatype: str, shape: Any, size: Any, planar: bool, batched: bool
) -> None:
    expected = Input("frame", datatype, size, planar, batched)
    assert taken(*shape, datatype=datatype) == expected


@pytest.mark.parametrize(
    "shape",
    [
        (),
        (3,),
        (-1, 1000),
        (1, 1, 192, 256),
        (2, 3, 192, 256),
        (-1, 3, 0, 256),
        (-1, 3, -1, 256),
        (-1, 3, 192, MOST_PX + 1),
        (1, 1, 3, 192, 256),
    ],
)
def test_a_frame_cannot_be_sent_in_others(shape: Any) -> None:
    assert taken(*shape) is None


@pytest.mark.parametrize(
    ("datatype", "content", "as_text"),
    [
        ("UINT8", "base64", True),
        ("FP32", "base64", False),
        ("UINT8", "np", False),
        ("UINT8", "", False),
    ],
)
def test_bytes_may_go_as_text_if_the_model_says_so(
    datatype: str, content: str, as_text: bool
) -> None:
    found = input_of([Described("frame", datatype, (-1, 3, -1, -1), content)])
    assert found is not None
    assert found.in_base64 is as_text


@pytest.mark.parametrize("datatype", ["INT8", "FP16", "BYTES", ""])
def test_a_frame_cannot_be_sent_as_anything_else(datatype: str) -> None:
    assert taken(-1, 3, -1, -1, datatype=datatype) is None


@pytest.mark.parametrize("tensors", [[], [FRAME, FRAME]])
def test_a_model_must_take_one_thing(tensors: Any) -> None:
    assert input_of(tensors) is None


# -- the outputs ----------------------------------------------------------------------


def test_our_own_model_gives_a_heat_map_and_how_to_read_it() -> None:
    plan = given_(("heat", (-1, 2, -1, -1)), ("calibration", (-1, 4)))
    assert (plan.kind, plan.output, plan.calibrated) == (HEAT, "heat", True)
    assert plan.wanted == ("heat", "calibration")


@pytest.mark.parametrize(
    ("outputs", "kind", "wanted"),
    [
        ([("anything", (1, 1, 12, 16))], HEAT, ("anything",)),
        ([("heat", (12, 16))], HEAT, ("heat",)),
        ([("score", (-1, 1))], SCORE, ("score",)),
        ([("score", (1,)), ("boxes", (-1, -1, 5))], SCORE, ("score", "boxes")),
        ([("boxes", (-1, 5))], BOXES, ("boxes",)),
        ([("probability", (-1, 1))], SCORE, ("probability",)),
        ([("probability", ())], SCORE, ("probability",)),
    ],
)
def test_these_outputs_are_understood(
    outputs: Any, kind: str, wanted: tuple[str, ...]
) -> None:
    plan = given_(*outputs)
    assert (plan.kind, plan.wanted) == (kind, wanted)


@pytest.mark.parametrize(
    "outputs",
    [
        [],
        [("classes", (-1, 1000))],
        [("one", (1,)), ("two", (1,))],
        [("rows", (-1, 5))],
        [("unknown", (-1, -1))],
    ],
)
def test_others_are_not_guessed_at(outputs: Any) -> None:
    assert given_(*outputs) is None


def test_an_output_of_whole_numbers_is_not_read() -> None:
    assert plan_of(WANTED, [Described("score", "INT64", (1,))]) is None


@given(
    st.lists(
        st.builds(
            Described,
            st.sampled_from(["heat", "score", "boxes", "calibration", "x"]),
            st.sampled_from(["FP32", "FP16", "INT64", "BYTES"]),
            st.lists(st.integers(-1, 5), max_size=5).map(tuple),
        ),
        max_size=4,
    )
)
def test_a_plan_asks_for_outputs_that_are_there(outputs: list[Described]) -> None:
    plan = plan_of(WANTED, outputs)
    if plan is not None:
        assert set(plan.wanted) <= {one.name for one in outputs}
        assert plan.output in plan.wanted
