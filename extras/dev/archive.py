"""Builds the archive that people install: one top folder, only what the plugin needs.

It takes the working tree's files as git sees them, so a change can be tried before it is
committed, and gives every entry one time stamp, so that the same files give the same
archive. It takes no part of the tests, the simulator or the tools along.
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
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


def files() -> list[Path]:
    seen = ("--cached", "--others", "--exclude-standard")
    listing = subprocess.run(
        ["git", "ls-files", "-z", *seen, "--", *CONTENTS],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    named = (Path(name) for name in sorted(set(listing.stdout.split("\0"))) if name)
    return [path for path in named if (ROOT / path).is_file()]


def build(folder: Path) -> Path:
    """Writes the archive into `folder` and returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    top = f"OctoPrint-AIWatch-{version()}"
    target = folder / f"{top}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files():
            entry = zipfile.ZipInfo(f"{top}/{path.as_posix()}", STAMP)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (ROOT / path).read_bytes())
    return target


if __name__ == "__main__":
    print(build(ROOT / (sys.argv[1] if len(sys.argv) > 1 else "dist")))
