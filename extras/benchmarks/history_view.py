"""How fast a full history is on its page: fifty jobs of three thousand frames.

Fills a history, judges one of its jobs again as the tuner does, starts an OctoPrint on it
and asks Chromium how long it takes until the list is there, and until a step of a replay
shows its frame. Prints medians and the worst.
Must not change the plugin. Run with an OctoPrint's Python:

    cd extras
    PYTHONPATH=.:.. ../.venv/octoprint-1.11.8/bin/python -m benchmarks.history_view
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dev import envs
from playwright.sync_api import sync_playwright
from simulator.host import OctoPrintHost

from octoprint_aiwatch.adapters.history.reader import Reader
from octoprint_aiwatch.adapters.history.replaying import replayed
from tests.adapters.filling import fill
from tests.e2e.conftest import CHROMIUM_ARGS
from tests.e2e.support_ui import opened, watch_settings
from tests.e2e.test_ui_history import timed
from tests.scenes import jpeg, view

OPENS_WITHIN_MS, STEP_WITHIN_MS, AGAIN_WITHIN_MS = 1000.0, 100.0, 2000.0
OPENED = 5
AGAIN = 5
STEPS = 60


def open_ms(browser: Any, host: OctoPrintHost, jobs: int) -> float:
    """From the click on History to the whole list, nothing having been asked before."""
    host.restart()
    with opened(browser, host) as page:
        page.open_tab()
        return timed(
            page,
            'part("history-open").click()',
            f'part("jobs").querySelectorAll("tbody tr").length === {jobs}',
        )


def steps_ms(browser: Any, host: OctoPrintHost) -> list[float]:
    """From a press of the arrow key to the next check and its frame."""
    with opened(browser, host) as page:
        page.open_tab()
        page.part("history-open").click()
        page.part("job-open").first.click()
        page.part("replay").wait_for(state="visible")
        found = []
        for number in range(2, STEPS + 2):
            press = (
                'part("replay-step").dispatchEvent(new KeyboardEvent("keydown", '
                '{key: "ArrowRight", bubbles: true}))'
            )
            shown = (
                f'part("replay-frame").src.endsWith("/frames/{number}.jpg") && '
                'part("replay-frame").complete && '
                f'part("replay-position").textContent.startsWith("Check {number} of")'
            )
            found.append(timed(page, press, shown))
        return found


def again_ms(reader: Reader, number: int) -> float:
    """Judging all of a job anew with another confidence; the processor's time."""
    since_s = time.process_time()
    assert replayed(reader, "job0", {"pause_confidence": 1 + number % 5}) is not None
    return (time.process_time() - since_s) * 1000


def told(what: str, times_ms: Sequence[float], limit_ms: float) -> bool:
    """Print a row; whether its median is within its limit."""
    median = statistics.median(times_ms)
    worst = max(times_ms)
    print(f"{what:<24}{median:>8.0f} ms{worst:>8.0f} ms   limit {limit_ms:.0f} ms")
    return median < limit_ms


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--checks", type=int, default=3000)
    chosen = parser.parse_args()
    settings = watch_settings(history={"keep_jobs": chosen.jobs, "keep_mb": 100_000})
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        host = OctoPrintHost(basedir=Path(folder), plugin_settings=settings)
        data = Path(host.basedir) / "data" / "aiwatch"
        fill(data, chosen.jobs, chosen.checks, jpeg(view()))
        reader = Reader(data)
        judging = [again_ms(reader, number) for number in range(AGAIN)]
        browser = playwright.chromium.launch(
            executable_path=envs.find_chromium(), args=list(CHROMIUM_ARGS)
        )
        host.start()
        try:
            opening = [open_ms(browser, host, chosen.jobs) for _ in range(OPENED)]
            stepping = steps_ms(browser, host)
        finally:
            host.kill()
            browser.close()
    print(f"{chosen.jobs} jobs of {chosen.checks} frames{'median':>11}{'worst':>11}")
    within = [
        told("the history opens", opening, OPENS_WITHIN_MS),
        told("a step of a replay", stepping, STEP_WITHIN_MS),
        told("a job is judged again", judging, AGAIN_WITHIN_MS),
    ]
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
