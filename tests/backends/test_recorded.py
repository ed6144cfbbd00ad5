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
    expected_requests,
    fixtures_of,
    lacking,
    replay,
    requests_of,
    result_of,
)


def secrets_of(key: str) -> list[str]:
    return [field.name for field in REGISTRY[key].fields if field.type == "secret"]


def secrets_in(key: str, name: str) -> list[str]:
    values = fixtures_of(key)[name]["values"]
    return [value for one, value in values.items() if one in secrets_of(key)]


WITH_SECRETS = [case for case in CASES if secrets_in(*case)]


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
    # A fixture tells of a repeated call's first try alone.
    expected = expected_requests(case)
    assert requests_of(played)[: len(expected)] == expected
    assert result_of(played, case["expect"]) == case["expect"]


@pytest.mark.parametrize(("key", "name"), CASES)
def test_a_fixtures_name_says_how_it_ends(key: str, name: str) -> None:
    case = fixtures_of(key)[name]
    assert case["source"]
    assert name.startswith("error-" if "error" in case["expect"] else "ok-")


def test_every_backend_with_credentials_has_calls_recorded_with_them() -> None:
    assert {key for key, _ in WITH_SECRETS} == {
        key for key in REGISTRY if secrets_of(key)
    }


@pytest.mark.parametrize(("key", "name"), WITH_SECRETS)
def test_no_credential_gets_into_an_address_or_a_printed_request(
    key: str, name: str
) -> None:
    for wish in replay(key, fixtures_of(key)[name]).wishes:
        assert not any(secret in repr(wish) for secret in secrets_in(key, name))


@pytest.mark.parametrize(
    ("key", "name"), [case for case in CASES if case[1].startswith("error-")]
)
def test_every_error_has_its_sentence(key: str, name: str) -> None:
    error = failure(replay(key, fixtures_of(key)[name]))
    assert error.code in SENTENCES
    sentence = say(error.code, error.params)
    assert sentence != SENTENCES[error.code] or "{" not in sentence
    assert error.step != "ask" or advise(error.code), "the user must know what to do"
