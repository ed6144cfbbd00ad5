"""Real minutes: an OctoPrint that watches with trouble all around, and a plain one.

Both print the same beside each other; what the plain one grows by is OctoPrint's own. The
trouble is drawn from a seed. Looked at every few seconds: memory (USS), threads, open
files, processes, and the room in the plugin's folder.
"""

from __future__ import annotations

import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from benchmarks.sides import FAILURE, PLAIN, Side
from benchmarks.use import MB, detector_of, own_handles
from simulator.camera import CameraServer, FixedProgress
from simulator.gcode import write_job
from simulator.replies import Reply

WATCHED = "gadget"
WEBCAM = ("html", "401", "500", "endless", "huge", "truncated", "hang", "black", "empty")
SERVICE = (
    Reply(500, body=b"<html>"),
    Reply(200, body=b"{"),
    Reply(200, body=b'{"Score": NaN}'),
    Reply(drop=True),
    Reply(hang=True),
    Reply(302, headers={"Location": "http://127.0.0.1:1/"}),
)
KEEP = {"keep_jobs": 5, "keep_mb": 20}
MISTAKE = re.compile(
    r'(?m)^.*aiwatch\S* - (?:ERROR|CRITICAL).*$|^ *File ".*octoprint_aiwatch/.*$'
)
EVERY_S = 5.0
WARM_SHARE = 1 / 3
SLACK = {"threads": 2, "handles": 4, "processes": 0}
"""OctoPrint's web server makes threads when it likes, SQLite keeps a closed file."""
MOST_GROWTH_MB = 1.0
MOST_FOLDER_MB = KEEP["keep_mb"] + 3.0


@dataclass(frozen=True)
class Sample:
    """What one OctoPrint held at a moment."""

    at_s: float
    uss_mb: float
    threads: int
    handles: int
    processes: int
    folder_mb: float


