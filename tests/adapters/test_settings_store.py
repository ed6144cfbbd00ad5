"""What may be saved, what the form is shown, and what a test runs with."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from octoprint_aiwatch.adapters.settings_store import (
    for_test,
    restricted_paths,
    secrets_in,
    secrets_set,
    to_save,
)
from octoprint_aiwatch.core.options import OPTIONS
from octoprint_aiwatch.core.settings import (
    defaults,
    get,
    merged,
    parse,
    secret_paths,
)
from tests.adapters.fakes import FIELDS

SECRETS = secret_paths(FIELDS)
KEY = ("backends", "gadget", "api_key")
KNOWN = {
    *(option.path for option in OPTIONS),
    ("backend",),
    ("fallback",),
    ("camera", "ignore_zones"),
    ("notify", "urls"),
    *(("backends", key, field.name) for key, group in FIELDS.items() for field in group),
}


def stored(**changes: Any) -> dict[str, Any]:
    """A stored tree with every secret set."""
    tree = defaults(FIELDS)
    for path in SECRETS:
        node = tree
        for name in path[:-1]:
            node = node[name]
        node[path[-1]] = "STORED-" + path[-1]
    found: dict[str, Any] = merged(tree, changes)
    return found


def save(data: Any, before: Any = None) -> tuple[dict[str, Any], list[str]]:
    """What is to be stored, and the paths of what could not be used."""
    clean, problems = to_save(data, stored() if before is None else before, FIELDS)
    return clean, [problem.path for problem in problems]


def nest(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    tree: Any = value
    for key in reversed(path):
        tree = {key: tree}
    found: dict[str, Any] = tree
    return found


def leaves(tree: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The paths of all values; a known path's value is not looked into."""
    if path in KNOWN or not isinstance(tree, dict):
        return {path}
    return {leaf for key, inner in tree.items() for leaf in leaves(inner, (*path, key))}


# -- saving ---------------------------------------------------------------------------


def test_the_defaults_can_be_saved_as_they_are() -> None:
    clean, problems = save(defaults(FIELDS))
    assert problems == []
    assert merged(stored(), clean) == stored()


def test_only_what_was_sent_is_stored() -> None:
    assert save({"watch": {"min_interval_s": 30}}) == (
        {"watch": {"min_interval_s": 30}},
        [],
    )


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"unknown": 1},
        {"watch": {"unknown": 1}},
        {"watch": 5},
        {"watch": None},
        {"backends": {"unknown": {"api_key": "x"}}},
        {"backends": {"gadget": {"unknown": "x"}}},
        {"backends": "gadget"},
        {"secrets_set": {"backends.gadget.api_key": True}},
        {"_config_version": 7},
    ],
)
def test_unknown_names_are_not_stored(data: Any) -> None:
    assert save(data) == ({}, [])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("enabled",), "yes"),
        (("backend",), "nobody"),
        (("backend",), 5),
        (("backend",), ["gadget"]),
        (("fallback",), "gadget"),
        (("fallback",), ["nobody"]),
        (("fallback",), [["gadget"]]),
        (("budget", "monthly_calls"), -1),
        (("cascade", "interval_s"), 1),
        (("camera", "timeout_s"), 0),
        (("camera", "timeout_s"), "soon"),
        (("camera", "timeout_s"), ""),
        (("camera", "name"), 5),
        (("camera", "ignore_zones"), "all"),
        (("camera", "ignore_zones"), [[[0, 0], [1, 1]]]),
        (("camera", "ignore_zones"), [[[0, 0], [1, 1], [2, 2]]]),
        (("watch", "min_interval_s"), 4),
        (("watch", "min_interval_s"), math.nan),
        (("watch", "min_interval_s"), math.inf),
        (("watch", "min_interval_s"), 10**400),
        (("watch", "warmup"), 1),
        (("decision", "warning_confidence"), 6),
        (("decision", "pause_confidence"), 2.5),
        (("actions", "on_failure"), "explode"),
        (("actions", "max_pauses"), -1),
        (("backends", "gadget", "url"), "gadget"),
        (("backends", "gadget", "url"), "http://outside.example"),
        (("backends", "gadget", "url"), "x" * 3000),
        (("backends", "gadget", "api_key"), "two\nlines"),
        (("backends", "gadget", "api_key"), 5),
    ],
)
def test_a_value_that_cannot_be_used_is_reported_and_the_old_one_stays(
    path: tuple[str, ...], value: Any
) -> None:
    clean, problems = save(nest(path, value))
    assert problems == [".".join(path)]
    assert get(clean, path) is None


