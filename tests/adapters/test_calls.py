"""The count of paid calls: per backend and month, kept over restarts."""

from __future__ import annotations

import calendar
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.adapters import files
from octoprint_aiwatch.adapters.calls import KEEP_MONTHS, SAVE_EVERY_S, CallCount
from octoprint_aiwatch.core.budget import TRUSTED_AFTER_S
from tests.adapters.fakes import Clock


def day(year: int, month: int, day_: int, hour: int = 0) -> float:
    return float(calendar.timegm((year, month, day_, hour, 0, 0)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.json"


@pytest.fixture
def wall() -> Clock:
    return Clock(day(2026, 1, 31, 23))


def test_without_a_file_nothing_has_been_counted(path: Path, wall: Clock) -> None:
    assert CallCount(str(path), wall).this_month("gadget") == 0


def test_each_backend_is_counted_by_itself(path: Path, wall: Clock) -> None:
    count = CallCount(str(path), wall)
    for backend in ("gadget", "obico", "gadget"):
        count.take(backend)
    assert count.this_month("gadget") == 2
    assert count.this_month("obico") == 1


def test_a_new_month_starts_at_nothing(path: Path, wall: Clock) -> None:
    count = CallCount(str(path), wall)
    count.take("gadget")
    wall.now_s = day(2026, 2, 1)
    assert count.this_month("gadget") == 0
    count.take("gadget")
    assert count.this_month("gadget") == 1


def test_a_clock_that_goes_back_lets_no_call_be_forgotten(
    path: Path, wall: Clock
) -> None:
    count = CallCount(str(path), wall)
    count.take("gadget")
    wall.now_s = day(2026, 2, 1)
    count.take("gadget")
    wall.now_s = day(2026, 1, 31)
    assert count.this_month("gadget") == 2


def test_a_clock_that_stays_back_is_right_after_some_hours(
    path: Path, wall: Clock
) -> None:
    clock = Clock()
    count = CallCount(str(path), wall, clock)
    wall.now_s = day(2026, 2, 1)
    count.take("gadget")
    wall.now_s = day(2026, 1, 31)
    count.this_month("gadget")
    clock.now_s += TRUSTED_AFTER_S
    count.take("gadget")
    wall.now_s = day(2026, 2, 1)
    assert count.this_month("gadget") == 0


def test_the_limit_is_never_exceeded_by_one(path: Path, wall: Clock) -> None:
    count = CallCount(str(path), wall, limit=3)
    assert [count.take("gadget") for _ in range(5)] == [True] * 3 + [False] * 2
    assert count.this_month("gadget") == 3
    assert count.take("obico") is True


def test_with_a_limit_each_call_is_written_down_before_it_is_made(
    path: Path, wall: Clock
) -> None:
    CallCount(str(path), wall, limit=3).take("gadget")
    assert CallCount(str(path), wall, limit=3).left(["gadget"]) == {"gadget": 2}


def test_without_a_limit_nothing_is_said_of_what_is_left(path: Path, wall: Clock) -> None:
    assert CallCount(str(path), wall).left(["gadget"]) == {}


def test_the_count_is_kept_over_a_restart(path: Path, wall: Clock) -> None:
    count = CallCount(str(path), wall)
    count.take("gadget")
    count.save()
    assert CallCount(str(path), wall).this_month("gadget") == 1


def test_it_is_written_down_now_and_then_only(path: Path, wall: Clock) -> None:
    count = CallCount(str(path), wall)
    count.take("gadget")
    assert not path.exists()
    wall.now_s += SAVE_EVERY_S
    count.take("gadget")
    assert json.loads(path.read_text("utf-8")) == {"2026-01": {"gadget": 2}}
    count.take("gadget")
    assert json.loads(path.read_text("utf-8")) == {"2026-01": {"gadget": 2}}


def test_after_a_jump_of_the_clock_it_is_written_down(path: Path, wall: Clock) -> None:
    count = CallCount(str(path), wall)
    wall.now_s = day(2020, 5, 1)
    count.take("gadget")
    assert json.loads(path.read_text("utf-8")) == {"2020-05": {"gadget": 1}}


def test_only_the_newest_months_are_kept(path: Path, wall: Clock) -> None:
    count = CallCount(str(path), wall)
    for number in range(20):
        wall.now_s = day(2025 + number // 12, number % 12 + 1, 15)
        count.take("gadget")
    count.save()
    kept = sorted(json.loads(path.read_text("utf-8")))
    assert len(kept) == KEEP_MONTHS
    assert (kept[0], kept[-1]) == ("2025-09", "2026-08")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"null",
        b"5",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"2026-01": null}',
        b'{"2026-01": {"gadget": "7"}}',
        b'{"2026-01": {"gadget": -7}}',
        b'{"2026-01": {"gadget": 7.5}}',
        b'{"2026-01": {"gadget": true}}',
        b'{"2026-01": {"gadget": [7]}}',
    ],
)
def test_a_damaged_file_counts_from_nothing(path: Path, wall: Clock, text: bytes) -> None:
    path.write_bytes(text)
    count = CallCount(str(path), wall)
    assert count.this_month("gadget") == 0
    count.take("gadget")
    count.save()
    assert CallCount(str(path), wall).this_month("gadget") == 1


