"""Places that do not count: pointed at in the tab, drawn in the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, expect
from simulator.clouds import steady

from tests.e2e import support_ui as ui

LOGO = (0.8, 0.3, 0.6, 0.2, 0.3)
OTHER = (0.6, 0.75, 0.3, 0.15, 0.2)
TRIANGLE = [[0.2, 0.2], [0.6, 0.2], [0.6, 0.6]]


@pytest.fixture(scope="module")
def view(module_workshop, browser):
    cloud = module_workshop.obico(steady(0.8, LOGO, OTHER))
    obico = {"url": cloud.url, "serial_no": "SN-TEST-1", "access_token": "test-token"}
    settings = ui.watch_settings(backend="obico", backends={"obico": obico})
    with ui.StillCamera() as camera:
        host = module_workshop.host(
            camera_snapshot_url=camera.snapshot_url, plugin_settings=settings
        )
        host.upload_text("G28\n" + "G4 P50\n" * 8000, "job.gcode")
        host.wait(lambda: host.status()["detections"], 20, "detections")
        with ui.opened(browser, host) as view:
            view.open_tab()
            expect(view.part("frame")).to_be_visible()
            yield view


def picks(view):
    return view.part("picks").locator("li")


def test_every_box_can_be_pointed_at_and_says_why_it_does_not_count(view):
    expect(picks(view)).to_have_count(2)
    expect(picks(view).first).to_contain_text("80 %")
    expect(picks(view).first).to_contain_text("there from the start")
    expect(view.part("boxes").locator(".aiwatch-box.is-out")).to_have_count(2)


def test_a_click_on_a_box_shows_which_of_the_list_it_is(view):
    view.part("boxes").locator(".aiwatch-box").first.click(force=True)
    expect(view.part("picks").locator("li.is-pointed-at")).to_have_count(1)


def test_pointing_at_a_box_shows_its_confidence_and_what_can_be_done(view):
    view.page.mouse.move(0, 0, steps=3)
    expect(view.part("box-pop")).to_have_count(0)
    view.part("boxes").locator(".aiwatch-box").nth(1).hover(force=True)
    pop = view.part("box-pop")
    expect(pop).to_contain_text("60 %")
    expect(pop).to_contain_text("there from the start")
    for name in ("pop-not-a-failure", "pop-always-ignore"):
        expect(view.part(name)).to_be_visible()
    # What reports a new status does not take it away while somebody aims at it.
    view.host.watch_command("suppress")
    view.host.watch_command("unsuppress")
    expect(view.part("suppress")).to_have_attribute("aria-pressed", "false")
    expect(pop).to_be_visible()
    view.page.mouse.move(0, 0, steps=3)
    expect(view.part("box-pop")).to_have_count(0)


def test_a_tap_on_a_box_does_the_same_on_a_touch_screen(view, browser):
    with ui.opened(browser, view.host, size=ui.PHONE, touch=True) as small:
        small.page.add_style_tag(content=ui.FOLDED)
        small.page.evaluate("$('#tab_plugin_aiwatch_link a').tab('show')")
        expect(small.part("boxes").locator(".aiwatch-box")).to_have_count(2)
        small.part("boxes").locator(".aiwatch-box").first.tap(force=True)
        expect(small.part("box-pop")).to_contain_text("80 %")
        expect(small.part("pop-always-ignore")).to_be_visible()
        assert small.wider_than(ui.PHONE[0]) == []


def test_the_keyboard_points_at_a_box_through_the_list(view):
    row = picks(view).nth(1)
    row.get_by_role("button").first.focus()
    expect(row).to_have_class(re.compile("is-pointed-at"))
    highlighted = view.part("boxes").locator(".aiwatch-box").nth(1)
    expect(highlighted).to_have_class(re.compile("is-pointed-at"))


def test_a_box_that_is_not_a_failure_is_not_offered_any_more(view):
    picks(view).nth(1).locator('[data-aiwatch="pick-not-a-failure"]').click()
    expect(picks(view)).to_have_count(1)
    unless = {box["unless"] for box in view.host.status()["detections"]}
    assert unless == {"background", "not_a_failure"}


def test_a_place_that_is_always_ignored_is_drawn_and_kept_in_the_settings(view):
    picks(view).first.locator('[data-aiwatch="pick-always-ignore"]').click()
    expect(picks(view)).to_have_count(0)
    expect(view.part("zones").locator("polygon")).to_have_count(1)
    answer = view.host.get("/api/settings").json()
    stored = answer["plugins"]["aiwatch"]["camera"]["ignore_zones"]
    assert stored[0][0] == pytest.approx([0.18, 0.42])
    assert view.host.status()["ignored_zones"] == stored


def test_a_place_is_drawn_corner_by_corner_and_saved_with_the_dialog(view):
    view.open_settings()
    frame = view.settings.locator('[data-aiwatch="places-frame"]')
    expect(frame).to_be_visible()
    frame.scroll_into_view_if_needed()
    for x, y in ((0.5, 0.1), (0.9, 0.1), (0.9, 0.5)):
        view.page.mouse.click(*at(frame, x, y))
    view.settings.locator('[data-aiwatch="places-done"]').click()
    listed = view.settings.locator('[data-aiwatch="places-list"] li')
    expect(listed).to_have_count(2)
    expect(frame.locator("polygon")).to_have_count(2)
    view.save_settings()
    view.host.wait(
        lambda: len(view.host.status()["ignored_zones"]) == 2, 10, "the drawn place"
    )
    drawn = view.host.status()["ignored_zones"][1]
    for corner, clicked in zip(drawn, ((0.5, 0.1), (0.9, 0.1), (0.9, 0.5))):
        assert corner == pytest.approx(clicked, abs=0.01)


def test_a_place_that_is_deleted_is_gone_after_saving(view):
    view.open_settings()
    listed = view.settings.locator('[data-aiwatch="places-list"] li')
    expect(listed).to_have_count(2)
    listed.first.get_by_role("button").click()
    expect(listed).to_have_count(1)
    view.save_settings()
    view.host.wait(
        lambda: len(view.host.status()["ignored_zones"]) == 1, 10, "the deleted place"
    )


# ------------------------------------------------------------- the editor on the picture


def stored(view) -> list:
    answer = view.host.get("/api/settings").json()
    return answer["plugins"]["aiwatch"]["camera"]["ignore_zones"]


@contextmanager
def editor(view, zones) -> Iterator[Locator]:
    """The settings' picture with these places on it, as they are stored."""
    view.host.save_settings({"camera": {"ignore_zones": zones}})
    view.load()
    view.open_settings()
    frame = view.settings.locator('[data-aiwatch="places-frame"]')
    words = view.settings.locator('[data-aiwatch="camera-words"]')
    words.scroll_into_view_if_needed()
    expect(words).to_contain_text("640 x 480")
    frame.scroll_into_view_if_needed()
    yield frame
    if view.page.locator("#settings_dialog").is_visible():
        view.close_settings()


