"""Whatever others call things is shown as text, and breaks no layout.

What the server would cut short itself is put into the page uncut here: a page must not
rely on that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e import support_ui as ui

MARKUP = '<img src=x onerror="window.hacked = 1"><b>bold</b>${1}%(n)s{{7*7}}'
RIGHT_TO_LEFT = "\u202egnp.\u2067مرحبا\u2067"
HOSTILE = f"{MARKUP} {RIGHT_TO_LEFT} {'W' * 5000} {'long ' * 1000}"
TAB, SIDEBAR = "#tab_plugin_aiwatch", "#sidebar_plugin_aiwatch"
SETTINGS = "#settings_plugin_aiwatch"


@pytest.fixture(scope="module")
def host(module_workshop):
    return module_workshop.host(plugin_settings=ui.watch_settings())


@pytest.fixture(scope="module", params=[ui.WIDE, ui.PHONE], ids=["wide", "phone"])
def shared(request, browser, host) -> Iterator[ui.View]:
    with ui.opened(browser, host, size=request.param) as view:
        if request.param == ui.PHONE:
            view.page.add_style_tag(content=ui.FOLDED)
        yield view


@pytest.fixture
def view(shared, host) -> Iterator[ui.View]:
    """The page of this size, at the tab; what a test made it believe is taken back."""
    with shared.anew():
        shared.page.evaluate("$('#tab_plugin_aiwatch_link a').tab('show')")
        try:
            yield shared
            assert shared.page.evaluate("window.hacked") is None
        finally:
            shared.page.evaluate("delete window.hacked")
            shared.page.unroute_all(behavior="wait")
            put_back(shared, host)


def put_back(view: ui.View, host) -> None:
    hear(view, {"type": "status", "status": host.status()})
    hear(view, {"type": "settings_problems", "problems": []})
    if view.part("job").first.is_visible():
        view.part("history-open").click()
    if view.page.locator("#settings_dialog").is_visible():
        # By its own way: on a phone the button may be out of reach.
        view.page.evaluate("$('#settings_dialog').modal('hide')")
        view.page.locator("#settings_dialog").wait_for(state="hidden")


def sticks_out(view: ui.View, root: str) -> list[str]:
    """What is to be seen beside the part it is in; a table scrolls by itself."""
    found: list[str] = view.page.evaluate(
        """root => {
            const part = document.querySelector(root);
            const edge = part.getBoundingClientRect();
            const clipped = one => {
                for (let at = one.parentElement; at && at !== part; at = at.parentElement)
                    if (getComputedStyle(at).overflowX !== "visible") return true;
                return false;
            };
            return [...part.querySelectorAll("*")].filter(one => {
                const box = one.getBoundingClientRect();
                return box.width > 0 && box.right > edge.right + 2 && !clipped(one);
            }).map(one => one.outerHTML.slice(0, 120));
        }""",
        root,
    )
    return found


def is_text(view: ui.View, root: str) -> bool:
    """Nobody made elements out of it."""
    strange = "img[src='x'], b:text-is('bold')"
    return view.page.locator(root).locator(strange).count() == 0


def hear(view: ui.View, message: dict[str, Any]) -> None:
    """As if the server had pushed it."""
    view.page.evaluate(
        """message => ko.dataFor(document.querySelector("#tab_plugin_aiwatch"))
            .store.onDataUpdaterPluginMessage("aiwatch", message)""",
        message,
    )


def hostile_status(host) -> dict[str, Any]:
    reason = {"code": "x", "text": HOSTILE, "params": {}}
    box = {"confidence": 0.9, "x": 0.5, "y": 0.5, "w": 0.2, "h": 0.2, "counts": True}
    return {
        **host.status(),
        "phase": "watching",
        "verdict": "warning",
        "score": 0.5,
        "reason": HOSTILE,
        "why": reason,
        "reasons": [reason, reason],
        "backend_label": HOSTILE,
        "camera": HOSTILE,
        "job": {
            "id": "1",
            "name": HOSTILE,
            "path": HOSTILE,
            "origin": "local",
            "started_at": 0.0,
            "elapsed_s": 60.0,
        },
        "ladder": [
            {"key": "a", "label": HOSTILE, "state": "left_out", "why": HOSTILE},
            {"key": "b", "label": HOSTILE, "state": "judges", "why": ""},
        ],
        "detections": [box],
    }


def hostile_job() -> dict[str, Any]:
    note = {"at_s": 5.0, "kind": "warning", "who": "us", "text": HOSTILE}
    columns = {
        "n": [1],
        "at_s": [1.0],
        "score": [0.5],
        "verdict": ["ok"],
        "frame": [False],
    }
    judges = [{"n": 1, "backend": "a", "label": HOSTILE}]
    return {
        "id": "1",
        "name": HOSTILE,
        "columns": columns,
        "judges": judges,
        "notes": [note],
        "pauses": [],
        "pause": None,
    }


def test_tab_and_sidebar_show_hostile_words_as_text(view, host):
    status = hostile_status(host)
    # A page that just came asks for the status itself: it is told the same.
    view.page.route("**/api/status", lambda route: route.fulfill(json=status))
    view.page.route("**/api/jobs/1", lambda route: route.fulfill(json=hostile_job()))
    hear(view, {"type": "status", "status": status})
    expect(view.part("reason")).to_contain_text(MARKUP)
    for root in (TAB, SIDEBAR):
        assert is_text(view, root)
        assert sticks_out(view, root) == []


def test_an_alert_shows_them_as_text(view):
    alert = {"title": HOSTILE[:200], "text": HOSTILE, "level": "error", "event": "x"}
    hear(view, {"type": "alert", "sticky": True, **alert})
    notice = view.page.locator(".ui-pnotify").last
    expect(notice).to_contain_text("<b>bold</b>")
    assert is_text(view, ".ui-pnotify")
    assert sticks_out(view, ".ui-pnotify-container") == []
    view.page.evaluate("PNotify.removeAll()")


def test_the_history_shows_them_as_text(view):
    job = {
        "id": "1", "name": HOSTILE, "outcome": HOSTILE, "began_at": 0, "checks": 3,
        "worst": 0.5, "warnings": 1, "pauses": 1, "who": [HOSTILE], "calls": 1,
        "mark": None, "spark": [0.1, 0.5], "backend": HOSTILE, "ended_at": 1,
    }  # fmt: skip
    answer = view.page.request.get(f"{view.host.url}/plugin/aiwatch/api/jobs").json()
    view.page.route(
        "**/plugin/aiwatch/api/jobs",
        lambda route: route.fulfill(json={**answer, "jobs": [job]}),
    )
    view.part("history-open").click()
    expect(view.part("job").first).to_contain_text("<b>bold</b>")
    assert is_text(view, TAB)
    assert sticks_out(view, TAB) == []


def test_a_test_and_a_drill_show_them_as_text(view):
    step = {"name": HOSTILE, "ok": False, "text": HOSTILE, "advice": HOSTILE}
    tested = {"ok": False, "took_s": 1, "steps": [step], "detections": [], "frame": None}
    link = {"name": "backend", "title": HOSTILE, "state": "failed"}
    link |= {"text": HOSTILE, "advice": HOSTILE, "lines": [HOSTILE]}
    drilled = {"ok": False, "links": [link], "detections": []}
    plan = {"possible": True, "why_not": "", "says": [HOSTILE]}
    view.page.route("**/api/test", lambda route: route.fulfill(json=tested))
    view.page.route(
        "**/api/drill*",
        lambda route: route.fulfill(
            json=plan if route.request.method == "GET" else drilled
        ),
    )
    view.page.evaluate("ko.dataFor(document.querySelector('#navbar_settings')).show()")
    view.page.evaluate("$('#settings_plugin_aiwatch_link a').tab('show')")
    part = view.settings.locator
    part('[data-aiwatch="test"]').click()
    expect(part('[data-aiwatch="test-result"] li').first).to_contain_text(MARKUP)
    part('[data-aiwatch="drill-run"]').click()
    expect(part('[data-aiwatch="drill-link"]').first).to_contain_text(MARKUP)
    expect(part('[data-aiwatch="drill-plan"]')).to_contain_text(MARKUP)
    assert is_text(view, SETTINGS)
    assert sticks_out(view, SETTINGS) == []


def test_what_could_not_be_saved_is_told_as_text(view):
    problem = {"path": "backends.gadget.url", "text": HOSTILE}
    hear(view, {"type": "settings_problems", "problems": [problem]})
    notice = view.page.locator(".ui-pnotify").last
    expect(notice).to_contain_text("<b>bold</b>")
    assert is_text(view, ".ui-pnotify")
    view.page.evaluate("PNotify.removeAll()")


def test_the_words_are_as_hostile_as_they_are_meant_to_be() -> None:
    assert len(json.dumps(HOSTILE)) > 10_000
