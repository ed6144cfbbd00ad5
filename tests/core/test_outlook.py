"""The one sentence about what comes next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest

from octoprint_aiwatch.core.outlook import outlook
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.values import Ahead, Verdict
from octoprint_aiwatch.core.words import SENTENCES, explain
from tests.core.rig import BAD, GOOD, QUICK, Rig, settings_with


def seeing(ahead: Optional[Ahead], level: str = "ok", **actions: Any) -> State:
    """A watched print with this much to go to the next level."""
    rig = Rig(settings_with(watch=QUICK, actions=actions))
    rig.watching()
    rig.judged(GOOD)
    return replace(rig.state, verdict=Verdict(level, 0.2, (), ahead), evidence=None)


def code(state: State) -> str:
    found = outlook(state)
    return "" if found is None else found.code


@pytest.mark.parametrize("action", ["pause", "cancel", "notify"])
@pytest.mark.parametrize("level", ["warning", "failure"])
@pytest.mark.parametrize(
    ("hold_s", "left_s", "kind"),
    [(0.0, None, "ahead"), (40.0, None, "lasting"), (40.0, 12.0, "soon")],
)
def test_it_says_what_it_takes_and_what_is_done_then(
    action: str, level: str, hold_s: float, left_s: Optional[float], kind: str
) -> None:
    state = seeing(Ahead(level, 0.3, 0.78, hold_s, left_s), on_failure=action)
    what = action if level == "failure" else "warning"
    assert code(state) == f"{kind}_{what}"
    found = outlook(state)
    assert found is not None
    assert f"{kind}_{what}" in SENTENCES
    text = explain(found.code, found.params)
    assert ("12 s" in text) if kind == "soon" else ("0.78" in text and "0.30" in text)


@pytest.mark.parametrize("action", ["pause", "cancel", "notify"])
def test_a_service_that_decides_by_itself_is_said_to(action: str) -> None:
    rig = Rig(settings_with(watch=QUICK, actions={"on_failure": action}))
    rig.watching()
    rig.judged(GOOD)
    assert code(rig.state) == "service_" + action
    assert rig.status()["outlook"]["text"] == SENTENCES["service_" + action]


def test_after_the_last_pause_that_is_allowed_no_pause_is_announced() -> None:
    state = seeing(Ahead("failure", 0.3, 0.78), max_pauses=1)
    assert code(state) == "ahead_pause"
    assert code(replace(state, pauses=1)) == "ahead_notify"


def test_with_alerts_off_nothing_is_announced() -> None:
    state = replace(seeing(Ahead("failure", 0.3, 0.78)), suppressed=True)
    assert code(state) == "quiet_ahead"


def test_nothing_is_announced_of_what_is_there_or_not_watched() -> None:
    rig = Rig(settings_with(watch=QUICK))
    assert rig.status()["outlook"] is None
    rig.watching()
    assert rig.status()["outlook"] is None
    rig.judged(BAD)
    assert rig.status()["outlook"] is None


@pytest.mark.parametrize(("left_s", "kind"), [(0.0, "lasting"), (0.5, "soon")])
def test_it_is_soon_as_long_as_any_time_is_left(left_s: float, kind: str) -> None:
    state = seeing(Ahead("failure", 0.3, 0.78, 40.0, left_s))
    assert code(state) == f"{kind}_pause"


def test_without_a_next_level_only_a_service_is_said_to_decide() -> None:
    assert outlook(seeing(None)) is None
