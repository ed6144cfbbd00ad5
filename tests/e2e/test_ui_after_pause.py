"""After a pause by AI Watch: both frames, why, and three choices that work."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from simulator.host import User

from tests.e2e import support_ui as ui
from tests.e2e.support_watch import Rig

CHOOSES = User(
    "chooses",
    permissions=(
        "STATUS",
        "SETTINGS_READ",
        "PLUGIN_AIWATCH_VIEW",
        "PLUGIN_AIWATCH_CONTROL",
    ),
)
PENDING = "document.querySelector('[data-aiwatch=%s]').naturalWidth > 0"


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop, users=[CHOOSES])


@pytest.fixture(scope="module")
def shared(browser, rig) -> Iterator[ui.View]:
    with ui.opened(browser, rig.host) as view:
        yield view


@pytest.fixture
def paused(rig, shared) -> Iterator[ui.View]:
    """The page, at the tab, of a print that looked fine, failed and was paused."""
    side = rig.prepare("gadget", history={"keep_jobs": 50})
    with shared.anew(), rig.printing():
        shared.open_tab()
        rig.wait_checks(1)
        side.say("failure")
        rig.host.watch_command("check_now")
        rig.host.wait_state("Paused")
        rig.wait_status(lambda status: status["paused_by"] == "us", "our pause")
        side.say("ok")
        yield shared


def job(rig: Rig) -> str:
    return str(rig.host.status()["job"]["id"])


def test_both_frames_are_shown_side_by_side_and_why(paused, rig):
    expect(paused.part("pause")).to_be_visible()
    expect(paused.part("pause-why")).to_contain_text("AI Watch paused the print")
    expect(paused.part("pause-why")).to_contain_text(
        "confident that the print has failed"
    )
    for name, check in (("seen", "2"), ("fine", "1")):
        picture = paused.part(f"pause-{name}")
        expect(picture).to_have_attribute(
            "src", re.compile(rf"api/jobs/{job(rig)}/frames/{check}\.jpg$")
        )
        paused.page.wait_for_function(PENDING % f"pause-{name}")
    left, right = (
        paused.part(f"pause-{name}").bounding_box() for name in ("seen", "fine")
    )
    assert left
    assert right
    assert left["x"] + left["width"] <= right["x"]
    assert abs(left["y"] - right["y"]) < 2
    expect(paused.part("pause-no-fine")).to_be_hidden()


def test_a_page_that_is_loaded_later_shows_the_same(paused, rig):
    paused.load()
    paused.open_tab()
    expect(paused.part("pause-fine")).to_have_attribute("src", re.compile(r"/1\.jpg$"))
    expect(paused.part("pause-seen")).to_have_attribute("src", re.compile(r"/2\.jpg$"))
    expect(paused.part("resume")).to_be_enabled()


def test_resume_and_watch_on_prints_on_and_looks_again(paused, rig):
    since_s = rig.host.now_s()
    paused.part("resume").click()
    rig.host.wait_state("Printing")
    expect(paused.part("pause")).to_be_hidden()
    assert rig.host.status()["suppressed"] is False
    before = rig.host.status()["checks"]
    rig.host.watch_command("check_now")
    rig.wait_checks(before + 1)
    assert "CANCELLING" not in rig.state_ids(since_s)


def test_resume_and_stop_watching_prints_on_whatever_is_seen(paused, rig):
    paused.part("resume-unwatched").click()
    rig.host.wait_state("Printing")
    rig.wait_status(lambda status: status["suppressed"], "no more alerts")
    rig.gadget.say("failure")
    rig.wait_status(lambda status: status["hold"] is None, "the watch to go on")
    before = rig.host.status()["checks"]
    rig.host.watch_command("check_now")
    rig.wait_checks(before + 1)
    status = rig.host.status()
    assert (status["verdict"], status["action"], status["pauses"]) == ("failure", None, 1)
    assert rig.host.state().text == "Printing"


def test_cancel_asks_once_and_then_cancels(paused, rig):
    since_s = rig.host.now_s()
    expect(paused.part("cancel-yes")).to_be_hidden()
    paused.part("cancel").click()
    expect(paused.part("cancel-no")).to_be_focused()
    expect(paused.part("resume")).to_be_hidden()
    paused.part("cancel-no").click()
    expect(paused.part("resume")).to_be_visible()
    assert rig.host.state().text == "Paused"
    paused.part("cancel").click()
    paused.part("cancel-yes").click()
    rig.host.wait_event("PrintCancelled", since_s=since_s)
    rig.host.wait_state("Operational")
    expect(paused.part("pause")).to_be_hidden()


def test_a_pause_of_somebody_else_shows_no_panel_and_says_whose_it_is(rig, shared):
    rig.prepare("gadget")
    with shared.anew(), rig.printing():
        shared.open_tab()
        rig.wait_checks(1)
        rig.host.command("pause")
        rig.host.wait_state("Paused")
        expect(shared.part("phase")).to_have_text("Paused by you")
        expect(shared.part("sign")).to_have_attribute("data-sign", "paused_user")
        expect(shared.part("pause")).to_be_hidden()
        answer = rig.host.request(
            "POST",
            "/plugin/aiwatch/api/command",
            json={"command": "cancel_print", "job": job(rig)},
        )
        assert answer.status_code == 409
        assert answer.json()["error"]["text"].startswith("AI Watch is not holding")
        assert rig.host.state().text == "Paused"


def test_without_the_permission_to_print_one_can_look_and_not_choose(
    paused, rig, browser
):
    with ui.opened(browser, rig.host, user="chooses") as view:
        view.expect_refusal(r"HTTP 403 http://[^/]+/api/")
        view.open_tab()
        expect(view.part("pause-fine")).to_be_visible()
        for name in ("resume", "resume-unwatched", "cancel"):
            expect(view.part(name)).to_be_disabled()
    for command in ("resume", "resume_unwatched", "cancel_print"):
        answer = rig.host.request(
            "POST",
            "/plugin/aiwatch/api/command",
            json={"command": command, "job": job(rig)},
            api_key=CHOOSES.api_key,
        )
        assert answer.status_code == 403
    assert rig.host.state().text == "Paused"


def test_another_job_is_not_touched(paused, rig):
    answer = rig.host.request(
        "POST",
        "/plugin/aiwatch/api/command",
        json={"command": "cancel_print", "job": "of-yesterday"},
    )
    assert answer.status_code == 409
    assert rig.host.state().text == "Paused"


def test_where_the_history_keeps_nothing_it_says_so(rig, shared):
    expect(shared.part("pause")).to_be_hidden()
    side = rig.prepare("gadget", history={"keep_jobs": 0})
    with shared.anew(), rig.printing():
        shared.open_tab()
        rig.wait_checks(1)
        side.say("failure")
        rig.host.watch_command("check_now")
        rig.host.wait_state("Paused")
        expect(shared.part("pause-no-fine")).to_be_visible()
        expect(shared.part("pause-seen")).to_have_attribute(
            "src", re.compile(r"api/frame\.jpg")
        )
        shared.answered()  # of a job that is over and was not kept it would get a 404


def test_on_a_phone_the_frames_are_stacked(paused, rig, browser):
    with ui.opened(browser, rig.host, size=ui.PHONE) as small:
        small.page.add_style_tag(content=ui.FOLDED)
        small.page.evaluate("$('#tab_plugin_aiwatch_link a').tab('show')")
        for name in ("seen", "fine"):
            expect(small.part(f"pause-{name}")).to_be_visible()
            small.page.wait_for_function(PENDING % f"pause-{name}")
        above, below = (
            small.part(f"pause-{name}").bounding_box() for name in ("seen", "fine")
        )
        assert above
        assert below
        assert above["y"] + above["height"] <= below["y"]
        assert small.wider_than(ui.PHONE[0]) == []
