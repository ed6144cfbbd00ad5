"""Compiles the package with every supported Python that this machine has.

Nothing is written, installed or skipped silently: it says which Pythons it used, and at
least the one that runs it. Syntax newer than Python 3.9 is besides found by ruff.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUPPORTED = ("3.9", "3.10", "3.11", "3.12", "3.13")
COMPILE = """
import sys
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as source:
        compile(source.read(), path, "exec", dont_inherit=True)
"""


def candidates(version: str) -> Iterator[str]:
    found = shutil.which(f"python{version}")
    if found:
        yield found
    roots = [os.environ.get("PYENV_ROOT"), str(Path.home() / ".pyenv")]
    for root in filter(None, roots):
        pattern = f"versions/{version}*/bin/python{version}"
        yield from (str(path) for path in sorted(Path(root).glob(pattern)))


def is_version(program: str, version: str) -> bool:
    """Version managers leave launchers on the path for Pythons that are not active."""
    ask = [program, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    done = subprocess.run(ask, capture_output=True, text=True)
    return done.returncode == 0 and done.stdout.strip() == version


def sources() -> list[str]:
    folders = (ROOT / "octoprint_aiwatch", ROOT / "extras" / "simulator")
    found = [str(path) for folder in folders for path in sorted(folder.rglob("*.py"))]
    return [*found, str(ROOT / "setup.py")]


def main() -> int:
    own = "{}.{}".format(*sys.version_info[:2])
    pythons = {own: sys.executable}
    for version in SUPPORTED:
        matching = (path for path in candidates(version) if is_version(path, version))
        path = pythons.get(version) or next(matching, None)
        if path:
            pythons[version] = path
    files, failed = sources(), []
    for version, path in pythons.items():
        if subprocess.run([path, "-c", COMPILE, *files]).returncode:
            failed.append(version)
    absent = [version for version in SUPPORTED if version not in pythons]
    used = ", ".join(sorted(pythons, key=_order))
    print(
        f"{len(files)} files compiled with Python {used}"
        + (f"; not on this machine: {', '.join(absent)}" if absent else "")
    )
    if failed:
        print(f"NOT with Python {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    sys.exit(main())
