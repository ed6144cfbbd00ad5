"""Every route, the socket and the settings, asked by people with fewer rights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import websocket
import yaml
from simulator.host import OctoPrintHost, User

from tests.e2e.support_watch import SOON_S, Rig

OPENAPI = Path(__file__).parents[2] / "extras" / "docs" / "openapi.yaml"
PATHS = yaml.safe_load(OPENAPI.read_text("utf-8"))["paths"]
ROUTES = [
    (verb.upper(), path.replace("{job}", "1").replace("{number}", "1"), needed)
    for path, verbs in PATHS.items()
    for verb, about in verbs.items()
    if (needed := set(about["x-permissions"]))
]
LOOKS = User("looks", permissions=("STATUS", "SETTINGS_READ", "PLUGIN_AIWATCH_VIEW"))
BLIND = User("blind", permissions=("STATUS", "SETTINGS_READ"))
MARKER = "marker.gcode"
SETS = User("sets", permissions=("STATUS", "SETTINGS_READ", "SETTINGS"))


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    rig = Rig(module_workshop, users=[LOOKS, BLIND, SETS])
    rig.prepare("gadget")
    return rig


def ask(rig: Rig, user: User, method: str, path: str) -> int:
    address = "/plugin/aiwatch" + path
    body = {"json": {}} if method == "POST" else {}
    return rig.host.request(method, address, api_key=user.api_key, **body).status_code


def test_there_are_routes_to_ask() -> None:
    assert len(ROUTES) >= 18


@pytest.mark.parametrize(("method", "path", "needed"), ROUTES)
def test_without_view_every_route_is_closed(rig, method, path, needed):
    assert ask(rig, BLIND, method, path) == 403


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [one for one in ROUTES if one[2] != {"PLUGIN_AIWATCH_VIEW"}],
)
def test_with_view_alone_whatever_changes_something_is_closed(rig, method, path, needed):
    assert ask(rig, LOOKS, method, path) == 403


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [one for one in ROUTES if one[2] == {"PLUGIN_AIWATCH_VIEW"}],
)
def test_with_view_alone_whatever_is_looked_at_is_open(rig, method, path, needed):
    assert ask(rig, LOOKS, method, path) != 403


def heard(host: OctoPrintHost, user: User, act) -> list[str]:
    """The events that this user's page is sent, up to the marker that comes after."""
    answer = host.post("/api/login", json={"passive": True}, api_key=user.api_key).json()
    address = host.url.replace("http:", "ws:") + "/sockjs/websocket"
    socket = websocket.create_connection(address, timeout=SOON_S)
    try:
        socket.send(json.dumps({"auth": f"{answer['name']}:{answer['session']}"}))
        # Once it was sent the printer's state it hears whatever it may.
        while "history" not in json.loads(socket.recv()):
            pass
        act()
        found: list[str] = []
        while True:
            event = json.loads(socket.recv()).get("event")
            if event:
                found.append(event["type"])
                if (event["payload"] or {}).get("name") == MARKER:
                    return found
    finally:
        socket.close()


def test_events_on_octoprints_bus_reach_only_those_who_may_see_the_watch(rig):
    def a_short_print() -> None:
        since_s = rig.host.now_s()
        with rig.printing():
            rig.wait_fired("watch_started", since_s)
        rig.wait_fired("watch_ended", since_s)
        rig.host.upload_text("M117 x\n", MARKER, print_now=False)

    for user, some in ((LOOKS, True), (BLIND, False)):
        events = heard(rig.host, user, a_short_print)
        ours = [one for one in events if one.startswith("plugin_aiwatch_")]
        assert bool(ours) is some, (user.name, events)


def test_without_view_the_settings_tell_nothing_of_it(rig):
    def shown(user: User) -> dict:
        return rig.host.get("/api/settings", api_key=user.api_key).json()["plugins"]

    assert shown(BLIND)["aiwatch"] == {"services": [], "secrets_set": {}}
    assert shown(LOOKS)["aiwatch"]["backend"] == "gadget"
    assert shown(SETS)["aiwatch"]["backend"] == "gadget"
