"""How many frames of a folder are called unusable, and which: figures for docs/sight.md.

`python -m benchmarks.sight_shares FOLDER ...`, run in extras/. Looks at every JPEG below
each folder as the plugin does, one by one: whether a picture is frozen is not asked.
Must not change, copy or judge anything.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from octoprint_aiwatch.core import jpeg, sight
from octoprint_aiwatch.core.errors import SnapshotError
from octoprint_aiwatch.core.sight import Look
from octoprint_aiwatch.detector.look import fit, look
from octoprint_aiwatch.detector.picture import PictureError, decoded

USABLE = "usable"
SUFFIXES = (".jpg", ".jpeg")


def pictures(folder: Path) -> Iterator[Path]:
    """The JPEGs below a folder, in order."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            yield path


def verdict(data: bytes) -> tuple[str, str]:
    """What the plugin says of a frame by itself, and the figures behind it."""
    try:
        width, height = jpeg.measure(data)
        if sight.is_too_small(width, height):
            return sight.TOO_SMALL, f"{width} x {height}"
        figures, thumbnail = look(decoded(data, fit))
    except (SnapshotError, PictureError) as error:
        return error.code, ""
    code = sight.useless(Look(thumbnail=thumbnail, **figures))
    shown = " ".join(f"{name} {value:.3g}" for name, value in figures.items())
    return code or USABLE, shown


def report(folder: Path, with_names: bool) -> None:
    """Print a folder's shares."""
    counts: Counter[str] = Counter()
    rejected = []
    for path in pictures(folder):
        code, shown = verdict(path.read_bytes())
        counts[code] += 1
        if code != USABLE:
            rejected.append(f"  {path.relative_to(folder)}: {code} ({shown})")
    total = sum(counts.values())
    bad = total - counts[USABLE]
    print(f"{folder}: {total} frames, {bad} unusable ({100 * bad / max(1, total):.2f} %)")
    for code, count in counts.most_common():
        print(f"  {count:6} {code}")
    if with_names:
        print("\n".join(rejected))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--names", action="store_true", help="name the unusable ones")
    wanted = parser.parse_args()
    for folder in wanted.folders:
        if not folder.is_dir():
            print(f"{folder} is no folder", file=sys.stderr)
            return 2
        report(folder, wanted.names)
    return 0


if __name__ == "__main__":
    sys.exit(main())
