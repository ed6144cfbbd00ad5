"""Messages from a real OctoPrint through real Apprise to services on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.adapters.delivering import Service
from tests.e2e import support_ui as ui
from tests.e2e.support_watch import Rig

pytestmark = pytest.mark.timeout(180)
WITHIN_S = 30.0


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop, config={"appearance": {"name": "The Ender"}})


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.stop()


def prepare(rig: Rig, *urls: str, **notify: object) -> None:
    rig.prepare("gadget", notify={"min_gap_s": 600, "urls": list(urls), **notify})


def resident_mb(rig: Rig) -> float:
    status = Path(f"/proc/{rig.host.pid}/status").read_text()
    (line,) = [one for one in status.splitlines() if one.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def test_a_failure_is_told_and_a_service_that_hangs_delays_no_pause(rig, service):
    hanging = Service()
    hanging.gate.clear()
    prepare(rig, hanging.url + "?rto=30", service.url, link="http://octopi.local/")
    before_mb = resident_mb(rig)
    with rig.printing() as since_s:
        rig.check()
        asked_s = time.monotonic()
        rig.gadget.say("failure")
        rig.host.watch_command("check_now")
        rig.wait_printer("PAUSED", since_s)
        paused_s = time.monotonic() - asked_s
        rig.host.wait(lambda: len(service.got) >= 2, WITHIN_S, "both messages")
    assert paused_s < 8.0, "as without a service that hangs"
    assert hanging.got == []
    first, second = service.got[:2]
    assert first["title"] == "The Ender: Print failure"
    assert second["title"] == "The Ender: Print paused by AI Watch"
    assert "Print: job-" in first["message"]
    assert "Score: 93 of 100, judged by Gadget" in first["message"]
    assert first["message"].endswith("http://octopi.local/#tab_plugin_aiwatch")
    assert first["attachments"][0]["mimetype"] == "image/jpeg"
    assert resident_mb(rig) - before_mb < 15.0, "Apprise is not in OctoPrint's process"
    rig.host.wait(
        lambda: service.titles[-1] == "The Ender: Print over", WITHIN_S, "the summary"
    )
    hanging.stop()


def test_what_the_network_keeps_back_outlives_a_restart(rig):
    gone = Service()
    gone.stop()
    prepare(rig, gone.url)
    before = len(rig.host.log_text())
    with rig.printing():
        rig.gadget.say("warning")
        rig.host.watch_command("check_now")
        rig.host.wait(
            lambda: "could not be delivered" in rig.host.log_text()[before:],
            WITHIN_S,
            "the line",
        )
        rig.host.restart()
    back = Service(gone.port)
    since_s = time.monotonic()
    try:
        rig.host.wait(lambda: back.got, 60.0, "the message")
        assert time.monotonic() - since_s < 60.0
        assert back.titles.count("The Ender: Possible print failure") == 1
    finally:
        back.stop()


def test_the_test_of_a_service_tells_its_own_answer(rig, service):
    prepare(rig, service.url)
    settings = rig.host.get("/api/settings").json()["plugins"]["aiwatch"]
    assert settings["notify"]["urls"] == [], "an address is shown to nobody"
    body = {"service": settings["services"][0]["id"]}
    answer = rig.host.post("/plugin/aiwatch/api/notify_test", json=body).json()
    assert answer["ok"], answer
    service.status = 403
    answer = rig.host.post("/plugin/aiwatch/api/notify_test", json=body).json()
    assert not answer["ok"]
    assert "403" in answer["text"]


def test_a_service_is_added_tested_saved_and_deleted_in_the_form(rig, service, browser):
    prepare(rig)
    rig.host.save_settings({"forget": ["notify.urls"]})
    with ui.opened(browser, rig.host) as view:
        view.open_settings()
        place = view.settings.locator('[data-aiwatch="services"]')
        place.locator("#aiwatch-notify-new").fill(service.url)
        place.locator('[data-aiwatch="service-add"]').click()
        place.locator('[data-aiwatch="service-test"]').click()
        answer = place.locator('[data-aiwatch="service-answer"]')
        expect(answer).to_contain_text("It arrived.", timeout=30_000)
        assert service.titles == ["AI Watch: test"]
        view.save_settings()
        config = rig.host.basedir / "config.yaml"
        rig.host.wait(lambda: service.url in config.read_text(), WITHIN_S, "the saving")
        view.load()
        assert service.url not in view.page.content()
        view.open_settings()
        expect(place.locator("li")).to_have_count(1)
        expect(place.locator("li")).to_contain_text("json")
        place.locator('[data-aiwatch="service-remove"]').click()
        view.save_settings()
        rig.host.wait(
            lambda: service.url not in config.read_text(), WITHIN_S, "the deleting"
        )
