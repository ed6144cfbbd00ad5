"""The printer's state, as the one OctoPrint of a test tells it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from simulator.host import OctoPrintHost


@pytest.fixture
def host(tmp_path, monkeypatch):
    """One that is not started; its answers are `text` and its events are `ids`."""
    host = OctoPrintHost(tmp_path / "octoprint")

    def get(path, **_):
        state = host.text if path == "/api/job" else {"text": host.text, "flags": {}}
        return SimpleNamespace(ok=True, json=lambda: {"state": state})

    monkeypatch.setattr(host, "get", get)
    monkeypatch.setattr(host, "states", lambda: list(enumerate(host.ids)))
    return host


@pytest.mark.parametrize(
    ("text", "ids", "told"),
    [
        ("Starting", ["OPERATIONAL", "STARTING"], "Starting"),
        ("Starting", [], "Starting"),
        ("Paused", ["STARTING", "PRINTING"], "Paused"),
        ("Printing", ["STARTING"], "Printing"),
    ],
)
def test_a_state_is_what_octoprint_says(host, text, ids, told):
    host.text, host.ids = text, ids
    assert host.state().text == told


def test_a_print_that_began_is_not_starting_any_more_whatever_octoprint_shows(host):
    host.text, host.ids = "Starting", ["STARTING", "PRINTING"]
    assert host.state().text == "Printing"
