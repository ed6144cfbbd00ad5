"""Whatever a webcam or a service answers: one sentence, one line, and the print goes on.

All cases disturb one and the same print: what one leaves behind would show in the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from simulator.clouds import gadget_answer, gadget_error, obico_error
from simulator.replies import Reply

from tests.e2e.support_faults import (
    BY_ITSELF_S,
    Spell,
    blind_checks,
    own_temporary_folder,
)
from tests.e2e.support_watch import SOON_S, Rig, Side, statistics

PAGE = b"<html><body>Sign in to the network</body></html>"
NAN_GADGET = (
    b'{"Score": NaN, "WarningSuggested": true, "PauseSuggested": true,'
    b' "NextProcessIntervalSec": 0}'
)
BEYOND_GADGET = (
    b'{"Score": 1e999, "WarningSuggested": true, "PauseSuggested": true,'
    b' "NextProcessIntervalSec": 0}'
)
DEEP = b'{"Score": ' * 100_000
NAN_OBICO = (
    b'{"result": {"p": 1.0, "detections": [], "temporal_stats": {"ewm_mean": NaN,'
    b' "rolling_mean_short": 0.0, "rolling_mean_long": 0.0,'
    b' "prediction_num": 1, "prediction_num_lifetime": 1}}}'
)
STRINGS_GADGET = {
    "Score": "99",
    "WarningSuggested": "true",
    "PauseSuggested": "true",
    "NextProcessIntervalSec": "0",
}
ENDLESS = Reply(chunks=iter(lambda: bytes(65536), None), content_type="application/json")
SENSELESS = ("bad_answer", "makes no sense")


WEBCAM: dict[str, tuple[str, str]] = {
    "html": ("snapshot_is_page", "a web page instead of a JPEG"),
    "401": ("snapshot_refused", "refuses OctoPrint's login"),
    "500": ("snapshot_status", "answered HTTP 500"),
    "endless": ("snapshot_too_large", "more than 8 MB"),
    "huge": ("snapshot_too_large", "more than 8 MB"),
    "truncated": ("snapshot_truncated", "cut off"),
    "empty": ("snapshot_empty", "empty snapshot"),
    "bomb": ("snapshot_size", "65000 x 65000 pixels"),
    "no-markers": ("snapshot_truncated", "cut off"),
    "hang": ("snapshot_unreachable", "does not answer"),
}

GADGET: dict[str, tuple[tuple[str, str], Reply]] = {
    "html": (SENSELESS, Reply(200, body=PAGE)),
    "null": (SENSELESS, Reply(200, json=None)),
    "list": (SENSELESS, Reply(200, json=[])),
    "strings": (SENSELESS, Reply(200, json=STRINGS_GADGET)),
    "half": (SENSELESS, Reply(200, json={"PauseSuggested": True})),
    "empty": (SENSELESS, Reply(200, body=b"")),
    "nan": (SENSELESS, Reply(200, body=NAN_GADGET, content_type="application/json")),
    "infinite": (SENSELESS, Reply(200, body=BEYOND_GADGET)),
    "deep": (SENSELESS, Reply(200, body=DEEP, content_type="application/json")),
    "beyond": (SENSELESS, gadget_answer(250, True, True, interval_s=0)),
    "cut-off": (("reset", "broke off"), Reply(200, json={"Score": 1}, truncate=True)),
    "endless": (("answer_too_large", "too large"), ENDLESS),
    "drop": (("reset", "broke off"), Reply(drop=True)),
    "redirect": (
        ("redirect", "redirect"),
        Reply(302, headers={"Location": "/elsewhere"}),
    ),
    "page-404": (("context_refused", "forgot this print"), Reply(404, body=PAGE)),
    "page-500": (("server_fault", "HTTP 500"), Reply(500, body=PAGE)),
    "page-429": (("throttled", "busy"), Reply(429, body=PAGE)),
    "internal": (
        ("server_fault", "a problem of its own"),
        gadget_error("OE_INTERNAL_ERROR"),
    ),
    "throttled": (
        ("throttled", "asked us to wait"),
        gadget_error("OE_BACKEND_THROTTLED"),
    ),
    "too-often": (("rate_limited", "too often"), gadget_error("OE_CONTEXT_RATE_LIMITED")),
    "frame": (("frame_refused", "this frame"), gadget_error("OE_IMAGE_DECODE_FAILED")),
    "unpaid": (
        ("payment_due", "bill"),
        gadget_error("OE_API_KEY_BLOCKED_PAYMENT_FAILED"),
    ),
    "wrong-key": (("api_key_refused", "the API key"), gadget_error("OE_INVALID_API_KEY")),
}

OBICO: dict[str, tuple[tuple[str, str], Reply]] = {
    "html": (SENSELESS, Reply(200, body=PAGE)),
    "null": (SENSELESS, Reply(200, json=None)),
    "result-null": (SENSELESS, Reply(200, json={"result": None})),
    "strings": (SENSELESS, statistics(1.0, rolling_mean_long="0")),
    "half": (SENSELESS, Reply(200, json={"result": {"p": 1.0}})),
    "empty": (SENSELESS, Reply(200, body=b"")),
    "nan": (SENSELESS, Reply(200, body=NAN_OBICO, content_type="application/json")),
    "deep": (SENSELESS, Reply(200, body=DEEP, content_type="application/json")),
    "endless": (("answer_too_large", "too large"), ENDLESS),
    "drop": (("reset", "broke off"), Reply(drop=True)),
    "image": (
        ("frame_refused", "this frame"),
        obico_error(400, "Missing or invalid image"),
    ),
    "other": (("request_refused", "out of ink"), obico_error(400, "out of ink")),
    "page-500": (("server_fault", "HTTP 500"), Reply(500, body=PAGE)),
    "throttled": (("throttled", "busy"), obico_error(429, "You are running too hot!")),
    "unknown": (
        ("credentials_refused", "token"),
        obico_error(401, "Invalid credentials"),
    ),
}


@pytest.fixture(scope="module")
def rig(module_workshop, tmp_path_factory) -> Rig:
    with own_temporary_folder(tmp_path_factory.mktemp("temporary")):
        return Rig(module_workshop)


@pytest.fixture(scope="module")
def print_of_all(rig) -> Iterator[None]:
    with rig.printing(lines=60000):
        yield


@pytest.fixture
def watched(rig, print_of_all) -> Callable[[str], Side]:
    """watched(backend): the print goes on and is being watched."""

    def watch(backend: str) -> Side:
        side = rig.prepare(backend)
        ready = rig.wait_status(
            lambda status: status["backend"] == backend and status["phase"] != "idle",
            "the print to go on",
        )
        if ready["checks"] == 0 or ready["verdict"] != "ok":
            rig.host.watch_command("check_now")
            rig.wait_status(lambda status: status["verdict"] == "ok", "a good check")
        return side

    return watch


@pytest.mark.parametrize("mode", WEBCAM)
def test_a_bad_webcam_is_named_and_the_print_goes_on(rig, watched, mode):
    side = watched("gadget")
    spell = Spell(rig, WEBCAM[mode])
    rig.camera.mode = mode
    spell.comes()
    sent = side.frames(spell.since_s)
    assert len(sent) <= 1, "nothing but a frame that was on its way was sent"
    rig.camera.mode = "ok"
    rig.host.watch_command("check_now")
    spell.ends()


def set_snapshot_url(rig: Rig, url: str) -> None:
    body = {"plugins": {"classicwebcam": {"snapshot": url}}}
    assert rig.host.post("/api/settings", json=body).ok


def test_a_missing_webcam_is_named_and_the_print_goes_on(rig, watched):
    side = watched("gadget")
    spell = Spell(rig, ("no_webcam", "no webcam"))
    set_snapshot_url(rig, "")
    spell.comes()
    assert side.frames(spell.since_s) == []
    set_snapshot_url(rig, rig.camera.snapshot_url)
    rig.host.watch_command("check_now")
    spell.ends()


def test_a_webcam_that_is_gone_is_named_and_found_again_without_help(rig, watched):
    watched("gadget")
    spell = Spell(rig, ("snapshot_unreachable", "does not answer"))
    rig.camera.stop()
    spell.comes()
    rig.camera.release()
    spell.ends(BY_ITSELF_S)


@pytest.mark.parametrize("case", GADGET)
def test_a_bad_answer_of_gadget_is_named_and_the_print_goes_on(rig, watched, case):
    side = watched("gadget")
    fault, reply = GADGET[case]
    spell = Spell(rig, fault)
    side.reply(reply)
    spell.comes()
    side.say("ok")
    rig.host.watch_command("check_now")
    spell.ends()


@pytest.mark.parametrize("case", OBICO)
def test_a_bad_answer_of_obico_is_named_and_the_print_goes_on(rig, watched, case):
    side = watched("obico")
    fault, reply = OBICO[case]
    spell = Spell(rig, fault)
    side.reply(reply)
    spell.comes()
    side.say("ok")
    rig.host.watch_command("check_now")
    spell.ends()


@pytest.mark.parametrize("backend", ["gadget", "obico"])
def test_a_service_out_of_reach_is_named_and_found_again_without_help(
    rig, watched, backend
):
    side = watched(backend)
    spell = Spell(rig, ("refused", "refuses the connection"))
    side.cloud.stop()
    rig.host.watch_command("check_now")
    rig.wait_status(lambda status: status["blind"], "blind to be shown")
    side.cloud.start()
    spell.ends(BY_ITSELF_S)


def test_an_outage_that_lasts_is_announced_once_and_its_end_too(rig, watched):
    side = watched("gadget")
    spell = Spell(rig, ("refused", "refuses the connection"))
    side.cloud.stop()
    spell.comes()
    failed_s = rig.host.now_s()
    assert rig.fired("blinded", spell.since_s) == []
    blinded = rig.wait_fired("blinded", spell.since_s, 15)
    assert blinded.at_s - failed_s > 10 - 2, "blind_after_s"
    rig.host.watch_command("check_now")
    rig.host.wait(
        lambda: blind_checks(rig, spell.since_s) >= 3, SOON_S, "one more failed check"
    )
    side.cloud.start()
    rig.host.watch_command("check_now")
    spell.ends()
    rig.wait_fired("recovered", spell.since_s)
    for name in ("blinded", "recovered"):
        assert rig.fired_once(name, spell.since_s)
        assert len(rig.alerts(name, spell.since_s)) == 1
