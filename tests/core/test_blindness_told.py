"""What is told when we cannot see, and when we can again, exactly."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.values import (
    NO_VERDICT,
    Detection,
    Inspection,
    PrinterReading,
    Reason,
    RemoteEvidence,
)
from tests.core.rig import GOOD, QUICK, Rig, remote, settings_with

BLIND_AFTER_S = 90.0
TIMEOUT = Reason("timeout", {"host": "h"})
BOX = Detection(0.8, 0.5, 0.5, 0.1, 0.1)


@pytest.fixture
def rig() -> Rig:
    """A print of which one frame was judged, with a box, and the next is due."""
    rig = Rig(settings_with(watch={**QUICK, "blind_after_s": BLIND_AFTER_S}))
    rig.watching()
    rig.judged(Inspection(RemoteEvidence(0.1, False, False), (BOX,), 10.0))
    rig.wait(10.0)
    rig.forget()
    return rig


def look(rig: Rig, after_s: float = 0.0) -> None:
    """The printer is looked at, some time later; nothing else happens."""
    rig.now_s += after_s
    rig.send(m.PrinterRead(rig.state.reading))


def raised(rig: Rig) -> list[m.RaiseEvent]:
    found: list[m.RaiseEvent] = rig.seen(m.RaiseEvent)
    return found


def test_a_fault_is_in_the_log_with_what_is_known_of_it(rig: Rig) -> None:
    rig.fails("timeout")
    assert rig.seen(m.Log) == [m.Log("warning", "timeout", {"host": "h"})]


@pytest.mark.parametrize(
    ("code", "source", "news"),
    [
        ("timeout", "backend", False),
        ("timeout", "camera", True),
        ("reset", "backend", True),
    ],
)
def test_a_fault_is_news_if_its_cause_is_another(
    rig: Rig, code: str, source: str, news: bool
) -> None:
    rig.fails("timeout")
    rig.wait(10.0)
    rig.forget()
    rig.fails(code, source=source)
    assert [log.code for log in rig.seen(m.Log)] == ([code] if news else [])


def test_the_verdict_is_gone_at_once_and_that_is_told_once_and_why(rig: Rig) -> None:
    rig.fails("timeout")
    look(rig, 1.0)
    look(rig, 1.0)
    assert raised(rig) == [m.RaiseEvent("verdict_changed", TIMEOUT)]
    assert rig.state.verdict == NO_VERDICT
    assert rig.state.sightings == ()


def test_blindness_is_told_with_its_cause_when_it_has_lasted_exactly_so_long(
    rig: Rig,
) -> None:
    rig.fails("timeout")
    rig.forget()
    look(rig, BLIND_AFTER_S - 0.1)
    assert rig.alerts() == []
    look(rig, 0.1)
    assert rig.seen(m.Alert) == [
        m.Alert("blinded", "notice", "title_blinded", TIMEOUT),
    ]
    assert raised(rig) == [m.RaiseEvent("blinded", TIMEOUT)]


def test_a_fault_has_its_time_however_long_all_was_well_before_it(rig: Rig) -> None:
    for _ in range(20):
        rig.judged(remote(next_s=10.0))
        rig.wait(10.0)
    rig.fails("timeout")
    look(rig, BLIND_AFTER_S - 0.1)
    assert rig.alerts() == []


def test_without_an_answer_it_says_that_there_was_none(rig: Rig) -> None:
    look(rig, BLIND_AFTER_S + 0.1)
    reason = Reason("no_answer")
    assert raised(rig) == [
        m.RaiseEvent("verdict_changed", reason),
        m.RaiseEvent("blinded", reason),
    ]


def test_calls_that_are_used_up_are_told_at_once(rig: Rig) -> None:
    rig.judged(GOOD)
    rig.forget()
    rig.send(m.PrinterRead(PrinterReading("PRINTING"), {"gadget": 0}))
    assert rig.alerts() == ["blinded"]
    assert rig.seen(m.Log)[0].code == "budget_spent"


RECOVERED = m.Log("info", "recovered")


def test_a_recovery_is_told_where_blindness_was(rig: Rig) -> None:
    rig.fails("timeout")
    look(rig, BLIND_AFTER_S)
    rig.forget()
    rig.judged(GOOD)
    reason = Reason("recovered")
    assert rig.seen(m.Alert) == [
        m.Alert("recovered", "success", "title_recovered", reason)
    ]
    assert raised(rig)[0] == m.RaiseEvent("recovered", reason)
    assert rig.seen(m.Log) == [RECOVERED]


def test_each_blindness_is_told_once() -> None:
    rig = Rig(settings_with(watch={**QUICK, "blind_after_s": BLIND_AFTER_S}))
    rig.watching()
    for times in (1, 2):
        rig.fails("timeout")
        look(rig, BLIND_AFTER_S)
        look(rig, 1.0)
        look(rig, 1.0)
        assert rig.alerts().count("blinded") == times
        rig.judged(remote(next_s=0.0))
        rig.wait(10.0)


def test_the_end_of_a_trouble_that_nobody_heard_of_is_in_the_log_only(rig: Rig) -> None:
    rig.fails("timeout")
    look(rig, 10.0)
    rig.forget()
    rig.judged(GOOD)
    assert rig.seen(m.Log) == [RECOVERED]
    assert "recovered" not in rig.events()


def test_an_answer_that_came_too_late_is_a_recovery_too(rig: Rig) -> None:
    look(rig, BLIND_AFTER_S + 0.1)
    rig.forget()
    rig.judged(GOOD)
    assert rig.seen(m.Log) == [RECOVERED]
    assert "recovered" in rig.events()


def test_where_nothing_was_wrong_there_is_no_recovery(rig: Rig) -> None:
    rig.judged(GOOD)
    assert rig.seen(m.Log) == []
