"""What OctoPrint's settings API takes from us and gives away."""

from __future__ import annotations

import json
from typing import Any

import pytest
from simulator.host import User

from tests.e2e.support_watch import ACCESS_TOKEN, GADGET_KEY, SERIAL_NO, SOON_S, Rig

KEY_PATH = "backends.gadget.api_key"
READER = User("reader", permissions=("STATUS", "SETTINGS_READ", "SETTINGS"))


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop, users=[READER])


@pytest.fixture(autouse=True)
def prepared(rig) -> None:
    rig.prepare("gadget")


def loaded(rig: Rig, api_key: str = "") -> dict[str, Any]:
    answer = rig.host.get("/api/settings", api_key=api_key or None)
    return answer.json()["plugins"]["aiwatch"]


def key_that_is_used(rig: Rig) -> str:
    """The key that reaches the service."""
    created = len(rig.gadget.cloud.calls("create"))
    rig.host.post("/plugin/aiwatch/api/test", json={"backend": "gadget"})
    calls = rig.gadget.cloud.calls("create")[created:]
    return calls[0].headers.get("x-api-key", "") if calls else ""


def save(rig: Rig, **changes: Any) -> list[dict[str, str]]:
    """Saves and returns the problems that were pushed because of it."""
    since_s = rig.host.now_s()
    rig.host.save_settings(changes)
    # An event that is fired after the save comes after what there was to say about it.
    name = {"appearance": {"name": f"saved at {since_s}"}}
    assert rig.host.post("/api/settings", json=name).ok
    rig.host.wait_event("SettingsUpdated", since_s=since_s)
    pushed = rig.host.messages("settings_problems", since_s)
    return [problem for event in pushed for problem in event.data["problems"]]


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_secret_keeps_the_one_that_is_stored(rig, empty):
    assert save(rig, backends={"gadget": {"api_key": empty}}) == []
    assert loaded(rig)["secrets_set"][KEY_PATH] is True
    assert key_that_is_used(rig) == GADGET_KEY


def test_saving_something_else_keeps_every_secret(rig):
    save(rig, watch={"min_interval_s": 33}, backends={"obico": {"url": ""}})
    assert loaded(rig)["watch"]["min_interval_s"] == 33
    assert key_that_is_used(rig) == GADGET_KEY
    known = loaded(rig)["secrets_set"]
    assert known["backends.obico.serial_no"] is True
    assert known["backends.obico.access_token"] is True


def test_a_typed_secret_replaces_the_one_that_is_stored(rig):
    rig.gadget.cloud.api_keys.add("a-fresh-key")
    save(rig, backends={"gadget": {"api_key": "a-fresh-key"}})
    assert key_that_is_used(rig) == "a-fresh-key"


def test_a_secret_can_be_forgotten(rig):
    save(rig, forget=[KEY_PATH])
    assert loaded(rig)["secrets_set"][KEY_PATH] is False
    assert key_that_is_used(rig) == ""
    assert loaded(rig)["secrets_set"]["backends.obico.serial_no"] is True


@pytest.mark.parametrize("path", ["backends.gadget.url", "watch", "../users", 5])
def test_nothing_but_a_secret_can_be_forgotten(rig, path):
    before = loaded(rig)
    save(rig, forget=[path])
    assert loaded(rig) == before


def test_secrets_are_shown_to_nobody_and_survive_a_restart(rig):
    for api_key in ("", READER.api_key):
        text = json.dumps(loaded(rig, api_key))
        assert '"secrets_set"' in text
        for secret in (GADGET_KEY, SERIAL_NO, ACCESS_TOKEN):
            assert secret not in text
    rig.host.restart()
    assert key_that_is_used(rig) == GADGET_KEY