def test_what_is_sound_in_a_damaged_file_is_kept(path: Path, wall: Clock) -> None:
    path.write_text('{"2026-01": {"gadget": 7, "obico": null}, "x": 1}', "utf-8")
    assert CallCount(str(path), wall).this_month("gadget") == 7


def test_odd_months_in_the_file_do_not_push_out_real_ones(
    path: Path, wall: Clock
) -> None:
    odd: dict[str, Any] = {f"zz-{number}": {"gadget": 1} for number in range(20)}
    path.write_text(json.dumps(odd), "utf-8")
    count = CallCount(str(path), wall)
    count.take("gadget")
    count.save()
    assert CallCount(str(path), wall).this_month("gadget") == 1


@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=4),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=7), inner),
        max_leaves=8,
    )
)
def test_any_json_in_the_file_can_be_read_and_written(
    tmp_path_factory: pytest.TempPathFactory, stored: Any
) -> None:
    path = tmp_path_factory.mktemp("calls") / "calls.json"
    path.write_text(json.dumps({"2026-01": stored}), "utf-8")
    count = CallCount(str(path), Clock(day(2026, 1, 5)))
    before = count.this_month("gadget")
    assert before >= 0
    count.take("gadget")
    count.save()
    again = CallCount(str(path), Clock(day(2026, 1, 5)))
    assert again.this_month("gadget") == before + 1


def test_a_disk_that_cannot_be_written_to_disturbs_nobody(
    path: Path, wall: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text('{"2026-01": {"gadget": 7}}', "utf-8")
    count = CallCount(str(path), wall)

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    wall.now_s += SAVE_EVERY_S
    count.take("gadget")
    assert count.this_month("gadget") == 8
    assert path.read_text("utf-8") == '{"2026-01": {"gadget": 7}}'
    monkeypatch.undo()
    count.save()
    assert json.loads(path.read_text("utf-8")) == {"2026-01": {"gadget": 8}}


def test_a_missing_folder_disturbs_nobody(tmp_path: Path, wall: Clock) -> None:
    count = CallCount(str(tmp_path / "gone" / "calls.json"), wall)
    count.take("gadget")
    count.save()
    assert count.this_month("gadget") == 1


def test_a_save_leaves_nothing_beside_the_file(path: Path, wall: Clock) -> None:
    count = CallCount(str(path), wall)
    count.take("gadget")
    count.save()
    assert [file.name for file in path.parent.iterdir()] == ["calls.json"]


def test_calls_from_several_threads_all_count(path: Path, wall: Clock) -> None:
    count = CallCount(str(path), wall)

    def work() -> None:
        for _ in range(500):
            count.take("gadget")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count.this_month("gadget") == 2000