@dataclass
class Seen:
    """One OctoPrint's samples."""

    side: Side
    samples: list[Sample] = field(default_factory=list)

    def look(self) -> None:
        process = psutil.Process(self.side.host.pid)
        folder = self.side.host.basedir / "data" / "aiwatch"
        files = [path for path in folder.rglob("*") if path.is_file()]
        sample = Sample(
            time.monotonic(),
            process.memory_full_info().uss / MB,
            process.num_threads(),
            own_handles(process, self.side.host.port),
            len(process.children()),
            sum(_size(path) for path in files) / MB,
        )
        self.samples.append(sample)

    def growth(self, name: str) -> float:
        """From the third after the warm-up to the last one, medians."""
        warm = self.samples[int(len(self.samples) * WARM_SHARE) :]
        half = max(1, len(warm) // 2)
        before = statistics.median(getattr(one, name) for one in warm[:half])
        after = statistics.median(getattr(one, name) for one in warm[-half:])
        return float(after - before)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # it has just been deleted


class Minutes:
    """Plays them; ``seed`` says what goes wrong when."""

    def __init__(self, folder: Path, minutes: float, seed: int) -> None:
        self._folder = folder
        self._for_s = 60.0 * minutes
        self._chance = random.Random(seed)
        self.troubles: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._stack = ExitStack()

    def play(self) -> tuple[Seen, Seen]:
        """The plain OctoPrint's samples, and those of the one that watches."""
        with self._stack:
            job = write_job(self._folder / "scene.gcode", duration_s=600, heat=False)
            self._camera = self._stack.enter_context(
                CameraServer(FixedProgress(job, 0.5))
            )
            seen = [self._started(name) for name in (PLAIN, WATCHED)]
            self._plain, self._watched = (one.side for one in seen)
            assert self._watched.cloud is not None
            self._cloud = self._watched.cloud
            self._watched.host.save_settings({"history": KEEP, "enabled": True})
            self._print()
            self._end_s = time.monotonic() + self._for_s
            while time.monotonic() < self._end_s:
                self._happen(seen)
            self._is_well()
            self._judge(*seen)
        return seen[0], seen[1]

    def _started(self, name: str) -> Seen:
        side = Side(name, self._folder, self._camera)
        self._stack.callback(side.close)
        side.start()
        return Seen(side)

    # -- what happens ------------------------------------------------------------------

    def _happen(self, seen: list[Seen]) -> None:
        """Something goes wrong for a while, then all is well for a while."""
        what = self._chance.choice(HAPPENINGS)
        self.troubles[what.__name__.strip("_")] += 1
        mend = what(self)
        self._wait(seen, self._chance.uniform(5.0, 20.0))
        mend()
        self._wait(seen, self._chance.uniform(5.0, 15.0))

    def _wait(self, seen: list[Seen], seconds: float) -> None:
        end_s = min(self._end_s, time.monotonic() + seconds)
        while (left_s := end_s - time.monotonic()) > 0:
            time.sleep(min(EVERY_S, left_s))
            for one in seen:
                one.look()

    def _print(self) -> None:
        for side in (self._plain, self._watched):
            side.end_print()
            side.print_light()

    def webcam_fails(self) -> Callable[[], None]:
        self._camera.mode = self._chance.choice(WEBCAM)
        self._press("check_now")
        return self._mend_webcam

    def _mend_webcam(self) -> None:
        self._camera.mode = "ok"
        self._camera.stop()  # those that are kept waiting
        self._camera.start()

    def webcam_refuses(self) -> Callable[[], None]:
        self._camera.stop()
        return self._camera.start

    def service_fails(self) -> Callable[[], None]:
        self._cloud.script(self._chance.choice(SERVICE), forever=True)
        self._press("check_now")
        return self._mend_service

    def _mend_service(self) -> None:
        self._cloud.stop()
        self._cloud.unscript()
        self._cloud.start()

    def service_refuses(self) -> Callable[[], None]:
        self._cloud.stop()
        return self._cloud.start

    def print_fails(self) -> Callable[[], None]:
        self._cloud.script(FAILURE[WATCHED], forever=True)
        return self._go_on

    def _go_on(self) -> None:
        self._cloud.unscript()
        if self._watched.host.state().text == "Paused":
            self._watched.host.command("resume")

    def detector_dies(self) -> Callable[[], None]:
        if (process := detector_of(self._watched.host.pid)) is not None:
            process.kill()
        return lambda: None

    def settings_saved(self) -> Callable[[], None]:
        interval_s = self._chance.choice((5, 10, 20))
        self._watched.host.save_settings({"watch": {"min_interval_s": interval_s}})
        return lambda: None

    def print_restarts(self) -> Callable[[], None]:
        self._print()
        return lambda: None

    def _press(self, name: str) -> None:
        body = {"command": name}
        self._watched.host.post("/plugin/aiwatch/api/command", json=body)

    # -- what must hold ----------------------------------------------------------------

    def _is_well(self) -> None:
        """After all that, a new print is watched like any other."""
        self._print()
        host = self._watched.host
        host.wait(lambda: host.status()["verdict"] == "ok", 60, "a good check")
        assert host.get("/plugin/aiwatch/api/jobs").ok, "the history is readable"

    def _judge(self, plain: Seen, watched: Seen) -> None:
        grown_mb = watched.growth("uss_mb") - max(0.0, plain.growth("uss_mb"))
        if grown_mb >= MOST_GROWTH_MB:
            self.wrong.append(f"memory has grown by {grown_mb:.2f} MB")
        for name, slack in SLACK.items():
            if watched.growth(name) > max(0.0, plain.growth(name)) + slack:
                self.wrong.append(f"there are {watched.growth(name):g} more {name}")
        folder_mb = max(one.folder_mb for one in watched.samples)
        if folder_mb > MOST_FOLDER_MB:
            self.wrong.append(f"the plugin's folder took {folder_mb:.1f} MB")
        mistakes = MISTAKE.findall(watched.side.host.log_text())
        self.wrong += [f"in the log: {line}" for line in mistakes]


HAPPENINGS: tuple[Callable[[Minutes], Callable[[], None]], ...] = (
    Minutes.webcam_fails,
    Minutes.webcam_fails,
    Minutes.webcam_refuses,
    Minutes.service_fails,
    Minutes.service_fails,
    Minutes.service_refuses,
    Minutes.print_fails,
    Minutes.detector_dies,
    Minutes.settings_saved,
    Minutes.print_restarts,
)