def test_the_good_values_beside_a_bad_one_are_stored() -> None:
    data = {"watch": {"min_interval_s": 1, "grace_start_s": 5}, "enabled": False}
    clean, problems = save(data)
    assert merged({}, clean) == {"watch": {"grace_start_s": 5}, "enabled": False}
    assert problems == ["watch.min_interval_s"]


def test_numbers_typed_into_a_form_become_numbers() -> None:
    clean, problems = save(
        {"watch": {"min_interval_s": "12.5"}, "actions": {"max_pauses": "2"}}
    )
    assert problems == []
    assert clean == {"watch": {"min_interval_s": 12.5}, "actions": {"max_pauses": 2}}
    assert isinstance(clean["actions"]["max_pauses"], int)


def test_thresholds_out_of_order_are_refused_together() -> None:
    sent = {"none_below": 0.9, "maybe_above": 0.8, "short_multiple": 4}
    clean, problems = save({"decision": sent})
    assert problems == ["decision.none_below", "decision.maybe_above"]
    assert clean == {"decision": {"short_multiple": 4.0}}


def test_a_bad_threshold_does_not_let_in_one_that_fits_only_its_default() -> None:
    before = stored(decision={"maybe_above": 0.5})
    data = {"decision": {"none_below": 0.6, "maybe_above": "x", "failure_above": 0.9}}
    clean, problems = save(data, before)
    assert parse(merged(before, clean), FIELDS)[1] == []
    assert "decision.maybe_above" in problems
    assert "decision.none_below" in problems


def test_what_was_bad_before_is_not_blamed_on_this_save() -> None:
    before = stored(watch={"min_interval_s": "broken by hand"})
    assert save({"enabled": False}, before) == ({"enabled": False}, [])


def test_what_was_bad_before_and_is_sent_again_is_told() -> None:
    before = stored(watch={"min_interval_s": "broken by hand"})
    clean, problems = save({"watch": {"min_interval_s": "broken by hand"}}, before)
    assert problems == ["watch.min_interval_s"]
    assert get(clean, ("watch", "min_interval_s")) is None


def test_what_was_bad_before_can_be_mended() -> None:
    before = stored(watch={"min_interval_s": "broken by hand"})
    clean, problems = save({"watch": {"min_interval_s": 20}}, before)
    assert (clean, problems) == ({"watch": {"min_interval_s": 20}}, [])


@pytest.mark.parametrize("before", [None, 5, [], {}, {"watch": 5, "backends": None}])
def test_a_stored_tree_that_is_damaged_can_still_be_saved_over(before: Any) -> None:
    clean, problems = to_save({"watch": {"min_interval_s": 20}}, before, FIELDS)
    assert clean == {"watch": {"min_interval_s": 20}}
    assert problems == []


# -- secrets --------------------------------------------------------------------------


@pytest.mark.parametrize("empty", ["", None, "  ", "\t", False, 0, [], {}])
@pytest.mark.parametrize("path", SECRETS, ids=".".join)
def test_an_empty_secret_keeps_the_stored_one(path: tuple[str, ...], empty: Any) -> None:
    clean, _ = save(nest(path, empty))
    assert get(clean, path) is None
    assert get(merged(stored(), clean), path) == "STORED-" + path[-1]


@pytest.mark.parametrize("path", SECRETS, ids=".".join)
def test_a_typed_secret_replaces_the_stored_one(path: tuple[str, ...]) -> None:
    clean, problems = save(nest(path, "TYPED-secret"))
    assert problems == []
    assert get(clean, path) == "TYPED-secret"


@pytest.mark.parametrize("path", SECRETS, ids=".".join)
def test_a_secret_is_forgotten_only_if_its_name_is_said(path: tuple[str, ...]) -> None:
    clean, _ = save({"forget": [".".join(path)]})
    assert clean == nest(path, "")


@pytest.mark.parametrize(
    "forget",
    [
        None,
        "backends.gadget.api_key",
        5,
        {},
        [],
        [5, None, [], {}],
        ["backends.gadget.url"],
        ["backends.gadget"],
        ["api_key"],
    ],
)
def test_forgetting_anything_but_a_secrets_name_does_nothing(forget: Any) -> None:
    assert save({"forget": forget}) == ({}, [])


