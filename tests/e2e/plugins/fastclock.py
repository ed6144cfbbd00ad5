"""A plugin for tests: AI Watch's clock runs fast, so that minutes of evidence come soon.

Only the clock that the watch is given is another one. The printer, the webcam and the
detector's process take the time they take.
"""

from __future__ import annotations

import time
from dataclasses import replace

from octoprint_aiwatch import bootstrap
from octoprint_aiwatch.core import state

__plugin_name__ = "Fast clock"
__plugin_version__ = "1"
__plugin_pythoncompat__ = ">=3.9,<4"

FASTER, WAKES_S = 5.0, 2.0
"""It waits by the usual clock: its 2 s are then as long as its interval."""


def __plugin_load__() -> None:
    """Called before any plugin is initialized."""
    state.TICK_S = WAKES_S
    assert bootstrap.Ports.__dataclass_fields__["clock"].default is time.monotonic
    assemble = bootstrap.assemble

    def assemble_fast(settings, ports):
        clock = ports.clock
        began_s = clock()
        fast = replace(ports, clock=lambda: began_s + FASTER * (clock() - began_s))
        return assemble(settings, fast)

    bootstrap.assemble = assemble_fast
