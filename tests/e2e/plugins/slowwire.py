"""A plugin for tests: a line to the printer takes as long as the file `slow` says."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

__plugin_name__ = "Slow wire"
__plugin_version__ = "1"
__plugin_pythoncompat__ = ">=3.9,<4"

SLOW = Path(__file__).resolve().parents[1] / "slow"


def sending(*_: Any, **__: Any) -> None:
    try:
        time.sleep(float(SLOW.read_text()))
    except (OSError, ValueError):
        return


__plugin_hooks__ = {"octoprint.comm.protocol.gcode.sending": (sending, 1)}
