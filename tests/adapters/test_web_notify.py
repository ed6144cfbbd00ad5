"""The route that tests a service, and how messages learn where to link to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import flask
import pytest

from octoprint_aiwatch.adapters.services import Services
from octoprint_aiwatch.adapters.web_notify import NotifyWeb

STORED = "json://user:pa55word@127.0.0.1/hook"


class FakeNotifier:
    def __init__(self) -> None:
        self.services = Services("salt")
        self.tested: list[str] = []
        self.links: list[str] = []

    def test(self, url: str, tongue: Any) -> tuple[bool, str]:
        self.tested.append(url)
        return False, "error=401"

    def seen_at(self, link: str) -> None:
        self.links.append(link)


@pytest.fixture
def site() -> Any:
    site = SimpleNamespace(notifier=FakeNotifier(), learned=[])
    tree = {"notify": {"urls": [STORED]}}
    web = NotifyWeb(site.notifier, lambda: tree, site.learned.append)
    app = flask.Flask("aiwatch-test")
    app.add_url_rule("/test", "test", web.test, methods=["POST"])

    def look() -> str:
        web.note_address()
        return ""

    app.add_url_rule("/look", "look", look)
    site.client = app.test_client()
    return site


def test_a_stored_service_is_tested_by_its_id(site: Any) -> None:
    body = {"service": site.notifier.services.id_of(STORED)}
    answer = site.client.post("/test", json=body)
    assert answer.get_json() == {"ok": False, "text": "error=401"}
    assert site.notifier.tested == [STORED]


def test_a_typed_address_is_a_secret_before_it_is_used(site: Any) -> None:
    site.client.post("/test", json={"url": " ntfy://topic "})
    assert site.notifier.tested == ["ntfy://topic"]
    assert site.learned == [{"notify": {"urls": [" ntfy://topic "]}}]


@pytest.mark.parametrize("body", [None, [], "x", {}, {"service": 5}, {"service": "0"}])
def test_an_unknown_service_is_not_there(site: Any, body: Any) -> None:
    answer = site.client.post("/test", json=body)
    assert answer.status_code == 404
    assert answer.get_json()["error"]["code"] == "no_such_service"


@pytest.mark.parametrize("url", ["", "ntfy", "ntfy://", "a\n://b", "x://" + "y" * 3000])
def test_an_address_that_cannot_be_one_is_a_bad_request(site: Any, url: str) -> None:
    assert site.client.post("/test", json={"url": url}).status_code == 400
    assert site.notifier.tested == []


@pytest.mark.parametrize(
    ("host", "headers", "links"),
    [
        ("octopi.local", {}, ["http://octopi.local/"]),
        ("octopi.local:5000", {}, ["http://octopi.local:5000/"]),
        ("octopi.local", {"X-Api-Key": "k"}, []),
        ("octopi.local", {"Authorization": "Bearer k"}, []),
        ("localhost:5000", {}, []),
        ("127.0.0.1:5000", {}, []),
        ("[::1]:5000", {}, []),
    ],
)
def test_messages_link_to_where_a_browser_reached_us(
    site: Any, host: str, headers: dict[str, str], links: list[str]
) -> None:
    site.client.get("/look", base_url=f"http://{host}", headers=headers)
    assert site.notifier.links == links
