"""Obico for Elegoo: keeping the access token alive with a partner token."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.backends.obico import TOKEN_LIFE_S, Context
from octoprint_aiwatch.core.errors import Unreachable
from tests.backends.play import (
    FRAME,
    JOB,
    Played,
    answer,
    failure,
    obico,
    outcome,
    play,
    predicted,
    raw,
)

BASE = "https://elegoo-app.obico.io"
TOKEN = BASE + "/ent/partners/api/elegoo/access_token/"
PREDICT = BASE + "/ent/partners/api/elegoo/predict/"
EXPIRED = answer({"error": "Invalid credentials"}, 401)


def opening(*answers: Any, **values: str) -> Played:
    return play(obico(partner_token="PARTNER-1", **values).open(JOB), *answers)


def inspecting(*answers: Any) -> Played:
    backend = obico(partner_token="PARTNER-1")
    return play(backend.inspect(FRAME, Context("job-1", "TOKEN-1")), *answers)


def test_the_request_is_the_protocols_to_the_letter() -> None:
    (request,) = opening(answer({}, 201)).requests
    assert (request.method, request.url) == ("POST", TOKEN)
    assert request.headers == {"Authorization": "Token PARTNER-1"}
    assert request.json == {
        "serial_no": "SERIAL-1",
        "access_token": "TOKEN-1",
        "expire_in": TOKEN_LIFE_S,
    }
    assert request.form == {}
    assert request.files == ()


def test_it_is_no_call_that_counts() -> None:
    assert not opening(answer({}, 201)).requests[0].counted


@pytest.mark.parametrize("status", [200, 201])
def test_created_and_updated_both_open_the_context(status: int) -> None:
    assert opening(raw(b"", status)).value == Context("job-1", "TOKEN-1")


def test_a_missing_access_token_is_made_up_and_used_for_the_print() -> None:
    backend = obico(partner_token="PARTNER-1", access_token="")
    opened = play(backend.open(JOB), answer({}, 201))
    made_up = opened.requests[0].json["access_token"]
    assert made_up == JOB.entropy
    judged = play(backend.inspect(FRAME, opened.value), predicted())
    assert judged.requests[0].form["access_token"] == made_up


@pytest.mark.parametrize(
    ("sent", "step", "code"),
    [
        (answer({"detail": "Invalid token."}, 401), "ask", "partner_token_refused"),
        (raw(b"", 403), "ask", "partner_token_refused"),
        (answer({"error": "serial_no is required"}, 400), "ask", "args_refused"),
        (raw(b"", 404), "retry", "not_this_api"),
        (raw(b"", 429), "retry", "throttled"),
        (raw(b"<html>", 502), "retry", "server_fault"),
        (raw(b"", 302), "retry", "redirect"),
        (raw(b"", 202), "retry", "not_this_api"),
    ],
)
def test_every_refusal_has_its_next_step(sent: Any, step: str, code: str) -> None:
    assert outcome(opening(sent)) == (step, code, 0.0)


def test_refused_arguments_are_told_in_the_services_words() -> None:
    played = opening(answer({"error": "serial_no is required"}, 400))
    assert failure(played).params == {"detail": "serial_no is required"}


def test_an_expired_token_is_renewed_and_the_frame_sent_again() -> None:
    played = inspecting(EXPIRED, answer({}, 200), predicted(p=0.9))
    assert played.urls == [PREDICT, TOKEN, PREDICT]
    assert played.value.evidence.p == 0.9
    first, _, second = played.requests
    assert first.form == second.form
    assert first.files == second.files


def test_both_calls_for_the_frame_count() -> None:
    played = inspecting(EXPIRED, answer({}, 200), predicted())
    assert [request.counted for request in played.requests] == [True, False, True]


def test_it_is_renewed_once_and_then_the_user_is_asked() -> None:
    played = inspecting(EXPIRED, answer({}, 200), EXPIRED)
    assert played.urls == [PREDICT, TOKEN, PREDICT]
    assert outcome(played) == ("ask", "credentials_refused", 0.0)


def test_a_refused_partner_token_ends_it() -> None:
    played = inspecting(EXPIRED, raw(b"", 401))
    assert played.urls == [PREDICT, TOKEN]
    assert outcome(played) == ("ask", "partner_token_refused", 0.0)


def test_a_network_failure_while_renewing_is_handed_on() -> None:
    error = Unreachable("timeout", host="h")
    assert failure(inspecting(EXPIRED, error)) is error


def test_without_a_partner_token_nothing_is_renewed() -> None:
    played = play(obico().inspect(FRAME, Context("job-1", "TOKEN-1")), EXPIRED)
    assert played.urls == [PREDICT]
    assert outcome(played) == ("ask", "credentials_refused", 0.0)


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_only_a_401_leads_to_a_renewal(status: int) -> None:
    assert inspecting(raw(b"", status)).urls == [PREDICT]
