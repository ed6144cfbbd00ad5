"""Tab, sidebar and navigation bar while a real OctoPrint prints and Gadget judges."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect
from simulator.clouds import gadget_answer, gadget_error
from simulator.replies import Reply

from tests.e2e import support_ui as ui

SETTLED_S = 10


@pytest.fixture(scope="module")
def idle_host(module_workshop, cloud, camera):
    gadget = {"url": cloud.url, "api_key": "test-key"}
    settings = ui.watch_settings(backend="gadget", backends={"gadget": gadget})
    return module_workshop.host(
        camera_snapshot_url=camera.snapshot_url, plugin_settings=settings
    )


@pytest.fixture
def started(idle_host, cloud, camera, start_print):
    """A print that has just begun; checks find nothing unless a test says otherwise."""
    camera.broken = None
    answer(cloud, 5)
    try:
        start_print(idle_host, duration_s=600)
        yield idle_host
    finally:
        if idle_host.state().text != "Operational":
            idle_host.command("cancel")
        idle_host.wait_state("Operational")


@pytest.fixture
def host(started):
    """A print that was checked once."""
    started.wait(lambda: started.status()["checks"] > 0, SETTLED_S, "the first check")
    return started


@pytest.fixture(scope="module")
def shared_view(browser, idle_host) -> Iterator[ui.View]:
    with ui.opened(browser, idle_host) as view:
        yield view


@pytest.fixture
def view(shared_view) -> Iterator[ui.View]:
    """The module's page, at the tab and without what other tests left there."""
    with shared_view.anew():
        shared_view.open_tab()
        yield shared_view


def reply(cloud, answer: Reply) -> None:
    """What Gadget answers from now on."""
    cloud.unscript()
    cloud.script(answer, forever=True)


def answer(cloud, score: int, **flags) -> None:
    """What Gadget says from now on."""
    reply(cloud, gadget_answer(score, interval_s=1, **flags))


def gauges(view: ui.View) -> list[Locator]:
    places = (view.tab, view.sidebar, view.navbar)
    return [place.locator('[data-aiwatch="gauge"]') for place in places]


def test_without_a_print_there_is_no_data_and_nothing_to_press(view):
    for gauge in gauges(view):
        expect(gauge).to_have_attribute("data-state", "none")
        expect(gauge.locator(".aiwatch-needle")).to_be_hidden()
    expect(view.part("score")).to_have_text("no data")
    expect(view.part("phase")).to_have_text("No print to watch")
    for button in ("suppress", "not-a-failure", "check-now"):
        expect(view.part(button)).to_be_disabled()


def test_the_gauges_move_when_scores_come(view, host, cloud):
    for score, degrees, zone in ((12, "-68.4", "ok"), (55, "9", "warning")):
        answer(cloud, score)
        host.watch_command("check_now")
        for gauge in gauges(view):
            expect(gauge).to_have_attribute("data-zone", zone)
            expect(gauge.locator(".aiwatch-needle")).to_have_attribute(
                "style", f"transform: rotate({degrees}deg);"
            )
        expect(view.part("score")).to_have_text(f"{score} %")


def test_a_reloaded_page_shows_the_score_at_once(view, host, cloud):
    answer(cloud, 33)
    host.watch_command("check_now")
    expect(view.part("score")).to_have_text("33 %")
    view.load()
    view.open_tab()
    expect(view.part("score")).to_have_text("33 %")


def test_a_warning_is_said_in_words_everywhere(view, host, cloud):
    answer(cloud, 60, warning=True, quality=4)
    host.watch_command("check_now")
    expect(view.part("verdict")).to_have_text("Warning")
    expect(view.part("reason")).to_have_text("The service sees a possible print issue.")
    expect(view.sidebar.locator('[data-aiwatch="verdict"]')).to_have_text("Warning")
    expect(view.navbar.locator("a")).to_have_attribute(
        "title", "AI Watch: Warning, risk 60 %, Watching"
    )
    expect(view.tab.get_by_text("poor (4 of 10)")).to_be_visible()


