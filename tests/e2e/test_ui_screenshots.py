"""Every view of a print that fails before a simulated camera, judged by the detector.

With AIWATCH_SCREENSHOTS naming a folder (1 for extras/docs/img) the pictures are kept
there and the print goes on until there is a warning; without it the first detection will
do. Either way every view must render something.

What follows a pause, and the history, are pictured only where pictures are kept: to fail,
be seen and be paused takes minutes, and other files try all of it.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, Optional

import pytest
from PIL import Image
from playwright.sync_api import expect
from simulator.camera import FailPlan, FixedProgress, OctoPrintProgress
from simulator.gcode import write_job
from simulator.host import free_port

from tests.e2e import support_ui as ui

DOCS = Path(__file__).parents[2] / "extras" / "docs" / "img"
WANTED = os.environ.get("AIWATCH_SCREENSHOTS", "")
FOLDER: Optional[Path] = DOCS if WANTED == "1" else Path(WANTED) if WANTED else None
FAILS_AFTER_S = 130.0 if FOLDER else 0.0  # the detector's baseline comes first
SEEN_S = 330
PAUSED_S = 200
PLACES = [[[0.03, 0.05], [0.24, 0.05], [0.24, 0.2], [0.03, 0.2]]]
"""Of the settings' picture; away from the part."""
STILL: Any = {"animations": "disabled"}  # gauges that turn are not for pictures

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def host(module_workshop, tmp_path_factory):
    """Printing, watched by the detector, as after any installation."""
    settings = ui.watch_settings()
    settings["watch"]["min_interval_s"] = 5
    settings["actions"]["on_failure"] = "pause" if FOLDER else "notify"
    settings["camera"] = {"ignore_zones": PLACES}
    camera_port = free_port()
    host = module_workshop.host(
        camera_snapshot_url=f"http://127.0.0.1:{camera_port}/snapshot",
        plugin_settings=settings,
    )
    path = tmp_path_factory.mktemp("job") / "benchy-stand.gcode"
    job = write_job(path, duration_s=600, heat=False)
    progress = OctoPrintProgress(host.url, host.api_key, job)
    module_workshop.camera(progress, FailPlan(FAILS_AFTER_S), port=camera_port)
    host.upload(job)
    return host


def something_is_seen(host) -> bool:
    status = host.status()
    bad = status["verdict"] in ("warning", "failure")
    return bool(status["detections"]) and (bad or FOLDER is None)


@pytest.fixture(scope="module")
def view(host, browser):
    with ui.opened(browser, host) as view:
        view.open_tab()
        host.wait(lambda: something_is_seen(host), SEEN_S, "the failure to be seen")
        expect(view.part("boxes").locator(".aiwatch-box").first).to_be_visible()
        clear(view)
        yield view


def clear(view) -> None:
    """Takes the alerts away: they would cover the verdict."""
    view.page.evaluate("PNotify.removeAll()")
    expect(view.page.locator(".ui-pnotify")).to_have_count(0)


@pytest.fixture
def keep(octoprint_version):
    """keep(name, png): the picture has something on it; keeps it where it is wanted."""

    def check_and_keep(name: str, png: bytes) -> None:
        with Image.open(io.BytesIO(png)) as picture:
            colours = picture.convert("RGB").getcolors(maxcolors=1 << 24) or []
        assert len(colours) > 20, f"{name} shows next to nothing"
        if FOLDER is not None:
            FOLDER.mkdir(parents=True, exist_ok=True)
            (FOLDER / f"{name}-{octoprint_version}.png").write_bytes(png)

    return check_and_keep


def test_the_tab(view, keep):
    keep("tab", view.page.locator(".tabbable:has(> #tabs)").screenshot(**STILL))


def test_the_sidebar(view, keep):
    keep(
        "sidebar",
        view.page.locator("#sidebar_plugin_aiwatch_wrapper").screenshot(**STILL),
    )


def test_the_navigation_bar(view, keep):
    keep("navbar", view.page.locator("#navbar .nav.pull-right").screenshot(**STILL))


