"""The curve of the job in the tab: whole, whenever the page is opened, and live."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e import support_ui as ui
from tests.e2e.support_watch import Rig

ONE_RUN = re.compile("^M[^M]+$")
LONG, DRAWN_WITHIN_MS = 3000, 100.0


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop)


@pytest.fixture(scope="module")
def told(rig) -> Iterator[Rig]:
    """A print with a past: fine, a warning, blind for a moment, paused and resumed."""
    side = rig.prepare("gadget", actions={"on_failure": "notify"})
    with rig.printing():
        rig.wait_checks(1)
        rig.check()
        side.say("warning")
        rig.check()
        side.say("ok")
        rig.camera.mode = "500"
        rig.host.watch_command("check_now")
        rig.wait_status(lambda status: status["blind"], "blindness")
        rig.camera.mode = "ok"
        rig.check()
        rig.host.command("pause")
        rig.host.wait_state("Paused")
        rig.host.command("resume")
        rig.host.wait_state("Printing")
        rig.wait_status(lambda status: status["hold"] is None, "the watch to go on")
        rig.check()
        yield rig


@pytest.fixture(scope="module")
def shared(browser, told) -> Iterator[ui.View]:
    """A page that is opened when all of that is over."""
    with ui.opened(browser, told.host) as view:
        yield view


@pytest.fixture
def view(shared) -> Iterator[ui.View]:
    with shared.anew():
        shared.open_tab()
        expect(shared.part("timeline")).to_be_visible()
        yield shared


def test_nothing_of_the_job_is_asked_for_before_the_tab_is_seen(shared):
    assert [url for url in shared.requested if "/api/jobs" in url] == []


def test_a_page_that_is_opened_late_shows_the_job_from_its_start(view):
    expect(view.part("timeline").locator(".aiwatch-gap")).to_have_count(1)
    expect(view.part("timeline").locator(".aiwatch-rest")).to_have_count(1)
    expect(view.part("timeline-curve")).to_have_attribute("d", re.compile("M.*M.*M"))
    expect(view.part("timeline-judges").locator("span")).to_have_text(
        "Gadget (OctoEverywhere)"
    )
    for index, word in enumerate(("Warning", "Failure")):
        limit = view.part("timeline").locator(".aiwatch-limit").nth(index)
        expect(limit).to_have_text(word)
        share = (40, 70)[index]
        expect(limit).to_have_attribute("style", f"top: {100 - share}%;")


def test_what_happened_has_marks_and_is_a_list_for_everybody(view):
    view.tab.locator("summary").click()
    notes = view.part("timeline-notes")
    for text in ("Warning", "Blind", "Sees again", "Paused you", "Went on"):
        expect(notes).to_contain_text(text)
    marks = view.tab.locator(".aiwatch-marks i")
    titles = [mark.get_attribute("title") or "" for mark in marks.all()]
    assert any("The print was paused." in title for title in titles)
    assert all(re.search(r"\d:\d\d:\d\d", title) for title in titles)


def test_pointing_at_it_tells_time_score_and_who_judged(view):
    plot = view.part("timeline")
    box = plot.bounding_box()
    assert box
    # Its end: what has happened may all lie within its first second.
    plot.hover(position={"x": box["width"] - 2, "y": 30})
    expect(view.part("timeline-at")).to_have_text(
        re.compile(r"^0:00:\d\d, 12 %, Gadget \(OctoEverywhere\)$")
    )
    rest = plot.locator(".aiwatch-rest").bounding_box()
    assert rest
    middle = rest["x"] + rest["width"] / 2 - box["x"]
    plot.hover(position={"x": middle, "y": 30})
    expect(view.part("timeline-at")).to_have_text(re.compile("Paused$"))


def test_what_comes_is_added_without_asking_again(view, told):
    before = len([url for url in view.requested if "/api/jobs" in url])
    length = len(view.part("timeline-curve").get_attribute("d") or "")
    told.gadget.say("warning")
    told.check()
    view.page.wait_for_function(
        f"""document.querySelector('[data-aiwatch=timeline-curve]')
            .getAttribute('d').length > {length}"""
    )
    told.host.watch_command("suppress")
    expect(view.tab.locator('.aiwatch-marks [data-kind="suppressed"]')).to_have_count(1)
    told.host.watch_command("unsuppress")
    told.gadget.say("ok")
    assert len([url for url in view.requested if "/api/jobs" in url]) == before


def test_a_page_that_lost_its_connection_learns_what_it_missed(view, told):
    asked = len([url for url in view.requested if "/api/jobs" in url])
    # What OctoPrint calls once the server is there again.
    store = "OctoPrint.coreui.viewmodels.aiWatchStore"
    with view.page.expect_response(re.compile("/api/jobs/")):
        view.page.evaluate(f"{store}.onDataUpdaterReconnect()")
    assert len([url for url in view.requested if "/api/jobs" in url]) == asked + 1
    expect(view.part("timeline").locator(".aiwatch-gap")).to_have_count(1)


def test_it_can_be_tapped_at_phone_width(browser, told):
    told.check()
    with ui.opened(browser, told.host, size=ui.PHONE) as small:
        small.page.add_style_tag(content=ui.FOLDED)
        small.page.evaluate("$('#tab_plugin_aiwatch_link a').tab('show')")
        expect(small.part("timeline-curve")).to_have_attribute("d", re.compile("M"))
        plot = small.part("timeline").bounding_box()
        assert plot
        small.part("timeline").click(position={"x": plot["width"] - 2, "y": 20})
        expect(small.part("timeline-at")).to_have_text(re.compile("12 %"))
        assert small.wider_than(ui.PHONE[0]) == []


def test_where_the_history_keeps_nothing_the_curve_begins_with_the_page(told, browser):
    told.host.save_settings({"history": {"keep_jobs": 0}})
    try:
        with ui.opened(browser, told.host) as view:
            view.open_tab()
            told.check()
            expect(view.part("timeline-curve")).to_have_attribute("d", ONE_RUN)
    finally:
        told.host.save_settings({"history": {"keep_jobs": 50}})


def test_a_print_of_thousands_of_checks_is_drawn_in_no_time(view):
    drawn = view.page.evaluate(
        """checks => {
            const n = [...Array(checks).keys()], job = {id: "x", notes: [], judges: [],
                columns: {n, at_s: n.map(i => 10 * i),
                    score: n.map(i => i === 777 ? 0.9 : 0.1)}};
            const start = performance.now();
            const found = AiWatch.timeline.draw(AiWatch.timeline.read(job));
            return [performance.now() - start, found.points.length,
                Math.max(...found.points.map(point => point.score))];
        }""",
        LONG,
    )
    took_ms, points, worst = drawn
    assert took_ms < DRAWN_WITHIN_MS
    assert points <= 301
    assert worst == 0.9
