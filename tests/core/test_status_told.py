"""How the status document writes down what comes next, and boxes."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from octoprint_aiwatch.core import status
from octoprint_aiwatch.core.deferred import replace
from octoprint_aiwatch.core.values import (
    WARNING,
    Ahead,
    Detection,
    PrinterReading,
    Reason,
    Sighting,
    Verdict,
)
from tests.core.rig import EXTRA, GOOD, Rig


def told(rig: Rig, **changes: Any) -> dict[str, Any]:
    """The document of a print that is watched and has been judged, with these changes."""
    rig.watching()
    rig.judged(GOOD)
    return status.document(replace(rig.state, **changes), rig.now_s, EXTRA)


def verdict(**ahead: Any) -> Verdict:
    return Verdict("ok", 0.1, (), Ahead(WARNING, **ahead))


def test_how_far_the_next_level_is_is_told_to_four_places(rig: Rig) -> None:
    ahead = verdict(value=0.123456, threshold=0.654321, hold_s=60.0, left_s=12.34)
    assert told(rig, verdict=ahead)["next"] == {
        "level": WARNING,
        "value": 0.1235,
        "threshold": 0.6543,
        "distance": 0.5309,
        "hold_s": 60.0,
        "left_s": 12.3,
    }


@pytest.mark.parametrize(("left_s", "said"), [(None, None), (-3.0, 0.0)])
def test_a_level_that_is_reached_is_no_distance_away(
    rig: Rig, left_s: Optional[float], said: Optional[float]
) -> None:
    ahead = verdict(value=0.8, threshold=0.6, left_s=left_s)
    found = told(rig, verdict=ahead)["next"]
    assert (found["distance"], found["left_s"]) == (0.0, said)


def test_a_box_is_told_to_four_places(rig: Rig) -> None:
    box = Detection(0.912345, 0.512345, 0.412345, 0.212345, 0.112345)
    assert told(rig, sightings=(Sighting(box, "background"),))["detections"] == [
        {
            "confidence": 0.9123,
            "x": 0.5123,
            "y": 0.4123,
            "w": 0.2123,
            "h": 0.1123,
            "counts": False,
            "unless": "background",
        }
    ]


def paused_by_us(rig: Rig, reasons: tuple[Reason, ...]) -> dict[str, Any]:
    """The first reason of a print that we have paused for these."""
    changes = {
        "reading": PrinterReading("PAUSED"),
        "action": "paused",
        "verdict": Verdict("failure", 0.9, reasons),
    }
    found: dict[str, Any] = told(rig, **changes)["reasons"][0]
    return found


def test_a_pause_of_ours_says_what_it_was_for(rig: Rig) -> None:
    found = paused_by_us(rig, (Reason("quality", {"quality": 2}), Reason("no_data")))
    assert found["code"] == "hold_paused_by_us"
    assert found["params"]["why"]["code"] == "quality"


def test_a_pause_of_ours_after_a_restart_has_nothing_to_say_of_it(rig: Rig) -> None:
    assert paused_by_us(rig, ())["params"]["why"]["code"] == "no_data"
