"""The drill in a real OctoPrint: through the real detector, past what hangs or is dead.

The virtual printer's own log tells that no line was sent because of one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulator.host import OctoPrintHost
from simulator.http_server import HttpServer
from simulator.replies import Reply

from tests.adapters.delivering import Service
from tests.e2e.support_watch import SOON_S, Rig

pytestmark = pytest.mark.timeout(180)
DRILL = "/plugin/aiwatch/api/drill"
MOST_S = 60.0


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    # The serial log has every line that goes to the printer; 2.0 has it elsewhere.
    config = {"serial": {"log": True}, "plugins": {"serial_connector": {"log": True}}}
    return Rig(module_workshop, config=config)


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.stop()


def drill(rig: Rig, **body: object) -> dict:
    asked_s = time.monotonic()
    answer = rig.host.post(DRILL, json=body, timeout=90)
    assert answer.status_code == 200, answer.text
    assert time.monotonic() - asked_s < MOST_S
    return answer.json()


def detector(rig: Rig, **changes: object) -> None:
    """The detector on this machine judges."""
    rig.host.save_settings(rig.settings("local", **changes))


def links(document: dict) -> dict[str, dict]:
    return {one["name"]: one for one in document["links"]}


def states(document: dict) -> dict[str, str]:
    return {name: one["state"] for name, one in links(document).items()}


def sent(host: OctoPrintHost) -> list[str]:
    """Every line to the printer, but for the polling of its temperature."""
    log = Path(host.basedir, "logs", "serial.log").read_text()
    lines = re.findall(r"(?m) - (?:Send:|>>>) (.*)$", log)  # 1.11's way and 2.0's
    return [line for line in lines if "M105" not in line]


def test_the_real_detector_finds_our_picture_and_the_whole_chain_passes(rig, service):
    detector(rig, notify={"urls": [service.url]})
    before = rig.host.get("/plugin/aiwatch/api/jobs").json()["jobs"]
    lines, status = sent(rig.host), rig.host.status()
    assert lines, "the log is there"
    park = {"enabled": True, "lift_mm": 5}
    document = drill(rig, actions={"on_failure": "pause", "park": park})
    assert document["ok"] is True, document
    assert set(states(document).values()) == {"passed"}
    assert document["verdict"] == "failure"
    assert 0 < document["warns_after_s"] < document["fails_after_s"] < 240
    assert len(document["detections"]) == 1
    assert service.titles == ["AI Watch: test"]
    assert any(line.startswith("G1 Z") for line in links(document)["pause"]["lines"])
    assert sent(rig.host) == lines, "nothing was sent to the printer"
    assert rig.host.get("/plugin/aiwatch/api/jobs").json()["jobs"] == before
    after = rig.host.status()
    keys = ("phase", "checks", "score", "frame", "pauses", "detections")
    assert {key: after[key] for key in keys} == {key: status[key] for key in keys}


@pytest.mark.parametrize("confidence", [1, 5])
def test_our_picture_is_clear_enough_for_every_confidence(rig, confidence):
    detector(rig)
    sure = {"warning_confidence": confidence, "pause_confidence": confidence}
    assert states(drill(rig, decision=sure))["judgement"] == "passed"


def test_a_dead_backend_fails_its_link_and_no_other(rig, service):
    side = rig.prepare("gadget", notify={"urls": [service.url]})
    side.cloud.stop()
    document = drill(rig)
    assert states(document) == {
        "backend": "failed",
        "judgement": "skipped",
        "webcam": "passed",
        "message": "passed",
        "pause": "passed",
    }
    assert "refuses the connection" in links(document)["backend"]["text"]


def test_everything_that_can_hang_hangs_and_the_drill_is_over_in_time(rig):
    silent = HttpServer(lambda request: Reply(hang=True), 0, "silent-service")
    silent.start()
    url = silent.url.replace("http:", "json:") + "?rto=60&cto=60"
    side = rig.prepare("gadget", notify={"urls": [url]})
    side.reply(Reply(hang=True))
    rig.camera.mode = "hang"
    lines = sent(rig.host)
    document = drill(rig)
    assert states(document) == {
        "backend": "failed",
        "judgement": "skipped",
        "webcam": "failed",
        "message": "failed",
        "pause": "passed",
    }
    assert sent(rig.host) == lines
    rig.camera.release()
    side.release()
    silent.stop()


def test_a_call_is_counted_and_told_beforehand(rig):
    rig.prepare("gadget", budget={"monthly_calls": 1000})
    before = rig.host.get(DRILL).json()
    assert (before["calls"], before["price_usd"], before["possible"]) == (1, 0.0, True)
    used = rig.host.status()["calls_this_month"]
    assert states(drill(rig))["backend"] == "passed"
    assert rig.host.status()["calls_this_month"] == used + 1
    after = " ".join(rig.host.get(DRILL).json()["says"])
    assert f"{1000 - used - 1} are left" in after


def test_what_a_service_decides_over_time_is_not_made_up_from_one_frame(rig):
    rig.prepare("gadget").say("ok")
    assert states(drill(rig))["judgement"] == "skipped"
    rig.gadget.say("failure")
    assert states(drill(rig))["judgement"] == "passed"


def test_while_a_print_is_on_there_is_none_and_the_watch_does_not_notice(rig):
    side = rig.prepare("gadget")
    with rig.printing() as since_s:
        rig.check()
        refused = rig.host.post(DRILL, json={})
        assert refused.status_code == 409
        assert refused.json()["error"]["code"] == "drill_printing"
        assert rig.host.get(DRILL).json()["possible"] is False
        rig.check()
        assert len(side.contexts(since_s)) == 1


def test_without_a_printer_that_is_what_the_last_link_says(rig):
    rig.prepare("gadget")
    rig.host.disconnect()
    try:
        pause = links(drill(rig))["pause"]
        assert pause["state"] == "skipped"
        assert "No printer is connected" in pause["text"]
    finally:
        rig.host.connect()
        rig.host.wait_state("Operational", SOON_S)


@pytest.mark.parametrize(
    "body",
    [
        {"backend": "none"},
        {"decision": {"warning_confidence": "high"}},
        {"actions": {"on_failure": "explode"}},
        {"notify": {"urls": ["no address"]}},
        {"notify": {"urls": [{"keep": "unknown"}]}},
    ],
)
def test_values_that_cannot_be_used_are_refused(rig, body):
    assert rig.host.post(DRILL, json=body).status_code == 400
