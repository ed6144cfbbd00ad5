"""What the rule over time makes of whole prints: sequences, and pictures that stand.

For choosing the numbers in octoprint_aiwatch/core/frames.py. Every frame of a sequence
stands for some minutes of a print; every good still stands for a job that shows nothing
else. Choose on sequences alone: the stills are the ones that the detector is measured
with, so that what they say here is a check.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import NamedTuple, Optional

import numpy as np
from PIL import Image

from detector.data import Cache
from detector.evaluate import judge_set, shrunk
from octoprint_aiwatch.core import frames, heatmap, settings
from octoprint_aiwatch.core.values import FAILURE, WARNING
from octoprint_aiwatch.detector.numpy_model import NumpyModel, Weights

CADENCE_S = 10.0
LONG_S = 1800.0
"""How long a picture that stands is shown: longer than any hold or baseline."""


class Told(NamedTuple):
    """When a job was first warned of and first called a failure, in seconds."""

    warned_s: Optional[float]
    failed_s: Optional[float]


def decision(confidence: int) -> settings.Decision:
    """The default settings with another confidence for both."""
    found, _ = settings.parse({}, {"local": ()})
    values = dict(vars(found.decision))
    values.update(warning_confidence=confidence, pause_confidence=confidence)
    return settings.Decision(**values)


def watch(scores: list[tuple[float, float]], by: settings.Decision) -> Told:
    """Run the rule over scores and how long each stands, in seconds."""
    memory, now_s = frames.FrameMemory(), 0.0
    first: dict[str, float] = {}
    for score, stands_s in scores:
        for _ in range(max(1, round(stands_s / CADENCE_S))):
            memory = frames.remember(memory, score, now_s, by)
            level, _ = frames.verdict(memory, now_s, by)
            first.setdefault(level, now_s)
            now_s += CADENCE_S
    failed_s = first.get(FAILURE)
    warned_s = min(
        (s for s in (first.get(WARNING), failed_s) if s is not None), default=None
    )
    return Told(warned_s, failed_s)


class Judge:
    """Frames -> calibrated scores, as the plugin makes them."""

    def __init__(self, weights: Path) -> None:
        self._model = NumpyModel(Weights(weights))
        found = dict(self._model.calibration)
        self.calibration = heatmap.Calibration(int(found.pop("hottest")), **found)

    def score(self, frame: Image.Image) -> float:
        """One frame's score, 0..1."""
        return self.calibrated(self._model.heat(shrunk(frame))[0])

    def heat(self, frame: np.ndarray) -> np.ndarray:
        """For judge_set(), which works with raw scores."""
        return self._model.heat(frame)

    def calibrated(self, heat: np.ndarray) -> float:
        """A heat map's score."""
        flat = tuple(float(value) for value in heat.ravel())
        return heatmap.score(heatmap.HeatMap(*heat.shape, flat), self.calibration)


def sequences(folder: Path, judge: Judge) -> list[tuple[dict, list[float]]]:
    """Every sequence of a folder with its frames' scores."""
    found = []
    for listing in sorted(folder.glob("sequences*.jsonl")):
        for line in listing.read_text().splitlines():
            row = json.loads(line)
            pictures = [
                Image.open(folder / f["file"]).convert("RGB") for f in row["frames"]
            ]
            found.append((row, [judge.score(picture) for picture in pictures]))
    return found


def report(found: list[tuple[dict, list[float]]], stands_s: float) -> None:
    """Warnings and failures in good and failing sequences, for every confidence."""
    print(
        "| confidence | good: warned, paused | failing: warned, paused "
        "| minutes from visible to warning, pause (median) |\n|---|---|---|---|"
    )
    for confidence in range(1, 6):
        by = decision(confidence)
        good, bad, early, waits = [], [], 0, ([], [])
        for row, scores in found:
            told = watch([(score, stands_s) for score in scores], by)
            if not row["fails"]:
                good.append(told)
                continue
            seen_s = (row["first_visible"] or row["onset"]) * stands_s
            early += told.failed_s is not None and told.failed_s < seen_s
            bad.append(told)
            for wait, at_s in zip(waits, told):
                if at_s is not None and at_s >= seen_s:
                    wait.append((at_s - seen_s) / 60)
        cells = [
            f"{sum(t.warned_s is not None for t in told)}, "
            f"{sum(t.failed_s is not None for t in told)} of {len(told)}"
            for told in (good, bad)
        ]
        medians = ", ".join(f"{np.median(w):.1f}" if w else "-" for w in waits)
        print(f"| {confidence} | {cells[0]} | {cells[1]} ({early} early) | {medians} |")


def standing(cache: Cache, judge: Judge) -> None:
    """Good pictures that stand: how many of them would be warned of, and paused."""
    for kind, split in (("rendered", "held"), ("photo", "dev")):
        scored = judge_set(cache, kind, split, judge.heat, judge.calibration.hottest)
        scores = [
            heatmap.calibrated(o.score, judge.calibration) for o in scored if not o.bad
        ]
        told = [watch([(score, LONG_S)], decision(3)) for score in scores]
        warned = sum(t.warned_s is not None for t in told)
        paused = sum(t.failed_s is not None for t in told)
        print(
            f"{kind} {split}: {len(told)} good pictures standing: "
            f"{warned} warned of, {paused} paused"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help=".npz of export.py")
    parser.add_argument("--sequences", type=Path, help="folder of rendered sequences")
    parser.add_argument("--cache", type=Path, help="let its good pictures stand")
    parser.add_argument("--stands-s", type=float, default=180.0, help="per frame")
    asked = parser.parse_args()
    judge = Judge(asked.weights)
    if asked.sequences:
        report(sequences(asked.sequences, judge), asked.stands_s)
    if asked.cache:
        standing(Cache(asked.cache), judge)


if __name__ == "__main__":
    main()
