"""What is measured, in which order it is shown, and what it may cost.

Aims are for what comes on top of a plain OctoPrint in the same round, or for a figure by
itself. A cloud's processor time has one aim for OctoPrint's process and the helper beside
it together: a machine pays for both. The threads that feed the printer are left out of
it: those of two plain OctoPrints differ by as much as the aim. Memory has aims for
OctoPrint's process, as it was measured for the other plugins, and one for the helper;
their sum is shown beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from .sides import CLOUDS, LOCAL, WATCHING

OBICO_MB_A_FRAME = 47.0 / 432
"""What the leanest of the others sends with each of its calls."""
MOST_SENT_SHARE = 0.4
FRAMES_AN_HOUR = 360


@dataclass(frozen=True)
class Figure:
    """One thing that is measured.

    Args:
        key: its name among a side's figures; several are added up.
        sides: where it is measured, and shown in one line for each.
        compared: what counts is what it is more than on the plain OctoPrint.
        more_is_better: then what counts is what it is less.
        most: the aim; None where there is none.
        in_noise: the aim is what two plain OctoPrints differ by.
    """

    title: str
    unit: str
    key: tuple[str, ...]
    sides: tuple[str, ...] = WATCHING
    compared: bool = True
    more_is_better: bool = False
    most: Optional[float] = None
    in_noise: bool = False


FIGURES = (
    Figure("time to ready", "s", ("ready_s",)),
    Figure("idle: processor a minute", "s", ("idle_cpu_s",)),
    Figure("idle: memory (USS)", "MB", ("idle_uss_mb",), most=3.0),
    Figure("idle: memory (RSS)", "MB", ("idle_rss_mb",)),
    Figure("idle: its threads", "", ("idle_own_threads",), compared=False, most=3.0),
    Figure("idle, once awake: memory (USS)", "MB", ("awake_uss_mb",)),
    Figure(
        "idle, once awake: its threads",
        "",
        ("awake_own_threads",),
        compared=False,
        most=3.0,
    ),
    Figure("watching: processor a minute, OctoPrint", "s", ("watch_cpu_s",), CLOUDS),
    Figure(
        "watching: processor a minute, OctoPrint",
        "s",
        ("watch_cpu_s",),
        (LOCAL,),
        most=0.6,
    ),
    Figure("watching: the same, printer's threads apart", "s", ("watch_apart_cpu_s",)),
    Figure(
        "watching: processor a minute, helper",
        "s",
        ("watch_helper_cpu_s",),
        compared=False,
    ),
    Figure(
        "watching: printer's threads apart, together",
        "s",
        ("watch_apart_cpu_s", "watch_helper_cpu_s"),
        CLOUDS,
        most=0.08,
    ),
    Figure("watching: memory (USS), OctoPrint", "MB", ("watch_uss_mb",), most=6.0),
    Figure(
        "watching: memory (USS), helper", "MB", ("watch_helper_uss_mb",), compared=False
    ),
    Figure(
        "watching: memory (USS), together",
        "MB",
        ("watch_uss_mb", "watch_helper_uss_mb"),
        CLOUDS,
    ),
    Figure("watching: memory (RSS), OctoPrint", "MB", ("watch_rss_mb",)),
    Figure("added by watching: memory (USS)", "MB", ("added_uss_mb",), most=3.0),
    Figure("added by watching: memory (RSS)", "MB", ("added_rss_mb",), most=3.0),
    Figure(
        "watching: memory (RSS), helper's highest",
        "MB",
        ("watch_helper_peak_mb",),
        compared=False,
        most=60.0,
    ),
    Figure(
        "watching: helper's processor a frame",
        "ms",
        ("watch_helper_frame_ms",),
        compared=False,
    ),
    Figure("watching: its threads", "", ("watch_own_threads",), compared=False, most=3.0),
    Figure("watching: threads of OctoPrint", "", ("watch_threads",)),
    Figure("calls an hour", "", ("watch_calls",), CLOUDS, compared=False),
    Figure(
        "sent an hour",
        "MB",
        ("watch_sent_mb",),
        CLOUDS,
        compared=False,
        most=MOST_SENT_SHARE * OBICO_MB_A_FRAME * FRAMES_AN_HOUR,
    ),
    Figure(
        "lines a second under full load",
        "",
        ("lines_per_s",),
        more_is_better=True,
        in_noise=True,
    ),
    Figure("longest time between two lines", "ms", ("gap_ms",)),
    Figure("event bus: latest event", "ms", ("bus_ms",)),
    Figure("event bus: delay, median", "ms", ("bus_median_ms",)),
    Figure(
        "from the answer to the pause",
        "ms",
        ("pause_ms",),
        CLOUDS,
        compared=False,
        most=1000.0,
    ),
    Figure("end of OctoPrint", "s", ("stop_s",), ("gadget", LOCAL), most=0.1),
    Figure(
        "end of OctoPrint, service hangs", "s", ("stop_hanging_s",), ("obico",), most=2.0
    ),
)

IMPORT_MS, IMPORT_MB = 25.0, 3.0
PAGE_KB = 60.0
JUDGING_MS = 25.0
