"""What every backend in the registry owes, checked for all of them alike.

A fixture is one recorded call: what is asked, what comes back, what follows. They were
written after the services' documents; ``source`` says which.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_origin

import pytest

from octoprint_aiwatch import backends
from octoprint_aiwatch.backends import REGISTRY
from octoprint_aiwatch.backends.base import Backend, Request, Response
from octoprint_aiwatch.core.options import check_url
from octoprint_aiwatch.core.words import SENTENCES, advise, say
from tests.backends.play import FRAME, JOB, JPEG, Played, failure, make, play

FIXTURES = Path(__file__).parents[1] / "fixtures"
SOUNDS_SECRET = re.compile(r"key|token|secret|password|serial", re.IGNORECASE)
Kind = type[Backend]

every_backend = pytest.mark.parametrize("kind", REGISTRY.values(), ids=list(REGISTRY))


# -- the fixtures ---------------------------------------------------------------------


def fixtures_of(key: str, folder: Path = FIXTURES) -> dict[str, Any]:
    """A backend's recorded calls by name."""
    files = sorted((folder / key).glob("*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


def lacking(keys: Iterable[str], folder: Path = FIXTURES) -> list[str]:
    """Backends without a recorded judgement or without a recorded error."""
    found = []
    for key in keys:
        cases = fixtures_of(key, folder)
        judged = [case for case in cases.values() if "inspection" in case["expect"]]
        errors = [case for case in cases.values() if "error" in case["expect"]]
        if not judged or not errors:
            found.append(key)
    return found


CASES = [(key, name) for key in REGISTRY for name in fixtures_of(key)]


def response_of(case: Any) -> Response:
    recorded = case["response"]
    if "body" in recorded:
        body = recorded["body"].encode("utf-8")
    else:
        body = json.dumps(recorded["json"]).encode("utf-8")
    return Response(recorded["status"], recorded["headers"], body)


def replay(key: str, case: Any) -> Played:
    """Play a recorded call to the backend."""
    backend = make(REGISTRY[key], **case["values"])
    if case["request"]["call"] == "open":
        return play(backend.open(JOB), response_of(case))
    before = case["request"].get("opened_by")
    answers = [response_of(fixtures_of(key)[before])] if before else []
    context = play(backend.open(JOB), *answers).value
    return play(backend.inspect(FRAME, context), response_of(case))


def as_data(request: Request) -> dict[str, Any]:
    """A request as a fixture has it; the frame is the same one everywhere."""
    files = [
        {"name": part.name, "filename": part.filename, "content_type": part.content_type}
        for part in request.files
    ]
    assert all(part.content == JPEG for part in request.files)
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "form": dict(request.form),
        "json": None if request.json is None else dict(request.json),
        "files": files,
    }


def result_of(played: Played, expected: Any) -> Any:
    """How a call ended, in the words of the fixture's ``expect``."""
    if "error" in expected:
        error = failure(played)
        return {
            "error": {
                "step": error.step,
                "code": error.code,
                "params": error.params,
                "wait_s": error.wait_s,
            }
        }
    assert played.error is None
    if "context" in expected:
        context = vars(played.value)
        return {"context": {name: context[name] for name in expected["context"]}}
    boxes = [vars(box) for box in played.value.detections]
    return {
        "inspection": {
            "evidence": vars(played.value.evidence),
            "detections": [
                {name: pytest.approx(value) for name, value in box.items()}
                for box in boxes
            ],
            "next_after_s": played.value.next_after_s,
        }
    }


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
    expected = {"headers": {}, "form": {}, "json": None, "files": [], **case["request"]}
    for bookkeeping in ("call", "opened_by"):
        expected.pop(bookkeeping, None)
    assert as_data(played.requests[0]) == expected
    assert result_of(played, case["expect"]) == case["expect"]


@pytest.mark.parametrize(("key", "name"), CASES)
def test_a_fixtures_name_says_how_it_ends(key: str, name: str) -> None:
    case = fixtures_of(key)[name]
    assert case["source"]
    assert name.startswith("error-" if "error" in case["expect"] else "ok-")


@pytest.mark.parametrize(("key", "name"), CASES)
def test_no_credential_gets_into_an_address_or_a_printed_request(
    key: str, name: str
) -> None:
    case = fixtures_of(key)[name]
    secrets = secret_values(REGISTRY[key], case["values"])
    assert secrets
    for request in replay(key, case).requests:
        assert not any(secret in repr(request) for secret in secrets)


def secret_values(kind: Kind, values: dict[str, str]) -> list[str]:
    return [values[field.name] for field in kind.fields if field.name in values]


@pytest.mark.parametrize(
    ("key", "name"), [case for case in CASES if case[1].startswith("error-")]
)
def test_every_error_has_its_sentence(key: str, name: str) -> None:
    error = failure(replay(key, fixtures_of(key)[name]))
    assert error.code in SENTENCES
    sentence = say(error.code, error.params)
    assert sentence != SENTENCES[error.code] or "{" not in sentence
    assert error.step != "ask" or advise(error.code), "the user must know what to do"


# -- the class ------------------------------------------------------------------------


@every_backend
def test_a_backend_says_what_it_is(kind: Kind) -> None:
    assert REGISTRY[kind.key] is kind
    assert re.fullmatch(r"[a-z][a-z0-9_]*", kind.key)
    assert kind.label.strip()
    assert kind.note.strip()
    assert check_url(kind.docs_url) == ""
    assert kind.docs_url.startswith("https://")
    assert kind.fields


@every_backend
def test_both_calls_are_generators(kind: Kind) -> None:
    assert inspect.isgeneratorfunction(kind.open)
    assert inspect.isgeneratorfunction(kind.inspect)


@every_backend
def test_the_fields_can_make_a_form(kind: Kind) -> None:
    names = [field.name for field in kind.fields]
    assert len(set(names)) == len(names)
    for field in kind.fields:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", field.name)
        assert field.label.strip()
        assert field.help.strip()
        assert field.type in ("url", "text", "secret")


@every_backend
def test_what_sounds_secret_is_marked_secret(kind: Kind) -> None:
    for field in kind.fields:
        if SOUNDS_SECRET.search(field.name):
            assert field.type == "secret", field.name


@every_backend
def test_a_secret_has_neither_default_nor_choices(kind: Kind) -> None:
    for field in kind.fields:
        if field.type == "secret":
            assert (field.default, field.choices) == ("", ())


@every_backend
def test_every_suggested_address_is_safe(kind: Kind) -> None:
    for field in kind.fields:
        if field.type == "url":
            for url in (field.default, *(choice.value for choice in field.choices)):
                assert check_url(url) == ""
                assert url.startswith("https://")


@every_backend
def test_a_backend_with_secrets_says_where_they_go(kind: Kind) -> None:
    # A stored secret is tested against the stored address only; see settings_store.
    types = {field.name: field.type for field in kind.fields}
    assert "secret" not in types.values() or types["url"] == "url"


@pytest.mark.parametrize(
    "kind",
    [kind for kind in REGISTRY.values() if any(field.required for field in kind.fields)],
)
def test_without_what_is_required_the_user_is_asked_and_nothing_is_sent(
    kind: Kind,
) -> None:
    error = failure(play(make(kind).open(JOB)))
    assert error.step == "ask"
    assert advise(error.code)


# -- the registry ---------------------------------------------------------------------


def test_keys_and_labels_are_unique() -> None:
    assert len({kind.label for kind in REGISTRY.values()}) == len(REGISTRY)
    assert len(set(REGISTRY.values())) == len(REGISTRY)


def test_every_module_with_a_backend_is_in_the_registry() -> None:
    names = {module.name for module in pkgutil.iter_modules(backends.__path__)}
    found = set()
    for name in sorted(names - {"base"}):
        module = importlib.import_module(f"octoprint_aiwatch.backends.{name}")
        for _, member in inspect.getmembers(module, inspect.isclass):
            # Python 3.9 takes list[int] for a class.
            if (
                get_origin(member) is None
                and issubclass(member, Backend)
                and member.__module__ == module.__name__
            ):
                found.add(member)
    assert found == set(REGISTRY.values())


def test_the_form_is_described_as_plain_data() -> None:
    described = json.loads(json.dumps(backends.describe()))
    assert [one["key"] for one in described] == list(REGISTRY)
    for one in described:
        assert set(one) == {"key", "label", "docs_url", "note", "fields"}
        for field in one["fields"]:
            assert set(field) == {
                "name",
                "label",
                "help",
                "type",
                "default",
                "choices",
                "required",
            }
            for choice in field["choices"]:
                assert set(choice) == {"value", "label"}


def test_the_settings_get_every_backends_fields() -> None:
    assert backends.fields() == {key: kind.fields for key, kind in REGISTRY.items()}
