"""The serial connection's hooks: what they make of what OctoPrint knows."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, Optional

import pytest

from octoprint_aiwatch.adapters.parking import Parker
from octoprint_aiwatch.adapters.place import place_of, volume_of
from octoprint_aiwatch.adapters.printer import Printer
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.modes import UNKNOWN
from octoprint_aiwatch.core.parking import Heat, Volume
from octoprint_aiwatch.core.settings import Park
from tests.adapters.octo import PROFILE, Octo

PARK = Park(True, 2.0, 10.0, 1.0, 2.0, "off", 150)


class Table:
    """A connection with a print under way, and what was told."""

    def __init__(self, script: Optional[str] = None) -> None:
        self.told: list[Any] = []
        self.logged: list[str] = []
        self.parker = Parker(lambda: PROFILE, lambda name: script, self.logged.append)
        self.parker.tell = self.told.append
        self.parker.see_lines()
        self.octo = Octo(self.parker)
        self.octo.start("a")

    def pause(self) -> None:
        self.parker.arm(PARK)
        self.octo.pause()
        self.octo.finish_queue()

    def ours(self) -> list[str]:
        return [line for _, line, tags in self.octo.sent if tags]


def test_a_pause_parks_once_and_says_so() -> None:
    table = Table()
    table.pause()
    parking = ["G1 E5 F1800", "G1 Z15 F600", "G1 X1 Y2 F6000", "M104 S0"]
    assert table.ours() == parking
    assert table.told == [m.Parked(4)]
    table.octo.resume()
    table.octo.finish_queue()
    table.octo.pause()
    table.octo.finish_queue()
    assert table.ours()[4:] == [
        "M109 S205",
        "G1 X50 Y60 F6000",
        "G1 Z5 F600",
        "G92 E5",
        "G1 E7 F1800",
        "G1 F1500",
    ]


def test_a_pause_called_off_parks_nothing() -> None:
    table = Table()
    table.parker.arm(PARK)
    table.parker.call_off()
    table.octo.pause()
    table.octo.finish_queue()
    assert table.ours() == []


def test_a_resume_while_parking_drops_the_rest_and_undoes_what_was_done() -> None:
    table = Table()
    table.parker.arm(PARK)
    table.octo.pause()
    table.octo.send_some(2)
    assert table.ours() == ["G1 E5 F1800"]
    table.octo.resume()
    table.octo.finish_queue()
    assert table.ours()[1:] == ["M109 S205", "G92 E5", "G1 E7 F1800", "G1 F1500"]


def test_a_print_from_the_card_is_not_parked_and_says_so() -> None:
    table = Table()
    table.octo.comm.sd = True
    table.pause()
    assert table.ours() == []
    assert table.told == [m.Parked(0, ("park_card",))]


def test_a_script_of_the_users_leaves_us_the_heater() -> None:
    table = Table("; a remark\nG1 X0")
    table.pause()
    assert table.ours() == ["M104 S0"]


def test_a_script_of_remarks_is_none() -> None:
    table = Table("; a remark\n\n")
    table.pause()
    assert len(table.ours()) == 4


def test_a_mode_changed_by_somebody_else_keeps_our_moves_back() -> None:
    table = Table()
    table.parker.arm(PARK)
    table.octo.pause()
    table.octo.send_some(1)
    table.octo.queue.appendleft(("G91", set()))
    table.octo.finish_queue()
    assert table.ours() == []


def test_prints_are_counted_but_for_the_cards() -> None:
    table = Table()
    assert table.parker.prints == 1
    table.octo.comm.sd = True
    table.octo.script("beforePrintStarted")
    assert table.parker.prints == 1


def test_nothing_is_asked_of_another_print_than_the_one_meant() -> None:
    table = Table()
    printer = Printer(table.octo, table.parker)
    assert printer.pause(0, PARK) is False
    printer.cancel(0)
    assert table.octo.state_id == "PRINTING"
    assert printer.pause(1) is True


def test_a_mistake_of_ours_reaches_the_log_and_not_the_connection() -> None:
    table = Table()
    table.parker.arm(PARK)
    table.octo.comm.last_temperature = SimpleNamespace(tools=7)
    table.octo.pause()
    table.octo.finish_queue()
    assert table.octo.state_id == "PAUSED"
    assert table.logged == ["Unexpected error while parking"]


@pytest.mark.parametrize("odd", [None, "1", True, math.nan, math.inf, [], {}])
def test_an_odd_position_is_none(odd: Any) -> None:
    position = SimpleNamespace(x=odd, y=odd, z=odd, e=odd, f=odd, t=odd)
    record = SimpleNamespace(tools={0: (odd, odd), "1": (1, 2), 2: 5})
    comm = SimpleNamespace(pause_position=position, last_temperature=record)
    place = place_of(comm, UNKNOWN, None)
    assert (place.x_mm, place.y_mm, place.z_mm, place.e_mm) == (None,) * 4
    assert place.tools == {0: Heat()}


def test_a_connection_that_knows_nothing_is_a_place_without_anything() -> None:
    place = place_of(object(), UNKNOWN, None)
    assert (place.x_mm, place.tool, dict(place.tools)) == (None, None, {})


def volume(**changes: Any) -> dict[str, Any]:
    return {"volume": {**PROFILE["volume"], **changes}}


BOX = {"x_min": -5, "x_max": 210, "y_min": 0, "y_max": 220, "z_min": 0, "z_max": 190}
NO_BOX = {**BOX, "z_max": None}


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (volume(), Volume(0, 200, 0, 200, 180)),
        (volume(origin="center"), Volume(-100, 100, -100, 100, 180)),
        (
            volume(formFactor="circular", depth=None),
            Volume(-100, 100, -100, 100, 180, True),
        ),
        (volume(custom_box=BOX), Volume(-5, 210, 0, 220, 190)),
        (volume(custom_box=NO_BOX), Volume(0, 200, 0, 200, 180)),
        (volume(width=None), None),
        (volume(height="high"), None),
        ({"volume": None}, None),
        ({}, None),
        (None, None),
    ],
)
def test_volumes(profile: Any, expected: Optional[Volume]) -> None:
    assert volume_of(profile) == expected


def test_the_preview_is_what_would_be_sent() -> None:
    parker = Parker(lambda: PROFILE)
    parker.see_lines()
    lines, back, left_out = parker.preview(PARK)
    assert lines == ["G1 E-2 F1800", "G1 Z30 F600", "G1 X1 Y2 F6000", "M104 S0"]
    assert back[0] == "M109 S210"
    assert left_out == ()


def test_a_head_is_not_parked_by_who_does_not_see_the_lines() -> None:
    table = Table()
    table.parker.sees_lines = False
    table.pause()
    assert table.ours() == []
    assert table.told == [m.Parked(0, ("park_restart",))]


def test_the_preview_says_that_parking_begins_with_the_next_start() -> None:
    lines, _, left_out = Parker(lambda: PROFILE).preview(PARK)
    assert lines
    assert left_out == ("park_restart",)
