"""Pauses and suppression over a restart of OctoPrint; odd memories count for nothing."""

from __future__ import annotations

import math
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.counting import NOTE_EVERY_S, SAME_JOB_WITHIN_S
from octoprint_aiwatch.core.state import State
from tests.core.rig import BAD, QUICK, Rig, settings_with

SETTINGS = settings_with(watch=QUICK, actions={"max_pauses": 3})


def start(rig: Rig, path: str = "a.gcode", at_s: float = 0.0, size: int = 5) -> None:
    """A print starts at this time of day."""
    rig.send(m.PrintStarted(f"id{at_s}", path, path, "local", at_s, "", size))
    rig.printer("PRINTING")


def paused_once(rig: Rig) -> None:
    rig.opened()
    rig.wait(0)
    rig.judged(BAD)
    rig.printer("PAUSING")
    rig.printer("PAUSED")
    assert rig.status()["pauses"] == 1


@pytest.fixture
def rig() -> Rig:
    rig = Rig(SETTINGS)
    start(rig)
    paused_once(rig)
    return rig


def test_after_a_restart_in_the_middle_the_counts_go_on(rig: Rig) -> None:
    rig.press("suppress")
    rig.restart()
    start(rig, at_s=300.0)
    assert rig.status()["pauses"] == 1
    assert rig.status()["suppressed"] is True


def test_an_orderly_shutdown_does_not_end_the_print(rig: Rig) -> None:
    rig.send(m.PrintEnded("shutdown"))
    rig.restart()
    start(rig, at_s=300.0)
    assert rig.status()["pauses"] == 1


@pytest.mark.parametrize("outcome", ["done", "cancelled", "failed", "disconnected"])
def test_a_print_that_ended_is_over_and_its_file_starts_at_zero(
    rig: Rig, outcome: str
) -> None:
    rig.send(m.PrintEnded(outcome))
    rig.restart()
    start(rig, at_s=300.0)
    assert rig.status()["pauses"] == 0


@pytest.mark.parametrize("seen_at", [None, True, "0", [0.0], math.nan, 10**400])
def test_counts_without_a_time_are_none(seen_at: Any) -> None:
    stored = {"path": "a.gcode", "origin": "local", "size": 5, "pauses": 2}
    rig = Rig(SETTINGS)
    rig.state = State(SETTINGS, {"job": {**stored, "seen_at": 0.0}})
    start(rig)
    assert rig.status()["pauses"] == 2
    rig.state = State(SETTINGS, {"job": {**stored, "seen_at": seen_at}})
    start(rig)
    assert rig.status()["pauses"] == 0


@pytest.mark.parametrize("pauses", [None, True, "2", 2.0, -2])
def test_a_count_that_is_none_is_zero_and_the_rest_is_taken_up(pauses: Any) -> None:
    stored = {"path": "a.gcode", "origin": "local", "size": 5, "seen_at": 0.0}
    rig = Rig(SETTINGS)
    rig.state = State(SETTINGS, {"job": {**stored, "pauses": pauses, "suppressed": True}})
    start(rig)
    assert rig.status()["pauses"] == 0
    assert rig.status()["suppressed"] is True


def test_within_one_run_every_start_begins_at_zero(rig: Rig) -> None:
    rig.send(m.PrintEnded("shutdown"))
    start(rig, at_s=10.0)
    assert rig.status()["pauses"] == 0


@pytest.mark.parametrize(
    "other", [{"path": "b.gcode"}, {"size": 6}, {"at_s": SAME_JOB_WITHIN_S + 60}]
)
def test_another_print_begins_at_zero(rig: Rig, other: dict[str, Any]) -> None:
    rig.restart()
    start(rig, **{"at_s": 100.0, **other})
    assert rig.status()["pauses"] == 0


def test_a_long_print_is_seen_under_way_now_and_then(rig: Rig) -> None:
    rig.wait(5 * 3600)
    noted = rig.seen(m.Remember)
    assert len(noted) >= 5 * 3600 / (NOTE_EVERY_S + 5)
    assert not noted[-1].soon
    rig.restart()
    start(rig, at_s=5 * 3600.0 + 600)
    assert rig.status()["pauses"] == 1


def test_what_must_survive_a_crash_is_written_at_once(rig: Rig) -> None:
    assert [note.soon for note in rig.seen(m.Remember)] == [True, True]


def test_counts_are_taken_up_once_only(rig: Rig) -> None:
    rig.restart()
    start(rig, "b.gcode", at_s=100.0)
    rig.send(m.PrintEnded("done"))
    start(rig, at_s=200.0)
    assert rig.status()["pauses"] == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=8,
)
NEARLY = st.fixed_dictionaries(
    {
        "path": st.just("a.gcode") | JSON,
        "origin": st.just("local") | JSON,
        "size": st.just(5) | JSON,
        "seen_at": st.just(0.0) | JSON,
        "pauses": JSON,
        "suppressed": JSON,
    }
)


@given(stored=JSON | NEARLY)
def test_any_memory_is_survived(stored: Optional[Any]) -> None:
    rig = Rig(SETTINGS)
    rig.state = State(SETTINGS, {"job": stored})
    start(rig)
    status = rig.status()
    assert isinstance(status["pauses"], int)
    assert status["pauses"] >= 0
    assert isinstance(status["suppressed"], bool)
