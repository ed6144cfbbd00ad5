"""Everybody can use it: axe-core finds nothing grave, the keyboard reaches everything."""

from __future__ import annotations

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


# -- the keyboard ---------------------------------------------------------------------

REACHED = """root => {
    const part = document.querySelector(root), at = document.activeElement;
    if (!part.contains(at)) return null;
    const style = getComputedStyle(at);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return {name: at.dataset.aiwatch || at.id || at.textContent.trim().slice(0, 30),
        seen: ring || style.boxShadow !== "none"};
}"""
CONTROLS = """root => [...document.querySelectorAll(
    ["a[href]", "button", "input", "select", "textarea", "summary", "[tabindex='0']"]
        .map(one => `${root} ${one}`).join())]
    .filter(one => one.offsetParent !== null && !one.disabled && one.tabIndex >= 0)
    // Of radio buttons of one name Tab reaches the chosen one, arrows the others.
    .filter(one => one.type !== "radio" || one.checked || !document.querySelector(
        `input[type=radio][name="${one.name}"]:checked`))
    .map(one => one.dataset.aiwatch || one.id || one.textContent.trim().slice(0, 30))"""


def tabbed(view: ui.View, root: str, first: str) -> list[dict]:
    """What the Tab key reaches in a part, from its first control on."""
    view.page.locator(f"{root} {first}").first.focus()
    # A browser shows the focus once the keyboard is used.
    view.page.keyboard.press("Tab")
    view.page.keyboard.press("Shift+Tab")
    found = []
    while (at := view.page.evaluate(REACHED, root)) is not None:
        found.append(at)
        assert len(found) < 300, "it goes in circles"
        view.page.keyboard.press("Tab")
    return found


def is_reached(view: ui.View, root: str, first: str) -> None:
    """Every control, in the order in which it is read, always with a visible focus."""
    expected = view.page.evaluate(CONTROLS, root)
    found = tabbed(view, root, first)
    assert [one["name"] for one in found] == expected
    assert [one["name"] for one in found if not one["seen"]] == []


def test_the_keyboard_reaches_every_control_of_the_tab(view, printing):
    looks(view, "ok")
    if view.part("history").is_hidden():
        view.part("history-open").click()
    expect(view.part("job").first).to_be_visible()
    is_reached(view, TAB, '[data-aiwatch="check-now"]')


def test_the_keyboard_reaches_every_control_of_the_settings(view, form):
    form.locator("details").evaluate_all("all => all.forEach(e => e.open = true)")
    expect(form.locator('[data-aiwatch="drill-run"]')).to_be_enabled()
    is_reached(view, SETTINGS, ":is(input, button, select, a[href]):visible")


def test_enter_and_space_press_what_has_the_focus(view, printing):
    expect(view.part("suppress")).to_be_enabled()
    view.part("suppress").focus()
    view.page.keyboard.press("Space")
    expect(view.part("suppress")).to_have_attribute("aria-pressed", "true")
    # It rests while its answer is on the way, and a resting button loses nothing.
    expect(view.part("suppress")).to_be_enabled()
    view.part("suppress").focus()
    view.page.keyboard.press("Enter")
    expect(view.part("suppress")).to_have_attribute("aria-pressed", "false")


def test_the_navigation_bars_gauge_opens_the_tab_by_keyboard(view):
    view.leave_tab()
    expect(view.tab).to_be_hidden()
    view.navbar.locator("a").focus()
    view.page.keyboard.press("Enter")
    expect(view.tab).to_be_visible()


def test_the_drill_runs_by_keyboard_and_its_end_is_announced(view, form):
    button = form.locator('[data-aiwatch="drill-run"]')
    expect(button).to_be_enabled()
    button.focus()
    view.page.keyboard.press("Space")
    live = form.locator('[data-aiwatch="drill-result"]')
    expect(live).to_have_attribute("aria-live", "polite")
    expect(live.locator('[data-aiwatch="drill-sum"]')).to_be_visible(timeout=LONG_MS)


# -- eyes and ears --------------------------------------------------------------------


def test_a_verdict_that_changes_is_announced_and_one_that_stays_is_not(
    view, printing, cloud
):
    looks(view, "ok")
    live = view.tab.locator(".aiwatch-live")
    expect(live).to_have_attribute("aria-live", "polite")
    view.page.evaluate(
        """() => {
            window.announced = [];
            new MutationObserver(() => window.announced.push(
                document.querySelector(".aiwatch-live").textContent))
                .observe(document.querySelector(".aiwatch-live"),
                    {childList: true, characterData: true, subtree: true});
        }"""
    )
    for score, warning in ((60, True), (61, True), (8, False)):
        say(cloud, score, warning=warning)
        printing.watch_command("check_now")
        expect(view.part("score")).to_have_text(f"{score} %")
    announced = view.page.evaluate("window.announced")
    assert [text.split(",")[0] for text in announced] == ["Warning", "Looks fine"]


def test_who_wants_no_motion_gets_none(view):
    moving = "() => getComputedStyle(document.querySelector("
    moving += "'#tab_plugin_aiwatch .aiwatch-needle')).transitionDuration"
    assert view.page.evaluate(moving) != "0s"
    view.page.emulate_media(reduced_motion="reduce")
    assert view.page.evaluate(moving) == "0s"
    view.page.emulate_media(reduced_motion="no-preference")


def test_no_verdict_is_told_apart_by_its_colour_alone(view, printing, cloud, camera):
    client = view.page.context.new_cdp_session(view.page)
    client.send("Emulation.setEmulatedVisionDeficiency", {"type": "achromatopsia"})
    words, pictures = set(), set()
    for score, flags, state in (
        (5, {}, "ok"),
        (60, {"warning": True}, "warning"),
        (93, {"warning": True, "pause": True}, "failure"),
    ):
        say(cloud, score, **flags)
        printing.watch_command("check_now")
        looks(view, state)
        words.add(view.part("verdict").inner_text())
        words.add(view.sidebar.locator('[data-aiwatch="verdict"]').inner_text())
        pictures.add(view.part("gauge").screenshot(animations="disabled"))
    client.send("Emulation.setEmulatedVisionDeficiency", {"type": "none"})
    assert len(words) == len(pictures) == 3
    signs = view.part("gauge").locator(".aiwatch-signs path")
    shapes = signs.evaluate_all("all => all.map(one => one.getAttribute('d'))")
    assert len(set(shapes)) == len(shapes) >= 3, "each band has a sign of its own"
