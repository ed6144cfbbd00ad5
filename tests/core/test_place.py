"""What was there before, what stays, what jumps."""

from __future__ import annotations

import random
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core import place
from octoprint_aiwatch.core.place import COLUMNS, ROWS, Places
from octoprint_aiwatch.core.values import Detection

LOGO = Detection(0.9, 0.2, 0.2, 0.1, 0.1)
FAILURE = Detection(0.8, 0.7, 0.6, 0.2, 0.2)


def seen(
    places: Places, *boxes: Detection, for_s: float, score: Optional[float] = None
) -> Places:
    """The same boxes in every frame for some time, at a frame per 10 s."""
    if score is None:
        score = max((box.confidence for box in boxes), default=0.0)
    for _ in range(int(for_s // 10)):
        places = place.follow(places, score, boxes, 10.0)
    return places


def sized(box: Detection, times: float) -> Detection:
    side = times**0.5
    return Detection(box.confidence, box.x, box.y, box.w * side, box.h * side)


def counts(places: Places, box: Detection) -> bool:
    covered = place.cells(box)
    return not place.is_background(places, covered) or place.has_grown(places)


# -- cells ----------------------------------------------------------------------------

UNIT = st.floats(0, 1)
BOX = st.builds(Detection, UNIT, UNIT, UNIT, st.floats(0, 1), st.floats(0, 1))


@given(BOX)
def test_every_box_has_cells_of_the_frame_each_once(box: Detection) -> None:
    found = place.cells(box)
    assert found
    assert len(set(found)) == len(found)
    assert all(0 <= cell < COLUMNS * ROWS for cell in found)


@given(BOX)
def test_the_cell_of_a_boxs_middle_is_one_of_them(box: Detection) -> None:
    column = min(COLUMNS - 1, int(box.x * COLUMNS))
    row = min(ROWS - 1, int(box.y * ROWS))
    assert row * COLUMNS + column in place.cells(box)


def test_a_box_without_a_size_has_the_cell_of_its_middle() -> None:
    for x, y in ((0.0, 0.0), (0.47, 0.47), (1.0, 1.0)):
        column = min(COLUMNS - 1, int(x * COLUMNS))
        row = min(ROWS - 1, int(y * ROWS))
        assert place.cells(Detection(1.0, x, y, 0.0, 0.0)) == (row * COLUMNS + column,)


def test_a_box_over_everything_has_all_cells() -> None:
    assert len(place.cells(Detection(1.0, 0.5, 0.5, 1.0, 1.0))) == COLUMNS * ROWS


# -- background -----------------------------------------------------------------------


def test_what_stands_there_from_the_first_frame_counts_for_nothing() -> None:
    places = seen(Places(), LOGO, for_s=3600.0)
    assert place.strongest(places).mean == 0.0
    assert not counts(places, LOGO)


def test_what_comes_later_counts_in_full() -> None:
    places = seen(seen(Places(), LOGO, for_s=600.0), LOGO, FAILURE, for_s=600.0)
    assert place.strongest(places).mean == pytest.approx(0.8, abs=0.01)
    assert counts(places, FAILURE)
    assert not counts(places, LOGO)


def test_what_comes_soon_after_the_first_frames_counts_too() -> None:
    places = seen(Places(), for_s=place.FIRST_S)
    places = seen(places, FAILURE, for_s=600.0)
    assert place.strongest(places).mean > 0.75


def test_one_hit_in_the_first_frames_makes_no_background() -> None:
    places = seen(Places(), FAILURE, for_s=10.0)
    places = seen(seen(places, for_s=600.0), FAILURE, for_s=600.0)
    assert place.strongest(places).mean > 0.75


def test_background_that_grows_counts_with_all_that_it_is() -> None:
    places = seen(Places(), FAILURE, for_s=120.0)
    places = seen(places, sized(FAILURE, 2.0), for_s=120.0)
    assert place.strongest(places).mean > 0.6
    assert counts(places, FAILURE)


def test_background_that_flickers_in_size_does_not_count() -> None:
    chance = random.Random(7)
    places = seen(Places(), LOGO, for_s=120.0)
    for _ in range(3600):
        places = seen(places, sized(LOGO, chance.uniform(0.6, 1.6)), for_s=10.0)
        assert place.strongest(places).mean == 0.0


def test_a_single_large_box_over_the_background_is_no_growth() -> None:
    places = seen(Places(), LOGO, for_s=600.0)
    places = seen(places, sized(LOGO, 20.0), for_s=10.0)
    assert not place.has_grown(places)


def test_background_that_goes_unseen_has_not_become_smaller() -> None:
    places = seen(Places(), LOGO, for_s=600.0)
    gone = seen(places, for_s=3600.0)
    assert gone.area == places.area


# -- passing --------------------------------------------------------------------------


@pytest.mark.parametrize("cadence_s", [10.0, 40.0, 60.0])
def test_boxes_that_jump_about_come_to_next_to_nothing(cadence_s: float) -> None:
    chance = random.Random(3)
    places, high = seen(Places(), for_s=120.0), 0
    frames = int(36_000 // cadence_s)
    for _ in range(frames):
        x, y = chance.uniform(0.1, 0.9), chance.uniform(0.1, 0.9)
        box = Detection(0.8, x, y, 0.15, 0.15)
        places = place.follow(places, 0.8, (box,), cadence_s)
        high += place.strongest(places).mean >= 0.23
    assert high <= frames * 0.005


def test_where_nothing_was_seen_everything_passes() -> None:
    assert place.is_passing(Places(), place.cells(FAILURE))
    assert not place.is_passing(
        seen(seen(Places(), for_s=120.0), FAILURE, for_s=60.0), place.cells(FAILURE)
    )


def test_what_passes_by_once_is_passing_afterwards() -> None:
    places = seen(Places(), for_s=120.0)
    for step in range(12):
        x = 0.05 + step * 0.08
        places = seen(places, Detection(0.8, x, 0.5, 0.1, 0.1), for_s=10.0)
    assert place.is_passing(places, place.cells(Detection(0.8, 0.05, 0.5, 0.1, 0.1)))


def test_a_failure_counts_from_its_first_frame_on() -> None:
    clean = seen(Places(), for_s=600.0)
    assert place.strongest(seen(clean, FAILURE, for_s=10.0)).mean == pytest.approx(
        place.strongest(seen(clean, for_s=10.0, score=0.8)).mean
    )


def test_a_failure_that_wanders_and_splits_keeps_its_place() -> None:
    chance = random.Random(5)
    places = seen(Places(), for_s=120.0)
    for _ in range(40):
        x, y = chance.gauss(0.6, 0.03), chance.gauss(0.6, 0.03)
        boxes = [Detection(0.8, x, y, 0.2, 0.2)]
        if chance.random() < 0.4:
            boxes = [
                Detection(0.8, x - 0.05, y, 0.12, 0.18),
                Detection(0.6, x + 0.07, y, 0.1, 0.15),
            ]
        places = place.follow(places, 0.8, boxes, 10.0)
    assert place.strongest(places).mean > 0.5


# -- evidence without boxes -----------------------------------------------------------


def test_a_score_without_boxes_counts_as_it_is() -> None:
    assert place.strongest(seen(Places(), for_s=3600.0, score=0.4)).mean == pytest.approx(
        0.4
    )


def test_evidence_with_and_without_a_place_adds_up_over_time() -> None:
    places = seen(Places(), for_s=120.0)
    for _ in range(60):
        places = seen(places, FAILURE, for_s=10.0)
        places = seen(places, for_s=10.0, score=0.8)
    assert place.strongest(places).mean == pytest.approx(0.8, abs=0.02)


# -- forgetting -----------------------------------------------------------------------


def test_without_live_evidence_the_start_is_still_known() -> None:
    places = seen(seen(Places(), LOGO, for_s=600.0), LOGO, FAILURE, for_s=600.0)
    live = place.live(places)
    assert place.strongest(live).mean == 0.0
    assert place.strongest(seen(live, LOGO, for_s=600.0)).mean == 0.0
    assert place.strongest(seen(live, FAILURE, for_s=600.0)).mean > 0.75


def test_one_place_is_forgotten_without_the_others() -> None:
    other = Detection(0.7, 0.3, 0.8, 0.2, 0.2)
    places = seen(seen(Places(), for_s=120.0), FAILURE, other, for_s=600.0)
    left = place.without(places, FAILURE)
    assert place.strongest(left).mean == pytest.approx(0.7, abs=0.01)


SEQUENCE = st.lists(
    st.tuples(UNIT, st.lists(BOX, max_size=3), st.floats(0, 60)), max_size=25
)


@given(SEQUENCE)
def test_whatever_is_seen_means_stay_shares_and_cells_few(
    sequence: list[tuple[float, list[Detection], float]],
) -> None:
    places = Places()
    for score, boxes, step_s in sequence:
        places = place.follow(places, score, boxes, step_s)
        assert 0.0 <= place.strongest(places).mean <= 1.0
        assert len(places.recent) <= COLUMNS * ROWS
        assert len(places.lasting) <= COLUMNS * ROWS
