"""What importing the plugin costs an OctoPrint that has everything of its own loaded.

Each time in a fresh process: seconds and memory (USS) before and after.
"""

from __future__ import annotations

import json
import subprocess
import sys

CODE = """
import gc, json, sys, time
import octoprint.server, octoprint.webcams, octoprint.plugin
from octoprint.plugins import health_check
import psutil
gc.collect()
process = psutil.Process()
known, before = set(sys.modules), process.memory_full_info().uss
began_s = time.perf_counter()
import octoprint_aiwatch.plugin
took_s = time.perf_counter() - began_s
gc.collect()
found = {
    "ms": 1000 * took_s,
    "mb": (process.memory_full_info().uss - before) / 1048576,
    "modules": len(set(sys.modules) - known),
}
print(json.dumps(found))
"""


def measured(times: int) -> list[dict[str, float]]:
    """So many times; once before that, so that all is compiled."""
    return [_once() for _ in range(times + 1)][1:]


def _once() -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
