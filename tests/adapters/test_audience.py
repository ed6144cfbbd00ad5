"""Our events and settings are for those who may see the watch; others are not ours."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import flask
import pytest
from octoprint.access import permissions as module

from octoprint_aiwatch.adapters.audience import may_hear, may_read

OURS = {"type": "plugin_aiwatch_warning_raised", "payload": {"score": 0.5}}


@pytest.fixture(autouse=True)
def _permissions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        module, "Permissions", SimpleNamespace(PLUGIN_AIWATCH_VIEW="view")
    )


def user(*permissions: str) -> Any:
    return SimpleNamespace(has_permission=lambda one: one in permissions)


def test_who_may_see_the_watch_hears_its_events() -> None:
    assert may_hear(None, user("view"), "event", OURS)


@pytest.mark.parametrize("nobody", [None, user()])
def test_nobody_else_hears_them(nobody: Any) -> None:
    assert not may_hear(None, nobody, "event", OURS)


@pytest.mark.parametrize(
    ("message", "payload"),
    [
        ("event", {"type": "PrintStarted"}),
        ("event", {"type": "plugin_other_event"}),
        ("event", {}),
        ("event", None),
        ("current", {"state": {}}),
        ("plugin", {"plugin": "aiwatch", "data": OURS}),
    ],
)
def test_what_is_not_our_event_is_left_to_octoprint(message: str, payload: Any) -> None:
    assert may_hear(None, user(), message, payload)


def test_outside_of_a_request_the_settings_are_whole() -> None:
    assert may_read()


@pytest.mark.parametrize(
    ("given", "may"), [((), False), (("view",), True), (("settings",), True)]
)
def test_in_a_request_the_settings_are_for_who_sees_the_watch_or_changes_it(
    monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], may: bool
) -> None:
    permissions = SimpleNamespace(
        PLUGIN_AIWATCH_VIEW=SimpleNamespace(can=lambda: "view" in given),
        SETTINGS=SimpleNamespace(can=lambda: "settings" in given),
    )
    monkeypatch.setattr(module, "Permissions", permissions)
    with flask.Flask("aiwatch-test").test_request_context("/"):
        assert may_read() is may
