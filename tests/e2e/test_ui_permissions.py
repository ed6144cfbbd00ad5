"""Who may look and who may touch: the same pages for people with fewer rights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect
from simulator.host import User

from tests.e2e import support_ui as ui

LOOKS = User("looks", permissions=("STATUS", "SETTINGS_READ", "PLUGIN_AIWATCH_VIEW"))
BLIND = User("blind", permissions=("STATUS", "SETTINGS_READ"))


@pytest.fixture(scope="module")
def host(module_workshop):
    cloud = module_workshop.gadget()
    gadget = {"url": cloud.url, "api_key": "test-key"}
    settings = ui.watch_settings(backend="gadget", backends={"gadget": gadget})
    with ui.StillCamera() as camera:
        host = module_workshop.host(
            camera_snapshot_url=camera.snapshot_url,
            plugin_settings=settings,
            users=[LOOKS, BLIND],
        )
        host.upload_text("G28\n" + "G4 P50\n" * 6000, "job.gcode")
        host.wait(lambda: host.status()["checks"] > 0, 20, "the first check")
        yield host


@contextmanager
def page_of(user: User, browser, host) -> Iterator[ui.View]:
    with ui.opened(browser, host, user=user.name) as view:
        # OctoPrint's own page asks for things that such a user must not have.
        view.expect_refusal(r"HTTP 403 http://[^/]+/api/")
        yield view


def command(view: ui.View) -> int:
    """Presses suppress past the page's buttons; the answer's status."""
    return view.page.evaluate(
        """() => new Promise(done => OctoPrint.postJson(
            OctoPrint.getBlueprintUrl("aiwatch") + "api/command", {command: "suppress"}
        ).always((a, b, c) => done((a.status === undefined ? c : a).status)))"""
    )


def test_without_control_one_can_look_and_not_touch(browser, host):
    with page_of(LOOKS, browser, host) as view:
        view.expect_refusal("HTTP 403 .*/api/command")
        view.open_tab()
        expect(view.part("score")).to_have_text("0 %")
        expect(view.part("frame")).to_be_visible()
        for button in ("suppress", "not-a-failure", "check-now"):
            expect(view.part(button)).to_be_visible()
            expect(view.part(button)).to_be_disabled()
        assert command(view) == 403
        assert host.status()["suppressed"] is False


def test_without_control_what_changes_is_seen_all_the_same(browser, host):
    with page_of(LOOKS, browser, host) as view:
        view.open_tab()
        host.watch_command("suppress")
        expect(view.tab.get_by_text("Alerts off")).to_be_visible()
        host.watch_command("unsuppress")
        expect(view.tab.get_by_text("Alerts off")).to_be_hidden()


def test_without_view_there_is_nothing_to_see(browser, host):
    with page_of(BLIND, browser, host) as view:
        expect(view.page.locator("#tab_plugin_aiwatch_link")).to_be_hidden()
        expect(view.page.locator("#sidebar_plugin_aiwatch_wrapper")).to_be_hidden()
        expect(view.navbar.locator("a")).to_be_hidden()
        # Even when the tab is brought up by hand it is empty.
        view.page.evaluate("$('#tab_plugin_aiwatch_link a').tab('show')")
        expect(view.page.locator(".aiwatch:visible")).to_have_count(0)
        asked = [url for url in view.requested if "/plugin/aiwatch/api/" in url]
        assert asked == []


def test_without_view_no_message_of_the_watch_arrives(browser, host):
    with page_of(BLIND, browser, host) as view:
        heard = (
            "window.heard = []; OctoPrint.socket.onMessage('plugin', e => heard.push(e))"
        )
        view.page.evaluate(f"() => {{ {heard} }}")
        host.watch_command("suppress")
        host.watch_command("unsuppress")
        # An event of OctoPrint's own proves that what was sent before it has passed.
        uploaded = "window.uploaded = false; OctoPrint.socket.onMessage('event', e => "
        uploaded += "{ if (e.data.type === 'FileAdded') window.uploaded = true })"
        view.page.evaluate(f"() => {{ {uploaded} }}")
        host.upload_text("M117 x\n", "marker.gcode", print_now=False)
        view.page.wait_for_function("window.uploaded")
        messages = view.page.evaluate(
            "heard.filter(e => e.data.plugin === 'aiwatch').length"
        )
        assert messages == 0
        assert view.sidebar.locator('[data-aiwatch="score"]').text_content() == "no data"


def test_the_status_and_the_frame_are_refused_without_view(host):
    for path in ("status", "frame.jpg"):
        address = f"/plugin/aiwatch/api/{path}"
        assert host.get(address, api_key=BLIND.api_key).status_code == 403
        assert host.get(address, api_key=LOOKS.api_key).status_code == 200
