"""The workflows: they run what runs here, with few rights and bounds, and all counts.

What a workflow may get wrong for safety is zizmor's business, in `make check`.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dev import envs, syntax

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
TARGETS = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text("utf-8")))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
SAME_COMMIT = "$/"
"""Before what is called of this repository; it is at the commit that runs."""


def document(path: Path) -> dict[str, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    loaded["on"] = loaded.pop(True, None)  # a key that YAML takes for a yes
    return loaded


def jobs() -> list[Any]:
    return [
        pytest.param(job, id=f"{path.stem}-{name}")
        for path in WORKFLOWS
        for name, job in document(path)["jobs"].items()
    ]


def steps(job: dict[str, Any]) -> list[dict[str, Any]]:
    return job.get("steps", [])


def make_calls(job: dict[str, Any]) -> list[list[str]]:
    """What the job hands to make, as the shell would."""
    lines = [line for step in steps(job) for line in step.get("run", "").splitlines()]
    words = [shlex.split(line) for line in lines if line.startswith("make ")]
    return [[word for word in line[1:] if word != ">"] for line in words]


def ci() -> dict[str, Any]:
    return document(FOLDER / "ci.yml")["jobs"]


def test_there_are_the_two_workflows() -> None:
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "release.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if " uses: " in line]
    used = [line.split(" uses: ")[1] for line in lines]
    assert used
    for one in used:
        action, _, comment = one.partition(" # ")
        if not action.startswith(SAME_COMMIT):
            assert PINNED.fullmatch(action), action
            assert re.fullmatch(r"v\d+\.\d+\.\d+", comment), one


def test_an_action_is_at_one_commit_in_all_workflows() -> None:
    text = "".join(path.read_text("utf-8") for path in WORKFLOWS)
    commits: dict[str, set[str]] = {}
    for action, commit in re.findall(r"uses: ([\w./-]+)@([0-9a-f]{40} # \S+)", text):
        commits.setdefault(action, set()).add(commit)
    assert {action for action, found in commits.items() if len(found) > 1} == set()


@pytest.mark.parametrize("job", jobs())
def test_every_job_ends_by_itself(job: dict[str, Any]) -> None:
    if not job.get("uses", "").startswith(SAME_COMMIT):  # its own jobs have their limits
        assert 1 <= job["timeout-minutes"] <= 90


@pytest.mark.parametrize("job", jobs())
def test_every_job_says_its_rights_and_leaves_no_credentials(job: dict[str, Any]) -> None:
    rights = job["permissions"]
    runs_our_code = any("run" in step and "make " in step["run"] for step in steps(job))
    assert set(rights) <= {"contents"}
    assert rights.get("contents") != "write" or not runs_our_code
    for step in steps(job):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_rights_by_itself_and_runs_once_at_a_time(path: Path) -> None:
    whole = document(path)
    assert whole["permissions"] == {}
    assert "github.ref" in whole["concurrency"]["group"]


def test_the_one_required_job_needs_every_other() -> None:
    others = set(ci()) - {"all-green"}
    gate = ci()["all-green"]
    assert set(gate["needs"]) == others
    assert len(others) >= 7
    assert gate["if"] == "always()"  # a skipped job would count as a good one
    (step,) = gate["steps"]
    judged = step["env"]["ALL_SUCCEEDED"]
    for bad in ("failure", "cancelled", "skipped"):
        assert f"!contains(needs.*.result, '{bad}')" in judged


def test_every_job_of_a_change_runs_what_runs_here() -> None:
    bare = [name for name, job in ci().items() if not make_calls(job)]
    assert bare == ["all-green"]


@pytest.mark.parametrize("job", jobs())
def test_every_make_target_that_a_job_calls_is_in_the_makefile(
    job: dict[str, Any],
) -> None:
    for target, *variables in make_calls(job):
        assert target in TARGETS
        words = [one for one in variables if "=" in one]
        done = subprocess.run(
            ["make", "--dry-run", target, *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr


def test_the_tests_run_on_every_python_and_every_octoprint() -> None:
    assert ci()["unit"]["strategy"]["matrix"]["python"] == list(syntax.SUPPORTED)
    ours = [name[len("octoprint-") :] for name in envs.octoprint_environments()]
    for name in ("host", "browser"):
        assert ci()[name]["strategy"]["matrix"]["octoprint"] == ours
    for name in ("check", "wheels"):
        (setup,) = (s for s in steps(ci()[name]) if "python-version" in s.get("with", {}))
        assert sorted(setup["with"]["python-version"].split()) == sorted(syntax.SUPPORTED)


def test_each_end_to_end_test_is_the_hosts_or_the_browsers() -> None:
    (host,) = make_calls(ci()["host"])
    (browser,) = make_calls(ci()["browser"])
    assert host[-1] == "ARGS=--ignore-glob=*/test_ui_*"
    assert browser[-1] == "ARGS=tests/e2e/test_ui_*.py"
    assert list((ROOT / "tests" / "e2e").glob("test_ui_*.py"))


def test_a_release_needs_all_that_a_change_needs_and_its_own_checks() -> None:
    release = document(FOLDER / "release.yml")
    assert set(release["on"]) == {"push"}
    assert set(release["on"]["push"]) == {"tags"}
    assert release["jobs"]["ci"]["uses"] == "$/.github/workflows/ci.yml"
    assert "workflow_call" in document(FOLDER / "ci.yml")["on"]
    assert set(release["jobs"]["publish"]["needs"]) == {"ci", "build"}
    build = make_calls(release["jobs"]["build"])
    assert [target for target, *_ in build] == ["notes", "package"]
    notes = next(
        s for s in steps(release["jobs"]["build"]) if "notes" in s.get("run", "")
    )
    assert notes["env"]["TAG"] == "${{ github.ref_name }}"


def test_no_command_has_a_name_that_somebody_else_chose_in_it() -> None:
    for path in WORKFLOWS:
        for job in document(path)["jobs"].values():
            assert not [step for step in steps(job) if "${{" in step.get("run", "")]


def test_a_wrong_tag_stops_make(tmp_path: Path) -> None:
    tag = f'0"; touch {tmp_path}/made; "'
    done = subprocess.run(
        ["make", "notes", f"PYTHON={sys.executable}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "TAG": tag},
    )
    assert done.returncode != 0
    assert "pyproject.toml says" in done.stderr
    assert not (tmp_path / "made").exists()
