"""extras/docs/faults.md names tests that there are, for each fault."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "extras" / "docs" / "faults.md").read_text("utf-8")
E2E = ROOT / "tests" / "e2e"
LINES = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]


def defined_in(file: str) -> dict[str, str]:
    """The tests of a file, each with its text and its decorators'."""
    text = (E2E / file).read_text("utf-8")
    return {
        node.name: text
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(test_\w+\.py)(?:::(\w+))?`", PAGE)
    assert len(named) > 25
    for file, name in named:
        found = defined_in(file)
        assert found
        assert not name or name in found, f"{file}::{name}"


@pytest.mark.parametrize("line", LINES)
def test_every_fault_names_its_test_and_the_cases_in_it(line: str) -> None:
    last = line.strip("| ").split(" | ")[-1]
    assert "test_" in last or last.startswith("the same ["), line
    file = "test_watch_bad_input.py"
    for found in re.findall(r"`(test_\w+\.py)", last):
        file = found
    for cases in re.findall(r"\[([^]]+)\]", last):
        text = (E2E / file).read_text("utf-8")
        for case in cases.split(", "):
            assert f'"{case}":' in text, f"{file} has no case {case}"
