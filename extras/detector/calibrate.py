"""Choose the constants that turn heat into a score: 0.5 is passed by 1 % of good frames.

Looks at the dev photographs, which is what they are for. Must not look at anything else,
and changes no weight of the network.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch

from detector.data import Cache
from detector.evaluate import figures, judge_set
from detector.net import KINDS, stored
from detector.train import HOTTEST
from detector.train import judge as judge_of
from octoprint_aiwatch.core.roc import threshold_at
from octoprint_aiwatch.detector.numpy_model import NumpyModel, Weights

ALLOWED = 0.01
"""Share of good frames that may score above 0.5."""


def best_slope(good: np.ndarray, bad: np.ndarray, centre: float) -> float:
    """The slope that makes scores most like chances, both labels weighing alike."""

    def surprise(slope: float) -> float:
        wrong = np.logaddexp(0, slope * (good - centre)).mean()
        return float(wrong + np.logaddexp(0, -slope * (bad - centre)).mean())

    return min((float(s) for s in np.geomspace(0.2, 5, 60)), key=surprise)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help=".pt or .npz")
    parser.add_argument("--name", default="detector", help="of the files to export")
    parser.add_argument("--out", type=Path, required=True, help="JSON for export.py")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.weights.suffix == ".npz":
        judge = NumpyModel(Weights(asked.weights)).heat
    else:
        judge = judge_of(stored(asked.weights))
    scored = judge_set(Cache(asked.cache), "photo", "dev", judge, HOTTEST)
    good = np.array([one.score for one in scored if not one.bad])
    bad = np.array([one.score for one in scored if one.bad])
    # Half-way to the next score, so that rounding moves no frame across.
    passed = threshold_at(good, ALLOWED)
    above = np.sort(np.concatenate([good, bad]))
    above = above[above > passed]
    centre = (passed + float(above[0])) / 2 if len(above) else passed
    slope = best_slope(good, bad, centre)
    meta = {
        "name": asked.name,
        "kinds": KINDS,
        "hottest": HOTTEST,
        "centre": round(centre, 4),
        "slope": round(slope, 4),
        # A cell is drawn as hot from a score of about 0.12 on.
        "cell": round(centre - math.log(0.88 / 0.12) / slope, 4),
    }
    asked.out.write_text(json.dumps(meta, indent=1) + "\n")
    print(meta, figures(good, bad))


if __name__ == "__main__":
    main()
