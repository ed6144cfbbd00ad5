"""A plugin for tests: a printer that swallows pauses, as many as the file `deaf` says.

As when a pause comes while a job starts, OctoPrint announces it and the job runs on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import octoprint.plugin
from octoprint.events import Events, eventManager
from octoprint.printer.standard import Printer

__plugin_name__ = "Deaf printer"
__plugin_version__ = "1"
__plugin_pythoncompat__ = ">=3.9,<4"


class DeafPrinter(octoprint.plugin.StartupPlugin):
    def on_after_startup(self) -> None:
        left = Path(__file__).resolve().parents[1] / "deaf"
        heard = Printer.pause_print

        def pause_print(printer: Any, *args: Any, **kwargs: Any) -> None:
            swallow = int(left.read_text()) if left.exists() else 0
            if not swallow:
                heard(printer, *args, **kwargs)
                return
            left.write_text(str(swallow - 1))
            self._logger.info("Swallowed a pause")
            eventManager().fire(Events.PRINT_PAUSED, {})

        Printer.pause_print = pause_print


__plugin_implementation__ = DeafPrinter()
