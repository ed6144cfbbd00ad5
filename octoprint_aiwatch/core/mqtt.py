"""What is published for machines: topics with their values, and Home Assistant's view.

Pure. Values are what a broker keeps; an event is told once. A score that is missing is
``None``, which Home Assistant shows as unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .values import FAILURE, WARNING
from .words import ENGLISH, Tongue, explain, say

AVAILABLE, COMMAND, EVENT, FRAME = "available", "command", "event", "frame"
SUPPRESS = "suppressed/set"
ONLINE, OFFLINE = "online", "offline"
ON, OFF = "ON", "OFF"
COMMANDS = ("suppress", "unsuppress", "not_a_failure", "check_now")
"""What may be asked for over MQTT; a print is never paused or ended by it."""
DISCOVERY_PREFIX = "homeassistant"
MOST_LETTERS = 250
"""Home Assistant takes no state of more than 255."""


def node_of(printer: str, mark: str) -> str:
    """A printer's name among topics; the mark tells two of one name apart."""
    plain = re.sub("[^a-z0-9]+", "-", printer.lower()).strip("-")[:40]
    return f"{plain or 'printer'}-{mark}"


def is_topic(text: str) -> bool:
    """Whether a text can be the beginning of topics."""
    return not re.search(r"[#+\x00]", text) and not text.startswith(("/", "$"))


def values_of(document: Mapping[str, Any], tongue: Tongue = ENGLISH) -> dict[str, str]:
    """The values of topics below the printer's own, from the status document."""
    why = document["why"]
    problem = document["verdict"] in (WARNING, FAILURE)
    problem = problem or document["action"] == "pause_failed"
    score = document["score"]
    return {
        "score": "None" if score is None else str(round(100 * score)),
        "verdict": document["verdict"],
        "phase": document["phase"],
        "reason": explain(why["code"], why["params"], tongue)[:MOST_LETTERS],
        "problem": ON if problem else OFF,
        "blind": ON if document["blind"] else OFF,
        "suppressed": ON if document["suppressed"] else OFF,
        "status": json.dumps(document),
    }


def command_of(topic: str, payload: str) -> str:
    """The command that a message means; "" if none.

    Args:
        topic: below the printer's own.
    """
    if topic == SUPPRESS:
        return {ON: "suppress", OFF: "unsuppress"}.get(payload, "")
    return payload if topic == COMMAND and payload in COMMANDS else ""


def discovery(
    base: str, node: str, printer: str, version: str, tongue: Tongue = ENGLISH
) -> dict[str, Mapping[str, Any]]:
    """Home Assistant's configuration by topic, so that the printer appears by itself."""
    device = {
        "identifiers": [f"aiwatch_{node}"],
        "name": f"{printer} AI Watch",
        "manufacturer": "AI Watch",
        "model": "OctoPrint plugin",
        "sw_version": version,
    }
    press = {"command_topic": f"{base}/{COMMAND}"}
    entities: tuple[tuple[str, str, dict[str, Any]], ...] = (
        (
            "sensor",
            "score",
            {
                "state_topic": f"{base}/score",
                "unit_of_measurement": "%",
                "state_class": "measurement",
                "icon": "mdi:gauge",
            },
        ),
        (
            "sensor",
            "verdict",
            {
                "state_topic": f"{base}/verdict",
                "device_class": "enum",
                "options": ["ok", "warning", "failure", "unknown"],
            },
        ),
        ("sensor", "reason", {"state_topic": f"{base}/reason"}),
        (
            "binary_sensor",
            "problem",
            {"state_topic": f"{base}/problem", "device_class": "problem"},
        ),
        (
            "binary_sensor",
            "blind",
            {"state_topic": f"{base}/blind", "device_class": "problem"},
        ),
        ("camera", FRAME, {"topic": f"{base}/{FRAME}"}),
        (
            "switch",
            "suppress",
            {
                "state_topic": f"{base}/suppressed",
                "command_topic": f"{base}/{SUPPRESS}",
            },
        ),
        (
            "button",
            "not_a_failure",
            {**press, "payload_press": "not_a_failure"},
        ),
        ("button", "check_now", {**press, "payload_press": "check_now"}),
    )
    return {
        f"{DISCOVERY_PREFIX}/{kind}/aiwatch_{node}/{key}/config": {
            "name": say(f"entity_{key}", {}, tongue),
            "unique_id": f"aiwatch_{node}_{key}",
            "object_id": f"aiwatch_{node}_{key}",
            "availability_topic": f"{base}/{AVAILABLE}",
            "device": device,
            **more,
        }
        for kind, key, more in entities
    }
