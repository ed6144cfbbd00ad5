"""Where detections are drawn, with a backend that gives them: Obico."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from simulator.clouds import steady

from tests.e2e import support_ui as ui

# confidence, then centre and size as parts of the frame
INSIDE = (0.8, 0.3, 0.6, 0.2, 0.4)
AT_THE_EDGE = (0.6, 0.95, 0.02, 0.2, 0.1)


@pytest.fixture(scope="module")
def view(module_workshop, browser, tmp_path_factory):
    cloud = module_workshop.obico(steady(0.8, INSIDE, AT_THE_EDGE))
    obico = {"url": cloud.url, "serial_no": "SN-TEST-1", "access_token": "test-token"}
    settings = ui.watch_settings(backend="obico", backends={"obico": obico})
    with ui.StillCamera() as camera:
        host = module_workshop.host(
            camera_snapshot_url=camera.snapshot_url, plugin_settings=settings
        )
        host.upload_text("G28\n" + "G4 P50\n" * 6000, "job.gcode")
        host.wait(lambda: host.status()["detections"], 20, "detections")
        with ui.opened(browser, host) as view:
            view.open_tab()
            expect(view.part("frame")).to_be_visible()
            yield view


def drawn(view: ui.View) -> list[tuple[float, ...]]:
    """The boxes on the page, as left, top, width and height in parts of the frame."""
    # All in one turn, because the page may move between two questions; by the attributes
    # because a stroke would widen the bounding box.
    found: list[list[float]] = view.tab.evaluate(
        """tab => {
            const part = name => tab.querySelector(`[data-aiwatch="${name}"]`);
            const frame = part("frame").getBoundingClientRect();
            const boxes = part("boxes");
            const at = boxes.getBoundingClientRect();
            return [...boxes.querySelectorAll('.aiwatch-box')].map(rect => [
                (at.left + rect.x.baseVal.value - frame.left) / frame.width,
                (at.top + rect.y.baseVal.value - frame.top) / frame.height,
                rect.width.baseVal.value / frame.width,
                rect.height.baseVal.value / frame.height
            ]);
        }"""
    )
    return [tuple(box) for box in found]


def test_boxes_lie_where_the_backend_saw_something(view):
    inside, _ = drawn(view)
    assert inside == pytest.approx((0.2, 0.4, 0.2, 0.4), abs=0.01)


def test_a_box_at_the_edge_of_the_frame_is_cut_off_there(view):
    _, edge = drawn(view)
    assert edge == pytest.approx((0.85, 0.0, 0.15, 0.07), abs=0.01)


def test_boxes_say_how_sure_the_backend_is(view):
    labels = view.part("boxes").locator("text")
    assert labels.all_text_contents() == ["80 %", "60 %"]


def test_boxes_keep_their_place_when_the_page_gets_narrow(view):
    wide = drawn(view)
    view.page.add_style_tag(content=ui.FOLDED)
    view.page.set_viewport_size({"width": ui.PHONE[0], "height": ui.PHONE[1]})
    try:
        frame = view.part("frame").bounding_box()
        assert frame is not None
        assert frame["width"] <= ui.PHONE[0]
        for before, after in zip(wide, drawn(view)):
            assert after == pytest.approx(before, abs=0.01)
    finally:
        view.page.set_viewport_size({"width": ui.WIDE[0], "height": ui.WIDE[1]})


def test_not_a_failure_is_offered_for_boxes_alone(view):
    expect(view.part("verdict")).to_have_text("Looks fine")
    expect(view.part("not-a-failure")).to_be_enabled()
