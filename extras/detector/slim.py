"""Leave out channels inside the blocks that the others can stand in for.

Channels inside a block look around by themselves, and only sums of them leave it. Many
say what others say already. Which can go is known from how they vary together on training
pictures; what remains is then fitted to what the whole network made of these pictures, a
block at a time. No training and no PyTorch: it takes a minute.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from detector import export
from detector.data import Cache
from detector.evaluate import shrunk
from octoprint_aiwatch.detector.depthwise import HIGHEST, Depthwise, rim, settle
from octoprint_aiwatch.detector.numpy_model import (
    BLOCKS,
    Layers,
    Weights,
    adds_input,
    neighbours,
)

COST_MS = (62, 41, 24, 15, 10, 4, 2.3, 2.3, 3.5, 3.7, 3.7)
"""What a thousand channels of each block take numpy."""

AT_A_TIME = 8
"""Channels: a processor does so many numbers at once."""

SILENT = 4
"""What is left out of the first block: the ones that never say anything. More of them are
missed by all that follows."""

STEADY = 1e-4
"""How much the fit prefers the weights that were there, as a share of what varies."""

PICTURES = {"rendered": 200, "photo": 150}


def pictures(cache: Cache, seed: int) -> list[np.ndarray]:
    """Training pictures, some of them mirrored, darker or lighter, blurred or grey."""
    rng, found = np.random.default_rng(seed), []
    for kind, count in PICTURES.items():
        numbers = cache.pick(kind, "train")
        for n in rng.choice(numbers, min(count, len(numbers)), replace=False):
            frame, chance = Image.fromarray(cache.frame(int(n))), rng.random(4)
            if chance[0] < 0.5:
                frame = ImageOps.mirror(frame)
            if chance[1] < 0.3:
                frame = ImageEnhance.Brightness(frame).enhance(rng.uniform(0.35, 1.3))
            if chance[2] < 0.15:
                frame = frame.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 2)))
            if chance[3] < 0.15:
                frame = frame.convert("L").convert("RGB")
            found.append(shrunk(frame))
    return found


def stem(layers: Layers, frame: np.ndarray) -> np.ndarray:
    """What the first block is given."""
    (rows, top, below), (columns, left, right) = (rim(s, 3, 2) for s in frame.shape[:2])
    rims = ((top, below), (left, right), (0, 0))
    room = np.pad((frame.astype(np.float32) - 127) / 128, rims)
    weight, bias = layers["stem"]
    windows = neighbours(room, (rows, columns), 2).reshape(rows * columns, 27)
    return (windows @ weight + bias).clip(0, HIGHEST).reshape(rows, columns, -1)


def inside(layers: Layers, n: int, x: np.ndarray) -> np.ndarray:
    """Every place's channels inside a block, and a last 1."""
    kernel, stride = BLOCKS[n]
    look = Depthwise(kernel, stride, x.shape[:2], layers[f"block{n}.depth"])
    settle([look])

    def expand(rows: slice, phase: int, out: np.ndarray) -> None:
        part = x[rows, phase::stride]
        if n:
            weight, bias = layers[f"block{n}.expand"]
            part = (part.reshape(-1, part.shape[2]) @ weight + bias).clip(0, HIGHEST)
        out[...] = part.reshape(out.shape)

    whole = np.concatenate([seen.copy() for _, _, seen in look.strips(expand)])
    ones = np.ones((len(whole), 1), np.float32)
    return np.hstack([whole, ones]).reshape(*look.given, -1)


