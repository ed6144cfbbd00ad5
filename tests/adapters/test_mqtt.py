"""The publisher against a real Mosquitto: retained topics, last will, restarts, TLS."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from octoprint_aiwatch.adapters.mqtt import Ports, Publisher
from octoprint_aiwatch.core.messages import RaiseEvent
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.status import document
from octoprint_aiwatch.core.values import Reason
from tests.adapters.broker import PASSWORD, PEM, USER, Broker, Ear
from tests.adapters.delivering import wait_for
from tests.adapters.fakes import FRAME, settings_with

pytestmark = pytest.mark.timeout(120)
STATE = State(settings_with())
STATUS = dict(document(STATE, 0.0, {"calls": {}, "tariffs": {}, "version": "9.9"}))
BASE = "aiwatch/the-ender-abc123"
CONFIG = "homeassistant/sensor/aiwatch_the-ender-abc123/score/config"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path / "broker")
    yield broker
    broker.stop()


@pytest.fixture
def ear(broker: Broker) -> Iterator[Ear]:
    ear = Ear(broker)
    yield ear
    ear.close()


class Desk:
    """A publisher with what it logged and was asked."""

    def __init__(self, port: int, **changes: Any) -> None:
        self.lines: list[str] = []
        self.trouble: list[str] = []
        self.asked: list[str] = []
        values = {"host": "127.0.0.1", "port": port, "user": USER, "password": PASSWORD}
        self.settings = settings_with(mqtt={**values, **changes}).mqtt
        ports = Ports(
            printer_name=lambda: "The Ender",
            mark="abc123",
            version="9.9",
            command=self.asked.append,
            clean=lambda value: json.loads(json.dumps(value).replace("hush", "[hidden]")),
            log=lambda level, text: self.lines.append(f"{level} {text}"),
            log_exception=self.trouble.append,
        )
        self.publisher = Publisher(self.settings, ports)
        self.publisher.start()

    def told(self, frame: Any = None, **changes: Any) -> None:
        self.publisher.told({**STATUS, **changes}, STATE, frame)

    def fire(self, name: str, **params: Any) -> None:
        effect = RaiseEvent(name, Reason("watch_started", params))
        self.publisher.fired(effect, STATUS, STATE, None)

    def stop(self) -> None:
        self.publisher.stop()
        assert self.trouble == []


@pytest.fixture
def desk(broker: Broker) -> Iterator[Desk]:
    desk = Desk(broker.port)
    yield desk
    desk.stop()


def kept(ear: Ear, topic: str, payload: str) -> None:
    wait_for(
        lambda: ear.kept.get(f"{BASE}/{topic}") == payload.encode(), f"{topic} {payload}"
    )


def test_what_is_believed_is_kept_by_the_broker(
    broker: Broker, ear: Ear, desk: Desk
) -> None:
    desk.told(FRAME, score=0.42, verdict="warning")
    kept(ear, "available", "online")
    kept(ear, "score", "42")
    kept(ear, "verdict", "warning")
    kept(ear, "problem", "ON")
    wait_for(lambda: ear.kept.get(f"{BASE}/frame") == FRAME.jpeg, "the frame")
    late = Ear(broker)
    wait_for(lambda: late.kept.get(f"{BASE}/frame") == FRAME.jpeg, "the kept frame")
    assert json.loads(late.kept[f"{BASE}/status"])["v"] == 1
    late.close()


def test_without_a_broker_there_is_no_thread_and_one_set_later_knows_all(
    broker: Broker, ear: Ear
) -> None:
    desk = Desk(broker.port, host="")
    desk.told(FRAME, score=0.42, verdict="warning")
    assert "aiwatch-mqtt" not in [one.name for one in threading.enumerate()]
    desk.publisher.change(replace(desk.settings, host="127.0.0.1"))
    kept(ear, "verdict", "warning")
    desk.stop()


def test_a_printer_appears_in_home_assistant_by_itself_and_goes_again(
    ear: Ear, desk: Desk
) -> None:
    found = json.loads(wait_for(lambda: ear.kept.get(CONFIG), "the configuration"))
    assert found["state_topic"] == f"{BASE}/score"
    assert found["device"]["name"] == "The Ender AI Watch"
    # They arrive one after another; what is published last says that all have come.
    kept(ear, "available", "online")
    assert sum("homeassistant/" in topic for topic in ear.kept) == 9
    desk.publisher.change(replace(desk.settings, discovery=False))
    wait_for(lambda: ear.kept[CONFIG] == b"", "the configuration to go")


def test_an_event_is_told_once_and_without_secrets(ear: Ear, desk: Desk) -> None:
    kept(ear, "available", "online")
    desk.fire("watch_started", job="hush.gcode")
    ((topic, payload),) = wait_for(lambda: ear.told, "the event")
    assert topic == f"{BASE}/event"
    assert json.loads(payload)["event"] == "watch_started"
    assert json.loads(payload)["reason"] == "Watching [hidden].gcode"


def test_commands_are_taken_but_not_kept_ones_and_not_others(
    broker: Broker, ear: Ear
) -> None:
    ear.say(f"{BASE}/command", "suppress", retain=True)
    desk = Desk(broker.port)
    kept(ear, "available", "online")
    ear.say(f"{BASE}/command", "pause")
    ear.say(f"{BASE}/command", "x" * 5000)
    ear.say(f"{BASE}/suppressed/set", "ON")
    ear.say(f"{BASE}/command", "not_a_failure")
    wait_for(lambda: len(desk.asked) == 2, "the commands")
    assert desk.asked == ["suppress", "not_a_failure"]
    desk.stop()


def test_a_shutdown_says_good_bye(broker: Broker, ear: Ear) -> None:
    desk = Desk(broker.port)
    kept(ear, "available", "online")
    since_s = time.monotonic()
    desk.stop()
    assert time.monotonic() - since_s < 2.0
    kept(ear, "available", "offline")


def test_after_a_restart_of_the_broker_everything_is_there_again(
    broker: Broker, ear: Ear, desk: Desk
) -> None:
    desk.told(FRAME, score=0.42)
    kept(ear, "score", "42")
    broker.kill()
    wait_for(lambda: len(desk.lines) == 2, "the line that it is gone")
    since_s = time.monotonic()
    for n in range(200):
        desk.told(score=n / 200)
        desk.fire("verdict_changed", job="x")
    desk.told(score=0.77)
    assert time.monotonic() - since_s < 0.5, "nobody waits for a broker that is gone"
    ear.kept.clear()
    broker.start()
    kept(ear, "available", "online")
    kept(ear, "score", "77")
    wait_for(lambda: f"{BASE}/frame" in ear.kept, "the frame")
    wait_for(lambda: len(desk.lines) == 3, "the line that it is back")
    assert [line.split()[0] for line in desk.lines] == ["info", "warning", "info"]


def test_a_wrong_password_is_told_once_and_mended_by_the_right_one(
    broker: Broker, ear: Ear
) -> None:
    desk = Desk(broker.port, password="wrong-password-of-the-tests")
    wait_for(lambda: desk.lines, "the line")
    time_to_try_again_s = time.monotonic() + 3.0
    wait_for(lambda: time.monotonic() > time_to_try_again_s, "another try")
    (line,) = desk.lines
    assert "does not accept user name and password" in line
    assert "wrong-password" not in line
    desk.publisher.change(replace(desk.settings, password=PASSWORD))
    kept(ear, "available", "online")
    desk.stop()


def test_a_broker_that_is_not_there_is_told_once_and_delays_no_shutdown() -> None:
    desk = Desk(1)
    wait_for(lambda: desk.lines, "the line")
    assert "cannot be reached" in desk.lines[0]
    since_s = time.monotonic()
    desk.stop()
    assert time.monotonic() - since_s < 2.0
    assert len(desk.lines) == 1


def test_the_last_will_speaks_for_an_octoprint_that_lost_its_power(
    broker: Broker, ear: Ear, desk: Desk
) -> None:
    kept(ear, "available", "online")
    wait_for(lambda: desk.publisher._connected, "the connection")
    desk.publisher._client.socket().shutdown(2)
    wait_for(lambda: len(desk.lines) > 1, "the line that it is gone")
    wait_for(lambda: len(desk.lines) > 2, "the line that it is back")
    assert (f"{BASE}/available", b"offline") in ear.heard
    kept(ear, "available", "online")


def test_tls_is_spoken_and_a_certificate_of_ones_own_must_be_named(
    tmp_path: Path,
) -> None:
    broker = Broker(tmp_path / "broker", tls=True)
    try:
        stranger = Desk(broker.port, tls=True)
        wait_for(lambda: stranger.lines, "the refusal")
        assert "cannot be reached" in stranger.lines[0]
        stranger.stop()
        desk = Desk(broker.port, tls=True, ca_file=str(PEM))
        wait_for(lambda: desk.lines, "the connection")
        assert desk.lines[0].startswith("info Connected"), desk.lines
        desk.stop()
    finally:
        broker.stop()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"topic": "a/#"}, "topic cannot be used"),
        ({"tls": True, "ca_file": "/nowhere.pem"}, "certificate file"),
    ],
)
def test_settings_that_cannot_work_are_told(changes: Any, words: str) -> None:
    desk = Desk(1, **changes)
    wait_for(lambda: desk.lines, "the line")
    assert words in desk.lines[0]
    desk.stop()


def test_without_the_library_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt", None)
    desk = Desk(1)
    wait_for(lambda: desk.lines, "the line")
    assert "paho-mqtt, which is not installed" in desk.lines[0]
    desk.stop()


def test_without_a_broker_nothing_is_tried() -> None:
    desk = Desk(1, host="")
    desk.told(FRAME)
    desk.stop()
    assert desk.publisher._client is None
    assert desk.lines == []


def test_frames_can_be_kept_back(broker: Broker, ear: Ear) -> None:
    desk = Desk(broker.port, frame=False)
    desk.told(FRAME, score=0.42)
    kept(ear, "score", "42")
    assert f"{BASE}/frame" not in ear.kept
    wait_for(lambda: sum("homeassistant/" in one for one in ear.kept) == 8, "the rest")
    desk.stop()
