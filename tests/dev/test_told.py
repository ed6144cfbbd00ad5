"""Commands that print figures for pages: they run, and the pages have what they print."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from dev.pages import DOCS, ROOT
from PIL import Image

RUNS_WITHIN_S = 240


def told(module: str, *arguments: str, folder: Path = ROOT) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'extras'}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=RUNS_WITHIN_S,
        check=True,
    )
    return done.stdout


@pytest.mark.timeout(RUNS_WITHIN_S + 20)
@pytest.mark.parametrize(
    ("module", "page", "rows"),
    [("tests.ladder.tell", "ladder.md", 14), ("tests.traces.tell", "deciding.md", 28)],
)
def test_a_pages_tables_are_what_its_command_prints(
    module: str, page: str, rows: int
) -> None:
    printed = [line for line in told(module).splitlines() if line.startswith("| ")]
    text = (DOCS / page).read_text("utf-8").splitlines()
    assert len(printed) >= rows
    assert [line for line in printed if line not in text] == []


def test_the_shares_of_a_folder_of_frames_are_printed(tmp_path: Path) -> None:
    Image.new("RGB", (320, 240), "black").save(tmp_path / "dark.jpg", "JPEG")
    said = told("benchmarks.sight_shares", "--names", str(tmp_path))
    assert "1 frames, 1 unusable (100.00 %)" in said
    assert "dark.jpg: picture_black" in said
