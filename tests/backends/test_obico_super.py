"""Obico for partners: what differs from Obico for Elegoo, and that the rest does not."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given

from octoprint_aiwatch.backends.obico_super import ObicoSuper
from octoprint_aiwatch.core.errors import AiWatchError
from tests.backends.play import (
    FRAME,
    JOB,
    JPEG,
    Played,
    answer,
    failure,
    make,
    obico,
    obico_super,
    outcome,
    play,
    predicted,
)
from tests.backends.test_any_answer import (
    ObicoContext,
    check_error,
    check_inspection,
    end_of,
    scripts,
)
from tests.backends.test_any_answer import predicted as any_answer

URL = "https://app.obico.io/ent/partners/api/predict/"


def inspect(*answers: Any, **values: str) -> Played:
    return play(obico_super(**values).inspect(FRAME, "job-1"), *answers)


# -- opening --------------------------------------------------------------------------


def test_opening_asks_nobody() -> None:
    played = play(obico_super().open(JOB))
    assert (played.wishes, played.value) == ([], "job-1")


@pytest.mark.parametrize(
    ("name", "code"), [("token", "token_missing"), ("printer_id", "printer_id_missing")]
)
def test_without_token_or_printer_nothing_is_sent(name: str, code: str) -> None:
    played = play(obico_super(**{name: ""}).open(JOB))
    assert played.wishes == []
    assert outcome(played) == ("ask", code, 0.0)


def test_a_fresh_install_asks_for_the_token() -> None:
    assert failure(play(make(ObicoSuper).open(JOB))).code == "token_missing"


def test_ids_have_at_most_256_characters() -> None:
    job = dataclasses.replace(JOB, id="x" * 1000)
    backend = obico_super(printer_id="y" * 1000)
    context = play(backend.open(job)).value
    (request,) = play(backend.inspect(FRAME, context), predicted()).requests
    assert request.form == {"printer_id": "y" * 256, "print_id": "x" * 256}


# -- the request ----------------------------------------------------------------------


def test_the_request_is_the_guides_to_the_letter() -> None:
    (request,) = inspect(predicted()).requests
    assert (request.method, request.url, request.json) == ("POST", URL, None)
    assert request.headers == {"Authorization": "Token TOKEN-1"}
    assert request.form == {"printer_id": "garage", "print_id": "job-1"}
    (part,) = request.files
    assert (part.name, part.content, part.content_type) == ("img", JPEG, "image/jpeg")


def test_a_check_is_a_call_that_counts() -> None:
    assert inspect(predicted()).requests[0].counted


def test_the_staging_address_leads_to_the_same_path() -> None:
    choices = [choice.value for choice in ObicoSuper.fields[0].choices]
    assert choices == ["https://app.obico.io/", "https://app-stg.obico.io/"]
    (url,) = inspect(predicted(), url=choices[1]).urls
    assert url == "https://app-stg.obico.io/ent/partners/api/predict/"


# -- the answer -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "one",
    [
        predicted(),
        predicted(detections=[[0.5, [100, 25, 50, 10]]]),
        predicted({"ewm_mean": None}),
        answer({"error": "print_id is required"}, 400),
        answer({"error": "Missing or invalid image"}, 400),
        answer({"error": "You are running too hot! Take it easy buddy..."}, 429),
        answer({}, 503),
    ],
)
def test_an_answer_means_what_it_means_with_obico_for_elegoo(one: Any) -> None:
    other = play(obico().inspect(FRAME, ObicoContext("job-1", "TOKEN-1")), one)
    here = inspect(one)
    assert here.value == other.value
    if other.error is not None:
        assert outcome(here) == outcome(other)
        assert failure(here).params == failure(other).params


def test_a_refused_token_is_for_the_user_to_mend() -> None:
    said = {"error": "Invalid or Inactive Token", "is_authenticated": "False"}
    assert outcome(inspect(answer(said, 401))) == ("ask", "token_refused", 0.0)


@given(scripts(any_answer))
def test_a_frame_ends_with_an_inspection_or_an_error(script: list[Any]) -> None:
    end = end_of(obico_super().inspect(FRAME, "job-1"), script)
    if isinstance(end, AiWatchError):
        check_error(end)
    else:
        check_inspection(end)