def test_the_form_is_told_which_secrets_are_stored_and_not_what_they_are() -> None:
    tree = stored(backends={"gadget": {"api_key": ""}, "obico": {"serial_no": None}})
    assert secrets_set(tree, FIELDS) == {
        "backends.gadget.api_key": False,
        "backends.obico.serial_no": False,
        "backends.obico.access_token": True,
        "backends.obico.partner_token": True,
        "backends.obico_super.token": True,
        "backends.obico_ml.token": True,
        "backends.kserve.token": True,
        "mqtt.password": True,
    }


def test_every_secret_is_restricted() -> None:
    paths = [list(path) for path in SECRETS] + [["notify", "urls"]]
    assert restricted_paths(FIELDS) == {"never": paths}
    assert list(KEY) in restricted_paths(FIELDS)["never"]


def test_the_secrets_values_are_known_for_redaction_as_they_are_sent() -> None:
    tree = {
        "backends": {
            "gadget": {"api_key": "  padded-key "},
            "obico": {"serial_no": 5, "access_token": None},
        }
    }
    assert secrets_in(tree, FIELDS) == ["padded-key"]
    assert secrets_in(None, FIELDS) == []


# -- anything at all ------------------------------------------------------------------

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["5", "0.5", " ", "https://own.example", "gadget", "notify"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
shares = st.floats(0, 1) | st.sampled_from(["0.4", "x", 0.36, 0.78, 0.99])
plausible: dict[str, st.SearchStrategy[Any]] = {
    "decision": st.dictionaries(
        st.sampled_from(["none_below", "maybe_above", "failure_above", "odd"]),
        shares | anything,
    ),
    "backends": st.dictionaries(
        st.sampled_from(["gadget", "obico", "odd"]),
        anything
        | st.dictionaries(
            st.sampled_from(["url", "api_key", "serial_no", "access_token", "odd"]),
            anything | st.text(min_size=1, max_size=6),
        ),
    ),
    "forget": anything | st.lists(st.sampled_from([".".join(path) for path in SECRETS])),
    "enabled": st.booleans() | anything,
    "backend": st.sampled_from(["gadget", "obico", "odd", 5, True, None]),
    "camera": anything
    | st.dictionaries(
        st.sampled_from(["name", "timeout_s", "max_bytes", "ignore_zones", "odd"]),
        anything | st.integers(1, 100),
    ),
    "watch": anything
    | st.dictionaries(
        st.sampled_from([option.path[1] for option in OPTIONS if option.path[1:]]),
        anything | st.integers(0, 4000) | st.booleans(),
    ),
    "odd": anything,
}
data_sent = st.fixed_dictionaries({}, optional=plausible)
valid_before = st.fixed_dictionaries(
    {},
    optional={
        "decision": st.sampled_from(
            [{}, {"maybe_above": 0.5}, {"none_below": 0.1, "maybe_above": 0.2}]
        ),
        "enabled": st.booleans(),
    },
).map(lambda changes: stored(**changes))


@given(data_sent, valid_before)
@example(
    {"decision": {"none_below": 0.6, "maybe_above": "x", "failure_above": 0.9}},
    stored(decision={"maybe_above": 0.5}),
)
def test_whatever_is_sent_only_known_names_and_good_values_are_stored(
    data: dict[str, Any], before: dict[str, Any]
) -> None:
    sent, was = copy.deepcopy(data), copy.deepcopy(before)
    clean, problems = to_save(data, before, FIELDS)
    assert clean == {} or leaves(clean) - {()} <= KNOWN
    after = merged(before, clean)
    assert parse(after, FIELDS)[1] == []
    forget = data["forget"] if isinstance(data.get("forget"), list) else []
    for problem in problems:
        path = tuple(problem.path.split("."))
        assert problem.path in forget or get(after, path) == get(before, path)
    assert repr(sent) == repr(data)
    assert was == before


@given(data_sent, valid_before)
def test_whatever_is_sent_a_secret_changes_only_if_typed_or_forgotten(
    data: dict[str, Any], before: dict[str, Any]
) -> None:
    clean, _ = to_save(data, before, FIELDS)
    forget = data.get("forget")
    for path in SECRETS:
        value = get(clean, path)
        if isinstance(forget, list) and ".".join(path) in forget:
            assert value == ""
        elif value is not None:
            assert value == get(data, path)
            assert value.strip()


@given(data_sent)
def test_what_was_stored_can_be_saved_again_without_any_change(
    data: dict[str, Any],
) -> None:
    clean, _ = to_save(data, stored(), FIELDS)
    after = merged(stored(), clean)
    again, problems = to_save(after, after, FIELDS)
    assert problems == []
    assert merged(after, again) == after


@given(data_sent)
def test_what_is_stored_is_plain_data(data: dict[str, Any]) -> None:
    clean, _ = to_save(data, stored(), FIELDS)
    assert json.loads(json.dumps(clean)) == clean


# -- what a test runs with ------------------------------------------------------------


def trial(
    typed: Any = None, camera: Any = None, backend: str = "gadget", tree: Any = None
) -> dict[str, Any]:
    return for_test(stored() if tree is None else tree, backend, typed, camera, FIELDS)


def test_without_anything_typed_it_runs_with_what_is_stored() -> None:
    assert trial() == stored(backend="gadget")


def test_it_runs_with_the_backend_that_is_looked_at() -> None:
    assert trial(backend="obico")["backend"] == "obico"


def test_typed_fields_count_before_they_are_saved() -> None:
    tree = trial({"api_key": "TYPED"})
    assert get(tree, KEY) == "TYPED"


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_field_means_the_stored_one(empty: Any) -> None:
    assert get(trial({"api_key": empty, "url": empty}), KEY) == "STORED-api_key"


def test_a_stored_secret_does_not_go_to_another_address() -> None:
    tree = trial({"url": "https://elsewhere.example"})
    assert get(tree, ("backends", "gadget", "url")) == "https://elsewhere.example"
    assert get(tree, KEY) is None


def test_a_typed_secret_goes_to_the_typed_address() -> None:
    tree = trial({"url": "https://elsewhere.example", "api_key": "TYPED"})
    assert get(tree, KEY) == "TYPED"


def test_all_secrets_of_the_backend_stay_at_home() -> None:
    typed = {"url": "https://elsewhere.example", "serial_no": "TYPED"}
    tree = trial(typed, backend="obico")
    assert get(tree, ("backends", "obico", "serial_no")) == "TYPED"
    assert get(tree, ("backends", "obico", "access_token")) is None
    assert get(tree, ("backends", "obico", "partner_token")) is None


def test_another_backends_secrets_are_left_alone() -> None:
    tree = trial({"url": "https://elsewhere.example"}, backend="obico")
    assert get(tree, KEY) == "STORED-api_key"


def test_the_same_address_typed_again_is_the_same() -> None:
    tree = trial({"url": " https://gadget-pv1-oeapi.octoeverywhere.com "})
    assert get(tree, KEY) == "STORED-api_key"


def test_unknown_fields_are_not_taken() -> None:
    assert trial({"odd": 1, "camera": "x"}) == stored(backend="gadget")


def test_the_webcam_and_its_time_out_can_be_tried() -> None:
    tree = trial(camera={"name": "bed", "timeout_s": 3, "max_bytes": 1, "odd": 1})
    assert tree["camera"] == {**stored()["camera"], "name": "bed", "timeout_s": 3}


@pytest.mark.parametrize("nonsense", [None, 5, "x", [], [1]])
def test_nonsense_instead_of_fields_or_webcam_changes_nothing(nonsense: Any) -> None:
    assert trial(nonsense, nonsense) == stored(backend="gadget")


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"camera": None, "backends": None},
        {"camera": 5, "backends": {"gadget": None}},
        {"backends": {"gadget": 5}},
        {"backends": []},
    ],
)
def test_a_damaged_tree_can_be_tested_too(tree: Any) -> None:
    found = trial({"api_key": "TYPED"}, {"name": "bed"}, tree=tree)
    assert get(found, KEY) == "TYPED"
    assert get(found, ("camera", "name")) == "bed"


def test_what_is_stored_is_not_changed_by_a_test() -> None:
    tree = stored()
    for_test(
        tree,
        "gadget",
        {"url": "https://e.example", "api_key": "T"},
        {"name": "b"},
        FIELDS,
    )
    assert tree == stored()


@given(anything, anything, st.sampled_from(["gadget", "obico"]))
def test_whatever_is_sent_a_stored_secret_goes_to_its_own_address_only(
    typed: Any, camera: Any, backend: str
) -> None:
    if isinstance(typed, dict):
        typed = {"url": typed.get("url", "https://e.example"), **typed}
    tree = for_test(stored(), backend, typed, camera, FIELDS)
    url = ("backends", backend, "url")
    if get(tree, url) != get(stored(), url):
        assert not [one for one in secrets_in(tree["backends"][backend], FIELDS) if one]
        for path in SECRETS:
            if path[:2] == ("backends", backend):
                assert get(tree, path) is None or path[2] in typed
