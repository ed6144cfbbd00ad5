"""A backend's number on its way from the form to the file and to the backend."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.adapters.settings_store import for_test, to_save
from octoprint_aiwatch.backends.local import Local
from octoprint_aiwatch.core.settings import Problem, defaults, merged, parse
from octoprint_aiwatch.core.values import Reason
from tests.adapters.fakes import FIELDS

LOW, HIGH = 1, 4
RANGE = Reason("use_whole_number", {"low": "1", "high": "4"})
PATH = "backends.local.threads"
BAD = [0, 5, -1, 1.5, "many", "1.5", "2 cores", "nan", True, False, [2], {"n": 2}, 1e99]


def tree(threads: Any) -> dict[str, Any]:
    return {"backends": {"local": {"threads": threads}}}


def read(threads: Any) -> tuple[Any, list[Problem]]:
    settings, problems = parse(tree(threads), FIELDS)
    return settings.fields("local")["threads"], problems


def save(threads: Any, before: Any = 2) -> tuple[Any, list[Problem]]:
    """What is stored after a save, and what could not be used."""
    stored = merged(defaults(FIELDS), tree(before))
    known, problems = to_save(tree(threads), stored, FIELDS)
    return merged(stored, known)["backends"]["local"]["threads"], problems


def test_the_default_is_a_number_in_the_file() -> None:
    threads = defaults(FIELDS)["backends"]["local"]["threads"]
    assert (threads, type(threads)) == (1, int)


@pytest.mark.parametrize("number", range(LOW, HIGH + 1))
@pytest.mark.parametrize("kind", [int, str, float])
def test_a_whole_number_within_bounds_is_taken_however_it_is_written(
    number: int, kind: Any
) -> None:
    assert read(kind(number)) == (str(number), [])


def test_blanks_around_a_number_are_nobodys_mistake() -> None:
    assert read(" 3 ") == ("3", [])


@pytest.mark.parametrize("nothing", ["", None])
def test_an_empty_field_is_the_default(nothing: Any) -> None:
    assert read(nothing) == ("1", [])


@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_anything_else_is_named_and_the_default_used(bad: Any) -> None:
    assert read(bad) == ("1", [Problem(PATH, RANGE)])


@pytest.mark.parametrize("typed", [3, "3", 3.0, " 3 "])
def test_a_typed_number_is_stored_as_a_number(typed: Any) -> None:
    stored, problems = save(typed)
    assert (stored, type(stored), problems) == (3, int, [])


@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_a_bad_number_is_told_and_the_stored_one_stays(bad: Any) -> None:
    assert save(bad) == (2, [Problem(PATH, RANGE)])


def test_a_model_can_be_saved_although_the_stored_number_is_damaged() -> None:
    stored = merged(defaults(FIELDS), tree("damaged"))
    sent = {"backends": {"local": {"model": "~/own.onnx"}}}
    assert to_save(sent, stored, FIELDS) == (sent, [])


def test_a_test_runs_with_the_number_that_is_typed_and_not_saved() -> None:
    stored = merged(defaults(FIELDS), tree(2))
    for typed, used in (({"threads": "4"}, "4"), ({"threads": ""}, "2"), ({}, "2")):
        found, problems = parse(for_test(stored, "local", typed, None, FIELDS), FIELDS)
        assert (found.fields("local")["threads"], problems) == (used, [])


def test_the_backend_says_the_bounds_that_its_number_is_held_to() -> None:
    (field,) = [field for field in Local.fields if field.type == "number"]
    assert (field.name, field.low, field.high) == ("threads", LOW, HIGH)
