"""`octoprint plugins aiwatch:evaluate` as users run it: through OctoPrint's own CLI."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from simulator.clouds import Judgement, ScriptedJudge

from tests import brightness

KEY = "e2e-secret-key"
WITHIN_S = 60.0


def command(host, *given: str) -> list[str]:
    octoprint = [sys.executable, "-m", "octoprint", "--basedir", str(host.basedir)]
    return [*octoprint, "plugins", "aiwatch:evaluate", *given]


@pytest.fixture
def evaluate(tmp_path):
    """Runs the command in a folder of its own with the settings of a host."""

    def run(host, *given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(host, *given),
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
        )

    return run


@pytest.fixture
def local(workshop, tmp_path):
    """An OctoPrint set to the detector on this machine, with a model of known answers."""
    model = str(brightness.weights(tmp_path))
    settings = {"backend": "local", "backends": {"local": {"model": model}}}
    return workshop.host(start=False, plugin_settings=settings)


@pytest.fixture
def pictures(tmp_path) -> Path:
    folder = tmp_path / "pictures"
    return brightness.folder_of(folder, good=[140, 150, 160], bad=[210, 220, 230])


def test_the_detector_judges_a_folder_and_draws_a_sheet(local, pictures, evaluate):
    done = evaluate(local, str(pictures))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 judged: 3 good, 3 bad." in done.stdout
    assert re.search(r"ROC-AUC +1\.000 +95 % interval 0\.\d+ to 1\.000", done.stdout)
    assert re.search(r"TPR at 5 % FPR +1\.000", done.stdout)
    sheet = pictures.parent / "contact-sheet.jpg"
    assert f"Wrote {sheet}" in done.stdout
    with Image.open(sheet) as drawn:
        assert drawn.width > 600
    assert "Traceback" not in done.stdout + done.stderr


def test_a_fresh_octoprint_judges_with_the_model_that_is_bundled(
    workshop, pictures, evaluate
):
    done = evaluate(workshop.host(start=False), str(pictures), "--no-sheet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Backend: On this machine." in done.stdout
    assert "6 judged" in done.stdout


def test_a_service_judges_with_the_key_of_the_settings(workshop, pictures, evaluate):
    judge = ScriptedJudge(lambda number, jpeg: Judgement(0.2))
    cloud = workshop.gadget(judge, api_keys={KEY}, interval_s=1.0)
    fields = {"url": cloud.url, "api_key": KEY}
    settings = {"backend": "gadget", "backends": {"gadget": fields}}
    host = workshop.host(start=False, plugin_settings=settings)
    done = evaluate(host, str(pictures), "--yes", "--limit", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 pictures go to Gadget" in done.stdout
    calls = cloud.calls("process")
    assert len(calls) == 2
    assert calls[1].at_s - calls[0].at_s >= 1.0
    assert calls[0].headers["user-agent"].startswith("AI-Watch/")
    assert cloud.violations == []
    assert KEY not in done.stdout + done.stderr


def test_a_service_without_its_key_says_what_to_do(workshop, pictures, evaluate):
    host = workshop.host(start=False, plugin_settings={"backend": "gadget"})
    done = evaluate(host, str(pictures))
    assert done.returncode == 1
    assert "Enter the API key in AI Watch's settings." in done.stderr


def test_wrong_usage_is_said_the_way_octoprint_says_it(local, evaluate):
    done = evaluate(local, "nowhere")
    assert done.returncode == 2
    assert "aiwatch:evaluate" in done.stderr
    assert "nowhere" in done.stderr


def as_in_a_terminal() -> None:
    """Who runs the tests may ignore Ctrl-C, and a command would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_in_a_terminal_prints_what_there_is(local, tmp_path):
    folder = brightness.folder_of(tmp_path / "many", good=[140] * 400, bad=[230] * 400)
    with subprocess.Popen(
        command(local, str(folder)),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,  # a terminal signals the command and its detector at once
        preexec_fn=as_in_a_terminal,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("bad/002.jpg"):
                break
        os.killpg(process.pid, signal.SIGINT)
        rest, errors = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 130, errors
    assert re.search(r"Interrupted after \d+ of 800", errors)
    assert "ROC-AUC" in rest
    assert (tmp_path / "contact-sheet.jpg").exists()
    assert "Traceback" not in errors
