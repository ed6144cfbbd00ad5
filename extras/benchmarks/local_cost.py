"""What watching with the detector on this machine costs: `make bench`.

Measures, on this machine and with this Python: one frame's judging, by numpy alone and by
onnxruntime where it is installed; the detector's process; and a real OctoPrint that
prints with the watch off and then on. Processor time is counted in seconds of the
processor, so that a busy machine changes it little. Ends with an error if a limit is
passed. Must not change the plugin, nor measure anything that only the benchmark does.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Optional

import psutil
from PIL import Image
from simulator.camera import CameraServer, FixedProgress
from simulator.gcode import write_job
from simulator.host import OctoPrintHost

MB = 1024 * 1024
MOST_MS_A_FRAME = 25.0
MOST_WORKER_MB = 60.0
MOST_CPU_PERCENT = 1.0
MOST_ADDED_MB = 3.0

FRAMES = 100
LARGE_PX = (1920, 1080)
WINDOW_S = 10.0
SETTLE_S = 20.0
DETECTOR = "octoprint_aiwatch.detector"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
WATCH = {"watch": {"warmup": False}, "actions": {"on_failure": "notify"}}


@dataclass
class Report:
    """Prints as it goes, and remembers which limits were passed."""

    over: list[str] = field(default_factory=list)

    def head(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def say(
        self, what: str, value: float, unit: str, most: Optional[float] = None
    ) -> None:
        note = "" if most is None else f"   (at most {most:g})"
        if most is not None and value > most:
            note += " OVER"
            self.over.append(f"{what}: {value:.2f} {unit}")
        print(f"  {what:<52} {value:8.2f} {unit}{note}", flush=True)


@contextmanager
def environment(without_onnxruntime: bool) -> Iterator[dict[str, str]]:
    """This one for a child, if wanted so that onnxruntime cannot be imported there."""
    with tempfile.TemporaryDirectory() as folder:
        found = {**os.environ, **ONE_THREAD}
        if without_onnxruntime:
            (Path(folder) / "onnxruntime.py").write_text("raise ImportError\n")
            others = os.environ.get("PYTHONPATH")
            found["PYTHONPATH"] = os.pathsep.join([folder] + ([others] if others else []))
        yield found


# --------------------------------------------------------------------- a frame by itself


def judge_here(jpeg: bytes) -> dict[str, Any]:
    """One frame again and again in this process: milliseconds of processor, medians."""
    from octoprint_aiwatch.detector import model, picture

    loaded = model.load("", 1)
    shrinking_ms, judging_ms = [], []
    for _ in range(FRAMES):
        began_s = time.process_time()
        pixels = picture.pixels(jpeg, loaded.fit)
        shrunk_s = time.process_time()
        loaded.heat(pixels)
        judging_ms.append(1000 * (time.process_time() - shrunk_s))
        shrinking_ms.append(1000 * (shrunk_s - began_s))
    return {
        "by": type(loaded).__name__,
        "shrinking_ms": statistics.median(shrinking_ms),
        "judging_ms": statistics.median(judging_ms),
    }


def judge_in_child(jpeg: Path, env: Mapping[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.local_cost", "--judge", str(jpeg)]
    done = subprocess.run(command, env=dict(env), capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure_frames(report: Report, folder: Path, jpeg: bytes) -> None:
    small, large = folder / "small.jpg", folder / "large.jpg"
    small.write_bytes(jpeg)
    with Image.open(io.BytesIO(jpeg)) as picture:
        picture.resize(LARGE_PX).save(large, quality=85)
    ways = [("numpy alone", True, MOST_MS_A_FRAME)]
    if find_spec("onnxruntime"):
        ways.append(("onnxruntime", False, None))
    for name, without, most in ways:
        report.head(f"One frame, one thread, {name}: processor time, medians of {FRAMES}")
        with environment(without) as env:
            found = judge_in_child(small, env)
            assert (found["by"] == "NumpyModel") is without, found
            report.say("decoding and shrinking 640 x 480", found["shrinking_ms"], "ms")
            report.say("judging", found["judging_ms"], "ms", most)
            found = judge_in_child(large, env)
            report.say("decoding and shrinking 1920 x 1080", found["shrinking_ms"], "ms")


# --------------------------------------------------------------------- a real OctoPrint


@dataclass
class Use:
    """What one process used, looked at every second."""

    process: psutil.Process
    cpu_s: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)
    pss_mb: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    """Its highest RSS ever, also between looks."""

    def look(self) -> None:
        times = self.process.cpu_times()
        memory = self.process.memory_full_info()
        self.cpu_s.append(times.user + times.system)
        self.rss_mb.append(memory.rss / MB)
        self.pss_mb.append(memory.pss / MB)
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        self.peak_mb = int(found.group(1)) * 1024 / MB if found else max(self.rss_mb)

    @property
    def used_s(self) -> float:
        return self.cpu_s[-1] - self.cpu_s[0]

    def percent(self) -> float:
        """Of one core: the median of windows as long as a check's interval."""
        step = round(WINDOW_S)
        windows = zip(self.cpu_s[::step], self.cpu_s[step::step])
        return statistics.median(100 * (b - a) / WINDOW_S for a, b in windows)


