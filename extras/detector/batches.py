"""Batches of a pool of samples, as a training takes them. Must not change what they show
but for mirroring it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Optional

import numpy as np
import torch
from torch import Tensor

from detector import pool


class Batch(NamedTuple):
    """Frames (N×3×H×W, 0..255), masks (N×3×rows×columns, 0..1), teachers' logits."""

    frames: Tensor
    masks: Tensor
    seen: Optional[Tensor]


class Batches:
    """Batches of a pool, in an order that depends on the seed, mirrored at random."""

    def __init__(self, folder: Path, seed: int, size: int, device: str) -> None:
        self._frames, self._masks = pool.opened(folder)
        self._seen: Optional[np.ndarray] = None
        if (folder / pool.SEEN).exists():
            self._seen = np.load(folder / pool.SEEN, "r")
        self._seed, self._size, self._device = seed, size, device
        self._order: tuple[int, np.ndarray] = (-1, np.zeros(0, int))

    def _chosen(self, step: int) -> np.ndarray:
        turn, place = divmod(step, len(self._frames) // self._size)
        if self._order[0] != turn:
            rng = np.random.default_rng((self._seed, turn))
            self._order = turn, rng.permutation(len(self._frames))
        return np.sort(self._order[1][place * self._size : (place + 1) * self._size])

    def at(self, step: int) -> Batch:
        """What a step learns from."""
        chosen = self._chosen(step)
        flip = np.random.default_rng((self._seed, step)).random(self._size) < 0.5
        mirrored = torch.from_numpy(flip).to(self._device)[:, None, None, None]

        def moved(x: np.ndarray, channels_last: bool) -> Tensor:
            value = torch.from_numpy(x[chosen]).to(self._device)
            if channels_last:
                value = value.permute(0, 3, 1, 2)
            return torch.where(mirrored, value.flip(3), value).float()

        frames = moved(self._frames, True).contiguous(memory_format=torch.channels_last)
        seen = None if self._seen is None else moved(self._seen, False)
        return Batch(frames, moved(self._masks, True) / 255, seen)

    def each(self, steps: int) -> Iterator[Batch]:
        """One after the other; the next is fetched while one is learnt from."""
        with ThreadPoolExecutor(1) as beside:
            coming = beside.submit(self.at, 0)
            for step in range(steps):
                now, coming = coming.result(), beside.submit(self.at, step + 1)
                yield now
