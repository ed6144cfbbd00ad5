"""Runs all tests and says at the end, in one table, what passed and how long it took.

Three parts: the browser code's unit tests under node, everything that needs no running
OctoPrint in the environment of the older version, and the end-to-end tests once per
version. Missing tests are failures like any other: nothing here skips.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "extras" / "dev"))

from envs import octoprint_environments, python_of  # noqa: E402  (the path comes first)

PARTS = ("js", "unit", "e2e")


@dataclass
class Run:
    name: str
    command: Sequence[str]
    returncode: int = -1
    took_s: float = 0.0
    last_line: str = ""
    settled: bool = False
    """What failed in it has passed by itself since then."""


def node(python: Path) -> str:
    """The machine's node, or the one that Playwright brings along."""
    found = shutil.which("node")
    if found:
        return found
    ask = "import playwright as p, pathlib as l; print(l.Path(p.__file__).parent)"
    folder = subprocess.run(
        [str(python), "-c", ask], check=True, capture_output=True, text=True
    ).stdout.strip()
    return str(Path(folder) / "driver" / "node")


def js_run(python: Path) -> Run:
    tests = sorted(str(p) for p in (ROOT / "tests").rglob("*.test.*js"))
    if not tests:
        raise SystemExit("there is no tests/**/*.test.js: the browser code is untested")
    return Run("js", [node(python), "--test", *tests])


def pytest_run(name: str, python: Path, *arguments: str) -> Run:
    return Run(name, [str(python), "-m", "pytest", *arguments])


TOGETHER = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""They wait for their printers most of the time, so two files run side by side; in the
order of tests/e2e/conftest.py, which has the longest first."""
AGAIN = ("--last-failed", "--last-failed-no-failures", "none")
"""With four OctoPrints and browsers on a small machine a deadline may pass. What failed
is run once more by itself, and has to pass then; the summary tells of it."""
TESTS_FAILED = 1


def e2e_run(name: str, *arguments: str) -> Run:
    cache = ("-o", f"cache_dir=.pytest_cache/{name}")
    how = " again, by itself" if arguments == AGAIN else ""
    return pytest_run(
        f"e2e {name}{how}", python_of(name), "-m", "e2e", *cache, *arguments
    )


def execute(run: Run, prefix: str = "") -> None:
    """Runs it and passes its output on as it comes."""
    print(f"--- {run.name}: {' '.join(run.command)}", flush=True)
    started_s = time.monotonic()
    process = subprocess.Popen(
        run.command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    for line in process.stdout:
        print(prefix + line, end="", flush=True)
        run.last_line = line.strip() or run.last_line
    run.returncode = process.wait()
    run.took_s = time.monotonic() - started_s


def execute_together(runs: Sequence[Run]) -> None:
    prefixes = [f"[{run.name}] " if len(runs) > 1 else "" for run in runs]
    threads = [
        threading.Thread(target=execute, args=(run, prefix))
        for run, prefix in zip(runs, prefixes)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def summary(runs: Sequence[Run]) -> int:
    print("\n=== summary")
    for run in runs:
        verdict = "passed" if run.returncode == 0 else f"FAILED ({run.returncode})"
        verdict = "see below" if run.settled else verdict
        print(f"{run.name:<22} {verdict:<12} {run.took_s:6.1f} s  {run.last_line}")
    failed = sum(run.returncode != 0 and not run.settled for run in runs)
    print(f"all {len(runs)} passed" if not failed else f"{failed} of {len(runs)} FAILED")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default=",".join(PARTS), help="of " + ",".join(PARTS))
    parser.add_argument("--versions", help="OctoPrint versions, separated by commas")
    parser.add_argument("pytest", nargs="*", help="further arguments for pytest")
    chosen = parser.parse_args()
    parts = chosen.only.split(",")
    if not set(parts) <= set(PARTS):
        parser.error(f"--only takes some of {', '.join(PARTS)}")
    names = octoprint_environments()
    if chosen.versions:
        names = [f"octoprint-{version}" for version in chosen.versions.split(",")]
    first = python_of(names[0])
    done: list[Run] = []
    if "js" in parts:
        done.append(js_run(first))
        execute(done[-1])
    if "unit" in parts:
        spread = ("-n", "auto", "--maxprocesses", "4")
        done.append(pytest_run("unit", first, "-m", "not e2e", *spread, *chosen.pytest))
        execute(done[-1])
    if "e2e" in parts:
        runs = [e2e_run(name, *TOGETHER, *chosen.pytest) for name in names]
        execute_together(runs)
        done += runs
        for name, run in zip(names, runs):
            if run.returncode == TESTS_FAILED:
                done.append(e2e_run(name, *AGAIN))
                execute(done[-1])
                run.settled = done[-1].returncode == 0
    return summary(done)


if __name__ == "__main__":
    sys.exit(main())
