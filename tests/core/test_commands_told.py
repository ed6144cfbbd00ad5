"""What other settings and the buttons leave behind, and what is told of them, exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.commands import MOST_IGNORED, refusal
from octoprint_aiwatch.core.settings import Settings
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.usual import SECTION
from octoprint_aiwatch.core.values import (
    WARNING,
    Detection,
    FrameEvidence,
    Inspection,
    PrinterReading,
    Reason,
    RemoteEvidence,
    Verdict,
)
from tests.core.rig import BAD, GOOD, LABELS, QUICK, WARN, Rig, remote, settings_with

PRINT = 7
"""The number of the print that OctoPrint's connection is at."""
BOX = Detection(0.97, 0.25, 0.25, 0.2, 0.2)
ELSEWHERE = Detection(0.97, 0.75, 0.75, 0.2, 0.2)
THIRD = Detection(0.97, 0.75, 0.25, 0.2, 0.2)
FADING = (BOX, replace(THIRD, confidence=0.6), replace(ELSEWHERE, confidence=0.35))
"""Beside the first, the last passes for something that jumps about."""
QUIET = Inspection(FrameEvidence(0.0))
SURER = {"pause_confidence": 5}
"""Other confidences: what was believed before is no evidence any more."""


def loud(*boxes: Detection) -> Inspection:
    return Inspection(FrameEvidence(0.97), boxes)


def judge(rig: Rig, inspection: Inspection) -> None:
    """The next check, once it is due and its backend is ready."""
    rig.until_ordered()
    rig.judged(inspection)


def watched(remembered: Optional[dict[str, Any]] = None, **changes: Any) -> Rig:
    """A print whose first frame is looked at; nobody acts but by messages."""
    tree = {"watch": QUICK, "actions": {"on_failure": "notify"}, **changes}
    rig = Rig(settings_with(**tree))
    rig.state = State(rig.state.settings, remembered or {}, LABELS)
    rig.watching()
    return rig


def local(**changes: Any) -> Rig:
    """The detector on this machine has watched a print that began well."""
    rig = watched(backend="local", **changes)
    for _ in range(12):
        judge(rig, QUIET)
    return rig


def until(rig: Rig, level: str, *boxes: Detection) -> Rig:
    """These are seen until they are called what they are."""
    while rig.status()["verdict"] != level:
        assert rig.state.checks < 100, "it never is"
        judge(rig, loud(*boxes))
    return rig


def other(**changes: Any) -> Settings:
    tree = {"watch": QUICK, "actions": {"on_failure": "notify"}, **changes}
    return settings_with(**tree)


def logged(rig: Rig) -> list[m.Log]:
    found: list[m.Log] = rig.seen(m.Log)
    return found


def failures(rig: Rig) -> int:
    return rig.events().count("failure_detected")


def unless(rig: Rig) -> list[str]:
    return [box["unless"] for box in rig.status()["detections"]]


# -- other settings --------------------------------------------------------------------


def test_settings_that_change_while_nothing_prints_lead_to_nothing(rig: Rig) -> None:
    assert rig.change(settings_with(backend="obico", watch=QUICK)) == []


def test_another_backend_is_shown_before_it_has_judged() -> None:
    rig = watched()
    rig.judged(GOOD)
    rig.change(other(backend="local"))
    assert rig.status()["backend"] == "local"
    assert rig.status()["phase"] == "opening"


def test_a_backend_that_the_user_chose_is_no_change_to_be_told_of() -> None:
    rig = watched()
    judge(rig, GOOD)
    rig.change(other(backend="local"))
    judge(rig, QUIET)
    assert "backend_changed" not in rig.events()
    assert rig.status()["grace_s"] == 0


def test_a_backend_that_the_user_chose_knows_what_is_usual() -> None:
    usual = {"mean": 0.25, "evidence_s": 7200.0}
    rig = watched({SECTION: {"local": usual}})
    judge(rig, GOOD)
    rig.change(other(backend="local"))
    rig.send(m.PrintEnded("done"))
    assert rig.seen(m.Remember)[-1].value == {"local": usual}


