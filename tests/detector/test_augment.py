"""Samples stay truthful: what is moved, pasted or covered moves in the mask too."""

from __future__ import annotations

import numpy as np
import pytest
from detector import augment, data, synth

BLACK = np.zeros((120, 160, 3), np.uint8)
EMPTY = np.zeros((data.ROWS, data.COLUMNS, 3), np.uint8)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def marked_frame() -> tuple[np.ndarray, np.ndarray]:
    """A white square on black, and the mask that says where it is."""
    frame, mask = BLACK.copy(), EMPTY.copy()
    frame[40:80, 80:120] = 255
    mask[10:20, 20:30, 0] = 255
    return frame, mask


def test_a_whole_frame_keeps_its_failure_in_place() -> None:
    frame, mask = augment.whole(*marked_frame())
    bright = frame[4::8, 4::8, 0] > 127
    assert (bright == (mask[:, :, 0] > 0.5)).mean() > 0.96


def test_mask_and_frame_move_together(rng: np.random.Generator) -> None:
    agreements = []
    for _ in range(40):
        frame, mask = augment.geometry(rng, *marked_frame())
        bright = frame[4::8, 4::8, 0] > 127
        agreements.append((bright == (mask[:, :, 0] > 0.5)).mean())
    assert min(agreements) > 0.9


def test_pasted_strands_are_marked_where_they_are(rng: np.random.Generator) -> None:
    patch = np.full((160, 160, 4), 255, np.uint8)
    frame, mask = augment.paste_patch(rng, augment.whole(BLACK, EMPTY), patch, 0)
    lit = frame[:, :, 0].reshape(*augment.CELLS[:1], 8, -1, 8).max((1, 3)) > 0
    assert (lit == (mask[:, :, 0] > 0)).all()
    assert lit.any()


def test_what_a_sound_patch_covers_is_no_failure_any_more(
    rng: np.random.Generator,
) -> None:
    full = EMPTY.copy()
    full[:, :, 0] = 255
    patch = np.full((160, 160, 4), 255, np.uint8)
    _, mask = augment.paste_patch(rng, augment.whole(BLACK, full), patch, None)
    assert mask[:, :, 0].min() == 0


def test_a_sample_pasted_from_is_left_as_it_was(rng: np.random.Generator) -> None:
    sample = augment.whole(*marked_frame())
    before = sample[0].copy(), sample[1].copy()
    augment.paste_patch(rng, sample, np.full((160, 160, 4), 255, np.uint8), 0)
    np.testing.assert_array_equal(sample[0], before[0])
    np.testing.assert_array_equal(sample[1], before[1])


def test_a_region_brings_its_mask_along(rng: np.random.Generator) -> None:
    onto = augment.whole(BLACK, EMPTY)
    frame, mask = augment.paste_region(rng, onto, augment.whole(*marked_frame()))
    bright = frame[4::8, 4::8, 0] > 127
    assert (bright == (mask[:, :, 0] > 0.5)).mean() > 0.94
    assert bright.any()


def test_a_sound_window_shows_nothing_of_a_box(rng: np.random.Generator) -> None:
    frame = BLACK.copy()
    frame[:, :40] = 255
    mask = data.box_mask([[0.125, 0.5, 0.25, 1.0]])
    views = [augment.sound_window(rng, frame, mask) for _ in range(20)]
    found = [view for view in views if view is not None]
    assert found
    assert all(view[0].max() == 0 and not view[1].any() for view in found)


def test_there_is_no_sound_window_where_boxes_fill_the_frame(
    rng: np.random.Generator,
) -> None:
    mask = data.box_mask([[0.5, 0.5, 1.0, 1.0]])
    assert augment.sound_window(rng, BLACK, mask) is None


def test_development_keeps_the_frames_form(rng: np.random.Generator) -> None:
    frame = rng.integers(0, 256, (augment.HEIGHT, augment.WIDTH, 3), np.uint8)
    for _ in range(30):
        out = augment.develop(rng, frame)
        assert (out.shape, out.dtype) == (frame.shape, np.uint8)


MADE = (synth.strands_patch, synth.texture_patch)


def test_the_same_chance_draws_the_same_patches() -> None:
    for make in MADE:
        np.testing.assert_array_equal(make(5, 2), make(5, 2))


def test_every_patch_is_another_one() -> None:
    for make in MADE:
        assert (make(5, 2) != make(5, 3)).any()
        assert (make(5, 2) != make(6, 2)).any()


def test_drawn_patches_are_partly_clear_and_partly_solid() -> None:
    for make in MADE:
        for n in range(12):
            alpha = make(8, n)[..., 3]
            assert (alpha.max(), alpha.min()) == (255, 0)
