"""Settings: defaults, checks, and that nothing bad gets through."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.options import OPTIONS, check_url, is_local, ranges
from octoprint_aiwatch.core.settings import (
    Settings,
    defaults,
    discard,
    get,
    merged,
    parse,
    secret_paths,
)
from tests.core.rig import FIELDS


def problems_of(tree: Any) -> list[str]:
    return [problem.path for problem in parse(tree, FIELDS)[1]]


def with_value(path: str, value: Any) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    at = tree
    *groups, name = path.split(".")
    for group in groups:
        at = at.setdefault(group, {})
    at[name] = value
    return tree


def test_the_defaults_are_free_of_problems() -> None:
    assert problems_of(defaults(FIELDS)) == []


@pytest.mark.parametrize("tree", [None, {}, [], "x", 7])
def test_nothing_stored_means_the_defaults(tree: Any) -> None:
    assert parse(tree, FIELDS)[0] == parse(defaults(FIELDS), FIELDS)[0]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("enabled", "yes"),
        ("enabled", 1),
        ("backend", "nobody"),
        ("backend", 3),
        ("backend", ["gadget"]),
        ("camera.name", 5),
        ("camera.name", "x" * 3000),
        ("camera.timeout_s", 0),
        ("camera.timeout_s", "soon"),
        ("camera.max_bytes", 1.5e9),
        ("watch.min_interval_s", 4.9),
        ("watch.min_interval_s", float("nan")),
        ("watch.min_interval_s", float("inf")),
        ("watch.min_interval_s", True),
        ("watch.warmup", 0),
        ("watch.blind_after_s", -1),
        ("decision.pause_confidence", 6),
        ("decision.pause_confidence", 2.5),
        ("decision.none_below", "1e999"),
        ("actions.on_failure", "explode"),
        ("actions.max_pauses", -1),
        ("camera.ignore_zones", "everywhere"),
        ("camera.ignore_zones", [[[0, 0], [1, 1]]]),
        ("camera.ignore_zones", [[[0, 0], [1, 1], [2, 2]]]),
        ("camera.ignore_zones", [[[0, 0], [1, 1], [1]]]),
        ("camera.ignore_zones", [[0, 1, 2]]),
        ("camera.ignore_zones", [[[0, 0], [1, 1], [0, 1]]] * 51),
        ("backends.gadget.url", "ftp://example.org"),
        ("backends.gadget.url", "http://example.org"),
        ("backends.gadget.url", "https://me:pw@example.org"),
        ("backends.gadget.url", "https://"),
        ("backends.gadget.url", "http://[::1"),
        ("backends.gadget.api_key", 12),
        ("backends.gadget.api_key", "a\nb"),
        ("backends.obico.serial_no", ["x"]),
        ("watch.min_interval_s", "0" * 100 + "25"),
        ("notify.urls", "json://host"),
        ("notify.urls", ["json://host"] * 21),
        ("notify.urls", [None]),
        ("notify.urls", ["a sentence"]),
        ("notify.urls", ["json://"]),
        ("notify.urls", ["a b://host"]),
        ("notify.urls", ["json://ho\nst"]),
        ("notify.urls", ["json://" + "x" * 3000]),
        ("notify.link", "octopi.local"),
        ("backends.local.threads", 0),
        ("backends.local.threads", 5),
        ("backends.local.threads", 1.5),
        ("backends.local.threads", "many"),
        ("backends.local.threads", False),
    ],
)
def test_a_value_that_cannot_be_used_is_named_and_defaulted(
    path: str, value: Any
) -> None:
    settings, problems = parse(with_value(path, value), FIELDS)
    assert [problem.path for problem in problems] == [path]
    assert problems[0].said().endswith(".")
    assert settings == parse({}, FIELDS)[0]


def test_a_problem_is_told_in_words_and_as_its_code() -> None:
    (problem,) = parse(with_value("camera.name", 5), FIELDS)[1]
    assert problem.as_dict() == {
        "path": "camera.name",
        "code": "use_text",
        "params": {"most": 2048},
        "text": problem.said(),
    }


def test_services_that_can_be_used_stay_and_each_is_told_once() -> None:
    urls = [" json://one ", "a sentence", "json://two", "json://one"]
    settings, problems = parse({"notify": {"urls": urls}}, FIELDS)
    assert settings.notify.urls == ("json://one", "json://two")
    assert [problem.path for problem in problems] == ["notify.urls"]


@pytest.mark.parametrize(
    ("typed", "given"), [(2, "2"), ("3", "3"), ("", "1"), (None, "1")]
)
def test_a_backends_number_is_given_to_it_as_text(typed: Any, given: str) -> None:
    settings, problems = parse(with_value("backends.local.threads", typed), FIELDS)
    assert problems == []
    assert settings.fields("local")["threads"] == given


@pytest.mark.parametrize(
    ("path", "value", "attribute"),
    [
        ("watch.min_interval_s", "25", 25),
        ("watch.min_interval_s", 7.5, 7.5),
        ("decision.pause_confidence", "4", 4),
        ("actions.max_pauses", 0, 0),
        (
            "camera.ignore_zones",
            [[[0, 0], [1, "0.5"], [0, 1]]],
            (((0, 0), (1, 0.5), (0, 1)),),
        ),
    ],
)
def test_values_as_a_form_sends_them_are_taken(
    path: str, value: Any, attribute: Any
) -> None:
    settings, problems = parse(with_value(path, value), FIELDS)
    assert problems == []
    found: Any = settings
    for name in path.split("."):
        found = getattr(found, name)
    assert found == attribute


def test_thresholds_that_do_not_climb_are_refused_together() -> None:
    tree = {"decision": {"none_below": 0.9, "maybe_above": 0.5}}
    assert problems_of(tree) == [
        "decision.none_below",
        "decision.maybe_above",
        "decision.failure_above",
    ]
    assert parse(tree, FIELDS)[0].decision.none_below == 0.36


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["watch", "camera", "decision", "backends", "gadget", "url", "api_key"]
                + [option.path[-1] for option in OPTIONS]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_whatever_is_stored_the_settings_are_usable(tree: Any) -> None:
    settings, _ = parse(tree, FIELDS)
    assert isinstance(settings, Settings)
    for option in OPTIONS:
        value: Any = settings
        for name in option.path:
            value = getattr(value, name)
        optional = option.default is None and value is None
        if option.low is not None and option.high is not None and not optional:
            assert option.low <= value <= option.high
        if option.choices:
            assert value in option.choices
    assert settings.backend in FIELDS


@pytest.mark.parametrize(
    "url",
    [
        "https://elegoo-app.obico.io/",
        "http://127.0.0.1:3333",
        "http://[::1]:3333/x",
        "http://192.168.1.20:3333",
        "http://mlserver",
        "http://box.local:8080",
    ],
)
def test_https_anywhere_and_http_at_home_are_fine(url: str) -> None:
    assert check_url(url) is None


@pytest.mark.parametrize("host", ["example.org", "8.8.8.8", "2001:4860:4860::8888"])
def test_the_outside_is_not_local(host: str) -> None:
    assert not is_local(host)


def test_every_secret_field_is_a_secret_path() -> None:
    secret = [
        ("backends", key, field.name)
        for key, fields in FIELDS.items()
        for field in fields
        if field.type == "secret"
    ]
    assert ("backends", "gadget", "api_key") in secret
    assert secret_paths(FIELDS) == [*secret, ("mqtt", "password")]


def test_an_unknown_backend_has_no_fields() -> None:
    assert parse({}, FIELDS)[0].fields("nobody") == {}


def test_get_finds_what_is_there_and_defaults_what_is_not() -> None:
    tree = {"a": {"b": 1, "c": None}}
    assert get(tree, ("a", "b")) == 1
    assert get(tree, ("a", "c"), 5) == 5
    assert get(tree, ("a", "b", "c"), 6) == 6


def test_discard_takes_out_one_value_and_forgives_what_is_missing() -> None:
    tree = {"a": {"b": 1, "c": 2}}
    for path in (("a", "b"), ("x", "y"), ("a", "c", "d")):
        discard(tree, path)
    assert tree == {"a": {"c": 2}}


def test_merged_lays_one_tree_over_another_and_leaves_both_alone() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}}
    changes = {"a": {"c": [3]}, "d": 4}
    assert merged(base, changes) == {"a": {"b": 1, "c": [3]}, "d": 4}
    assert base == {"a": {"b": 1, "c": [1, 2]}}


def test_the_form_is_told_every_numbers_range() -> None:
    found = ranges()
    given = {"optional": False}
    assert found["watch.min_interval_s"] == {
        **given,
        "low": 5,
        "high": 3600,
        "whole": False,
    }
    assert found["actions.max_pauses"] == {**given, "low": 0, "high": 100, "whole": True}
    assert found["actions.park.x_mm"]["optional"] is True
    assert "enabled" not in found


# -- the ladder of backends -------------------------------------------------------------


def ladder_of(**tree: Any) -> tuple[str, ...]:
    return parse(tree, FIELDS)[0].ladder


def test_the_chosen_backend_is_asked_first_and_each_once() -> None:
    found = ladder_of(backend="gadget", fallback=["local", "gadget", "local", "obico"])
    assert found == ("gadget", "local", "obico")


def test_in_a_cascade_the_detector_judges_last_if_it_was_given_no_place() -> None:
    cascade = {"enabled": True, "interval_s": 600}
    assert ladder_of(backend="gadget", cascade=cascade) == ("gadget", "local")
    first = ladder_of(backend="gadget", fallback=["local", "obico"], cascade=cascade)
    assert first == ("gadget", "local", "obico")


@pytest.mark.parametrize("fallback", ["local", {"local": 1}, 5])
def test_what_is_no_list_of_backends_is_named_and_left_out(fallback: Any) -> None:
    settings, problems = parse({"backend": "gadget", "fallback": fallback}, FIELDS)
    assert settings.ladder == ("gadget",)
    assert [problem.path for problem in problems] == ["fallback"]


def test_a_backend_that_is_not_there_is_named_and_the_others_stay() -> None:
    tree = {"backend": "gadget", "fallback": ["nobody", 5, ["local"], "local"]}
    settings, problems = parse(tree, FIELDS)
    assert settings.ladder == ("gadget", "local")
    assert [problem.path for problem in problems] == ["fallback"]
