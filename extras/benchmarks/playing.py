"""One round of the comparison: all OctoPrints side by side, in another order each time.

They start one after another and then idle, and later watch, all at once: each of them
sees the same minute of this machine. What loads the processor is done by one at a time.
"""

from __future__ import annotations

import os
import select
import signal
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import psutil
from simulator.cloud_base import CallRecord, CloudBase
from simulator.replies import Reply

from .sides import AGAIN, CLOUDS, EVERY_S, FAILURE, LOCAL, PLAIN, Side
from .use import Use, detector_of, peak_mb

Figures = dict[str, float]
"""What was measured, by what it is; the units are in the names."""

LOOKS = 3
STOP_WITHIN_S = 60.0
CARRIES_A_FRAME = ("process", "predict")
FEED_IT = ("comm.", "octoprint.plugins.virtual_printer.")
"""How the names begin of threads that feed a printer."""


@dataclass(frozen=True)
class Times:
    """How long things are looked at."""

    settle_s: float = 8.0
    idle_s: float = 20.0
    watch_s: float = 60.0
    load_s: float = 10.0


def play(sides: Sequence[Side], times: Times) -> dict[str, Figures]:
    """Everything that is measured, for each side."""
    found: dict[str, Figures] = {side.name: {} for side in sides}
    for side in sides:
        found[side.name]["ready_s"] = side.start()
    time.sleep(times.settle_s)
    for name, figures in used(sides, times.idle_s).items():
        found[name].update({f"idle_{key}": value for key, value in figures.items()})
    for side in sides:
        _checks(side)  # whoever asks wakes it
    time.sleep(times.settle_s)
    for name, figures in used(sides, times.idle_s / 2).items():
        found[name].update({f"awake_{key}": value for key, value in figures.items()})
    for side in sides:
        side.print_light()
    time.sleep(times.settle_s)
    for name, figures in used(sides, times.watch_s).items():
        found[name].update({f"watch_{key}": value for key, value in figures.items()})
        found[name].update(added(found[name]))
    for side in sides:
        side.end_print()
    for side in sides:
        found[side.name].update(under_load(side, times.load_s))
    for side in sides:
        if side.name in CLOUDS:
            found[side.name]["pause_ms"] = 1000 * answer_to_pause_s(side)
    for side in sides:
        found[side.name].update(ended(side))
    return found


# ------------------------------------------------------------------- idling and watching


def used(sides: Sequence[Side], for_s: float) -> dict[str, Figures]:
    """What each uses in this time, and the processes beside it."""
    helpers = {side.name: detector_of(side.host.pid) for side in sides}
    checks = {side.name: _checks(side) for side in sides if helpers[side.name]}
    # From here on nobody asks them anything: answering is work, too.
    uses = {
        side.name: Use(psutil.Process(side.host.pid), left_out=feeding(side.threads()))
        for side in sides
    }
    beside = {name: Use(child) for name, child in helpers.items() if child is not None}
    began_s = time.monotonic()
    for number in range(LOOKS):
        until_s = began_s + for_s * (number + 1) / LOOKS
        time.sleep(max(0.0, until_s - time.monotonic()))
        for use in [*uses.values(), *beside.values()]:
            use.look()
    found: dict[str, Figures] = {}
    for side in sides:
        figures = uses[side.name].figures()
        figures["cpu_s"] = uses[side.name].cpu_s_a_minute()
        figures["apart_cpu_s"] = uses[side.name].apart_cpu_s_a_minute()
        figures["own_threads"] = own(side.threads())
        if side.name in beside:
            made = _checks(side) - checks[side.name]
            figures.update(_helper(beside[side.name], made))
        if side.cloud is not None:
            figures.update(sent(side.cloud, began_s, time.monotonic()))
        found[side.name] = figures
    return found


def feeding(threads: Mapping[int, str]) -> frozenset[int]:
    """Those that feed the printer, and the virtual printer's own."""
    return frozenset(
        number for number, name in threads.items() if name.startswith(FEED_IT)
    )


def own(threads: Mapping[int, str]) -> int:
    """How many are AI Watch's."""
    return sum(name.startswith("aiwatch") for name in threads.values())


def added(found: Figures) -> Figures:
    """What watching takes on top of what an OctoPrint takes that is awake."""
    return {
        f"added_{key}": found[f"watch_{key}"] - found[f"awake_{key}"]
        for key in ("uss_mb", "rss_mb")
    }


