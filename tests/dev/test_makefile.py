"""The Makefile: its help tells of each target, and a target runs what it says."""

from __future__ import annotations

import re
import subprocess

import pytest
from dev.pages import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"(?m)^([a-z]+):", MAKEFILE))


def lines_of(*arguments: str) -> str:
    """What make would run."""
    program = ["make", "--dry-run", *arguments]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True)
    return " ".join(done.stdout.replace("\\\n", " ").split())


def test_the_help_at_its_head_tells_of_each_target() -> None:
    assert set(re.findall(r"(?m)^#   make (\w+)", MAKEFILE)) == TARGETS


def test_every_target_is_a_command_and_no_file() -> None:
    phony = re.search(r"(?m)^\.PHONY: (.+)$", MAKEFILE)
    assert phony is not None
    assert set(phony.group(1).split()) == TARGETS


@pytest.mark.parametrize(
    ("given", "run"),
    [
        ("demo", "-m simulator.demo --backend local --port 0"),
        ("demo ONCE=1", "--port 0 --once"),
        ("demo FAIL=never ONCE=1", "--once --fail never"),
        ("demo BACKEND=gadget PORT=5000", "--backend gadget --port 5000"),
        ("demo OCTOPRINT=2.0.0rc7", "octoprint-2.0.0rc7/bin/python"),
        ("test ONLY=e2e VERSIONS=1.11.8", "--only e2e --versions 1.11.8"),
        ("coverage", "extras/dev/covered.py octoprint-1.11.8"),
        ("mutants MODULES=core/budget", "extras/dev/mutants.py --modules core/budget"),
        ("fuzz INPUTS=20000", "-m fuzz --inputs 20000"),
        ("languages ADD=nl", "extras/dev/languages.py --add nl"),
        ("pages", "extras/dev/pages.py"),
        ("zip", "extras/dev/archive.py dist"),
    ],
)
def test_a_target_runs_what_it_says(given: str, run: str) -> None:
    assert run in lines_of(*given.split())
