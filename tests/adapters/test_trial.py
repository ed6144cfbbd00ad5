"""The settings page's Test: step by step, one at a time, always an answer."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Callable

import pytest

from octoprint_aiwatch.adapters.redact import BLOT, Redactor
from octoprint_aiwatch.adapters.trial import Trials
from octoprint_aiwatch.adapters.worker import WorkerPorts
from octoprint_aiwatch.core.errors import Ask, Retry, SnapshotError, Unreachable
from octoprint_aiwatch.core.settings import Camera
from octoprint_aiwatch.core.values import (
    Detection,
    Frame,
    FrameEvidence,
    Inspection,
    StatisticsEvidence,
)
from tests.adapters.fakes import (
    FAKE_FIELDS,
    FRAME,
    JPEG,
    PATIENCE_S,
    SEEN,
    FakeDetector,
    FakeHttp,
    fake_registry,
    judgement,
    settings_with,
    transport,
    until,
)

SECRET = "SECRET-KEY"
SETTINGS = settings_with(
    FAKE_FIELDS,
    backend="fake",
    backends={"fake": {"url": "https://fake.example", "api_key": SECRET}},
)
PICTURE = "data:image/jpeg;base64," + base64.b64encode(JPEG).decode("ascii")


class Desk:
    """A settings page's Test with a fake world around it."""

    def __init__(self, result: Any = None) -> None:
        self.http = FakeHttp()
        self.detector = FakeDetector()
        self.take: Callable[[Camera], Frame] = lambda _: FRAME
        self.counted: list[str] = []
        self.logged: list[str] = []
        self.warnings: list[str] = []
        self.now_s = 0.0
        redactor = Redactor()
        redactor.learn([SECRET])
        ports = WorkerPorts(
            registry=fake_registry(result),
            take=lambda camera: self.take(camera),
            new_transport=lambda: transport(self.http, self.detector),
            take_call=lambda key: not self.counted.append(key),
            clean=redactor.clean_all,
            log_exception=self.logged.append,
            warn=self.warnings.append,
            clock=self.clock,
            chance=lambda: 0.5,
        )
        self.trials = Trials(ports, lambda: "abc")

    def clock(self) -> float:
        self.now_s += 1.25
        return self.now_s

    def run(self, **changes: Any) -> Any:
        return self.trials.run(replace(SETTINGS, **changes))


def test_a_good_test_tells_of_both_steps_and_shows_the_frame() -> None:
    document = Desk().run()
    assert document == {
        "ok": True,
        "backend": "fake",
        "took_s": 2.5,
        "steps": [
            {
                "name": "snapshot",
                "ok": True,
                "text": "cam: a frame of 640 x 480.",
                "advice": "",
            },
            {
                "name": "backend",
                "ok": True,
                "text": "Fake backend: score 0.10, 0 boxes.",
                "advice": "",
            },
        ],
        "score": 0.1,
        "verdict": "ok",
        "detections": [],
        "frame": PICTURE,
        "view": {"flip_h": False, "flip_v": False, "rotate_90": False},
    }


def test_the_document_is_plain_data() -> None:
    document = Desk().run()
    assert json.loads(json.dumps(document)) == document


def test_a_test_opens_a_context_of_its_own() -> None:
    desk = Desk()
    desk.run()
    assert desk.http.urls == [
        "https://fake.example/open",
        "https://fake.example/inspect/test-abc",
    ]
    assert desk.http.closed == 1


def test_a_test_uses_a_call_and_it_is_counted() -> None:
    desk = Desk()
    desk.run()
    assert desk.counted == ["fake"]


