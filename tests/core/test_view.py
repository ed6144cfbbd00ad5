"""Between the snapshot and the way a person sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.values import AS_DELIVERED, Detection, View
from octoprint_aiwatch.core.view import box_delivered, box_seen, delivered, seen

# Of 64ths, so that one minus one of them is exact.
UNIT = st.integers(0, 64).map(lambda whole: whole / 64)
VIEW = st.builds(View, st.booleans(), st.booleans(), st.booleans())
BOX = st.builds(Detection, st.just(0.5), UNIT, UNIT, UNIT, UNIT)
TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT = (0, 0), (1, 0), (0, 1), (1, 1)


@pytest.mark.parametrize(
    ("view", "where"),
    [
        (AS_DELIVERED, TOP_LEFT),
        (View(flip_h=True), TOP_RIGHT),
        (View(flip_v=True), BOTTOM_LEFT),
        (View(flip_h=True, flip_v=True), BOTTOM_RIGHT),
        (View(rotate_90=True), BOTTOM_LEFT),
        (View(flip_h=True, rotate_90=True), TOP_LEFT),
        (View(flip_v=True, rotate_90=True), BOTTOM_RIGHT),
        (View(flip_h=True, flip_v=True, rotate_90=True), TOP_RIGHT),
    ],
)
def test_the_upper_left_corner_is_seen_where_octoprint_shows_it(
    view: View, where: tuple[float, float]
) -> None:
    assert seen(view, 0, 0) == where


def test_a_place_that_a_person_points_at_is_found_on_the_snapshot() -> None:
    turned = View(flip_h=True, rotate_90=True)
    assert delivered(turned, 0.25, 0.125) == (0.125, 0.25)
    assert delivered(View(flip_v=True), 0.25, 0.125) == (0.25, 0.875)
    assert delivered(View(rotate_90=True), 0.25, 0.125) == (0.875, 0.25)


def test_a_box_is_seen_where_it_is_turned_to_and_lies_on_its_side() -> None:
    box = Detection(0.5, 0.25, 0.125, 0.5, 0.25)
    assert box_seen(View(rotate_90=True), box) == Detection(0.5, 0.125, 0.75, 0.25, 0.5)
    assert box_seen(View(flip_h=True), box) == replace(box, x=0.75)


@given(VIEW, UNIT, UNIT)
def test_a_point_goes_there_and_back(view: View, x: float, y: float) -> None:
    assert delivered(view, *seen(view, x, y)) == (x, y)
    assert seen(view, *delivered(view, x, y)) == (x, y)


@given(VIEW, BOX)
def test_a_box_goes_there_and_back(view: View, box: Detection) -> None:
    assert box_delivered(view, box_seen(view, box)) == box
    assert box_seen(view, box_delivered(view, box)) == box


@given(VIEW, BOX)
def test_the_corners_of_a_box_go_where_the_box_goes(view: View, box: Detection) -> None:
    def corners(one: Detection) -> set[tuple[float, float]]:
        ends = (-0.5, 0.5)
        return {(one.x + a * one.w, one.y + b * one.h) for a in ends for b in ends}

    moved = {seen(view, *corner) for corner in corners(box)}
    assert moved == corners(box_seen(view, box))


@given(BOX)
def test_as_delivered_nothing_moves(box: Detection) -> None:
    assert box_seen(AS_DELIVERED, box) == box
