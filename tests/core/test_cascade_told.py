"""When a cascade's judge is asked, and what its scout's looks lead to, exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.cascade import DOUBLINGS
from octoprint_aiwatch.core.ladder import with_rung
from octoprint_aiwatch.core.pacing import STRETCH_MOST_S
from octoprint_aiwatch.core.rung import BACKOFF_FIRST_S
from octoprint_aiwatch.core.state import OPEN, Order, State
from octoprint_aiwatch.core.usual import SECTION, Usual
from octoprint_aiwatch.core.values import (
    FAILURE,
    OK,
    WARNING,
    Ahead,
    Detection,
    FrameEvidence,
    Inspection,
    PrinterReading,
    Reason,
    RemoteEvidence,
    Verdict,
)
from tests.core.rig import GOOD, LABELS, QUICK, WARN, Rig, remote, settings_with

EVERY_S = 10.0
SLOW_S = 600.0
MOST_S = 5 * SLOW_S
"""No story here takes longer."""
OWN_S = 40.0
"""The judge's own interval, which :data:`GOOD` brings."""
BOX = Detection(0.9, 0.5, 0.5, 0.2, 0.2)
QUIET = Inspection(FrameEvidence(0.01))
LOUD = Inspection(FrameEvidence(0.9), (BOX,))
SUSPICION = Verdict(WARNING, 0.5, (Reason("absolute_warning"),))


def cascade(
    slow_s: float = SLOW_S, remembered: Optional[dict[str, Any]] = None, **changes: Any
) -> Rig:
    """A print that the judge has just called harmless."""
    chosen = {"enabled": True, "interval_s": slow_s}
    tree = {"backend": "gadget", "watch": QUICK, "cascade": chosen, **changes}
    rig = Rig(settings_with(**tree))
    rig.state = State(rig.state.settings, remembered or {}, LABELS)
    rig.watching()
    rig.judged(GOOD)
    return rig


def ordered(rig: Rig) -> Order:
    assert rig.state.order is not None
    return rig.state.order


def next_look(rig: Rig) -> Order:
    """The next frame that is to be looked at, and by whom."""
    while rig.state.order is None or rig.state.order.kind == OPEN:
        assert rig.now_s < 1000.0 + MOST_S, "nobody is asked"
        if rig.state.order is not None:
            rig.opened()
        if rig.state.order is None:
            rig.wait(min(SLOW_S, max(0.001, rig.check_at - rig.now_s)))
    assert rig.state.ticket < MOST_S / EVERY_S, "somebody is asked all the time"
    return rig.state.order


def scouts(rig: Rig, inspection: Inspection, times: int = 1) -> None:
    """The scout has some looks; the judge finds nothing whenever it is asked."""
    for _ in range(times):
        while not next_look(rig).scouting:
            rig.judged(GOOD)
        rig.judged(inspection)


def asks_in_s(rig: Rig) -> Any:
    return rig.status()["cascade"]["asks_in_s"]


def suspecting(rig: Rig, refuted: int = 0) -> Rig:
    scout = replace(rig.state.scout, verdict=SUSPICION, refuted=refuted)
    rig.state = replace(rig.state, scout=scout)
    return rig


def known(rig: Rig, **changes: Any) -> Rig:
    """Something else is known of the judge. The clock stands at 1000 s."""
    rig.state = with_rung(rig.state, "gadget", **changes)
    return rig


def judge_says(rig: Rig, verdict: Verdict) -> Rig:
    rig.state = replace(rig.state, verdict=verdict)
    return rig


# -- when the judge is asked -----------------------------------------------------------


def test_the_judge_is_asked_at_its_slow_pace_and_the_scout_looks_meanwhile() -> None:
    rig = cascade()
    answered_s = rig.now_s
    assert asks_in_s(rig) == SLOW_S
    looks = 0
    while next_look(rig).scouting:
        assert ordered(rig).backend == "local"
        looks += 1
        rig.judged(QUIET)
    assert ordered(rig).backend == "gadget"
    assert rig.now_s - answered_s == pytest.approx(SLOW_S, abs=0.1)
    assert looks >= SLOW_S / EVERY_S - 2


