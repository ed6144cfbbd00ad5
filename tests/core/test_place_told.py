"""What stays of single frames by their place, to the cell, the frame and the count."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from octoprint_aiwatch.core import place
from octoprint_aiwatch.core.place import (
    AREA_FRAMES,
    AREA_S,
    COLUMNS,
    FIRST_FRAMES,
    FIRST_S,
    FORGOTTEN,
    GROWN,
    GROWN_MOST,
    LASTING_ABOVE,
    LEAST,
    PASSING_BELOW,
    ROWS,
    START_FRAMES,
    START_SHARE,
    WIDENED,
    Places,
    Strongest,
)
from octoprint_aiwatch.core.steady import towards
from octoprint_aiwatch.core.values import Detection

STEP_S = 10.0
HALF = (PASSING_BELOW + LASTING_ABOVE) / 2
"""A place that has had this share of what was seen counts for a half."""


def block(
    row: int, column: int, confidence: float = 0.8, rows: int = 1, columns: int = 1
) -> Detection:
    """A box that covers these cells and no others."""
    return Detection(
        confidence,
        (column + columns / 2) / COLUMNS,
        (row + rows / 2) / ROWS,
        columns / COLUMNS,
        rows / ROWS,
    )


def at(row: int, column: int) -> int:
    return row * COLUMNS + column


def frame(places: Places, *boxes: Detection, step_s: float = STEP_S) -> Places:
    """One frame whose surest box makes the score."""
    score = max((box.confidence for box in boxes), default=0.0)
    return place.follow(places, score, boxes, step_s)


def scored(places: Places, score: float, step_s: float = STEP_S) -> Places:
    """One frame whose evidence has no place."""
    return place.follow(places, score, (), step_s)


def frames(
    places: Places, times: int, *boxes: Detection, step_s: float = STEP_S
) -> Places:
    for _ in range(times):
        places = frame(places, *boxes, step_s=step_s)
    return places


STARTED = frames(Places(), 30)
STOOD = block(3, 3, rows=2, columns=2)
CLUTTERED = frames(Places(), 30, STOOD)
"""Something stood there from the first frame on."""
LARGER = block(3, 3, rows=3, columns=3)
NEWS = block(8, 12)


def size(box: Detection) -> float:
    return box.w * box.h


# -- cells ----------------------------------------------------------------------------


@pytest.mark.parametrize(("short_of", "reaches"), [(WIDENED / 2, 1), (WIDENED * 2, 0)])
def test_a_box_reaches_a_little_further_than_it_says(
    short_of: float, reaches: int
) -> None:
    half = 1.0 - short_of  # the middles of the cells beside it are one cell away
    box = Detection(0.8, 5.5 / COLUMNS, 5.5 / ROWS, 2 * half / COLUMNS, 2 * half / ROWS)
    around = range(5 - reaches, 6 + reaches)
    assert set(place.cells(box)) == {at(row, c) for row in around for c in around}


@pytest.mark.parametrize(
    ("x", "y", "rows", "columns"),
    [
        (0.0, 0.0, range(2), range(2)),
        (1.0, 1.0, range(ROWS - 2, ROWS), range(COLUMNS - 2, COLUMNS)),
    ],
)
def test_of_a_box_over_the_frames_edge_the_part_inside_counts(
    x: float, y: float, rows: range, columns: range
) -> None:
    box = Detection(0.8, x, y, 4 / COLUMNS, 4 / ROWS)
    assert set(place.cells(box)) == {at(row, c) for row in rows for c in columns}


@pytest.mark.parametrize(("x", "column"), [(-0.2, 0), (1.2, COLUMNS - 1)])
def test_a_box_beyond_the_frame_has_the_cell_at_its_edge(x: float, column: int) -> None:
    assert place.cells(Detection(0.8, x, 5.5 / ROWS, 0.0, 0.0)) == (at(5, column),)


# -- one frame ------------------------------------------------------------------------


def test_a_frame_without_anything_leaves_nothing_behind() -> None:
    places = frame(STARTED)
    assert (places.behind, places.latest_behind) == (0.0, 0.0)


def test_boxes_that_are_sure_of_nothing_are_no_place() -> None:
    unsure = place.follow(STARTED, 0.5, (block(5, 5, 0.0),), STEP_S)
    assert unsure == scored(STARTED, 0.5)


def test_of_two_boxes_over_one_cell_the_surer_counts() -> None:
    both = frame(STARTED, block(5, 5, 0.9), block(5, 5, 0.3))
    assert both.latest_at == {at(5, 5): 0.9}


def test_of_two_boxes_in_the_background_the_surer_counts() -> None:
    both = frame(CLUTTERED, replace(STOOD, confidence=0.9), STOOD)
    assert both.latest_behind == 0.9


def test_what_was_seen_in_all_is_the_surest_box_of_every_frame() -> None:
    both = frame(STARTED, block(5, 5, 0.9), block(8, 8, 0.3))
    assert both.lasting_all == both.lasting[at(5, 5)] > both.lasting[at(8, 8)]


def test_a_place_that_a_frame_does_not_show_fades_while_another_is_seen() -> None:
    before = frame(STARTED, block(5, 5))
    after = frame(before, NEWS)
    mean = before.recent[at(5, 5)]
    assert after.recent[at(5, 5)] == pytest.approx(towards(mean, 0.0, STEP_S))


def test_places_are_kept_in_the_order_of_their_cells() -> None:
    places = frame(frame(STARTED, block(0, 8)), block(0, 1))
    assert list(places.recent) == [1, 8]


@pytest.mark.parametrize("boxes", [(), (NEWS,)])
def test_a_place_is_forgotten_below_the_least_mean(boxes: tuple[Detection, ...]) -> None:
    faint = replace(STARTED, recent={at(5, 5): LEAST})
    assert at(5, 5) in frame(faint, *boxes, step_s=0.0).recent
    assert at(5, 5) not in frame(faint, *boxes, step_s=1.0).recent


# -- hits in turn ---------------------------------------------------------------------


def test_a_place_counts_the_frames_that_hit_it() -> None:
    for times in (1, 2, 3):
        assert place.strongest(frames(STARTED, times, NEWS)).hits == times


def test_a_miss_takes_back_half_a_hit() -> None:
    hit = frames(STARTED, 3, NEWS)
    left = [place.strongest(frames(hit, missed)).hits for missed in (1, 2, 3)]
    assert left == [2, 2, 1]


def test_more_misses_than_hits_are_no_debt() -> None:
    missed = frames(frame(STARTED, NEWS, step_s=60.0), 8, step_s=1.0)
    assert place.strongest(missed).hits == 0
    assert place.strongest(frame(missed, NEWS)).hits == 1


def test_hits_are_counted_while_the_place_is_not_forgotten() -> None:
    faint = replace(STARTED, recent={at(8, 12): FORGOTTEN})
    assert frame(faint, NEWS, step_s=0.0).hits == {at(8, 12): 1.0}
    fainter = replace(STARTED, recent={at(8, 12): FORGOTTEN / 2})
    assert frame(fainter, NEWS, step_s=0.0).hits == {}


# -- the strongest place --------------------------------------------------------------


def test_evidence_without_a_place_is_told_without_hits() -> None:
    places = scored(STARTED, 0.4)
    assert place.strongest(places) == Strongest(places.everywhere, 0.4, None, 0.0)


def test_what_the_last_frame_showed_is_that_frames_only() -> None:
    for before in (frame(STARTED, NEWS), scored(STARTED, 0.8)):
        after = place.strongest(frame(before))
        assert after.mean > 0.0
        assert after.latest == 0.0


def test_a_place_takes_the_turn_of_what_had_none() -> None:
    places = frame(scored(STARTED, 0.9), block(8, 12, 0.3))
    assert place.strongest(places).latest == 0.3


def test_all_that_was_seen_in_one_place_was_seen_nowhere_else() -> None:
    assert place.strongest(frame(STARTED, NEWS)).elsewhere == 0.0


def shared(share: float, **more: object) -> Places:
    """One place with this share of what was seen."""
    whole = Places(recent={5: 0.8}, lasting={5: share * 0.5}, lasting_all=0.5)
    return replace(whole, **more)  # type: ignore[arg-type]


def test_a_place_with_a_middling_share_counts_for_a_part() -> None:
    found = place.strongest(shared(HALF, latest_at={5: 0.6}, hits={5: 2.5}))
    assert (found.mean, found.latest) == pytest.approx((0.4, 0.3))
    assert found.hits == 2
    assert found.elsewhere == pytest.approx(1.0 - HALF)


def test_what_has_no_place_may_be_more_than_the_place_showed_last() -> None:
    found = place.strongest(shared(1.0, latest=0.7, latest_at={5: 0.6}))
    assert found.latest == 0.7


def test_a_place_that_the_last_frame_did_not_hit_showed_nothing() -> None:
    found = place.strongest(shared(1.0))
    assert (found.latest, found.hits) == (0.0, 0)


def test_what_passes_by_leaves_the_evidence_without_a_place() -> None:
    passing = shared(0.0, lasting={}, everywhere=0.2, latest=0.1, hits={5: 3.0})
    assert place.strongest(passing) == Strongest(0.2, 0.1, None, 0.0)


def test_a_weaker_place_that_stays_is_stronger_than_one_that_passes() -> None:
    means = {4: 0.5, 5: 0.8}
    places = shared(0.0, recent=means, lasting={4: 0.5}, hits={4: 7.0})
    found = place.strongest(places)
    assert (found.mean, found.hits) == (0.5, 7)


def test_the_strongest_place_is_found_wherever_it_lies() -> None:
    means = {4: 0.5, 5: 0.3, 6: 0.7}
    lasting = dict.fromkeys(means, 0.5)
    assert place.strongest(shared(1.0, recent=means, lasting=lasting)).mean == 0.7


def test_evidence_with_and_without_a_place_is_never_more_than_certain() -> None:
    assert place.strongest(shared(1.0, everywhere=0.7)).mean == 1.0


def test_a_place_is_not_passing_if_one_of_its_cells_stays() -> None:
    assert not place.is_passing(shared(1.0), (4, 5, 6))


# -- background -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "column", "rows", "columns"),
    [
        (5, 5, range(4, 7), range(4, 7)),
        (0, 0, range(2), range(2)),
        (
            ROWS - 1,
            COLUMNS - 1,
            range(ROWS - 2, ROWS),
            range(COLUMNS - 2, COLUMNS),
        ),
    ],
)
def test_the_cells_around_what_stands_there_are_background_too(
    row: int, column: int, rows: range, columns: range
) -> None:
    places = frame(Places(), block(row, column))
    assert places.background == {at(r, c) for r in rows for c in columns}


@pytest.mark.parametrize(
    ("covered", "expected"),
    [
        ((0,), True),
        ((0, 1, 2, 3), True),
        ((0, 1, 2, 3, 4), False),
        ((4,), False),
        ((), False),
    ],
)
def test_a_box_is_background_with_half_of_its_cells(
    covered: tuple[int, ...], expected: bool
) -> None:
    places = Places(background=frozenset((0, 1)))
    assert place.is_background(places, covered) is expected


def test_what_the_background_shows_is_no_evidence() -> None:
    places = frame(CLUTTERED, STOOD)
    assert place.strongest(places) == Strongest(0.0, 0.0)
    assert places.latest_behind == pytest.approx(STOOD.confidence)


# -- the start ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start_s", "start_frames", "expected"),
    [
        (FIRST_S, FIRST_FRAMES, False),
        (FIRST_S - 1.0, FIRST_FRAMES, True),
        (FIRST_S, FIRST_FRAMES - 1, True),
        (0.0, 0, True),
    ],
)
def test_the_first_frames_are_so_many_and_take_so_long(
    start_s: float, start_frames: int, expected: bool
) -> None:
    places = Places(start_s=start_s, start_frames=start_frames)
    assert place.is_first(places) is expected


@pytest.mark.parametrize("step_s", [FIRST_S, FIRST_S / START_FRAMES, FIRST_S / 9])
def test_the_start_is_over_after_its_time_and_its_frames(step_s: float) -> None:
    needed = max(START_FRAMES, round(FIRST_S / step_s))
    assert not frames(Places(), needed - 1, step_s=step_s).is_started
    assert frames(Places(), needed, step_s=step_s).is_started


def test_the_start_counts_its_frames_and_how_often_each_cell_was_hit() -> None:
    places = frames(Places(), 2, NEWS)
    assert places.start_frames == 2
    assert places.start == {at(8, 12): 2.0}


def test_one_more_frame_changes_nothing_that_was_remembered_before() -> None:
    before = frame(Places(), NEWS)
    frame(before, NEWS)
    assert before.start == {at(8, 12): 1.0}


@pytest.mark.parametrize("number", [START_FRAMES, 9, 15])
def test_what_stood_in_its_share_of_the_start_and_twice_stays_background(
    number: int,
) -> None:
    least = max(2, math.ceil(START_SHARE * number))
    step_s = FIRST_S / number
    for hits, is_background in ((least, True), (least - 1, False)):
        hit = frames(Places(), hits, NEWS, step_s=step_s)
        places = frames(hit, number - hits, step_s=step_s)
        assert places.is_started
        assert place.is_background(places, place.cells(NEWS)) is is_background


def test_what_comes_late_in_the_start_is_no_background() -> None:
    # So few frames that the first ones are over before the start is.
    places = frames(Places(), FIRST_FRAMES, step_s=FIRST_S / 2)
    assert not places.is_started
    places = frames(places, START_FRAMES - FIRST_FRAMES, NEWS, step_s=FIRST_S / 2)
    assert places.is_started
    assert not places.background


# -- growth ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step_s", "number"), [(AREA_S / 5, 5), (AREA_S * 2, AREA_FRAMES)]
)
def test_how_large_the_background_is_is_learned_from_the_first_frames(
    step_s: float, number: int
) -> None:
    small, large = size(STOOD), size(LARGER)
    before = frames(Places(), number - 1, STOOD, step_s=step_s)
    assert before.start_area == before.area == pytest.approx(small)
    last = frame(before, LARGER, step_s=step_s)
    mean = (small * (number - 1) + large) / number
    assert last.start_area == last.area == pytest.approx(mean)
    later = frame(last, LARGER, step_s=step_s)
    assert later.start_area == last.start_area < later.area


def test_a_background_that_comes_late_is_as_large_as_it_is_first_seen() -> None:
    empty = frames(Places(), round(AREA_S / STEP_S))
    places = frame(empty, STOOD)
    assert places.start_area == places.area == pytest.approx(size(STOOD))


def test_one_frame_shows_no_more_growth_than_the_most() -> None:
    # As large as the frame itself, in the place of what stood there.
    whole = tuple(replace(STOOD, confidence=0.1) for _ in range(20))
    places = frame(CLUTTERED, *whole)
    most = GROWN_MOST * CLUTTERED.start_area
    assert places.area == pytest.approx(towards(CLUTTERED.area, most, STEP_S))


def test_a_background_has_grown_at_so_many_times_its_area() -> None:
    assert place.has_grown(Places(start_area=1.0, area=GROWN))
    assert not place.has_grown(Places(start_area=1.0, area=GROWN * 0.99))


def test_nothing_that_stood_there_has_not_grown() -> None:
    assert place.has_grown(Places()) is False


def test_what_has_grown_is_told_with_what_the_last_frame_showed_of_it() -> None:
    grown = frames(CLUTTERED, 30, LARGER)
    assert place.has_grown(grown)
    assert place.strongest(grown).latest == pytest.approx(LARGER.confidence)
    assert place.strongest(frame(grown)).latest == 0.0
    assert place.strongest(scored(grown, 0.6)).latest == 0.6


# -- forgetting -----------------------------------------------------------------------


def test_forgetting_live_evidence_leaves_what_the_start_showed_and_no_more() -> None:
    start = Places(
        is_started=True,
        start_s=FIRST_S,
        start_frames=START_FRAMES,
        start={1: 2.0},
        start_seen=2,
        start_area=0.2,
        area=0.2,
        background=frozenset((1, 2)),
    )
    seen = replace(
        start,
        latest=0.1,
        latest_behind=0.2,
        latest_at={5: 0.3},
        hits={5: 2.0},
        everywhere=0.4,
        behind=0.5,
        recent={5: 0.6},
        lasting={5: 0.7},
        lasting_all=0.8,
        area=0.4,
    )
    assert place.live(seen) == start


def test_without_one_place_the_others_share_what_was_seen() -> None:
    means = {at(8, 12): 0.9, 4: 0.5, 5: 0.2}
    places = Places(recent=means, lasting=means, lasting_all=0.9)
    left = place.without(places, NEWS)
    assert left.recent == left.lasting == {4: 0.5, 5: 0.2}
    assert left.lasting_all == 0.5


def test_without_its_only_place_nothing_was_seen() -> None:
    means = {at(8, 12): 0.9}
    left = place.without(Places(recent=means, lasting=means, lasting_all=0.9), NEWS)
    assert left == Places()


def test_without_a_place_in_the_background_the_background_shows_nothing() -> None:
    assert CLUTTERED.behind > 0.0
    assert place.without(CLUTTERED, STOOD).behind == 0.0
    assert place.without(CLUTTERED, NEWS).behind == CLUTTERED.behind
