"""Samples come from the training split alone, and half of them fail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from detector import augment, data
from detector.sample import Sampler

RED, GREEN, BLUE = ((255, 0, 0), (0, 255, 0), (0, 0, 255))


class FakeCache:
    """Plain frames: failing ones red, good ones green, photographs blue."""

    def __init__(self, **changes: Any) -> None:
        full = {"fraction": 0.4, "contrast": 20.0}
        self.items = [
            {"set": "rendered", "split": "train", "label": "good", "colour": GREEN},
            {"set": "rendered", "split": "train", "label": "bad", "colour": RED, **full},
            {"set": "photo", "split": "train", "label": "bad", "colour": BLUE},
        ]
        self.items[1].update(changes)
        empty = np.zeros((data.ROWS, data.COLUMNS, 3), np.uint8)
        marked = empty.copy()
        marked[5:25, 5:35, 0] = 255
        self.masks = [empty, marked, data.box_mask([[0.5, 0.5, 0.6, 0.6]])]
        self.drawn: list[str] = []

    def frame(self, n: int) -> np.ndarray:
        self.drawn.append(f"{self.items[n]['set']} {self.items[n]['label']}")
        return np.full((120, 160, 3), self.items[n]["colour"], np.uint8)

    def pick(self, kind: str, split: str, label: str | None = None) -> list[int]:
        assert split == "train"
        return [
            n
            for n, item in enumerate(self.items)
            if item["set"] == kind and label in (None, item["label"])
        ]


@pytest.fixture
def patches() -> tuple[np.ndarray, np.ndarray]:
    patch = np.full((1, 160, 160, 4), 255, np.uint8)
    return patch, patch


def samples(
    cache: FakeCache, patches: tuple[np.ndarray, np.ndarray], share: float
) -> list[augment.Sample]:
    rng = np.random.default_rng(2)
    sampler = Sampler(cache, patches, share)  # type: ignore[arg-type]
    return [sampler.draw(rng) for _ in range(120)]


def test_about_half_of_the_samples_fail(
    patches: tuple[np.ndarray, np.ndarray],
) -> None:
    drawn = samples(FakeCache(), patches, 0.45)
    failing = np.mean([mask[:, :, 0].max() > 0.3 for _, mask in drawn])
    assert 0.35 < failing < 0.65


def test_without_a_share_no_photograph_is_drawn(
    patches: tuple[np.ndarray, np.ndarray],
) -> None:
    cache = FakeCache()
    samples(cache, patches, 0.0)
    assert set(cache.drawn) == {"rendered good", "rendered bad"}


def test_photographs_are_drawn_when_asked_for(
    patches: tuple[np.ndarray, np.ndarray],
) -> None:
    cache = FakeCache()
    samples(cache, patches, 0.45)
    assert "photo bad" in cache.drawn


def test_samples_have_the_canvas_size_and_masks_between_nothing_and_all(
    patches: tuple[np.ndarray, np.ndarray],
) -> None:
    for frame, mask in samples(FakeCache(), patches, 0.45):
        assert frame.shape == (augment.HEIGHT, augment.WIDTH, 3)
        assert mask.shape == (*augment.CELLS, 3)
        assert mask.min() >= 0
        assert mask.max() <= 1


@pytest.mark.parametrize("changes", [{"fraction": 0.001}, {"contrast": 3.0}])
def test_failures_that_nobody_would_see_are_not_drawn_as_failures(
    patches: tuple[np.ndarray, np.ndarray], changes: dict[str, float]
) -> None:
    cache = FakeCache(**changes)
    sampler = Sampler(cache, patches, 1.0)  # type: ignore[arg-type]
    rng = np.random.default_rng(2)
    for _ in range(60):
        sampler.draw(rng)
    assert "rendered bad" not in cache.drawn
