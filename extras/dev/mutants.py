"""Breaks core and the backends on purpose and tells which change no test has noticed.

Each of mutmut's changes is one mutant: a sign turned, a number one higher, an argument
left out. The tests of core and the backends run against each. It happens in a copy of
the checkout, because mutmut wants its settings in the project's file and puts the
mutants beside them. Not every mutant that is left is a hole: some change nothing that can
be told apart, and whoever reads them decides.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "extras" / "dev"))

from archive import tracked  # noqa: E402  (the path comes first)
from envs import python_of  # noqa: E402  (likewise)

COPY = ROOT / "build" / "mutants"
WHOLE = ("core/*", "backends/*")
TESTS = ("tests/core", "tests/backends")
LOOKS_AT_THE_SOURCE = "tests/core/test_words.py::test_every_code_in_use_has_its_sentence"
"""It reads the modules' text, in which every mutant of a word stands at once."""
LEFT = re.compile(r"(?m)^\s*(\S+): (?:survived|no tests)$")


def settings(modules: Sequence[str]) -> str:
    """What mutmut reads in the project's file."""
    options = ["-p", "no:cacheprovider", "--hypothesis-seed=0"]
    values = {
        "source_paths": ["octoprint_aiwatch"],
        "only_mutate": [f"octoprint_aiwatch/{name}.py" for name in modules],
        "also_copy": ["tests", "extras", "translations", "README.md", "CHANGELOG.md"],
        "pytest_add_cli_args_test_selection": list(TESTS),
        "pytest_add_cli_args": [*options, f"--deselect={LOOKS_AT_THE_SOURCE}"],
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    return "\n".join(["", "[tool.mutmut]", *lines, ""])


def copy(modules: Sequence[str], into: Path) -> None:
    shutil.rmtree(into, ignore_errors=True)
    for name in tracked():
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, into / name)
    with (into / "pyproject.toml").open("a", encoding="utf-8") as project:
        project.write(settings(modules))


def mutmut(*words: str, told: bool = False) -> subprocess.CompletedProcess[str]:
    command = [str(python_of("mutants")), "-m", "mutmut", *words]
    return subprocess.run(command, cwd=COPY, text=True, capture_output=told)


def chosen(text: str) -> list[str]:
    """Modules of core or the backends, as they are named below the package."""
    names = [name for name in text.split(",") if name]
    for name in names:
        is_ours = name.startswith(("core/", "backends/"))
        if not is_ours or not (ROOT / "octoprint_aiwatch" / f"{name}.py").is_file():
            raise SystemExit(f"There is no module {name}; one is called core/budget.")
    return names or list(WHOLE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--modules", default="", help="core/budget,backends/base")
    copy(chosen(parser.parse_args().modules), COPY)
    run = mutmut("run", "--max-children", "2")
    if run.returncode:
        return run.returncode
    left = LEFT.findall(mutmut("results", told=True).stdout)
    for name in left:
        print(mutmut("show", name, told=True).stdout)
    print(f"{len(left)} left" if left else "none is left")
    return 0


if __name__ == "__main__":
    sys.exit(main())
