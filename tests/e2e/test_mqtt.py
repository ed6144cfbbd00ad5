"""A real OctoPrint, a real Mosquitto: what Home Assistant would see and press."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.adapters.broker import PASSWORD, USER, Broker, Ear
from tests.adapters.delivering import wait_for
from tests.e2e.support_watch import SOON_S, Rig

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def broker(tmp_path_factory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("broker") / "home")
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def ear(broker) -> Iterator[Ear]:
    ear = Ear(broker)
    yield ear
    ear.close()


@pytest.fixture(scope="module")
def rig(module_workshop, broker) -> Rig:
    rig = Rig(module_workshop, config={"appearance": {"name": "The Ender"}})
    login = {"host": "127.0.0.1", "port": broker.port, "user": USER}
    rig.prepare("gadget", mqtt={**login, "password": PASSWORD})
    return rig


def value(ear: Ear, name: str) -> Any:
    """What the broker keeps below the printer's own topic."""
    found = [
        kept.decode(errors="replace")
        for topic, kept in ear.kept.items()
        if topic.startswith("aiwatch/the-ender-") and topic.endswith("/" + name)
    ]
    return found[0] if found else None


def base(ear: Ear) -> str:
    (topic,) = [one for one in ear.kept if one.endswith("/available")]
    return topic.rpartition("/")[0]


def test_a_print_is_seen_and_its_alerts_are_switched_off_from_elsewhere(rig, ear):
    wait = rig.host.wait
    wait(lambda: value(ear, "available") == "online", SOON_S, "being there")
    wait(lambda: value(ear, "score") == "None", SOON_S, "an unknown score")
    with rig.printing():
        rig.check()
        wait(lambda: value(ear, "verdict") == "ok", SOON_S, "the verdict")
        wait(lambda: value(ear, "score") == "12", SOON_S, "the score")
        wait(lambda: value(ear, "frame") is not None, SOON_S, "the frame")
        ear.say(base(ear) + "/suppressed/set", "ON")
        rig.wait_status(lambda status: status["suppressed"], "being suppressed")
        wait(lambda: value(ear, "suppressed") == "ON", SOON_S, "the switch")
        ear.say(base(ear) + "/suppressed/set", "OFF")
        rig.wait_status(lambda status: not status["suppressed"], "alerts again")
        rig.gadget.say("warning")
        ear.say(base(ear) + "/command", "check_now")
        wait(lambda: value(ear, "problem") == "ON", SOON_S, "the problem")
        events = [json.loads(payload)["event"] for _, payload in ear.told]
        assert events[0] == "watch_started"
        wait(
            lambda: any(b"warning_raised" in payload for _, payload in ear.told),
            SOON_S,
            "the event",
        )
        ear.say(base(ear) + "/command", "not_a_failure")
        wait(lambda: value(ear, "verdict") == "unknown", SOON_S, "its effect")


def test_when_octoprint_dies_the_broker_says_so(rig, ear):
    rig.host.wait(lambda: value(ear, "available") == "online", SOON_S, "being there")
    rig.host.kill()
    wait_for(lambda: value(ear, "available") == "offline", "the last will")
    rig.host.start()
    rig.host.wait(lambda: value(ear, "available") == "online", SOON_S, "its return")
