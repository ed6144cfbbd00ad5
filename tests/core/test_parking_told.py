"""How the head is parked and brought back, at the edges of what is known and allowed."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

import pytest

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

HERE = replace(EXAMPLE, volume=Volume(0, 200, 0, 200, 180))
"""At X110 Y100 Z20, one tool at 210 degrees, relative extrusion."""
PARK = Park(True, 2.0, 10.0, 5.0, 6.0, "off", 150)
KEPT = replace(PARK, tool="keep")
STANDBY = replace(PARK, tool="standby")


def lines(park: Park = PARK, place: Place = HERE) -> list[str]:
    return [step.line for step in plan(park, place).steps]


def back(
    park: Park = PARK, place: Place = HERE, now: Optional[Place] = None
) -> tuple[str, ...]:
    """What undoes all of it, by default with nothing changed but what was parked."""
    return undo(plan(park, place).steps, place, now or place)


def at(target_c: Optional[float], place: Place = HERE) -> Place:
    """The same with another target set meanwhile."""
    return replace(place, tools={0: Heat(60.0, target_c)})


# -- where the head may go ------------------------------------------------------------


@pytest.mark.parametrize("corner", [(0.0, 0.0), (0.0, 200.0), (200.0, 0.0)])
def test_the_edge_of_the_volume_may_be_gone_to(corner: tuple[float, float]) -> None:
    x_mm, y_mm = corner
    made = plan(replace(PARK, x_mm=x_mm, y_mm=y_mm), HERE)
    assert made.left_out == ()
    assert made.steps[2].line == f"G1 X{x_mm:g} Y{y_mm:g} F6000"


ROUND = Volume(0, 200, 50, 250, 180, round=True)
"""A circle about (100, 150)."""


@pytest.mark.parametrize(
    "point", [(100, 150), (200, 150), (0, 150), (100, 50), (100, 250)]
)
def test_a_round_volume_holds_its_middle_and_its_edge(point: tuple[int, int]) -> None:
    assert ROUND.holds(*point)


@pytest.mark.parametrize("point", [(0, 50), (200, 50), (0, 250), (200, 250), (171, 221)])
def test_a_round_volume_does_not_hold_what_is_beyond_its_edge(
    point: tuple[int, int],
) -> None:
    assert not ROUND.holds(*point)


def test_each_axis_may_stay_where_it_is() -> None:
    assert lines(replace(PARK, y_mm=None))[2] == "G1 X5 Y100 F6000"


def test_a_head_that_is_to_stay_is_nothing_that_was_left_out() -> None:
    assert plan(replace(PARK, x_mm=None, y_mm=None), HERE).left_out == ()


def test_a_lift_of_less_than_a_millimetre_is_made() -> None:
    assert "G1 Z20.2 F600" in lines(replace(PARK, lift_mm=0.2))


def test_a_place_that_rounds_to_zero_has_no_minus() -> None:
    place = replace(HERE, x_mm=-0.0004)
    assert "G1 X0 Y100 F6000" in back(place=place)


# -- what is pulled and primed --------------------------------------------------------


def test_less_than_a_millimetre_is_pulled_and_primed() -> None:
    park = replace(PARK, retract_mm=0.8)
    assert lines(park)[0] == "G1 E-0.8 F1800"
    assert "G1 E0.8 F1800" in back(park)


def test_absolute_extrusion_that_is_known_leaves_nothing_out() -> None:
    assert plan(PARK, replace(HERE, extruder_absolute=True)).left_out == ()


def test_a_tool_that_nothing_is_known_of_pulls_nothing() -> None:
    for place in (replace(HERE, tool=1), replace(HERE, tool=None)):
        made = plan(PARK, place)
        assert "park_cold" in made.left_out
        assert not any(" E" in step.line for step in made.steps)


def test_the_least_heat_that_firmware_extrudes_at_is_enough_to_pull_and_prime() -> None:
    place = replace(HERE, tools={0: Heat(COLD_BELOW_C, COLD_BELOW_C)})
    assert lines(place=place)[0] == "G1 E-2 F1800"
    assert "G1 E2 F1800" in back(place=place)


# -- how it is heated again -----------------------------------------------------------


def test_a_tool_that_is_still_on_standby_is_heated_as_before() -> None:
    assert back(STANDBY, now=at(150.0))[0] == "M109 S210"


def test_a_tool_that_was_put_out_on_standby_is_heated_as_before() -> None:
    assert back(STANDBY, now=at(0.0))[0] == "M109 S210"


def test_another_target_set_on_standby_stays() -> None:
    assert back(STANDBY, now=at(200.0))[0] == "M109 S200"


@pytest.mark.parametrize("park", [PARK, KEPT])
def test_a_tool_that_nothing_is_known_of_any_more_is_heated_as_before(park: Park) -> None:
    assert back(park, now=replace(HERE, tools={}))[0] == "M109 S210"


def test_a_kept_tool_is_waited_for_at_the_target_that_somebody_set_meanwhile() -> None:
    assert back(KEPT, now=at(225.0))[0] == "M109 S225"


def test_any_target_that_somebody_set_meanwhile_is_kept_however_low() -> None:
    assert back(now=at(1.0))[0] == "M109 S1"


def test_a_kept_tool_that_was_put_out_is_neither_waited_for_nor_primed() -> None:
    assert back(KEPT, now=at(0.0)) == (
        "G1 X110 Y100 F6000",
        "G1 Z20 F600",
        "G1 F1800",
    )


def test_a_kept_tool_that_was_not_pulled_is_not_waited_for() -> None:
    assert back(replace(KEPT, retract_mm=0.0))[0] == "G1 X110 Y100 F6000"


def test_of_two_tools_each_is_named_even_if_one_is_cold() -> None:
    place = replace(HERE, tools={0: Heat(210.0, 210.0), 1: Heat(20.0, 0.0)})
    assert lines(place=place)[-1] == "M104 T0 S0"
    assert back(place=place)[0] == "M109 T0 S210"


# -- modes and feed -------------------------------------------------------------------


@pytest.mark.parametrize(("absolute", "code"), [(True, "M82"), (False, "M83")])
def test_the_extruders_mode_is_put_right_by_itself(absolute: bool, code: str) -> None:
    place = replace(HERE, extruder_absolute=absolute)
    again = back(place=place, now=replace(HERE, extruder_absolute=not absolute))
    assert again[1] == code
    assert "G90" not in again


@pytest.mark.parametrize(("absolute", "code"), [(True, "M82"), (False, "M83")])
def test_the_extruders_mode_is_said_again_after_that_of_the_axes(
    absolute: bool, code: str
) -> None:
    place = replace(HERE, extruder_absolute=absolute)
    assert back(place=place, now=replace(place, axes_absolute=None))[1:3] == ("G90", code)


def test_any_feed_that_is_known_is_set_again_however_slow() -> None:
    assert back(place=replace(HERE, feed=1.0))[-1] == "G1 F1"