def test_what_was_seen_with_other_confidences_is_no_evidence_any_more() -> None:
    rig = until(local(), "warning", BOX)
    rig.change(other(backend="local", decision=SURER))
    judge(rig, loud(BOX))
    assert rig.status()["verdict"] == "ok"


def test_the_quality_that_another_backend_told_is_not_shown() -> None:
    rig = watched()
    judge(rig, Inspection(RemoteEvidence(0.1, False, False, quality=9)))
    rig.change(other(backend="local"))
    assert rig.status()["quality"] is None


def test_a_fault_of_another_backend_blinds_nobody() -> None:
    rig = watched()
    rig.fails()
    assert rig.status()["blind"] is True
    rig.change(other(backend="local"))
    assert rig.status()["blind"] is False


def test_the_verdict_is_taken_back_and_that_is_said() -> None:
    rig = watched()
    judge(rig, WARN)
    effects = rig.change(other(backend="local"))
    assert m.RaiseEvent("verdict_changed", Reason("no_data")) in effects


def test_a_failure_that_is_seen_again_with_other_settings_is_told_again() -> None:
    rig = watched()
    judge(rig, BAD)
    rig.change(other(decision=SURER))
    judge(rig, BAD)
    assert failures(rig) == 2


def test_with_a_pause_under_way_it_is_the_same_failure() -> None:
    rig = Rig(settings_with(watch=QUICK))
    rig.watching()
    rig.judged(BAD)
    rig.change(settings_with(watch=QUICK, decision=SURER))
    judge(rig, BAD)
    rig.wait(rig.state.settings.actions.verify_s)
    assert rig.status()["action"] == "pause_failed"
    assert failures(rig) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"backend": "obico"},
        {"fallback": ["local"]},
        {"cascade": {"enabled": True}},
        {"decision": {"warning_confidence": 5}},
        {"decision": {"pause_confidence": 5}},
        {"backends": {"gadget": {"api_key": "k"}}},
    ],
)
def test_whatever_the_evidence_hangs_on_closes_its_contexts(
    changes: dict[str, Any],
) -> None:
    rig = watched()
    assert m.CloseContext() in rig.change(other(**changes))


def test_a_scout_that_was_a_fallback_before_begins_anew() -> None:
    rig = watched(fallback=["local"])
    changed = other(fallback=["local"], cascade={"enabled": True})
    assert m.CloseContext() in rig.change(changed)


def test_backends_without_any_fields_are_told_apart() -> None:
    rig = Rig(replace(other(backend="gadget"), backends={}))
    rig.watching()
    changed = replace(other(backend="obico"), backends={})
    assert m.CloseContext() in rig.change(changed)


# -- pointing at a box -----------------------------------------------------------------


def test_a_command_that_nobody_can_mean_a_box_by_does_nothing_with_one() -> None:
    rig = local()
    judge(rig, loud(BOX, ELSEWHERE))
    assert rig.press("suppress", BOX) == []


def test_a_box_that_is_no_failure_is_none_in_the_next_frame_either() -> None:
    rig = local()
    judge(rig, loud(BOX, ELSEWHERE))
    rig.press("not_a_failure", BOX)
    judge(rig, loud(BOX, ELSEWHERE))
    assert unless(rig) == ["not_a_failure", ""]


def test_of_several_boxes_that_were_pointed_at_none_is_forgotten() -> None:
    rig = local()
    judge(rig, loud(BOX, ELSEWHERE, THIRD))
    rig.press("not_a_failure", BOX)
    rig.press("not_a_failure", ELSEWHERE)
    judge(rig, loud(BOX, ELSEWHERE, THIRD))
    assert unless(rig) == ["not_a_failure", "not_a_failure", ""]


