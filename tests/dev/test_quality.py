"""Our own scale: extras/quality.yaml names what there is, and what it measures holds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, Union

import pytest
import yaml
from dev.pages import ROOT

from tests.dev.test_makefile import MAKEFILE, TARGETS

SCALE = yaml.safe_load((ROOT / "extras" / "quality.yaml").read_text("utf-8"))
RULES: list[dict[str, Any]] = SCALE["rules"]
CHECKS = [(rule["id"], check) for rule in RULES for check in rule["checked_by"]]
MOST_MODULE_LINES = 250
MOST_FUNCTION_LINES = 40
TOPS = ("octoprint_aiwatch", "extras")
PROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]


def sources(*tops: str) -> Iterator[tuple[str, str]]:
    """Names and texts of the Python files."""
    for top in tops:
        for path in sorted((ROOT / top).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


# -- the scale itself -------------------------------------------------------------------


def test_each_rule_is_whole() -> None:
    ids = [rule["id"] for rule in RULES]
    assert len(ids) == len(set(ids))
    for rule in RULES:
        assert set(rule) <= {"id", "text", "status", "checked_by", "reason"}, rule["id"]
        assert rule["text"].endswith("."), rule["id"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["id"])
def test_a_rule_is_done_and_checked_or_exempt_with_a_reason(rule: dict[str, Any]) -> None:
    assert rule["status"] in ("done", "exempt")
    if rule["status"] == "done":
        assert rule["checked_by"]
        assert "reason" not in rule
    else:
        assert len(rule["reason"]) > 10


@pytest.mark.parametrize(("rule", "check"), CHECKS, ids=lambda one: one)
def test_what_checks_a_rule_is_there(rule: str, check: str) -> None:
    made = re.fullmatch(r"make (\w+)(?: \((.+)\))?", check)
    if made:
        target, tool = made.groups()
        assert target in TARGETS
        recipe = re.search(rf"(?ms)^{target}:(.*?)(?:^\S|\Z)", MAKEFILE)
        assert recipe is not None
        assert not tool or tool in recipe.group(1)
        return
    path, _, name = check.partition("::")
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert name in names


# -- how long things are ----------------------------------------------------------------


def long_modules() -> set[str]:
    texts = dict(sources(*TOPS))
    scripts = (ROOT / "octoprint_aiwatch" / "static" / "js").glob("*.js")
    for path in scripts:
        texts[path.relative_to(ROOT).as_posix()] = path.read_text("utf-8")
    return {n for n, text in texts.items() if len(text.splitlines()) > MOST_MODULE_LINES}


def lines_of(function: Function) -> int:
    """From its first line to its last, without its docstring."""
    assert function.end_lineno is not None
    count = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None and first.end_lineno is not None:
        count -= first.end_lineno - first.lineno + 1
    return count


def long_functions() -> set[str]:
    return {
        f"{name}::{node.name}"
        for name, text in sources(*TOPS)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if lines_of(node) > MOST_FUNCTION_LINES
    }


def test_no_module_is_longer_without_a_reason() -> None:
    """One that has become short enough must leave the list, too."""
    assert long_modules() == set(SCALE["longer_modules"])


def test_no_function_is_longer_without_a_reason() -> None:
    assert long_functions() == set(SCALE["longer_functions"])


def test_each_longer_one_has_its_reason() -> None:
    reasons = [*SCALE["longer_modules"].values(), *SCALE["longer_functions"].values()]
    assert [one for one in reasons if len(str(one)) < 8] == []


def test_a_functions_docstring_does_not_count() -> None:
    told = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n').body[0]
    plain = ast.parse("def f():\n    return 1\n").body[0]
    assert isinstance(told, ast.FunctionDef)
    assert isinstance(plain, ast.FunctionDef)
    assert (lines_of(told), lines_of(plain)) == (2, 2)


# -- what is said beside the code -------------------------------------------------------


def test_each_module_says_what_it_is_for() -> None:
    silent = [n for n, text in sources(*TOPS) if not ast.get_docstring(ast.parse(text))]
    assert silent == []


def test_each_exception_from_a_tool_has_its_reason() -> None:
    bare = [
        f"{name}: {line.strip()}"
        for name, text in sources(*TOPS, "tests")
        for line in text.splitlines()
        if re.search(r"#\s*(noqa(: [A-Z0-9, ]+)?|nosec)\s*$", line)
    ]
    assert bare == []
    for start in ("[tool.ruff.lint]\n", "[tool.bandit]\n"):
        table = PROJECT.split(start)[1].split("\n[")[0]
        listed = re.search(r"(?ms)^(?:ignore|skips) = \[\n(.*?)^\]", table)
        assert listed is not None
        assert [one for one in listed.group(1).splitlines() if "#" not in one] == []


def test_each_dependency_says_why_it_is_there() -> None:
    section = PROJECT.split("\ndependencies = [\n")[1].split("\n]\n")[0]
    before = ""
    for line in section.splitlines():
        if line.strip().startswith('"'):
            assert before.strip().startswith("#"), line
        before = line
    optional = PROJECT.split("[project.optional-dependencies]\n")[1].split("\n[project.")[
        0
    ]
    named = [line for line in optional.splitlines() if line.startswith('  "')]
    assert len(named) > 5
    assert [line for line in named if "#" not in line] == []


def test_tests_of_what_decides_never_sleep() -> None:
    deciding = ("tests/core", "tests/backends", "tests/ladder", "tests/traces")
    sleeping = [n for n, text in sources(*deciding) if re.search(r"\bsleep\(", text)]
    assert sleeping == []


def test_the_changelog_keeps_its_format() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"(?m)^### (.+)$", text)) <= kinds
    versions = re.findall(r"(?m)^## (.+)$", text)
    assert versions[0] == "[Unreleased]"
    for version in versions[1:]:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", version), version


# -- workflows --------------------------------------------------------------------------


def unpinned(text: str) -> list[str]:
    """What a workflow uses that is not fixed to a commit; its own files are,
    by their place in the checkout or (``$/``) in the repository."""
    used = re.findall(r"(?m)^\s*(?:- )?uses:\s*(\S+)", text)
    fixed = re.compile(r"[.$]/.*|.+@[0-9a-f]{40}|docker://.+@sha256:[0-9a-f]{64}")
    return [one for one in used if not fixed.fullmatch(one)]


def test_each_action_of_a_workflow_is_pinned_to_a_commit() -> None:
    loose = {path.name: unpinned(path.read_text("utf-8")) for path in WORKFLOWS}
    assert {name: found for name, found in loose.items() if found} == {}


def test_an_action_that_is_not_pinned_is_found() -> None:
    sha = "0" * 40
    text = f"  - uses: a/b@v4\n  - uses: a/b@{sha} # v4\n    uses: ./local.yml\n"
    assert unpinned(text) == ["a/b@v4"]
