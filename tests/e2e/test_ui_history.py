"""The history in the tab: fifty jobs of three thousand frames, looked at and deleted."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from simulator.host import User

from octoprint_aiwatch.adapters.history.store import connect
from tests.adapters.filling import fill
from tests.e2e import support_ui as ui
from tests.scenes import jpeg
from tests.scenes import view as scene

JOBS, CHECKS = 50, 3000
OPENS_WITHIN_MS, STEP_WITHIN_MS = 1000.0, 100.0
JUDGED_WITHIN_MS = 60000
"""Several jobs judged again, one after the other, beside other OctoPrints."""

PAGES = ("31.jpg", "61.jpg", "91.jpg", "121.jpg")
HOSTILE = '<img src=x onerror="window.hacked = true"> \u202egnp.' + "long " * 500
LOOKS = User("looks", permissions=("STATUS", "SETTINGS_READ", "PLUGIN_AIWATCH_VIEW"))
BLIND = User("blind", permissions=("STATUS", "SETTINGS_READ"))

pytestmark = pytest.mark.timeout(400)


def write_history(folder: Path, jobs: int, checks: int) -> None:
    fill(folder, jobs, checks, jpeg(scene()))
    connection = connect(folder, write=True)
    connection.execute("UPDATE jobs SET name = ? WHERE id = ?", (HOSTILE, jobs - 1))
    connection.execute("UPDATE jobs SET outcome = 'cancelled' WHERE id = ?", (jobs - 2,))
    connection.close()


@pytest.fixture(scope="module")
def host(module_workshop):
    settings = ui.watch_settings(history={"keep_jobs": 50, "keep_mb": 100_000})
    host = module_workshop.host(
        start=False, plugin_settings=settings, users=[LOOKS, BLIND]
    )
    write_history(Path(host.basedir) / "data" / "aiwatch", JOBS, CHECKS)
    host.start()
    return host


@pytest.fixture(scope="module")
def shared(host, browser):
    with ui.opened(browser, host) as view:
        view.open_tab()
        yield view


@pytest.fixture
def view(shared):
    with shared.anew():
        if shared.part("history").is_hidden():
            shared.part("history-open").click()
        expect(shared.part("job").first).to_be_visible()
        if shared.part("replay").is_visible():
            shared.part("replay-close").click()
        yield shared


def opened_job(view: ui.View, name: str = "long-49.gcode") -> None:
    view.part("jobs").get_by_role("button", name=name).click()
    expect(view.part("replay")).to_be_visible()
    expect(view.part("replay-name")).to_have_text(name)


def sticks_out(view: ui.View, width_px: int) -> list[str]:
    """What is wider than the page; a table scrolls by itself."""
    found: list[str] = view.page.evaluate(
        """width => [...document.querySelectorAll('.aiwatch, .aiwatch *')]
            .filter(element => {
                const box = element.getBoundingClientRect();
                return box.width > 0 && (box.right > width + 1 || box.left < -1)
                    && !element.parentElement.closest(".aiwatch-scroll");
            })
            .map(element => element.outerHTML.slice(0, 80))""",
        width_px,
    )
    return found


def loaded(view: ui.View) -> bool:
    picture = view.part("replay-frame")
    return bool(picture.evaluate("image => image.complete && image.naturalWidth > 0"))


def timed(view: ui.View, act: str, until: str) -> float:
    """Milliseconds in the page from doing something to its being there to be seen."""
    return float(
        view.page.evaluate(
            """([act, until]) => new Promise(done => {
                const tab = document.querySelector("#tab_plugin_aiwatch");
                const part = name => tab.querySelector(`[data-aiwatch="${name}"]`);
                const is = new Function("part", "return " + until);
                const start = performance.now();
                new Function("part", act)(part);
                const look = () => is(part) ? done(performance.now() - start)
                    : requestAnimationFrame(look);
                look();
            })""",
            [act, until],
        )
    )


# -- how fast -------------------------------------------------------------------------


def test_fifty_jobs_of_three_thousand_frames_are_listed_within_a_second(
    host, browser, record_property
):
    host.restart()  # nothing worked out before
    with ui.opened(browser, host) as view:
        view.open_tab()
        took_ms = timed(
            view,
            'part("history-open").click()',
            f'part("jobs").querySelectorAll("tbody tr").length === {JOBS}',
        )
    record_property("opened_ms", took_ms)
    assert took_ms < OPENS_WITHIN_MS


def test_a_step_of_a_replay_takes_less_than_a_tenth_of_a_second(view, record_property):
    opened_job(view)
    times = []
    for number in range(2, 32):
        press = (
            'part("replay-step").dispatchEvent(new KeyboardEvent("keydown", '
            '{key: "ArrowRight", bubbles: true}))'
        )
        shown = (
            f'part("replay-frame").src.endsWith("/frames/{number}.jpg") && '
            'part("replay-frame").complete && '
            f'part("replay-position").textContent.startsWith("Check {number} of")'
        )
        times.append(timed(view, press, shown))
    times.sort()
    record_property("steps_ms", times)
    assert times[15] < STEP_WITHIN_MS


# -- what is seen ---------------------------------------------------------------------


def test_nothing_is_asked_for_before_the_history_is_opened(host, browser):
    with ui.opened(browser, host) as view:
        view.open_tab()
        expect(view.part("history-open")).to_be_visible()
        assert [url for url in view.requested if "/api/jobs" in url] == []


def test_each_job_says_what_it_came_to(view):
    row = view.part("job").first
    expect(row).to_contain_text("long-49.gcode")
    expect(row).to_contain_text("Done")
    expect(row).to_contain_text("1 AI Watch")
    expect(row).to_contain_text("3000")
    assert len(row.locator(".aiwatch-spark path").get_attribute("d") or "") > 100
    expect(view.part("job").nth(2)).to_contain_text("Cancelled")
    expect(view.part("history-used")).to_contain_text("50 / 50 jobs")


def test_a_hostile_name_is_text_and_breaks_nothing(view):
    hostile = view.part("job").nth(1)
    expect(hostile).to_contain_text("<img src=x")
    assert view.page.evaluate("window.hacked") is None
    hostile.get_by_role("button").first.click()
    expect(view.part("replay-name")).to_contain_text("<img src=x")
    assert view.page.evaluate("window.hacked") is None
    assert sticks_out(view, ui.WIDE[0]) == []


def test_the_keyboard_goes_through_a_job(view):
    opened_job(view)
    expect(view.part("replay-position")).to_contain_text("Check 1 of 3000")
    expect(view.part("replay-step")).to_be_focused()
    for key, number in (
        ("ArrowRight", 2),
        ("ArrowRight", 3),
        ("ArrowLeft", 2),
        ("End", 3000),
        ("PageUp", 2970),
        ("Home", 1),
    ):
        view.page.keyboard.press(key)
        expect(view.part("replay-position")).to_contain_text(f"Check {number} of 3000")


def test_a_frame_comes_with_its_boxes_and_reasons(view):
    opened_job(view)
    view.page.keyboard.press("End")
    expect(view.part("replay-position")).to_contain_text("Warning")
    boxes = view.part("replay").locator(".aiwatch-box")
    expect(boxes).to_have_count(1)
    expect(view.part("replay-reasons").locator("li").first).to_contain_text("failure")
    view.page.wait_for_function(
        "document.querySelector('[data-aiwatch=replay-frame]').naturalWidth > 0"
    )
    assert loaded(view)
    assert len(view.part("replay-curve").get_attribute("d") or "") > 1000


def test_what_happened_leads_to_its_moment(view):
    opened_job(view)
    expect(view.part("replay-notes")).to_contain_text("Paused AI Watch")
    view.part("replay-notes").get_by_role("button").nth(1).click()
    expect(view.part("replay-position")).not_to_contain_text("Check 1 of")


def test_frames_are_fetched_one_by_one(view):
    opened_job(view)
    view.requested.clear()
    for number in (31, 61, 91, 121):
        view.page.keyboard.press("PageDown")
        view.page.wait_for_function(
            f"""() => {{
                const frame = document.querySelector("[data-aiwatch=replay-frame]");
                return frame.src.endsWith("/{number}.jpg") && frame.complete;
            }}"""
        )
    # The page hears of an answer after it has drawn it.
    view.page.wait_for_function("true")
    fetched = {url.rsplit("/", 1)[1] for url in view.requested if "/frames/" in url}
    # One that the browser still has is not fetched again.
    assert {"61.jpg", "91.jpg"} <= fetched <= {"1.jpg", *PAGES}


def test_a_check_whose_frame_was_not_kept_shows_the_one_before(view, host):
    folder = Path(host.basedir) / "data" / "aiwatch"
    connection = connect(folder, write=True)
    query = "UPDATE checks SET frame_bytes = 0 WHERE job = 45 AND n IN (2, 3)"
    connection.execute(query)
    connection.close()
    opened_job(view, "long-44.gcode")
    view.page.keyboard.press("ArrowRight")
    view.page.keyboard.press("ArrowRight")
    expect(view.part("replay")).to_contain_text("was not kept")
    assert (view.part("replay-frame").get_attribute("src") or "").endswith("/1.jpg")


# -- touching -------------------------------------------------------------------------


def test_a_job_is_marked_and_the_mark_is_kept(view, host):
    opened_job(view, "long-43.gcode")
    view.part("mark-wrong").click()
    expect(view.part("mark-wrong")).to_have_attribute("aria-pressed", "true")
    document = host.get("/plugin/aiwatch/api/jobs/job43").json()
    assert document["mark"] == "wrong"
    view.part("mark-wrong").click()
    expect(view.part("mark-wrong")).to_have_attribute("aria-pressed", "false")


def test_a_job_is_exported_as_a_zip(view, host):
    opened_job(view, "long-42.gcode")
    with view.page.expect_download() as download:
        view.part("export").click()
    assert download.value.suggested_filename == "aiwatch-job42.zip"
    found = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert len(found.namelist()) == CHECKS + 4
    assert json.loads(found.read("job.json"))["id"] == "job42"


def test_deleting_asks_once(view):
    opened_job(view, "long-41.gcode")
    view.part("delete").click()
    expect(view.part("job")).to_have_count(JOBS)
    view.part("delete-yes").click()
    expect(view.part("job")).to_have_count(JOBS - 1)
    expect(view.part("replay")).to_be_hidden()


def test_nothing_moves_while_jobs_are_judged_again(view):
    def places() -> list[float]:
        boxes = [view.part(name).bounding_box() for name in ("tuner-apply", "jobs")]
        return [box["y"] for box in boxes if box]

    view.part("history-tuner").click()
    rows = view.part("tuner-results").locator("tbody tr")
    rows.first.wait_for(timeout=JUDGED_WITHIN_MS)
    before = places()
    rows.nth(1).wait_for(timeout=JUDGED_WITHIN_MS)
    assert places() == before
    assert len(before) == 2
    view.part("history-tuner").click()


def test_a_long_name_leaves_the_numbers_of_other_settings_in_sight(view):
    view.part("history-tuner").click()
    long = view.part("tuner-results").locator("tbody tr", has_text="gnp.long long")
    long.wait_for(timeout=JUDGED_WITHIN_MS)
    calls, tuner = (
        long.locator("td").last.bounding_box(),
        view.part("tuner").bounding_box(),
    )
    assert calls
    assert tuner
    assert calls["x"] + calls["width"] <= tuner["x"] + tuner["width"]
    view.part("history-tuner").click()


def test_other_settings_are_tried_and_applied_with_one_click(view, host):
    view.part("history-tuner").click()
    rows = view.part("tuner-results").locator("tbody tr")
    expect(rows.first).to_contain_text("1 → 1", timeout=20000)
    expect(view.part("tuner-apply")).to_be_disabled()
    view.part("tune-pause_confidence").select_option("5")
    expect(view.part("tuner-apply")).to_be_enabled()
    expect(rows.first).to_contain_text("long-49.gcode", timeout=20000)
    view.part("tuner-apply").click()
    expect(view.part("tuner")).to_contain_text("Saved")
    settings: Any = host.get("/api/settings").json()["plugins"]["aiwatch"]
    assert settings["decision"]["pause_confidence"] == 5
    view.part("history-tuner").click()
    expect(view.part("tuner")).to_be_hidden()


# -- who may --------------------------------------------------------------------------


def test_without_control_one_can_look_and_not_touch(host, browser):
    with ui.opened(browser, host, user="looks") as view:
        view.expect_refusal(r"HTTP 403 http://[^/]+/api/")
        view.open_tab()
        view.part("history-open").click()
        opened_job(view)
        expect(view.part("replay-frame")).to_be_visible()
        for name in ("delete", "mark-right", "export", "history-delete-all"):
            expect(view.part(name)).to_be_hidden()
    for method, path in (
        ("delete", "/plugin/aiwatch/api/jobs"),
        ("delete", "/plugin/aiwatch/api/jobs/job1"),
        ("get", "/plugin/aiwatch/api/jobs/job1/export.zip"),
        ("post", "/plugin/aiwatch/api/jobs/job1/mark"),
    ):
        answer = host.request(method.upper(), path, api_key=LOOKS.api_key)
        assert answer.status_code == 403, path
    assert host.get("/plugin/aiwatch/api/jobs", api_key=BLIND.api_key).status_code == 403


def test_the_history_fits_a_phone(host, browser):
    with ui.opened(browser, host, size=ui.PHONE) as small:
        small.page.add_style_tag(content=ui.FOLDED)
        small.page.evaluate("$('#tab_plugin_aiwatch_link a').tab('show')")
        small.part("history-open").click()
        opened_job(small)
        small.page.keyboard.press("End")
        expect(small.part("replay-position")).to_contain_text("Check 3000 of")
        assert sticks_out(small, ui.PHONE[0]) == []


# -- the settings, and everything away ------------------------------------------------


def test_the_settings_say_what_is_kept_and_delete_it(view, host):
    view.open_settings()
    used = view.settings.locator('[data-aiwatch="history-kept-used"]')
    expect(used).to_contain_text("49 / 50 jobs")
    expect(view.setting("history.keep_jobs")).to_have_value("50")
    view.settings.locator('[data-aiwatch="history-kept-delete"]').click()
    view.settings.locator('[data-aiwatch="history-kept-yes"]').click()
    expect(used).to_contain_text("0 / 50 jobs")
    view.close_settings()
    assert host.get("/plugin/aiwatch/api/jobs").json()["jobs"] == []
    frames = Path(host.basedir) / "data" / "aiwatch" / "frames"
    host.wait(lambda: not list(frames.iterdir()), 60, "the frames' end")
