"""Obico's Super Detection API judges a print: watched, refused, away and back, paused."""

from __future__ import annotations

from typing import Any

import pytest
from simulator.clouds import ObicoSuperCloud

from tests.e2e.support_watch import QUICK, SOON_S, BareRig, codes, statistics

TOKEN = "super-token-of-the-tests"
PRINTER = "printer-of-the-tests"


class Rig(BareRig):
    """An OctoPrint whose frames go to this cloud."""

    def __init__(self, workshop: Any, cloud: ObicoSuperCloud) -> None:
        self.cloud = cloud
        super().__init__(workshop)

    def prepare(self, **fields: str) -> None:
        self.cloud.start()
        self.cloud.unscript()
        own = {"url": self.cloud.url, "token": TOKEN, "printer_id": PRINTER}
        backends = {"obico_super": {**own, **fields}}
        self.host.save_settings({**QUICK, "backend": "obico_super", "backends": backends})

    def press_test(self, **fields: str) -> dict[str, Any]:
        body = {"backend": "obico_super", "fields": fields}
        answer = self.host.post("/plugin/aiwatch/api/test", json=body)
        assert answer.ok
        return answer.json()


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop, module_workshop.obico_super(tokens={TOKEN}))


def test_a_good_print_is_watched_under_the_printers_name_and_its_calls_are_counted(rig):
    rig.prepare()
    rig.cloud.clear_records()
    with rig.printing():
        status = rig.wait_checks(1)
        assert (status["verdict"], status["blind"]) == ("ok", False)
        assert status["calls_this_month"] >= 1
    calls = rig.cloud.calls("predict")
    assert {call.form["printer_id"] for call in calls} == {PRINTER}
    assert len({call.form["print_id"] for call in calls}) == 1
    assert rig.cloud.violations == []


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"token": "another-token-of-the-tests"}, "token"),
        ({"url": "http://127.0.0.1:1", "token": TOKEN}, "refuses the connection"),
    ],
)
def test_the_test_button_says_what_is_wrong(rig, fields, word):
    rig.prepare()
    document = rig.press_test(**fields)
    assert document["ok"] is False
    assert word in document["steps"][-1]["text"]
    assert document["steps"][-1]["advice"]
    assert rig.press_test()["ok"] is True


def test_a_printer_without_a_name_is_pointed_out(rig):
    rig.prepare(printer_id="")
    document = rig.press_test()
    assert document["ok"] is False
    assert "name for this service is missing" in document["steps"][-1]["text"]


def test_a_service_that_is_away_makes_blind_and_is_asked_again(rig):
    rig.prepare()
    with rig.printing() as since_s:
        rig.wait_checks(1)
        rig.cloud.stop()
        rig.host.watch_command("check_now")
        status = rig.wait_status(lambda status: status["blind"], "blindness")
        assert (status["verdict"], codes(status)[0]) == ("unknown", "refused")
        rig.cloud.start()
        rig.host.watch_command("check_now")
        rig.wait_status(lambda status: status["verdict"] == "ok", "sight", 20)
        assert set(rig.state_ids(since_s)) <= {"STARTING", "PRINTING"}


def test_a_failing_print_is_really_paused(rig):
    rig.prepare()
    with rig.printing() as since_s:
        rig.wait_checks(1)
        rig.cloud.script(statistics(1.0), forever=True)
        rig.host.watch_command("check_now")
        rig.wait_printer("PAUSED", since_s)
        rig.wait_fired("pause_confirmed", since_s, SOON_S)
        (failed,) = rig.fired("failure_detected", since_s)
        assert failed.data["backend"] == "obico_super"
        assert rig.host.status()["action"] == "paused"
    assert rig.cloud.violations == []
