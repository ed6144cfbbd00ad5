"""The drill's routes: which settings a drill goes by, and what is refused."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import flask
import pytest

from octoprint_aiwatch.adapters.services import Services
from octoprint_aiwatch.adapters.web_drill import DrillWeb
from octoprint_aiwatch.core.settings import defaults, merged
from tests.adapters.fakes import FIELDS

STORED = "json://user:pa55word@127.0.0.1/hook"


class FakeDrills:
    """Answers as a test wants it to."""

    def __init__(self) -> None:
        self.refused = ""
        self.document: Any = {"ok": True}
        self.planned: list[Any] = []
        self.ran: list[Any] = []

    def plan(self, settings: Any, kinds: Any, tongue: Any) -> Any:
        self.planned.append((settings.backend, kinds))
        return {"calls": 1}

    def refusal(self) -> str:
        return self.refused

    def run(self, settings: Any, tongue: Any) -> Any:
        self.ran.append(settings)
        return self.document


@pytest.fixture
def site() -> Any:
    saved = {"backend": "local", "notify": {"urls": [STORED]}}
    tree = merged(defaults(FIELDS), saved)
    drills, services = FakeDrills(), Services("salt")
    site = SimpleNamespace(drills=drills, services=services, tree=tree, learned=[])
    made: Any = drills
    web = DrillWeb(made, services, FIELDS, lambda: site.tree, site.learned.append)
    app = flask.Flask("aiwatch-test")
    app.add_url_rule("/drill", "plan", web.plan)
    app.add_url_rule("/drill", "run", web.run, methods=["POST"])
    site.client = app.test_client()
    return site


def text_of(answer: Any) -> str:
    text: str = answer.get_json()["error"]["text"]
    return text


# -- what it would cost ---------------------------------------------------------------


def test_the_plan_is_of_the_stored_settings_unless_another_backend_is_named(
    site: Any,
) -> None:
    assert site.client.get("/drill").get_json() == {"calls": 1}
    assert site.client.get("/drill?backend=gadget").status_code == 200
    assert site.drills.planned == [("local", None), ("gadget", None)]


def test_the_kinds_of_services_that_are_not_saved_are_cut_to_what_is_reasonable(
    site: Any,
) -> None:
    many = "&".join("service=" + "x" * 60 for _ in range(30))
    site.client.get("/drill?service=json&service=")
    site.client.get("/drill?service=")
    site.client.get("/drill?" + many)
    kinds = [kinds for _, kinds in site.drills.planned]
    assert kinds == [["json"], [], ["x" * 40] * 20]


@pytest.mark.parametrize("key", ["nobody", ""])
def test_there_is_no_plan_of_a_backend_that_is_not_there(site: Any, key: str) -> None:
    answer = site.client.get(f"/drill?backend={key}")
    assert answer.status_code == 400
    assert "local" in text_of(answer)
    assert site.drills.planned == []


# -- the drill ------------------------------------------------------------------------


def test_a_drill_goes_by_what_is_typed_and_saves_nothing(site: Any) -> None:
    before = copy.deepcopy(site.tree)
    answer = site.client.post(
        "/drill",
        json={
            "backend": "gadget",
            "fields": {"api_key": "TYPED"},
            "camera": {"name": "attic"},
            "decision": {"pause_confidence": 5},
            "actions": {"on_failure": "notify"},
        },
    )
    assert (answer.status_code, answer.get_json()) == (200, {"ok": True})
    (found,) = site.drills.ran
    assert (found.backend, found.camera.name) == ("gadget", "attic")
    assert found.fields("gadget")["api_key"] == "TYPED"
    assert found.decision.pause_confidence == 5
    assert found.actions.on_failure == "notify"
    assert site.tree == before


def test_what_is_typed_is_a_secret_before_anybody_is_asked(site: Any) -> None:
    site.client.post("/drill", json={"notify": {"urls": ["ntfy://topic"]}})
    assert [tree["notify"]["urls"] for tree in site.learned] == [["ntfy://topic"]]


def test_a_service_that_is_kept_is_told_by_its_stored_address(site: Any) -> None:
    kept = {"keep": site.services.id_of(STORED)}
    site.client.post("/drill", json={"notify": {"urls": [kept, "ntfy://topic"]}})
    assert site.drills.ran[0].notify.urls == (STORED, "ntfy://topic")


def test_without_a_word_of_services_the_stored_ones_are_told(site: Any) -> None:
    site.client.post("/drill", json={"backend": "local"})
    assert site.drills.ran[0].notify.urls == (STORED,)


@pytest.mark.parametrize(
    "typed",
    [
        {"backend": 5},
        {"backend": "nobody"},
        {"backend": "gadget", "fields": {"url": "ftp://example.org"}},
        {"camera": {"timeout_s": -1}},
        {"decision": {"pause_confidence": 9}},
        {"actions": {"on_failure": "explode"}},
        {"notify": {"urls": ["a sentence"]}},
        {"notify": {"urls": [{"keep": "gone"}]}},
    ],
)
def test_what_is_typed_and_cannot_be_used_is_refused(site: Any, typed: Any) -> None:
    answer = site.client.post("/drill", json=typed)
    assert answer.status_code == 400
    assert text_of(answer)
    assert site.drills.ran == []


def test_a_stored_mistake_elsewhere_is_no_reason_to_refuse(site: Any) -> None:
    site.tree = merged(site.tree, {"watch": {"min_interval_s": -1}})
    assert site.client.post("/drill", json={}).status_code == 200


def test_while_it_must_not_run_the_reason_is_told(site: Any) -> None:
    site.drills.refused = "drill_printing"
    answer = site.client.post("/drill", json={})
    assert (answer.status_code, site.drills.ran) == (409, [])
    assert answer.get_json()["error"]["code"] == "drill_printing"


def test_who_comes_second_at_the_same_moment_is_refused(site: Any) -> None:
    site.drills.document = None
    answer = site.client.post("/drill", json={})
    assert answer.status_code == 409
    assert answer.get_json()["error"]["code"] == "drill_busy"
