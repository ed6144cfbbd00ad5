"""What every backend in the registry owes, checked for all of them alike."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from typing import get_origin

import pytest

from octoprint_aiwatch import backends
from octoprint_aiwatch.backends import REGISTRY
from octoprint_aiwatch.backends.base import Backend
from octoprint_aiwatch.core.options import check_url
from octoprint_aiwatch.core.words import advise
from tests.backends.play import JOB, failure, make, play

SOUNDS_SECRET = re.compile(r"key|token|secret|password|serial", re.IGNORECASE)
CARD = ("needs", "costs", "sees", "sends")
"""What people ask before they choose."""
Kind = type[Backend]

every_backend = pytest.mark.parametrize("kind", REGISTRY.values(), ids=list(REGISTRY))


# -- the class ------------------------------------------------------------------------


@every_backend
def test_a_backend_says_what_it_is(kind: Kind) -> None:
    assert REGISTRY[kind.key] is kind
    assert re.fullmatch(r"[a-z][a-z0-9_]*", kind.key)
    assert kind.label.strip()
    assert kind.note.strip()
    assert kind.fields


@every_backend
def test_a_service_says_where_it_is_described(kind: Kind) -> None:
    if any(field.type == "url" for field in kind.fields):
        assert check_url(kind.docs_url) is None
        assert kind.docs_url.startswith("https://")
    else:
        assert kind.docs_url == ""  # it is described in this project


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
        assert field.type in ("url", "text", "secret", "number")


@every_backend
def test_a_backend_says_what_it_needs_costs_sees_and_sends(kind: Kind) -> None:
    for name in ("note", *CARD):
        text = getattr(kind, name)
        assert text == text.strip(), name
        assert text.endswith("."), name
        assert len(text) <= 260, name


@every_backend
def test_what_stands_in_for_a_required_field_is_a_field_of_the_backend(
    kind: Kind,
) -> None:
    names = {field.name for field in kind.fields}
    for field in kind.fields:
        assert not field.required_unless or field.required_unless in names - {field.name}


@every_backend
def test_a_backend_with_an_address_does_not_say_that_nothing_leaves(kind: Kind) -> None:
    has_address = any(field.type == "url" for field in kind.fields)
    assert has_address == (kind.sends != "Nothing.")


@every_backend
def test_a_numbers_default_is_within_its_bounds(kind: Kind) -> None:
    for field in kind.fields:
        if field.type == "number":
            assert field.low < field.high
            assert field.low <= int(field.default) <= field.high
        else:
            assert (field.low, field.high) == (0, 0)


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
            suggested = (field.default, *(choice.value for choice in field.choices))
            assert all(suggested) or field.required, "nothing to suggest: the user must"
            for url in filter(None, suggested):
                assert check_url(url) is None
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
        assert set(one) == {"key", "label", "docs_url", "note", "fields", *CARD}
        for field in one["fields"]:
            assert set(field) == {
                "name",
                "label",
                "help",
                "type",
                "default",
                "choices",
                "required",
                "required_unless",
                "low",
                "high",
            }
            for choice in field["choices"]:
                assert set(choice) == {"value", "label"}


def test_the_settings_get_every_backends_fields() -> None:
    assert backends.fields() == {key: kind.fields for key, kind in REGISTRY.items()}