def detector_of(host: OctoPrintHost) -> Optional[psutil.Process]:
    for child in psutil.Process(host.pid).children():
        if any(DETECTOR in word for word in child.cmdline()):
            return child
    return None


def follow(host: OctoPrintHost, for_s: float) -> tuple[Use, Optional[Use]]:
    """Looks at OctoPrint, and at the detector if there is one."""
    octoprint, child = Use(psutil.Process(host.pid)), detector_of(host)
    worker = Use(child) if child else None
    began_s = time.monotonic()
    for second in range(round(for_s) + 1):
        time.sleep(max(0.0, began_s + second - time.monotonic()))
        octoprint.look()
        if worker is not None:
            worker.look()
    return octoprint, worker


@dataclass
class Round:
    """OctoPrint printing, with the watch off and with it on."""

    off: Use
    on: Use
    worker: Use
    checks: int


def play(host: OctoPrintHost, for_s: float, lines: int) -> Round:
    host.save_settings({**WATCH, "enabled": False})
    host.upload_text("G28\n" + "G4 P50\n" * lines, "bench.gcode", print_now=True)
    time.sleep(SETTLE_S)
    off, nobody = follow(host, for_s)
    assert nobody is None, "the watch is off"
    host.save_settings({"enabled": True})
    host.wait(lambda: host.status()["checks"] > 0, 60, "the first check")
    time.sleep(SETTLE_S)
    before = host.status()["checks"]
    on, worker = follow(host, for_s)
    checks = host.status()["checks"] - before
    host.command("cancel")
    host.wait_state("Operational")
    assert worker is not None, "the watch is on"
    return Round(off, on, worker, checks)


def measure_octoprint(
    report: Report, host: OctoPrintHost, minutes: float, rounds: int
) -> None:
    for_s = 60 * minutes
    idle, _ = follow(host, for_s / 3)
    lines = round(20 * (2 * for_s + 300))
    played = [play(host, for_s, lines) for _ in range(rounds)]
    version = host.get("/api/version").json()["server"]
    each = f"{minutes:g} min each" + (f", {rounds} times" if rounds > 1 else "")

    def middle(values: list[float]) -> float:
        return statistics.median(values)

    report.head(f"OctoPrint {version}, its own process, {each}; per cent of one core")
    report.say("nothing printed", idle.percent(), "%")
    off = middle([one.off.percent() for one in played])
    on = middle([one.on.percent() for one in played])
    report.say("printing, watch off: median of 10 s", off, "%")
    report.say("printing, watch on: median of 10 s", on, "%")
    added = middle([100 * (one.on.used_s - one.off.used_s) / for_s for one in played])
    report.say("added by watching, over all the time", added, "%", MOST_CPU_PERCENT)
    off_mb = middle([middle(one.off.rss_mb) for one in played])
    on_mb = middle([middle(one.on.rss_mb) for one in played])
    report.say("memory (RSS), watch off", off_mb, "MB")
    report.say("memory (RSS), watch on", on_mb, "MB")
    first = played[0]
    more = middle(first.on.rss_mb) - middle(first.off.rss_mb)
    report.say("added by watching, the first time", more, "MB", MOST_ADDED_MB)

    report.head("The detector's process beside it, numpy alone")
    peak_mb = max(one.worker.peak_mb for one in played)
    report.say("memory (RSS), highest", peak_mb, "MB", MOST_WORKER_MB)
    report.say("memory (PSS), highest", max(max(o.worker.pss_mb) for o in played), "MB")
    checks = sum(one.checks for one in played)
    cpu_ms = 1000 * sum(one.worker.used_s for one in played) / checks
    report.say(f"processor time a frame, mean of {checks}", cpu_ms, "ms")


# ---------------------------------------------------------------------------------- main


def scene(folder: Path) -> FixedProgress:
    """A print half done, which stays there."""
    job = write_job(folder / "scene.gcode", duration_s=600, heat=False)
    return FixedProgress(job, 0.5)


def run(minutes: float, rounds: int) -> int:
    report = Report()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        camera = stack.enter_context(CameraServer(scene(folder)))
        measure_frames(report, folder, camera.snapshot())
        if minutes:
            os.environ.update(stack.enter_context(environment(True)))
            host = OctoPrintHost(
                folder / "octoprint", camera_snapshot_url=camera.snapshot_url
            )
            stack.enter_context(host)
            measure_octoprint(report, host, minutes, rounds)
    for text in report.over:
        print(f"OVER: {text}", file=sys.stderr)
    return 1 if report.over else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=3.0, help="each; 0: frames only")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--judge", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.judge:
        print(json.dumps(judge_here(wanted.judge.read_bytes())))
        return 0
    return run(wanted.minutes, wanted.rounds)


if __name__ == "__main__":
    sys.exit(main())
