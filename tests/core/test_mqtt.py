"""Topics, their values, and what Home Assistant is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from octoprint_aiwatch.core import mqtt
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.status import document
from tests.core.rig import EXTRA, foreign, settings_with

TOPICS = {
    "score",
    "verdict",
    "phase",
    "reason",
    "problem",
    "blind",
    "suppressed",
    "status",
}
ENDED = {"job": "a", "outcome": "done", "checks": 3}
STATUS = dict(document(State(settings_with()), 0.0, EXTRA))


def values(**changes: Any) -> dict[str, str]:
    return mqtt.values_of({**STATUS, **changes})


@pytest.mark.parametrize(
    ("printer", "node"),
    [
        ("The Ender 3", "the-ender-3-abc"),
        ("Ünïcode!", "n-code-abc"),
        ("###", "printer-abc"),
        ("x" * 99, "x" * 40 + "-abc"),
    ],
)
def test_a_printers_name_becomes_part_of_topics(printer: str, node: str) -> None:
    assert mqtt.node_of(printer, "abc") == node
    assert mqtt.is_topic(f"aiwatch/{node}")


@pytest.mark.parametrize("text", ["a/#", "+/a", "$SYS/a", "/a", "a\0b"])
def test_what_means_other_topics_is_none(text: str) -> None:
    assert not mqtt.is_topic(text)
    assert mqtt.is_topic("printers/room-10")


def test_a_score_that_is_missing_is_unknown_and_not_0() -> None:
    assert values(score=None)["score"] == "None"
    assert values(score=0.0)["score"] == "0"
    assert values(score=0.934)["score"] == "93"


@pytest.mark.parametrize(
    ("verdict", "action", "problem"),
    [
        ("ok", None, "OFF"),
        ("unknown", None, "OFF"),
        ("warning", None, "ON"),
        ("failure", "paused", "ON"),
        ("unknown", "pause_failed", "ON"),
    ],
)
def test_a_problem_is_what_somebody_should_look_at(
    verdict: str, action: Any, problem: str
) -> None:
    assert values(verdict=verdict, action=action)["problem"] == problem


def test_a_long_reason_fits_into_home_assistant() -> None:
    why = {"code": "watch_ended", "params": {**ENDED, "job": "x" * 999}}
    assert values(why=why)["reason"].startswith("Watching xxx")
    assert len(values(why=why)["reason"]) == mqtt.MOST_LETTERS <= 255


def test_the_status_is_published_whole() -> None:
    assert json.loads(values()["status"]) == json.loads(json.dumps(STATUS))


def test_each_topic_has_its_value() -> None:
    told = values(verdict="ok", phase="watching", blind=True, suppressed=False)
    assert set(told) == TOPICS
    assert (told["verdict"], told["phase"]) == ("ok", "watching")
    assert (told["blind"], told["suppressed"]) == ("ON", "OFF")
    told = values(blind=False, suppressed=True)
    assert (told["blind"], told["suppressed"]) == ("OFF", "ON")


def test_the_reason_is_in_the_users_language() -> None:
    why = {"code": "watch_ended", "params": ENDED}
    found = mqtt.values_of({**STATUS, "why": why}, foreign)
    assert found["reason"].startswith("~Watching")


@pytest.mark.parametrize(
    ("topic", "payload", "command"),
    [
        ("suppressed/set", "ON", "suppress"),
        ("suppressed/set", "OFF", "unsuppress"),
        ("suppressed/set", "maybe", ""),
        ("command", "not_a_failure", "not_a_failure"),
        ("command", "check_now", "check_now"),
        ("command", "always_ignore", ""),
        ("command", "pause", ""),
        ("status", "suppress", ""),
    ],
)
def test_few_commands_are_taken(topic: str, payload: str, command: str) -> None:
    assert mqtt.command_of(topic, payload) == command


def test_everything_that_home_assistant_is_told_of_is_published_or_taken() -> None:
    found = mqtt.discovery("aiwatch/x", "x", "Ender", "9.9")
    topics = {f"aiwatch/x/{name}" for name in values()} | {"aiwatch/x/frame"}
    taken = {"aiwatch/x/command", "aiwatch/x/suppressed/set"}
    ids = [one["unique_id"] for one in found.values()]
    assert len(set(ids)) == len(ids) == 9
    for topic, one in found.items():
        assert topic.startswith("homeassistant/")
        assert topic.endswith("/config")
        assert one["availability_topic"] == "aiwatch/x/available"
        assert {one.get("state_topic"), one.get("topic")} <= topics | {None}
        assert {one.get("command_topic")} <= taken | {None}
        if "payload_press" in one:
            assert one["payload_press"] in mqtt.COMMANDS


SENSOR = {
    "unit_of_measurement": "%",
    "state_class": "measurement",
    "icon": "mdi:gauge",
}
ENUM = {"device_class": "enum", "options": ["ok", "warning", "failure", "unknown"]}
PROBLEM = {"device_class": "problem"}
PRESS = {"command_topic": "t/command"}
ENTITIES: dict[str, dict[str, Any]] = {
    "sensor/score": {"name": "Score", "state_topic": "t/score", **SENSOR},
    "sensor/verdict": {"name": "Verdict", "state_topic": "t/verdict", **ENUM},
    "sensor/reason": {"name": "Reason", "state_topic": "t/reason"},
    "binary_sensor/problem": {"name": "Problem", "state_topic": "t/problem", **PROBLEM},
    "binary_sensor/blind": {"name": "Blind", "state_topic": "t/blind", **PROBLEM},
    "camera/frame": {"name": "Frame", "topic": "t/frame"},
    "switch/suppress": {
        "name": "No alerts for this print",
        "state_topic": "t/suppressed",
        "command_topic": "t/suppressed/set",
    },
    "button/not_a_failure": {
        "name": "Not a failure",
        "payload_press": "not_a_failure",
        **PRESS,
    },
    "button/check_now": {
        "name": "Check now",
        "payload_press": "check_now",
        **PRESS,
    },
}
"""What Home Assistant makes of a printer; what these keys mean is Home Assistant's."""


@pytest.mark.parametrize("entity", sorted(ENTITIES))
def test_home_assistant_is_told_of_each_entity(entity: str) -> None:
    kind, _, key = entity.partition("/")
    found = mqtt.discovery("t", "node", "Ender", "9.9")
    assert found[f"homeassistant/{kind}/aiwatch_node/{key}/config"] == {
        "unique_id": f"aiwatch_node_{key}",
        "object_id": f"aiwatch_node_{key}",
        "availability_topic": "t/available",
        "device": {
            "identifiers": ["aiwatch_node"],
            "name": "Ender AI Watch",
            "manufacturer": "AI Watch",
            "model": "OctoPrint plugin",
            "sw_version": "9.9",
        },
        **ENTITIES[entity],
    }


def test_entities_have_names_in_the_users_language() -> None:
    found = mqtt.discovery("t", "n", "Ender", "9.9", str.upper)
    assert found["homeassistant/sensor/aiwatch_n/score/config"]["name"] == "SCORE"
