"""The simulated printer host itself: that what the other tests rely on is true."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from simulator.host import HostError, OctoPrintHost, User


@pytest.fixture(scope="module")
def host(module_workshop) -> OctoPrintHost:
    return module_workshop.host(users=[User("guest", permissions=("STATUS",))])


@pytest.fixture
def printing(host, start_print):
    start_print(host)
    yield host
    if host.state().text not in ("Operational", "Offline"):
        host.command("cancel")
    host.wait_state("Operational")


def test_the_host_runs_the_octoprint_of_this_environment(host, octoprint_version):
    assert host.get("/api/version").json()["server"] == octoprint_version


def test_a_paused_job_stands_still_and_a_resumed_one_moves_on(printing):
    printing.command("pause")
    printing.wait_state("Paused")
    assert printing.stands_still()
    printing.command("resume")
    printing.wait_state("Printing")
    assert not printing.stands_still(0.3)


def test_state_changes_are_recorded_in_order(printing):
    since_s = printing.now_s()
    printing.command("cancel")
    printing.wait_state("Operational")
    ids = [state_id for _, state_id in printing.states(since_s)]
    assert ids == ["CANCELLING", "OPERATIONAL"]


def test_an_event_that_never_comes_is_an_error_that_shows_the_log(host):
    with pytest.raises(HostError, match="no PrintDone within"):
        host.wait_event("PrintDone", timeout_s=0.1, since_s=host.now_s())


def test_a_condition_that_never_comes_true_names_its_last_answer(host):
    with pytest.raises(HostError, match="for snow; the last answer was 0"):
        host.wait(lambda: 0, timeout_s=0.1, what="snow")


def test_a_user_without_rights_may_read_the_job_and_not_start_it(module_workshop, host):
    guest = host.users["guest"]
    assert host.get("/api/job", api_key=guest.api_key).status_code == 200
    answer = host.post("/api/job", json={"command": "start"}, api_key=guest.api_key)
    assert answer.status_code == 403


def test_a_disconnected_printer_is_offline_and_comes_back(host):
    host.disconnect()
    assert host.wait_state("Offline").flags == {}
    host.connect()
    assert host.state().text == "Operational"


def test_cookies_of_a_login_open_the_page_without_the_login_form(host, browser):
    with browser.new_context() as context:
        context.add_cookies(host.login_cookies())
        page = context.new_page()
        page.goto(f"{host.url}/?l10n=en")
        page.wait_for_function("window.OctoPrint?.coreui?.startedUp")
        assert page.url.startswith(f"{host.url}/?")


def test_a_restart_keeps_the_folder_the_address_and_the_events(workshop):
    host = workshop.host()
    host.upload_text("M117 hello\n", "kept.gcode", print_now=False)
    before, url = host.pid, host.url
    host.wait_event("FileAdded")
    host.restart()
    assert (host.pid != before, host.url) == (True, url)
    assert host.get("/api/files/local/kept.gcode").status_code == 200
    assert host.events("FileAdded")


def test_stopping_measures_the_time_and_leaves_no_process(workshop):
    host = workshop.host()
    pid, started_s = host.pid, time.monotonic()
    took_s = host.stop()
    assert 0.0 < took_s <= time.monotonic() - started_s
    with pytest.raises(ProcessLookupError):
        os.killpg(pid, 0)


def test_a_failed_start_says_why_and_leaves_no_process(workshop, tmp_path):
    bad = tmp_path / "python"
    bad.write_text("#!/bin/sh\necho there is no printer here\nexit 1\n")
    bad.chmod(0o755)
    host = workshop.host(start=False, python=bad)
    with pytest.raises(HostError, match="there is no printer here"):
        host.start()
    assert not host.running


def test_debug_logging_reaches_octoprints_log(workshop, tmp_path: Path):
    host = workshop.host(debug_log=True)
    host.wait(lambda: "DEBUG" in host.log_text(), 10, "a line at debug level")


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ("octoprint.plugins.aiwatch - ERROR - it broke", 1),
        ("octoprint.plugin.core - ERROR - Error in plugin aiwatch\nTraceback ...", 1),
        ("py.warnings - WARNING - octoprint_aiwatch/x.py:3: DeprecationWarning: old", 1),
        ("octoprint.plugins.aiwatch - WARNING - no snapshot", 0),
        ("octoprint.plugins.other - ERROR - it broke", 0),
    ],
)
def test_the_plugins_errors_are_found_in_a_log(complaints, record, found):
    line = f"2026-01-01 10:00:00,000 - {record}\n"
    quiet = "2026-01-01 10:00:01,000 - octoprint.plugins.aiwatch - INFO - watching\n"
    assert len(complaints(line + quiet + "\x1b[31m" + line)) == found


def test_a_strangers_traceback_after_our_calm_line_is_not_ours(complaints):
    line = "2026-01-01 10:00:01,000 - octoprint.plugins.aiwatch - INFO - watching\n"
    trace = 'Traceback (most recent call last):\n  File "%s.py", line 1, in run\nE: e\n'
    assert complaints(line + trace % "virtual") == []
    assert len(complaints(line + trace % "octoprint_aiwatch/plugin")) == 1


def test_an_expected_error_in_a_log_can_be_allowed(complaints):
    line = (
        "2026-01-01 10:00:00,000 - octoprint.plugins.aiwatch - ERROR - the key is bad\n"
    )
    assert complaints(line, allowed=("the key is bad",)) == []
