"""A webcam that is flipped and turned, and everything that lies on its frame."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import expect
from simulator.clouds import steady

from octoprint_aiwatch.core.values import View
from octoprint_aiwatch.core.view import seen
from tests.e2e import support_ui as ui

VIEW = View(flip_h=True, rotate_90=True)
AS_SET = {"flipH": True, "flipV": False, "rotate90": True}
WIDTH, HEIGHT = ui.SIZE_PX
LEFT, TOP, RIGHT, BOTTOM = ui.POST_PX
X, Y = (LEFT + RIGHT) / 2 / WIDTH, (TOP + BOTTOM) / 2 / HEIGHT
POST = (0.8, X, Y, (RIGHT - LEFT) / WIDTH, (BOTTOM - TOP) / HEIGHT)


@pytest.fixture(scope="module")
def view(module_workshop, browser):
    cloud = module_workshop.obico(steady(0.8, POST))
    obico = {"url": cloud.url, "serial_no": "SN-TEST-1", "access_token": "test-token"}
    settings = ui.watch_settings(backend="obico", backends={"obico": obico})
    with ui.StillCamera() as camera:
        host = module_workshop.host(
            camera_snapshot_url=camera.snapshot_url,
            plugin_settings=settings,
            config={"plugins": {"classicwebcam": AS_SET}},
        )
        host.upload_text("G28\n" + "G4 P50\n" * 8000, "job.gcode")
        host.wait(lambda: host.status()["detections"], 20, "detections")
        with ui.opened(browser, host) as view:
            view.open_tab()
            expect(view.part("frame")).to_be_visible()
            yield view


def post_on(frame) -> tuple[float, float]:
    """Where somebody sees the red post on an element, in 0..1 of it."""
    with Image.open(io.BytesIO(frame.screenshot())) as shot:
        picture = shot.convert("RGB")
    width, height = picture.size
    colours = zip(*[iter(picture.tobytes())] * 3)
    red = [
        (n % width, n // width)
        for n, (r, g, b) in enumerate(colours)
        if r > 150 and g < 90 and b < 90
    ]
    assert len(red) > 100, "the post cannot be seen"
    x, y = (sum(values) / len(red) for values in zip(*red))
    return x / width, y / height


def middle_of_box(frame) -> tuple[float, float]:
    """The middle of the one drawn box, in 0..1 of the element that shows the frame."""
    x, y = frame.evaluate(
        """frame => {
            const at = frame.getBoundingClientRect();
            const box = frame.querySelector(".aiwatch-box").getBoundingClientRect();
            return [(box.x + box.width / 2 - at.x) / at.width,
                    (box.y + box.height / 2 - at.y) / at.height];
        }"""
    )
    return x, y


def shape_of(frame) -> float:
    box = frame.bounding_box()
    return box["width"] / box["height"]


def test_the_status_tells_how_the_frame_is_seen(view):
    expected = {"flip_h": True, "flip_v": False, "rotate_90": True}
    assert view.host.status()["view"] == expected


def test_the_tab_shows_the_frame_as_octoprint_shows_the_webcam(view):
    frame = view.tab.locator(".aiwatch-frame").first
    assert shape_of(frame) == pytest.approx(HEIGHT / WIDTH, abs=0.02)
    assert post_on(frame) == pytest.approx(seen(VIEW, X, Y), abs=0.02)


def test_a_box_lies_on_what_it_is_about(view):
    frame = view.tab.locator(".aiwatch-frame").first
    assert middle_of_box(frame) == pytest.approx(post_on(frame), abs=0.02)


def test_a_tested_frame_is_shown_the_same_way(view):
    view.open_settings()
    view.settings.locator('[data-aiwatch="test"]').click()
    frame = view.settings.locator('[data-aiwatch="test-result"] .aiwatch-frame')
    expect(frame).to_be_visible()
    frame.scroll_into_view_if_needed()
    assert shape_of(frame) == pytest.approx(HEIGHT / WIDTH, abs=0.02)
    assert post_on(frame) == pytest.approx(seen(VIEW, X, Y), abs=0.02)
    assert middle_of_box(frame) == pytest.approx(post_on(frame), abs=0.02)


def test_a_place_drawn_around_something_that_is_seen_ignores_just_that(view):
    frame = view.settings.locator('[data-aiwatch="places-frame"]')
    frame.scroll_into_view_if_needed()
    x, y = post_on(frame)
    assert (x, y) == pytest.approx(seen(VIEW, X, Y), abs=0.02)
    at = frame.bounding_box()
    for dx, dy in ((-0.1, -0.1), (0.1, -0.1), (0.1, 0.1), (-0.1, 0.1)):
        across, down = (x + dx) * at["width"], (y + dy) * at["height"]
        view.page.mouse.click(at["x"] + across, at["y"] + down)
    view.settings.locator('[data-aiwatch="places-done"]').click()
    expect(frame.locator("polygon")).to_have_count(1)
    view.save_settings()
    view.host.wait(lambda: view.host.status()["ignored_zones"], 10, "the drawn place")
    (zone,) = view.host.status()["ignored_zones"]
    middle = [sum(values) / len(zone) for values in zip(*zone)]
    assert middle == pytest.approx((X, Y), abs=0.02)
    view.part("check-now").click()
    view.host.wait(
        lambda: (
            [box["unless"] for box in view.host.status()["detections"]]
            == ["ignored_zone"]
        ),
        20,
        "the box to be ignored",
    )


def test_an_ignored_place_is_drawn_where_it_was_pointed_at(view):
    frame = view.tab.locator(".aiwatch-frame").first
    zone = view.part("zones").locator("polygon")
    expect(zone).to_have_count(1)
    place = frame.evaluate(
        """frame => {
            const at = frame.getBoundingClientRect();
            const zone = frame.querySelector("polygon").getBoundingClientRect();
            return [(zone.x + zone.width / 2 - at.x) / at.width,
                    (zone.y + zone.height / 2 - at.y) / at.height];
        }"""
    )
    assert place == pytest.approx(seen(VIEW, X, Y), abs=0.03)