def _checks(side: Side) -> int:
    return int(side.host.status()["checks"]) if side.watches else 0


def _helper(use: Use, checks: int) -> Figures:
    """The detector's process, which looks at frames for every backend."""
    a_minute_s = use.cpu_s_a_minute()
    took_min = (time.monotonic() - use.began_s) / 60.0
    return {
        "helper_cpu_s": a_minute_s,
        "helper_frame_ms": 1000 * a_minute_s * took_min / max(1, checks),
        "helper_uss_mb": max(use.uss_mb),
        "helper_pss_mb": max(use.pss_mb),
        "helper_peak_mb": peak_mb(use.process),
    }


def sent(cloud: CloudBase, since_s: float, until_s: float) -> Figures:
    """Calls and bytes of request bodies, as they would be in an hour."""
    calls = [call for call in cloud.requests if since_s <= call.at_s < until_s]
    frames = [call for call in calls if call.kind in CARRIES_A_FRAME]
    if len(frames) > 2:
        # From frame to frame: how many fall into a window is a matter of luck.
        every_s = (frames[-1].at_s - frames[0].at_s) / (len(frames) - 1)
    else:
        every_s = EVERY_S
    a_call = statistics.mean([_body_bytes(call) for call in frames] or [0])
    others = [call for call in calls if call.kind not in CARRIES_A_FRAME]
    hours = (until_s - since_s) / 3600.0
    return {
        "calls": 3600.0 / every_s + len(others) / hours,
        "sent_mb": 3600.0 / every_s * a_call / 1e6
        + sum(map(_body_bytes, others)) / hours / 1e6,
    }


def _body_bytes(call: CallRecord) -> int:
    return int(call.headers.get("content-length", 0))


# ---------------------------------------------------------------- lines, pauses, the end


def under_load(side: Side, for_s: float) -> Figures:
    """As many lines as go to the printer, while it is watched if it can be."""
    side.print_dense()
    side.probe("begin")
    time.sleep(for_s)
    figures: Figures = side.probe("end")
    assert side.host.state().text == "Printing", "the print was too short"
    side.end_print()
    return figures


def answer_to_pause_s(side: Side) -> float:
    """From the frame that is answered with a failure to the printer's pause."""
    assert side.cloud is not None
    side.print_light()
    began_s = time.monotonic()
    side.cloud.script(FAILURE[side.name], forever=True)
    side.host.watch_command("check_now")

    def paused() -> list[float]:
        states = side.probe("states")["states"]
        return [at_s for at_s, state in states if state == "PAUSED" and at_s >= began_s]

    paused_s = side.host.wait(paused, 2 * EVERY_S + 10, "the pause")[0]
    frames = [
        call.at_s for call in _frames(side.cloud) if began_s <= call.at_s <= paused_s
    ]
    side.cloud.unscript()
    side.end_print()
    return paused_s - frames[0]


def _frames(cloud: CloudBase) -> Iterator[CallRecord]:
    return (call for call in cloud.requests if call.kind in CARRIES_A_FRAME)


def ended(side: Side) -> Figures:
    """How long OctoPrint takes to end in a print that is watched; hanging: with a service
    that has taken a frame and says nothing."""
    side.print_light()
    if side.name == "obico":
        assert side.cloud is not None
        before = sum(1 for _ in _frames(side.cloud))
        side.cloud.script(Reply(hang=True), forever=True)
        side.host.watch_command("check_now")
        side.host.wait(
            lambda: sum(1 for _ in _frames(side.cloud)) > before,  # type: ignore[arg-type]
            2 * EVERY_S,
            "a frame on its way",
        )
        return {"stop_hanging_s": stop_s(side)}
    took_s = stop_s(side)
    if side.name in (PLAIN, AGAIN):
        return {"stop_s": took_s, "stop_hanging_s": took_s}
    assert side.name in (*CLOUDS, LOCAL)
    return {"stop_s": took_s}


def stop_s(side: Side) -> float:
    """To the hundredth: waiting with a time-out looks only now and then."""
    handle = os.pidfd_open(side.host.pid)
    try:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        began_s = time.monotonic()
        os.kill(side.host.pid, signal.SIGTERM)
        waiting.poll(1000 * STOP_WITHIN_S)
        return time.monotonic() - began_s
    finally:
        os.close(handle)
