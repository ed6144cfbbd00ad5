"""What the settings page is told: its defaults, and what is wrong with what is typed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from octoprint_aiwatch import backends
from octoprint_aiwatch.core import form
from octoprint_aiwatch.core.settings import defaults, get, merged, secret_paths

FIELDS = backends.fields()
NO_SECRETS: set[str] = set()


def wrong(changes: dict[str, Any], secrets: set[str] = NO_SECRETS) -> dict[str, str]:
    """By path, what is said of the defaults with these changes."""
    typed = merged(defaults(FIELDS), changes)
    return {one.path: one.said() for one in form.wrong(typed, secrets, FIELDS)}


def leaves(tree: Any, path: tuple[str, ...] = ()) -> set[str]:
    if not isinstance(tree, dict):
        return {".".join(path)}
    return {leaf for key, value in tree.items() for leaf in leaves(value, (*path, key))}


# -- back to the defaults -------------------------------------------------------------


def test_the_form_goes_back_to_everything_but_what_only_its_owner_can_give() -> None:
    kept = {".".join(path) for path in secret_paths(FIELDS)}
    kept |= {"notify.urls", "camera.ignore_zones", "camera.max_bytes"}
    assert set(form.usual(FIELDS)) == leaves(defaults(FIELDS)) - kept


@pytest.mark.parametrize("path", sorted(form.usual(FIELDS)))
def test_it_goes_back_to_the_default_of_the_settings(path: str) -> None:
    assert form.usual(FIELDS)[path] == get(defaults(FIELDS), tuple(path.split(".")))


def test_the_defaults_are_plain_data() -> None:
    assert json.loads(json.dumps(form.usual(FIELDS))) == form.usual(FIELDS)


# -- what is wrong --------------------------------------------------------------------


def test_nothing_is_wrong_with_the_defaults() -> None:
    assert wrong({}) == {}


@pytest.mark.parametrize("typed", [None, [], "x", {"camera": 3}])
def test_a_form_that_is_none_is_no_error(typed: Any) -> None:
    form.wrong(typed, NO_SECRETS, FIELDS)


def test_a_number_outside_its_range_is_wrong() -> None:
    found = wrong({"watch": {"min_interval_s": "2"}})
    assert list(found) == ["watch.min_interval_s"]
    assert "from 5 to 3600" in found["watch.min_interval_s"]


def test_thresholds_that_do_not_climb_are_wrong() -> None:
    found = wrong({"decision": {"none_below": 0.9}})
    assert set(found) == {
        "decision.none_below",
        "decision.maybe_above",
        "decision.failure_above",
    }


@pytest.mark.parametrize("topic", ["home/#", "home/+/printer", "/home", "$SYS"])
def test_a_topic_that_mqtt_would_not_take_is_wrong(topic: str) -> None:
    found = wrong({"mqtt": {"topic": topic}})
    assert list(found) == ["mqtt.topic"]
    assert "#" in found["mqtt.topic"]


def test_a_backend_that_does_not_exist_is_wrong() -> None:
    assert list(wrong({"backend": "nonsense"})) == ["backend"]


@pytest.mark.parametrize("key", [key for key, group in FIELDS.items() if group])
def test_only_what_the_chosen_backend_needs_is_missed(key: str) -> None:
    needed = {
        f"backends.{key}.{field.name}"
        for field in FIELDS[key]
        if field.required or field.required_unless
    }
    found = wrong({"backend": key})
    assert set(found) == needed
    assert set(found.values()) <= {"This is needed. Please fill it in."}


def test_a_backend_that_takes_over_needs_its_key_too() -> None:
    assert list(wrong({"fallback": ["gadget"]})) == ["backends.gadget.api_key"]


def test_a_key_that_is_typed_or_stored_is_not_missed() -> None:
    assert wrong({"backend": "gadget"}, {"backends.gadget.api_key"}) == {}


def test_a_partner_token_does_instead_of_an_access_token() -> None:
    secrets = {"backends.obico.serial_no", "backends.obico.partner_token"}
    assert wrong({"backend": "obico"}, secrets) == {}


def test_a_bad_address_of_a_backend_in_use_is_wrong() -> None:
    changes = {"backend": "gadget", "backends": {"gadget": {"url": "nowhere"}}}
    found = wrong(changes, {"backends.gadget.api_key"})
    assert list(found) == ["backends.gadget.url"]


def test_a_bad_address_of_a_backend_that_is_not_shown_is_not_spoken_of() -> None:
    assert wrong({"backends": {"gadget": {"url": "nowhere"}}}) == {}


def test_an_address_of_octoprint_that_is_none_is_wrong() -> None:
    assert list(wrong({"notify": {"link": "octopi"}})) == ["notify.link"]