def test_what_the_form_was_given_can_be_saved_as_it_is(rig):
    before = loaded(rig)
    assert save(rig, **before) == []
    assert loaded(rig) == before
    assert key_that_is_used(rig) == GADGET_KEY


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"watch": {"min_interval_s": "soon"}}, "watch.min_interval_s"),
        ({"watch": {"min_interval_s": 1}}, "watch.min_interval_s"),
        ({"watch": {"grace_start_s": -1}}, "watch.grace_start_s"),
        ({"watch": {"warmup": "maybe"}}, "watch.warmup"),
        ({"decision": {"pause_confidence": 6}}, "decision.pause_confidence"),
        ({"decision": {"warning_confidence": 2.5}}, "decision.warning_confidence"),
        ({"decision": {"none_below": 0.9}}, "decision.none_below"),
        ({"actions": {"on_failure": "explode"}}, "actions.on_failure"),
        ({"camera": {"max_bytes": 10**12}}, "camera.max_bytes"),
        ({"camera": {"ignore_zones": [[[0, 0], [2, 2]]]}}, "camera.ignore_zones"),
        ({"backend": "crystal ball"}, "backend"),
        ({"backends": {"gadget": {"url": "not an address"}}}, "backends.gadget.url"),
        ({"backends": {"gadget": {"url": "http://example.com"}}}, "backends.gadget.url"),
        ({"backends": {"gadget": {"api_key": "two\nlines"}}}, "backends.gadget.api_key"),
        ({"backends": {"gadget": "all of it"}}, ""),
    ],
    ids=str,
)
def test_a_bad_value_is_named_and_the_one_before_stays(rig, changes, path):
    before = loaded(rig)
    problems = save(rig, **changes)
    assert loaded(rig) == before
    assert key_that_is_used(rig) == GADGET_KEY
    if path:
        assert path in [problem["path"] for problem in problems]
        assert all(problem["text"].endswith(".") for problem in problems)


def test_good_values_are_stored_beside_a_bad_one(rig):
    problems = save(rig, watch={"min_interval_s": "soon", "blind_after_s": 77})
    assert [problem["path"] for problem in problems] == ["watch.min_interval_s"]
    watch = loaded(rig)["watch"]
    assert (watch["min_interval_s"], watch["blind_after_s"]) == (5, 77)


def test_names_that_nobody_knows_are_not_stored(rig):
    save(rig, surprise=1, watch={"surprise": 2}, backends={"surprise": {"url": "x"}})
    assert "surprise" not in json.dumps(loaded(rig))
    assert "surprise" not in (rig.host.basedir / "config.yaml").read_text()


def test_other_settings_take_hold_in_the_middle_of_a_print(rig):
    with rig.printing():
        rig.wait_checks(1)
        save(rig, watch={"min_interval_s": 600})
        rig.check()
        status = rig.wait_status(
            lambda status: (status["next_check_s"] or 0) > 500, "the longer interval"
        )
        assert status["phase"] == "watching"


def test_another_backend_takes_over_in_the_middle_of_a_print(rig):
    with rig.printing() as since_s:
        rig.wait_checks(1)
        rig.obico.say("ok")
        saved_s = rig.host.now_s()
        save(rig, backend="obico")
        rig.host.wait(lambda: rig.obico.frames(since_s), SOON_S, "a frame for Obico")
        status = rig.wait_status(lambda status: status["verdict"] == "ok", "its verdict")
        assert status["backend"] == "obico"
        assert rig.gadget.frames(saved_s) == []
        assert rig.fired("watch_ended", since_s) == []


def test_a_webcam_that_is_set_up_otherwise_in_mid_watch_is_so_with_the_next_frame(rig):
    def turn(is_turned: bool) -> None:
        changes = {"plugins": {"classicwebcam": {"rotate90": is_turned}}}
        assert rig.host.post("/api/settings", json=changes).ok

    with rig.printing():
        rig.wait_checks(1)
        assert rig.check()["view"]["rotate_90"] is False
        try:
            turn(True)
            assert rig.check()["view"]["rotate_90"] is True
        finally:
            turn(False)
        assert rig.check()["view"]["rotate_90"] is False
