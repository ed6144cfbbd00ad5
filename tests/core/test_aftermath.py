"""Which frames are shown after a pause, and who judged from when on."""

from __future__ import annotations

from typing import Any

from octoprint_aiwatch.core.aftermath import Looked, pause_in, runs

COLUMNS: dict[str, list[Any]] = {
    "n": [3, 4, 5, 6, 7, 8],
    "at_s": [10.0, 20.0, 30.0, 40.0, 50.0, 60.0],
    "score": [0.1, 0.2, 0.2, 0.5, 0.8, 0.9],
    "verdict": ["ok", "ok", "ok", "warning", "failure", "failure"],
    "frame": [1, 1, 0, 1, 1, 1],
}
FAILURE = {"kind": "failure", "who": "", "at_s": 50.0}
PAUSE = {"kind": "pause", "who": "us", "at_s": 65.0}


def test_the_check_of_the_failure_is_shown_and_the_last_kept_fine_one() -> None:
    assert pause_in(COLUMNS, [FAILURE, PAUSE]) == Looked(65.0, 7, (4, 3))


def test_what_rose_without_a_warning_yet_did_not_look_fine() -> None:
    columns = {**COLUMNS, "score": [0.1, 0.39, 0.39, 0.5, 0.8, 0.9]}
    assert pause_in(columns, [FAILURE, PAUSE]) == Looked(65.0, 7, (3, 4))


def test_where_all_had_risen_the_least_suspicious_one_is_shown() -> None:
    columns = {**COLUMNS, "score": [0.3, 0.25, 0.25, 0.5, 0.8, 0.9]}
    assert pause_in(columns, [FAILURE, PAUSE]) == Looked(65.0, 7, (4, 3))


def test_a_check_without_a_score_is_not_taken_for_a_fine_one() -> None:
    scores = [0.1, None, 0.2, 0.5, 0.8, 0.9]
    columns = {**COLUMNS, "score": scores, "frame": [1] * 6}
    assert pause_in(columns, [FAILURE, PAUSE]) == Looked(65.0, 7, (5, 3))


def test_a_failure_after_the_pause_is_not_what_led_to_it() -> None:
    first = {"kind": "failure", "who": "", "at_s": 30.0}
    notes = [first, {**PAUSE, "at_s": 35.0}, FAILURE]
    assert pause_in(COLUMNS, notes) == Looked(35.0, 5, (4, 3))


def test_what_we_did_other_than_pausing_is_no_pause() -> None:
    cooled = {**PAUSE, "kind": "heaters_off", "at_s": 70.0}
    assert pause_in(COLUMNS, [cooled]) is None
    assert pause_in(COLUMNS, [FAILURE, PAUSE, cooled]) == Looked(65.0, 7, (4, 3))


def test_the_last_of_several_pauses_is_meant() -> None:
    first = {"kind": "failure", "who": "", "at_s": 30.0}
    notes = [first, {**PAUSE, "at_s": 35.0}, FAILURE, PAUSE]
    assert pause_in(COLUMNS, notes) == Looked(65.0, 7, (4, 3))


def test_a_pause_by_somebody_else_is_none_of_ours() -> None:
    assert pause_in(COLUMNS, [{**PAUSE, "who": "user"}]) is None
    theirs = {**PAUSE, "who": "user", "at_s": 70.0}
    assert pause_in(COLUMNS, [FAILURE, PAUSE, theirs]) == Looked(65.0, 7, (4, 3))


def test_where_no_frame_that_looked_fine_was_kept_there_is_none() -> None:
    columns = {**COLUMNS, "frame": [0, 0, 0, 1, 1, 1]}
    assert pause_in(columns, [FAILURE, PAUSE]) == Looked(65.0, 7, ())
    nothing: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    assert pause_in(nothing, [PAUSE]) == Looked(65.0, None, ())


def test_who_judged_is_told_once_for_each_run() -> None:
    keys = ["local", "local", "gadget", "gadget", "", "local"]
    assert list(runs(COLUMNS["n"], keys)) == [(3, "local"), (5, "gadget"), (8, "local")]
    assert list(runs([], [])) == []
