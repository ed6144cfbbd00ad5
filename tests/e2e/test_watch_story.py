"""A print from its start to its end, with either backend judging it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from simulator.clouds import Judgement, ScriptedJudge
from simulator.host import HostError

from tests.e2e.support_watch import SOON_S, Rig, Side, codes, seeds_rule

GRACE_S = 4
LATE_S = 3.0


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop)


@pytest.fixture(params=["gadget", "obico"])
def backend(request) -> str:
    return request.param


def paused_by_a_failure(rig: Rig, side: Side, since_s: float) -> None:
    """Lets the next check find a failure and waits for the pause."""
    side.say("failure")
    rig.host.watch_command("check_now")
    rig.wait_printer("PAUSED", since_s)
    rig.wait_status(lambda status: status["action"] == "paused", "the pause confirmed")


def test_a_failing_print_is_scored_then_warned_about_then_really_paused(rig, backend):
    side = rig.prepare(backend)
    with rig.printing() as since_s:
        status = rig.wait_checks(1)
        assert (status["phase"], status["verdict"]) == ("watching", "ok")
        assert 0.0 <= status["score"] < 0.4
        assert rig.fired("watch_started", since_s)

        side.say("warning")
        status = rig.check()
        assert status["verdict"] == "warning"
        assert 0.4 <= status["score"] < 0.7
        event = rig.wait_fired("warning_raised", since_s)
        assert (event.data["verdict"], event.data["backend"]) == ("warning", backend)
        assert event.data["job"]["id"] == status["job"]["id"]
        assert [alert["level"] for alert in rig.alerts("warning_raised", since_s)] == [
            "notice"
        ]
        assert rig.host.state().text == "Printing"

        paused_by_a_failure(rig, side, since_s)
        assert rig.host.stands_still()
        status = rig.host.status()
        assert (status["phase"], status["hold"]) == ("held", "paused")
        assert (status["verdict"], status["pauses"]) == ("failure", 1)
        assert status["score"] >= 0.7
        assert status["reason"].startswith("AI Watch paused the print: ")
        assert rig.fired_once("failure_detected", since_s)
        assert rig.fired_once("pause_confirmed", since_s)
        assert [alert["sticky"] for alert in rig.alerts("pause_confirmed", since_s)] == [
            True
        ]
        assert len(side.frames(since_s)) == 3, (
            "a print that stands still is not looked at"
        )


def test_nothing_says_paused_before_the_printer_is_paused(rig, backend):
    side = rig.prepare(backend)
    with rig.printing() as since_s:
        rig.wait_checks(1)
        paused_by_a_failure(rig, side, since_s)
        paused_s = rig.wait_printer("PAUSED", since_s).at_s
        assert rig.wait_fired("pause_confirmed", since_s).at_s >= paused_s
        early = [
            message.data["status"]["action"]
            for message in rig.host.messages("status", since_s)
            if message.at_s < paused_s
        ]
        assert "paused" not in early


def test_after_a_resume_evidence_is_gone_and_a_failure_waits_for_the_grace(rig, backend):
    side = rig.prepare(backend, watch={"grace_resume_s": GRACE_S})
    with rig.printing() as started_s:
        rig.wait_checks(1)
        paused_by_a_failure(rig, side, started_s)

        since_s = rig.host.now_s()
        rig.host.command("resume")
        resumed_s = rig.wait_printer("PRINTING", since_s).at_s
        again = rig.wait_printer("PAUSED", since_s, GRACE_S + 10)
        assert again.at_s - resumed_s >= GRACE_S - 0.1
        rig.wait_status(lambda status: status["pauses"] == 2, "the second pause counted")

        statuses = rig.statuses(since_s)
        fresh = next(status for status in statuses if status["hold"] is None)
        assert (fresh["verdict"], fresh["score"]) == ("unknown", None)
        assert fresh["action"] is None
        graced = [
            status
            for status in statuses
            if status["verdict"] == "failure" and status["grace_s"] > 0
        ]
        assert graced, "the service was asked during the grace and said failure"
        assert "grace" in codes(graced[0])
        assert graced[0]["action"] is None


def test_a_print_is_paused_at_most_so_often_and_then_only_talked_about(rig, backend):
    side = rig.prepare(backend, actions={"max_pauses": 2})
    with rig.printing() as since_s:
        side.say("failure")
        for pauses in (1, 2):
            rig.wait_status(
                lambda status, pauses=pauses: (
                    status["pauses"] == pauses and status["hold"] == "paused"
                ),
                f"pause number {pauses}",
            )
            resumed_s = rig.host.now_s()
            rig.host.command("resume")
        rig.host.wait_event("plugin_aiwatch_failure_detected", since_s=resumed_s)
        status = rig.check()
        assert (status["verdict"], status["pauses"]) == ("failure", 2)
        assert codes(status)[0] == "limit"
        assert rig.host.state().text == "Printing"
        assert rig.state_ids(resumed_s) == ["RESUMING", "PRINTING"]
        sticky = [alert["sticky"] for alert in rig.alerts("failure_detected", resumed_s)]
        assert sticky == [True]
        assert rig.state_ids(since_s).count("PAUSED") == 2


def test_a_failure_seen_before_the_watch_went_blind_pauses_nothing(rig, backend):
    side = rig.prepare(backend, watch={"grace_start_s": GRACE_S})
    side.say("failure")
    with rig.printing() as since_s:
        assert rig.wait_checks(1)["verdict"] == "failure"
        side.cloud.stop()
        rig.host.watch_command("check_now")
        status = rig.wait_status(lambda status: status["blind"], "blindness")
        assert status["grace_s"] > 0
        rig.wait_status(lambda status: status["grace_s"] == 0, "the end of the grace")
        # One more check fails, so the watch has thought about it after the grace.
        looks = rig.camera.requests
        rig.host.watch_command("check_now")
        rig.host.wait(lambda: rig.camera.requests > looks, SOON_S, "another look")
        rig.wait_status(lambda status: (status["next_check_s"] or 0) > 0, "its end")
        assert rig.host.status()["blind"]
        assert rig.fired("failure_detected", since_s) == []
        assert "PAUSING" not in rig.state_ids(since_s)
        side.cloud.start()


def test_without_a_gap_every_check_repeats_a_warning_and_nothing_else_does(rig):
    side = rig.prepare("gadget", notify={"min_gap_s": 0})
    side.say("warning")
    with rig.printing() as since_s:
        rig.wait_fired("warning_raised", since_s)
        # The printer is looked at every 2 s, which is no news of the print.
        with pytest.raises(HostError, match="no plugin_aiwatch_warning_raised"):
            rig.wait_fired("warning_raised", rig.host.now_s(), 3)
        rig.check()
        rig.host.wait(
            lambda: len(rig.fired("warning_raised", since_s)) == 2, SOON_S, "the second"
        )


def test_obicos_own_statistics_warn_as_the_seeds_rule_says(rig):
    side = rig.prepare("obico")
    good = 20
    side.cloud.judge = ScriptedJudge(
        lambda number, jpeg: Judgement(0.0 if number < good else 0.95)
    )
    side.cloud.unscript()
    with rig.printing() as since_s:
        rig.wait_checks(1)
        for _ in range(good + 10):
            status = rig.check()
            levels = [seeds_rule(frame.answer) for frame in side.frames(since_s)]
            assert status["verdict"] == levels[-1]
            if levels[-1] != "ok":
                break
        assert levels[-1] == "warning"
        assert set(levels[:-1]) == {"ok"}
        assert len(levels) > good, "not before the failure began"
        assert codes(status)[0] == "relative_warning"
        rig.wait_fired("warning_raised", since_s)
        assert rig.host.state().text == "Printing"


def test_each_of_two_prints_has_a_context_of_its_own(rig, backend):
    side = rig.prepare(backend)
    first_s = rig.host.now_s()
    ids = []
    for _ in range(2):
        with rig.printing() as since_s:
            ids.append(rig.wait_checks(1)["job"]["id"])
            paused_by_a_failure(rig, side, since_s)
            side.say("ok")
            rig.host.command("resume")
            rig.wait_checks(3)
        assert rig.fired_once("watch_started", since_s)
        assert rig.fired_once("watch_ended", since_s)
    assert ids[0] != ids[1]
    assert len(side.contexts(first_s)) == 2, "one after the other, and never back"
    if backend == "gadget":
        assert len(side.cloud.calls("create")) == len(side.contexts())


def test_a_late_answer_about_the_first_print_leaves_the_second_alone(rig, backend):
    side = rig.prepare(backend)
    with rig.printing() as first_s:
        rig.wait_checks(1)
        side.reply(replace(side.answer("failure"), delay_s=LATE_S), side.answer("ok"))
        rig.host.watch_command("check_now")
        asked = rig.host.wait(
            lambda: side.frames(first_s)[1:],
            SOON_S,
            "the frame whose answer will be late",
        )
    with rig.printing() as since_s:
        assert rig.host.now_s() < asked[0].at_s + LATE_S, "the answer is still to come"
        status = rig.wait_checks(1)
        assert rig.host.now_s() > asked[0].at_s + LATE_S, "the answer has come"
        assert (status["verdict"], status["pauses"]) == ("ok", 0)
        assert rig.host.state().text == "Printing"
        assert rig.fired("failure_detected", first_s) == []
        assert "PAUSING" not in rig.state_ids(first_s)
        assert len(side.frames(since_s)) == status["checks"]


def test_after_the_end_of_a_print_nobody_is_asked_any_more(rig):
    ended_s = {}
    for side in (rig.prepare("gadget"), rig.prepare("obico")):
        rig.prepare(side.key)
        with rig.printing():
            rig.wait_checks(1)
        ended_s[side] = rig.host.now_s()
        status = rig.host.status()
        assert (status["job"], status["next_check_s"]) == (None, None)
    pictures = rig.camera.requests

    def late_frames():
        return [side.frames(since_s) for side, since_s in ended_s.items()] != [[], []]

    # The next check would have been due 5 s after the last one.
    with pytest.raises(HostError, match="a call without a print"):
        rig.host.wait(late_frames, 5.5, "a call without a print")
    assert rig.camera.requests == pictures
