"""What `make mutants` breaks, where, and what it tells of what is left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dev import mutants

RESULTS = """
    octoprint_aiwatch.core.budget.x_settled__mutmut_2: survived
    octoprint_aiwatch.core.budget.x_settled__mutmut_3: timeout
    octoprint_aiwatch.core.budget.x_used__mutmut_1: no tests
"""


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """What mutmut is asked, and what it answers."""
    asked: list[tuple[str, ...]] = []
    answers = {"results": RESULTS, "show": "- a <= b\n+ a < b"}
    ends = {"run": 0}

    def mutmut(*words: str, told: bool = False) -> subprocess.CompletedProcess[str]:
        asked.append(words)
        text = answers.get(words[0], "")
        return subprocess.CompletedProcess(words, ends.get(words[0], 0), text, "")

    monkeypatch.setattr(mutants, "COPY", tmp_path / "copy")
    monkeypatch.setattr(mutants, "mutmut", mutmut)
    monkeypatch.setattr(sys, "argv", ["mutants.py", "--modules", "core/budget"])
    return asked, answers, ends


def test_each_change_that_no_test_noticed_is_shown(ran: Any, capsys: Any) -> None:
    asked, _, _ = ran
    assert mutants.main() == 0
    assert [words[1] for words in asked if words[0] == "show"] == [
        "octoprint_aiwatch.core.budget.x_settled__mutmut_2",
        "octoprint_aiwatch.core.budget.x_used__mutmut_1",
    ]
    shown = ["- a <= b", "+ a < b"]
    assert capsys.readouterr().out.splitlines() == [*shown, *shown, "2 left"]


def test_it_says_when_none_is_left(ran: Any, capsys: Any) -> None:
    ran[1]["results"] = ""
    assert mutants.main() == 0
    assert capsys.readouterr().out == "none is left\n"


def test_tests_that_fail_without_a_mutant_fail_it(ran: Any) -> None:
    ran[2]["run"] = 1
    assert mutants.main() == 1


def test_a_copy_is_broken_and_not_the_checkout(ran: Any) -> None:
    mutants.main()
    project = (mutants.COPY / "pyproject.toml").read_text("utf-8")
    assert project.startswith((mutants.ROOT / "pyproject.toml").read_text("utf-8"))
    assert 'only_mutate = ["octoprint_aiwatch/core/budget.py"]' in project
    assert (mutants.COPY / "tests" / "core" / "test_budget.py").is_file()


def test_without_a_module_all_of_core_and_backends_are_broken() -> None:
    assert mutants.chosen("") == ["core/*", "backends/*"]
    assert mutants.chosen("core/jpeg,backends/base") == ["core/jpeg", "backends/base"]


@pytest.mark.parametrize("name", ["core/nothing", "plugin", "adapters/camera"])
def test_what_is_no_module_of_theirs_is_refused_in_words(name: str) -> None:
    with pytest.raises(SystemExit, match=f"no module {name}"):
        mutants.chosen(name)


def test_what_is_left_out_and_what_is_taken_along_is_there() -> None:
    path, _, name = mutants.LOOKS_AT_THE_SOURCE.partition("::")
    assert f"def {name}(" in (mutants.ROOT / path).read_text("utf-8")
    assert all((mutants.ROOT / folder).is_dir() for folder in mutants.TESTS)