def at(frame, x, y) -> tuple[float, float]:
    box = frame.bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def corner(frame, key) -> Locator:
    return frame.locator(f'.aiwatch-corner[data-corner="{key}"]')


def test_a_corner_is_dragged_with_the_mouse(view):
    with editor(view, [TRIANGLE]) as frame:
        view.page.mouse.move(*at(frame, 0.2, 0.2))
        view.page.mouse.down()
        view.page.mouse.move(*at(frame, 0.3, 0.1), steps=4)
        view.page.mouse.up()
        expect(frame.locator(".aiwatch-corner")).to_have_count(3)
        view.save_settings()
    assert stored(view)[0][0] == pytest.approx([0.3, 0.1], abs=0.01)
    assert stored(view)[0][1:] == TRIANGLE[1:]


def test_a_tap_on_the_first_corner_finishes_a_place(view):
    with editor(view, []) as frame:
        for x, y in ((0.5, 0.1), (0.9, 0.1), (0.9, 0.5)):
            view.page.mouse.click(*at(frame, x, y))
        expect(frame.locator("polygon")).to_have_count(0)
        view.page.mouse.click(*at(frame, 0.5, 0.1))
        expect(frame.locator("polygon")).to_have_count(1)
        view.save_settings()
    assert len(stored(view)) == 1
    assert len(stored(view)[0]) == 3


def test_a_place_is_made_and_moved_by_keyboard_alone(view):
    with editor(view, []) as frame:
        view.settings.locator('[data-aiwatch="places-add"]').press("Enter")
        first = corner(frame, "0.0")
        expect(first).to_be_focused()
        expect(first).to_have_accessible_name("Place 1, corner 1")
        for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowLeft"):
            view.page.keyboard.press(key)
        view.page.keyboard.press("Tab")
        expect(corner(frame, "0.1")).to_be_focused()
        view.page.keyboard.press("Delete")
        expect(frame.locator(".aiwatch-corner")).to_have_count(3)
        view.save_settings()
    assert stored(view)[0][0] == pytest.approx([0.34, 0.39], abs=0.001)


def test_a_corner_stays_inside_the_picture(view):
    with editor(view, [[[0.99, 0.2], [0.8, 0.2], [0.8, 0.5]]]) as frame:
        corner(frame, "0.0").focus()
        for _ in range(3):
            view.page.keyboard.press("Shift+ArrowRight")
        view.save_settings()
    assert stored(view)[0][0] == [1, 0.2]


def test_corners_are_drawn_and_dragged_with_a_finger(view, browser):
    """On a touch screen, with what Chromium makes of fingers."""
    view.host.save_settings({"camera": {"ignore_zones": []}})
    with browser.new_context(
        viewport={"width": 900, "height": 900}, has_touch=True
    ) as context:
        context.set_default_timeout(15000)
        context.add_cookies(view.host.login_cookies("admin"))
        touch = ui.View(context.new_page(), view.host)
        touch.load()
        touch.open_settings()
        frame = touch.settings.locator('[data-aiwatch="places-frame"]')
        words = touch.settings.locator('[data-aiwatch="camera-words"]')
        words.scroll_into_view_if_needed()
        expect(words).to_contain_text("640 x 480")
        frame.scroll_into_view_if_needed()
        for x, y in ((0.5, 0.2), (0.9, 0.2), (0.9, 0.6), (0.5, 0.2)):
            touch.page.touchscreen.tap(*at(frame, x, y))
        expect(frame.locator("polygon")).to_have_count(1)
        fingers = context.new_cdp_session(touch.page)

        def put(kind, *point):
            points = [{"x": point[0], "y": point[1]}] if point else []
            fingers.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
            )

        put("touchStart", *at(frame, 0.9, 0.6))
        put("touchMove", *at(frame, 0.85, 0.65))
        put("touchMove", *at(frame, 0.8, 0.7))
        put("touchEnd")
        touch.save_settings()
        assert not touch.unexpected()
    assert stored(view)[0][0] == pytest.approx([0.5, 0.2], abs=0.01)
    assert stored(view)[0][2] == pytest.approx([0.8, 0.7], abs=0.01)
