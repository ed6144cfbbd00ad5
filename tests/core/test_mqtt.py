"""Topics, their values, and what Home Assistant is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from octoprint_aiwatch.core import mqtt
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.status import document
from tests.core.rig import EXTRA, settings_with

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
    assert len(values(reason="x" * 999)["reason"]) <= 255
    assert json.loads(values()["status"])["v"] == 1


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
