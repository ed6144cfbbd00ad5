"""An OctoPrint that has nothing to watch pays next to nothing for the plugin."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import flask
import pytest

from octoprint_aiwatch import plugin as module
from octoprint_aiwatch.awake import Awake
from octoprint_aiwatch.plugin import AiWatchPlugin
from tests.test_plugin import PACKAGE, PAYLOAD, SERVICE, House

LINE_HOOKS = {
    f"octoprint.comm.protocol.gcode.{name}" for name in ("queuing", "sending", "sent")
}


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Any]:
    """Makes a plugin as it is when OctoPrint starts, given what is stored."""
    built = []

    def make(stored: Any = None) -> House:
        built.append(House(tmp_path, stored))
        return built[-1]

    yield make
    for house in built:
        house.plugin.on_shutdown()


def is_asleep(house: House) -> bool:
    return house.plugin._made is None


def ours() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("aiwatch")]


def test_it_sleeps_without_a_thread_until_there_is_something_to_do(new: Any) -> None:
    house = new()
    house.plugin.on_after_startup()
    assert is_asleep(house)
    assert ours() == []


@pytest.mark.parametrize(
    "code",
    [
        "import octoprint.server, sys, octoprint_aiwatch.plugin as p",
        "import octoprint.server, sys, octoprint_aiwatch as p; p.__plugin_load__()",
    ],
)
def test_being_loaded_imports_nothing_that_only_a_watch_needs(code: str) -> None:
    print_it = "; print(*(one for one in sys.modules if one.startswith('octoprint_aiw')))"
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code + print_it],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    loaded = ran.stdout.split()
    for name in ("awake", "bootstrap", "core.machine", "core.messages", "core.parking"):
        assert f"octoprint_aiwatch.{name}" not in loaded


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("PrintStarted", PAYLOAD),
        ("PrinterStateChanged", {"state_id": "STARTING"}),
        ("PrinterStateChanged", {"state_id": "PRINTING"}),
    ],
)
def test_a_print_wakes_it(new: Any, event: str, payload: Any) -> None:
    house = new()
    house.plugin.on_after_startup()
    house.plugin.on_event(event, payload)
    assert not is_asleep(house)
    assert "aiwatch-control" in ours()


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("PrinterStateChanged", {"state_id": "OPERATIONAL"}),
        ("PrinterStateChanged", None),
        ("Connected", {}),
        ("Disconnected", {}),
        ("ZChange", {"new": 1.0, "old": None}),
        ("PrintPaused", {}),
        ("Upload", {}),
    ],
)
def test_nothing_else_that_happens_to_a_printer_does(
    new: Any, event: str, payload: Any
) -> None:
    house = new()
    house.plugin.on_after_startup()
    house.plugin.on_event(event, payload)
    assert is_asleep(house)


def test_a_print_that_begins_before_octoprint_is_up_is_watched_once_it_is(
    new: Any,
) -> None:
    house = new()
    house.plugin.on_event("PrintStarted", PAYLOAD)
    assert ours() == []
    house.plugin.on_after_startup()
    assert "aiwatch-control" in ours()


@pytest.mark.parametrize(
    "stored",
    [{"notify": {"urls": [SERVICE]}}, {"mqtt": {"host": "127.0.0.1", "port": 1}}],
)
def test_whoever_is_to_be_told_wakes_it_with_octoprint(new: Any, stored: Any) -> None:
    house = new(stored)
    house.plugin.on_after_startup()
    assert not is_asleep(house)


def test_other_settings_wake_it(new: Any) -> None:
    house = new()
    house.plugin.on_settings_save({"watch": {"min_interval_s": 20}})
    assert not is_asleep(house)


def test_what_the_file_says_while_it_wakes_is_kept_and_the_printer_is_fed_on(
    new: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, read = new(), []
    monkeypatch.setattr(Awake, "read", lambda self, *what: read.append(what))
    busy = SimpleNamespace(isBusy=lambda: True)
    for word in ("OFF", "ON"):
        house.plugin.on_atcommand(busy, "queuing", "AIWATCH", word)
    assert is_asleep(house)
    house.plugin.on_event("PrintStarted", PAYLOAD)
    house.plugin.on_atcommand(busy, "queuing", "AIWATCH", "CHECK")
    assert read == [(0, "OFF"), (0, "ON"), (0, "CHECK")]


def test_a_frame_that_nobody_published_is_not_there_and_wakes_nobody(new: Any) -> None:
    house = new()
    with flask.Flask(__name__).test_request_context("/"):
        _, status = house.plugin.published_frame("x" * 32)
    assert status == 404
    assert is_asleep(house)


def test_the_health_page_finds_nothing_wrong_and_wakes_nobody(new: Any) -> None:
    house = new()
    house.plugin.on_after_startup()
    health = house.plugin.health
    for check in (health.webcam, health.backend, health.last_check, health.disk):
        assert check() == ("ok", {})
    assert is_asleep(house)


def test_it_is_put_together_once_however_many_ask(new: Any) -> None:
    house, found = new(), []
    threads = [
        threading.Thread(target=lambda: found.append(house.plugin._awake))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(one) for one in found}) == 1


# -- the serial line ------------------------------------------------------------------


def test_no_line_passes_through_us_while_nothing_is_to_be_parked() -> None:
    assert not LINE_HOOKS & set(AiWatchPlugin().serial_hooks(parks=False))


def test_lines_are_seen_where_heads_are_to_be_parked() -> None:
    plugin = AiWatchPlugin()
    assert set(plugin.serial_hooks(parks=True)) >= LINE_HOOKS
    assert plugin._parker.sees_lines


@pytest.mark.parametrize("value", [True, False])
def test_whether_heads_are_parked_is_read_from_octoprints_settings(
    new: Any, monkeypatch: pytest.MonkeyPatch, value: bool
) -> None:
    house = new({"actions": {"park": {"enabled": value}}})
    monkeypatch.setattr("octoprint.settings.settings", lambda: house.settings)
    assert module.parks() is value


def test_without_an_octoprint_nothing_is_parked(monkeypatch: pytest.MonkeyPatch) -> None:
    def settings() -> Any:
        raise ValueError

    monkeypatch.setattr("octoprint.settings.settings", settings)
    assert module.parks() is False
