"""A fresh installation, with nothing set: it watches, and needs no account for it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from octoprint_aiwatch.backends import REGISTRY
from tests.e2e import support_local as local
from tests.e2e import support_ui as ui
from tests.e2e.support_watch import SOON_S, BareRig

SETTLED_S = 30.0
"""The watch lets the heaters' first lines pass before the first frame."""


@pytest.fixture(scope="module")
def rig(module_workshop) -> BareRig:
    """Never given a setting of ours."""
    rig = BareRig(module_workshop)
    assert rig.host.get("/api/settings").json()["plugins"]["aiwatch"]["enabled"] is True
    return rig


def test_it_watches_the_first_print_and_shows_a_score(rig):
    with rig.printing() as since_s:
        status = rig.wait_checks(1, SETTLED_S)
        assert (status["phase"], status["verdict"]) == ("watching", "ok")
        assert (status["backend"], status["backend_label"]) == (
            "local",
            "On this machine",
        )
        assert 0.0 <= status["score"] < 0.4
        assert (status["blind"], status["calls_this_month"]) == (False, 0)
        assert rig.fired("watch_started", since_s)
        assert rig.warnings() == []
        process = local.the_detector(rig.host)
    local.wait_gone(rig.host, process, SOON_S)


def test_the_settings_page_shows_the_detector_as_chosen(rig, browser):
    with ui.opened(browser, rig.host) as view:
        settings = view.open_settings()
        cards = settings.locator('[data-aiwatch="card"]')
        expect(cards).to_have_count(len(REGISTRY))
        expect(cards.first).to_have_attribute("data-key", "local")
        expect(view.setting("backend-local")).to_be_checked()
        expect(view.setting("backends.local.model")).to_have_value("")
        expect(view.setting("backends.local.threads")).to_have_value("1")
        expect(settings.locator(".control-group.error")).to_have_count(0)
        view.save_settings()
    on_disk = (rig.host.basedir / "config.yaml").read_text()
    assert "gadget" not in on_disk
