"""What `make coverage` runs, and when it fails."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from dev import covered
from dev.pages import ROOT


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The tests and the reports in their order, each with what it ends with."""
    done: list[tuple[str, ...]] = []
    ends: dict[str, int] = {}

    def noted(kind: str, *which: str) -> int:
        done.append((kind, *which))
        return ends.get(f"{kind} {which[0]}", 0)

    monkeypatch.setattr(covered, "DATA", tmp_path / "data")
    monkeypatch.setattr(covered.sys, "argv", ["covered.py", "octoprint-1.11.8"])
    monkeypatch.setattr(covered, "run_tests", lambda _, __, *w: noted("test", *w))
    monkeypatch.setattr(covered, "tell", lambda _, n, *w: noted("tell", str(n), *w))
    return done, ends


def test_core_and_backends_are_measured_before_any_other_test_has_run(ran: Any) -> None:
    done, _ = ran
    assert covered.main() == 0
    assert done[0] == ("test", *covered.PURE)
    assert done[1][:2] == ("tell", "100")
    assert "tests/test_plugin.py" in done[2]
    assert done[3] == ("tell", "90")
    named = [one for kind, *which in done if kind == "test" for one in which]
    assert [one for one in named if not (ROOT / one).exists()] == []


def test_the_one_test_that_is_left_out_is_there() -> None:
    path, _, name = covered.TOO_LARGE.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text("utf-8")


@pytest.mark.parametrize(
    "bad", ["test tests/core", "tell 100", "test tests/adapters", "tell 90"]
)
def test_a_test_that_fails_and_a_figure_that_is_low_fail_it(ran: Any, bad: str) -> None:
    done, ends = ran
    ends[bad] = 2
    assert covered.main() == 1
    assert len(done) == 4


def test_what_is_measured_is_found_last_of_all_and_by_every_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    library = tmp_path / "coverage" / "lib" / "python3.9" / "site-packages"
    library.mkdir(parents=True)
    python = tmp_path / "coverage" / "bin" / "python"
    monkeypatch.setattr(covered, "python_of", lambda name: python)
    monkeypatch.setenv("PYTHONPATH", "there")
    made = covered.environment(tmp_path / "process")
    assert made["AIWATCH_COVERAGE"] == str(library)
    first, second = made["PYTHONPATH"].split(os.pathsep)
    assert (Path(first) / "sitecustomize.py").is_file()
    assert second == "there"
    assert Path(made["COVERAGE_PROCESS_START"]).is_file()
