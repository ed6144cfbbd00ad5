"""Which boxes count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.options import Polygon
from octoprint_aiwatch.core.values import Detection
from octoprint_aiwatch.core.zones import counting, inside, same_place, sighted

SQUARE = ((0.2, 0.2), (0.6, 0.2), (0.6, 0.6), (0.2, 0.6))
ARROW = ((0.0, 0.0), (1.0, 0.5), (0.0, 1.0), (0.4, 0.5))


def left(
    boxes: list[Detection], zones: list[Polygon], ignored: list[Detection]
) -> tuple[Detection, ...]:
    return counting(sighted(boxes, zones, ignored))


def box(x: float, y: float, w: float = 0.1, h: float = 0.1) -> Detection:
    return Detection(0.5, x, y, w, h)


def test_a_box_counts_by_its_centre() -> None:
    assert left([box(0.4, 0.4), box(0.65, 0.4)], [SQUARE], []) == (box(0.65, 0.4),)


def test_a_zone_may_be_hollow_on_one_side() -> None:
    assert inside(0.6, 0.5, ARROW)
    assert not inside(0.2, 0.5, ARROW)


def test_without_zones_everything_counts() -> None:
    assert left([box(0.4, 0.4)], [], []) == (box(0.4, 0.4),)


def test_each_box_says_what_keeps_it_from_counting() -> None:
    boxes = [box(0.4, 0.4), box(0.8, 0.8), box(0.9, 0.2)]
    unless = [one.unless for one in sighted(boxes, [SQUARE], [box(0.8, 0.8)])]
    assert unless == ["ignored_zone", "not_a_failure", ""]


def test_the_same_box_seen_a_little_aside_is_the_same() -> None:
    assert left([box(0.42, 0.41)], [], [box(0.4, 0.4)]) == ()


def test_a_box_next_to_an_ignored_one_counts() -> None:
    assert left([box(0.52, 0.4)], [], [box(0.4, 0.4)]) == (box(0.52, 0.4),)


def test_a_box_that_has_grown_out_of_an_ignored_one_counts() -> None:
    grown = box(0.4, 0.4, 0.3, 0.3)
    assert left([grown], [], [box(0.4, 0.4)]) == (grown,)


def test_a_box_without_area_matches_nothing() -> None:
    assert not same_place(box(0.4, 0.4, 0.0, 0.0), box(0.4, 0.4))


UNIT = st.floats(0, 1)
BOX = st.builds(Detection, UNIT, UNIT, UNIT, st.floats(0.01, 1), st.floats(0.01, 1))


@given(BOX, BOX)
def test_being_in_the_same_place_goes_both_ways(one: Detection, two: Detection) -> None:
    assert same_place(one, two) == same_place(two, one)


@given(BOX)
def test_a_box_is_in_the_same_place_as_itself(one: Detection) -> None:
    assert same_place(one, one)
    assert left([one], [], [one]) == ()