def asked_at(rig: Rig, now_s: float) -> str:
    """Who is asked at this moment, when nobody was since the judge's answer."""
    rig.now_s = now_s
    rig.send(m.PrinterRead(rig.state.reading))
    return ordered(rig).backend


def test_the_judge_is_asked_the_moment_it_is_due() -> None:
    assert asked_at(cascade(60.0), 1059.9) == "local"
    assert asked_at(cascade(60.0), 1060.0) == "gadget"
    assert asked_at(known(cascade(60.0), not_before=1900.0), 1060.0) == "local"


def test_it_is_told_to_a_tenth_of_a_second_when() -> None:
    rig = cascade()
    rig.now_s += 0.26
    assert asks_in_s(rig) == SLOW_S - 0.3


def test_a_first_suspicion_asks_at_once_who_has_no_interval_of_its_own() -> None:
    rig = suspecting(known(cascade(), not_before=0.0))
    assert asks_in_s(rig) == 0.0


def test_who_failed_is_asked_as_soon_as_it_is_free_again() -> None:
    rig = suspecting(cascade())
    rig.now_s += OWN_S
    rig.send(m.PrinterRead(rig.state.reading))
    assert ordered(rig).backend == "gadget"
    rig.fails("timeout")
    rig.state = replace(rig.state, scout=rig.state.scout.without_evidence())
    while next_look(rig).backend == "local":
        assert ordered(rig).scouting is False
        rig.judged(QUIET)
    assert rig.now_s < 1000.0 + OWN_S + 2 * BACKOFF_FIRST_S


def test_the_scout_looks_out_for_nobody_but_the_judge() -> None:
    rig = cascade(fallback=["obico_ml"])
    rig.press("check_now")
    while next_look(rig).backend != "gadget":
        rig.judged(QUIET)
    rig.fails("token_refused", "ask")
    for _ in range(3):
        assert next_look(rig).backend == "obico_ml"
        rig.judged(QUIET)


def test_who_takes_over_from_the_judge_has_its_own_calls_stretched() -> None:
    rig = cascade(backend="obico_ml", fallback=["gadget"])
    rig.press("check_now")
    while next_look(rig).backend != "obico_ml":
        rig.judged(QUIET)
    rig.fails("token_refused", "ask")
    assert next_look(rig).backend == "gadget"
    rig.send(m.PrinterRead(PrinterReading("PRINTING"), {"gadget": 5}))
    rig.judged(GOOD)
    assert rig.check_at == rig.now_s + STRETCH_MOST_S


def test_the_scout_looks_as_often_as_the_user_wants() -> None:
    rig = cascade()
    assert rig.check_at == rig.now_s + EVERY_S
    scouts(rig, QUIET)
    assert rig.check_at == rig.now_s + EVERY_S


def test_the_users_larger_interval_is_the_slow_pace() -> None:
    rig = cascade(60.0, watch={**QUICK, "min_interval_s": 150})
    assert asks_in_s(rig) == 150.0


def test_few_calls_make_the_slow_pace_slower() -> None:
    rig = cascade(60.0)
    rig.send(m.PrinterRead(PrinterReading("PRINTING"), {"gadget": 5}))
    assert asks_in_s(rig) == STRETCH_MOST_S


def test_its_own_interval_is_kept_even_if_it_is_longer() -> None:
    rig = known(cascade(60.0), not_before=1900.0)
    assert asks_in_s(rig) == 900.0


def test_who_failed_is_not_asked_before_it_is_tried_again() -> None:
    rig = known(cascade(60.0), again_at=1200.0)
    assert asks_in_s(rig) == 200.0


def test_a_context_that_is_gone_has_no_interval_to_keep() -> None:
    rig = known(cascade(60.0), opened=False, not_before=1900.0)
    assert asks_in_s(rig) == 60.0


@pytest.mark.parametrize("level", [WARNING, FAILURE])
def test_who_doubts_is_asked_again_as_soon_as_it_allows(level: str) -> None:
    rig = judge_says(cascade(), Verdict(level, 0.8, (Reason("remote_failure"),)))
    assert asks_in_s(rig) == OWN_S


