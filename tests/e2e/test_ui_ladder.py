"""Who judges when the chosen backend cannot, and what it costs: settings and tab."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e import support_ui as ui

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def view(module_workshop, browser):
    cloud = module_workshop.obico()
    obico = {"url": cloud.url, "serial_no": "SN-TEST-1", "access_token": "test-token"}
    settings = ui.watch_settings(
        backend="obico", backends={"obico": obico}, budget={"monthly_calls": 500}
    )
    with ui.StillCamera() as camera:
        host = module_workshop.host(
            camera_snapshot_url=camera.snapshot_url, plugin_settings=settings
        )
        with ui.opened(browser, host) as view:
            yield view


def stored(view):
    return view.host.get("/api/settings").json()["plugins"]["aiwatch"]


def rows(view):
    return view.settings.locator('[data-aiwatch="fallback"] li')


def test_backends_are_added_put_in_order_and_saved(view):
    view.open_settings()
    add = view.settings.locator('[data-aiwatch="fallback-add"]')
    add.select_option("local")
    add.select_option("gadget")
    expect(rows(view)).to_have_count(2)
    rows(view).nth(1).locator('[data-aiwatch="fallback-up"]').click()
    expect(rows(view).first).to_contain_text("Gadget")
    view.save_settings()
    assert stored(view)["fallback"] == ["gadget", "local"]


def test_the_fields_of_all_that_may_be_asked_are_shown(view):
    view.open_settings()
    for key, shown in (("gadget", True), ("obico", True), ("kserve", False)):
        block = view.settings.locator(f'[data-aiwatch-backend="{key}"]')
        expect(block).to_be_visible() if shown else expect(block).to_be_hidden()
    view.close_settings()


def test_one_that_takes_over_can_be_tested_too(view):
    view.open_settings()
    last = rows(view).last
    expect(last).to_contain_text("machine")
    last.locator('[data-aiwatch="fallback-test"]').click()
    result = view.settings.locator('[data-aiwatch="test-result"]')
    expect(result).to_contain_text("The test passed", timeout=30_000)
    view.close_settings()


def test_the_settings_say_what_was_used_and_what_is_left(view):
    view.open_settings()
    table = view.settings.locator('[data-aiwatch="budget"]')
    gadget = table.locator('[data-key="gadget"]')
    expect(gadget).to_contain_text("500")
    expect(gadget).to_contain_text("$0.00")
    expect(table.locator('[data-key="obico"]')).to_contain_text("–")
    view.close_settings()


def test_the_tab_says_who_judges_and_who_would(view):
    view.host.upload_text("G28\n" + "G4 P50\n" * 4000, "job.gcode")
    view.host.wait(lambda: view.host.status()["checks"], 20, "a check")
    view.open_tab()
    steps = view.part("ladder").locator("li")
    expect(steps).to_have_count(3)
    expect(steps.first).to_contain_text("judges")
    expect(steps.nth(1)).to_contain_text("ready")


def test_a_backend_is_taken_out_again(view):
    view.open_settings()
    rows(view).first.locator('[data-aiwatch="fallback-remove"]').click()
    expect(rows(view)).to_have_count(1)
    view.save_settings()
    assert stored(view)["fallback"] == ["local"]


def test_nothing_went_wrong_in_the_browser(view):
    assert view.unexpected() == []
