"""A plugin for the benchmark: how the lines to the printer and the event bus are doing.

It is in every OctoPrint that is measured, with AI Watch or without. From *begin* to *end*
it counts the lines that were sent and the longest time between two, and fires an event 20
times a second to see how late it comes. All its times are of the monotonic clock, which
all processes of a machine share.
"""

from __future__ import annotations

import statistics
import threading
import time
from typing import Any

import flask
import octoprint.plugin

__plugin_name__ = "Benchmark's probe"
__plugin_version__ = "1"
__plugin_pythoncompat__ = ">=3.9,<4"

EVERY_S = 0.05
TICK = "plugin_benchprobe_tick"
MOST_STATES = 200


class Probe(octoprint.plugin.SimpleApiPlugin, octoprint.plugin.EventHandlerPlugin):
    def initialize(self) -> None:
        self._states: list[tuple[float, str]] = []
        self._over = threading.Event()
        self._counting = False
        self._clear()

    def _clear(self) -> None:
        self._lines, self._gap_s, self._last_s = 0, 0.0, 0.0
        self._late_s: list[float] = []

    def sent(self, *_: Any, **__: Any) -> None:
        """On the thread that feeds the printer."""
        if not self._counting:
            return
        now_s = time.monotonic()
        if self._lines:
            self._gap_s = max(self._gap_s, now_s - self._last_s)
        self._lines += 1
        self._last_s = now_s

    def on_event(self, event: str, payload: Any) -> None:
        if event == TICK:
            self._late_s.append(time.monotonic() - payload["fired_s"])
        elif event == "PrinterStateChanged":
            self._states = [
                *self._states[-MOST_STATES:],
                (time.monotonic(), payload["state_id"]),
            ]

    def _tick(self, over: threading.Event) -> None:
        while not over.wait(EVERY_S):
            self._event_bus.fire(TICK, {"fired_s": time.monotonic()})

    def get_api_commands(self) -> dict[str, list[str]]:
        return {"begin": [], "end": [], "states": [], "threads": []}

    def is_api_protected(self) -> bool:
        return True

    def on_api_command(self, command: str, data: Any) -> Any:
        if command == "begin":
            self._begin()
        if command == "states":
            return flask.jsonify(states=self._states)
        if command == "threads":
            names = {str(one.native_id): one.name for one in threading.enumerate()}
            return flask.jsonify(threads=names)
        return flask.jsonify(self._end() if command == "end" else {})

    def _begin(self) -> None:
        self._clear()
        self._over = threading.Event()
        threading.Thread(target=self._tick, args=(self._over,), daemon=True).start()
        self._began_s, self._counting = time.monotonic(), True

    def _end(self) -> dict[str, float]:
        self._counting = False
        took_s = time.monotonic() - self._began_s
        self._over.set()
        return {
            "lines_per_s": self._lines / took_s,
            "gap_ms": 1000 * self._gap_s,
            "bus_ms": 1000 * max(self._late_s, default=0.0),
            "bus_median_ms": 1000 * statistics.median(self._late_s or [0.0]),
        }


__plugin_implementation__ = Probe()
__plugin_hooks__ = {
    "octoprint.comm.protocol.gcode.sent": __plugin_implementation__.sent,
    "octoprint.events.register_custom_events": lambda: ["tick"],
}
