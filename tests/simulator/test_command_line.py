"""`python -m simulator ...`, line by line as the simulator's page has it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Optional

import pytest
import requests
from simulator.__main__ import main

EXTRAS = Path(__file__).parents[2] / "extras"
ENDS_WITHIN_S = 20


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("job") / "job.gcode"
    main(["gcode", str(path), "--duration", "60", "--shape", "vase"])
    return path


@contextmanager
def served(
    lines: int, *arguments: str, before: Optional[Callable[[], object]] = None
) -> Iterator[list[str]]:
    """What a command that goes on says first; it is ended as with Ctrl-C.

    Args:
        before: what whoever starts it does in its process beforehand.
    """
    program = [sys.executable, "-m", "simulator", *arguments]
    with subprocess.Popen(
        program, cwd=EXTRAS, stdout=subprocess.PIPE, text=True, preexec_fn=before
    ) as process:
        assert process.stdout is not None
        try:
            yield [process.stdout.readline() for _ in range(lines)]
            process.send_signal(signal.SIGINT)
            code = process.wait(ENDS_WITHIN_S)
        finally:
            process.kill()  # whatever went wrong, nothing stays behind
    assert code == 0


def ignore_ctrl_c() -> None:
    """As a shell does for what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def test_a_job_is_written(job: Path) -> None:
    assert "G1" in job.read_text()


def test_one_frame_of_a_job_is_written_and_judged(job, tmp_path, capsys) -> None:
    picture = tmp_path / "frame.jpg"
    options = ["--progress", "0.6", "--grown", "45"]
    main(["frame", "--gcode", str(job), *options, str(picture)])
    assert picture.read_bytes().startswith(b"\xff\xd8")
    found = re.search(r"p = ([\d.]+), [1-9]\d* boxes", capsys.readouterr().out)
    assert found is not None
    assert float(found.group(1)) > 0.5


def test_both_clouds_are_served_until_they_are_interrupted() -> None:
    with served(2, "clouds") as said:
        gadget, obico = (re.findall(r"http://\S+", line)[0] for line in said)
        context = requests.post(
            f"{gadget}/api/gadget/v1/createcontext",
            headers={"X-API-Key": "test-key"},
            json={"WarningConfidenceLevel": 3, "PauseConfidenceLevel": 3},
            timeout=10,
        )
        assert context.status_code == 200
        assert context.json()["ProcessRequestUrl"].startswith(gadget)
        nobody = requests.post(
            f"{obico}/ent/partners/api/elegoo/predict/",
            data={"serial_no": "none", "access_token": "none", "print_id": "1"},
            files={"img": b"x"},
            timeout=10,
        )
        assert nobody.status_code == 401
    assert [line.split()[0] for line in said] == ["Gadget", "Obico"]


def test_a_camera_of_a_job_is_served_until_it_is_interrupted(job: Path) -> None:
    octoprint = ["--octoprint", "http://127.0.0.1:1", "--api-key", "KEY"]
    options = ["--gcode", str(job), *octoprint, "--fail-after", "60"]
    with served(2, "camera", *options) as said:
        assert [line.strip().rpartition("/")[2] for line in said] == [
            "snapshot",
            "stream",
        ]
        picture = requests.get(said[0].strip(), timeout=30)
        assert picture.content.startswith(b"\xff\xd8")


def test_what_was_started_in_the_background_can_be_interrupted_too(job: Path) -> None:
    options = ["--gcode", str(job), "--progress", "0.5"]
    with served(2, "camera", *options, before=ignore_ctrl_c) as said:
        assert requests.get(said[0].strip(), timeout=30).ok


@pytest.mark.timeout(180)
def test_the_judge_is_measured(capsys) -> None:
    main(["measure", "--printers", "1"])
    told = capsys.readouterr().out
    assert "pause    after" in told
    assert "never 0 of 1" in told
