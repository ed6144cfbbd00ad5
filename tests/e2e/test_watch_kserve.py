"""An inference server judges a print: JSON and bytes, down and up again, to the pause."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from simulator.clouds import InferenceServer, Judgement, ScriptedJudge
from simulator.inference import VARIANTS

from octoprint_aiwatch.core import frames
from tests.e2e.support_watch import QUICK, SOON_S, BareRig, codes, with_plugins

TOKEN = "inference-token-of-the-tests"
BOX = (0.9, 0.5, 0.5, 0.3, 0.3)
PAUSED_WITHIN_S = 120.0
GOOD_S = frames.BASELINE_S + 30.0
"""On the watch's clock, which runs fast."""

pytestmark = pytest.mark.timeout(200)


class Rig(BareRig):
    """An OctoPrint whose frames go to this server."""

    def __init__(self, workshop: Any, server: InferenceServer, **options: Any) -> None:
        self.server = server
        super().__init__(workshop, **options)

    def prepare(self, **fields: str) -> None:
        own = {"url": self.server.url, "token": TOKEN, "model": "aiwatch"}
        backends = {"kserve": {**own, **fields}}
        self.host.save_settings({**QUICK, "backend": "kserve", "backends": backends})

    def press_test(self, **fields: str) -> dict[str, Any]:
        body = {"backend": "kserve", "fields": fields}
        answer = self.host.post("/plugin/aiwatch/api/test", json=body)
        assert answer.ok
        return answer.json()


class Failing(Rig):
    """A print of which the frames turn bad once a test says so."""

    is_failing = False


@pytest.fixture(scope="module", autouse=True)
def failing(module_workshop, tmp_path_factory) -> Failing:
    """It goes on beside the other tests."""
    judge = ScriptedJudge(
        lambda number, jpeg: Judgement(0.95, (BOX,) if rig.is_failing else ())
    )
    server = module_workshop.inference(judge, token=TOKEN, variant="triton")
    folder = tmp_path_factory.mktemp("fast")
    rig = Failing(module_workshop, server, basedir=with_plugins(folder, "fastclock"))
    rig.prepare()
    rig.start()
    return rig


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    return Rig(module_workshop, module_workshop.inference(token=TOKEN))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_good_print_is_watched_with_json_and_with_bytes(rig, variant):
    rig.server.variant = variant
    rig.server.clear_records()
    rig.prepare()
    with rig.printing() as since_s:
        status = rig.wait_checks(1)
        assert (status["verdict"], status["blind"]) == ("ok", False)
        assert (status["score"], status["calls_this_month"]) == (
            pytest.approx(0, abs=0.01),
            0,
        )
        assert {one["blind"] for one in rig.statuses(since_s)} == {False}
    (call, *_) = rig.server.calls("infer")
    assert ("inference-header-content-length" in call.headers) is (variant == "triton")
    assert rig.server.violations == []


def test_a_server_that_dies_makes_blind_and_is_asked_again(rig):
    rig.prepare()
    with rig.printing() as since_s:
        rig.wait_checks(1)
        rig.server.stop()
        rig.host.watch_command("check_now")
        status = rig.wait_status(lambda status: status["blind"], "blindness")
        assert (status["verdict"], status["score"]) == ("unknown", None)
        assert codes(status)[0] == "refused"
        rig.server.start()
        rig.host.watch_command("check_now")
        status = rig.wait_status(lambda status: status["verdict"] == "ok", "sight", 20)
        assert not status["blind"]
        assert rig.host.state().text == "Printing"
        assert set(rig.state_ids(since_s)) <= {"STARTING", "PRINTING"}


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"model": "other"}, '"other"'),
        ({"token": "another-token-of-the-tests"}, "token"),
        ({"url": "http://127.0.0.1:1", "token": TOKEN}, "refuses the connection"),
    ],
)
def test_the_test_button_says_what_is_wrong(rig, fields, word):
    rig.prepare()
    document = rig.press_test(**fields)
    assert document["ok"] is False
    step = document["steps"][-1]
    assert word in step["text"]
    assert step["advice"]


def test_the_test_button_says_that_a_server_is_still_loading(rig):
    rig.prepare()
    rig.server.ready = False
    assert "not ready" in rig.press_test()["steps"][-1]["text"]
    rig.server.ready = True
    assert rig.press_test()["ok"] is True


def test_the_model_is_exported_by_octoprints_own_command(rig, tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "octoprint", "--basedir", str(rig.host.basedir)),
            *("plugins", "aiwatch:export-model", str(tmp_path)),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "aiwatch" / "1" / "model.onnx").stat().st_size > 1_000_000


def test_a_failing_print_is_warned_of_and_really_paused(failing):
    failing.host.wait(
        lambda: failing.host.status()["job"]["elapsed_s"] >= GOOD_S,
        PAUSED_WITHIN_S,
        "a good beginning",
        every_s=0.5,
    )
    status = failing.host.status()
    assert (status["verdict"], status["blind"]) == ("ok", False)
    failing.is_failing = True
    failing.wait_printer("PAUSED", 0.0, PAUSED_WITHIN_S)
    failing.wait_fired("pause_confirmed", 0.0, SOON_S)
    (failed,) = failing.fired("failure_detected", 0.0)
    assert failed.data["backend"] == "kserve"
    assert failing.fired("warning_raised", 0.0)
    assert failing.host.stands_still()
    status = failing.host.status()
    assert (status["verdict"], status["action"]) == ("failure", "paused")
    (box,) = status["detections"]
    assert (box["x"], box["y"]) == (
        pytest.approx(0.5, abs=0.1),
        pytest.approx(0.5, abs=0.1),
    )
    assert failing.fired("blinded", 0.0) == []
    assert failing.server.violations == []
