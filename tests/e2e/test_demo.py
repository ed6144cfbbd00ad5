"""The first command that a newcomer runs: the demo, without a person, made shorter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXTRAS = Path(__file__).parents[2] / "extras"
WITHIN_S = 400


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "simulator.demo", "--once", *options],
        cwd=EXTRAS,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


@pytest.mark.timeout(WITHIN_S + 30)
def test_the_demo_pauses_a_failing_print_and_says_so() -> None:
    """With a cloud that judges pixels: the detector wants minutes to be sure."""
    done = run("--backend", "gadget", "--fail", "20")
    assert done.returncode == 0, done.stdout
    assert "its flag paused is True" in done.stdout
    assert "begins to fail 20 s after its start" in done.stdout


def test_the_demo_says_what_it_does_not_understand() -> None:
    done = run("--fail", "sometimes")
    assert done.returncode == 2
    assert "never" in done.stdout
