"""A picture in which there is nothing to see: named at once, never paid for, never green.

All kinds disturb one and the same print. The watch's clock runs fast, so that a check's
interval and the time after which blindness is announced pass within seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import pytest

from tests.e2e import support_local as local
from tests.e2e.support_watch import SOON_S, Rig, Side, codes, with_plugins

MOST_FRAMES = 3
KINDS = {
    "empty": ("snapshot_empty", "an empty snapshot"),
    "html": ("snapshot_is_page", "a web page instead of a JPEG"),
    "small": ("picture_too_small", "only 80 x 60 pixels"),
    "black": ("picture_black", "picture is black"),
    "night": ("picture_black", "picture is black"),
    "white": ("picture_burnt_out", "burnt out"),
    "flat": ("picture_flat", "flat"),
    "blurred": ("picture_blurred", "too blurred"),
    "no-signal": ("picture_placeholder", "a test picture or a text"),
    "bars": ("picture_placeholder", "a test picture or a text"),
    "frozen": ("picture_frozen", "frozen"),
    "frozen-clock": ("picture_frozen", "frozen"),
}
MOST_MB = 30.0
"""What looking may cost in memory where no model is loaded; a model takes 45 MB."""


@pytest.fixture(scope="module")
def rig(module_workshop, tmp_path_factory) -> Rig:
    basedir = with_plugins(tmp_path_factory.mktemp("sight") / "octoprint", "fastclock")
    return Rig(module_workshop, basedir=basedir)


@pytest.fixture(scope="module")
def print_of_all(rig) -> Iterator[None]:
    with rig.printing(lines=60000):
        yield


@pytest.fixture
def side(rig, print_of_all) -> Side:
    """The print goes on, and a paid service has just found it good."""
    side = rig.prepare("gadget")
    rig.wait_status(lambda status: status["verdict"] == "ok", "a good check", 30)
    rig.check()
    return side


@dataclass
class Spell:
    """What there was to be seen from the moment the webcam went bad."""

    rig: Rig
    side: Side
    mode: str

    def __post_init__(self) -> None:
        self.since_s = self.rig.host.now_s()
        self.asked = self.rig.camera.requests
        self.rig.camera.mode = self.mode

    @property
    def frames(self) -> int:
        return self.rig.camera.requests - self.asked

    def is_named(self) -> None:
        code, words = KINDS[self.mode]
        status = self.rig.wait_status(lambda status: status["blind"], "it to be named")
        assert self.frames <= MOST_FRAMES
        assert codes(status)[0] == code
        assert words in status["reason"]
        assert (status["verdict"], status["score"]) == ("unknown", None)
        assert status["detections"] == []

    def lasts(self) -> None:
        """It is announced once, however long it lasts."""
        self.rig.wait_fired("blinded", self.since_s)
        frames = self.frames
        self.rig.host.watch_command("check_now")
        self.rig.host.wait(lambda: self.frames > frames, SOON_S, "one more frame")
        status = self.rig.wait_status(
            lambda status: status["next_check_s"] != 0.0, "that frame to be looked at"
        )
        assert codes(status)[0] == KINDS[self.mode][0]
        assert self.side.frames(self.since_s) == [], "nothing of it was paid for"

    def ends(self) -> None:
        self.rig.camera.mode = "ok"
        self.rig.host.watch_command("check_now")
        status = self.rig.wait_status(lambda status: not status["blind"], "sight")
        assert status["verdict"] == "ok"
        assert self.side.frames(self.since_s), "what can be seen is judged again"
        self.rig.wait_fired("recovered", self.since_s)
        for name in ("blinded", "recovered"):
            assert self.rig.fired_once(name, self.since_s)
            assert len(self.rig.alerts(name, self.since_s)) == 1
        pushed = self.rig.statuses(self.since_s)
        assert {status["verdict"] for status in pushed} <= {"ok", "unknown"}
        assert self.rig.host.state().text == "Printing"
        assert self.rig.state_ids(self.since_s) == []


@pytest.mark.parametrize("mode", KINDS)
def test_a_picture_of_nothing_is_named_and_never_paid_for(rig, side, mode):
    if mode == "frozen-clock":
        rig.camera.mode = "clock"
        rig.check()
    spell = Spell(rig, side, mode)
    spell.is_named()
    spell.lasts()
    spell.ends()


def test_the_detector_on_this_machine_does_not_judge_it_either(rig, print_of_all):
    rig.host.save_settings({"backend": "local"})
    rig.wait_status(
        lambda status: status["backend"] == "local" and status["verdict"] == "ok",
        "a good check",
        30,
    )
    checks = rig.host.status()["checks"]
    rig.camera.mode = "night"
    status = rig.wait_status(lambda status: status["blind"], "it to be named")
    assert codes(status) == ["picture_black"]
    assert (status["verdict"], status["score"]) == ("unknown", None)
    assert status["checks"] - checks <= 1


def test_the_test_button_names_it_and_costs_nothing(rig, side):
    rig.camera.mode = "bars"
    before = len(side.cloud.calls("create"))
    calls = rig.host.status()["calls_this_month"]
    answer = rig.host.post("/plugin/aiwatch/api/test", json={"backend": "gadget"})
    rig.camera.mode = "ok"
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [(step["name"], step["ok"]) for step in found["steps"]] == [
        ("snapshot", False)
    ]
    assert "a test picture or a text" in found["steps"][0]["text"]
    assert found["steps"][0]["advice"]
    assert found["frame"].startswith("data:image/jpeg;base64,")
    assert len(side.cloud.calls("create")) == before, "no context for the test"
    assert rig.host.status()["calls_this_month"] - calls <= 1, "the watch's own check"


# ----------------------------------------------------------------- the process that looks


@contextmanager
def one_warning(rig: Rig) -> Iterator[None]:
    before = len(rig.host.log_text())
    yield
    (line,) = rig.warnings(before)
    assert line.startswith("Frames are judged without being looked at first: ")


def test_the_process_that_looks_is_small_and_its_death_blinds_nobody(rig, side):
    since_s = rig.host.now_s()
    process = local.the_detector(rig.host)
    assert process.nice() == local.LOWEST_PRIORITY
    assert process.memory_info().rss / 1024 / 1024 < MOST_MB
    loaded = [m.path for m in psutil.Process(rig.host.pid).memory_maps()]
    assert [path for path in loaded if "numpy" in path] == []
    with one_warning(rig):
        process.kill()
        local.wait_gone(rig.host, process, SOON_S)
        frames = len(side.frames(since_s))
        rig.check()
        assert len(side.frames(since_s)) > frames, "the service judged it"
        status = rig.check()
    assert local.the_detector(rig.host).pid != process.pid
    assert (status["verdict"], status["blind"]) == ("ok", False)
    assert {one["blind"] for one in rig.statuses(since_s)} <= {False}


def test_it_ends_with_the_print(rig, side):
    process = local.the_detector(rig.host)
    rig.host.command("cancel")
    local.wait_gone(rig.host, process, SOON_S)
