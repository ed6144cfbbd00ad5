"""OctoPrint's own process never loads what the detector computes with."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

import octoprint_aiwatch
from octoprint_aiwatch import adapters, backends, core

ROOT = Path(octoprint_aiwatch.__file__).parents[1]
HEAVY = ("numpy", "PIL", "onnxruntime", "apprise", "prometheus_client", "paho")


def modules() -> list[str]:
    """Everything of ours that a running OctoPrint may import."""
    found = ["octoprint_aiwatch.bootstrap", "octoprint_aiwatch.detector.wire"]
    for package in (core, backends, adapters):
        prefix = package.__name__ + "."
        found += [one.name for one in pkgutil.walk_packages(package.__path__, prefix)]
    return found


def loaded_after(code: str) -> str:
    shown = f"import sys; print([one for one in {HEAVY} if one in sys.modules])"
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\n{shown}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.splitlines()[-1]


def test_nothing_that_octoprint_imports_of_us_is_heavy() -> None:
    names = modules()
    assert "octoprint_aiwatch.adapters.detector" in names
    assert "octoprint_aiwatch.core.heatmap" in names
    assert loaded_after("import " + ", ".join(names)) == "[]"


def test_watching_with_the_detector_loads_nothing_heavy() -> None:
    code = (
        "from octoprint_aiwatch.adapters.detector import Detector\n"
        "from octoprint_aiwatch.backends.base import JudgeFrame, LoadModel\n"
        "from octoprint_aiwatch.core.errors import NextFrame\n"
        "from octoprint_aiwatch.core.values import Frame\n"
        "detector = Detector()\n"
        "detector.send(LoadModel('', 1))\n"
        "try:\n"
        "    detector.send(JudgeFrame(Frame(b'no jpeg', 1, 1, '')))\n"
        "except NextFrame:\n"
        "    detector.close()\n"
    )
    assert loaded_after(code) == "[]"


def test_what_is_heavy_would_be_noticed() -> None:
    assert loaded_after("import PIL") == "['PIL']"
