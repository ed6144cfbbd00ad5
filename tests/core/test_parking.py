"""The exact lines that park and undo, and what is left out when something is unknown."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.parking import (
    COLD_BELOW_C,
    EXAMPLE,
    Heat,
    Place,
    Volume,
    plan,
    undo,
)
from octoprint_aiwatch.core.settings import Park

ROOM = Volume(0, 200, 0, 200, 180)
HERE = replace(EXAMPLE, x_mm=110.0, y_mm=100.0, z_mm=20.0, volume=ROOM)
PARK = Park(True, 2.0, 10.0, 5.0, 6.0, "off", 150)


def lines(park: Park = PARK, place: Place = HERE, own: bool = False) -> list[str]:
    return [step.line for step in plan(park, place, own).steps]


def back(
    park: Park = PARK, place: Place = HERE, now: Optional[Place] = None
) -> list[str]:
    cold = replace(place, tools={0: Heat(60.0, 0.0)})
    return list(undo(plan(park, place).steps, place, now or cold))


def test_it_pulls_back_lifts_moves_aside_and_switches_the_heater_off() -> None:
    assert lines() == ["G1 E-2 F1800", "G1 Z30 F600", "G1 X5 Y6 F6000", "M104 S0"]


def test_going_on_heats_and_waits_first_then_moves_and_primes_last() -> None:
    assert back() == [
        "M109 S210",
        "G1 X110 Y100 F6000",
        "G1 Z20 F600",
        "G1 E2 F1800",
        "G1 F1800",
    ]


def test_absolute_extrusion_primes_what_was_pulled_wherever_the_filament_is() -> None:
    place = replace(HERE, extruder_absolute=True, e_mm=100.0)
    assert lines(place=place)[0] == "G1 E98 F1800"
    assert back(place=place)[-3:] == ["G92 E98", "G1 E100 F1800", "G1 F1800"]


def test_standby_lowers_the_heater_only() -> None:
    assert lines(replace(PARK, tool="standby"))[-1] == "M104 S150"
    cooler = replace(HERE, tools={0: Heat(140.0, 140.0)})
    assert lines(replace(PARK, tool="standby"), cooler)[-1] == "G1 X5 Y6 F6000"


def test_a_kept_heater_is_not_touched_but_waited_for_before_priming() -> None:
    park = replace(PARK, tool="keep")
    assert lines(park)[-1] == "G1 X5 Y6 F6000"
    assert back(park, now=HERE)[0] == "M109 S210"


def test_every_tool_that_is_hot_is_cooled_and_heated_again() -> None:
    tools = {0: Heat(210.0, 210.0), 1: Heat(240.0, 240.0), 2: Heat(20.0, 0.0)}
    place = replace(HERE, tools=tools)
    assert lines(place=place)[-2:] == ["M104 T0 S0", "M104 T1 S0"]
    cold = replace(place, tools={tool: Heat(20.0, 0.0) for tool in tools})
    assert back(place=place, now=cold)[:4] == [
        "M104 T0 S210",
        "M104 T1 S240",
        "M109 T0 S210",
        "M109 T1 S240",
    ]


def test_a_target_that_somebody_set_in_the_pause_stays() -> None:
    now = replace(HERE, tools={0: Heat(225.0, 225.0)})
    assert back(now=now)[0] == "M109 S225"
    too_cold = replace(HERE, tools={0: Heat(100.0, 100.0)})
    assert back(now=too_cold)[0] == "M109 S100"
    assert "G1 E2 F1800" not in back(now=too_cold)


def test_what_a_pause_left_in_other_modes_is_put_right_before_moving() -> None:
    now = replace(HERE, axes_absolute=False, extruder_absolute=True)
    assert back(now=now)[1:3] == ["G90", "M83"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"axes_absolute": None}, "park_unknown_modes"),
        ({"axes_absolute": False}, "park_unknown_modes"),
        ({"trusted": False}, "park_unknown_modes"),
    ],
)
def test_in_modes_that_are_not_known_nothing_moves(changes: Any, code: str) -> None:
    made = plan(PARK, replace(HERE, **changes))
    assert [step.line for step in made.steps] == ["M104 S0"]
    assert made.left_out == (code,)


def test_without_a_position_the_head_stays_where_it_is() -> None:
    nowhere = replace(HERE, x_mm=None, y_mm=None, z_mm=None, e_mm=None)
    assert lines(place=nowhere) == ["G1 E-2 F1800", "M104 S0"]
    assert plan(PARK, nowhere).left_out == ("park_unknown_position",) * 2


def test_without_a_volume_the_head_stays_where_it_is() -> None:
    assert lines(place=replace(HERE, volume=None)) == ["G1 E-2 F1800", "M104 S0"]


def test_a_cold_tool_pulls_nothing() -> None:
    for heat in (Heat(169.0, 210.0), Heat(210.0, 0.0), Heat(None, 210.0), Heat()):
        made = plan(PARK, replace(HERE, tools={0: heat}))
        assert not any("E" in step.line for step in made.steps)
        assert "park_cold" in made.left_out


def test_with_a_pause_script_of_octoprints_only_the_heater_is_set() -> None:
    assert lines(own=True) == ["M104 S0"]
    assert plan(PARK, HERE, own_script=True).left_out == ("park_own_script",)


def test_the_lift_ends_at_the_printers_height() -> None:
    assert lines(place=replace(HERE, z_mm=175.0))[1] == "G1 Z180 F600"
    top = plan(PARK, replace(HERE, z_mm=180.0))
    assert top.left_out == ("park_at_top",)


def test_a_place_outside_the_volume_is_not_gone_to() -> None:
    made = plan(replace(PARK, x_mm=201.0), HERE)
    assert made.left_out == ("park_outside",)
    assert not any("X" in step.line for step in made.steps)
    circle = replace(
        HERE, x_mm=0.0, y_mm=0.0, volume=Volume(-100, 100, -100, 100, 99, True)
    )
    assert plan(replace(PARK, x_mm=90.0, y_mm=90.0), circle).left_out == ("park_outside",)
    assert plan(replace(PARK, x_mm=60.0, y_mm=60.0), circle).left_out == ()


def test_a_place_outside_the_volume_to_one_side_is_not_gone_to_either() -> None:
    assert plan(replace(PARK, y_mm=201.0), HERE).left_out == ("park_outside",)
    assert plan(replace(PARK, y_mm=-1.0), HERE).left_out == ("park_outside",)
    assert plan(replace(PARK, x_mm=200.0, y_mm=200.0), HERE).left_out == ()


def test_what_is_not_wanted_is_left_out_without_a_word() -> None:
    for changes, left in (({"retract_mm": 0.0}, " E"), ({"lift_mm": 0.0}, " Z")):
        made = plan(replace(PARK, **changes), HERE)
        assert len(made.steps) == 3
        assert not any(left in step.line for step in made.steps)
        assert made.left_out == ()


@pytest.mark.parametrize(
    "changes",
    [{"extruder_absolute": None}, {"extruder_absolute": True, "e_mm": None}],
)
def test_an_extruder_that_is_not_known_pulls_nothing(changes: Any) -> None:
    made = plan(PARK, replace(HERE, **changes))
    assert not any(" E" in step.line for step in made.steps)
    assert made.left_out == ("park_unknown_modes",)


def test_one_axis_may_stay() -> None:
    assert lines(replace(PARK, x_mm=None))[2] == "G1 X110 Y6 F6000"
    assert "X" not in "".join(lines(replace(PARK, x_mm=None, y_mm=None)))


def test_nothing_done_is_nothing_to_undo() -> None:
    assert undo((), HERE, HERE) == ()


def test_only_what_was_done_is_undone() -> None:
    steps = plan(PARK, HERE).steps
    assert undo(steps[:1], HERE, HERE) == ("M109 S210", "G1 E2 F1800", "G1 F1800")


def test_where_only_a_heater_was_set_only_that_is_undone() -> None:
    steps = plan(PARK, HERE, own_script=True).steps
    now = replace(HERE, axes_absolute=False, tools={0: Heat(60.0, 0.0)})
    assert undo(steps, HERE, now) == ("M109 S210",)


def test_a_feed_that_is_not_known_is_not_set_again() -> None:
    for feed in (None, 0.0):
        assert back(place=replace(HERE, feed=feed))[-1] == "G1 E2 F1800"


NUMBER = st.one_of(st.none(), st.floats(-500, 500))
HEAT = st.builds(
    Heat, st.one_of(st.none(), st.floats(0, 300)), st.one_of(st.none(), st.floats(0, 300))
)
PLACES = st.builds(
    Place,
    NUMBER,
    NUMBER,
    NUMBER,
    NUMBER,
    NUMBER,
    st.one_of(st.none(), st.integers(0, 2)),
    st.dictionaries(st.integers(0, 2), HEAT, max_size=3),
    st.one_of(st.none(), st.booleans()),
    st.one_of(st.none(), st.booleans()),
    st.booleans(),
    st.one_of(st.none(), st.just(ROOM)),
)
PARKS = st.builds(
    Park,
    st.just(True),
    st.floats(0, 10),
    st.floats(0, 100),
    st.one_of(st.none(), st.floats(-1000, 2000)),
    st.one_of(st.none(), st.floats(-1000, 2000)),
    st.sampled_from(["keep", "standby", "off"]),
    st.integers(0, 300),
)
LINE = re.compile(r"(G1|G92|G90|M82|M83|M104|M109)( [XYZEFST]-?\d+(\.\d{1,3})?)*")


@given(PARKS, PLACES, PLACES, st.booleans(), st.integers(0, 7))
def test_whatever_is_known_the_lines_are_safe(
    park: Park, place: Place, now: Place, own: bool, done: int
) -> None:
    steps = plan(park, place, own).steps
    parking = [step.line for step in steps]
    going_on = undo(steps[:done], place, now)
    for line in (*parking, *going_on):
        assert LINE.fullmatch(line), line
    for line in parking:
        z = re.search(r"Z(-?[\d.]+)", line)
        if z:
            assert place.z_mm is not None
            assert float(z.group(1)) <= max(ROOM.height_mm, place.z_mm) + 0.001
        if " X" in line:
            x, y = (float(part[1:]) for part in line.split()[1:3])
            assert ROOM.holds(round(x, 2), round(y, 2)) or not ROOM.holds(x, y)
        if " E" in line:
            assert (place.heat().actual_c or 0) >= COLD_BELOW_C
        assert not line.startswith(("G90", "G91", "M82", "M83", "M140", "M190", "M302"))
    moves = [index for index, line in enumerate(going_on) if line.startswith("G1")]
    heats = [index for index, line in enumerate(going_on) if line.startswith("M10")]
    if moves and heats:
        assert max(heats) < min(moves)
