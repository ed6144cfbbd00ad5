"""What a process uses of this machine: processor time, memory, threads, open files.

Looks from outside and tells numbers only; must not know whose process it is.
"""

from __future__ import annotations

import re
import statistics
import time
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
    """One process, from the moment this was made; ``look`` now and then."""

    process: psutil.Process
    uss_mb: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)
    pss_mb: list[float] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    handles: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began_s = time.monotonic()
        self._began_cpu_s = cpu_s(self.process)

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
        took_s = time.monotonic() - self.began_s
        return 60.0 * (cpu_s(self.process) - self._began_cpu_s) / took_s

    def figures(self) -> dict[str, float]:
        """Medians of what was seen."""
        return {
            "uss_mb": statistics.median(self.uss_mb),
            "rss_mb": statistics.median(self.rss_mb),
            "threads": statistics.median(self.threads),
        }
