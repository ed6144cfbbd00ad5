"""How well weights tell failing frames from good ones, with intervals.

Judges the labelled sets of a cache or a folder with good/ and bad/, exactly as the plugin
does: shrunk frame, numpy network, hottest cells. Must not change or choose anything.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Callable, NamedTuple

import numpy as np
from PIL import Image

from detector.data import Cache
from octoprint_aiwatch.core import roc
from octoprint_aiwatch.detector.model import fit_to_area
from octoprint_aiwatch.detector.numpy_model import NumpyModel, Weights
from octoprint_aiwatch.detector.picture import shrunk as shrunk_to

Judge = Callable[[np.ndarray], np.ndarray]
"""Takes a shrunk frame, gives the logits of its heat map."""

LARGE = 0.01
"""Share of the picture above which a failure counts as large."""

RESAMPLES = 1000


class Scored(NamedTuple):
    """One picture's score and what is known about it."""

    score: float
    bad: bool
    fraction: float
    group: str
    tags: tuple[str, ...]
    file: str


def shrunk(frame: Image.Image) -> np.ndarray:
    """A frame at the size it is judged at."""
    return shrunk_to(frame, fit_to_area(*frame.size))


def raw_score(heat: np.ndarray, hottest: int) -> float:
    """Mean logit of the hottest cells of the strands' map."""
    flat = heat[0].ravel()
    return float(np.partition(flat, flat.size - hottest)[-hottest:].mean())


def figures(good: np.ndarray, bad: np.ndarray) -> dict[str, float]:
    """AUC, and TPR at 1 % and 5 % FPR."""
    good, bad = good.tolist(), bad.tolist()
    return {
        "auc": roc.auc(good, bad),
        "tpr1": roc.tpr_at(good, bad, 0.01),
        "tpr5": roc.tpr_at(good, bad, 0.05),
    }


def interval(
    good: list[Scored], bad: list[Scored], seed: int = 0
) -> dict[str, tuple[float, float]]:
    """95 % intervals: by bootstrap where pictures of one scene have to stay together."""
    if len({one.group for one in (*good, *bad)}) == len(good) + len(bad):
        return alone(good, bad, seed)
    rng = np.random.default_rng(seed)
    groups: dict[str, tuple[list[float], list[float]]] = {}
    for one in (*good, *bad):
        groups.setdefault(one.group, ([], []))[one.bad].append(one.score)
    pairs = list(groups.values())
    found: dict[str, list[float]] = {"auc": [], "tpr1": [], "tpr5": []}
    for _ in range(RESAMPLES):
        drawn = [pairs[n] for n in rng.integers(len(pairs), size=len(pairs))]
        g = np.concatenate([np.array(pair[0]) for pair in drawn])
        b = np.concatenate([np.array(pair[1]) for pair in drawn])
        if len(g) and len(b):
            for name, value in figures(g, b).items():
                found[name].append(value)
    return {n: tuple(np.percentile(v, [2.5, 97.5])) for n, v in found.items()}


def alone(
    good: list[Scored], bad: list[Scored], seed: int
) -> dict[str, tuple[float, float]]:
    """The same for pictures that have nothing to do with each other."""
    scores = ([one.score for one in part] for part in (good, bad))
    found = roc.figures(*scores, (0.01, 0.05), random.Random(seed).random)
    estimates = {"auc": found.auc, "tpr1": found.tpr[0.01], "tpr5": found.tpr[0.05]}
    return {name: (one.low, one.high) for name, one in estimates.items()}


def row(name: str, good: list[Scored], bad: list[Scored]) -> str:
    """A line of the table: how many, and the three figures with their intervals."""
    point = figures(np.array([o.score for o in good]), np.array([o.score for o in bad]))
    spread = interval(good, bad)
    cells = [
        f"{point[n]:.3f} [{low:.2f}, {high:.2f}]" for n, (low, high) in spread.items()
    ]
    return f"| {name} | {len(good)} | {len(bad)} | " + " | ".join(cells) + " |"


