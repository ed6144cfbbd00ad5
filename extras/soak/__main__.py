"""A week of prints in virtual time, or real minutes of OctoPrint: `make soak`.

Ends with an error if something grew, was left behind, or got out of hand.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from .found import MB
from .minutes import Minutes, Seen
from .week import WEEK_S, Week

SEED = 8


def listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in sorted(counts.items()))


def ended(wrong: list[str]) -> int:
    for text in dict.fromkeys(wrong):
        print(f"WRONG: {text}", file=sys.stderr)
    print("something is wrong" if wrong else "all is well")
    return 1 if wrong else 0


def play_week(days: float, seed: int, path: Path) -> tuple[int, dict[str, Any]]:
    began_s = time.monotonic()
    found = Week(path, seed, days * WEEK_S / 7).play()
    print(
        f"{found.hours:.0f} hours of prints in {time.monotonic() - began_s:.0f} s, seed "
        f"{seed}: {found.prints} prints, {found.checks} checks, {found.pauses} pauses, "
        f"{found.restarts} restarts\n"
        f"trouble: {listed(found.troubles)}\n"
        f"ends of {len(found.ends)} jobs in the history: {listed(found.outcomes)}\n"
        f"memory after warm-up {found.grown_bytes / MB:+.3f} MB; threads "
        f"{found.threads[0]} -> {found.threads[1]}; open files {found.handles[0]} -> "
        f"{found.handles[1]}; folder {found.folder_bytes / MB:.1f} MB"
    )
    return ended(found.wrong), vars(found)


def play_minutes(minutes: float, seed: int, path: Path) -> tuple[int, dict[str, Any]]:
    played = Minutes(path, minutes, seed)
    both: tuple[Seen, Seen] = played.play()
    print(f"{minutes:g} minutes, seed {seed}; trouble: {listed(played.troubles)}")
    for seen in both:
        last = seen.samples[-1]
        print(
            f"{seen.side.name}: memory (USS) {last.uss_mb:.1f} MB, after warm-up "
            f"{seen.growth('uss_mb'):+.2f}; threads {last.threads} "
            f"({seen.growth('threads'):+g}); open files {last.handles} "
            f"({seen.growth('handles'):+g}); processes {last.processes} "
            f"({seen.growth('processes'):+g}); folder at most "
            f"{max(one.folder_mb for one in seen.samples):.1f} MB"
        )
    samples = {seen.side.name: [vars(one) for one in seen.samples] for seen in both}
    return ended(played.wrong), {"troubles": played.troubles, "samples": samples}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--days", type=float, default=7.0, help="in virtual time")
    parser.add_argument(
        "--real", type=float, default=0.0, help="minutes; 0: virtual time"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", type=Path, help="the figures as a file, too")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        if wanted.real:
            status, found = play_minutes(wanted.real, wanted.seed, Path(name))
        else:
            status, found = play_week(wanted.days, wanted.seed, Path(name))
    if wanted.json:
        wanted.json.write_text(json.dumps(found, indent=2) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
