"""What a record holds, what a change of one leaves out, and what is no record."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from octoprint_aiwatch.core.place import Places
from octoprint_aiwatch.core.record import (
    MOST_WHOLE,
    STEADY,
    VERSION,
    Record,
    RecordError,
    Step,
    applied,
    changes,
    judged,
)
from octoprint_aiwatch.core.temporal import Memory, begun, judge
from octoprint_aiwatch.core.values import (
    Detection,
    FrameEvidence,
    Inspection,
    RemoteEvidence,
    StatisticsEvidence,
)
from tests.core.sequences import decision

BOX = Detection(0.9, 0.5, 0.5, 0.2, 0.2)
ZONE = ((0.0, 0.0), (0.4, 0.0), (0.4, 0.4))
RECORD = Record(
    begun(),
    Inspection(FrameEvidence(0.9), (BOX,), 20.0),
    60.0,
    decision(),
    (ZONE,),
    (Detection(0.8, 0.1, 0.1, 0.2, 0.2),),
    "local",
)
OTHERS: dict[str, Any] = {
    "decision": decision(1, 5),
    "zones": (),
    "ignored": (BOX,),
    "backend": "kserve",
}


def sent(document: Any) -> Any:
    """The same document, from the store."""
    return json.loads(json.dumps(document, allow_nan=False))


def whole(record: Record = RECORD) -> dict[str, Any]:
    return sent(changes(record, None, None))


def following(**changed: Any) -> Record:
    """The record after the usual one."""
    return replace(RECORD, memory=judged(RECORD)[0], at_s=80.0, **changed)


# -- judged again ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"ignored": (BOX,)},
        {"zones": (((0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7)),)},
        {"decision": decision(1, 1)},
        {"at_s": 90.0},
    ],
)
def test_a_record_is_judged_by_all_that_it_holds(changed: Any) -> None:
    one = replace(RECORD, **changed)
    assert judged(one) == judge(
        one.memory, one.inspection, one.at_s, one.decision, one.zones, one.ignored
    )


def test_what_the_user_waved_through_counts_for_nothing_when_judged_again() -> None:
    unless = [
        judged(replace(RECORD, ignored=boxes))[2][0].unless for boxes in ((), (BOX,))
    ]
    assert unless[0] != unless[1] == "not_a_failure"


# -- a whole record --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "evidence"),
    [
        ("frame", FrameEvidence(0.5)),
        ("statistics", StatisticsEvidence(0.5, 0.4, 0.3, 0.2, 7, 900)),
        ("remote", RemoteEvidence(0.5, warning=True, pause=False, quality=3)),
        ("remote", RemoteEvidence(0.5, warning=False, pause=True, quality=None)),
    ],
)
@pytest.mark.parametrize("next_after_s", [None, 20.0])
def test_every_kind_of_evidence_is_read_back(
    kind: str, evidence: Any, next_after_s: Any
) -> None:
    one = replace(RECORD, inspection=Inspection(evidence, (BOX, BOX), next_after_s))
    document = whole(one)
    assert (document["v"], document["kind"]) == (1, kind), "as every history has it"
    assert applied(document, None, None) == Step(one, True, False)


def test_a_memory_with_places_is_read_back() -> None:
    places = Places(hits={9: 2.0, 3: 1.0}, start_frames=2, background=frozenset((8, 1)))
    frames = replace(begun().frames, places=places)
    one = replace(RECORD, memory=Memory(frames=frames))
    document = whole(one)
    assert document["memory"]["frames"]["places"]["hits"] == [[3, 1.0], [9, 2.0]]
    assert document["memory"]["frames"]["places"]["background"] == [1, 8]
    assert applied(document, None, None).record == one


def test_a_whole_document_has_every_part() -> None:
    assert set(whole()) == {"v", "kind", "memory", "inspection", "at_s", *STEADY}


@pytest.mark.parametrize("version", [VERSION + 1, VERSION - 1, None, str(VERSION)])
@pytest.mark.parametrize("before", [None, RECORD])
def test_a_record_of_another_version_is_refused(before: Any, version: Any) -> None:
    with pytest.raises(RecordError, match="version 1"):
        applied({**whole(), "v": version}, before, begun())


@pytest.mark.parametrize("name", ["kind", "memory", "inspection", "at_s", *STEADY])
def test_a_first_record_that_lacks_something_is_refused(name: str) -> None:
    document = whole()
    del document[name]
    with pytest.raises(RecordError):
        applied(document, None, begun())


@pytest.mark.parametrize("value", [MOST_WHOLE, -MOST_WHOLE, 0])
def test_a_whole_number_that_is_the_same_as_a_float_is_taken(value: int) -> None:
    assert applied({**whole(), "at_s": value}, None, None).record.at_s == value


@pytest.mark.parametrize(
    "value",
    [MOST_WHOLE + 1, -MOST_WHOLE - 1, True, None, "1", [1.0], math.nan, -math.inf],
)
def test_anything_else_is_no_time(value: Any) -> None:
    with pytest.raises(RecordError):
        applied({**whole(), "at_s": value}, None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("backend", 5),
        ("zones", [[[0.0, "0"]]]),
        ("zones", [[[0.0]]]),
        ("zones", [[[0.0, 0.1, 0.2]]]),
        ("ignored", [{"confidence": 0.5}]),
        ("decision", {**whole()["decision"], "warning_confidence": 3.0}),
        ("kind", ["frame"]),
        ("kind", "statistics"),
    ],
)
def test_a_record_with_a_part_of_another_type_is_refused(name: str, value: Any) -> None:
    with pytest.raises(RecordError):
        applied({**whole(), name: value}, None, None)


@pytest.mark.parametrize(
    "hits", [5, [5], [[5]], [[5, 1.0, 1.0]], [["5", 1.0]], [[5.5, 1.0]]]
)
@pytest.mark.parametrize("before", [None, RECORD])
def test_a_memory_with_a_spoilt_table_is_refused(before: Any, hits: Any) -> None:
    document = whole()
    document["memory"]["frames"]["places"]["hits"] = hits
    with pytest.raises(RecordError):
        applied(document, before, begun())


# -- a change --------------------------------------------------------------------------


def test_what_follows_a_record_holds_what_is_new_alone() -> None:
    second = following()
    document = changes(second, RECORD, second.memory)
    assert set(document) == {"v", "kind", "inspection", "at_s"}
    step = applied(sent(document), RECORD, second.memory)
    assert step == Step(second, False, False)


@pytest.mark.parametrize("name", STEADY)
def test_a_part_that_changed_is_held_and_read_back(name: str) -> None:
    second = following(**{name: OTHERS[name]})
    document = changes(second, RECORD, second.memory)
    assert set(document) == {"v", "kind", "inspection", "at_s", name}
    assert applied(sent(document), RECORD, second.memory).record == second


def test_another_memory_is_held_and_read_back() -> None:
    second = replace(following(), memory=begun())
    document = changes(second, RECORD, judged(RECORD)[0])
    assert document["goes_on"] is False
    step = applied(sent(document), RECORD, judged(RECORD)[0])
    assert step == Step(second, True, False)


def test_without_the_record_before_a_change_is_whole_whatever_is_remembered() -> None:
    second = following()
    for memory in (second.memory, judged(second)[0]):
        assert sent(changes(second, None, memory)) == whole(second)


def test_a_record_whose_memory_follows_from_nothing_known_holds_it() -> None:
    document = changes(following(), RECORD, None)
    assert document["memory"] == changes(following(), None, None)["memory"]
    assert "goes_on" not in document


def test_a_memory_that_forgot_a_place_goes_on() -> None:
    memory = judged(RECORD)[0]
    forgot = replace(memory, frames=replace(memory.frames, places=Places()))
    document = changes(replace(following(), memory=forgot), RECORD, memory)
    assert document["goes_on"] is True
    assert applied(sent(document), RECORD, memory).goes_on is True


@pytest.mark.parametrize("channel", ["frames", "statistics"])
def test_a_memory_that_forgot_a_spell_does_not_go_on(channel: str) -> None:
    memory = judged(RECORD)[0]
    spells = replace(getattr(memory, channel).spells)
    forgot = replace(getattr(memory, channel), spells=spells)
    second = replace(following(), memory=replace(memory, **{channel: forgot}))
    assert changes(second, RECORD, memory)["goes_on"] is False


@pytest.mark.parametrize("odd", [1, "yes", None])
def test_only_a_plain_yes_goes_on(odd: Any) -> None:
    document = {**whole(), "goes_on": odd}
    assert applied(document, RECORD, begun()).goes_on is False


def test_the_first_record_goes_on_from_nothing() -> None:
    assert applied({**whole(), "goes_on": True}, None, None).goes_on is False


def test_a_change_without_a_memory_to_go_on_from_is_refused() -> None:
    second = following()
    document = changes(second, RECORD, second.memory)
    with pytest.raises(RecordError):
        applied(document, RECORD, None)
    with pytest.raises(RecordError, match="before is missing"):
        applied(document, None, second.memory)


@pytest.mark.parametrize("document", [None, 5, "x", [], [("v", VERSION)]])
def test_what_is_no_object_is_refused(document: Any) -> None:
    with pytest.raises(RecordError, match="version 1"):
        applied(document, RECORD, begun())
