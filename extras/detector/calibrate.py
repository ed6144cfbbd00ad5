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
from detector.net import KINDS, Net
from detector.train import HOTTEST, HOTTEST_CLOSE, TorchModel
from octoprint_aiwatch.core.roc import threshold_at
from octoprint_aiwatch.detector.calibration import CLOSE
from octoprint_aiwatch.detector.looks import TwoLooks
from octoprint_aiwatch.detector.model import Model

ALLOWED = 0.01
"""Share of good frames that may score above 0.5."""


def best_slope(good: np.ndarray, bad: np.ndarray, centre: float) -> float:
    """The slope that makes scores most like chances, both labels weighing alike."""

    def surprise(slope: float) -> float:
        wrong = np.logaddexp(0, slope * (good - centre)).mean()
        return float(wrong + np.logaddexp(0, -slope * (bad - centre)).mean())

    return min((float(s) for s in np.geomspace(0.2, 5, 60)), key=surprise)


def calibration(cache: Cache, model: Model, hottest: int) -> dict[str, float]:
    """How a model's logits are to be read, by the dev photographs."""
    scored = judge_set(cache, "photo", "dev", model, hottest)
    good = np.array([one.score for one in scored if not one.bad])
    bad = np.array([one.score for one in scored if one.bad])
    # Half-way to the next score, so that rounding moves no frame across.
    passed = threshold_at(good, ALLOWED)
    above = np.sort(np.concatenate([good, bad]))
    above = above[above > passed]
    centre = (passed + float(above[0])) / 2 if len(above) else passed
    slope = best_slope(good, bad, centre)
    print(figures(good, bad))
    return {
        "hottest": hottest,
        "centre": round(centre, 4),
        "slope": round(slope, 4),
        # A cell is drawn as hot from a score of about 0.12 on.
        "cell": round(centre - math.log(0.88 / 0.12) / slope, 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="weights.pt")
    parser.add_argument("--name", default="detector", help="of the files to export")
    parser.add_argument("--out", type=Path, required=True, help="JSON for export.py")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    net = Net().eval()
    net.load_state_dict(torch.load(asked.weights))
    cache, one_look = Cache(asked.cache), TorchModel(net)
    meta = {
        "name": asked.name,
        "kinds": KINDS,
        **calibration(cache, one_look, HOTTEST),
        CLOSE: calibration(cache, TwoLooks(one_look, {}), HOTTEST_CLOSE),
    }
    asked.out.write_text(json.dumps(meta, indent=1) + "\n")
    print(meta)


if __name__ == "__main__":
    main()
