"""What came of judging a folder: lines for people, and files for other programs.

Must not judge, and writes over no file unless told.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ...core import roc
from ...core.values import Detection
from .pictures import BAD, GOOD, Picture

ALLOWED_FPR = (0.01, 0.05)
HALF = 0.5
"""The score that one good frame in a hundred passes, where a backend is calibrated."""
NAME_LETTERS = 44
SEED = 20
"""The intervals' chance: the same scores always give the same intervals."""


@dataclass(frozen=True)
class Judged:
    """A picture and what a backend says of it; without a score, why there is none."""

    picture: Picture
    score: Optional[float] = None
    boxes: tuple[Detection, ...] = ()
    problem: str = ""


def name_width(pictures: Sequence[Picture]) -> int:
    """How many letters the table's first column takes."""
    longest = max((len(one.name) for one in pictures), default=0)
    return max(len("file"), min(NAME_LETTERS, longest))


def head(width: int) -> str:
    """The table's first line."""
    return f"{'file':<{width}}  label  score  boxes"


def row(judged: Judged, width: int) -> str:
    """A picture's line of the table."""
    name, label = judged.picture.name, judged.picture.label or "-"
    if len(name) > width:
        name = "..." + name[-(width - 3) :]
    start = f"{name:<{width}}  {label:<5}"
    if judged.score is None:
        return f"{start}      -  {judged.problem}"
    return f"{start}  {judged.score:.3f}  {len(judged.boxes):>5}"


def scores(all_judged: Sequence[Judged], label: str) -> list[float]:
    """The scores of the pictures with a label."""
    return [
        one.score
        for one in all_judged
        if one.score is not None and one.picture.label == label
    ]


def figures(all_judged: Sequence[Judged]) -> Optional[roc.Figures]:
    """What the scores are worth; None unless there are good and failing pictures."""
    good, bad = scores(all_judged, GOOD), scores(all_judged, BAD)
    if not good or not bad:
        return None
    return roc.figures(good, bad, ALLOWED_FPR, random.Random(SEED).random)


def summary(all_judged: Sequence[Judged], found: Optional[roc.Figures]) -> list[str]:
    """The lines below the table."""
    good, bad = scores(all_judged, GOOD), scores(all_judged, BAD)
    judged = sum(one.score is not None for one in all_judged)
    left_out = len(all_judged) - judged
    lines = [f"{judged} judged: {len(good)} good, {len(bad)} bad"]
    if judged > len(good) + len(bad):
        lines[0] += f", {judged - len(good) - len(bad)} without a label"
    lines[0] += f"; {left_out} not judged." if left_out else "."
    if found is not None:
        lines.append("")
        lines.append(_line("ROC-AUC", found.auc))
        for fpr, estimate in found.tpr.items():
            lines.append(_line(f"TPR at {_percent(fpr)} FPR", estimate))
    lines += [
        f"{name:<19}  {_share(group)}"
        for name, group in (("good at 0.5 or more", good), ("bad at 0.5 or more", bad))
        if group
    ]
    if found is None:
        lines.append("ROC-AUC and TPR need pictures in good/ and in bad/.")
    else:
        lines += _notes(len(good))
    return lines


def _line(name: str, estimate: roc.Estimate) -> str:
    spread = f"95 % interval {estimate.low:.3f} to {estimate.high:.3f}"
    return f"{name:<19}  {estimate.value:.3f}  {spread}"


def _share(group: Sequence[float]) -> str:
    hits = sum(score >= HALF for score in group)
    low, high = roc.wilson(hits, len(group))
    spread = f"95 % interval {low:.3f} to {high:.3f}"
    return f"{hits / len(group):.3f}  {spread}  ({hits} of {len(group)})"


def _notes(n_good: int) -> list[str]:
    """What the figures cannot say with so few good pictures."""
    lines = []
    for fpr in ALLOWED_FPR:
        needed = roc.good_needed(fpr)
        if n_good < round(1 / fpr):
            lines.append(
                f"Note: {_percent(fpr)} of {n_good} good pictures is less than one, so "
                f"the TPR there means little. Take {needed} good ones or more."
            )
        elif n_good < needed:
            lines.append(
                f"Note: with fewer than {needed} good pictures the TPR at "
                f"{_percent(fpr)} FPR may in truth be much lower."
            )
    return lines


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def write_csv(path: Path, all_judged: Sequence[Judged], force: bool) -> None:
    """One line per picture."""
    with path.open(
        _mode(force), newline="", encoding="utf-8", errors="surrogateescape"
    ) as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label", "score", "boxes", "problem"])
        for one in all_judged:
            found = [one.score, len(one.boxes)] if one.score is not None else ["", ""]
            path_and_label = [str(one.picture.path), one.picture.label]
            writer.writerow([*path_and_label, *found, one.problem])


def write_json(
    path: Path,
    backend: str,
    all_judged: Sequence[Judged],
    found: Optional[roc.Figures],
    force: bool,
) -> None:
    """All pictures with their boxes, and the figures."""
    document: dict[str, Any] = {
        "v": 1,
        "backend": backend,
        "pictures": [
            {
                "file": str(one.picture.path),
                "label": one.picture.label or None,
                "score": one.score,
                "detections": [vars(box) for box in one.boxes],
                "problem": one.problem or None,
            }
            for one in all_judged
        ],
        "figures": None,
    }
    if found is not None:
        document["figures"] = {
            "auc": vars(found.auc),
            "tpr_at_fpr": {str(fpr): vars(one) for fpr, one in found.tpr.items()},
        }
    with path.open(_mode(force), encoding="ascii") as file:
        json.dump(document, file, indent=1)


def _mode(force: bool) -> str:
    return "w" if force else "x"