def test_who_is_making_sure_of_something_is_too() -> None:
    ahead = Ahead(WARNING, 0.5, 0.4, 30.0, left_s=20.0)
    rig = judge_says(cascade(), Verdict(OK, 0.3, (), ahead))
    assert asks_in_s(rig) == OWN_S
    rig = judge_says(cascade(), Verdict(OK, 0.3, (), replace(ahead, left_s=None)))
    assert asks_in_s(rig) == SLOW_S


def test_a_first_suspicion_asks_it_as_soon_as_it_allows() -> None:
    assert asks_in_s(suspecting(cascade())) == OWN_S


@pytest.mark.parametrize(("refuted", "times"), [(1, 2), (3, 8), (5, 32)])
def test_each_suspicion_that_was_refuted_doubles_the_pace(
    refuted: int, times: int
) -> None:
    expected_s = max(OWN_S, EVERY_S * times)
    assert asks_in_s(suspecting(cascade(3600.0), refuted)) == expected_s


@pytest.mark.parametrize("refuted", [DOUBLINGS, DOUBLINGS + 1, 5000])
def test_but_not_for_ever_and_never_beyond_the_slow_pace(refuted: int) -> None:
    most_s = EVERY_S * 2.0**DOUBLINGS
    assert asks_in_s(suspecting(cascade(3600.0), refuted)) == most_s
    assert asks_in_s(suspecting(cascade(300.0), refuted)) == 300.0


def test_a_check_that_is_overdue_is_asked_for_in_no_time() -> None:
    rig = cascade()
    rig.now_s += 2 * SLOW_S
    assert asks_in_s(rig) == 0.0


def test_who_has_not_answered_yet_is_asked_at_once() -> None:
    chosen = {"enabled": True, "interval_s": SLOW_S}
    rig = Rig(settings_with(backend="gadget", watch=QUICK, cascade=chosen))
    rig.watching()
    assert (ordered(rig).backend, ordered(rig).scouting) == ("gadget", False)
    assert asks_in_s(rig) is None


def test_where_there_is_no_scout_nothing_is_said_of_it() -> None:
    for changes in ({"cascade": {"enabled": False}}, {"backend": "local"}):
        rig = cascade(**changes)
        assert rig.status()["cascade"] == {
            "enabled": False,
            "suspects": False,
            "asks_in_s": None,
        }
        assert next_look(rig).scouting is False


def test_a_scout_that_cannot_look_leaves_the_judge_its_own_pace() -> None:
    rig = cascade()
    rig.wait(EVERY_S)
    assert (ordered(rig).backend, ordered(rig).kind) == ("local", OPEN)
    rig.fails("model_missing", "ask")
    assert next_look(rig).backend == "gadget"
    assert rig.now_s == pytest.approx(1000.0 + OWN_S, abs=0.1)
    assert rig.status()["blind"] is False
    rig.judged(GOOD)
    assert rig.check_at == pytest.approx(rig.now_s + OWN_S)


# -- what the scout sees ---------------------------------------------------------------


def test_a_look_of_the_scouts_is_a_check_but_no_verdict() -> None:
    rig = cascade()
    verdict = rig.state.verdict
    next_look(rig)
    rig.judged(LOUD)
    assert rig.state.verdict == verdict
    assert rig.state.judge == "gadget"
    status = rig.status()
    assert (status["checks"], status["frame"]) == (2, 2)
    assert [one["confidence"] for one in status["detections"]] == [BOX.confidence]


def test_a_suspicion_is_in_the_log_when_it_begins() -> None:
    rig = cascade()
    scouts(rig, QUIET, 15)
    scouts(rig, LOUD, 12)
    assert rig.state.scout.suspects
    logs = [one for one in rig.seen(m.Log) if one.code == "scout_suspects"]
    assert logs == [m.Log("info", "scout_suspects")]
    assert rig.status()["cascade"]["suspects"] is True
    codes = [one["code"] for one in rig.status()["reasons"]]
    assert "scout_suspects" in codes


def test_without_a_suspicion_none_is_told() -> None:
    rig = cascade()
    scouts(rig, QUIET)
    assert rig.status()["cascade"]["suspects"] is False
    codes = [one["code"] for one in rig.status()["reasons"]]
    assert "scout_suspects" not in codes