def handed_on(layers: Layers, n: int, x: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """What a block gives, of what it was given and what is inside."""
    rows = seen.reshape(-1, seen.shape[2]) @ np.vstack(layers[f"block{n}.project"])
    y = rows.reshape(*seen.shape[:2], -1)
    return y + x if adds_input(n, layers) else y


def ranked(own: np.ndarray, weight: np.ndarray) -> Iterator[tuple[int, float]]:
    """Channels, the most dispensable first, and the error without it and those before.

    As a share of how what leaves the block varies, once the others stand in as well as
    they can ("optimal brain surgeon", for a layer that is linear).
    """
    mean = own[-1, :-1] / own[-1, -1]
    spread = own[:-1, :-1] / own[-1, -1] - np.outer(mean, mean)
    weight, error = weight.astype(float), 0.0
    whole = np.trace(weight.T @ spread @ weight)
    steady = STEADY * np.trace(spread) / len(spread)
    inverse = np.linalg.inv(spread + steady * np.eye(len(spread)))
    left = list(range(len(spread)))
    while left:
        worth = (weight[left] ** 2).sum(1) / inverse[left, left]
        channel = left.pop(int(worth.argmin()))
        error += worth.min()
        yield channel, error / whole
        share = inverse[:, channel] / inverse[channel, channel]
        weight -= np.outer(share, weight[channel])
        inverse -= np.outer(share, inverse[channel])


def dispensable(
    ranks: Sequence[Sequence[tuple[int, float]]], spared_ms: float
) -> list[list[int]]:
    """The channels of every block to leave out, so that this much time is spared.

    A few at a time, from the block where they are missed least for what they take.
    """
    gone = [SILENT] + [0] * (len(ranks) - 1)
    spared = sum(count * cost / 1000 for count, cost in zip(gone, COST_MS))
    while spared < spared_ms:
        missed = {}
        for n in range(1, len(ranks)):
            last = gone[n] + AT_A_TIME
            if last < len(ranks[n]) / 2:
                before = ranks[n][gone[n] - 1][1] if gone[n] else 0.0
                missed[n] = (ranks[n][last - 1][1] - before) / COST_MS[n]
        if not missed:
            raise SystemExit("so much cannot be spared")
        best = min(missed, key=lambda n: missed[n])
        gone[best] += AT_A_TIME
        spared += AT_A_TIME * COST_MS[best] / 1000
    return [[c for c, _ in rank[:count]] for rank, count in zip(ranks, gone)]


def without(layers: Layers, gone: Sequence[Sequence[int]]) -> Layers:
    """The layers without these channels of every block."""
    found = dict(layers)
    for n, channels in enumerate(gone):
        project, depth = f"block{n}.project", f"block{n}.depth"
        kept = np.setdiff1d(np.arange(len(layers[depth][1])), channels)
        for name in (depth, f"block{n}.expand" if n else "stem"):
            weight, bias = layers[name]
            found[name] = np.ascontiguousarray(weight[:, kept]), bias[kept]
        found[project] = layers[project][0][kept], layers[project][1]
    return found


def fitted(own: np.ndarray, other: np.ndarray, was: np.ndarray) -> np.ndarray:
    """Weights that make the other of the own as well as can be, near those that were."""
    steady = STEADY * np.trace(own) / len(own) * np.eye(len(own))
    steady[-1, -1] = 0
    return np.linalg.solve(own + steady, other + steady @ was).astype(np.float32)


def moments(values: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> np.ndarray:
    """Sums over all places of every value times every other one."""
    found: np.ndarray = sum(
        value.reshape(-1, value.shape[2]).T @ other.reshape(-1, other.shape[2])
        for value, other in zip(values, others)
    )
    return found


def slimmed(layers: Layers, frames: list[np.ndarray], spared_ms: float) -> Layers:
    """Less inside every block, and the rest fitted to what the whole network makes."""
    ranks, made, xs = [], [], [stem(layers, frame) for frame in frames]
    for n in range(len(BLOCKS)):
        seens = [inside(layers, n, x) for x in xs]
        weight = layers[f"block{n}.project"][0]
        ranks.append(list(ranked(moments(seens, seens), weight)))
        xs = [handed_on(layers, n, x, seen) for x, seen in zip(xs, seens)]
        made.append(xs)
    slim = without(layers, dispensable(ranks, spared_ms))
    zs = [stem(slim, frame) for frame in frames]
    for n, xs in enumerate(made):
        name, seens = f"block{n}.project", [inside(slim, n, z) for z in zs]
        wanted = [x - z for x, z in zip(xs, zs)] if adds_input(n, slim) else xs
        own, other = moments(seens, seens), moments(seens, wanted)
        both = fitted(own, other, np.vstack(slim[name]))
        slim[name] = both[:-1], both[-1]
        zs = [handed_on(slim, n, z, seen) for z, seen in zip(zs, seens)]
        missed = sum(((z - x) ** 2).sum() for z, x in zip(zs, xs))
        varies = sum(((x - x.mean((0, 1))) ** 2).sum() for x in xs)
        print(f"block {n}: {len(own) - 1} channels, error {missed / varies:.4f}")
    return slim


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", type=Path, required=True, help=".npz of export.py")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--spared-ms", type=float, default=2.5, help="of numpy's time")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True, help="an .npz")
    asked = parser.parse_args()
    weights = Weights(asked.weights)
    frames = pictures(Cache(asked.cache), asked.seed)
    weights.layers = slimmed(weights.layers, frames, asked.spared_ms)
    export.write_npz(asked.out, export.read_back(weights), export.meta_of(weights))


if __name__ == "__main__":
    main()
