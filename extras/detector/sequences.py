"""What the rule over time makes of whole prints: sequences, and pictures that stand.

For choosing the numbers in octoprint_aiwatch/core/frames.py. Every frame of a sequence
stands for some minutes of a print; every good still stands for a job that shows nothing
else, or for what a job shows after two empty minutes. Choose on sequences alone: the
stills are the ones that the detector is measured with, so that what they say here is a
check.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import NamedTuple, Optional

import numpy as np
from PIL import Image

from detector.data import Cache
from detector.evaluate import shrunk
from octoprint_aiwatch.core import heatmap, settings
from octoprint_aiwatch.core.temporal import NO_MEMORY
from octoprint_aiwatch.core.temporal import judge as judged
from octoprint_aiwatch.core.values import FAILURE, WARNING, FrameEvidence, Inspection
from octoprint_aiwatch.detector.numpy_model import NumpyModel, Weights

CADENCE_S = 10.0
LONG_S = 1800.0
"""How long a picture that stands is shown: longer than any hold or baseline."""
EMPTY = Inspection(FrameEvidence(0.02))
EMPTY_S = 120.0


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


def watch(shown: list[tuple[Inspection, float]], by: settings.Decision) -> Told:
    """Run the rule over frames and how long each stands, in seconds."""
    memory, now_s = NO_MEMORY, 0.0
    first: dict[str, float] = {}
    for inspection, stands_s in shown:
        for _ in range(max(1, round(stands_s / CADENCE_S))):
            memory, verdict, _ = judged(memory, inspection, now_s, by)
            first.setdefault(verdict.level, now_s)
            now_s += CADENCE_S
    failed_s = first.get(FAILURE)
    warned_s = min(
        (s for s in (first.get(WARNING), failed_s) if s is not None), default=None
    )
    return Told(warned_s, failed_s)


class Judge:
    """Frames -> scores and boxes, as the plugin makes them."""

    def __init__(self, weights: Path) -> None:
        self._model = NumpyModel(Weights(weights))
        found = dict(self._model.calibration)
        self.calibration = heatmap.Calibration(int(found.pop("hottest")), **found)

    def inspect(self, frame: Image.Image) -> Inspection:
        """One frame judged."""
        heat = self._model.heat(shrunk(frame))[0]
        found = heatmap.HeatMap(*heat.shape, tuple(float(v) for v in heat.ravel()))
        return Inspection(
            FrameEvidence(heatmap.score(found, self.calibration)),
            heatmap.detections(found, self.calibration),
        )


def sequences(folder: Path, judge: Judge) -> list[tuple[dict, list[Inspection]]]:
    """Every sequence of a folder with its frames judged."""
    found = []
    for listing in sorted(folder.glob("sequences*.jsonl")):
        for line in listing.read_text().splitlines():
            row = json.loads(line)
            pictures = [
                Image.open(folder / f["file"]).convert("RGB") for f in row["frames"]
            ]
            found.append((row, [judge.inspect(picture) for picture in pictures]))
    return found


def report(found: list[tuple[dict, list[Inspection]]], stands_s: float) -> None:
    """Warnings and failures in good and failing sequences, for every confidence."""
    print(
        "| confidence | good: warned, paused | failing: warned, paused "
        "| minutes from visible to warning, pause (median) |\n|---|---|---|---|"
    )
    for confidence in range(1, 6):
        by = decision(confidence)
        good, bad, early, waits = [], [], 0, ([], [])
        for row, frames in found:
            told = watch([(frame, stands_s) for frame in frames], by)
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
        frames = [
            judge.inspect(Image.fromarray(cache.frame(n)))
            for n in cache.pick(kind, split, "good")
        ]
        for since, before in (
            ("the first frame", []),
            ("minute two", [(EMPTY, EMPTY_S)]),
        ):
            told = [watch([*before, (frame, LONG_S)], decision(3)) for frame in frames]
            warned = sum(t.warned_s is not None for t in told)
            paused = sum(t.failed_s is not None for t in told)
            print(
                f"{kind} {split}: {len(told)} good pictures standing from {since} on: "
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
