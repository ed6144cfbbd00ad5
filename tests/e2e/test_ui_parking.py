"""The settings page shows the exact lines that park the head, as they are typed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e import support_ui as ui


@pytest.fixture(scope="module")
def host(module_workshop):
    return module_workshop.host()


@pytest.fixture
def view(browser, host) -> Iterator[ui.View]:
    with ui.opened(browser, host) as view:
        view.load()
        view.open_settings()
        yield view


def test_the_lines_follow_what_is_typed_and_are_saved_with_it(host, view):
    page = view.settings
    lines = page.locator('[data-aiwatch="park-lines"]')
    expect(lines).not_to_be_visible()
    page.locator("#aiwatch-actions-park-enabled").check()
    expect(lines).to_contain_text("G1 Z30 F600")
    page.locator("#aiwatch-actions-park-lift_mm").fill("15")
    expect(lines).to_contain_text("G1 Z35 F600")
    page.locator("#aiwatch-actions-park-x_mm").fill("5")
    expect(lines).to_contain_text("G1 X5 Y100 F6000")
    page.locator("#aiwatch-actions-park-tool").select_option("off")
    expect(page.locator('[data-aiwatch="undo-lines"]')).to_contain_text("M109 S210")
    page.locator("#aiwatch-actions-park-x_mm").fill("1999")
    notes = page.locator('[data-aiwatch="park-notes"]')
    expect(notes).to_contain_text("outside the printer's volume")
    page.locator("#aiwatch-actions-park-x_mm").fill("")
    expect(lines).not_to_contain_text("X5")
    view.save_settings()
    saved = host.get("/api/settings").json()["plugins"]["aiwatch"]["actions"]["park"]
    assert saved["enabled"] is True
    assert (saved["lift_mm"], saved["x_mm"], saved["tool"]) == (15, None, "off")
