"""What the tests of faults share: a time without sight, and what it may leave behind.

Counts what a process holds from outside; must not know how the plugin holds it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from benchmarks.use import own_handles
from simulator.host import OctoPrintHost

from tests.e2e.support_watch import SOON_S, Rig, codes

BY_ITSELF_S = 35.0
"""Two failed checks in a row may be followed by a wait of 25 s."""


SLACK = {"threads": 2, "handles": 4}
"""OctoPrint's web server has threads in reserve and makes them when it likes, and SQLite
keeps a closed file for the next one who opens it. All faults of a file are counted from
its first one on, so that what each leaves behind adds up."""


@dataclass(frozen=True)
class Held:
    """What an OctoPrint holds of this machine."""

    threads: int
    processes: int
    handles: int
    temporary: int
    """Files in its folder for temporary ones."""

    def exceeds(self, before: Held) -> list[str]:
        """What there is more of than before, and more than the house itself takes."""
        return [
            f"{name}: {value} instead of {getattr(before, name)}"
            for name, value in vars(self).items()
            if value > getattr(before, name) + SLACK.get(name, 0)
        ]


def held(host: OctoPrintHost) -> Held:
    """Counted now."""
    process = psutil.Process(host.pid)
    place = Path(process.environ().get("TMPDIR", tempfile.gettempdir()))
    own = sum(1 for _ in place.rglob("*")) if place.name.startswith("octo") else 0
    return Held(
        process.num_threads(),
        len(process.children(recursive=True)),
        own_handles(process, host.port),
        own,
    )


def nothing_left(host: OctoPrintHost, before: Held, timeout_s: float = SOON_S) -> None:
    """Waits until no more is held than before; connections take their time to close."""
    more: list[str] = ["?"]

    def gone() -> bool:
        more[:] = held(host).exceeds(before)
        return not more

    try:
        host.wait(gone, timeout_s, "nothing to be left behind")
    except AssertionError as error:
        raise AssertionError(f"left behind: {more}\n{error}") from None


@contextmanager
def own_temporary_folder(folder: Path) -> Iterator[None]:
    """An OctoPrint that is started meanwhile has a folder for temporary files alone."""
    place = folder / "octo-tmp"
    place.mkdir(parents=True)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(place)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


def blind_checks(rig: Rig, since_s: float) -> int:
    """How many checks came to their end since then."""
    busy = [status["next_check_s"] == 0.0 for status in rig.statuses(since_s)]
    return sum(before and not after for before, after in zip(busy, busy[1:]))


FIRST: dict[int, Held] = {}
"""What an OctoPrint held before its first fault."""


@dataclass
class Spell:
    """A time in which the print could not be watched."""

    rig: Rig
    fault: tuple[str, str]

    def __post_init__(self) -> None:
        self.before = FIRST.setdefault(self.rig.host.pid, held(self.rig.host))
        self.since_s = self.rig.host.now_s()
        self.since_bytes = len(self.rig.host.log_text())

    def comes(self, checks: int = 2, timeout_s: float = SOON_S) -> None:
        """Checks fail; what is said of them is true of each and said once."""
        code, words = self.fault
        for times in range(1, checks + 1):
            self.rig.host.watch_command("check_now")
            self.rig.host.wait(
                lambda times=times: blind_checks(self.rig, self.since_s) >= times,
                timeout_s,
                f"failed check number {times}",
            )
            status = self.rig.wait_status(
                lambda status: status["blind"] and status["next_check_s"] != 0.0,
                "blind to be shown",
            )
            assert (status["verdict"], status["score"]) == ("unknown", None)
            assert status["detections"] == []
            assert codes(status)[0] == code
            assert words in status["reason"]
            assert status["reason"].rstrip().endswith(".")
            assert "{" not in status["reason"]
        self.print_goes_on()
        self.one_line()

    def print_goes_on(self) -> None:
        assert self.rig.host.state().text == "Printing"
        assert self.rig.state_ids(self.since_s) == []
        assert self.rig.host.status()["action"] is None

    def one_line(self) -> None:
        # OctoPrint writes its log on a thread of its own.
        lines = self.rig.host.wait(
            lambda: self.rig.warnings(self.since_bytes), SOON_S, "the log's line"
        )
        assert len(lines) == 1, lines
        assert self.fault[1] in lines[0]

    def ends(self, timeout_s: float = SOON_S) -> None:
        self.is_over(timeout_s)
        # The log is written beside; what is too much would be there by now, too.
        self.rig.host.wait(lambda: self.recoveries() >= 1, timeout_s, "the log's line")
        assert self.recoveries() == 1

    def is_over(self, timeout_s: float = SOON_S) -> None:
        """It sees, and nothing is left; whoever was told of new settings knows why."""
        status = self.rig.wait_status(
            lambda status: not status["blind"] and status["verdict"] == "ok",
            "the print to be watched again",
            timeout_s,
        )
        assert status["score"] is not None
        assert status["phase"] == "watching"
        self.print_goes_on()
        self.one_line()
        assert self.rig.host.get("/plugin/aiwatch/api/jobs").ok, "history readable"
        nothing_left(self.rig.host, self.before)

    def recoveries(self) -> int:
        news = self.rig.host.log_text()[self.since_bytes :]
        return news.count("The print is being watched again.")
