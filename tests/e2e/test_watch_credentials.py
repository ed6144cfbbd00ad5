"""Credentials that are wrong, missing or too old: the user is told, and helps once."""

from __future__ import annotations

import pytest
import requests
from simulator.obico_wire import TOKEN_PATH

from tests.e2e.support_watch import (
    ACCESS_TOKEN,
    GADGET_KEY,
    PARTNER_TOKEN,
    SERIAL_NO,
    SOON_S,
    Rig,
    codes,
)

NEW_KEY = "another-gadget-key-of-the-tests"
NEW_TOKEN = "another-access-token-of-the-tests"


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop)


@pytest.fixture
def gadget(rig):
    side = rig.prepare("gadget")
    yield side
    side.cloud.api_keys = {GADGET_KEY}


@pytest.fixture
def obico(rig):
    side = rig.prepare("obico")
    renew(rig, ACCESS_TOKEN)
    side.cloud.unscript()  # a script would answer instead of the check of the token
    yield side
    renew(rig, ACCESS_TOKEN)
    forget = ["backends.obico.partner_token"]
    rig.host.save_settings({"forget": forget})


def renew(rig: Rig, token: str) -> None:
    """What the printer's maker does when a device gets a token."""
    answer = requests.post(
        rig.obico.cloud.url + TOKEN_PATH,
        json={"serial_no": SERIAL_NO, "access_token": token, "expire_in": 3600},
        headers={"Authorization": f"Token {PARTNER_TOKEN}"},
        timeout=10,
    )
    assert answer.ok


def refused(rig: Rig, code: str) -> dict:
    status = rig.wait_status(lambda status: codes(status)[0] == code, f"reason {code}")
    assert (status["blind"], status["verdict"], status["score"]) == (
        True,
        "unknown",
        None,
    )
    assert status["hold"] == "ask"
    assert rig.host.state().text == "Printing"
    return status


def watched_again(rig: Rig) -> None:
    status = rig.wait_status(lambda status: status["verdict"] == "ok", "the watch again")
    assert not status["blind"]
    assert rig.host.state().text == "Printing"


def test_a_refused_key_is_said_at_once_and_not_tried_again_and_again(rig, gadget):
    gadget.cloud.api_keys = set()
    gadget.cloud.unscript()
    with rig.printing() as since_s:
        status = refused(rig, "api_key_refused")
        assert "API key in AI Watch's settings" in status["reason"]
        assert status["next_check_s"] is None
        rig.wait_fired("blinded", since_s)
        (alert,) = rig.alerts("blinded", since_s)
        assert "does not accept the API key" in alert["text"]
        calls = [call for call in gadget.cloud.requests if call.at_s >= since_s]
        assert [call.kind for call in calls] == ["create"]


def test_a_new_key_in_the_settings_is_tried_at_once(rig, gadget):
    gadget.cloud.api_keys = {NEW_KEY}
    gadget.cloud.unscript()
    with rig.printing() as since_s:
        refused(rig, "api_key_refused")
        rig.host.save_settings({"backends": {"gadget": {"api_key": NEW_KEY}}})
        watched_again(rig)
        assert rig.fired_once("recovered", since_s)
    rig.host.save_settings({"backends": {"gadget": {"api_key": GADGET_KEY}}})


def test_a_key_refused_in_the_middle_of_a_print_is_noticed(rig, gadget):
    with rig.printing():
        rig.wait_checks(1)
        gadget.cloud.api_keys = set()
        gadget.cloud.unscript()
        rig.host.watch_command("check_now")
        refused(rig, "api_key_refused")
        gadget.cloud.api_keys = {GADGET_KEY}
        rig.host.watch_command("check_now")
        watched_again(rig)


def test_a_missing_key_is_said_without_asking_the_service(rig, gadget):
    rig.host.save_settings({"forget": ["backends.gadget.api_key"]})
    with rig.printing() as since_s:
        refused(rig, "api_key_missing")
        assert [call for call in gadget.cloud.requests if call.at_s >= since_s] == []
        rig.host.save_settings({"backends": {"gadget": {"api_key": GADGET_KEY}}})
        watched_again(rig)


def test_an_expired_token_is_said_and_works_again_once_it_was_renewed(rig, obico):
    with rig.printing() as since_s:
        rig.wait_checks(1)
        obico.cloud.expire_token(SERIAL_NO)
        rig.host.watch_command("check_now")
        status = refused(rig, "credentials_refused")
        assert "may have expired" in status["reason"]
        frames = len(obico.frames(since_s))
        assert frames == 2

        renew(rig, ACCESS_TOKEN)
        rig.host.watch_command("check_now")
        watched_again(rig)
        assert len(obico.contexts(since_s)) == 1, "the print is still the same print"


def test_a_fresh_token_in_the_settings_is_tried_at_once(rig, obico):
    with rig.printing():
        rig.wait_checks(1)
        obico.cloud.expire_token(SERIAL_NO)
        renew(rig, NEW_TOKEN)
        rig.host.watch_command("check_now")
        refused(rig, "credentials_refused")
        rig.host.save_settings({"backends": {"obico": {"access_token": NEW_TOKEN}}})
        watched_again(rig)
    rig.host.save_settings({"backends": {"obico": {"access_token": ACCESS_TOKEN}}})


def test_with_a_partner_token_an_expired_token_is_renewed_unnoticed(rig, obico):
    rig.host.save_settings({"backends": {"obico": {"partner_token": PARTNER_TOKEN}}})
    with rig.printing() as since_s:
        rig.wait_checks(1)
        asked = len(obico.cloud.calls("access_token"))
        obico.cloud.expire_token(SERIAL_NO)
        assert rig.check()["verdict"] == "ok"
        assert len(obico.cloud.calls("access_token")) == asked + 1
        assert obico.cloud.token_of(SERIAL_NO) == ACCESS_TOKEN
        assert rig.fired("blinded", since_s) == []
        assert not any(status["blind"] for status in rig.statuses(since_s))


def test_a_refused_partner_token_is_named(rig, obico):
    obico.cloud.expire_token(SERIAL_NO)
    rig.host.save_settings({"backends": {"obico": {"partner_token": "no-such-partner"}}})
    with rig.printing():
        status = refused(rig, "partner_token_refused")
        assert "partner token" in status["reason"]
        rig.host.save_settings({"backends": {"obico": {"partner_token": PARTNER_TOKEN}}})
        rig.host.wait(
            lambda: obico.cloud.token_of(SERIAL_NO) == ACCESS_TOKEN, SOON_S, "the renewal"
        )
        watched_again(rig)
