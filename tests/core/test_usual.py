"""What is usual for a printer."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.frames import WARNING_ABOVE, WARNING_RISE, warning_from
from octoprint_aiwatch.core.temporal import begun
from octoprint_aiwatch.core.usual import (
    LONG_S,
    MOST,
    NOTHING_USUAL,
    SECTION,
    Usual,
    kept,
    learned,
    recalled,
    trusted,
)
from octoprint_aiwatch.core.values import FrameEvidence, Inspection
from tests.core.rig import QUICK, Rig, settings_with
from tests.core.sequences import DEFAULT, HOUR_S


def after(score: float, for_s: float, usual: Usual = NOTHING_USUAL) -> Usual:
    for _ in range(int(for_s // 10)):
        usual = learned(usual, score, 10.0)
    return usual


def test_it_is_the_plain_mean_while_it_is_young() -> None:
    assert after(0.3, 600.0, after(0.1, 600.0)).mean == pytest.approx(0.2)


def test_it_forgets_slowly_once_it_is_old() -> None:
    old = after(0.1, LONG_S)
    assert after(0.5, LONG_S / 20, old).mean < 0.13


def test_little_evidence_is_trusted_little() -> None:
    assert trusted(after(0.4, 600.0)) < 0.1
    assert trusted(after(0.4, HOUR_S)) == pytest.approx(0.4)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 60)), max_size=50))
def test_it_never_reaches_further_than_its_limit(
    frames: list[tuple[float, float]],
) -> None:
    usual = NOTHING_USUAL
    for value, step_s in frames:
        usual = learned(usual, value, step_s)
        assert 0.0 <= usual.mean <= MOST
        assert usual.evidence_s <= LONG_S


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["local", "mean", "evidence_s", SECTION]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_odd_stored_values_count_as_nothing_or_stay_in_bounds(stored: Any) -> None:
    usual = recalled({SECTION: stored}, "local")
    assert 0.0 <= usual.mean <= MOST
    assert 0.0 <= usual.evidence_s <= LONG_S


@pytest.mark.parametrize("section", [None, [], {}, {"local": 5}, {"gadget": {}}])
def test_where_nothing_was_kept_nothing_is_usual(section: Any) -> None:
    assert recalled({SECTION: section}, "local") == NOTHING_USUAL


@pytest.mark.parametrize(
    ("mean", "evidence_s", "usual"),
    [
        (0.2, 100, Usual(0.2, 100.0)),
        ("0.2", True, Usual()),
        (-1.0, math.nan, Usual()),
        (math.inf, None, Usual()),
        (7.0, 1e9, Usual(MOST, LONG_S)),
    ],
)
def test_of_what_was_kept_only_sensible_numbers_are_believed(
    mean: Any, evidence_s: Any, usual: Usual
) -> None:
    stored = {"local": {"mean": mean, "evidence_s": evidence_s}}
    assert recalled({SECTION: stored}, "local") == usual


def test_a_frame_that_took_no_time_teaches_nothing() -> None:
    assert learned(NOTHING_USUAL, 0.4, 0.0) == NOTHING_USUAL


def test_what_was_kept_is_recalled_bit_for_bit_and_others_stay() -> None:
    usual = after(0.123, 700.0)
    section = kept({SECTION: {"gadget": {"mean": 0.5}}}, "local", usual)
    read = json.loads(json.dumps(section))
    assert recalled({SECTION: read}, "local") == usual
    assert read["gadget"] == {"mean": 0.5}


def test_what_is_usual_lifts_the_warning_once_it_is_known() -> None:
    fresh = begun().frames
    nervous = begun(after(0.3, HOUR_S)).frames
    assert warning_from(fresh, DEFAULT) == WARNING_ABOVE[2]
    assert warning_from(nervous, DEFAULT) == pytest.approx(0.3 + WARNING_RISE[2])


# -- in the machine -------------------------------------------------------------------


def local() -> Rig:
    return Rig(settings_with(backend="local", watch=QUICK))


def a_print(rig: Rig, score: float, outcome: str, frames: int = 400) -> None:
    rig.watching()
    for _ in range(frames):
        rig.judged(Inspection(FrameEvidence(score)))
        rig.wait(10.0)
    rig.send(m.PrintEnded(outcome))


def usual_of(rig: Rig) -> Usual:
    return recalled(rig.state.remembered, "local")


def test_a_print_that_went_well_is_learned_from_and_kept_over_a_restart() -> None:
    rig = local()
    a_print(rig, 0.1, "done")
    rig.restart()
    assert usual_of(rig).mean == pytest.approx(0.1, abs=0.01)
    rig.watching()
    assert rig.state.memory.frames.usual == usual_of(rig)


@pytest.mark.parametrize("outcome", ["cancelled", "failed", "error", "disconnected"])
def test_a_print_that_did_not_end_well_teaches_nothing(outcome: str) -> None:
    rig = local()
    a_print(rig, 0.1, outcome, frames=40)
    assert usual_of(rig) == NOTHING_USUAL


def test_a_failure_is_not_learned_as_normal_even_if_the_print_is_finished() -> None:
    rig = local()
    rig.watching()
    for score in [0.05] * 100 + [0.35] * 300:
        rig.judged(Inspection(FrameEvidence(score)))
        rig.wait(10.0)
    assert rig.state.verdict.level == "warning"
    rig.send(m.PrintEnded("done"))
    assert usual_of(rig).mean < 0.06
