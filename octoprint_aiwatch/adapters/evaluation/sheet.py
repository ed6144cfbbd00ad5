"""Has the contact sheet drawn, by a process of its own: this one stays without Pillow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .report import Judged

PROGRAM = (sys.executable, "-m", "octoprint_aiwatch.detector.contact_sheet")
PACKAGES = str(Path(__file__).parents[3])
"""Where the process finds us, however OctoPrint did."""
PER_PAGE = 200
SUFFIXES = (".jpg", ".jpeg", ".png")


class NotDrawn(Exception):
    """There is no contact sheet, or not all of it; its text says why."""

    def __init__(self, text: str, written: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.written = tuple(written)


def pages(path: Path, count: int) -> list[Path]:
    """The files that a sheet of so many pictures takes."""
    more = range(2, max(0, count - 1) // PER_PAGE + 2)
    return [path, *(path.with_name(f"{path.stem}-{n}{path.suffix}") for n in more)]


def draw(
    path: Path, title: str, all_judged: Sequence[Judged], force: bool
) -> tuple[str, ...]:
    """Draw all pictures that have a score, worst first; the files that were written.

    Raises:
        NotDrawn: some page could not be written.
    """
    worst_first = sorted(
        (one for one in all_judged if one.score is not None),
        key=lambda one: -(one.score or 0.0),
    )
    files = pages(path, len(worst_first))
    document = {
        "force": force,
        "pages": [
            {
                "file": str(file.absolute()),
                "title": f"{title} - page {n + 1} of {len(files)}",
                "pictures": [
                    _tile(one) for one in worst_first[n * PER_PAGE : (n + 1) * PER_PAGE]
                ],
            }
            for n, file in enumerate(files)
        ],
    }
    answer = _ask(document)
    if "error" in answer:
        raise NotDrawn(str(answer["error"]), answer.get("written", ()))
    return tuple(answer["written"])


def _tile(one: Judged) -> dict[str, Any]:
    return {
        "file": str(one.picture.path.absolute()),
        "name": one.picture.name,
        "label": one.picture.label,
        "score": one.score,
        "boxes": [(box.confidence, box.x, box.y, box.w, box.h) for box in one.boxes],
    }


def _ask(document: dict[str, Any]) -> dict[str, Any]:
    found = os.pathsep.join(filter(None, (PACKAGES, os.environ.get("PYTHONPATH"))))
    # Python looks for modules in the current folder first, and this one may hold any.
    done = subprocess.run(
        PROGRAM,
        input=json.dumps(document).encode("ascii"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=PACKAGES,
        env=dict(os.environ, PYTHONPATH=found),
        check=False,
    )
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or "written" not in answer:
        return {"error": "the process that draws it ended unexpectedly"}
    return answer
