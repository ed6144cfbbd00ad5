"""Prints what the traces give, as the table of extras/docs/deciding.md.

PYTHONPATH=extras:. python -m tests.traces.tell
"""

from __future__ import annotations

import sys
from statistics import median

from tests.traces.drive import judged
from tests.traces.make import FRAMES, visible_at_s
from tests.traces.table import CADENCES_S, FAILING, GOOD, Row

SEEDS = range(1, 8)


def failing(row: Row, kind: str) -> str:
    """Medians of seconds from visible to paused, by cadence."""
    seen_s = visible_at_s(row.plot) or 0.0
    cells = []
    for cadence_s in CADENCES_S:
        told = [judged(row.plot, cadence_s, kind, seed).paused_at_s for seed in SEEDS]
        waits = [at_s - seen_s for at_s in told if at_s is not None]
        cells.append(f"{median(waits):.0f}")
    return " | ".join(cells)


def good(row: Row, kind: str) -> str:
    """Warnings by cadence."""
    told = [judged(row.plot, cadence_s, kind) for cadence_s in CADENCES_S]
    return " | ".join(str(len(one.warned_at_s)) for one in told)


def main() -> None:
    for rows, say in ((FAILING, failing), (GOOD, good)):
        for row in rows:
            for kind in row.kinds:
                sort = "a score each" if kind == FRAMES else "statistics"
                sys.stdout.write(f"| {row.plot.name} | {sort} | {say(row, kind)} |\n")


if __name__ == "__main__":
    main()
