"""A verdict can be made again from its record, bit for bit."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.options import Polygon
from octoprint_aiwatch.core.record import (
    Record,
    RecordError,
    applied,
    changes,
    judged,
)
from octoprint_aiwatch.core.temporal import begun
from octoprint_aiwatch.core.usual import Usual
from octoprint_aiwatch.core.values import (
    Detection,
    Evidence,
    FrameEvidence,
    Inspection,
    RemoteEvidence,
    StatisticsEvidence,
)
from tests.core.rig import QUICK, Rig, settings_with
from tests.core.sequences import decision

UNIT = st.floats(0, 1)
BOX = st.builds(Detection, UNIT, UNIT, UNIT, st.floats(0.01, 1), st.floats(0.01, 1))
EVIDENCE = (
    st.builds(FrameEvidence, UNIT)
    | st.builds(StatisticsEvidence, UNIT, UNIT, UNIT, UNIT)
    | st.builds(RemoteEvidence, UNIT, st.booleans(), st.booleans(), st.none())
)
CORNER: Polygon = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5))


def read_back(document: Any) -> Record:
    """A record from a whole document, the first of a job's."""
    return applied(document, None, None).record


@given(
    st.lists(
        st.tuples(EVIDENCE, st.lists(BOX, max_size=3), st.floats(0, 90)),
        min_size=1,
        max_size=15,
    ),
    st.integers(1, 5),
    st.integers(1, 5),
)
def test_every_verdict_is_made_again_from_its_document(
    frames: list[tuple[Evidence, list[Detection], float]], warning: int, pause: int
) -> None:
    memory, now_s = begun(Usual(0.1, 9000.0)), 5.0
    ignored = (Detection(0.9, 0.9, 0.9, 0.1, 0.1),)
    for evidence, boxes, pause_s in frames:
        now_s += pause_s
        inspection = Inspection(evidence, tuple(boxes), 20.0)
        by = decision(warning, pause)
        record = Record(memory, inspection, now_s, by, (CORNER,), ignored)
        read = read_back(json.loads(json.dumps(changes(record, None, None))))
        assert read == record
        assert judged(read) == judged(record)
        memory, _, _ = judged(record)


def test_the_machine_keeps_the_record_of_its_last_verdict() -> None:
    rig = Rig(settings_with(backend="local", watch=QUICK))
    rig.watching()
    rig.judged(Inspection(FrameEvidence(0.4), (Detection(0.4, 0.5, 0.5, 0.1, 0.1),)))
    record = rig.state.record
    assert record is not None
    memory, verdict, sightings = judged(record)
    assert (memory, verdict) == (rig.state.memory, rig.state.verdict)
    assert sightings == rig.state.sightings


def document() -> dict[str, Any]:
    record = Record(begun(), Inspection(FrameEvidence(0.5)), 1.0, decision())
    return changes(record, None, None)


def test_a_whole_number_is_taken_for_a_number_and_an_endless_one_is_not() -> None:
    whole = json.loads(json.dumps({**document(), "at_s": 1}))
    assert read_back(whole) == read_back(document())
    for at_s in (10**400, math.inf, math.nan, True):
        with pytest.raises(RecordError):
            read_back({**document(), "at_s": at_s})


@pytest.mark.parametrize("spoilt", [None, [], {}, {"v": 2}, {"v": 1}, "x"])
def test_what_is_no_record_is_refused(spoilt: Any) -> None:
    with pytest.raises(RecordError):
        read_back(spoilt)


@pytest.mark.parametrize("key", ["memory", "inspection", "at_s", "decision", "kind"])
@pytest.mark.parametrize("value", [None, "x", 7, [], {}])
def test_a_record_with_a_spoilt_part_is_refused(key: str, value: Any) -> None:
    if key == "at_s" and value == 7:
        return
    with pytest.raises(RecordError):
        read_back({**document(), key: value})
