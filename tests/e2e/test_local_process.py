"""The detector's process: there while a print is watched, and its troubles its own."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest
from simulator.host import HostError

from tests.e2e import support_local as local
from tests.e2e.support_watch import QUICK, SOON_S, BareRig, codes

SHUTDOWN_S = 2.0

BUILT_IN = {"backends": {"local": {"model": "", "threads": 1}}}


@pytest.fixture(scope="module")
def rig(module_workshop) -> BareRig:
    return BareRig(module_workshop, plugin_settings=QUICK)


@pytest.fixture(autouse=True)
def in_order(rig) -> None:
    if not rig.host.running:
        rig.host.start()
    rig.host.save_settings(BUILT_IN)
    assert local.detectors(rig.host) == [], "nothing is printed"


# ---------------------------------------------------------------------------- its life


def test_while_a_print_is_watched_there_is_one_at_the_lowest_priority(rig):
    with local.watched(rig) as (_, process):
        assert process.nice() == local.LOWEST_PRIORITY
        assert process.ppid() == rig.host.pid
        assert psutil.Process(rig.host.pid).nice() == 0


def test_octoprints_own_process_loads_nothing_of_what_it_computes_with(rig):
    with local.watched(rig):
        loaded = [m.path for m in psutil.Process(rig.host.pid).memory_maps()]
        assert loaded
        assert [path for path in loaded if "numpy" in path or "onnx" in path] == []


def test_it_is_gone_when_the_print_has_ended(rig):
    with local.watched(rig, lines=60) as (since_s, process):
        rig.host.wait_event("PrintDone", since_s=since_s)
        local.wait_gone(rig.host, process, SOON_S)


def test_it_is_gone_when_the_print_is_cancelled(rig):
    with local.watched(rig) as (_, process):
        rig.host.command("cancel")
        local.wait_gone(rig.host, process, SOON_S)


def test_it_is_gone_when_octoprint_is_shut_down_in_the_middle_of_a_print(rig):
    rig.start()
    rig.wait_checks(1)
    process = local.the_detector(rig.host)
    took_s = rig.host.stop()
    assert has_ended(process)
    assert took_s < SHUTDOWN_S


def test_a_stopped_one_does_not_delay_octoprints_shutdown(rig):
    rig.start()
    rig.wait_checks(1)
    process = local.the_detector(rig.host)
    process.send_signal(signal.SIGSTOP)
    asked = rig.camera.requests
    rig.host.watch_command("check_now")
    rig.host.wait(lambda: rig.camera.requests > asked, SOON_S, "a frame on its way")
    took_s = rig.host.stop()
    assert has_ended(process)
    assert took_s < SHUTDOWN_S


def has_ended(process: psutil.Process) -> bool:
    """Not running any more; who its next of kin is collects it."""
    return local.is_gone(process) or process.status() == psutil.STATUS_ZOMBIE


# ------------------------------------------------------------------------- its troubles


def test_a_model_that_is_none_is_said_in_a_sentence_and_mended_while_printing(
    rig, tmp_path: Path
):
    model = tmp_path / "notes.npz"
    model.write_text("buy filament")
    rig.host.save_settings({"backends": {"local": {"model": str(model)}}})
    with rig.printing() as since_s:
        event = rig.wait_fired("blinded", since_s)
        sentence = "The model file is damaged, or is no model that can be used."
        assert event.data["reason"].startswith(sentence)
        status = rig.host.status()
        assert (status["blind"], status["verdict"]) == (True, "unknown")
        assert (status["score"], status["hold"]) == (None, "ask")
        assert codes(status)[0] == "model_broken"
        assert status["reason"].startswith(sentence)
        assert len(rig.alerts("blinded", since_s)) == 1

        rig.host.save_settings(BUILT_IN)
        status = rig.wait_checks(1)
        assert (status["verdict"], status["blind"]) == ("ok", False)
        assert len(rig.alerts("recovered", since_s)) == 1
        assert local.is_left_alone(rig, since_s)


def test_a_frame_that_cannot_be_decoded_costs_neither_the_process_nor_the_print(rig):
    with local.watched(rig) as (since_s, process):
        whole = rig.camera.snapshot
        # Without its tables a JPEG looks like one, and nobody can decode it.
        rig.camera.snapshot = lambda: whole().replace(b"\xff\xdb", b"\xff\xfe")
        rig.host.watch_command("check_now")
        status = rig.wait_status(lambda status: status["blind"], "it to be noticed")
        assert codes(status) == ["frame_undecodable"]
        rig.camera.snapshot = whole
        rig.host.watch_command("check_now")
        rig.wait_status(lambda status: status["verdict"] == "ok", "sight")
        assert local.the_detector(rig.host).pid == process.pid
        assert local.is_left_alone(rig, since_s)


# ------------------------------------------------------------------------------ the test


def run_test(rig: BareRig) -> dict:
    answer = rig.host.post("/plugin/aiwatch/api/test", json={"backend": "local"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_test_button_works_while_nothing_is_printed_and_leaves_nothing(rig):
    found = run_test(rig)
    assert [step["ok"] for step in found["steps"]] == [True, True]
    assert 0.0 <= found["score"] <= 1.0
    assert found["frame"].startswith("data:image/jpeg;base64,")
    assert rig.host.status()["calls_this_month"] == 0
    assert local.detectors(rig.host) == []


def test_the_test_button_leaves_the_watchs_own_process_alone(rig):
    with local.watched(rig) as (since_s, process):
        assert run_test(rig)["ok"] is True
        assert local.the_detector(rig.host).pid == process.pid
        assert rig.check()["verdict"] == "ok"
        assert local.is_left_alone(rig, since_s)


def test_after_the_end_no_process_comes_back(rig):
    with local.watched(rig):
        pass
    with pytest.raises(HostError, match="a process without a print"):
        rig.host.wait(lambda: local.detectors(rig.host), 3.0, "a process without a print")
