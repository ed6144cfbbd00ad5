"""Draws the samples of a training beforehand, with many processes, into two flat files.

A sample depends on the pool's seed and its own number alone, however many processes drew
it. Must not decide what a sample is made of.
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from detector import synth
from detector.augment import CELLS, HEIGHT, WIDTH
from detector.data import Cache
from detector.sample import Sampler

PHOTO_SHARE = 0.45
"""How many samples show photographs where they may."""

PATCHES = 700
"""Drawn strands, and as many drawn textures."""

SEEN = "seen.npy"
"""What teachers saw in the samples (teach.py)."""

AT_A_TIME = 250

_sampler: list[Sampler] = []
"""The one of this process."""


def patches(seed: int, count: int, processes: int) -> tuple[np.ndarray, np.ndarray]:
    """Drawn strands and drawn textures, as stacks of RGBA pictures."""
    with ProcessPoolExecutor(processes) as beside:
        strands, textures = (
            np.stack(list(beside.map(make, [seed] * count, range(count), chunksize=10)))
            for make in (synth.strands_patch, synth.texture_patch)
        )
    return strands, textures


def _begin(cache: Path, drawn: Path, photo_share: float) -> None:
    kept = np.load(drawn)
    drawn_patches = kept["strands"], kept["textures"]
    _sampler.append(Sampler(Cache(cache), drawn_patches, photo_share))


def _fill(out: Path, seed: int, first: int, last: int) -> None:
    frames, masks = opened(out, "r+")
    for n in range(first, last):
        frames[n], mask = _sampler[0].draw(np.random.default_rng((seed, n)))
        masks[n] = np.round(mask * 255)


def opened(out: Path, mode: str = "r") -> tuple[np.ndarray, np.ndarray]:
    """Frames (n × height × width × 3) and masks (n × rows × columns × 3) of a pool."""
    return np.load(out / "frames.npy", mode), np.load(out / "masks.npy", mode)  # type: ignore[call-overload]


def draw(
    cache: Path, out: Path, seed: int, count: int, photo_share: float, processes: int
) -> None:
    """Draw a whole pool."""
    out.mkdir(parents=True, exist_ok=True)
    drawn = out / "patches.npz"
    strands, textures = patches(seed, PATCHES, processes)
    np.savez(drawn, strands=strands, textures=textures)
    for name, shape in (("frames", (HEIGHT, WIDTH, 3)), ("masks", (*CELLS, 3))):
        np.lib.format.open_memmap(out / f"{name}.npy", "w+", np.uint8, (count, *shape))
    starts = range(0, count, AT_A_TIME)
    with ProcessPoolExecutor(
        processes, initializer=_begin, initargs=(cache, drawn, photo_share)
    ) as beside:
        filled = [
            beside.submit(_fill, out, seed, n, min(n + AT_A_TIME, count)) for n in starts
        ]
        for one in filled:
            one.result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", action="store_true", help="use the photographs too")
    parser.add_argument("--count", type=int, default=250_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    share = PHOTO_SHARE if asked.photos else 0.0
    draw(asked.cache, asked.out, asked.seed, asked.count, share, asked.processes)


if __name__ == "__main__":
    main()
