"""Services are known by ids; nothing of an address but its kind is for anybody's eyes."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.adapters.redact import BLOT
from octoprint_aiwatch.adapters.services import (
    Services,
    blotted,
    name_of,
    secrets_of,
    stored,
)

SERVICES = Services("salt")
TELEGRAM = "tgram://123456789:AAbbCCdd_hidden-1/12345678"


def tree(*urls: object) -> dict[str, object]:
    return {"notify": {"urls": list(urls)}}


def test_an_id_is_the_same_for_an_address_and_another_for_another_salt() -> None:
    assert SERVICES.id_of("ntfy://a") == SERVICES.id_of(" ntfy://a ")
    assert SERVICES.id_of("ntfy://a") != SERVICES.id_of("ntfy://b")
    assert SERVICES.id_of("ntfy://a") != Services("other").id_of("ntfy://a")


def test_the_form_is_told_the_kind_alone() -> None:
    shown = SERVICES.shown(tree("NTFYS://secret-topic", TELEGRAM))
    assert [one["name"] for one in shown] == ["ntfys", "tgram"]
    assert "secret" not in repr(shown)


@pytest.mark.parametrize("raw", [None, "ntfy://a", 5, {"a": 1}])
def test_a_damaged_list_is_an_empty_one(raw: object) -> None:
    assert stored({"notify": {"urls": raw}}) == []
    assert stored(tree(5, None, "", "ntfy://a")) == ["ntfy://a"]


def test_the_order_of_the_form_is_kept() -> None:
    before = tree("a://1", "b://2")
    ids = [one["id"] for one in SERVICES.shown(before)]
    data = {"notify": {"urls": [{"keep": ids[1]}, "c://3", {"keep": ids[0]}]}}
    after, problems = SERVICES.resolved(data, before)
    assert after["notify"]["urls"] == ["b://2", "c://3", "a://1"]
    assert problems == []


def test_without_addresses_in_it_the_forms_data_stay_as_they_are() -> None:
    for data in ({}, {"notify": {}}, {"notify": {"urls": None}}, {"notify": 5}):
        assert SERVICES.resolved(data, tree("a://1")) == (data, [])


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (TELEGRAM, ["AAbbCCdd_hidden-1", "12345678"]),
        ("json://me:pa%20ss@host.lan/p", ["pa%20ss", "pa ss"]),
        ("ntfys://host.lan/topic-of-mine?token=tk_0123456789", ["tk_0123456789"]),
    ],
)
def test_what_is_no_word_in_an_address_is_a_secret(url: str, parts: list[str]) -> None:
    assert set(parts) | {url} <= set(secrets_of(url))


def test_hosts_and_plain_words_are_not_blotted_out_of_every_log_line() -> None:
    found = secrets_of("ntfy://192.168.1.20:8080/octoprint")
    assert found == ["ntfy://192.168.1.20:8080/octoprint"]


def test_a_services_own_words_lose_every_part_of_its_address() -> None:
    url = "ntfy://user:word@ntfy.example/octoprint"
    said = f"404 for topic octoprint at ntfy.example, user user/word, {url}"
    assert blotted(url, said) == (
        f"404 for topic {BLOT} at ntfy.example, {BLOT} {BLOT}/{BLOT}, {BLOT}"
    )


def test_the_kind_of_an_address_is_short_whatever_it_is() -> None:
    assert len(name_of("x" * 5000)) == 40
