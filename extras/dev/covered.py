"""Runs the unit tests and sees which lines and branches of the package they reach.

The core and the backends have to be reached altogether, and by their own tests: what an
adapter's test happens to come by is not tested. Of the whole package most has to be.
Processes that tests start are measured as well. Coverage.py lives in an environment of
its own; the tests run in OctoPrint's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "extras" / "dev"))

from envs import python_of  # noqa: E402  (the path comes first)

PURE = ("tests/core", "tests/backends", "tests/ladder")
OTHERS = ("tests/adapters", "tests/detector")
MODULES = "tests/test_*.py"
PURE_PARTS = "octoprint_aiwatch/core/*,octoprint_aiwatch/backends/*"
PURE_LEAST, WHOLE_LEAST = 100, 90
"""Per cent of the lines and branches."""
SEED = "--hypothesis-seed=0"
"""The figure must not depend on what a property test comes upon."""
TOO_LARGE = (
    "tests/adapters/test_detector_look.py::test_without_a_model_it_takes_little_memory"
)
"""A process that measures itself takes more memory than the test allows."""
DATA = ROOT / "build" / "coverage"


def environment(data: Path) -> Mapping[str, str]:
    """What has every Python that is started from here on measure itself."""
    found = next((python_of("coverage").parents[1] / "lib").glob("python*/site-packages"))
    before = os.environ.get("PYTHONPATH")
    path = [str(ROOT / "extras" / "dev" / "measured"), *([before] if before else [])]
    return {
        **os.environ,
        "AIWATCH_COVERAGE": str(found),
        "COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml"),
        "COVERAGE_FILE": str(data),
        "PYTHONPATH": os.pathsep.join(path),
    }


def run_tests(python: Path, data: Path, *which: str) -> int:
    options = ["-q", "-m", "not e2e", SEED, f"--deselect={TOO_LARGE}"]
    command = [str(python), "-m", "pytest", *options, *which]
    return subprocess.run(command, cwd=ROOT, env=environment(data)).returncode


def tell(data: Path, least: int, *which: str) -> int:
    """Put the processes' figures together and print them; an error if they are low."""
    env = {**os.environ, "COVERAGE_FILE": str(data)}
    processes = [str(path) for path in DATA.glob("process.*")]
    told = 0
    for words in (
        ["combine", "--keep", "--quiet", *processes],
        ["report", "--skip-covered", "--show-missing", f"--fail-under={least}", *which],
    ):
        command = [str(python_of("coverage")), "-m", "coverage", *words]
        told = subprocess.run(command, cwd=ROOT, env=env).returncode or told
    return told


def main() -> int:
    python = python_of(sys.argv[1])
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    modules = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(MODULES))
    failed = run_tests(python, DATA / "process", *PURE)
    failed += tell(DATA / "pure", PURE_LEAST, f"--include={PURE_PARTS}")
    failed += run_tests(python, DATA / "process", *OTHERS, *modules)
    failed += tell(DATA / "whole", WHOLE_LEAST)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
