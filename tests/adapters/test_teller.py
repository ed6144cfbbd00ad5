"""From the watch to the notifier: which events are news, and what is said of them."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.adapters.notifier import STARTED, Tiding
from octoprint_aiwatch.adapters.teller import KINDS, Teller
from octoprint_aiwatch.core import kinds
from octoprint_aiwatch.core.messages import Alert, RaiseEvent
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.values import Reason
from tests.adapters.fakes import FRAME, settings_with


class FakeNotifier:
    def __init__(self) -> None:
        self.tidings: list[Tiding] = []
        self.calls: list[str] = []

    def tell(self, tiding: Tiding) -> None:
        self.tidings.append(tiding)

    def reacted(self) -> None:
        self.calls.append("reacted")

    def settled(self) -> None:
        self.calls.append("settled")


def document(**changes: Any) -> dict[str, Any]:
    base = {
        "job": {"name": "a.gcode"},
        "score": 0.9,
        "verdict": "failure",
        "backend_label": "Fake",
        "hold": None,
        "budget": {"backends": []},
    }
    return {**base, **changes}


@pytest.fixture
def notifier() -> FakeNotifier:
    return FakeNotifier()


@pytest.fixture
def teller(notifier: FakeNotifier) -> Teller:
    return Teller(notifier, lambda: "2026-11")  # type: ignore[arg-type]


STATE = State(settings_with())


def event(name: str, **params: Any) -> RaiseEvent:
    return RaiseEvent(name, Reason("remote_pause", params))


def test_every_kind_of_news_but_the_budget_is_an_event() -> None:
    assert set(KINDS.values()) == (set(kinds.KINDS) - {kinds.BUDGET}) | {STARTED}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_an_event_is_news(teller: Teller, notifier: FakeNotifier, name: str) -> None:
    teller.fired(event(name), document(), STATE, FRAME)
    (tiding,) = notifier.tidings
    assert tiding.news.kind == KINDS[name]
    assert tiding.news.job == "a.gcode"
    assert tiding.news.score == 0.9
    assert "confident" in tiding.news.reason
    assert tiding.frame is FRAME


def test_the_end_of_a_watch_still_knows_the_jobs_name(
    teller: Teller, notifier: FakeNotifier
) -> None:
    teller.fired(event("watch_ended", job="a.gcode"), document(job=None), STATE, None)
    assert notifier.tidings[0].news.job == "a.gcode"


def test_whoever_wants_no_warnings_gets_none(
    teller: Teller, notifier: FakeNotifier
) -> None:
    state = State(settings_with(actions={"on_warning": "none"}))
    teller.fired(event("warning_raised"), document(), state, FRAME)
    assert notifier.tidings == []


def test_a_verdict_that_is_fine_again_settles_it(
    teller: Teller, notifier: FakeNotifier
) -> None:
    teller.fired(event("verdict_changed"), document(verdict="warning"), STATE, None)
    assert notifier.calls == []
    teller.fired(event("verdict_changed"), document(verdict="ok"), STATE, None)
    assert notifier.calls == ["settled"]


def test_a_print_that_somebody_paused_needs_no_more_calling(
    teller: Teller, notifier: FakeNotifier
) -> None:
    for hold in (None, "paused", "paused", None, "paused"):
        teller.told(document(hold=hold), STATE, None)
    assert notifier.calls == ["settled", "settled"]


def row(left: Any, used: int) -> dict[str, Any]:
    return {"key": "g", "label": "G", "calls_left": left, "calls": used}


def test_the_last_tenth_of_the_months_calls_is_told_once(
    teller: Teller, notifier: FakeNotifier
) -> None:
    for left in (None, 100, 11, 10, 9, 0):
        rows = [row(left, 100 - (left or 0))]
        teller.told(document(budget={"backends": rows}), STATE, None)
    (tiding,) = notifier.tidings
    assert tiding.news.kind == kinds.BUDGET
    assert tiding.news.reason == "G: 10 of this month's 100 calls are left."
    assert tiding.once == "budget g 2026-11 100"


def test_calls_that_do_not_last_to_the_end_of_the_print_are_told(
    teller: Teller, notifier: FakeNotifier
) -> None:
    for name in ("budget_short", "budget_short_next", "backend_left_out"):
        teller.alerted(Alert(name, "notice", "title_budget_short", Reason(name)))
    assert [one.news.kind for one in notifier.tidings] == [kinds.BUDGET] * 2
