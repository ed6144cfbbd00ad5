"""Runs every decoder under atheris: a million inputs in all, unless told otherwise.

Each target has a process of its own, a corpus of recorded documents to start from and a
fixed seed. An input that takes more than ten seconds or more than a gigabyte is a finding
as much as an exception is. Findings are kept in ``extras/fuzz/found/``; to run one again:
``make fuzz ARGS="--again fuzz/found/NAME-crash-..."``.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .targets import TARGETS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOUND = HERE / "found"
INPUTS = 1_000_000
LIMITS = ("-timeout=10", "-rss_limit_mb=1024", "-max_len=4096")
EXECUTED = re.compile(r"number_of_executed_units: (\d+)")
PEAK = re.compile(r"peak_rss_mb: +(\d+)")


def environment() -> dict[str, str]:
    """So that the process finds us and the package."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(HERE.parent)))}


def run(name: str, how_long: list[str], seed: int) -> tuple[int, str]:
    """One target; its exit status and what it printed."""
    FOUND.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="aiwatch-corpus-") as corpus:
        for number, data in enumerate(TARGETS[name].seeds()):
            Path(corpus, f"{number:04}").write_bytes(data)
        command = [sys.executable, "-m", "fuzz.one", name, *LIMITS, *how_long]
        command += [f"-seed={seed}", f"-artifact_prefix={FOUND}/{name}-"]
        command += ["-print_final_stats=1", "-verbosity=1", corpus]
        done = subprocess.run(
            command,
            cwd=HERE.parent,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    return done.returncode, done.stdout


def number_in(pattern: re.Pattern[str], text: str) -> int:
    """A figure of libFuzzer's; 0 if it did not get so far."""
    found = pattern.search(text)
    return int(found[1]) if found else 0


def again(path: Path) -> int:
    """Run one kept input."""
    name = next(one for one in TARGETS if path.name.startswith(one + "-"))
    TARGETS[name].run(path.read_bytes())
    print(f"{name}: no finding any more")
    return 0


def main() -> int:
    """Run the targets, print a table; 1 if there was a finding."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="target", help=", ".join(TARGETS))
    parser.add_argument("--inputs", type=int, default=INPUTS, help="in all")
    parser.add_argument("--seconds", type=int, help="for each target, instead of inputs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=Path, help="a kept input")
    options = parser.parse_args()
    if options.again:
        return again(options.again)
    names = options.names or list(TARGETS)
    parts = sum(TARGETS[name].share for name in names)
    total, findings, begun = 0, [], time.monotonic()
    print(f"{'target':<22}{'inputs':>9}{'seconds':>9}{'a second':>9}{'peak MB':>9}")
    for name in names:
        count = -(-options.inputs * TARGETS[name].share // parts)
        how_long = [f"-runs={count}"]
        if options.seconds:
            how_long = [f"-max_total_time={options.seconds}"]
        start = time.monotonic()
        status, text = run(name, how_long, options.seed)
        took_s = time.monotonic() - start
        done, peak = number_in(EXECUTED, text), number_in(PEAK, text)
        total += done
        rate = done / max(took_s, 0.1)
        print(f"{name:<22}{done:>9}{took_s:>9.0f}{rate:>9.0f}{peak:>9}", flush=True)
        if status != 0:
            findings.append(name)
            print(text[-4000:], flush=True)
    minutes = (time.monotonic() - begun) / 60
    print(
        f"{total} inputs in {minutes:.0f} min, findings: {', '.join(findings) or 'none'}"
    )
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
