"""What the tests of the detector on this machine share: how to find its process.

They run on loopback without any cloud. Only looks at processes; must not know how the
plugin handles them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from simulator.host import OctoPrintHost

from tests.e2e.support_watch import BareRig

LOWEST_PRIORITY = 19
PROGRAM = "octoprint_aiwatch.detector"


def detectors(host: OctoPrintHost) -> list[psutil.Process]:
    """The detector processes of this OctoPrint that run, or are stopped."""
    found = []
    for process in psutil.Process(host.pid).children(recursive=True):
        try:
            if any(PROGRAM in word for word in process.cmdline()):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue  # it has just ended
    return found


def the_detector(host: OctoPrintHost) -> psutil.Process:
    """The one that there is once a frame was judged."""
    (process,) = detectors(host)
    return process


def is_gone(process: psutil.Process) -> bool:
    """Ended and collected: nothing of it is left in the list of processes."""
    return not process.is_running()


def wait_gone(host: OctoPrintHost, process: psutil.Process, timeout_s: float) -> None:
    host.wait(lambda: is_gone(process), timeout_s, f"process {process.pid} to be gone")


@contextmanager
def watched(rig: BareRig, lines: int = 20000) -> Iterator[tuple[float, psutil.Process]]:
    """A print of which a frame was judged: since when, and the detector's process."""
    with rig.printing(lines) as since_s:
        rig.wait_checks(1)
        yield since_s, the_detector(rig.host)


def is_left_alone(rig: BareRig, since_s: float) -> bool:
    """Whether the print just went on."""
    stayed = set(rig.state_ids(since_s)) <= {"STARTING", "PRINTING"}
    return stayed and rig.host.state().text == "Printing"
