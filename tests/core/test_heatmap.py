"""A heat map becomes a score and boxes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.heatmap import (
    MOST_BOXES,
    Calibration,
    HeatMap,
    detections,
    score,
)

CALIBRATION = Calibration(hottest=4, centre=-1.0, slope=2.0, cell=0.0)
COLD = -9.0


def drawn(*lines: str) -> HeatMap:
    """A map drawn in text: a digit is a hot cell of that logit, anything else is cold."""
    values = tuple(
        float(cell) if cell.isdigit() else COLD for line in lines for cell in line
    )
    return HeatMap(len(lines), len(lines[0]), values)


def calibrated(logit: float, calibration: Calibration = CALIBRATION) -> float:
    return 1 / (1 + math.exp(-calibration.slope * (logit - calibration.centre)))


# -- the score ------------------------------------------------------------------------


def test_the_score_is_the_mean_of_the_hottest_cells_calibrated() -> None:
    heat = drawn("..1..", "3....", "..5.1")
    assert score(heat, CALIBRATION) == pytest.approx(calibrated((5 + 3 + 1 + 1) / 4))


def test_the_centre_scores_one_half() -> None:
    heat = HeatMap(2, 3, (CALIBRATION.centre,) * 6)
    assert score(heat, CALIBRATION) == 0.5


def test_where_the_hot_cells_lie_makes_no_difference_to_the_score() -> None:
    together, apart = drawn("12...", "34..."), drawn("1...2", "4...3")
    assert score(together, CALIBRATION) == score(apart, CALIBRATION)


def test_a_map_smaller_than_the_hottest_cells_is_scored_by_all_of_them() -> None:
    assert score(drawn("2"), CALIBRATION) == pytest.approx(calibrated(2))


@pytest.mark.parametrize(("logit", "end"), [(3e38, 1.0), (-3e38, 0.0)])
def test_a_logit_beyond_all_bounds_still_gives_a_score(logit: float, end: float) -> None:
    heat = HeatMap(1, 1, (logit,))
    assert score(heat, CALIBRATION) == pytest.approx(end)


# -- boxes ----------------------------------------------------------------------------


def test_a_cold_map_has_no_boxes() -> None:
    assert detections(drawn(".....", "....."), CALIBRATION) == ()


def test_a_cell_that_is_just_not_hot_makes_no_box() -> None:
    heat = HeatMap(1, 2, (CALIBRATION.cell, COLD))
    assert detections(heat, CALIBRATION) == ()


def test_a_box_is_a_centre_and_a_size_in_shares_of_the_frame() -> None:
    heat = drawn(
        "..........",
        "..........",
        "....99....",
        "....99....",
        "..........",
    )
    (box,) = detections(heat, CALIBRATION)
    assert (box.x, box.y) == pytest.approx((0.5, 3 / 5))
    assert (box.w, box.h) == pytest.approx((0.2, 2 / 5))


def test_a_box_in_the_corner_ends_where_the_frame_ends() -> None:
    (box,) = detections(drawn("....", "....", "...9"), CALIBRATION)
    assert (box.x + box.w / 2, box.y + box.h / 2) == pytest.approx((1.0, 1.0))


def test_cells_that_touch_at_a_corner_are_one_group() -> None:
    assert len(detections(drawn("9...", ".9..", "..9."), CALIBRATION)) == 1
    assert len(detections(drawn("..9.", ".9..", "9..."), CALIBRATION)) == 1


def test_a_cold_line_between_them_makes_two_groups() -> None:
    assert len(detections(drawn("99.99", "99.99"), CALIBRATION)) == 2


def test_the_end_of_a_line_does_not_touch_the_beginning_of_the_next() -> None:
    assert len(detections(drawn("....9", "9...."), CALIBRATION)) == 2


def test_a_group_of_any_shape_is_one_box() -> None:
    heat = drawn(
        "9999999",
        "9.....9",
        "9.999.9",
        "9.9.9.9",
        "9.9...9",
        "9.99999",
    )
    (box,) = detections(heat, CALIBRATION)
    assert (box.w, box.h) == (1.0, 1.0)


def test_a_group_does_not_reach_two_rows_up_to_another() -> None:
    heat = drawn("9...", "9...", "9..9", "9...", "9999")
    assert len(detections(heat, CALIBRATION)) == 2


def test_a_group_is_as_sure_as_its_hottest_cells() -> None:
    (box,) = detections(drawn("11111", "19999", "11111"), CALIBRATION)
    assert box.confidence == pytest.approx(calibrated(9))


def test_a_small_group_is_filled_up_with_cells_that_are_just_not_hot() -> None:
    (box,) = detections(drawn("8...."), CALIBRATION)
    filled = (8 + 3 * CALIBRATION.cell) / 4
    assert box.confidence == pytest.approx(calibrated(filled))


def test_of_two_groups_as_hot_the_larger_is_surer() -> None:
    small, large = drawn("88..."), drawn("888..")
    (one,), (other,) = detections(small, CALIBRATION), detections(large, CALIBRATION)
    assert one.confidence < other.confidence


def test_the_surest_box_comes_first() -> None:
    found = detections(drawn("2...9...5", "2...9...5"), CALIBRATION)
    assert [box.x for box in found] == pytest.approx([4.5 / 9, 8.5 / 9, 0.5 / 9])


def test_one_group_with_all_the_heat_is_as_sure_as_the_frame() -> None:
    heat = drawn("77..", "77..")
    (box,) = detections(heat, CALIBRATION)
    assert box.confidence == pytest.approx(score(heat, CALIBRATION))


# -- a map of specks ------------------------------------------------------------------

SIDE = 256


def specks(logit: float = 5.0) -> HeatMap:
    """As many groups as a map can have, one of them hotter."""
    values = [COLD] * (SIDE * SIDE)
    for row in range(0, SIDE, 2):
        for column in range(0, SIDE, 2):
            values[row * SIDE + column] = logit
    values[-SIDE - 2] = 2 * logit
    return HeatMap(SIDE, SIDE, tuple(values))


def test_of_very_many_boxes_the_surest_are_kept() -> None:
    found = detections(specks(), CALIBRATION)
    assert len(found) == MOST_BOXES
    assert (found[0].x, found[0].y) == ((SIDE - 1.5) / SIDE, (SIDE - 1.5) / SIDE)


# -- a speck beside a group -----------------------------------------------------------

MILD = Calibration(hottest=24, centre=2.8, slope=1.2, cell=1.1)
"""Where the threshold itself has a confidence of about 0.12."""


def line(*logits: float) -> HeatMap:
    return HeatMap(1, len(logits), logits)


def test_a_speck_beside_a_surer_group_is_no_box() -> None:
    (box,) = detections(line(1.5, COLD, 9.0, 9.0), MILD)
    assert (box.x, box.w) == (0.75, 0.5)


def test_a_second_group_that_is_more_than_a_speck_is_a_box() -> None:
    assert len(detections(line(4.0, COLD, 9.0, 9.0), MILD)) == 2


def test_of_specks_alone_the_surest_is_a_box() -> None:
    (box,) = detections(line(1.2, COLD, 1.5, COLD, 1.3), MILD)
    assert box.x == 0.5


# -- any map --------------------------------------------------------------------------

FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)
CALIBRATIONS = st.builds(
    Calibration,
    hottest=st.integers(1, 40),
    centre=FINITE,
    slope=FINITE,
    cell=FINITE,
)


@st.composite
def maps(draw: st.DrawFn) -> HeatMap:
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    cells = FINITE | st.sampled_from([-3.0, 3.0])
    values = draw(st.lists(cells, min_size=rows * columns, max_size=rows * columns))
    return HeatMap(rows, columns, tuple(values))


@given(maps(), CALIBRATIONS)
def test_any_map_gives_a_score_and_boxes_inside_the_frame(
    heat: HeatMap, calibration: Calibration
) -> None:
    assert 0.0 <= score(heat, calibration) <= 1.0
    boxes = detections(heat, calibration)
    for box in boxes:
        assert 0.0 <= box.confidence <= 1.0
        for centre, size in ((box.x, box.w), (box.y, box.h)):
            assert size > 0
            assert centre - size / 2 >= -1e-9
            assert centre + size / 2 <= 1 + 1e-9
    assert list(boxes) == sorted(boxes, key=lambda box: -box.confidence)
    assert bool(boxes) == any(value > calibration.cell for value in heat.values)


def plainly_grouped(heat: HeatMap, threshold: float) -> list[tuple[float, ...]]:
    """Groups found another way: every cell takes its neighbours' least number."""
    cells = {
        (at // heat.columns, at % heat.columns): at
        for at, value in enumerate(heat.values)
        if value > threshold
    }
    changed = True
    while changed:
        changed = False
        for row, column in cells:
            for other in cells:
                near = abs(other[0] - row) <= 1 and abs(other[1] - column) <= 1
                if near and cells[other] < cells[(row, column)]:
                    cells[(row, column)] = cells[other]
                    changed = True
    boxes = []
    for number in set(cells.values()):
        rows = [row for row, column in cells if cells[(row, column)] == number]
        columns = [column for row, column in cells if cells[(row, column)] == number]
        boxes.append((min(rows), max(rows), min(columns), max(columns)))
    return sorted(boxes)


def far_from(threshold: float, values: tuple[float, ...]) -> list[float]:
    """Cells that are no specks: either not hot, or hot enough to be a box alone."""
    return [value + 9 if value > threshold else value for value in values]


@given(maps(), st.sampled_from([-3.5, 0.0]))
def test_the_groups_are_those_that_a_plainer_search_finds(
    heat: HeatMap, threshold: float
) -> None:
    heat = HeatMap(heat.rows, heat.columns, tuple(far_from(threshold, heat.values)))
    found = []
    for box in detections(heat, Calibration(6, 0.0, 1.0, threshold)):
        top, bottom = box.y - box.h / 2, box.y + box.h / 2
        left, right = box.x - box.w / 2, box.x + box.w / 2
        found.append(
            (
                round(top * heat.rows),
                round(bottom * heat.rows) - 1,
                round(left * heat.columns),
                round(right * heat.columns) - 1,
            )
        )
    assert sorted(found) == plainly_grouped(heat, threshold)
