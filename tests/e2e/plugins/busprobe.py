"""A plugin for tests: how OctoPrint's event bus is doing, and AI Watch's last words.

It fires an event ten times a second, with the moment it was fired: how late it reaches a
listener shows how long the bus's one thread was kept. And it writes AI Watch's log lines
to the file `aiwatch-lines`, because OctoPrint closes its log before it ends the plugins.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import octoprint.plugin

__plugin_name__ = "Bus probe"
__plugin_version__ = "1"
__plugin_pythoncompat__ = ">=3.9,<4"

LINES = Path(__file__).resolve().parents[1] / "aiwatch-lines"
EVERY_S = 0.1


class BusProbe(octoprint.plugin.StartupPlugin):
    def on_after_startup(self) -> None:
        logging.getLogger("octoprint.plugins.aiwatch").addHandler(
            logging.FileHandler(LINES)
        )
        threading.Thread(target=self._tick, name="busprobe", daemon=True).start()

    def _tick(self) -> None:
        while True:
            payload = {"fired_s": time.monotonic()}
            self._event_bus.fire("plugin_busprobe_tick", payload)
            time.sleep(EVERY_S)


__plugin_implementation__ = BusProbe()
__plugin_hooks__ = {"octoprint.events.register_custom_events": lambda: ["tick"]}
