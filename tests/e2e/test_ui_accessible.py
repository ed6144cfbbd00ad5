"""Everybody can use it: axe-core finds nothing grave, the keyboard reaches everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from simulator.clouds import gadget_answer
from simulator.replies import Reply

from tests.e2e import support_ui as ui
from tests.e2e.support_axe import findings
from tests.e2e.test_ui_history import write_history

pytestmark = pytest.mark.timeout(300)
TAB, SIDEBAR = "#tab_plugin_aiwatch", "#sidebar_plugin_aiwatch"
NAVBAR, SETTINGS = "#navbar_plugin_aiwatch", "#settings_plugin_aiwatch"
LONG_MS = 60_000


@pytest.fixture(scope="module")
def cloud(module_workshop):
    return module_workshop.gadget()


@pytest.fixture(scope="module")
def camera() -> Iterator[ui.StillCamera]:
    with ui.StillCamera() as camera:
        yield camera


@pytest.fixture(scope="module")
def host(module_workshop, cloud, camera):
    gadget = {"url": cloud.url, "api_key": "test-key"}
    settings = ui.watch_settings(backend="gadget", backends={"gadget": gadget})
    host = module_workshop.host(
        start=False, camera_snapshot_url=camera.snapshot_url, plugin_settings=settings
    )
    write_history(Path(host.basedir) / "data" / "aiwatch", 3, 40)
    return host.start()


@pytest.fixture(scope="module")
def shared(host, browser):
    with ui.opened(browser, host) as view:
        yield view


@pytest.fixture
def view(shared):
    with shared.anew():
        shared.open_tab()
        yield shared


@pytest.fixture
def printing(host, cloud, camera, start_print):
    """A print that was checked once."""
    camera.broken = None
    say(cloud, 5)
    try:
        start_print(host, duration_s=600)
        host.wait(lambda: host.status()["checks"] > 0, 10, "the first check")
        yield host
    finally:
        camera.broken = None
        if host.state().text != "Operational":
            host.command("cancel")
        host.wait_state("Operational")


def say(cloud, score: int, **flags) -> None:
    cloud.unscript()
    cloud.script(gadget_answer(score, interval_s=1, **flags), forever=True)


@pytest.fixture
def form(view):
    """The settings; closed whatever becomes of the test."""
    yield view.open_settings()
    view.close_settings()


def looks(view: ui.View, state: str) -> None:
    expect(view.part("verdict")).to_have_attribute("data-verdict", state)


# -- axe ------------------------------------------------------------------------------


def test_nothing_keeps_anybody_from_an_idle_watch(view):
    looks(view, "none")
    assert findings(view.page, TAB, SIDEBAR, NAVBAR) == []


def test_nothing_keeps_anybody_from_a_watch_that_finds_nothing(view, printing):
    looks(view, "ok")
    expect(view.part("frame")).to_be_visible()
    assert findings(view.page, TAB, SIDEBAR, NAVBAR) == []


def test_nothing_keeps_anybody_from_alerts_that_are_off(view, printing):
    view.part("suppress").click()
    expect(view.tab.get_by_text("Alerts off")).to_be_visible()
    assert findings(view.page, TAB, SIDEBAR, NAVBAR) == []


def test_nothing_keeps_anybody_from_a_warning(view, printing, cloud):
    say(cloud, 60, warning=True)
    printing.watch_command("check_now")
    looks(view, "warning")
    assert findings(view.page, TAB, SIDEBAR, NAVBAR) == []


def test_nothing_keeps_anybody_from_a_blind_watch(view, printing, camera):
    camera.broken = Reply(500)
    printing.watch_command("check_now")
    looks(view, "blind")
    assert findings(view.page, TAB, SIDEBAR, NAVBAR) == []


def test_nothing_keeps_anybody_from_a_paused_print(view, printing, cloud):
    printing.save_settings({"actions": {"on_failure": "pause"}})
    say(cloud, 93, warning=True, pause=True)
    printing.watch_command("check_now")
    printing.wait_state("Paused")
    expect(view.part("reason")).to_contain_text("AI Watch paused the print")
    assert findings(view.page, TAB, SIDEBAR, NAVBAR) == []
    printing.save_settings({"actions": {"on_failure": "notify"}})


def test_nothing_keeps_anybody_from_the_history_a_replay_and_the_tuner(view):
    view.part("history-open").click()
    expect(view.part("job").first).to_be_visible()
    assert findings(view.page, TAB) == []
    view.part("job-open").first.click()
    expect(view.part("replay")).to_be_visible()
    assert findings(view.page, TAB) == []
    view.part("history-tuner").click()
    expect(view.part("tuner")).to_be_visible()
    assert findings(view.page, TAB) == []


def test_nothing_keeps_anybody_from_the_settings(view, form):
    # Whatever is folded away is looked at, too: it is a click away.
    form.locator("details").evaluate_all("all => all.forEach(e => e.open = true)")
    assert findings(view.page, SETTINGS) == []
    for backend in ("local", "obico", "obico_super", "obico_ml", "kserve"):
        view.page.evaluate(
            """key => { ko.dataFor(document.querySelector('#settings_plugin_aiwatch'))
                .at('backend')(key) }""",
            backend,
        )
        assert findings(view.page, SETTINGS) == []


def test_nothing_keeps_anybody_from_parking_in_the_settings(view, form):
    view.setting("actions.park.enabled").check()
    expect(form.locator('[data-aiwatch="park-lines"]')).to_be_visible()
    assert findings(view.page, SETTINGS) == []


def test_nothing_keeps_anybody_from_what_a_test_and_a_drill_say(view, form):
    form.locator('[data-aiwatch="test"]').click()
    result = form.locator('[data-aiwatch="test-result"]')
    expect(result.locator("li").first).to_be_visible(timeout=LONG_MS)
    form.locator('[data-aiwatch="drill-run"]').click()
    total = form.locator('[data-aiwatch="drill-sum"]')
    expect(total).to_be_visible(timeout=LONG_MS)
    assert findings(view.page, SETTINGS) == []