def test_while_a_suspicion_lasts_it_is_counted_how_often_it_was_refuted() -> None:
    rig = cascade()
    scouts(rig, QUIET, 15)
    scouts(rig, LOUD, 60)
    assert rig.state.scout.refuted >= 3


def test_a_suspicion_that_is_over_is_not_counted_on() -> None:
    rig = suspecting(cascade(), refuted=3)
    while not next_look(rig).scouting:
        rig.judged(GOOD)
    rig.judged(QUIET)
    assert not rig.state.scout.suspects
    assert rig.state.scout.refuted == 0


def asking(refuted: int) -> Rig:
    """The judge is being asked because of a suspicion."""
    rig = cascade(60.0)
    while next_look(rig).backend != "gadget":
        rig.judged(QUIET)
    return suspecting(rig, refuted)


def test_an_answer_that_finds_nothing_refutes_a_suspicion() -> None:
    rig = asking(2)
    rig.judged(GOOD)
    assert (rig.state.scout.refuted, rig.state.scout.asked_at) == (3, rig.now_s)


@pytest.mark.parametrize("found", [WARN, remote(0.9, warning=True, pause=True)])
def test_an_answer_that_finds_something_confirms_it(found: Inspection) -> None:
    rig = asking(2)
    rig.judged(found)
    assert (rig.state.scout.refuted, rig.state.scout.asked_at) == (0, rig.now_s)


def test_without_a_suspicion_there_is_nothing_to_refute() -> None:
    rig = cascade(60.0)
    while next_look(rig).backend != "gadget":
        rig.judged(QUIET)
    rig.judged(GOOD)
    assert rig.state.scout.refuted == 0


def test_a_resume_takes_the_scouts_suspicion_away() -> None:
    rig = suspecting(cascade())
    rig.printer("PAUSED")
    assert rig.state.scout.suspects
    rig.printer("PRINTING")
    assert not rig.state.scout.suspects
    assert rig.state.scout.asked_at is not None


def test_the_scout_begins_with_what_is_usual_for_it() -> None:
    rig = cascade(remembered={SECTION: {"local": {"mean": 0.2, "evidence_s": 7200.0}}})
    assert rig.state.scout.memory.frames.usual == Usual(0.2, 7200.0)


# -- where the scout has to judge ------------------------------------------------------


def without_judge() -> Rig:
    """The scout judges, since the judge is gone."""
    rig = cascade(60.0)
    scouts(rig, QUIET, 3)
    while next_look(rig).backend != "gadget":
        rig.judged(QUIET)
    rig.fails("timeout")
    assert next_look(rig).backend == "local"
    return rig


def test_it_goes_on_with_its_own_evidence() -> None:
    rig = without_judge()
    known_s = rig.state.scout.memory.frames.evidence_s
    assert known_s > 0
    assert ordered(rig).scouting is False
    rig.judged(QUIET)
    assert rig.state.judge == "local"
    assert known_s < rig.state.memory.frames.evidence_s <= known_s + 60.0
    assert asks_in_s(rig) is None


def test_its_judgements_are_no_answers_of_the_judge() -> None:
    rig = without_judge()
    asked_at = rig.state.scout.asked_at
    rig.judged(QUIET)
    assert rig.state.scout.asked_at == asked_at


def test_what_it_saw_as_judge_it_still_knows_as_scout() -> None:
    rig = without_judge()
    known_s = 0.0
    while next_look(rig).backend != "gadget":
        rig.judged(QUIET)
        known_s = rig.state.memory.frames.evidence_s
    rig.judged(GOOD)
    assert rig.state.judge == "gadget"
    assert rig.state.scout.memory.frames.evidence_s == known_s > 0.0
    assert rig.state.memory != rig.state.scout.memory


def test_a_scout_that_judges_tells_of_no_suspicion_of_its_own() -> None:
    rig = without_judge()
    rig.judged(QUIET)
    codes = [one["code"] for one in suspecting(rig).status()["reasons"]]
    assert "scout_suspects" not in codes


def test_remote_evidence_of_the_judge_stays_apart_from_the_scouts() -> None:
    rig = cascade()
    scouts(rig, QUIET)
    assert isinstance(rig.state.evidence, RemoteEvidence)
    assert rig.state.memory.frames.evidence_s == 0.0