def test_a_changed_verdict_is_announced_to_screen_readers(view, host, cloud):
    answer(cloud, 60, warning=True)
    host.watch_command("check_now")
    expect(view.tab.locator('[aria-live="polite"]')).to_have_text(
        "Warning, risk 60 %, Watching"
    )


def test_without_a_print_quality_there_are_no_words_for_it(view, host, cloud):
    answer(cloud, 20)
    host.watch_command("check_now")
    expect(view.part("score")).to_have_text("20 %")
    expect(view.tab.get_by_text("Print quality")).to_be_hidden()


def test_backend_camera_and_pauses_are_named(view, host):
    facts = view.tab.locator(".aiwatch-facts")
    for text in ("Watching", "Gadget (OctoEverywhere)", "classic", "0 / 3"):
        expect(facts.get_by_text(text, exact=True)).to_be_visible()


def test_the_countdown_runs_down(view, host):
    def seconds() -> int:
        text = view.part("next-check").inner_text()
        found = re.fullmatch(r"in (?:(\d+) min)? ?(?:(\d+) s)?", text)
        assert found, text
        return int(found[1] or 0) * 60 + int(found[2] or 0)

    expect(view.part("next-check")).to_have_text(re.compile("^in "))
    before = seconds()
    assert 500 < before <= 600
    host.wait(lambda: seconds() < before, 5, "a second to pass")


def test_a_new_grace_is_counted_down(view, host):
    host.save_settings({"watch": {"grace_resume_s": 90}})
    try:
        expect(view.part("grace")).to_be_hidden()
        host.command("pause")
        host.wait_state("Paused")
        expect(view.part("phase")).to_have_text("Paused by you")
        host.command("resume")
        expect(view.part("grace")).to_have_text(re.compile(r"^(1 min \d+|\d+) s"))
    finally:
        host.save_settings({"watch": {"grace_resume_s": 0}})


def test_a_dead_camera_makes_it_blind_and_a_new_frame_makes_it_see(
    view, host, camera, cloud
):
    camera.broken = Reply(401, body=b"who are you?")
    host.watch_command("check_now")
    for gauge in gauges(view):
        expect(gauge).to_have_attribute("data-state", "blind")
        expect(gauge.locator(".aiwatch-needle")).to_be_hidden()
        expect(gauge.locator(".aiwatch-eye")).to_be_visible()
    expect(view.part("score")).to_have_text("blind")
    expect(view.part("verdict")).to_have_text("Blind")
    expect(view.part("reason")).to_contain_text("The webcam refuses OctoPrint's login")
    camera.broken = None
    answer(cloud, 7)
    host.watch_command("check_now")
    expect(view.part("score")).to_have_text("7 %")


def test_a_service_that_answers_nonsense_makes_it_blind(view, host, cloud):
    reply(cloud, Reply(200, body=b"<html>hotel login</html>"))
    host.watch_command("check_now")
    expect(view.part("gauge")).to_have_attribute("data-state", "blind")
    expect(view.part("reason")).to_contain_text("makes no sense")


def test_blind_is_a_gap_in_the_live_line(view, host, camera, cloud):
    answer(cloud, 50)
    host.watch_command("check_now")
    line = view.part("timeline")
    curve = view.part("timeline-curve")
    expect(curve).to_have_attribute("d", re.compile("^M[^M]+$"))
    expect(line.locator(".aiwatch-gap")).to_have_count(0)
    camera.broken = Reply(500)
    host.watch_command("check_now")
    expect(line.locator(".aiwatch-gap")).to_have_count(1)
    camera.broken = None
    host.watch_command("check_now")
    expect(curve).to_have_attribute("d", re.compile("^M[^M]+M[^M]+$"))


SIGNS = {
    "heating": ("Waiting for the heaters", "heat-up"),
    "off": ("Switched off in the settings", "switched off"),
    "paused_user": ("Paused by you", "somebody else, paused"),
}


