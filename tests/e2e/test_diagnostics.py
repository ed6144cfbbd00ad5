"""What whoever helps gets of a running OctoPrint: zip, button and health page."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from playwright.sync_api import expect

from tests.e2e import support_ui as ui
from tests.e2e.support_watch import Rig

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop)


def health(rig: Rig) -> dict[str, str]:
    answer = rig.host.get("/api/plugin/health_check")
    assert answer.ok, answer.text
    return {
        key: found["result"]
        for key, found in answer.json()["health"].items()
        if key.startswith("aiwatch_")
    }


def test_the_zip_tells_what_happened(rig):
    rig.prepare("gadget")
    with rig.printing():
        rig.check()
        rig.camera.mode = "401"
        rig.host.watch_command("check_now")
        rig.wait_status(lambda status: status["blind"], "being blind")
        answer = rig.host.get("/plugin/aiwatch/api/diagnostics")
        assert answer.headers["Content-Type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
            files = {name: zipped.read(name).decode() for name in zipped.namelist()}
    assert json.loads(files["status.json"])["blind"] is True
    errors = json.loads(files["errors.json"])["errors"]
    assert {"source": "camera", "code": "snapshot_refused", "count": 1} in errors
    events = [one["event"] for one in json.loads(files["events.json"])]
    assert events[0] == "watch_started"
    assert json.loads(files["versions.json"])["OctoPrint"][0] in "12"
    assert "INFO Watching job-" in files["log.txt"]


def test_octoprints_health_page_knows_us_and_says_what_is_wrong(rig, browser):
    rig.prepare("gadget")
    assert set(health(rig).values()) == {"ok"}
    assert len(health(rig)) == 4
    with rig.printing():
        rig.camera.mode = "401"
        rig.host.watch_command("check_now")
        rig.wait_status(lambda status: status["blind"], "being blind")
        assert health(rig)["aiwatch_webcam"] == "issue"
        with ui.opened(browser, rig.host) as view:
            view.page.locator("#navbar_plugin_health_check a").click()
            dialog = view.page.locator("#plugin_health_check_dialog")
            expect(dialog).to_contain_text("AI Watch cannot use the webcam")
            expect(dialog).to_contain_text("refuses OctoPrint's login")


def test_the_button_gives_the_zip(rig, browser):
    with ui.opened(browser, rig.host) as view:
        view.open_settings()
        with view.page.expect_download() as caught:
            view.settings.locator('[data-aiwatch="diagnostics"]').click()
        path = caught.value.path()
        assert zipfile.is_zipfile(path)
        assert caught.value.suggested_filename.startswith("aiwatch-diagnostics-")