def test_boxes_are_shown_and_counted() -> None:
    box = Detection(0.5, 0.1, 0.2, 0.3, 0.4)
    found = Inspection(StatisticsEvidence(0.5, 0.1, 0.1, 0.1), (box,))
    document = Desk(found).run()
    assert document["detections"] == [
        {"confidence": 0.5, "x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4}
    ]
    assert document["steps"][1]["text"].endswith("1 boxes.")


def test_a_verdict_is_shown_and_nothing_is_done_about_it() -> None:
    document = Desk(judgement(0.95, warning=True, pause=True)).run()
    assert (document["verdict"], document["score"]) == ("failure", 0.95)
    assert document["ok"] is True


def test_a_single_frames_score_is_shown_as_high_as_it_is() -> None:
    box = Detection(0.97, 0.5, 0.5, 0.2, 0.2)
    document = Desk(Inspection(FrameEvidence(0.97), (box,))).run()
    assert document["score"] > 0.9
    assert document["verdict"] == "failure"
    assert Desk(Inspection(FrameEvidence(0.05))).run()["verdict"] == "ok"


def test_without_a_webcam_it_ends_at_the_first_step() -> None:
    desk = Desk()

    def take(_: Camera) -> Frame:
        raise SnapshotError("snapshot_refused", status=401)

    desk.take = take
    document = desk.run()
    assert document["ok"] is False
    assert document["frame"] is None
    assert document["score"] is None
    assert document["verdict"] == "unknown"
    assert document["steps"] == [
        {
            "name": "snapshot",
            "ok": False,
            "text": "The webcam refuses OctoPrint's login (HTTP 401).",
            "advice": "Check user name and password in OctoPrint's webcam settings.",
        }
    ]
    assert desk.http.urls == []


def test_a_picture_of_nothing_is_told_and_costs_nothing() -> None:
    desk = Desk()
    desk.detector.seen = replace(SEEN, bright=3, contrast=2, ground=0, odd=0.0)
    document = desk.run()
    assert document["ok"] is False
    assert document["frame"] == PICTURE
    assert document["steps"] == [
        {
            "name": "snapshot",
            "ok": False,
            "text": "The webcam's picture is black.",
            "advice": "Switch a light on, and check that nothing covers the lens.",
        }
    ]
    assert (desk.http.urls, desk.counted) == ([], [])
    assert (desk.http.closed, desk.detector.closed) == (1, 1)


def test_a_frame_that_cannot_be_looked_at_is_tested_all_the_same() -> None:
    desk = Desk()
    desk.detector.seen = Retry("detector_memory")
    assert desk.run()["ok"] is True
    assert desk.warnings == [
        "Frames are judged without being looked at first: There is not enough memory "
        "for the detector."
    ]


def test_a_refusing_backend_is_told_with_the_frame_that_was_taken() -> None:
    document = Desk(Ask("api_key_refused")).run()
    assert document["ok"] is False
    assert document["frame"] == PICTURE
    assert [step["ok"] for step in document["steps"]] == [True, False]
    assert document["steps"][1] == {
        "name": "backend",
        "ok": False,
        "text": "The service does not accept the API key.",
        "advice": "Check the API key in AI Watch's settings.",
    }
    assert document["score"] is None


def test_a_backend_that_cannot_be_reached_is_told() -> None:
    desk = Desk()
    desk.http.answers = [Unreachable("refused", sent=False, host="fake.example")]
    document = desk.run()
    assert document["steps"][1]["text"] == "fake.example refuses the connection."
    assert desk.http.closed == 1


def test_a_servers_words_are_redacted() -> None:
    document = Desk(Retry("request_refused", detail=f"bad key {SECRET}")).run()
    assert SECRET not in json.dumps(document)
    assert BLOT in document["steps"][1]["text"]


def test_a_bug_ends_with_a_sentence_and_a_line_in_the_log() -> None:
    desk = Desk(ZeroDivisionError(SECRET))
    document = desk.run()
    assert document["steps"][1]["text"] == (
        "Something went wrong inside AI Watch (ZeroDivisionError)."
    )
    assert desk.logged == ["Unexpected error while testing"]
    assert SECRET not in json.dumps(document)


def test_after_a_test_another_one_can_run() -> None:
    desk = Desk()
    assert desk.run()["ok"]
    assert desk.run()["ok"]


@pytest.fixture
def hanging() -> Iterator[tuple[Desk, threading.Event]]:
    """A desk whose webcam hangs, and what lets go of it."""
    desk, gate = Desk(), threading.Event()

    def take(_: Camera) -> Frame:
        assert gate.wait(PATIENCE_S)
        return FRAME

    desk.take = take
    yield desk, gate
    gate.set()
    until(lambda: not running_trials())


def running_trials() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "aiwatch-test"]


def test_while_one_runs_another_one_is_refused(
    hanging: tuple[Desk, threading.Event],
) -> None:
    desk, gate = hanging
    answers: list[Any] = []
    first = threading.Thread(target=lambda: answers.append(desk.run()))
    first.start()
    until(running_trials)
    assert desk.run() is None
    gate.set()
    first.join(PATIENCE_S)
    assert answers[0]["ok"]
    assert desk.run()["ok"]


def test_a_test_that_hangs_is_answered_and_still_keeps_others_out(
    hanging: tuple[Desk, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octoprint_aiwatch.adapters.trial.WITHIN_S", 0.05)
    desk, gate = hanging
    started_s = time.monotonic()
    document = desk.run()
    assert time.monotonic() - started_s < 5.0
    assert document["ok"] is False
    assert document["steps"] == [
        {
            "name": "backend",
            "ok": False,
            "text": "There has been no answer for a long time.",
            "advice": "",
        }
    ]
    assert desk.run() is None
    gate.set()
    monkeypatch.undo()
    until(lambda: not running_trials())
    assert desk.run()["ok"]


def test_its_thread_keeps_nobody_from_ending(
    hanging: tuple[Desk, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octoprint_aiwatch.adapters.trial.WITHIN_S", 0.05)
    desk, _ = hanging
    desk.run()
    assert all(thread.daemon for thread in running_trials())