def shown(view: ui.View, place: Locator) -> tuple[str, ...]:
    """What of a gauge can be seen: the shapes that tell its states apart."""
    shapes = place.locator('[data-aiwatch="gauge"]').evaluate(
        """gauge => [...gauge.querySelectorAll(
                '.aiwatch-needle, .aiwatch-eye, .aiwatch-hatch, .aiwatch-shape')]
            .filter(part => getComputedStyle(part).display !== 'none')
            .map(part => part.getAttribute('class'))"""
    )
    return tuple(shapes)


def test_what_keeps_it_from_watching_has_a_shape_words_and_a_reason(
    view, host, camera, cloud
):
    seen = {"score": shown(view, view.tab)}

    def look(sign: str) -> None:
        words, why = SIGNS[sign]
        for place in (view.tab, view.sidebar):
            expect(place.locator('[data-aiwatch="sign"]')).to_have_text(words)
        expect(view.part("reason")).to_contain_text(why)
        expect(view.sidebar.locator('[data-aiwatch="why"]')).to_contain_text(why)
        expect(view.navbar.locator("a")).to_have_attribute("title", re.compile(why))
        for gauge in gauges(view):
            expect(gauge).to_have_attribute("data-sign", sign)
        assert shown(view, view.tab) == shown(view, view.navbar)
        seen[sign] = shown(view, view.tab)

    camera.broken = Reply(401)
    host.watch_command("check_now")
    expect(view.part("gauge")).to_have_attribute("data-state", "blind")
    seen["blind"] = shown(view, view.tab)
    camera.broken = None
    host.save_settings({"enabled": False})
    try:
        look("off")
    finally:
        host.save_settings({"enabled": True})
    host.watch_command("check_now")
    expect(view.part("gauge")).to_have_attribute("data-state", "score")
    host.command("pause")
    host.wait_state("Paused")
    look("paused_user")
    assert len(set(seen.values())) == len(seen)


def test_while_it_heats_up_a_thermometer_says_so(view, host, cloud):
    host.save_settings({"watch": {"warmup": True}})
    try:
        host.command("cancel")
        host.wait_state("Operational")
        text = "M109 S150\n" + "G4 P50\n" * 2000
        host.upload_text(text, "hot.gcode", print_now=True)
        expect(view.part("sign")).to_have_attribute("data-sign", "heating")
        expect(view.part("sign")).to_have_text(SIGNS["heating"][0])
        expect(view.part("reason")).to_contain_text(SIGNS["heating"][1])
        assert "aiwatch-shape aiwatch-thermometer" in shown(view, view.navbar)
    finally:
        host.save_settings({"watch": {"warmup": False}})


def test_what_comes_next_is_said_in_one_sentence(view, host, cloud):
    expect(view.part("outlook")).to_have_text(
        "The service decides what is a failure; then you are told."
    )
    host.watch_command("suppress")
    expect(view.part("outlook")).to_contain_text("nothing is done")
    expect(view.navbar.locator('[data-aiwatch="suppressed"]')).to_be_visible()


def test_the_last_frame_is_shown(view, host):
    frame = view.part("frame")
    expect(frame).to_be_visible()
    size = frame.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert tuple(size) == ui.SIZE_PX


def test_the_next_frame_replaces_the_last(view, host):
    first = view.part("frame").get_attribute("src")
    host.watch_command("check_now")
    expect(view.part("frame")).not_to_have_attribute("src", first or "")


def test_no_frame_is_fetched_while_nobody_can_see_it(view, host, cloud):
    expect(view.part("frame")).to_be_visible()
    view.leave_tab()
    fetched = view.frames_fetched()
    for score in (6, 7):
        answer(cloud, score)
        host.watch_command("check_now")
        small = view.sidebar.locator('[data-aiwatch="score"]')
        expect(small).to_have_text(f"{score} %")
    assert view.frames_fetched() == fetched
    before = view.part("frame").get_attribute("src") or ""
    view.open_tab()
    expect(view.part("frame")).not_to_have_attribute("src", before)
    assert view.frames_fetched() == fetched + 1


def test_check_now_asks_the_service_now(view, host, cloud):
    before = len(cloud.calls("process"))
    view.part("check-now").click()
    expect(view.tab.get_by_role("status")).to_contain_text("The next check is in")
    host.wait(
        lambda: len(cloud.calls("process")) > before, SETTLED_S, "a call of the service"
    )


