"""A service or a webcam that keeps us waiting keeps nobody else waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from simulator.replies import Reply

from tests.e2e.support_watch import SOON_S, Rig, with_plugins

LATE_S = 0.5
"""An event that comes later than this was kept."""
LOOK_S = 1.5
SHUTDOWN_S = 2.0
"""What the watch may add to OctoPrint's own time to shut down."""


@pytest.fixture(scope="module")
def rig(module_workshop, tmp_path_factory) -> Rig:
    basedir = with_plugins(tmp_path_factory.mktemp("octoprint"), "busprobe")
    # OctoPrint itself must not give the webcam up before the tests do.
    patient = {"plugins": {"classicwebcam": {"snapshotTimeout": 30}}}
    return Rig(module_workshop, basedir=basedir, config=patient)


def the_service_hangs(rig: Rig, since_s: float) -> None:
    rig.gadget.reply(Reply(hang=True))
    ask_again(rig, since_s)


def the_service_drips(rig: Rig, since_s: float) -> None:
    rig.gadget.reply(Reply(json={"Score": 1, "WarningSuggested": False}, drip_s=0.5))
    ask_again(rig, since_s)


def the_service_hangs_opening_a_context(rig: Rig, since_s: float) -> None:
    rig.gadget.cloud.script_create(Reply(hang=True), forever=True)
    since_s = rig.host.now_s()
    # Other confidences want another context.
    rig.host.save_settings({"decision": {"warning_confidence": 5}})
    rig.host.wait(
        lambda: [c for c in rig.gadget.cloud.calls("create") if c.at_s >= since_s],
        SOON_S,
        "the context to be asked for",
    )


def the_webcam_hangs(rig: Rig, since_s: float) -> None:
    rig.camera.mode = "hang"
    look_again(rig)


def the_webcam_drips(rig: Rig, since_s: float) -> None:
    rig.camera.mode = "drip"
    look_again(rig)


def ask_again(rig: Rig, since_s: float) -> None:
    before = len(rig.gadget.frames(since_s))
    rig.host.watch_command("check_now")
    rig.host.wait(
        lambda: len(rig.gadget.frames(since_s)) > before, SOON_S, "the frame on its way"
    )


def look_again(rig: Rig) -> None:
    before = rig.camera.requests
    rig.host.watch_command("check_now")
    rig.host.wait(lambda: rig.camera.requests > before, SOON_S, "the snapshot on its way")


HANGS: tuple[Callable[[Rig, float], None], ...] = (
    the_service_hangs,
    the_service_drips,
    the_service_hangs_opening_a_context,
    the_webcam_hangs,
    the_webcam_drips,
)


def named(what: Callable[..., None]) -> str:
    return what.__name__


def last_words(rig: Rig) -> list[str]:
    return (rig.host.basedir / "aiwatch-lines").read_text().splitlines()


@pytest.fixture
def running(rig) -> Rig:
    """For tests that leave OctoPrint stopped."""
    if not rig.host.running:
        rig.host.start()
    return rig


@pytest.mark.parametrize("hang", HANGS, ids=named)
def test_the_event_bus_and_the_web_pages_go_on_while(running, hang):
    running.prepare("gadget")
    with running.printing() as started_s:
        running.wait_checks(1)
        hang(running, started_s)
        since_s = running.host.now_s()
        # Events that the watch listens to, while it is kept waiting.
        running.host.command("pause")
        running.wait_printer("PAUSED", since_s)
        running.host.command("resume")
        running.wait_printer("PRINTING", since_s)
        assert (
            running.host.get("/plugin/aiwatch/api/status").elapsed.total_seconds()
            < LATE_S
        )
        tick = running.host.wait_event("plugin_busprobe_tick", since_s=since_s + LOOK_S)
        ticks = [
            event
            for event in running.host.events("plugin_busprobe_tick", since_s)
            if event.at_s <= tick.at_s
        ]
        late_s = [event.at_s - event.data["fired_s"] for event in ticks]
        assert len(late_s) >= LOOK_S / 0.1 / 3, "the probe was running"
        assert max(late_s) < LATE_S
        running.gadget.release()
        running.camera.release()


@dataclass(frozen=True)
class Stopped:
    """An OctoPrint that was stopped in the middle of a print."""

    since_s: float
    calls: int
    took_s: float
    last_words: list[str]


@pytest.fixture(scope="module")
def plainly(rig) -> Stopped:
    """Stopped while the watch had nothing to wait for."""
    if not rig.host.running:
        rig.host.start()
    rig.prepare("gadget")
    since_s = rig.start()
    calls = rig.wait_checks(1)["calls_this_month"]
    before = len(last_words(rig))
    took_s = rig.host.stop()
    return Stopped(since_s, calls, took_s, last_words(rig)[before:])


def test_stopping_octoprint_in_the_middle_of_a_print_ends_the_watch_once(plainly):
    (ended,) = plainly.last_words
    assert ended.endswith("ended (shutdown) after 1 checks")


def test_after_a_stop_in_the_middle_of_a_print_the_next_one_has_its_own_context(
    plainly, running
):
    status = running.host.status()
    assert status["phase"] == "idle"
    assert status["calls_this_month"] == plainly.calls
    with running.printing():
        running.wait_checks(1)
    assert len(running.gadget.frames(plainly.since_s)) == 2
    assert len(running.gadget.contexts(plainly.since_s)) == 2


@pytest.mark.parametrize("hang", HANGS, ids=named)
def test_stopping_octoprint_is_not_delayed_while(plainly, running, hang, capsys):
    running.prepare("gadget")
    since_s = running.start()
    running.wait_checks(1)
    hang(running, since_s)
    took_s = running.host.stop()
    figures = f"stopped in {took_s:.2f} s, plain {plainly.took_s:.2f} s"
    with capsys.disabled():
        print(f"\n{hang.__name__}: {figures}")  # noqa: T201 - for the person who runs it
    assert took_s < plainly.took_s + SHUTDOWN_S
