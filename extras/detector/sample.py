"""Draws training samples: which pictures, what is pasted onto them, how often.

Half of the samples fail. Must not hand out anything that is not in the training split.
"""

from __future__ import annotations

import numpy as np

from detector.augment import (
    Sample,
    develop,
    geometry,
    paste_patch,
    paste_region,
    sound_window,
)
from detector.data import Cache, Item

GAIN = np.array([3, 3, 2], np.int16)
"""On rendered coverage: a cell that thin strands cover by a third is a full hit."""

MIN_FRACTION, MIN_CONTRAST = 0.004, 8.0
"""Rendered failures that are smaller or fainter are not trained on as failures."""


def _visible(item: Item) -> bool:
    """Whether people would see the failure, too."""
    return item["fraction"] > MIN_FRACTION and item["contrast"] > MIN_CONTRAST


class Sampler:
    """Draws training samples from a cache, half of them failing."""

    def __init__(
        self, cache: Cache, patches: tuple[np.ndarray, np.ndarray], photo_share: float
    ) -> None:
        self._cache, self._strands, self._textures = cache, *patches
        self._photo_share = photo_share
        self._good = cache.pick("rendered", "train", "good")
        self._bad = [
            n for n in cache.pick("rendered", "train", "bad") if _visible(cache.items[n])
        ]
        self._photos = cache.pick("photo", "train")

    def _picture(self, rng: np.random.Generator, numbers: list[int]) -> Sample:
        n = numbers[int(rng.integers(len(numbers)))]
        mask = self._cache.masks[n]
        if self._cache.items[n]["set"] == "rendered":
            mask = np.minimum(mask.astype(np.int16) * GAIN, 255).astype(np.uint8)
        return self._cache.frame(n), mask

    def _view(self, rng: np.random.Generator, numbers: list[int]) -> Sample:
        return geometry(rng, *self._picture(rng, numbers))

    def _sound(self, rng: np.random.Generator) -> Sample:
        if rng.random() < self._photo_share:
            found = sound_window(rng, *self._picture(rng, self._photos))
            if found is not None:
                return found
        return self._view(rng, self._good)

    def _failing(self, rng: np.random.Generator) -> Sample:
        photo = rng.random() < self._photo_share
        chance = rng.random()
        if chance < 0.25:
            patch = self._strands[int(rng.integers(len(self._strands)))]
            return paste_patch(rng, self._sound(rng), patch, 0)
        failing = self._view(rng, self._photos if photo else self._bad)
        if chance < (0.5 if photo else 0.35):
            return paste_region(rng, self._view(rng, self._good), failing)
        return failing

    def draw(self, rng: np.random.Generator) -> Sample:
        """One sample: frame and mask."""
        sample = self._failing(rng) if rng.random() < 0.5 else self._sound(rng)
        while rng.random() < 0.3:
            patch = self._textures[int(rng.integers(len(self._textures)))]
            sample = paste_patch(rng, sample, patch, None)
        if rng.random() < 0.08:
            sample = paste_region(rng, sample, self._sound(rng))
        return develop(rng, sample[0]), sample[1]
