"""Builds the archive that people install: one top folder, only what the plugin needs.

It takes the files as they lie there, so that a change can be tried before it is
committed, and gives every entry one time stamp, so that the same files give the same
archive. It takes no part of the tests, the simulator or the tools along. `source` makes
the other archive that people install: the whole repository, as GitHub offers it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTENTS = (
    "octoprint_aiwatch",
    "CHANGELOG.md",
    "LICENSE",
    "MANIFEST.in",
    "README.md",
    "pyproject.toml",
    "setup.py",
)
STAMP = (2020, 1, 1, 0, 0, 0)


def version() -> str:
    found = re.search(r'(?m)^version = "([^"]+)"$', (ROOT / "pyproject.toml").read_text())
    if not found:
        raise SystemExit("pyproject.toml has no version line")
    return found.group(1)


def wanted(path: Path) -> bool:
    made_by_python = path.suffix in (".pyc", ".pyo") or "__pycache__" in path.parts
    return path.is_file() and not made_by_python and not path.name.startswith(".")


def files() -> list[Path]:
    found = [ROOT / name for name in CONTENTS]
    found += [path for top in found for path in top.rglob("*")]
    return sorted(path.relative_to(ROOT) for path in found if wanted(path))


def tracked() -> list[Path]:
    """What git knows and is still there."""
    told = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    names = (Path(name) for name in told.stdout.split("\0") if name)
    return sorted(name for name in names if (ROOT / name).is_file())


def build(folder: Path) -> Path:
    """Writes the plugin's archive into `folder` and returns its path."""
    top = f"OctoPrint-AIWatch-{version()}"
    return packed(folder / f"{top}.zip", top, files())


def source(folder: Path, branch: str = "main") -> Path:
    """Writes the archive of a branch as GitHub names and fills it."""
    return packed(folder / f"{branch}.zip", f"OctoPrint-AIWatch-{branch}", tracked())


def packed(target: Path, top: str, paths: Iterable[Path]) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            entry = zipfile.ZipInfo(f"{top}/{path.as_posix()}", STAMP)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (ROOT / path).read_bytes())
    return target


if __name__ == "__main__":
    print(build(ROOT / (sys.argv[1] if len(sys.argv) > 1 else "dist")))
