"""Which boxes are the same, and what a point lies in, to the border."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core.values import (
    IGNORED_ZONE,
    NOT_A_FAILURE,
    Detection,
    Sighting,
)
from octoprint_aiwatch.core.zones import (
    GROWN,
    SAME_BOX_OVERLAP,
    WIDER,
    around,
    counting,
    inside,
    pointed_at,
    same_place,
    sighted,
)

SQUARE = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
SLOPE = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))


def box(x: float, y: float, w: float = 0.25, h: float = 0.25) -> Detection:
    return Detection(0.5, x, y, w, h)


# -- the same place --------------------------------------------------------------------


@pytest.mark.parametrize("way", ["x", "y"])
def test_half_of_the_smaller_box_is_enough_and_less_is_not(way: str) -> None:
    def aside(by: float) -> Detection:
        return box(0.5 + by, 0.5) if way == "x" else box(0.5, 0.5 + by)

    apart = 0.25 * (1 - SAME_BOX_OVERLAP)
    for sign in (1, -1):
        assert same_place(box(0.5, 0.5), aside(sign * apart))
        assert not same_place(box(0.5, 0.5), aside(sign * (apart + 0.01)))


def test_a_small_box_within_a_large_one_is_in_its_place() -> None:
    assert same_place(box(0.5, 0.5, 1.0, 1.0), box(0.125, 0.875, 0.125, 0.25))


@pytest.mark.parametrize(
    "other", [box(0.875, 0.875), box(0.125, 0.875), box(0.5, 0.875), box(0.75, 0.5)]
)
def test_boxes_that_are_apart_or_only_touch_are_not(other: Detection) -> None:
    assert not same_place(box(0.5, 0.5), other)


@pytest.mark.parametrize("flat", [box(0.5, 0.5, 0.0), box(0.5, 0.5, 0.25, 0.0)])
def test_a_box_without_an_area_has_no_place(flat: Detection) -> None:
    assert not same_place(flat, box(0.5, 0.5))
    assert not same_place(box(0.5, 0.5), flat)
    assert not same_place(flat, flat)


def test_a_box_that_is_too_small_to_have_an_area_has_no_place_either() -> None:
    speck = box(0.0, 0.0, 1e-200, 1e-200)
    assert not same_place(speck, speck)


def test_an_ignored_box_may_grow_up_to_its_limit() -> None:
    ignored = box(0.5, 0.5)
    for factor, unless in ((GROWN, NOT_A_FAILURE), (GROWN + 0.1, "")):
        grown = box(0.5, 0.5, 0.25 * factor)
        assert sighted([grown], [], [ignored]) == (Sighting(grown, unless),)


def test_one_of_many_zones_or_boxes_is_enough() -> None:
    far = ((0.0, 0.0), (0.1, 0.0), (0.0, 0.1))
    here = box(0.5, 0.5)
    assert sighted([here], [far, SQUARE], [])[0].unless == IGNORED_ZONE
    assert sighted([here], [far], [box(0.1, 0.9), here])[0].unless == NOT_A_FAILURE


def test_only_what_nothing_keeps_from_it_counts() -> None:
    seen = (Sighting(box(0.1, 0.1), IGNORED_ZONE), Sighting(box(0.9, 0.9)))
    assert counting(seen) == (box(0.9, 0.9),)


# -- pointing at one -------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        box(0.55, 0.5),
        box(0.5, 0.55),
        box(0.5, 0.5, 0.3),
        box(0.5, 0.5, 0.25, 0.3),
        box(0.45, 0.5),
        box(0.5, 0.45),
        box(0.5, 0.5, 0.2),
        box(0.5, 0.5, 0.25, 0.2),
    ],
)
def test_of_several_in_one_place_the_likest_is_meant(other: Detection) -> None:
    meant = Sighting(box(0.501, 0.501))
    for seen in ((Sighting(other), meant), (meant, Sighting(other))):
        assert pointed_at(seen, box(0.5, 0.5)) is meant


def test_what_is_gone_cannot_be_pointed_at() -> None:
    assert pointed_at((Sighting(box(0.9, 0.9)),), box(0.1, 0.1)) is None


# -- zones -----------------------------------------------------------------------------


def test_a_zone_around_a_box_is_a_little_wider_than_it() -> None:
    left, right = 0.5 - 0.1 * WIDER, 0.5 + 0.1 * WIDER
    top, bottom = 0.25 - 0.05 * WIDER, 0.25 + 0.05 * WIDER
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    for found, corner in zip(around(box(0.5, 0.25, 0.2, 0.1)), corners):
        assert found == pytest.approx(corner)


def test_it_ends_where_the_frame_does() -> None:
    assert around(box(0.5, 0.5, 1.0, 1.0)) == (
        (0.0, 0.0),
        (1.0, 0.0),
        (1.0, 1.0),
        (0.0, 1.0),
    )


@pytest.mark.parametrize(
    ("x", "y", "within"),
    [
        (0.5, 0.5, True),
        (0.3, 0.7, True),
        (0.2, 0.5, False),
        (0.8, 0.5, False),
        (0.5, 0.2, False),
        (0.5, 0.8, False),
    ],
)
def test_a_point_is_in_a_square_or_beside_it(x: float, y: float, within: bool) -> None:
    assert inside(x, y, SQUARE) is within


@pytest.mark.parametrize(
    ("x", "y", "within"),
    [(0.1, 0.8, True), (0.3, 0.8, False), (0.7, 0.2, True), (0.9, 0.2, False)],
)
def test_a_slope_is_followed(x: float, y: float, within: bool) -> None:
    assert inside(x, y, SLOPE) is within
    assert inside(x, y, SLOPE[::-1]) is within


def test_of_two_zones_side_by_side_a_point_on_their_border_is_in_one() -> None:
    left = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    right = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
    upper = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))
    lower = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
    assert inside(0.5, 0.3, left) != inside(0.5, 0.3, right)
    assert inside(0.3, 0.5, upper) != inside(0.3, 0.5, lower)
