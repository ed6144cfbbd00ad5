"""Obico's own ML API: the server fetches each frame, and only then is it believed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from simulator.clouds import Judgement, ObicoMlServer, ScriptedJudge
from simulator.http_server import HttpServer
from simulator.obico_ml import VARIANTS
from simulator.replies import Reply

from octoprint_aiwatch.core import frames
from tests.e2e.plugins.fastclock import FASTER
from tests.e2e.support_watch import QUICK, SOON_S, BareRig, codes, with_plugins

TOKEN = "ml-token-of-the-tests"
BOX = (0.9, 0.5, 0.5, 0.2, 0.2)
PATH = "/plugin/aiwatch/frame/"
PAUSED_WITHIN_S = 120.0
GOOD_S = (frames.BASELINE_S + 30.0) / FASTER

pytestmark = pytest.mark.timeout(200)


class Rig(BareRig):
    """An OctoPrint whose frames this server fetches."""

    def __init__(self, workshop: Any, server: ObicoMlServer, **options: Any) -> None:
        self.server = server
        super().__init__(workshop, **options)

    def prepare(self, callback_url: str = "", **fields: str) -> None:
        own = {
            "url": self.server.url,
            "token": TOKEN,
            "callback_url": callback_url or self.host.url,
        }
        backends = {"obico_ml": {**own, **fields}}
        self.host.save_settings({**QUICK, "backend": "obico_ml", "backends": backends})

    def press_test(self) -> dict[str, Any]:
        answer = self.host.post(
            "/plugin/aiwatch/api/test", json={"backend": "obico_ml", "fields": {}}
        )
        assert answer.ok
        return answer.json()


@dataclass
class Print:
    """One print of which the frames turn bad after a while."""

    rig: Rig
    is_failing: bool = False


@pytest.fixture(scope="module", autouse=True)
def failing(module_workshop, tmp_path_factory) -> Print:
    """It goes on beside the other tests."""
    judge = ScriptedJudge(
        lambda number, jpeg: Judgement(0.9, (BOX, BOX) if one.is_failing else ())
    )
    server = module_workshop.obico_ml(judge, token=TOKEN)
    folder = tmp_path_factory.mktemp("fast")
    rig = Rig(module_workshop, server, basedir=with_plugins(folder, "fastclock"))
    one = Print(rig)
    rig.prepare()
    rig.start()
    return one


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    server = module_workshop.obico_ml(token=TOKEN)
    return Rig(module_workshop, server, debug_log=True)


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    server = HttpServer(lambda request: Reply(404))
    server.stop()
    return server.url


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_good_print_is_watched_with_every_variant_of_the_server(rig, variant):
    rig.server.variant = variant
    rig.server.clear_records()
    rig.prepare()
    with rig.printing() as since_s:
        status = rig.wait_checks(1)
        assert (status["verdict"], status["blind"]) == ("ok", False)
        assert status["score"] == 0.0
        assert status["calls_this_month"] == 0
        assert {one["blind"] for one in rig.statuses(since_s)} == {False}
    assert [status for _, status in rig.server.fetches if status != 200] == []
    assert rig.server.violations == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_server_that_cannot_fetch_the_frame_never_makes_a_print_look_healthy(
    rig, nobody, variant
):
    rig.server.variant = variant
    rig.prepare(callback_url=nobody)
    with rig.printing() as since_s:
        status = rig.wait_status(lambda status: status["blind"], "blindness")
        assert (status["verdict"], status["score"]) == ("unknown", None)
        assert codes(status)[0] == "not_fetched"
        text = status["reason"]
        assert f"did not fetch the frame from {nobody}{PATH}," in text
        assert "callback_url" in text
        rig.host.watch_command("check_now")
        rig.wait_fired("blinded", since_s, 20)
        assert {one["verdict"] for one in rig.statuses(since_s)} == {"unknown"}
        assert rig.host.state().text == "Printing"

        rig.prepare()
        status = rig.wait_checks(1)
        assert (status["verdict"], status["blind"]) == ("ok", False)


def test_the_test_button_names_the_address_that_cannot_be_reached(rig, nobody):
    rig.server.variant = "fork"
    rig.prepare(callback_url=nobody)
    document = rig.press_test()
    assert document["ok"] is False
    assert (document["score"], document["verdict"]) == (None, "unknown")
    step = document["steps"][-1]
    assert nobody + PATH in step["text"]
    assert "callback_url" in step["advice"]
    rig.prepare()
    assert rig.press_test()["ok"] is True


def test_a_wrong_token_is_said_before_any_frame_is_published(rig):
    rig.server.variant = "current"
    rig.prepare(token="another-token-of-the-tests")
    fetches = len(rig.server.fetches)
    step = rig.press_test()["steps"][-1]
    assert (step["ok"], step["advice"]) == (
        False,
        "Check the token in AI Watch's settings.",
    )
    assert len(rig.server.fetches) == fetches
    rig.prepare()


def test_a_frames_address_works_once_without_a_login_and_is_never_the_same(rig):
    rig.server.variant = "current"
    rig.prepare()
    rig.server.fetches.clear()
    for _ in range(2):
        assert rig.press_test()["ok"]
    addresses = [address for address, _ in rig.server.fetches]
    assert len(set(addresses)) == 2
    for address in addresses:
        assert re.fullmatch(re.escape(rig.host.url + PATH) + r"[\w-]{32}\.jpg", address)
        with requests.Session() as stranger:
            stranger.trust_env = False
            assert stranger.get(address, timeout=10).status_code == 404


def test_no_log_holds_a_frames_address_not_even_at_debug_level(rig):
    tokens = [address.rpartition("/")[2][:-4] for address, _ in rig.server.fetches]
    assert tokens
    assert "urllib3.connectionpool - DEBUG" in rig.host.log_text()
    assert "frame%2F[hidden].jpg" in rig.host.log_text()
    for path in rig.host.basedir.rglob("*.log*"):
        text = path.read_text(errors="replace")
        assert not any(token in text for token in tokens), path.name
        assert TOKEN not in text


def test_a_failing_print_is_warned_of_and_really_paused(failing):
    rig = failing.rig
    rig.host.wait(
        lambda: rig.host.status()["job"]["elapsed_s"] >= GOOD_S * FASTER,
        PAUSED_WITHIN_S,
        "a good beginning",
        every_s=0.5,
    )
    status = rig.host.status()
    assert (status["verdict"], status["blind"]) == ("ok", False)
    failing.is_failing = True
    rig.wait_printer("PAUSED", 0.0, PAUSED_WITHIN_S)
    rig.wait_fired("pause_confirmed", 0.0, SOON_S)
    (failed,) = rig.fired("failure_detected", 0.0)
    assert failed.data["backend"] == "obico_ml"
    assert rig.fired("warning_raised", 0.0)
    assert rig.host.stands_still()
    status = rig.host.status()
    assert (status["verdict"], status["action"]) == ("failure", "paused")
    assert status["detections"], "it says where"
    assert rig.fired("blinded", 0.0) == []
    assert rig.server.violations == []