def test_alerts_are_suppressed_and_brought_back(view, host):
    view.part("suppress").click()
    expect(view.part("suppress")).to_have_text(re.compile("Alerts on again"))
    expect(view.part("suppress")).to_have_attribute("aria-pressed", "true")
    assert host.status()["suppressed"] is True
    expect(view.sidebar.get_by_text("Alerts off")).to_be_visible()
    view.part("suppress").click()
    expect(view.part("suppress")).to_have_text(re.compile("Suppress for this print"))
    assert host.status()["suppressed"] is False


def test_not_a_failure_can_be_said_once_something_looks_like_one(view, host, cloud):
    expect(view.part("not-a-failure")).to_be_disabled()
    answer(cloud, 60, warning=True)
    host.watch_command("check_now")
    expect(view.part("not-a-failure")).to_be_enabled()
    view.part("not-a-failure").click()
    expect(view.tab.get_by_role("status")).to_have_text(
        "What was seen is ignored for this print."
    )
    expect(view.part("verdict")).not_to_have_text("Warning")
    assert host.status()["verdict"] != "warning"


def test_a_refused_command_says_why(view, host):
    view.expect_refusal("HTTP 409 .*/api/command")
    host.command("pause")
    host.wait_state("Paused")
    expect(view.part("phase")).to_have_text("Paused by you")
    view.part("check-now").click()
    expect(view.tab.get_by_role("status")).to_have_text(
        "The print is not being watched at the moment."
    )


def test_a_pause_is_shown_and_its_alert_stays(view, host, cloud):
    host.save_settings({"actions": {"on_failure": "pause"}})
    try:
        answer(cloud, 95, warning=True, pause=True)
        host.watch_command("check_now")
        host.wait_state("Paused")
        expect(view.part("verdict")).to_have_text("Failure")
        expect(view.part("reason")).to_contain_text("AI Watch paused the print")
        expect(view.tab.get_by_text("1 / 3")).to_be_visible()
        notice = view.notice("Print paused by AI Watch")
        expect(notice).to_be_visible()
        options = "PNotify.notices.find(n => n.options.title.includes('paused')).options"
        assert view.page.evaluate(f"{options}.hide") is False
    finally:
        host.save_settings({"actions": {"on_failure": "notify"}})


@pytest.fixture
def evil_text(cloud) -> Iterator[str]:
    """What the service answers to the next print's beginning."""
    text = "<img src=x onerror=window.broken=1><b>bold</b>"
    cloud.script_create(gadget_error("OE_BAD_ARGS", text), forever=True)
    yield text
    cloud.unscript_create()


def test_what_a_service_says_is_shown_as_text_never_as_markup(evil_text, view, started):
    notice = view.notice("AI Watch is blind")
    expect(notice).to_contain_text(evil_text)
    expect(view.part("reason")).to_contain_text(evil_text)
    expect(notice.locator(".ui-pnotify-text img, .ui-pnotify-text b")).to_have_count(0)
    said = view.tab.locator(".aiwatch-reason, .aiwatch-reasons")
    expect(said.locator("b, img")).to_have_count(0)
    assert view.page.evaluate("window.broken") is None


def test_nothing_sticks_out_at_phone_width(browser, host, cloud):
    answer(cloud, 60, warning=True, quality=4)
    host.watch_command("check_now")
    with ui.opened(browser, host, size=ui.PHONE) as view:
        view.page.add_style_tag(content=ui.FOLDED)
        # The tab's link may be folded into a menu here.
        view.page.evaluate("$('#tab_plugin_aiwatch_link a').tab('show')")
        expect(view.part("frame")).to_be_visible()
        expect(view.part("verdict")).to_have_text("Warning")
        assert view.wider_than(ui.PHONE[0]) == []


def test_the_navigation_bars_gauge_opens_the_tab(view):
    view.leave_tab()
    expect(view.tab).to_be_hidden()
    view.navbar.locator("a").click()
    expect(view.tab).to_be_visible()
