"""The first run: from a fresh installation to a watched print by the wizard alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Locator, expect
from simulator.clouds import steady

from tests.e2e import support_ui as ui
from tests.e2e.support_axe import findings

BY_CLICKS_S = 120.0
TYPED = "typed-secret-4711"
HEAP = (0.95, 0.5, 0.5, 0.4, 0.4)


def fresh(workshop, camera, **options):
    """An OctoPrint in which AI Watch has just been installed: nothing is set."""
    return workshop.host(
        camera_snapshot_url=camera.snapshot_url, config=ui.NEVER_SEEN, **options
    )


@contextmanager
def wizard(browser, host, size=ui.WIDE) -> Iterator[ui.View]:
    with ui.opened(browser, host, size=size) as view:
        expect(view.page.locator("#wizard_plugin_aiwatch")).to_be_visible()
        yield view


def step(view: ui.View, name: str = "") -> Locator:
    return view.page.locator(f"#wizard_plugin_aiwatch{name}")


def go_on(view: ui.View, to: str) -> Locator:
    view.page.click("#wizard_dialog .button-next")
    expect(step(view, to)).to_be_visible()
    return step(view, to)


def finish(view: ui.View) -> None:
    view.page.click("#wizard_dialog .button-finish")
    expect(view.page.locator("#wizard_dialog")).to_be_hidden()


def stored(host) -> dict[str, Any]:
    return host.get("/api/settings").json()["plugins"]["aiwatch"]


def sees(view: ui.View) -> None:
    words = step(view, "_camera").locator('[data-aiwatch="camera-words"]')
    expect(words).to_contain_text("a frame of 640 x 480", timeout=30000)


def drill(page: Locator) -> None:
    page.locator('[data-aiwatch="drill-run"]').click()
    works = page.locator('[data-aiwatch="drill-sum"]')
    expect(works).to_have_text("It works.", use_inner_text=True, timeout=60000)


def test_by_the_wizard_alone_a_print_is_watched_in_less_than_two_minutes(
    workshop, browser, camera, start_print
):
    host = fresh(workshop, camera)
    with wizard(browser, host) as view:
        began_s = time.monotonic()
        chosen = step(view).locator('[data-aiwatch="card"].is-chosen')
        expect(chosen).to_contain_text("On this machine")
        go_on(view, "_camera")
        sees(view)
        last = go_on(view, "_drill")
        drill(last)
        finish(view)
        start_print(host, duration_s=240)
        host.wait(lambda: host.status()["phase"] == "watching", 30, "the watch")
        assert time.monotonic() - began_s < BY_CLICKS_S
        view.load()
        expect(view.page.locator("#wizard_dialog")).to_be_hidden()
    answer = host.get("/api/setup/wizard").json()["aiwatch"]
    assert answer["ignored"] is True
    host.wait(lambda: host.status()["checks"], 120, "the first check")
    assert host.status()["backend"] == "local"


def test_on_a_new_octoprint_it_follows_the_account_and_the_webcam(
    workshop, browser, camera
):
    first = {"server": {"firstRun": True, "seenWizards": {"aiwatch": None}}}
    host = workshop.host(
        camera_snapshot_url=camera.snapshot_url, config=first, accounts=False
    )
    with browser.new_context(viewport={"width": 1280, "height": 1000}) as context:
        view = ui.View(context.new_page(), host)
        view.expect_refusal(r"HTTP 403 http://[^/]+/api/(printer|settings)")
        view.load()
        passed = []
        while not (step(view).is_visible()):
            page = view.page.locator("#wizard_dialog .tab-pane.active:visible").first
            passed.append(page.get_attribute("id"))
            if passed[-1] == "wizard_plugin_corewizard_acl":
                for field, text in enumerate(("me", "secret-12", "secret-12")):
                    page.locator("input:visible").nth(field).fill(text)
                page.get_by_text("Create Account", exact=True).click()
                view.page.wait_for_function(
                    "() => ko.dataFor($('#wizard_plugin_corewizard_acl form')[0]).setup()"
                )
            view.page.click("#wizard_dialog .button-next")
            expect(view.page.locator(f"#{passed[-1]}")).to_be_hidden()
        assert "wizard_plugin_corewizard_acl" in passed
        assert "wizard_plugin_classicwebcam_wizard" in passed
        for name in ("backend", "camera", "try it"):
            link = view.page.get_by_text(f"Watching prints: {name}", exact=True)
            expect(link).to_be_visible()
        go_on(view, "_camera")
        sees(view)
        drill(go_on(view, "_drill"))
        assert not view.unexpected()


def test_a_server_of_ones_own_is_set_up_with_its_token(
    workshop, browser, camera, start_print
):
    # The drill's picture is a failure, so this server sees one, and in the print too.
    server = workshop.obico_ml(steady(0.95, HEAP), token=TYPED)
    host = fresh(workshop, camera)
    with wizard(browser, host) as view:
        began_s = time.monotonic()
        page = step(view)
        card = page.locator('[data-aiwatch="card"][data-key="obico_ml"]')
        token = page.locator("#aiwatch-wizard-backends-obico_ml-token")
        expect(token).to_be_hidden()
        card.get_by_role("radio").check()
        expect(card.get_by_text("This is needed. Please fill it in.")).to_have_count(2)
        page.locator("#aiwatch-wizard-backends-obico_ml-url").fill(server.url)
        page.locator("#aiwatch-wizard-backends-obico_ml-callback_url").fill(host.url)
        token.fill(TYPED)
        expect(card.locator(".control-group.error")).to_have_count(0)
        go_on(view, "_camera")
        sees(view)
        last = go_on(view, "_drill")
        drill(last)
        finish(view)
        expect(token).to_have_value("")
        start_print(host, duration_s=240)
        host.wait(lambda: host.status()["phase"] == "watching", 30, "the watch")
        assert time.monotonic() - began_s < BY_CLICKS_S
    assert stored(host)["backend"] == "obico_ml"
    assert TYPED in (host.basedir / "config.yaml").read_text()
    assert TYPED not in host.get("/api/settings").text
    assert TYPED not in host.log_text()
    host.wait(lambda: host.status()["checks"], 120, "the first check")
    assert len(server.fetches) > 1


def test_what_is_skipped_is_as_it_was_and_is_not_shown_again(workshop, browser, camera):
    host = fresh(workshop, camera)
    before = stored(host)
    with wizard(browser, host, ui.PHONE) as view:
        go_on(view, "_camera")
        go_on(view, "_drill")
        finish(view)
    assert stored(host) == before
    with ui.opened(browser, host) as view:
        expect(view.page.locator("#wizard_dialog")).to_be_hidden()
        expect(view.page.locator("#wizard_plugin_aiwatch")).to_have_count(0)


def test_who_has_set_something_before_is_not_asked_again(workshop, browser, camera):
    settings = {"watch": {"min_interval_s": 20}}
    host = fresh(workshop, camera, plugin_settings=settings)
    assert host.get("/api/setup/wizard").json()["aiwatch"]["required"] is False
    with ui.opened(browser, host) as view:
        expect(view.page.locator("#wizard_plugin_aiwatch")).to_have_count(0)


def test_no_id_is_there_twice_and_nothing_keeps_anybody_from_it(
    workshop, browser, camera
):
    host = fresh(workshop, camera)
    with wizard(browser, host) as view:
        twice = view.page.evaluate(
            """[...document.querySelectorAll('[id^=aiwatch]')].map(one => one.id)
                .filter((id, n, all) => all.indexOf(id) !== n)"""
        )
        assert twice == []
        step(view).locator('[data-key="gadget"]').get_by_role("radio").check()
        expect(step(view)).to_contain_text("This is needed. Please fill it in.")
        assert findings(view.page, "#wizard_plugin_aiwatch") == []
        go_on(view, "_camera")
        sees(view)
        assert findings(view.page, "#wizard_plugin_aiwatch_camera") == []
        go_on(view, "_drill")
        assert findings(view.page, "#wizard_plugin_aiwatch_drill") == []