def test_the_settings_page(view, keep):
    view.open_settings()
    keep("settings", view.page.locator("#settings_dialog").screenshot(**STILL))
    part = view.settings.locator('[data-aiwatch="ignored-places"]')
    part.scroll_into_view_if_needed()  # a picture is taken only while it is seen
    expect(part.locator("img")).to_be_visible()
    expect(part.locator('[data-aiwatch="camera-words"]')).to_contain_text("640 x 480")
    keep("places", part.screenshot(**STILL))
    view.close_settings()


def test_the_tab_on_a_phone(host, browser, view, keep):
    with ui.opened(browser, host, size=ui.PHONE) as small:
        small.page.add_style_tag(content=ui.FOLDED)
        small.page.evaluate("$('#tab_plugin_aiwatch_link a').tab('show')")
        expect(small.part("frame")).to_be_visible()
        keep("phone", small.tab.screenshot(**STILL))


def test_the_drill(browser, module_workshop, keep):
    with ui.opened(browser, idle(module_workshop)) as view:
        view.open_settings()
        drill = view.settings.locator('[data-aiwatch="drill"]')
        run_drill(drill)
        keep("drill", drill.screenshot(**STILL))


def test_the_wizard(browser, module_workshop, keep):
    with ui.opened(browser, idle(module_workshop, config=ui.NEVER_SEEN)) as view:
        dialog = view.page.locator("#wizard_dialog")
        expect(dialog.locator('[data-aiwatch="card"]').first).to_be_visible()
        keep("wizard-1", dialog.screenshot(**STILL))
        view.page.click("#wizard_dialog .button-next")
        words = dialog.locator('#wizard_plugin_aiwatch_camera [role="status"]')
        expect(words).to_contain_text("640 x 480", timeout=30000)
        keep("wizard-2", dialog.screenshot(**STILL))
        view.page.click("#wizard_dialog .button-next")
        run_drill(dialog)
        keep("wizard-3", dialog.screenshot(**STILL))


def idle(workshop, **options):
    """An OctoPrint that prints nothing; its webcam sees a part that is half done."""
    job = write_job(workshop.folder() / "stand.gcode", duration_s=600, heat=False)
    camera = workshop.camera(FixedProgress(job, 0.6))
    return workshop.host(camera_snapshot_url=camera.snapshot_url, **options)


def run_drill(place) -> None:
    place.locator('[data-aiwatch="drill-run"]').click()
    expect(place.locator('[data-aiwatch="drill-sum"]')).to_be_visible(timeout=60000)


if FOLDER is not None:

    def test_after_a_pause(host, view, keep):
        host.wait_state("Paused", PAUSED_S)
        expect(view.part("pause")).to_be_visible()
        for name in ("seen", "fine"):
            view.page.wait_for_function(
                f"document.querySelector('[data-aiwatch=pause-{name}]').naturalWidth > 0"
            )
        clear(view)
        keep("paused", view.tab.screenshot(**STILL))

    def test_the_history(view, keep):
        replay(view)
        keep("history", view.tab.locator(".aiwatch-history").screenshot(**STILL))

    def test_the_history_on_a_phone(host, browser, keep):
        with ui.opened(browser, host, size=ui.PHONE) as small:
            small.page.add_style_tag(content=ui.FOLDED)
            small.page.evaluate("$('#tab_plugin_aiwatch_link a').tab('show')")
            replay(small)
            keep(
                "history-phone", small.tab.locator(".aiwatch-history").screenshot(**STILL)
            )

    def replay(view) -> None:
        """The print's last check in its history."""
        view.part("history-open").click()
        view.part("jobs").get_by_role("button", name="benchy-stand.gcode").click()
        expect(view.part("replay")).to_be_visible()
        view.page.keyboard.press("End")
        expect(view.part("replay").locator(".aiwatch-box").first).to_be_visible()
        view.page.wait_for_function(
            "document.querySelector('[data-aiwatch=replay-frame]').naturalWidth > 0"
        )