def test_a_place_to_be_ignored_always_is_ignored_as_long_as_its_zone_is() -> None:
    rig = local()
    judge(rig, loud(BOX, ELSEWHERE))
    rig.press("always_ignore", BOX)
    assert unless(rig) == ["ignored_zone", ""]
    judge(rig, loud(BOX, ELSEWHERE))
    assert unless(rig) == ["", ""]


@pytest.mark.parametrize("box", [BOX, None])
def test_only_so_many_boxes_are_kept_and_the_last_is_one_of_them(
    box: Optional[Detection],
) -> None:
    rig = local()
    full = tuple(replace(THIRD, confidence=n / 1000) for n in range(MOST_IGNORED))
    rig.state = replace(rig.state, ignored=full)
    judge(rig, loud(BOX))
    rig.press("not_a_failure", box)
    assert rig.state.ignored == (*full[1:], BOX)


def test_without_the_strongest_place_less_is_enough_for_another_to_count() -> None:
    rig = local()
    for _ in range(30):
        judge(rig, loud(*FADING))
    assert unless(rig) == ["", "", "passing"]
    rig.press("not_a_failure", BOX)
    judge(rig, loud(*FADING))
    assert unless(rig) == ["not_a_failure", "", ""]


@pytest.mark.parametrize("command", ["not_a_failure", "always_ignore"])
def test_pointing_at_a_box_is_in_the_log(command: str) -> None:
    rig = local()
    judge(rig, loud(BOX, ELSEWHERE))
    rig.forget()
    rig.press(command, BOX)
    assert logged(rig) == [m.Log("info", command)]


@pytest.mark.parametrize("box", [BOX, None])
def test_a_failure_elsewhere_is_not_believed_for_what_was_waved_through(
    box: Optional[Detection],
) -> None:
    rig = until(local(), "warning", BOX)
    rig.press("not_a_failure", box)
    judge(rig, loud(BOX, ELSEWHERE))
    assert rig.status()["verdict"] == "ok"


@pytest.mark.parametrize("box", [BOX, None])
def test_a_failure_elsewhere_is_told_though_one_was_waved_through(
    box: Optional[Detection],
) -> None:
    rig = until(local(), "failure", BOX)
    rig.press("not_a_failure", box)
    # It failed before anybody saw it fine again: by one strong frame after another.
    rig.state = replace(
        rig.state, verdict=Verdict("failure", 0.9, (Reason("absolute_failure"),))
    )
    rig.wait(1)
    assert failures(rig) == 2


# -- pointing at what the scout sees ---------------------------------------------------


def cascade() -> Rig:
    """The scout has begun to suspect something, and the judge has not."""
    chosen = {"enabled": True, "interval_s": 600}
    rig = watched(backend="gadget", cascade=chosen)
    rig.judged(GOOD)
    for _ in range(12):
        scouts(rig, QUIET)
    return rig


def scouts(rig: Rig, inspection: Inspection) -> None:
    """The scout has a look; whenever the judge is asked it finds nothing."""
    while True:
        rig.until_ordered()
        assert rig.state.order is not None
        if rig.state.order.scouting:
            rig.judged(inspection)
            return
        rig.judged(GOOD)


def suspects(rig: Rig) -> Any:
    return rig.status()["cascade"]["suspects"]


def test_a_scouts_only_box_that_is_no_failure_ends_its_suspicion() -> None:
    rig = cascade()
    scouts(rig, loud(BOX))
    scout = replace(rig.state.scout, verdict=Verdict(WARNING, 0.5))
    rig.state = replace(rig.state, scout=scout)
    assert suspects(rig) is True
    rig.press("not_a_failure", BOX)
    assert suspects(rig) is False


def test_the_scout_too_goes_on_without_what_it_saw_there() -> None:
    rig = cascade()
    for _ in range(30):
        scouts(rig, loud(*FADING))
    assert unless(rig) == ["", "", "passing"]
    rig.press("not_a_failure", BOX)
    scouts(rig, loud(*FADING))
    assert unless(rig) == ["not_a_failure", "", ""]


