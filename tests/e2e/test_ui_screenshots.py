"""Every view of a print that fails before a simulated camera, judged by the detector.

With AIWATCH_SCREENSHOTS naming a folder (1 for extras/docs/img) the pictures are kept
there and the print goes on until there is a warning; without it the first detection will
do. Either way every view must render something.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, Optional

import pytest
from PIL import Image
from playwright.sync_api import expect
from simulator.camera import FailPlan, OctoPrintProgress
from simulator.gcode import write_job
from simulator.host import free_port

from tests.e2e import support_ui as ui

DOCS = Path(__file__).parents[2] / "extras" / "docs" / "img"
WANTED = os.environ.get("AIWATCH_SCREENSHOTS", "")
FOLDER: Optional[Path] = DOCS if WANTED == "1" else Path(WANTED) if WANTED else None
FAILS_AFTER_S = 130.0 if FOLDER else 0.0  # the detector's baseline comes first
SEEN_S = 330
STILL: Any = {"animations": "disabled"}  # gauges that turn are not for pictures

pytestmark = pytest.mark.timeout(450)


@pytest.fixture(scope="module")
def host(module_workshop, tmp_path_factory):
    """Printing, watched by the detector, as after any installation."""
    settings = ui.watch_settings()
    settings["watch"]["min_interval_s"] = 5
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
        view.page.evaluate("PNotify.removeAll()")  # the alert would cover the verdict
        expect(view.page.locator(".ui-pnotify")).to_have_count(0)
        yield view


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
    view.close_settings()


def test_the_tab_on_a_phone(host, browser, view, keep):
    with ui.opened(browser, host, size=ui.PHONE) as small:
        small.page.add_style_tag(content=ui.FOLDED)
        small.page.evaluate("$('#tab_plugin_aiwatch_link a').tab('show')")
        expect(small.part("frame")).to_be_visible()
        keep("phone", small.tab.screenshot(**STILL))
