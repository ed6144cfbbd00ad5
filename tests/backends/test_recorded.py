"""Every backend's recorded calls, replayed; for all of them alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from octoprint_aiwatch.backends import REGISTRY
from octoprint_aiwatch.core.words import SENTENCES, advise, say
from tests.backends.play import failure
from tests.backends.recorded import (
    CASES,
    FIXTURES,
    as_data,
    expected_request,
    fixtures_of,
    lacking,
    replay,
    result_of,
)


def secrets_of(key: str) -> list[str]:
    return [field.name for field in REGISTRY[key].fields if field.type == "secret"]


def test_every_backend_has_recorded_judgements_and_errors() -> None:
    assert lacking(REGISTRY) == []


def test_a_backend_without_fixtures_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    error = {"expect": {"error": {}}}
    (tmp_path / "half" / "error.json").write_text(json.dumps(error), "utf-8")
    assert lacking(["half", "none"], tmp_path) == ["half", "none"]


def test_every_folder_of_fixtures_belongs_to_a_backend() -> None:
    assert {folder.name for folder in FIXTURES.iterdir()} == set(REGISTRY)


@pytest.mark.parametrize(("key", "name"), CASES)
def test_a_recorded_call_is_made_and_understood(key: str, name: str) -> None:
    case = fixtures_of(key)[name]
    played = replay(key, case)
    assert as_data(played.wishes[0]) == expected_request(case)
    assert result_of(played, case["expect"]) == case["expect"]


@pytest.mark.parametrize(("key", "name"), CASES)
def test_a_fixtures_name_says_how_it_ends(key: str, name: str) -> None:
    case = fixtures_of(key)[name]
    assert case["source"]
    assert name.startswith("error-" if "error" in case["expect"] else "ok-")


@pytest.mark.parametrize(("key", "name"), [case for case in CASES if secrets_of(case[0])])
def test_no_credential_gets_into_an_address_or_a_printed_request(
    key: str, name: str
) -> None:
    case = fixtures_of(key)[name]
    secrets = [value for one, value in case["values"].items() if one in secrets_of(key)]
    assert secrets
    for wish in replay(key, case).wishes:
        assert not any(secret in repr(wish) for secret in secrets)


@pytest.mark.parametrize(
    ("key", "name"), [case for case in CASES if case[1].startswith("error-")]
)
def test_every_error_has_its_sentence(key: str, name: str) -> None:
    error = failure(replay(key, fixtures_of(key)[name]))
    assert error.code in SENTENCES
    sentence = say(error.code, error.params)
    assert sentence != SENTENCES[error.code] or "{" not in sentence
    assert error.step != "ask" or advise(error.code), "the user must know what to do"
