"""The live picture of the settings page: always an answer, and nothing left running."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, Callable

from octoprint_aiwatch.adapters.glances import SHOWN_BYTES, Glances
from octoprint_aiwatch.adapters.worker import WorkerPorts
from octoprint_aiwatch.core.errors import SnapshotError
from octoprint_aiwatch.core.settings import Camera
from octoprint_aiwatch.core.values import Frame, View
from tests.adapters.fakes import (
    FRAME,
    PATIENCE_S,
    SEEN,
    FakeDetector,
    FakeHttp,
    fake_registry,
    settings_with,
    transport,
    until,
)

CAMERA = settings_with().camera
STEP_S = 5.0


class Window:
    """A page that looks, with a fake world around it."""

    def __init__(self, **options: Any) -> None:
        self.http = FakeHttp()
        self.detector = FakeDetector()
        self.started = 0
        self.logged: list[str] = []
        self.now_s = 0.0
        self.take: Callable[[Camera], Frame] = lambda _: FRAME
        ports = WorkerPorts(
            registry=fake_registry(),
            take=lambda camera: self.take(camera),
            new_transport=self.start,
            take_call=self.never,
            clean=lambda value: value,
            log_exception=self.logged.append,
            warn=self.logged.append,
            clock=self.clock,
            chance=lambda: 0.5,
        )
        self.glances = Glances(ports, **options)

    def start(self) -> Any:
        self.started += 1
        return transport(self.http, self.detector)

    def never(self, key: str) -> bool:
        raise AssertionError("a glance costs no call")

    def clock(self) -> float:
        self.now_s += STEP_S
        return self.now_s

    def look(self, name: str = "") -> Any:
        return self.glances.run(replace(CAMERA, name=name))


def test_a_picture_is_shown_with_its_size() -> None:
    document = Window().look()
    assert document["ok"] is True
    assert document["text"] == "cam: a frame of 640 x 480."
    assert document["frame"].startswith("data:image/jpeg;base64,")


def test_how_a_person_sees_the_webcam_is_told() -> None:
    window = Window()
    window.take = lambda _: replace(FRAME, view=View(flip_h=True))
    view = window.look()["view"]
    assert view == {"flip_h": True, "flip_v": False, "rotate_90": False}


def test_nobody_is_sent_the_frame() -> None:
    window = Window()
    window.look()
    assert (window.http.requests, window.detector.wishes) == ([], [])


def test_a_black_picture_is_shown_and_called_black() -> None:
    window = Window()
    window.detector.seen = replace(SEEN, bright=3, contrast=2)
    document = window.look()
    assert document["ok"] is False
    assert document["text"] == "The webcam's picture is black."
    assert "light" in document["advice"]
    assert document["frame"]


def test_a_picture_that_is_too_small_is_called_so() -> None:
    window = Window()
    window.take = lambda _: replace(FRAME, width=64, height=48)
    assert "64 x 48" in window.look()["text"]


def test_a_picture_that_never_changes_is_called_frozen() -> None:
    window = Window()
    assert window.look()["ok"] is True
    document = window.look()
    assert document["ok"] is False
    assert "frozen" in document["text"]
    assert "print goes on" not in document["text"]


def test_another_webcam_is_looked_at_with_fresh_eyes() -> None:
    window = Window()
    window.look("one")
    assert window.look("other")["ok"] is True


def test_a_webcam_that_does_not_answer_is_told_with_what_to_do() -> None:
    window = Window()

    def take(camera: Camera) -> Frame:
        raise SnapshotError("snapshot_unreachable")

    window.take = take
    document = window.look()
    assert document["text"] == "The webcam does not answer."
    assert document["advice"]
    assert document["frame"] is None


def test_a_mistake_of_ours_is_logged_and_told() -> None:
    window = Window()

    def take(camera: Camera) -> Frame:
        raise ValueError("a secret")

    window.take = take
    document = window.look()
    assert "a secret" not in document["text"]
    assert window.logged
    window.take = lambda _: FRAME
    assert window.look()["ok"] is True


def test_a_huge_picture_is_judged_and_not_sent_to_the_page() -> None:
    window = Window()
    window.take = lambda _: replace(FRAME, jpeg=b"x" * (SHOWN_BYTES + 1))
    document = window.look()
    assert (document["ok"], document["frame"]) == (True, None)


def test_one_process_looks_at_all_pictures_and_ends_when_nobody_asks() -> None:
    window = Window(idle_s=0.05)
    window.look()
    until(lambda: window.detector.closed, "the process to be ended")
    window.look()
    assert window.started == 2


def test_while_somebody_asks_it_goes_on() -> None:
    window = Window()
    window.look()
    window.look()
    assert (window.started, window.detector.closed) == (1, 0)


def test_who_would_wait_too_long_is_sent_away() -> None:
    window = Window(turn_s=0.0)
    entered, gate = threading.Event(), threading.Event()

    def take(camera: Camera) -> Frame:
        entered.set()
        assert gate.wait(PATIENCE_S)
        return FRAME

    window.take = take
    first = threading.Thread(target=window.look, daemon=True)
    first.start()
    assert entered.wait(PATIENCE_S)
    assert window.look() is None
    gate.set()
    first.join(PATIENCE_S)
    assert window.look() is not None
