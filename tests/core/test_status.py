"""The status document: complete, honest, and with a sentence for everything."""

from __future__ import annotations

import json

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.values import (
    Detection,
    Inspection,
    RemoteEvidence,
    StatisticsEvidence,
    View,
)
from octoprint_aiwatch.core.words import SENTENCES
from tests.core.rig import BAD, GOOD, QUICK, Rig, remote, settings_with

CONTRACT = {
    "v",
    "phase",
    "verdict",
    "score",
    "blind",
    "suppressed",
    "reason",
    "reasons",
    "backend",
    "camera",
    "job",
    "next_check_s",
    "checks",
    "calls_this_month",
    "detections",
    "pauses",
    "version",
}


def codes(rig: Rig) -> list[str]:
    return [reason["code"] for reason in rig.status()["reasons"]]


def test_the_document_has_every_key_of_the_contract_and_is_json(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    document = json.loads(json.dumps(rig.status()))
    assert set(document) >= CONTRACT
    assert document["v"] == 1


def test_how_the_last_frame_is_seen_is_told(rig: Rig) -> None:
    rig.watching()
    as_delivered = {"flip_h": False, "flip_v": False, "rotate_90": False}
    assert rig.status()["view"] == as_delivered
    rig.judged(GOOD, View(flip_h=True, rotate_90=True))
    assert rig.status()["view"] == {"flip_h": True, "flip_v": False, "rotate_90": True}


def test_idle_there_is_no_job_no_score_and_no_next_check(rig: Rig) -> None:
    status = rig.status()
    assert status["job"] is None
    assert status["score"] is None
    assert status["next_check_s"] is None
    assert status["reason"] == SENTENCES["idle"]


def test_before_the_first_check_there_is_no_data_and_no_blindness(rig: Rig) -> None:
    rig.watching()
    status = rig.status()
    assert (status["verdict"], status["score"], status["blind"]) == (
        "unknown",
        None,
        False,
    )
    assert status["reason"] == SENTENCES["first_check"]


def test_the_countdown_runs_to_the_next_check(rig: Rig) -> None:
    rig.watching()
    assert rig.status()["next_check_s"] == 0.0
    rig.judged(remote(next_s=40))
    rig.wait(15)
    assert rig.status()["next_check_s"] == 25.0


def test_the_countdown_respects_the_backends_minimum_after_a_resume(rig: Rig) -> None:
    rig.watching()
    rig.judged(remote(next_s=40))
    rig.printer("PAUSED")
    assert rig.status()["next_check_s"] is None
    rig.wait(10)
    rig.printer("PRINTING")
    assert rig.status()["next_check_s"] == 30.0


def test_a_quality_is_shown_when_the_service_tells_one(rig: Rig) -> None:
    rig.watching()
    rig.judged(Inspection(RemoteEvidence(0.1, False, False, quality=9)))
    assert rig.status()["quality"] == 9


def test_detections_are_shown_in_shares_of_the_frame() -> None:
    rig = Rig(settings_with(backend="obico", watch=QUICK))
    rig.watching()
    box = Detection(0.8, 0.5, 0.25, 0.1, 0.05)
    rig.judged(Inspection(StatisticsEvidence(0.8, 0.1, 0.1, 0.1), (box,)))
    assert rig.status()["detections"] == [
        {
            "confidence": 0.8,
            "x": 0.5,
            "y": 0.25,
            "w": 0.1,
            "h": 0.05,
            "counts": False,
            "unless": "background",
        }
    ]


def test_both_channels_say_where_they_stand() -> None:
    rig = Rig(settings_with(backend="obico", watch=QUICK))
    rig.watching()
    rig.judged(Inspection(StatisticsEvidence(0.1, 0.1, 0.1, 0.1)))
    assert set(codes(rig)) == {"relative_ok", "absolute_ok", "next_look"}


def test_pausing_comes_first_in_the_reasons(rig: Rig) -> None:
    rig.watching()
    rig.judged(BAD)
    assert codes(rig)[0] == "pausing"


def test_a_users_pause_and_ours_read_differently(rig: Rig) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.printer("PAUSED")
    assert codes(rig)[0] == "hold_paused"
    rig.printer("PRINTING")
    rig.wait(41)
    rig.judged(BAD)
    rig.printer("PAUSED")
    assert codes(rig)[0] == "hold_paused_by_us"


@pytest.mark.parametrize(("by_user", "who"), [(True, "user"), (False, "printer")])
def test_a_pause_says_who_made_it_until_it_is_over(
    rig: Rig, by_user: bool, who: str
) -> None:
    rig.watching()
    rig.judged(GOOD)
    rig.printer("PAUSING")
    rig.send(m.PrintPaused(by_user))
    assert rig.status()["paused_by"] is None
    rig.printer("PAUSED")
    assert rig.status()["paused_by"] == who
    assert codes(rig)[0] == "hold_paused_by_" + who
    rig.send(m.PrintResumed())
    rig.printer("PRINTING")
    assert rig.status()["paused_by"] is None
    rig.wait(41)
    rig.judged(BAD)
    rig.send(m.PrintPaused(by_user=False))
    rig.printer("PAUSED")
    assert rig.status()["paused_by"] == "us"


def test_when_no_more_pauses_are_allowed_it_says_so() -> None:
    rig = Rig(
        settings_with(watch={**QUICK, "grace_resume_s": 0}, actions={"max_pauses": 1})
    )
    rig.watching()
    rig.judged(BAD)
    rig.printer("PAUSED")
    rig.printer("PRINTING")
    rig.wait(41)
    rig.judged(BAD)
    assert codes(rig)[0] == "limit"


def test_opening_a_context_says_with_whom(rig: Rig) -> None:
    rig.start()
    assert codes(rig) == ["opening"]


def test_every_printer_state_has_its_sentence(rig: Rig) -> None:
    rig.watching()
    for state_id in (
        "STARTING",
        "PAUSING",
        "PAUSED",
        "RESUMING",
        "FINISHING",
        "CANCELLING",
        "ERROR",
    ):
        rig.printer(state_id)
        reason = rig.status()["reason"]
        assert reason
        assert not reason.startswith("hold_")


def test_a_blind_watch_says_why_and_what_to_do(rig: Rig) -> None:
    rig.watching()
    rig.fails("snapshot_is_page", "next_frame", "camera")
    assert rig.status()["reason"] == (
        "The webcam sent a web page instead of a JPEG. "
        "Check the snapshot URL in OctoPrint's webcam settings."
    )


def test_grace_counts_down_in_the_document() -> None:
    rig = Rig(settings_with(watch={**QUICK, "grace_start_s": 60}))
    rig.watching()
    rig.judged(GOOD)
    rig.wait(20)
    assert rig.status()["grace_s"] == 40.0
    assert "grace" in codes(rig)
    rig.wait(45)
    assert rig.status()["grace_s"] == 0.0


def test_events_of_a_paused_job_never_change_it_to_another_job(rig: Rig) -> None:
    rig.watching()
    before = rig.status()["job"]["id"]
    rig.printer("PAUSED")
    rig.send(m.PrintResumed())
    assert rig.status()["job"]["id"] == before
