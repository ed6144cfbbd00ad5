"""The notifier with real Apprise in a real courier process, to services on loopback."""

from __future__ import annotations

import base64
import io
import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from soak.found import handles

from octoprint_aiwatch.adapters.couriers import Couriers
from octoprint_aiwatch.core import kinds
from octoprint_aiwatch.core.values import View
from tests.adapters.delivering import Desk, Service, notify_with, seen, wait_for
from tests.scenes import jpeg, view

PICTURE = jpeg(view())
PAUSED = "Ender: Print paused by AI Watch"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.stop()


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    opened: list[Desk] = []
    yield opened
    for desk in opened:
        desk.stop()


def test_a_failure_is_told_with_printer_job_score_reason_link_and_picture(
    service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    desk = Desk(tmp_path, service.url, link="http://octopi.local")
    desks.append(desk)
    frame, sightings = seen(PICTURE)
    desk.tell(reason="Mean score 0.9.", frame=frame, sightings=sightings)
    wait_for(lambda: service.got, "the message")
    (got,) = service.got
    assert got["title"] == "Ender: Print failure"
    assert got["message"].split("\n") == [
        "Mean score 0.9.",
        "Print: job.gcode",
        "Score: 93 of 100, judged by Fake backend.",
        "http://octopi.local/#tab_plugin_aiwatch",
    ]
    assert got["type"] == "failure"
    (attached,) = got["attachments"]
    picture = Image.open(io.BytesIO(base64.b64decode(attached["base64"])))
    assert (attached["mimetype"], picture.size) == ("image/jpeg", (640, 480))
    assert is_red(picture, 0.15, 0.25), "the box's left edge"
    wait_for(lambda: not desk.notifier.waiting, "the outbox to be empty")


def is_red(picture: Image.Image, x: float, y: float) -> bool:
    across = round(x * picture.width)
    row = [
        picture.getpixel((across + n, round(y * picture.height))) for n in range(-3, 4)
    ]
    return any(red > 180 and green < 120 for red, green, _ in row)


def test_the_picture_is_the_way_up_that_people_know(
    service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    desk = Desk(tmp_path, service.url)
    desks.append(desk)
    frame, sightings = seen(PICTURE, View(rotate_90=True))
    desk.tell(frame=frame, sightings=sightings)
    wait_for(lambda: service.got, "the message")
    attached = base64.b64decode(service.got[0]["attachments"][0]["base64"])
    picture = Image.open(io.BytesIO(attached))
    assert picture.size == (480, 640)
    # Turned to the left, what was on the upper left is on the lower left.
    assert is_red(picture, 0.15, 0.75)


@pytest.mark.parametrize("jpeg", [b"", b"\xff\xd8 no picture"])
def test_without_a_picture_that_can_be_drawn_the_words_go_alone(
    jpeg: bytes, service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    desks.append(Desk(tmp_path, service.url))
    frame, sightings = seen(jpeg)
    desks[0].tell(frame=frame, sightings=sightings)
    wait_for(lambda: service.got, "the message")
    assert service.got[0]["attachments"] == []


def test_pictures_can_be_kept_back(
    service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    desks.append(Desk(tmp_path, service.url, attach_frame=False))
    frame, sightings = seen(PICTURE)
    desks[0].tell(frame=frame, sightings=sightings)
    wait_for(lambda: service.got, "the message")
    assert service.got[0]["attachments"] == []


def test_a_kind_that_is_switched_off_is_not_told(
    service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    desks.append(Desk(tmp_path, service.url, kinds={"warning": False}))
    desks[0].tell(kinds.WARNING)
    desks[0].tell(kinds.PAUSE_CONFIRMED)
    wait_for(lambda: service.got, "the message")
    assert service.titles == [PAUSED]


def test_when_the_network_is_back_everything_goes_out_once_and_late_says_so(
    tmp_path: Path, desks: list[Desk]
) -> None:
    gone = Service()
    gone.stop()
    desk = Desk(tmp_path, f"json://127.0.0.1:{gone.port}/hook")
    desks.append(desk)
    desk.tell(kinds.FAILURE)
    desk.tell(kinds.PAUSE_FAILED)
    wait_for(lambda: desk.lines, "the line that it cannot be delivered")
    desk.late_s = 1200.0
    back = Service(gone.port)
    since_s = time.monotonic()
    try:
        wait_for(lambda: len(back.got) == 2, "both messages", 60.0)
        took_s = time.monotonic() - since_s
        assert took_s < 60.0
        assert back.titles == [
            "[late] Ender: Print failure",
            "[late] Ender: The print could NOT be paused",
        ]
        assert ", 20 min ago." in back.got[0]["message"]
        wait_for(lambda: len(desk.lines) == 2, "the line that it works again")
        desk.notifier.stop()
        assert len(back.got) == 2
    finally:
        back.stop()
    assert [line.split(" ")[0] for line in desk.lines] == ["warning", "info"]


def test_a_restart_while_the_network_is_down_loses_nothing(
    tmp_path: Path, desks: list[Desk]
) -> None:
    gone = Service()
    gone.stop()
    url = f"json://127.0.0.1:{gone.port}/hook"
    first = Desk(tmp_path, url)
    first.tell(kinds.FAILURE)
    wait_for(lambda: first.lines, "the line that it cannot be delivered")
    first.stop()
    back = Service(gone.port)
    try:
        desks.append(Desk(tmp_path, url))
        assert desks[0].notifier.waiting == 1
        wait_for(lambda: back.got, "the message")
        wait_for(lambda: not desks[0].notifier.waiting, "the outbox to be empty")
        assert len(back.got) == 1
    finally:
        back.stop()


def test_a_message_on_its_way_at_a_shutdown_arrives_once(
    service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    service.gate.clear()
    first = Desk(tmp_path, service.url + "?rto=20")
    first.tell(kinds.FAILURE)
    wait_for(
        lambda: not first.notifier._delivery.couriers.is_free(id_of(first)), "the errand"
    )
    since_s = time.monotonic()
    first.stop()
    assert time.monotonic() - since_s < 2.0
    service.gate.set()
    wait_for(lambda: service.got, "the message")
    desks.append(Desk(tmp_path, service.url + "?rto=20"))
    desks[0].tell(kinds.PAUSE_CONFIRMED)
    wait_for(lambda: len(service.got) == 2, "the next message")
    assert len(set(service.titles)) == 2


def id_of(desk: Desk) -> str:
    return desk.notifier.services.id_of(desk.notifier._settings.urls[0])


def test_a_service_that_hangs_delays_no_other(
    service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    hanging = Service()
    hanging.gate.clear()
    desk = Desk(tmp_path, hanging.url + "?rto=25", service.url)
    desks.append(desk)
    took = []
    for number, kind in enumerate(
        (kinds.FAILURE, kinds.PAUSE_FAILED, kinds.PAUSE_CONFIRMED), 1
    ):
        since_s = time.monotonic()
        desk.tell(kind)
        told_s = time.monotonic() - since_s
        wait_for(lambda n=number: len(service.got) == n, "the message")
        took.append(round(time.monotonic() - since_s, 2))
        assert told_s < 0.05, "whoever tells waits for nothing"
    assert max(took) < 15.0, "a process starts for the first; the rest go at once"
    assert hanging.got == []
    hanging.stop()
    wait_for(lambda: len(hanging.got) == 1, "what hung")


def test_a_refusal_is_told_in_the_services_own_words_without_its_address(
    service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    service.status = 401
    url = f"json://user:pa55word@127.0.0.1:{service.port}/hook-of-mine"
    desks.append(Desk(tmp_path, url))
    ok, text = desks[0].notifier.test(url)
    assert not ok
    assert "401" in text
    assert "pa55word" not in text
    assert "hook-of-mine" not in text


def test_the_test_of_a_service_arrives(
    service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    desks.append(Desk(tmp_path))
    ok, text = desks[0].notifier.test(service.url)
    assert ok, text
    assert service.titles == ["AI Watch: test"]
    ok, text = desks[0].notifier.test("nonsense://x")
    assert (ok, text) == (False, "This is not an address that Apprise knows.")


def test_a_picture_that_a_service_refuses_does_not_cost_the_words(
    tmp_path: Path, desks: list[Desk]
) -> None:
    picky = Service()
    desk = Desk(tmp_path, picky.url)
    desks.append(desk)
    picky.status = 413
    frame, sightings = seen(PICTURE)
    desk.tell(frame=frame, sightings=sightings)
    wait_for(lambda: len(picky.bodies) == 2, "the second try")
    assert [b"base64" in body for body in picky.bodies] == [True, False]
    picky.stop()


def test_a_summary_ends_a_print(
    service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    desk = Desk(tmp_path, service.url, kinds={"warning": False, "blinded": False})
    desks.append(desk)
    desk.tell("watch_started")
    desk.tell(kinds.WARNING)
    desk.tell(kinds.BLINDED)
    desk.tell(kinds.WATCH_ENDED, params={"outcome": "done", "checks": 7})
    wait_for(lambda: service.got, "the summary")
    text = service.got[0]["message"]
    assert "(done)" in text
    assert "7 checks. Warnings: 1, failures: 0, pauses: 0" in text


def test_what_is_told_once_is_not_told_again_after_a_restart(
    service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    for number in (1, 2):
        desk = Desk(tmp_path, service.url)
        desk.tell(kinds.BUDGET, once="budget gadget 2026-11")
        desk.tell(kinds.PAUSE_CONFIRMED)
        wait_for(lambda n=number: service.titles.count(PAUSED) == n, "the last message")
        desk.stop()
    assert service.titles.count("Ender: This month's calls are nearly used up") == 1


def test_xml_and_ntfy_services_get_it_too(
    service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    ntfy = Service()
    xml = Service()
    urls = [
        f"xml://127.0.0.1:{xml.port}/hook",
        f"ntfy://127.0.0.1:{ntfy.port}/topic",
    ]
    desks.append(Desk(tmp_path, *urls))
    desks[0].tell(reason="Mean score 0.9.")
    wait_for(lambda: xml.bodies and ntfy.bodies, "both messages")
    assert b"Mean score 0.9." in xml.bodies[0]
    assert b"Mean score 0.9." in ntfy.bodies[0]
    xml.stop()
    ntfy.stop()


class Mailbox:
    """An SMTP server for one letter at a time, as small as the protocol allows."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            with peer, peer.makefile("rwb") as talk:
                self._talk(talk)

    def _talk(self, talk: Any) -> None:
        def say(text: str) -> None:
            talk.write(text.encode() + b"\r\n")
            talk.flush()

        say("220 here")
        for line in talk:
            word = line[:4].upper()
            if word == b"DATA":
                say("354 go on")
                lines = iter(talk.readline, b".\r\n")
                self.letters.append(b"".join(lines).decode())
                say("250 kept")
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 fine")

    def stop(self) -> None:
        self._server.close()


def test_a_letter_arrives_with_its_picture(tmp_path: Path, desks: list[Desk]) -> None:
    mailbox = Mailbox()
    with smtplib.SMTP("127.0.0.1", mailbox.port) as probe:
        assert probe.noop()[0] == 250
    url = (
        f"mailto://127.0.0.1:{mailbox.port}?from=printer@home.example"
        "&to=me@home.example&mode=insecure&smtp=127.0.0.1"
    )
    desks.append(Desk(tmp_path, url))
    frame, sightings = seen(PICTURE)
    desks[0].tell(reason="Mean score 0.9.", frame=frame, sightings=sightings)
    wait_for(lambda: mailbox.letters, "the letter")
    (letter,) = mailbox.letters
    assert "Ender: Print failure" in letter
    assert "Content-Type: image/jpeg" in letter
    mailbox.stop()


def test_without_a_service_nothing_is_kept_and_no_process_started(
    tmp_path: Path, desks: list[Desk]
) -> None:
    desk = Desk(tmp_path)
    desks.append(desk)
    desk.tell(kinds.FAILURE)
    assert "aiwatch-notify" not in [one.name for one in threading.enumerate()]
    assert desk.notifier.waiting == 0
    assert desk.notifier._delivery.couriers._current is None


def test_without_a_service_no_file_stays_open_either(tmp_path: Path) -> None:
    Desk(tmp_path).stop()
    assert handles(tmp_path) == 0


def test_a_service_that_comes_later_is_told_from_then_on(
    service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    desk = Desk(tmp_path)
    desks.append(desk)
    desk.tell(kinds.FAILURE)
    desk.notifier.change(notify_with(service.url))
    desk.tell(kinds.WARNING)
    wait_for(lambda: service.got, "the message")
    assert [one["type"] for one in service.got] == ["warning"]


def test_a_machine_that_can_start_no_process_is_told_of_once(tmp_path: Path) -> None:
    def none(_: Any) -> Any:
        raise OSError("no more processes")

    desk = Desk(tmp_path)
    object.__setattr__(desk.ports, "new_courier", none)
    desk.notifier.change(notify_with("json://127.0.0.1:1/a", "json://127.0.0.1:1/b"))
    desk.tell(kinds.FAILURE)
    wait_for(lambda: desk.lines, "the line")
    ok, text = desk.notifier.test("json://127.0.0.1:1/c")
    assert (ok, "no process" in text) == (False, True)
    desk.stop()
    assert len(desk.lines) == 1


class FakeCourier:
    """Takes everything and says nothing."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.closed = self.killed = False

    def send(self, head: Any, jpeg: bytes) -> None:
        self.sent.append(head)

    def close(self) -> None:
        self.closed = True

    def kill(self) -> None:
        self.killed = True


class TestCouriers:
    """The processes, in virtual time."""

    def setup_method(self) -> None:
        self.now_s = 0.0
        self.started: list[FakeCourier] = []

        def new() -> Any:
            self.started.append(FakeCourier())
            return self.started[-1]

        self.couriers = Couriers(new, lambda: self.now_s)

    def send(self, service: str, message: int = 1) -> None:
        self.couriers.hand_over(message, service, {}, b"")

    def test_a_courier_that_hangs_is_left_and_others_get_another(self) -> None:
        self.send("a")
        self.now_s = 46.0
        self.couriers.mind(True)
        assert self.started[0].closed
        assert not self.couriers.is_free("a")
        self.send("b")
        assert len(self.started) == 2
        self.now_s = 90.0
        self.couriers.mind(True)
        assert self.started[0].killed
        ((errand, how, _),) = self.couriers.came_back(self.started[0], None)  # type: ignore[arg-type]
        assert (errand.service, how) == ("a", "hung")
        self.now_s = 101.0
        assert self.couriers.is_free("a")

    def test_a_courier_with_nothing_to_do_goes_home(self) -> None:
        self.send("a")
        report = {"service": "a", "message": 1, "how": "sent"}
        self.couriers.came_back(self.started[0], report)  # type: ignore[arg-type]
        self.now_s = 19.0
        self.couriers.mind(False)
        assert not self.started[0].closed
        assert self.couriers.wake_at(False) == 20.0
        self.now_s = 20.0
        self.couriers.mind(False)
        assert self.started[0].closed

    def test_a_service_out_of_reach_is_tried_again_soon_one_that_refuses_later(
        self,
    ) -> None:
        waits = []
        for how in ("unreachable", "unreachable", "unreachable", "refused"):
            self.send("a")
            report = {"service": "a", "message": 1, "how": how}
            self.couriers.came_back(self.started[0], report)  # type: ignore[arg-type]
            waits.append(self.couriers.standing("a").not_before - self.now_s)
            self.now_s += waits[-1]
        assert waits == [10.0, 20.0, 20.0, 300.0]

    def test_a_late_report_of_another_message_means_nothing(self) -> None:
        self.send("a", 2)
        report = {"service": "a", "message": 1, "how": "sent"}
        assert self.couriers.came_back(self.started[0], report) == []  # type: ignore[arg-type]
        assert not self.couriers.is_free("a")

    def test_nobody_is_woken_for_nothing(self) -> None:
        self.send("a")
        self.now_s = 30.0
        assert self.couriers.wake_at(True) == 45.0
        self.now_s = 46.0
        self.couriers.mind(True)
        self.send("b")
        self.now_s = 47.0
        assert self.couriers.wake_at(True) == 86.0, "for the one that was left"
        report = {"service": "b", "message": 1, "how": "refused"}
        self.couriers.came_back(self.started[1], report)  # type: ignore[arg-type]
        self.couriers.came_back(self.started[0], None)  # type: ignore[arg-type]
        assert self.couriers.wake_at(True) is None, "it waits for the next try"
        assert self.couriers.wake_at(False) == 67.0


def test_waiting_costs_next_to_no_processor_time(
    service: Service, tmp_path: Path, desks: list[Desk]
) -> None:
    service.gate.clear()
    desk = Desk(tmp_path, service.url + "?rto=20", "json://127.0.0.1:1/nobody")
    desks.append(desk)
    desk.tell()
    wait_for(lambda: desk.lines, "the one that cannot be reached")
    turns = []
    go_on = desk.notifier._delivery.go_on
    desk.notifier._delivery.go_on = lambda: (turns.append(1), go_on())[1]  # type: ignore[method-assign]
    until_s = time.monotonic() + 5.0
    wait_for(lambda: time.monotonic() > until_s, "five seconds of waiting")
    assert len(turns) <= 3
    service.gate.set()
