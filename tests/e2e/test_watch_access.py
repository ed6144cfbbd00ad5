"""Who may see the watch, who may touch it, and how the others are refused."""

from __future__ import annotations

import pytest
import requests
from simulator.host import User
from simulator.host_events import Recorder

from tests.e2e.support_watch import SOON_S, Rig

ROUTES = {
    "status": ("GET", "/plugin/aiwatch/api/status", None),
    "frame": ("GET", "/plugin/aiwatch/api/frame.jpg", None),
    "metrics": ("GET", "/plugin/aiwatch/metrics", None),
    "diagnostics": ("GET", "/plugin/aiwatch/api/diagnostics", None),
    "command": ("POST", "/plugin/aiwatch/api/command", {"command": "check_now"}),
    "test": ("POST", "/plugin/aiwatch/api/test", {"backend": "gadget"}),
}
USERS = (
    User("stranger", permissions=("STATUS",)),
    User("viewer", permissions=("STATUS", "PLUGIN_AIWATCH_VIEW")),
    User("operator", permissions=("STATUS", "PLUGIN_AIWATCH_CONTROL")),
    User("setter", permissions=("STATUS", "SETTINGS")),
    User("reader", groups=("readonly",)),
    User("user", groups=("users",)),
)
ALLOWED = {
    "stranger": set(),
    "viewer": {"status", "frame", "metrics"},
    "operator": {"command"},
    "setter": set(),
    "reader": {"status", "frame", "metrics"},
    "user": {"status", "frame", "metrics", "command"},
    "admin": {"status", "frame", "metrics", "diagnostics", "command", "test"},
}


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop, users=USERS)


@pytest.fixture(scope="module", autouse=True)
def watched(rig):
    """A print of which there is a frame, so that nothing but rights stands in the way."""
    rig.prepare("gadget", watch={"min_interval_s": 600})
    with rig.printing():
        rig.wait_checks(1)
        yield


def ask(rig: Rig, route: str, api_key: str) -> requests.Response:
    method, path, body = ROUTES[route]
    return rig.host.request(method, path, api_key=api_key, json=body)


@pytest.mark.parametrize("user", ALLOWED)
def test_a_user_may_do_what_the_rights_say_and_no_more(rig, user):
    answers = {route: ask(rig, route, rig.host.users[user].api_key) for route in ROUTES}
    allowed = {route for route, answer in answers.items() if answer.status_code == 200}
    assert allowed == ALLOWED[user]
    for route in ROUTES.keys() - allowed:
        assert answers[route].status_code == 403
        assert answers[route].json() == {
            "error": {"code": "forbidden", "text": "You are not allowed to do this."}
        }


@pytest.mark.parametrize("route", ROUTES)
def test_nobody_gets_in_without_a_login(rig, route):
    method, path, body = ROUTES[route]
    with requests.Session() as anonymous:
        anonymous.trust_env = False
        # A valid token against forged requests, so that only the login is missing.
        anonymous.get(f"{rig.host.url}/login/", timeout=30)
        token = anonymous.cookies[f"csrf_token_P{rig.host.port}"]
        answer = anonymous.request(
            method,
            rig.host.url + path,
            json=body,
            headers={"X-CSRF-Token": token},
            timeout=30,
        )
    assert answer.status_code == 403
    assert "error" in answer.json()


@pytest.mark.parametrize("route", ["command", "test"])
def test_a_page_elsewhere_cannot_press_the_buttons_of_a_logged_in_user(rig, route):
    _, path, body = ROUTES[route]
    rig.wait_status(lambda status: status["next_check_s"] > 0, "no check under way")
    calls = len(rig.gadget.cloud.requests)
    with requests.Session() as browser:
        browser.trust_env = False
        for cookie in rig.host.login_cookies():
            browser.cookies.set(cookie["name"], cookie["value"])
        url = rig.host.url + path
        forged = browser.post(url, json=body, timeout=30)
        assert forged.status_code == 400
        assert "CSRF" in forged.text
        assert len(rig.gadget.cloud.requests) == calls, "nothing was done"
        token = browser.cookies[f"csrf_token_P{rig.host.port}"]
        own = browser.post(url, json=body, headers={"X-CSRF-Token": token}, timeout=30)
        assert own.status_code == 200


def test_the_status_is_pushed_to_those_only_who_may_see_it(rig):
    recorders = {}
    for name in ("stranger", "viewer"):
        login = rig.host.post(
            "/api/login", json={"passive": True}, api_key=rig.host.users[name].api_key
        ).json()
        auth = "{name}:{session}".format(**login)
        recorders[name] = Recorder(rig.host.url, auth)
    try:
        rig.check()
        seen = recorders["viewer"].wait(lambda event: event.name == "aiwatch", SOON_S)
        assert seen is not None
        assert seen.data["type"] == "status"
        # What was pushed to the one before this was not pushed to the other.
        rig.host.save_settings({"notify": {"min_gap_s": 601}})
        assert recorders["stranger"].wait(
            lambda event: event.name == "SettingsUpdated", SOON_S
        )
        assert recorders["stranger"].events("aiwatch") == []
    finally:
        for recorder in recorders.values():
            recorder.close()


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("api/command", {"command": "explode"}, "command"),
        ("api/command", {}, "command"),
        ("api/command", ["check_now"], "command"),
        ("api/test", {"backend": "crystal ball"}, "backend"),
        ("api/test", {"backend": ["gadget"]}, "backend"),
        ("api/test", {"backend": "gadget", "fields": {"url": "file:///etc"}}, "address"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_words(rig, path, body, word):
    answer = rig.host.post(f"/plugin/aiwatch/{path}", json=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "bad_request"
    assert word in error["text"]


def test_a_body_that_is_no_json_is_refused_in_words(rig):
    answer = rig.host.post("/plugin/aiwatch/api/command", data=b"\xff{")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_request"
