"""Whether all that the plugin needs installs on a Raspberry Pi without a compiler.

For each supported Python pip resolves the requirements of pyproject.toml for 64-bit ARM,
with wheels alone and without installing anything. Of each package that is not pure Python
it is then asked whether there is a pure wheel too, or one for 32 bits; what is left has
to come from piwheels, where Raspberry Pi OS looks too. piwheels itself is asked nothing.

A requirement that depends on the Python's version is judged by the Python that asks, so
each is asked by itself where the machine has it; the table says where it has not.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "extras" / "dev"))

import packages  # noqa: E402  (the path comes first)
import syntax  # noqa: E402  (likewise)

GLIBC = ("2_17", "2_28", "2_31")
"""What wheels are made for; the oldest system with Python 3.9 has 2.31."""
ARM_64 = ("manylinux2014_aarch64", *(f"manylinux_{one}_aarch64" for one in GLIBC))
ARM_32 = ("manylinux2014_armv7l", *(f"manylinux_{one}_armv7l" for one in GLIBC))
NO_MACHINE = ("linux_armv6l",)
"""No wheel on PyPI is for it, so that only pure ones fit."""
ASK_TIMEOUT_S = 240.0
QUIET = ("--quiet", "--disable-pip-version-check", "--no-input")


@dataclass(frozen=True)
class Wheel:
    """What pip would install."""

    name: str
    version: str
    file: str

    @property
    def is_pure(self) -> bool:
        return self.file.endswith("-none-any.whl")


def requirements(text: str, extras: Sequence[str] = ()) -> list[str]:
    """Those of pyproject.toml, and those of some of its extras."""
    found: list[str] = []
    for name in ("dependencies", *extras):
        table = re.search(rf"(?ms)^{re.escape(name)} = \[\n(.*?)^\]", text)
        if not table:
            raise packages.PackageError(f"pyproject.toml has no list called {name}")
        found += re.findall(r'(?m)^\s+"([^"]+)"', table[1])
    return found


def wheels_in(report: str) -> list[Wheel]:
    """What pip's report says it would install, by name."""
    found = [
        Wheel(
            one["metadata"]["name"],
            one["metadata"]["version"],
            one["download_info"]["url"].rsplit("/", 1)[-1],
        )
        for one in json.loads(report)["install"]
    ]
    return sorted(found, key=lambda wheel: wheel.name.lower())


class Index:
    """Asks pip what it would install elsewhere; installs nothing."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._pythons: dict[str, tuple[Path, bool]] = {}

    def python(self, version: str) -> tuple[Path, bool]:
        """A Python with the newest pip, and whether it is of that version."""
        if version not in self._pythons:
            matching = syntax.candidates(version)
            found = next((p for p in matching if syntax.is_version(p, version)), None)
            home = self._work / f"python{version}"
            base = found or sys.executable
            packages.run([base, "-m", "venv", str(home)], "python -m venv")
            python = home / "bin" / "python"
            packages.pip(python, "install", "--upgrade", "pip")
            self._pythons[version] = (python, found is not None)
        return self._pythons[version]

    def ask(
        self, version: str, wanted: Sequence[str], platforms: Sequence[str], *more: str
    ) -> Optional[list[Wheel]]:
        """What would be installed; None if it cannot be with wheels alone."""
        python, _ = self.python(version)
        command: list[Any] = [python, "-m", "pip", "install", *QUIET, *more]
        command += ["--dry-run", "--ignore-installed", "--report", "-"]
        command += ["--target", self._work / "nothing", "--only-binary=:all:"]
        command += ["--python-version", version, "--implementation", "cp"]
        command += [part for one in platforms for part in ("--platform", one)]
        done = subprocess.run(
            [*map(str, command), *wanted],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ASK_TIMEOUT_S,
        )
        if done.returncode:
            if "No matching distribution" in done.stderr:
                return None
            raise packages.PackageError(f"pip could not be asked:\n{done.stderr[-2000:]}")
        return wheels_in(done.stdout)

    def comes_from(self, version: str, wheel: Wheel) -> str:
        """Where 32 bits get a package that is not pure on 64."""
        for place, platforms in (("pure wheel", NO_MACHINE), ("PyPI", ARM_32)):
            if self.ask(
                version, [f"{wheel.name}=={wheel.version}"], platforms, "--no-deps"
            ):
                return place
        return "piwheels"


def row(index: Index, version: str, wanted: Sequence[str]) -> tuple[str, bool]:
    """A line of the table, and whether 64 bits need no compiler."""
    found = index.ask(version, wanted, ARM_64)
    if found is None:
        return f"| {version} | not all have wheels | | |", False
    own = "" if index.python(version)[1] else " (asked by another Python)"
    pure = sum(wheel.is_pure for wheel in found)
    built = [wheel for wheel in found if not wheel.is_pure]
    places: dict[str, list[str]] = {}
    for wheel in built:
        place = index.comes_from(version, wheel)
        places.setdefault(place, []).append(f"{wheel.name} {wheel.version}")
    told = "; ".join(f"{place}: {', '.join(names)}" for place, names in places.items())
    names = ", ".join(f"{wheel.name} {wheel.version}" for wheel in built)
    return f"| {version}{own} | {pure} | {names} | {told} |", True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--extra", action="append", default=[], help="mqtt or onnx, too")
    parser.add_argument(
        "--python", action="append", help="of " + " ".join(syntax.SUPPORTED)
    )
    chosen = parser.parse_args()
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    good = True
    try:
        wanted = requirements(text, chosen.extra)
        print("requirements: " + ", ".join(wanted) + "\n")
        print("| Python | pure | wheels for 64 bits, from PyPI | the same for 32 bits |")
        print("| --- | --- | --- | --- |")
        with tempfile.TemporaryDirectory() as work:
            index = Index(Path(work))
            for version in chosen.python or syntax.SUPPORTED:
                line, fits = row(index, version, wanted)
                print(line, flush=True)
                good &= fits
    except (packages.PackageError, subprocess.TimeoutExpired) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