def table(title: str, scored: list[Scored]) -> str:
    """All of a set's figures as Markdown: failures over 1 %, all, and by tag."""
    good = [one for one in scored if not one.bad]
    bad = [one for one in scored if one.bad]
    lines = [
        f"### {title}",
        "| failing frames | good | failing | AUC | TPR at 1 % FPR | TPR at 5 % FPR |",
        "|---|---|---|---|---|---|",
    ]
    parts = [("over 1 % of the picture", [o for o in bad if o.fraction > LARGE])]
    parts.append(("all", bad))
    for tag in sorted({tag for one in bad for tag in one.tags}):
        parts.append((tag, [o for o in bad if tag in o.tags]))
    lines += [row(name, good, those) for name, those in parts if good and those]
    return "\n".join(lines)


def judge_set(
    cache: Cache, kind: str, split: str, judge: Judge, hottest: int, every: int = 1
) -> list[Scored]:
    """Scores of a set of the cache."""
    scored = []
    for n in cache.pick(kind, split)[::every]:
        item = cache.items[n]
        heat = judge(shrunk(Image.fromarray(cache.frame(n))))
        scored.append(
            Scored(
                raw_score(heat, hottest),
                item["label"] == "bad",
                item["fraction"],
                str(item.get("seed", item["file"])),
                tuple(item["tags"]),
                item["file"],
            )
        )
    return scored


def judge_folder(folder: Path, judge: Judge, hottest: int) -> list[Scored]:
    """Scores of a folder's good/ and bad/; their failures count as large."""
    scored = []
    for label in ("good", "bad"):
        for path in sorted((folder / label).glob("*.[jJ][pP]*[gG]")):
            frame = Image.open(path).convert("RGB")
            score = raw_score(judge(shrunk(frame)), hottest)
            bad = label == "bad"
            scored.append(Scored(score, bad, float(bad), path.name, (), path.name))
    return scored


def brief(cache: Cache, judge: Judge, hottest: int, every: int) -> Iterable[str]:
    """One line per set, while training."""
    for kind, split, step in (("rendered", "held", every), ("photo", "dev", 1)):
        scored = judge_set(cache, kind, split, judge, hottest, step)
        good = np.array([o.score for o in scored if not o.bad])
        for name, least in (("all", -1.0), ("large", LARGE)):
            bad = np.array([o.score for o in scored if o.bad and o.fraction > least])
            value = figures(good, bad)
            numbers = " ".join(f"{key} {number:.3f}" for key, number in value.items())
            yield f"    {kind} {split} {name}: {numbers}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help=".npz of export.py")
    parser.add_argument("--cache", type=Path, help="judge its held-back and dev sets")
    parser.add_argument("--folder", type=Path, help="judge a folder with good/ and bad/")
    parser.add_argument("--scores", type=Path, help="write every score here, as JSON")
    asked = parser.parse_args()
    model = NumpyModel(Weights(asked.weights))
    judge = model.heat
    hottest, centre = int(model.calibration["hottest"]), model.calibration["centre"]
    sets: dict[str, list[Scored]] = {}
    if asked.cache:
        cache = Cache(asked.cache)
        for kind, split in (("rendered", "held"), ("photo", "dev")):
            title = f"{kind}, {split}"
            sets[title] = judge_set(cache, kind, split, judge, hottest)
    if asked.folder:
        sets[str(asked.folder)] = judge_folder(asked.folder, judge, hottest)
    for title, scored in sets.items():
        good = np.array([o.score for o in scored if not o.bad])
        print(table(title, scored))
        if len(good):
            passed = float((good > centre).mean())
            caught = np.mean([o.score > centre for o in scored if o.bad] or [0])
            print(f"\nAt a score of 0.5: {passed:.1%} of good, {caught:.1%} of failing\n")
    if asked.scores:
        asked.scores.write_text(json.dumps(sets))


if __name__ == "__main__":
    main()
