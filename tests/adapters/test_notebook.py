"""What is remembered over restarts: whole or not at all, and not at every change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from octoprint_aiwatch.adapters import files
from octoprint_aiwatch.adapters.notebook import SAVE_EVERY_S, Notebook
from tests.adapters.fakes import Clock

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "remembered.json"


def sections(path: Path) -> Any:
    return Notebook(str(path)).sections()


def test_without_a_file_nothing_is_remembered(path: Path) -> None:
    assert sections(path) == {}


def test_what_is_needed_soon_is_on_disk_at_once(path: Path) -> None:
    Notebook(str(path)).write("job", {"pauses": 1}, soon=True)
    assert sections(path) == {"job": {"pauses": 1}}


def test_the_rest_is_written_down_now_and_then(path: Path) -> None:
    wall = Clock(1000.0)
    notebook = Notebook(str(path), wall)
    notebook.write("usual", 1)
    assert not path.exists()
    wall.now_s += SAVE_EVERY_S
    notebook.write("usual", 2)
    assert sections(path) == {"usual": 2}


def test_at_the_end_everything_is_written_down(path: Path) -> None:
    notebook = Notebook(str(path))
    notebook.write("usual", 1)
    notebook.save()
    assert sections(path) == {"usual": 1}


def test_nothing_new_is_not_written_again(path: Path) -> None:
    notebook = Notebook(str(path))
    notebook.write("usual", 1, soon=True)
    path.unlink()
    notebook.write("usual", 1, soon=True)
    notebook.save()
    assert not path.exists()


def test_one_section_leaves_the_others_alone(path: Path) -> None:
    Notebook(str(path)).write("one", 1, soon=True)
    Notebook(str(path)).write("two", 2, soon=True)
    assert sections(path) == {"one": 1, "two": 2}


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "[" * 100_000, "\x00\xff"])
def test_a_damaged_file_is_nothing_remembered(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    assert sections(path) == {}


def test_a_full_disk_disturbs_nobody_and_is_tried_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = Notebook(str(path))

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "replace", full)
        notebook.write("job", 1, soon=True)
    assert not path.exists()
    notebook.save()
    assert sections(path) == {"job": 1}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text(min_size=1), JSON, max_size=4))
def test_whatever_json_can_hold_comes_back(path: Path, values: dict[str, Any]) -> None:
    path.unlink(missing_ok=True)
    notebook = Notebook(str(path))
    for section, value in values.items():
        notebook.write(section, value, soon=True)
    assert sections(path) == values
