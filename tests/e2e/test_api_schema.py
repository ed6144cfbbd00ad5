"""Schemathesis tries the HTTP interface of a running OctoPrint by our OpenAPI file."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.support_watch import Rig

OPENAPI = Path(__file__).parents[2] / "extras" / "docs" / "openapi.yaml"
SLOW = (
    "/api/test",
    "/api/snapshot",
    "/api/notify_test",
    "/api/diagnostics",
    "/api/drill",
)
"""A snapshot, a process or a zip for each call."""


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    rig = Rig(module_workshop)
    rig.prepare("gadget", watch={"min_interval_s": 600})
    return rig


def schemathesis(rig: Rig, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            "run",
            str(OPENAPI),
            f"--url={rig.host.url}/plugin/aiwatch",
            f"--header=X-Api-Key: {rig.host.api_key}",
            "--seed=7",
            "--no-color",
            "--generation-database=none",
            *options,
        ],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=rig.host.basedir,
    )


def passed(ran: subprocess.CompletedProcess[str], least: int) -> None:
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    tried = re.search(r"(\d+) generated, (\d+) passed", ran.stdout)
    assert tried is not None, ran.stdout
    assert tried[1] == tried[2]
    assert int(tried[1]) >= least, "it did try"


CHECKS = (
    "--checks=not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)


@pytest.mark.timeout(300)
def test_whatever_is_sent_is_answered_as_documented_and_never_by_a_500(rig):
    quick = [f"--exclude-path={path}" for path in SLOW]
    quick.append("--exclude-path-regex=^/api/jobs/")
    with rig.printing():
        rig.wait_checks(1)
        ran = schemathesis(
            rig, "--phases=examples,fuzzing", "--max-examples=60", CHECKS, *quick
        )
    passed(ran, 150)


@pytest.mark.timeout(300)
def test_what_is_kept_of_prints_is_answered_too(rig):
    # A number that is none is no route of ours: OctoPrint refuses it in its own words.
    only = ("--include-path-regex=^/api/jobs/", "--mode=positive")
    ran = schemathesis(
        rig, "--phases=examples,fuzzing", "--max-examples=20", CHECKS, *only
    )
    passed(ran, 50)


@pytest.mark.timeout(300)
def test_what_takes_longer_is_answered_too(rig):
    slow = [f"--include-path={path}" for path in SLOW]
    ran = schemathesis(
        rig, "--phases=examples,fuzzing", "--max-examples=12", CHECKS, *slow
    )
    passed(ran, 25)


@pytest.mark.timeout(300)
def test_odd_requests_make_no_500_either(rig):
    ran = schemathesis(
        rig,
        "--phases=coverage,fuzzing",
        "--max-examples=10",
        "--checks=not_a_server_error",
        "--exclude-path=/api/notify_test",
    )
    passed(ran, 150)
