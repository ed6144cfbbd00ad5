"""What came of so many printers, and who used the processor meanwhile."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from simulator.mlserver import MlServer

from .fleet import Outcome
from .use import cpu_s

MOST_P99_S = 1.0
KEEPS_UP = 0.9
"""A server that answers less than this share of the frames is saturated."""


@dataclass(frozen=True)
class Stage:
    """What came of so many printers; times of the processor are seconds a second."""

    printers: int
    offered_per_s: float
    served_per_s: float
    median_ms: float
    p99_ms: float
    highest_ms: float
    frames: int
    errors: int
    errors_by_code: dict[str, int]
    server_cores: float
    printers_cores: float
    others_cores: float
    server_ms_a_frame: float
    per_core_per_s: float

    @property
    def is_served(self) -> bool:
        in_time = self.p99_ms <= 1000.0 * MOST_P99_S
        return in_time and not self.errors and self.keeps_up

    @property
    def keeps_up(self) -> bool:
        return self.served_per_s >= KEEPS_UP * self.offered_per_s


# ------------------------------------------------------------------------- processor time


class Meter:
    """The processor time of the server, of the printers here, and of everybody else."""

    def __init__(self, server: MlServer) -> None:
        first = psutil.Process(server.process.pid)
        self._processes = [first, *first.children(recursive=True)]
        self._began = self._read()
        self._began_s = time.monotonic()

    def _read(self) -> tuple[float, float, float]:
        server_s = sum(cpu_s(process) for process in self._processes)
        all_ = psutil.cpu_times()
        idle_s = all_.idle + getattr(all_, "iowait", 0.0)
        # Guests are in the user's time already.
        busy_s = sum(all_) - idle_s - getattr(all_, "guest", 0.0)
        busy_s -= getattr(all_, "guest_nice", 0.0)
        return server_s, cpu_s(psutil.Process()), busy_s

    def read(self) -> tuple[tuple[float, float, float], float]:
        """Of the server, of this process, of all the others, since it was made; and how
        long ago that is."""
        took_s = time.monotonic() - self._began_s
        server, own, busy = (
            (now - then) / took_s for now, then in zip(self._read(), self._began)
        )
        return (server, own, max(0.0, busy - server - own)), took_s


# ------------------------------------------------------------------------------- a stage


def stage_of(
    outcome: Outcome,
    printers: int,
    cadence_s: float,
    cores: tuple[float, float, float],
    took_s: float,
) -> Stage:
    waits_ms = sorted(1000.0 * wait_s for wait_s in outcome.waits_s)
    served_per_s = outcome.in_time / outcome.for_s
    cores_s = cores[0] * took_s
    return Stage(
        printers=printers,
        offered_per_s=printers / cadence_s if cadence_s else served_per_s,
        served_per_s=served_per_s,
        median_ms=share_of(waits_ms, 0.5),
        p99_ms=share_of(waits_ms, 0.99),
        highest_ms=share_of(waits_ms, 1.0),
        frames=len(waits_ms),
        errors=sum(outcome.errors.values()),
        errors_by_code=dict(outcome.errors),
        server_cores=cores[0],
        printers_cores=cores[1],
        others_cores=cores[2],
        server_ms_a_frame=1000.0 * cores_s / len(waits_ms) if waits_ms else 0.0,
        per_core_per_s=len(waits_ms) / cores_s if cores_s else 0.0,
    )


def share_of(ordered: Sequence[float], share: float) -> float:
    """The value that this share of them does not pass; infinite if there are none."""
    if not ordered:
        return float("inf")
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


COLUMNS = (
    ("printers", "printers", "d"),
    ("offered/s", "offered_per_s", ".1f"),
    ("served/s", "served_per_s", ".1f"),
    ("median ms", "median_ms", ".0f"),
    ("p99 ms", "p99_ms", ".0f"),
    ("max ms", "highest_ms", ".0f"),
    ("frames", "frames", "d"),
    ("errors", "errors", "d"),
    ("server cores", "server_cores", ".2f"),
    ("printers' cores", "printers_cores", ".2f"),
    ("others' cores", "others_cores", ".2f"),
    ("server ms/frame", "server_ms_a_frame", ".1f"),
    ("frames/s/core", "per_core_per_s", ".1f"),
)


def row(stage: Stage) -> str:
    """A line of the table, in Markdown."""
    cells = (
        format(getattr(stage, name), kind).rjust(len(head))
        for head, name, kind in COLUMNS
    )
    return "| " + " | ".join(cells) + " |"
