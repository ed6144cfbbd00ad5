"""What each backend declares of itself, against what it does and its service says."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from octoprint_aiwatch.backends import REGISTRY
from octoprint_aiwatch.backends.base import LONGEST_PX, Backend
from octoprint_aiwatch.core.errors import Ask
from octoprint_aiwatch.core.tariff import cost_usd
from tests.backends.play import JOB, decision

every_backend = pytest.mark.parametrize("kind", REGISTRY.values(), ids=list(REGISTRY))


def asks(kind: type[Backend], values: Mapping[str, str]) -> bool:
    """Whether the user is asked for something before anything is sent."""
    try:
        next(kind(values, decision()).open(JOB))
    except Ask:
        return True
    except StopIteration:
        pass
    return False


def filled(kind: type[Backend]) -> dict[str, str]:
    return {field.name: field.default or "x" for field in kind.fields}


# -- what must be given ----------------------------------------------------------------


@every_backend
def test_a_backend_whose_fields_are_filled_asks_for_nothing(kind: type[Backend]) -> None:
    assert not asks(kind, filled(kind))


@every_backend
def test_a_field_is_marked_required_if_nothing_works_without_it(
    kind: type[Backend],
) -> None:
    texts = [field for field in kind.fields if field.type != "number"]
    required = {one.name for one in texts if asks(kind, {**filled(kind), one.name: ""})}
    assert required == {field.name for field in kind.fields if field.required}


@every_backend
def test_a_field_that_another_stands_in_for_is_asked_for_if_both_are_missing(
    kind: type[Backend],
) -> None:
    for field in kind.fields:
        if field.required_unless:
            none = {field.name: "", field.required_unless: ""}
            assert asks(kind, {**filled(kind), **none})


def test_an_access_token_is_what_a_partner_token_stands_in_for() -> None:
    fields = {one.name: one.required_unless for one in REGISTRY["obico"].fields}
    assert fields["access_token"] == "partner_token"


# -- what each is ----------------------------------------------------------------------


def test_the_keys_are_those_that_settings_were_stored_under() -> None:
    assert set(REGISTRY) == {
        "local",
        "gadget",
        "obico",
        "obico_super",
        "obico_ml",
        "kserve",
    }


def test_frames_are_made_smaller_for_networks_elsewhere_that_look_at_less() -> None:
    smaller = {key: kind.most_px for key, kind in REGISTRY.items() if kind.most_px}
    services = ("gadget", "obico", "obico_super", "obico_ml")
    assert smaller == dict.fromkeys(services, LONGEST_PX)


def test_calls_to_services_of_others_are_counted() -> None:
    counted = {key for key, kind in REGISTRY.items() if kind.tariff}
    assert counted == {"gadget", "obico", "obico_super"}


@pytest.mark.parametrize("key", ["obico", "obico_super"])
def test_nobody_told_us_what_obicos_calls_cost(key: str) -> None:
    tariff = REGISTRY[key].tariff
    assert tariff is not None
    assert cost_usd(tariff, 1_000_000) is None


def test_gadget_asks_for_a_frame_as_often_as_its_document_says() -> None:
    tariff = REGISTRY["gadget"].tariff
    assert tariff is not None
    assert tariff.interval_s == 40.0
