"""Answers are in the language of who asks, messages in OctoPrint's own."""

from __future__ import annotations

import threading
from typing import Any

import flask
import flask_babel
import pytest

from octoprint_aiwatch.adapters.answers import refuse
from octoprint_aiwatch.adapters.tongue import FOLDER, Home, of_request
from octoprint_aiwatch.core import latch, mqtt
from octoprint_aiwatch.core.latch import Tell
from octoprint_aiwatch.core.letters import News, Tally, compose, late, summary
from octoprint_aiwatch.core.words import ENGLISH, say


@pytest.fixture
def app() -> flask.Flask:
    """An application that finds its language as OctoPrint does, from the request."""
    app = flask.Flask("aiwatch-test")
    flask_babel.Babel(
        app,
        locale_selector=lambda: flask.request.accept_languages.best,
        default_translation_directories=str(FOLDER),
    )
    app.add_url_rule("/", "ask", lambda: refuse("bad_request", 400, detail="{x} %s"))
    return app


def answer(app: flask.Flask, language: str) -> Any:
    asked = app.test_client().get("/", headers={"Accept-Language": language})
    return asked.get_json()["error"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Die Anfrage ist nicht verwendbar: {x} %s."),
        ("zh", "请求无法使用：{x} %s。"),
        ("nl", "The request cannot be used: {x} %s."),
    ],
)
def test_a_refusal_is_said_in_the_language_of_who_asks(
    app: flask.Flask, language: str, text: str
) -> None:
    assert answer(app, language) == {"code": "bad_request", "text": text}


def test_a_requests_language_may_be_taken_to_another_thread(app: flask.Flask) -> None:
    said = []
    with app.test_request_context(headers={"Accept-Language": "it"}):
        tongue = of_request()
    worker = threading.Thread(target=lambda: said.append(say("idle", {}, tongue)))
    worker.start()
    worker.join()
    assert said == ["Nessuna stampa in corso."]


def test_outside_of_a_request_it_is_english(app: flask.Flask) -> None:
    assert of_request() is ENGLISH
    with app.app_context():
        assert of_request() is ENGLISH


def test_a_message_is_all_in_octoprints_language() -> None:
    german = Home(lambda: "de")
    news = News(latch.WARNING, say("idle", {}, german), "x.gcode", 0.5, "On this machine")
    tell = Tell(latch.WARNING, times=3, repeated=True)
    title, body, _ = compose(tell, news, "", "", german)
    assert title == "Immer noch: Möglicher Fehldruck"
    assert body.split("\n") == [
        "Es läuft kein Druck.",
        "Druck: x.gcode",
        "Wert: 50 von 100, Urteil von Auf diesem Gerät.",
        "3-mal seit der letzten Nachricht dieser Art.",
    ]
    assert late("t", "b", 300.0, "14:05", german) == (
        "[verspätet] t",
        "Das geschah um 14:05, vor 5 min.\nb",
    )


def test_a_summary_names_the_outcome_in_octoprints_language() -> None:
    params = {"outcome": "cancelled", "checks": 9}
    text = summary(Tally(), params, 60.0, Home(lambda: "fr"))
    assert text.startswith("L’impression est finie (annulée) après 1 min et 9 contrôles.")


def test_home_assistant_is_told_names_in_octoprints_language() -> None:
    found = mqtt.discovery("aiwatch/x", "x", "Ender", "9.9", Home(lambda: "de"))
    names = {key.split("/")[-2]: one["name"] for key, one in found.items()}
    assert names["suppress"] == "Keine Alarme für diesen Druck"
    assert names["score"] == "Wert"
