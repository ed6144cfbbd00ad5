"""The drill: each link as it works, fails or hangs, and what it never touches."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable, Optional

import pytest

from octoprint_aiwatch import backends, bootstrap
from octoprint_aiwatch.adapters.calls import CallCount
from octoprint_aiwatch.adapters.drill import DrillPorts, Drills, Patience
from octoprint_aiwatch.adapters.redact import BLOT, Redactor
from octoprint_aiwatch.adapters.services import Services
from octoprint_aiwatch.adapters.worker import WorkerPorts
from octoprint_aiwatch.backends.base import Backend
from octoprint_aiwatch.core import jpeg
from octoprint_aiwatch.core.errors import Ask, Retry, SnapshotError, Unreachable
from octoprint_aiwatch.core.settings import Camera, Settings
from octoprint_aiwatch.core.tariff import Tariff
from octoprint_aiwatch.core.usual import NOTHING_USUAL, Usual
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
    PATIENCE_S,
    FakeDetector,
    FakeHttp,
    fake_backend,
    judgement,
    settings_with,
    transport,
    until,
)

SECRET = "SECRET-KEY"
URLS = ["json://one.example", "json://two.example"]
PICTURE = Frame(b"picture", 320, 240)
FAILURE = Inspection(FrameEvidence(0.94), (Detection(0.9, 0.5, 0.5, 0.4, 0.4),))
SHORT = Patience(backend_s=0.2, webcam_s=0.2, message_s=0.2)


def settings(**changes: Any) -> Settings:
    fake = {"fake": {"url": "https://fake.example", "api_key": SECRET}}
    return settings_with(FAKE_FIELDS, backend="fake", backends=fake, **changes)


class Desk:
    """A drill with a played world around it."""

    def __init__(
        self, folder: Path, result: Any = FAILURE, patience: Optional[Patience] = None
    ) -> None:
        self.backend: type[Backend] = fake_backend(result)
        self.http = FakeHttp()
        self.detector = FakeDetector()
        self.take: Callable[[Camera], Frame] = lambda _: FRAME
        self.state_id = "OPERATIONAL"
        self.answers: dict[str, Any] = {}
        self.told: list[str] = []
        self.logged: list[str] = []
        self.usual = NOTHING_USUAL
        self.lines: list[str] = ["G1 Z27 F600"]
        self.calls = CallCount(str(folder / "calls.json"))
        redactor = Redactor()
        redactor.learn([SECRET])
        worker = WorkerPorts(
            registry={"fake": self.backend},
            take=lambda camera: self.take(camera),
            new_transport=lambda: transport(self.http, self.detector),
            take_call=self.calls.take,
            clean=redactor.clean_all,
            log_exception=self.logged.append,
            warn=self.logged.append,
            clock=lambda: 0.0,
            chance=lambda: 0.5,
        )
        self.drills = Drills(
            DrillPorts(
                worker,
                lambda: "abc",
                lambda: PICTURE,
                lambda: self.state_id,
                lambda park: (self.lines, (), ("park_cold",)),
                self._tell,
                Services("salt"),
                self.calls,
                lambda key: self.usual,
                patience or Patience(PATIENCE_S, PATIENCE_S, PATIENCE_S),
            )
        )

    def _tell(self, url: str, within_s: float) -> tuple[bool, str]:
        self.told.append(url)
        answer = self.answers.get(url, (True, ""))
        found: tuple[bool, str] = answer() if callable(answer) else answer
        return found

    def run(self, **changes: Any) -> Any:
        document = self.drills.run(settings(**changes))
        assert json.loads(json.dumps(document)) == document, "it is plain data"
        return document


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def states(document: Any) -> dict[str, str]:
    return {link["name"]: link["state"] for link in document["links"]}


def link(document: Any, name: str) -> Any:
    return next(one for one in document["links"] if one["name"] == name)


# -- the chain ------------------------------------------------------------------------


def test_a_chain_that_works_passes_link_by_link(desk: Desk) -> None:
    document = desk.run(notify={"urls": URLS})
    assert [one["title"] for one in document["links"]] == [
        "Backend",
        "Judgement",
        "Webcam",
        "Message through json",
        "Message through json",
        "Pause",
    ]
    assert {one["state"] for one in document["links"]} == {"passed"}
    assert document["ok"] is True
    assert sorted(desk.told) == URLS


def test_the_picture_goes_through_the_real_transport_in_a_context_of_its_own(
    desk: Desk,
) -> None:
    desk.run()
    assert desk.http.urls == [
        "https://fake.example/open",
        "https://fake.example/inspect/drill-abc",
    ]
    assert desk.http.closed == 2, "the backend's way and the one to look at a snapshot"


def test_what_would_happen_when_is_told_in_numbers_too(desk: Desk) -> None:
    document = desk.run()
    assert 0 < document["warns_after_s"] < document["fails_after_s"]
    assert (document["verdict"], len(document["detections"])) == ("failure", 1)
    seconds = f"{document['fails_after_s']:.0f} s"
    assert seconds in link(document, "judgement")["text"]


def test_the_configured_confidences_decide(desk: Desk) -> None:
    early = desk.run(decision={"warning_confidence": 1, "pause_confidence": 1})
    late = desk.run(decision={"warning_confidence": 5, "pause_confidence": 5})
    assert early["fails_after_s"] <= late["fails_after_s"]


def test_what_is_usual_for_this_printer_counts(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Inspection(FrameEvidence(0.36)))
    desk.usual = Usual(0.4, 36_000.0)
    document = desk.run()
    assert link(document, "judgement")["state"] == "failed"
    assert document["ok"] is False
    assert link(document, "judgement")["advice"]


def test_a_service_that_is_silent_about_one_frame_is_no_failure(tmp_path: Path) -> None:
    document = Desk(tmp_path, judgement(0.6)).run()
    assert states(document)["judgement"] == "skipped"
    assert document["ok"] is True


def test_a_call_is_counted_like_every_other(desk: Desk) -> None:
    desk.run()
    assert desk.calls.this_month("fake") == 1


def test_without_services_for_messages_that_link_says_so(desk: Desk) -> None:
    document = desk.run()
    assert states(document)["message"] == "skipped"
    assert desk.told == []


# -- what fails -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Unreachable("refused", host="fake.example"), "fake.example refuses"),
        (Ask("api_key_refused"), "does not accept the API key"),
        (Retry("server_fault", status=500), "HTTP 500"),
        (ZeroDivisionError(), "inside AI Watch (ZeroDivisionError)"),
    ],
)
def test_a_backend_that_fails_is_told_and_the_others_are_tried(
    tmp_path: Path, error: Exception, text: str
) -> None:
    desk = Desk(tmp_path, error)
    document = desk.run(notify={"urls": URLS[:1]})
    assert states(document) == {
        "backend": "failed",
        "judgement": "skipped",
        "webcam": "passed",
        "message": "passed",
        "pause": "passed",
    }
    assert text in link(document, "backend")["text"]
    assert document["score"] is None


def test_calls_that_are_used_up_are_not_made(desk: Desk) -> None:
    desk.calls.limit = 1
    assert desk.calls.take("fake")
    document = desk.run()
    assert "used up" in link(document, "backend")["text"]
    assert desk.http.urls == ["https://fake.example/open"]


def test_a_webcam_that_fails_is_told(desk: Desk) -> None:
    def broken(_: Camera) -> Frame:
        raise SnapshotError("snapshot_unreachable")

    desk.take = broken
    document = desk.run()
    assert states(document)["webcam"] == "failed"
    assert states(document)["judgement"] == "passed"
    assert link(document, "webcam")["advice"]


def test_a_black_picture_fails_the_webcam(desk: Desk) -> None:
    desk.detector.seen = SnapshotError("picture_black")
    assert "black" in link(desk.run(), "webcam")["text"]


def test_a_service_that_refuses_a_message_is_told_and_the_next_is_tried(
    desk: Desk,
) -> None:
    desk.answers[URLS[0]] = (False, "Unauthorized")
    document = desk.run(notify={"urls": URLS})
    found = [one for one in document["links"] if one["name"] == "message"]
    assert [one["state"] for one in found] == ["failed", "passed"]
    assert "Unauthorized" in found[0]["text"]


def test_a_secret_in_a_servers_words_is_blotted_out(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Retry("request_refused", detail=f"no such key {SECRET}"))
    document = desk.run()
    assert SECRET not in json.dumps(document)
    assert BLOT in link(document, "backend")["text"]


def test_a_printer_that_is_not_there_is_said_and_is_no_failure(desk: Desk) -> None:
    desk.state_id = "OFFLINE"
    document = desk.run()
    assert states(document)["pause"] == "skipped"
    assert "No printer is connected" in link(document, "pause")["text"]
    assert document["ok"] is True


def test_the_lines_that_would_park_are_shown(desk: Desk) -> None:
    document = desk.run(actions={"park": {"enabled": True}})
    assert link(document, "pause")["lines"] == desk.lines
    assert "too cold" in link(document, "pause")["text"]


def test_no_lines_are_shown_where_nothing_would_be_parked(desk: Desk) -> None:
    assert link(desk.run(), "pause")["lines"] == []


# -- what hangs -----------------------------------------------------------------------


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    gate = threading.Event()
    yield gate
    gate.set()


def test_a_backend_that_hangs_is_reported_and_asked_no_further(tmp_path: Path) -> None:
    desk = Desk(tmp_path, patience=SHORT)
    desk.http.gate.clear()
    document = desk.run(notify={"urls": URLS[:1]})
    assert states(document) == {
        "backend": "failed",
        "judgement": "skipped",
        "webcam": "passed",
        "message": "passed",
        "pause": "passed",
    }
    assert "no answer within" in link(document, "backend")["text"]
    assert desk.detector.killed, "a detector is not left behind"
    desk.http.gate.set()
    until(lambda: desk.http.closed == 2, "the way out to be closed")
    assert desk.http.urls == ["https://fake.example/open"], "the paid call is not made"


def test_a_webcam_that_hangs_is_reported(tmp_path: Path, gate: threading.Event) -> None:
    desk = Desk(tmp_path, patience=SHORT)
    desk.take = lambda _: (gate.wait(PATIENCE_S), FRAME)[1]
    document = desk.run()
    assert states(document)["webcam"] == "failed"
    assert states(document)["judgement"] == "passed"


def test_a_service_that_hangs_is_reported(tmp_path: Path, gate: threading.Event) -> None:
    desk = Desk(tmp_path, patience=SHORT)
    desk.answers[URLS[0]] = lambda: (gate.wait(PATIENCE_S), "")
    document = desk.run(notify={"urls": URLS})
    found = [one["state"] for one in document["links"] if one["name"] == "message"]
    assert found == ["failed", "passed"]


def test_what_still_hangs_is_not_started_once_more(
    tmp_path: Path, gate: threading.Event
) -> None:
    desk = Desk(tmp_path, patience=SHORT)
    asked: list[Camera] = []

    def hang(camera: Camera) -> Frame:
        asked.append(camera)
        gate.wait(PATIENCE_S)
        return FRAME

    desk.take = hang
    desk.run()
    again = desk.run()
    assert "still no answer" in link(again, "webcam")["text"]
    assert len(asked) == 1
    gate.set()
    until(
        lambda: link(desk.run(), "webcam")["state"] == "passed", "the webcam to be tried"
    )


def test_there_is_one_drill_at_a_time(tmp_path: Path, gate: threading.Event) -> None:
    desk = Desk(tmp_path)
    desk.take = lambda _: (gate.wait(PATIENCE_S), FRAME)[1]
    first: list[Any] = []
    thread = threading.Thread(target=lambda: first.append(desk.run()))
    thread.start()
    until(lambda: desk.drills.refusal() == "drill_busy", "the drill to begin")
    assert desk.drills.run(settings()) is None
    gate.set()
    thread.join(PATIENCE_S)
    assert first[0]["ok"] is True
    assert desk.drills.refusal() == ""


# -- a print --------------------------------------------------------------------------


@pytest.mark.parametrize("state_id", ["STARTING", "PRINTING", "PAUSING", "PAUSED"])
def test_while_a_print_is_on_there_is_no_drill(desk: Desk, state_id: str) -> None:
    desk.state_id = state_id
    assert desk.drills.refusal() == "drill_printing"
    plan = desk.drills.plan(settings())
    assert plan["possible"] is False
    assert "print is on" in plan["why_not"]


def test_when_a_print_begins_the_backend_is_asked_no_further(desk: Desk) -> None:
    send = desk.http.send

    def begin(request: Any) -> Any:
        desk.state_id = "STARTING"
        return send(request)

    desk.http.send = begin  # type: ignore[method-assign]
    document = desk.run()
    assert desk.http.urls == ["https://fake.example/open"]
    assert states(document)["backend"] == "skipped"
    assert states(document)["pause"] == "skipped"
    assert desk.calls.this_month("fake") == 0


# -- beforehand -----------------------------------------------------------------------


def says(desk: Desk, **changes: Any) -> str:
    return " ".join(desk.drills.plan(settings(**changes))["says"])


def test_the_plan_asks_nobody(desk: Desk) -> None:
    plan = desk.drills.plan(settings(notify={"urls": URLS}))
    assert plan["possible"] is True
    assert plan["services"] == ["json", "json"]
    assert (desk.http.urls, desk.told, desk.calls.this_month("fake")) == ([], [], 0)
    assert "one.example" not in json.dumps(plan), "an address is a secret"


def test_a_price_that_nobody_told_us_is_not_made_up(desk: Desk) -> None:
    assert desk.drills.plan(settings())["price_usd"] is None
    assert "between you and the service" in says(desk)


def test_a_free_call_is_called_free_and_the_one_after_has_its_price(desk: Desk) -> None:
    desk.backend.tariff = Tariff(((0, 0.0), (2, 0.0004)))
    assert desk.drills.plan(settings())["price_usd"] == 0.0
    assert "0 are used" in says(desk)
    for _ in range(2):
        desk.calls.take("fake")
    assert desk.drills.plan(settings())["price_usd"] == 0.0004
    assert "US$ 0.0004" in says(desk)


def test_what_is_left_of_the_calls_is_told(desk: Desk) -> None:
    desk.calls.limit = 5
    assert "5 are left" in says(desk)


def test_a_backend_without_a_tariff_costs_nothing(desk: Desk) -> None:
    desk.backend.tariff = None
    plan = desk.drills.plan(settings())
    assert (plan["calls"], plan["price_usd"]) == (0, 0.0)
    assert "your server" in says(desk), "it has an address"
    desk.backend.fields = ()
    assert "judged here" in says(desk)


def test_that_a_service_keeps_the_picture_in_its_means_is_told(desk: Desk) -> None:
    assert "averages" not in says(desk)
    desk.backend.keeps_means = True
    assert "averages" in says(desk)


def test_obicos_backends_keep_means_and_no_other_does() -> None:
    keeping = {key for key, one in backends.REGISTRY.items() if one.keeps_means}
    assert keeping == {"obico", "obico_super"}


def test_a_services_means_may_decide_sooner(tmp_path: Path) -> None:
    loud = Inspection(StatisticsEvidence(0.95, 0.0, 0.0, 0.0))
    assert "averages" in link(Desk(tmp_path, loud).run(), "judgement")["text"]


# -- the picture ----------------------------------------------------------------------


def test_the_picture_is_a_whole_jpeg_and_small() -> None:
    frame = bootstrap.drill_frame()
    assert jpeg.measure(frame.jpeg) == (frame.width, frame.height) == (320, 240)
    assert len(frame.jpeg) < 60_000
