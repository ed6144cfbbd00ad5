"""Builds every form in which the plugin is installed, and tries each with the newest pip.

The sdist, the wheel that is made of it, the plugin manager's archive, and the archive of
the repository as GitHub offers it. One after the other is installed into a fresh
environment, has to be whole and consistent there, and to leave nothing but what it needs
when it is uninstalled. OctoPrint is not needed for that; `tests/e2e/` installs the same
through its plugin manager. Everything
but the results is in a temporary folder; no file of the repository is touched.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "extras" / "dev"))

import archive  # noqa: E402  (the path comes first)

PIP_TIMEOUT_S = 300.0
NAME = "OctoPrint-AIWatch"
LOOK = """
import importlib.metadata, importlib.util, json, pathlib
found = importlib.metadata.distribution("OctoPrint-AIWatch")
entries = [e for e in found.entry_points if e.group == "octoprint.plugin"]
spec = importlib.util.find_spec("octoprint_aiwatch")
print(json.dumps({
    "version": found.version,
    "entries": [[e.name, e.load().__plugin_name__] for e in entries],
    "folder": str(pathlib.Path(spec.origin).parent),
}))
"""


class PackageError(Exception):
    """A form that cannot be built or installed; the text says which and why."""


def run(command: Sequence[str], what: str) -> str:
    """Runs it outside the repository, so that nothing of that answers for a package."""
    with tempfile.TemporaryDirectory() as nowhere:
        done = subprocess.run(
            command,
            cwd=nowhere,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PIP_TIMEOUT_S,
        )
    if done.returncode:
        raise PackageError(f"{what} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def environment(home: Path, *packages: str) -> Path:
    """A fresh environment with the newest pip; returns its Python."""
    run([sys.executable, "-m", "venv", str(home)], "python -m venv")
    python = home / "bin" / "python"
    pip(python, "install", "--upgrade", "pip", *packages)
    return python


def pip(python: Path, *arguments: str) -> str:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]
    return run(command, "pip " + " ".join(arguments))


def build(folder: Path) -> dict[str, Path]:
    """All forms, by name, in `folder`. The wheel is made of the sdist, to try that."""
    folder.mkdir(parents=True, exist_ok=True)
    built = {"zip": archive.build(folder)}
    with tempfile.TemporaryDirectory() as work:
        with zipfile.ZipFile(built["zip"]) as packed:
            packed.extractall(work)
        python = environment(Path(work, "builder"), "build")
        place = str(Path(work, built["zip"].stem))
        made = Path(work, "made")
        run([str(python), "-m", "build", "--outdir", str(made), place], "python -m build")
        for form, pattern in (("sdist", "*.tar.gz"), ("wheel", "*.whl")):
            (path,) = made.glob(pattern)
            built[form] = path.replace(folder / path.name)
    return built


def attempt(python: Path, form: str, path: Path) -> str:
    """Installs one form, looks at it, and uninstalls it; says what was seen."""
    pip(python, "install", str(path))
    pip(python, "check")
    seen = run([str(python), "-c", LOOK], f"loading what {path.name} installed")
    found = json.loads(seen)
    if found["version"] != archive.version():
        raise PackageError(f"{path.name} is {found['version']}, not {archive.version()}")
    if found["entries"] != [["aiwatch", "AI Watch"]]:
        raise PackageError(f"{path.name} offers OctoPrint {found['entries']}")
    folder = Path(found["folder"])
    wanted = [name for name in archive.files() if name.parts[0] == folder.name]
    missing = [str(n) for n in wanted if not (folder.parent / n).is_file()]
    if missing:
        raise PackageError(f"{path.name} installs no {', '.join(missing)}")
    pip(python, "uninstall", "--yes", NAME)
    left = [p for p in folder.rglob("*") if p.is_file()] if folder.exists() else []
    if left:
        raise PackageError(f"uninstalling {path.name} leaves {left}")
    version = pip(python, "--version").split()[1]
    return f"{form:<7} {path.name:<40} {len(wanted)} files, pip {version}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", default="dist", type=Path)
    parser.add_argument("--try", action="store_true", dest="attempt", help="install each")
    chosen = parser.parse_args()
    try:
        built = build(ROOT / chosen.folder)
        for path in built.values():
            print(path)
        if chosen.attempt:
            with tempfile.TemporaryDirectory() as work:
                built["source"] = archive.source(Path(work))
                python = environment(Path(work, "environment"))
                for form, path in built.items():
                    print(attempt(python, form, path), flush=True)
    except (PackageError, subprocess.TimeoutExpired) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
