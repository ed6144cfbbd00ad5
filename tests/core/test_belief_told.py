"""What is said when the verdict becomes another one."""

from __future__ import annotations

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.belief import believe
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.values import NO_VERDICT, OK, WARNING, Reason, Verdict
from tests.core.rig import settings_with

DOUBT = Verdict(WARNING, 0.5, (Reason("first", {"n": 1}), Reason("second")))


def state() -> State:
    return State(settings_with())


def test_another_level_is_told_with_the_first_of_its_reasons() -> None:
    found, effects = believe(state(), DOUBT)
    assert found.verdict == DOUBT
    assert effects == [m.RaiseEvent("verdict_changed", Reason("first", {"n": 1}))]


def test_a_verdict_that_is_gone_is_told_as_no_data() -> None:
    doubtful, _ = believe(state(), DOUBT)
    found, effects = believe(doubtful, NO_VERDICT)
    assert found.verdict == NO_VERDICT
    assert effects == [m.RaiseEvent("verdict_changed", Reason("no_data"))]


def test_the_same_level_is_taken_over_without_a_word() -> None:
    fine, _ = believe(state(), Verdict(OK, 0.1))
    found, effects = believe(fine, Verdict(OK, 0.2))
    assert found.verdict.score == 0.2
    assert effects == []
