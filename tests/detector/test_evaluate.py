"""The figures are what their names say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from detector import evaluate
from detector.evaluate import Scored
from PIL import Image


def scored(score: float, bad: bool, group: str = "", fraction: float = 0.5) -> Scored:
    return Scored(score, bad, fraction if bad else 0.0, group or str(score), (), "f")


def test_the_interval_holds_the_figure_and_is_wider_for_fewer_scenes() -> None:
    rng = np.random.default_rng(1)
    good = [scored(x, False, f"g{n}") for n, x in enumerate(rng.normal(0, 1, 120))]
    bad = [scored(x, True, f"b{n}") for n, x in enumerate(rng.normal(1, 1, 120))]
    parts = (np.array([one.score for one in part]) for part in (good, bad))
    value = evaluate.figures(*parts)["auc"]
    low, high = evaluate.interval(good, bad)["auc"]
    assert low < value < high
    lumped = [
        [one._replace(group=f"{one.bad}{n // 20}") for n, one in enumerate(part)]
        for part in (good, bad)
    ]
    narrow, wide = high - low, np.ptp(evaluate.interval(*lumped)["auc"])
    assert wide != pytest.approx(narrow, rel=0.02)


def test_small_failures_are_left_out_of_the_first_row() -> None:
    rows = [scored(0.0, False), scored(1.0, True), scored(-1.0, True, fraction=0.002)]
    lines = evaluate.table("set", rows).splitlines()
    assert lines[3].startswith("| over 1 % of the picture | 1 | 1 | 1.000")
    assert lines[4].startswith("| all | 1 | 2 | 0.500")


def test_a_folder_is_judged_by_its_subfolders(tmp_path: Path) -> None:
    for label, grey in (("good", 10), ("bad", 200)):
        (tmp_path / label).mkdir()
        Image.new("RGB", (64, 48), (grey,) * 3).save(tmp_path / label / "a.jpg")

    def judge(frame: np.ndarray) -> np.ndarray:
        return np.full((2, 30, 40), frame.mean(), np.float32)

    found = evaluate.judge_folder(tmp_path, judge, 12)
    assert [(one.bad, round(one.score)) for one in found] == [(False, 10), (True, 200)]
