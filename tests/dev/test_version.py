"""The version stands in one place, and everything else asks there."""

from __future__ import annotations

import re
from pathlib import Path

from dev import archive

import octoprint_aiwatch

ROOT = Path(__file__).parents[2]


def test_the_version_stands_in_pyproject_and_nowhere_in_the_package():
    """OctoPrint reads it from the installed package's metadata, which pip made of it."""
    assert not hasattr(octoprint_aiwatch, "__plugin_version__")
    sources = list((ROOT / "octoprint_aiwatch").rglob("*.py"))
    quoted = re.compile(rf"""["']v?{re.escape(archive.version())}["']""")
    assert sources
    assert [str(path) for path in sources if quoted.search(path.read_text("utf-8"))] == []
    assert "version" not in (ROOT / "setup.py").read_text("utf-8")


def test_the_version_is_one_that_pip_and_octoprint_can_compare():
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", archive.version())


def test_the_archive_is_named_after_it(tmp_path):
    assert archive.build(tmp_path).name == f"OctoPrint-AIWatch-{archive.version()}.zip"
