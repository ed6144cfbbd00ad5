"""A day of the soak: everything assembled, random faults, in virtual time."""

from __future__ import annotations

from pathlib import Path

import pytest
from soak.week import HOUR_S, Week

from octoprint_aiwatch.adapters.history.store import Store
from octoprint_aiwatch.adapters.worker import Worker

pytestmark = pytest.mark.timeout(240)


def test_a_day_of_prints_full_of_faults_leave_nothing_behind(tmp_path: Path) -> None:
    found = Week(tmp_path, seed=1, span_s=24 * HOUR_S).play()
    assert found.wrong == []
    assert found.prints >= 10
    assert found.checks > 1000
    assert len(found.troubles) > 8
    assert len(found.outcomes) > 1


def test_another_seed_is_another_life_and_the_same_one_the_same(tmp_path: Path) -> None:
    played = []
    for number, seed in enumerate((2, 2, 3)):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = Week(folder, seed, span_s=HOUR_S).play()
        assert found.wrong == []
        played.append((found.prints, found.checks, found.troubles, found.hours))
    assert played[0] == played[1] != played[2]


def test_a_mistake_of_ours_would_be_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr(Worker, "_judge", stumble)
    found = Week(tmp_path, seed=1, span_s=HOUR_S).play()
    assert any("ZeroDivisionError: a mistake" in text for text in found.wrong)


def test_a_job_without_an_end_and_a_file_left_open_would_be_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    monkeypatch.setattr(Store, "end_job", lambda *_: None)
    monkeypatch.setattr(Store, "close", lambda store: kept.append(store))
    found = Week(tmp_path, seed=1, span_s=HOUR_S).play()
    assert "files are left open" in found.wrong
    assert any("has no end" in text for text in found.wrong)
    kept.clear()


def test_memory_that_grows_would_be_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    look = Worker._do

    def hoard(worker: Worker, *order: object) -> None:
        kept.append(bytes(20_000))
        look(worker, *order)

    monkeypatch.setattr(Worker, "_do", hoard)
    found = Week(tmp_path, seed=1, span_s=8 * HOUR_S).play()
    assert found.wrong == ["memory has grown"]
