"""What a process uses of this machine: processor time, memory, threads, open files.

Looks from outside and tells numbers only; must not know whose process it is.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

import psutil

MB = 1024 * 1024
DETECTOR = "octoprint_aiwatch.detector"


def cpu_s(process: psutil.Process) -> float:
    """Seconds of the processor that it has used; all its threads', ended ones too.

    Linux has a clock for each process, which counts what /proc rounds to hundredths.
    """
    try:
        return time.clock_gettime((~process.pid << 3) | 2)
    except (AttributeError, OSError):
        times = process.cpu_times()
        return float(times.user + times.system)


def threads_cpu_s(pid: int, threads: Iterable[int]) -> float:
    """Seconds of the processor that some of a process's threads have used."""
    ran_ns = 0
    for number in threads:
        with suppress(OSError):  # it has ended
            text = Path(f"/proc/{pid}/task/{number}/schedstat").read_text()
            ran_ns += int(text.split()[0])
    return ran_ns / 1e9


def peak_mb(process: psutil.Process) -> float:
    """The most memory (RSS) that it ever held."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) * 1024 / MB if found else process.memory_info().rss / MB


def own_handles(process: psutil.Process, port: int) -> int:
    """Open files, without the connections that browsers and tests keep to a web server
    of its own at this port."""
    visitors = [one for one in process.net_connections("tcp") if one.laddr.port == port]
    return process.num_fds() - len(visitors)


def detector_of(pid: int) -> Optional[psutil.Process]:
    """The process beside an OctoPrint that looks at frames, if there is one."""
    for child in psutil.Process(pid).children():
        try:
            if any(DETECTOR in word for word in child.cmdline()):
                return child
        except psutil.Error:
            continue  # it has just ended
    return None


@dataclass
class Use:
    """One process, from the moment this was made; ``look`` now and then.

    Args:
        left_out: threads that are not counted in ``apart_cpu_s_a_minute``.
    """

    process: psutil.Process
    uss_mb: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)
    pss_mb: list[float] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    left_out: frozenset[int] = frozenset()
    handles: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began_s = time.monotonic()
        self._began_cpu_s = cpu_s(self.process)
        self._began_apart_s = self._apart_cpu_s()

    def look(self) -> None:
        """Memory, threads and open files, as they are now."""
        memory = self.process.memory_full_info()
        self.uss_mb.append(memory.uss / MB)
        self.rss_mb.append(memory.rss / MB)
        self.pss_mb.append(memory.pss / MB)
        self.threads.append(self.process.num_threads())
        self.handles.append(self.process.num_fds())

    def cpu_s_a_minute(self) -> float:
        """Seconds of the processor a minute, since it was made."""
        return self._a_minute(cpu_s(self.process) - self._began_cpu_s)

    def apart_cpu_s_a_minute(self) -> float:
        """The same, without the threads that were to be left out."""
        return self._a_minute(self._apart_cpu_s() - self._began_apart_s)

    def _a_minute(self, used_s: float) -> float:
        return 60.0 * used_s / (time.monotonic() - self.began_s)

    def _apart_cpu_s(self) -> float:
        return cpu_s(self.process) - threads_cpu_s(self.process.pid, self.left_out)

    def figures(self) -> dict[str, float]:
        """Medians of what was seen."""
        return {
            "uss_mb": statistics.median(self.uss_mb),
            "rss_mb": statistics.median(self.rss_mb),
            "threads": statistics.median(self.threads),
        }