# -- the buttons -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "code"), [("suppress", "suppressed"), ("unsuppress", "unsuppressed")]
)
def test_switching_alerts_off_and_on_is_in_the_log(
    rig: Rig, command: str, code: str
) -> None:
    rig.watching()
    rig.forget()
    rig.press(command)
    assert logged(rig) == [m.Log("info", code)]


def test_only_a_service_that_decides_by_itself_is_given_time() -> None:
    rig = until(local(), "warning", BOX)
    rig.press("not_a_failure")
    assert rig.status()["grace_s"] == 0


def test_not_a_failure_leaves_no_box_to_point_at() -> None:
    rig = local()
    judge(rig, loud(BOX))
    rig.press("not_a_failure")
    assert refusal(rig.state, m.Commanded("not_a_failure", BOX)) == "no_such_box"


def test_not_a_failure_takes_the_shown_quality_with_it() -> None:
    rig = watched()
    judge(rig, Inspection(RemoteEvidence(0.9, True, False, quality=3)))
    rig.press("not_a_failure")
    assert rig.status()["quality"] is None


def test_not_a_failure_is_told_with_the_verdict_that_it_takes_back() -> None:
    rig = watched()
    judge(rig, WARN)
    effects = rig.press("not_a_failure")
    assert m.Log("info", "not_a_failure") in effects
    assert m.RaiseEvent("verdict_changed", Reason("no_data")) in effects


def test_a_service_that_still_sees_the_failure_after_its_time_is_believed() -> None:
    rig = watched()
    judge(rig, BAD)
    rig.press("not_a_failure")
    judge(rig, remote(0.95, warning=True, pause=True, next_s=0.0))
    rig.wait(QUICK["grace_resume_s"])
    assert failures(rig) == 2


def test_check_now_asks_who_was_left_alone_even_as_the_clock_begins() -> None:
    rig = Rig(settings_with(watch=QUICK))
    rig.now_s = 0.0
    rig.watching()
    rig.fails("timeout", "retry")
    assert rig.state.order is None
    rig.press("check_now")
    assert rig.state.order is not None


# -- after our pause -------------------------------------------------------------------


def paused(number: Optional[int] = PRINT) -> Rig:
    """A print that we paused."""
    rig = Rig(settings_with(watch=QUICK))
    rig.start(then=None)
    printer(rig, "PRINTING")
    rig.opened()
    rig.wait(0.0)
    rig.judged(BAD)
    printer(rig, "PAUSED")
    rig.state = replace(rig.state, print_number=number)
    rig.forget()
    return rig


def printer(rig: Rig, state_id: str) -> None:
    rig.send(m.PrinterRead(PrinterReading(state_id, None, False, None, PRINT)))


@pytest.mark.parametrize(("number", "asked"), [(PRINT, PRINT), (None, 0)])
def test_the_print_that_we_paused_is_the_one_that_goes_on(
    number: Optional[int], asked: int
) -> None:
    rig = paused(number)
    rig.press("resume", job="id1")
    assert rig.seen(m.ResumePrint) == [m.ResumePrint(asked)]


@pytest.mark.parametrize(("number", "asked"), [(PRINT, PRINT), (None, 0)])
def test_the_print_that_we_paused_is_the_one_that_is_cancelled(
    number: Optional[int], asked: int
) -> None:
    rig = paused(number)
    rig.press("cancel_print", job="id1")
    assert rig.seen(m.CancelPrint) == [m.CancelPrint(asked)]


@pytest.mark.parametrize("command", ["resume", "cancel_print"])
def test_what_is_asked_after_a_pause_is_in_the_log(command: str) -> None:
    rig = paused()
    rig.press(command, job="id1")
    assert logged(rig) == [m.Log("info", command)]
