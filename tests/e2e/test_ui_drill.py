"""*Does it work?* on the settings page: its costs, its button, how each link did."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.adapters.delivering import Service
from tests.e2e import support_ui as ui

LONG_MS = 60_000


@pytest.fixture(scope="module")
def host(module_workshop):
    cloud = module_workshop.gadget()
    gadget = {"url": cloud.url, "api_key": "test-key"}
    settings = ui.watch_settings(backend="local", backends={"gadget": gadget})
    # At one look in ten minutes a failure is noticed late, and the drill would say so.
    settings["watch"]["min_interval_s"] = 30
    with ui.StillCamera() as camera:
        yield module_workshop.host(
            camera_snapshot_url=camera.snapshot_url, plugin_settings=settings
        )


def part(view: ui.View, name: str):
    return view.settings.locator(f'[data-aiwatch="{name}"]')


@pytest.mark.parametrize("size", [ui.WIDE, ui.PHONE])
def test_the_drill_says_what_it_costs_and_then_how_each_link_did(browser, host, size):
    with ui.opened(browser, host, size=size) as view:
        if size == ui.PHONE:
            view.page.add_style_tag(content=ui.FOLDED)
        view.open_settings()
        expect(part(view, "drill-plan")).to_contain_text("costs nothing")
        expect(part(view, "drill-plan")).to_contain_text("none is sent")
        part(view, "drill-run").click()
        expect(part(view, "drill-sum")).to_be_visible(timeout=LONG_MS)
        expect(part(view, "drill-sum")).to_have_text("It works.", use_inner_text=True)
        links = part(view, "drill-link")
        expect(links).to_have_count(5)
        states = [links.nth(n).get_attribute("data-state") for n in range(links.count())]
        # These settings only tell of a failure, and to nobody.
        assert states == ["passed", "passed", "passed", "skipped", "skipped"]
        expect(part(view, "drill").locator(".aiwatch-boxes .aiwatch-box")).to_have_count(
            1
        )
        assert view.wider_than(size[0]) == []


def test_what_is_not_saved_yet_is_told_of_and_asked(browser, host):
    service = Service()
    with ui.opened(browser, host) as view:
        view.open_settings()
        view.setting("backend-gadget").check()
        expect(part(view, "drill-plan")).to_contain_text("Gadget")
        expect(part(view, "drill-plan")).to_contain_text("5000 free calls")
        view.setting("notify-new").fill(service.url)
        part(view, "service-add").click()
        expect(part(view, "drill-plan")).to_contain_text("A test message goes to: json.")
        part(view, "drill-run").click()
        expect(part(view, "drill-sum")).to_be_visible(timeout=LONG_MS)
        expect(view.settings.locator('[data-link="backend"]')).to_have_attribute(
            "data-state", "passed"
        )
        assert service.titles == ["AI Watch: test"]
    service.stop()
    assert host.status()["backend"] == "local", "nothing was saved"


def test_while_a_print_is_on_the_button_rests_and_says_why(browser, host, start_print):
    start_print(host, 30)
    with ui.opened(browser, host) as view:
        view.open_settings()
        expect(part(view, "drill-not-now")).to_contain_text("A print is on.")
        expect(part(view, "drill-run")).to_be_disabled()
    host.command("cancel")
    host.wait_state("Operational")
