"""Settings, exactly: what is stored at first, what is taken, and what is said else."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.core.options import LOOKS_LIKE, MAX_TEXT
from octoprint_aiwatch.core.settings import (
    MOST_FALLBACK,
    Problem,
    defaults,
    discard,
    merged,
    parse,
)
from octoprint_aiwatch.core.values import BackendField, Reason
from tests.known_settings import DEFAULTS

HOME = "https://cloud.example.org/"
FIELDS = {
    "local": (BackendField("threads", "Threads", "number", "1", low=1, high=4),),
    "cloud": (
        BackendField("url", "Address", "url", HOME),
        BackendField("key", "Key", "secret"),
    ),
    "away": (),
}
NAMES = {"names": "away, cloud, local"}


def problem(tree: Any) -> Problem:
    (found,) = parse(tree, FIELDS)[1]
    return found


def field(name: str, value: Any) -> tuple[str, list[Problem]]:
    """What the cloud gets if this is stored, and what is wrong with it."""
    settings, problems = parse({"backends": {"cloud": {name: value}}}, FIELDS)
    return settings.fields("cloud")[name], problems


# -- what is stored at first -----------------------------------------------------------


def test_the_defaults_are_the_known_ones() -> None:
    own = {"local": {"threads": 1}, "cloud": {"url": HOME, "key": ""}, "away": {}}
    assert defaults(FIELDS) == {**DEFAULTS, "backends": own}


@pytest.mark.parametrize(
    "path",
    ["enabled", "watch.warmup", "cascade.enabled", "notify.kinds.warning", "mqtt.tls"],
)
def test_a_switch_can_be_set_either_way(path: str) -> None:
    for value in (True, False):
        tree: Any = value
        for name in reversed(path.split(".")):
            tree = {name: tree}
        settings, problems = parse(tree, FIELDS)
        found: Any = settings
        for name in path.split("."):
            found = getattr(found, name)
        assert (found, problems) == (value, [])


# -- what is said of a value that cannot be used ---------------------------------------


def test_a_problem_is_told_in_the_readers_language() -> None:
    found = Problem("x", Reason("use_text", {"most": 5}))
    said = found.said(lambda text: text.replace("Use text", "Saisir du texte"))
    assert said == "Saisir du texte of at most 5 characters."


@pytest.mark.parametrize(
    ("tree", "path", "reason"),
    [
        ({"backend": "nobody"}, "backend", Reason("choose_one", NAMES)),
        ({"fallback": "local"}, "fallback", Reason("use_list_of", NAMES)),
        ({"fallback": ["nobody"]}, "fallback", Reason("use_each_once", NAMES)),
        (
            {"notify": {"link": "octopi.local"}},
            "notify.link",
            Reason("not_an_address", {"example": "http://octopi.local/"}),
        ),
        (
            {"backends": {"cloud": {"key": 5}}},
            "backends.cloud.key",
            Reason("use_text", {"most": MAX_TEXT}),
        ),
        (
            {"backends": {"cloud": {"key": "a\tb"}}},
            "backends.cloud.key",
            Reason("use_plain_line"),
        ),
        (
            {"backends": {"cloud": {"url": "cloud"}}},
            "backends.cloud.url",
            Reason("not_an_address", {"example": LOOKS_LIKE}),
        ),
        (
            {"backends": {"local": {"threads": 9}}},
            "backends.local.threads",
            Reason("use_whole_number", {"low": "1", "high": "4"}),
        ),
    ],
)
def test_it_is_said_where_the_problem_is_and_what_would_do(
    tree: Any, path: str, reason: Reason
) -> None:
    assert problem(tree) == Problem(path, reason)


def test_thresholds_that_do_not_climb_are_all_named_with_why() -> None:
    problems = parse({"decision": {"maybe_above": 0.1}}, FIELDS)[1]
    assert [one.reason for one in problems] == [Reason("thresholds_climb")] * 3


@pytest.mark.parametrize(
    "decision",
    [
        {"none_below": 0.5, "maybe_above": 0.5},
        {"maybe_above": 0.9, "failure_above": 0.9},
    ],
)
def test_thresholds_may_be_the_same(decision: dict[str, float]) -> None:
    assert parse({"decision": decision}, FIELDS)[1] == []


# -- a backend's text ------------------------------------------------------------------


def test_spaces_around_a_text_are_no_part_of_it() -> None:
    assert field("key", "  a b  ") == ("a b", [])
    assert field("url", f" {HOME} ") == (HOME, [])


def test_a_text_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert field("key", "x" * MAX_TEXT) == ("x" * MAX_TEXT, [])
    assert len(field("key", "x" * (MAX_TEXT + 1))[1]) == 1


@pytest.mark.parametrize("char", ["\x00", "\x1f", "\x7f"])
def test_what_no_key_prints_is_no_text(char: str) -> None:
    assert len(field("key", f"a{char}b")[1]) == 1


@pytest.mark.parametrize("char", [" ", "!", "~", "\x80", "é"])
def test_what_a_key_prints_is_text(char: str) -> None:
    assert field("key", f"a{char}b") == (f"a{char}b", [])


@pytest.mark.parametrize("emptied", ["", "   ", None])
def test_a_field_that_was_emptied_is_its_default_again(emptied: Any) -> None:
    assert field("url", emptied) == (HOME, [])


# -- lists and addresses ---------------------------------------------------------------


def test_who_is_asked_next_is_told_once_each_in_order() -> None:
    for raw in (["away", "cloud", "away"], ("away", "cloud")):
        settings, problems = parse({"fallback": raw}, FIELDS)
        assert (settings.fallback, problems) == (("away", "cloud"), [])


def test_a_list_of_backends_has_its_limit() -> None:
    assert parse({"fallback": ["away"] * MOST_FALLBACK}, FIELDS)[1] == []
    tree = {"fallback": ["away"] * (MOST_FALLBACK + 1)}
    assert problem(tree).reason == Reason("use_list_of", NAMES)


@pytest.mark.parametrize("link", ["http://octopi.local/", "https://home.example/op"])
def test_a_link_is_taken_without_the_spaces_around_it(link: str) -> None:
    settings, problems = parse({"notify": {"link": f" {link} "}}, FIELDS)
    assert (settings.notify.link, problems) == (link, [])


# -- trees -----------------------------------------------------------------------------


def test_discard_forgives_a_path_that_leads_nowhere() -> None:
    tree = {"a": {"c": 2}}
    for path in (("a", "z"), ("a", "c", "d", "e"), ("z", "y", "x")):
        discard(tree, path)
    assert tree == {"a": {"c": 2}}


@pytest.mark.parametrize(
    ("base", "changes"), [({"a": 1}, 5), ({"a": 1}, [1]), (5, {"a": 1}), (None, {"a": 1})]
)
def test_what_is_no_mapping_is_replaced_as_a_whole(base: Any, changes: Any) -> None:
    assert merged(base, changes) == changes
    assert merged({"x": base}, {"x": changes}) == {"x": changes}
