"""The settings page in OctoPrint's own dialog: saving, secrets, wrong values, tests."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect
from simulator.clouds import gadget_answer
from simulator.host_files import merged
from simulator.replies import Reply

from octoprint_aiwatch.core.frames import FAILURE_ABOVE, WARNING_ABOVE
from tests.e2e import support_ui as ui

KEY = "test-key"
TYPED = "typed-secret-4711"
FORGET = """() => {
    ko.dataFor(document.querySelector("#tab_plugin_aiwatch")).store.problems([]);
    PNotify.removeAll();
}"""
"""What the save of another test was refused, and the notice of it."""


@pytest.fixture(scope="module")
def host(module_workshop, cloud, camera):
    return module_workshop.host(camera_snapshot_url=camera.snapshot_url)


@pytest.fixture(scope="module")
def shared_view(browser, host) -> Iterator[ui.View]:
    with ui.opened(browser, host) as view:
        yield view


@pytest.fixture(scope="module")
def usual(host) -> dict:
    """All settings as they are before any test."""
    told = ("secrets_set", "services")
    return {key: value for key, value in stored(host).items() if key not in told}


@pytest.fixture
def view(shared_view, host, cloud, camera, usual) -> Iterator[ui.View]:
    """The page with the settings open; the stored settings are the same for each test."""
    camera.broken = None
    cloud.unscript()
    changes = {
        "backend": "gadget",
        "backends": {"gadget": {"url": cloud.url, "api_key": KEY}},
        "watch": {"min_interval_s": 10},
    }
    host.save_settings(merged(usual, changes))
    with shared_view.anew():
        shared_view.catch_up()
        shared_view.page.evaluate(FORGET)
        shared_view.open_settings()
        yield shared_view
        if shared_view.page.locator("#settings_dialog").is_visible():
            shared_view.close_settings()


def stored(host) -> dict:
    return host.get("/api/settings").json()["plugins"]["aiwatch"]


def on_disk(host) -> str:
    return (host.basedir / "config.yaml").read_text()


def row(view: ui.View, path: str) -> Locator:
    return view.settings.locator(f'[data-aiwatch-path="{path}"]')


def choose(view: ui.View, backend: str) -> None:
    view.setting(f"backend-{backend}").check()


def run_test(view: ui.View) -> Locator:
    view.settings.locator('[data-aiwatch="test"]').click()
    result = view.settings.locator('[data-aiwatch="test-result"]')
    expect(result.locator(".alert:visible")).to_have_count(1, timeout=30000)
    return result


# ---------------------------------------------------------------------------- saving


def test_a_number_is_saved_as_a_number(view, host):
    view.setting("watch.min_interval_s").fill("25")
    view.save_settings()
    assert stored(host)["watch"]["min_interval_s"] == 25
    assert not view.notice("not everything was saved").is_visible()


def test_a_check_box_and_a_choice_are_saved(view, host):
    view.setting("watch.warmup").uncheck()
    view.setting("actions.on_failure").select_option("notify")
    view.setting("decision.pause_confidence-5").check()
    view.save_settings()
    saved = stored(host)
    assert saved["watch"]["warmup"] is False
    assert saved["actions"]["on_failure"] == "notify"
    assert saved["decision"]["pause_confidence"] == 5


def test_saving_without_a_change_changes_nothing(view, host):
    before = on_disk(host)
    view.save_settings()
    assert on_disk(host) == before


def test_closing_the_dialog_saves_nothing(view, host):
    view.setting("watch.min_interval_s").fill("25")
    view.close_settings()
    assert stored(host)["watch"]["min_interval_s"] == 10
    view.open_settings()
    expect(view.setting("watch.min_interval_s")).to_have_value("10")


def test_a_wrong_number_is_pointed_out_while_typing(view):
    view.setting("watch.min_interval_s").fill("2")
    hint = row(view, "watch.min_interval_s").locator(".help-inline")
    expect(hint).to_have_text("Use a number from 5 to 3600.")
    expect(row(view, "watch.min_interval_s")).to_have_class(re.compile(r"\berror\b"))


def test_every_number_of_the_page_is_inside_its_range_by_default(view):
    expect(view.settings.locator(".control-group.error")).to_have_count(0)


@pytest.mark.parametrize("typed", ["2", "99999", ""])
def test_a_wrong_number_keeps_the_old_one_and_says_so(view, host, typed):
    view.setting("watch.min_interval_s").fill(typed)
    view.save_settings()
    assert stored(host)["watch"]["min_interval_s"] == 10
    notice = view.notice("not everything was saved")
    expect(notice).to_contain_text("Check at most every: Use a number from 5 to 3600.")
    expect(notice).to_contain_text("The old values are kept.")
    view.open_settings()
    expect(view.setting("watch.min_interval_s")).to_have_value("10")
    expect(row(view, "watch.min_interval_s").locator(".help-inline")).to_have_text(
        "Not saved: Use a number from 5 to 3600."
    )


def test_the_rest_is_saved_beside_a_wrong_value(view, host):
    view.setting("watch.min_interval_s").fill("2")
    view.setting("watch.blind_after_s").fill("77")
    view.save_settings()
    saved = stored(host)["watch"]
    assert (saved["min_interval_s"], saved["blind_after_s"]) == (10, 77)


def test_a_mended_value_takes_the_complaint_away(view):
    view.setting("watch.min_interval_s").fill("2")
    view.save_settings()
    expect(view.notice("not everything was saved")).to_be_visible()
    view.open_settings()
    view.setting("watch.min_interval_s").fill("30")
    view.save_settings()
    view.open_settings()
    expect(view.settings.locator(".control-group.error")).to_have_count(0)


# ------------------------------------------------------------------ what is wrong with it


def problems(view: ui.View) -> Locator:
    return view.settings.locator('[data-aiwatch="problems"]')


def test_a_form_without_mistakes_says_so(view):
    expect(problems(view)).to_contain_text("Nothing to correct.")


def test_a_mistake_is_tied_to_its_field_for_screen_readers(view):
    field = view.setting("watch.min_interval_s")
    field.fill("2")
    expect(field).to_have_attribute("aria-invalid", "true")
    described = field.get_attribute("aria-describedby")
    expect(view.settings.locator(f"#{described}")).to_contain_text("from 5 to 3600")
    field.fill("20")
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_the_summary_leads_to_a_mistake_in_a_closed_part(view):
    view.setting("watch.min_interval_s").fill("2")
    part = view.settings.locator('[data-aiwatch="section-timing"]')
    part.locator("summary").click()
    expect(view.setting("watch.min_interval_s")).to_be_hidden()
    problems(view).get_by_role("button", name="Check at most every").click()
    expect(view.setting("watch.min_interval_s")).to_be_focused()


@pytest.mark.parametrize(
    ("path", "typed", "said"),
    [
        ("backends.gadget.url", "nowhere", "This is not an address."),
        ("backends.gadget.url", "http://gadget.example", "Use https://"),
        ("mqtt.topic", "home/#", "it must have no #"),
        ("notify.link", "octopi", "This is not an address."),
        ("decision.none_below", "0.9", "must climb"),
        ("history.keep_jobs", "1.5", "Use a whole number from 0 to 1000."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_while_typing(view, path, typed, said):
    view.setting(path).fill(typed)
    expect(row(view, path).locator(".aiwatch-problem")).to_contain_text(said)
    expect(row(view, path)).to_have_class(re.compile(r"\berror\b"))


def test_a_key_that_the_chosen_backend_needs_is_missed_until_it_is_typed(view):
    choose(view, "obico")
    missing = row(view, "backends.obico.serial_no").locator(".aiwatch-problem")
    expect(missing).to_have_text("This is needed. Please fill it in.")
    view.setting("backends.obico.serial_no").fill(TYPED)
    expect(missing).to_be_hidden()
    choose(view, "gadget")  # whose key is stored
    expect(problems(view)).to_contain_text("Nothing to correct.")


def test_a_backend_that_takes_over_shows_its_fields_and_misses_its_key(view):
    view.settings.locator('[data-aiwatch="fallback-add"]').select_option("obico_super")
    view.settings.locator('[data-aiwatch="fallback-fields"]').click()
    expect(view.setting("backends.obico_super.token")).to_be_visible()
    expect(row(view, "backends.obico_super.token")).to_contain_text("This is needed.")


def test_no_value_of_a_secret_is_sent_to_be_checked(view):
    with view.page.expect_request(lambda one: one.url.endswith("/api/check")) as sent:
        view.setting("backends.gadget.api_key").fill(TYPED)
    body = sent.value.post_data or ""
    assert TYPED not in body
    assert "backends.gadget.api_key" in sent.value.post_data_json["secrets"]


# ------------------------------------------------------------------------ the defaults


def press(view: ui.View, name: str) -> None:
    view.settings.locator(f'[data-aiwatch="{name}"]').click()


def test_a_reset_asks_first_and_saves_nothing_by_itself(view, host):
    view.setting("watch.blind_after_s").fill("77")
    press(view, "reset-ask")
    press(view, "reset-no")
    expect(view.setting("watch.blind_after_s")).to_have_value("77")
    press(view, "reset-ask")
    press(view, "reset-yes")
    expect(view.setting("watch.blind_after_s")).to_have_value("90")
    expect(view.settings.locator("#aiwatch-backend-local")).to_be_checked()
    view.close_settings()
    assert stored(host)["backend"] == "gadget"


def test_a_reset_that_is_saved_keeps_the_secrets_and_the_places(view, host):
    zone = [[0.1, 0.1], [0.2, 0.1], [0.2, 0.2]]
    view.close_settings()
    host.save_settings({"camera": {"ignore_zones": [zone]}})
    view.catch_up()
    view.open_settings()
    view.setting("watch.min_interval_s").fill("25")
    press(view, "reset-ask")
    press(view, "reset-yes")
    view.save_settings()
    saved = stored(host)
    assert (saved["backend"], saved["watch"]["min_interval_s"]) == ("local", 10)
    assert saved["camera"]["ignore_zones"] == [zone]
    assert KEY in on_disk(host)


def test_a_reset_of_everything_forgets_the_secrets_and_the_places(view, host):
    zone = [[0.1, 0.1], [0.2, 0.1], [0.2, 0.2]]
    view.close_settings()
    host.save_settings({"camera": {"ignore_zones": [zone]}})
    view.catch_up()
    view.open_settings()
    press(view, "reset-ask")
    view.settings.locator('[data-aiwatch="reset-all"]').check()
    press(view, "reset-yes")
    view.save_settings()
    assert stored(host)["camera"]["ignore_zones"] == []
    assert KEY not in on_disk(host)


# -------------------------------------------------------------------------- a beginner


def test_a_beginner_sees_the_experts_parts_closed_and_opens_them_by_keyboard(view):
    view.close_settings()
    view.open_settings(expert=False)
    expect(view.setting("decision.none_below")).to_be_hidden()
    view.settings.locator('[data-aiwatch="section-thresholds"] summary').focus()
    view.page.keyboard.press("Enter")
    expect(view.setting("decision.none_below")).to_be_visible()


def test_each_step_of_confidence_says_what_it_comes_to(view):
    warn = row(view, "decision.warning_confidence")
    expect(warn.locator("label")).to_have_count(5)
    expect(warn.locator("label").nth(2)).to_contain_text("Balanced")
    expect(warn.locator("label").nth(2)).to_contain_text(
        f"Warns when it is {WARNING_ABOVE[2]:.0%} sure for 60 s.".replace("%", " %")
    )
    act = row(view, "decision.pause_confidence")
    expect(act.locator("label").last).to_contain_text(
        f"Acts when it is {FAILURE_ABOVE[4]:.0%} sure for 120 s.".replace("%", " %")
    )


def test_an_address_that_is_none_is_refused(view, host, cloud):
    view.setting("backends.gadget.url").fill("not an address")
    view.save_settings()
    assert stored(host)["backends"]["gadget"]["url"] == cloud.url
    expect(view.notice("not everything was saved")).to_contain_text("Address")


# --------------------------------------------------------------------------- secrets


def test_a_typed_key_is_stored_and_never_shown_again(view, host):
    field = view.setting("backends.gadget.api_key")
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_attribute("autocomplete", "new-password")
    field.fill(TYPED)
    view.save_settings()
    assert TYPED in on_disk(host)
    assert TYPED not in host.get("/api/settings").text
    assert TYPED not in host.get("/plugin/aiwatch/api/status").text
    assert TYPED not in host.log_text()
    view.open_settings()
    expect(field).to_have_value("")
    expect(field).to_have_attribute("placeholder", "stored; type to replace")
    view.load()
    assert TYPED not in view.page.content()
    models = "ko.toJSON(ko.dataFor(document.querySelector('#settings_dialog')).settings)"
    assert TYPED not in view.page.evaluate(models)


def test_a_stored_key_survives_the_saving_of_something_else(view, host):
    view.setting("watch.min_interval_s").fill("25")
    view.save_settings()
    assert KEY in on_disk(host)


def test_a_typed_key_is_gone_from_the_page_once_the_dialog_is_closed(view, host):
    view.setting("backends.gadget.api_key").fill(TYPED)
    view.close_settings()
    view.open_settings()
    expect(view.setting("backends.gadget.api_key")).to_have_value("")
    view.save_settings()
    assert TYPED not in on_disk(host)


def test_a_key_is_deleted_only_by_forgetting_it(view, host):
    forget = row(view, "backends.gadget.api_key").locator('[data-aiwatch="forget"]')
    forget.click()
    expect(view.setting("backends.gadget.api_key")).to_have_attribute(
        "placeholder", "will be deleted when you save"
    )
    assert KEY in on_disk(host)
    view.save_settings()
    assert KEY not in on_disk(host)
    assert stored(host)["secrets_set"]["backends.gadget.api_key"] is False
    view.open_settings()
    expect(view.setting("backends.gadget.api_key")).to_have_attribute(
        "placeholder", "not stored"
    )
    expect(forget).to_be_hidden()


def test_forgetting_can_be_taken_back(view, host):
    forget = row(view, "backends.gadget.api_key").locator('[data-aiwatch="forget"]')
    forget.click()
    expect(forget).to_have_text("Keep")
    forget.click()
    view.save_settings()
    assert KEY in on_disk(host)


# --------------------------------------------------------------- backends and cameras


def test_only_the_chosen_backends_fields_are_shown(view):
    gadget = view.settings.locator('[data-aiwatch-backend="gadget"]')
    obico = view.settings.locator('[data-aiwatch-backend="obico"]')
    local = view.settings.locator('[data-aiwatch-backend="local"]')
    expect(gadget).to_be_visible()
    expect(obico).to_be_hidden()
    expect(local).to_be_hidden()
    choose(view, "obico")
    expect(gadget).to_be_hidden()
    for name in ("serial_no", "access_token", "partner_token"):
        expect(view.setting(f"backends.obico.{name}")).to_be_visible()


def card(view: ui.View, backend: str) -> Locator:
    return view.settings.locator(f'[data-aiwatch="card"][data-key="{backend}"]')


def test_each_service_links_to_its_documentation(view):
    for backend in ("gadget", "obico", "obico_super", "obico_ml", "kserve"):
        link = card(view, backend).locator("a", has_text="Documentation")
        expect(link).to_have_attribute("href", re.compile("^https://."))
        expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_what_has_no_documentation_elsewhere_links_nowhere(view):
    expect(card(view, "local").locator("a")).to_have_count(0)


def test_each_card_says_what_the_backend_needs_costs_sees_and_sends(view):
    for backend in ("local", "gadget", "obico", "obico_super", "obico_ml", "kserve"):
        facts = card(view, backend).locator("dt:visible")
        expect(facts).to_have_text(["Needs", "Costs", "Sees", "Leaves this machine"])
    expect(card(view, "local")).to_contain_text("No account, no key.")
    expect(card(view, "local")).to_contain_text("It misses most of what is small")
    sends = card(view, "local").locator("dd").nth(3)
    expect(sends).to_have_text("Nothing.")
    expect(card(view, "gadget").locator("dd").nth(3)).to_contain_text("Each frame")


def test_a_card_is_chosen_by_keyboard(view):
    view.setting("backend-gadget").focus()
    view.page.keyboard.press("ArrowUp")
    expect(view.settings.locator("#aiwatch-backend-local")).to_be_checked()
    expect(card(view, "local")).to_have_class(re.compile("is-chosen"))
    view.page.keyboard.press("ArrowDown")
    expect(view.settings.locator("#aiwatch-backend-gadget")).to_be_checked()


def test_a_backends_number_is_saved_as_a_number(view, host):
    choose(view, "local")
    view.setting("backends.local.threads").fill("2")
    view.save_settings()
    assert stored(host)["backend"] == "local"
    assert stored(host)["backends"]["local"] == {"model": "", "threads": 2}
    assert '"2"' not in on_disk(host)
    view.open_settings()
    expect(view.setting("backends.local.threads")).to_have_value("2")


@pytest.mark.parametrize("typed", ["0", "5", "1.5"])
def test_a_backends_wrong_number_is_pointed_out_and_not_saved(view, host, typed):
    choose(view, "local")
    view.setting("backends.local.threads").fill(typed)
    cores = row(view, "backends.local.threads")
    expect(cores).to_have_class(re.compile(r"\berror\b"))
    expect(cores.locator(".help-inline")).to_contain_text("from 1 to 4.")
    view.save_settings()
    assert stored(host)["backends"]["local"]["threads"] == 1
    expect(view.notice("not everything was saved")).to_contain_text(
        "Processor cores: Use a whole number from 1 to 4."
    )


def test_another_address_can_be_typed_beside_the_listed_ones(view, host):
    choose(view, "obico")
    address = view.setting("backends.obico.url")
    listed = row(view, "backends.obico.url").get_by_role("radio")
    expect(listed).to_have_count(4)
    expect(listed.first).to_be_checked()
    address.fill("https://obico.example/")
    expect(listed.first).not_to_be_checked()
    view.save_settings()
    saved = stored(host)
    assert saved["backend"] == "obico"
    assert saved["backends"]["obico"]["url"] == "https://obico.example/"
    view.open_settings()
    expect(address).to_have_value("https://obico.example/")


def test_a_listed_address_is_saved_by_choosing_it(view, host):
    choose(view, "obico")
    china = row(view, "backends.obico.url").get_by_role("radio", name="China").first
    china.check()
    address = china.get_attribute("value")
    view.save_settings()
    assert stored(host)["backends"]["obico"]["url"] == address


def test_the_webcams_of_octoprint_can_be_chosen(view, host):
    camera = view.setting("camera.name")
    expect(camera).to_have_value("")
    expect(camera.locator("option")).to_have_count(2)
    camera.select_option("classic")
    view.setting("camera.timeout_s").fill("7.5")
    view.save_settings()
    saved = stored(host)["camera"]
    assert (saved["name"], saved["timeout_s"]) == ("classic", 7.5)
    view.open_settings()
    expect(camera).to_have_value("classic")


def words(view: ui.View) -> Locator:
    return view.settings.locator('[data-aiwatch="camera-words"]')


def picture(view: ui.View) -> Locator:
    return view.settings.locator('[data-aiwatch="places-frame"] img')


def glances(view: ui.View) -> int:
    return sum(url.endswith("/api/snapshot") for url in view.requested)


def test_the_webcam_is_shown_while_it_is_in_sight_and_then_no_more(view):
    view.settings.locator('[data-aiwatch="camera-live"]').scroll_into_view_if_needed()
    expect(words(view)).to_contain_text("640 x 480")
    first = picture(view).get_attribute("src")
    expect(picture(view)).not_to_have_attribute("src", first or "")  # and goes on
    view.close_settings()
    view.page.wait_for_timeout(500)  # what was on its way
    before = glances(view)
    view.page.wait_for_timeout(4000)
    assert glances(view) == before


def test_the_webcam_is_not_asked_while_it_is_out_of_sight(view):
    view.settings.locator("#aiwatch-enabled").scroll_into_view_if_needed()
    view.page.wait_for_timeout(500)
    before = glances(view)
    view.page.wait_for_timeout(4000)
    assert glances(view) == before


def test_choosing_a_webcam_shows_what_it_sees_at_once(view):
    view.settings.locator('[data-aiwatch="camera-live"]').scroll_into_view_if_needed()
    expect(words(view)).to_contain_text("640 x 480")
    view.setting("camera.name").select_option("classic")
    expect(words(view)).to_contain_text("classic: a frame of 640 x 480.")


def test_a_webcam_that_shows_nothing_is_told_in_words_with_its_picture(view, camera):
    dark = io.BytesIO()
    Image.new("RGB", ui.SIZE_PX, (2, 2, 2)).save(dark, "JPEG")
    camera.broken = Reply(200, body=dark.getvalue(), content_type="image/jpeg")
    view.settings.locator('[data-aiwatch="camera-live"]').scroll_into_view_if_needed()
    expect(words(view)).to_contain_text("The webcam's picture is black.")
    expect(words(view)).to_contain_text("Switch a light on")
    expect(picture(view)).to_be_visible()
    camera.broken = Reply(200, body=b"<html>login</html>")
    expect(words(view)).to_contain_text("a web page instead of a JPEG")


def test_a_webcam_that_is_gone_stays_chosen_and_says_so(view, host):
    host.save_settings({"camera": {"name": "attic"}})
    view.load()
    view.open_settings()
    camera = view.setting("camera.name")
    expect(camera).to_have_value("attic")
    expect(camera.locator("option:checked")).to_have_text("attic (not there)")
    view.save_settings()
    assert stored(host)["camera"]["name"] == "attic"


# -------------------------------------------------------------------------- the test


def test_a_good_test_shows_its_steps_and_the_frame(view, cloud):
    cloud.script(gadget_answer(23))
    result = run_test(view)
    expect(result.locator(".alert-success")).to_contain_text("The test passed.")
    expect(result.locator(".alert-success")).to_contain_text(
        "Risk in this frame: 23 of 100."
    )
    expect(result.locator('[data-step-ok="yes"]')).to_have_count(2)
    size = result.locator("img").evaluate("i => [i.naturalWidth, i.naturalHeight]")
    assert tuple(size) == ui.SIZE_PX


def test_a_test_with_a_service_costs_one_call_and_says_so_before(view, cloud):
    before = len(cloud.calls("process"))
    said = view.settings.get_by_text("counts as one call there", exact=False)
    expect(said.filter(visible=True)).to_have_count(1)
    run_test(view)
    assert len(cloud.calls("process")) == before + 1


def test_a_test_with_the_detector_sends_nothing_and_says_so_before(view, cloud):
    before = len(cloud.requests)
    choose(view, "local")
    expect(view.settings.get_by_text("The frame stays on this machine.")).to_be_visible()
    said = view.settings.get_by_text("counts as one call there", exact=False)
    expect(said.filter(visible=True)).to_have_count(0)
    result = run_test(view)
    expect(result.locator(".alert-success")).to_contain_text("The test passed.")
    expect(result.locator('[data-step-ok="yes"]').nth(1)).to_contain_text(
        "On this machine: score"
    )
    size = result.locator("img").evaluate("i => [i.naturalWidth, i.naturalHeight]")
    assert tuple(size) == ui.SIZE_PX
    assert len(cloud.requests) == before


def test_a_test_with_a_model_that_is_none_says_what_to_do(view, tmp_path):
    wrong = tmp_path / "notes.onnx"
    wrong.write_text("buy filament")
    choose(view, "local")
    view.setting("backends.local.model").fill(str(wrong))
    result = run_test(view)
    expect(result.locator('[data-step-ok="no"]')).to_contain_text(
        "The model file is damaged, or is no model that can be used."
    )
    expect(result).to_contain_text(
        "Choose another file in the settings or leave it empty."
    )


def test_a_test_uses_what_is_typed_and_saves_nothing(view, host):
    view.setting("backends.gadget.api_key").fill("wrong-key-0815")
    result = run_test(view)
    expect(result.locator(".alert-error:visible")).to_contain_text("The test failed.")
    expect(result).to_contain_text("does not accept the API key")
    expect(result).to_contain_text("Check the API key")
    expect(result.locator('[data-step-ok="yes"]')).to_contain_text("Snapshot")
    expect(result.locator('[data-step-ok="no"]')).to_contain_text("Backend")
    assert "wrong-key-0815" not in on_disk(host)
    assert "wrong-key-0815" not in host.log_text()


def test_a_test_with_a_dead_camera_says_what_to_do(view, camera):
    camera.broken = Reply(200, body=b"<html>login</html>")
    result = run_test(view)
    expect(result.locator('[data-step-ok="no"]')).to_have_count(1)
    expect(result).to_contain_text("a web page instead of a JPEG")
    expect(result).to_contain_text("Check the snapshot URL")
    expect(result.locator("img")).to_have_count(0)


def test_a_test_with_an_address_that_is_none_is_refused_in_words(view):
    view.expect_refusal("HTTP 400 .*/api/test")
    view.setting("backends.gadget.url").fill("not an address")
    result = run_test(view)
    expect(result.locator(".alert-error:visible")).to_contain_text("not an address")


def test_the_result_is_gone_when_the_dialog_is_opened_again(view):
    result = run_test(view)
    view.close_settings()
    view.open_settings()
    expect(result.locator(".alert:visible")).to_have_count(0)
