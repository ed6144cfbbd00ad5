"""`make demo`: a print that fails before your eyes, and a plugin that pauses it.

Starts a camera that renders the job and a real OctoPrint with a virtual printer, all on
loopback, and prints what happens. The detector on this machine judges the frames, or,
with another backend, a simulated cloud that looks at the camera's pixels. With `--once`
no person is needed: it succeeds only if the print was really paused (or, with `--fail
never`, only if it ran to its end unharmed). It must not tell the plugin anything that a
real cloud and a real printer would not.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional, Union

from octoprint_aiwatch.core import frames, place, steady

from . import interruption
from .camera import CameraServer, FailPlan, OctoPrintProgress
from .clouds import GadgetCloud, ObicoCloud
from .demo_timeline import Timeline
from .gcode import write_job
from .host import PASSWORD, HostError, OctoPrintHost, free_port
from .judge import PixelJudge

Cloud = Union[GadgetCloud, ObicoCloud]

INTERVAL_S = 10  # Gadget really asks for 40 s on average; nobody wants to wait that long
LATEST_FAILURE_S = 3600.0
IDLE_S = 3600.0  # without --once: how long it waits for a person after the job's end
TICK_S = 0.2

# The defaults are made for prints of hours and would be most of a demo of minutes.
WATCH = {
    "min_interval_s": INTERVAL_S,
    "grace_start_s": 15,  # 60
    "grace_resume_s": 30,  # 120
    "blind_after_s": 30,  # 90
}


@dataclass(frozen=True)
class Plot:
    """How the print is to go. The times are ample, except for the first."""

    fails_after_s: float  # seconds of printing
    pauses_within_s: float  # of the failure's begin
    fails: bool = True

    @property
    def job_s(self) -> float:
        """A good print lasts until a failing one would be paused, that one for longer."""
        enough_s = self.fails_after_s + self.pauses_within_s
        return 2 * enough_s + 120 if self.fails else enough_s

    @property
    def deadline_s(self) -> float:
        """For the pause, or for a good print's end: the machine may be slow."""
        return 1.5 * (self.fails_after_s + self.pauses_within_s) + 90


CLOUD_PLOT = Plot(fails_after_s=60.0, pauses_within_s=120.0)
PLOTS = {
    # A detector that may be wrong about a whole scene needs a beginning to compare with,
    # and then a mean that stays high.
    "local": Plot(
        fails_after_s=frames.BASELINE_S + 30.0,
        pauses_within_s=2 * steady.TAU_S + frames.PAUSE_HOLD_S,
    ),
    "gadget": CLOUD_PLOT,
    # What shows where its boxes are must not be there from the start.
    "obico": replace(CLOUD_PLOT, fails_after_s=place.FIRST_S + 30.0),
}


@dataclass
class Stage:
    """Everything that runs, and what was seen of it."""

    host: OctoPrintHost
    camera: CameraServer
    progress: OctoPrintProgress
    cloud: Optional[Cloud]
    job: Path
    timeline: Timeline
    plot: Plot


def make_cloud(backend: str) -> tuple[Optional[Cloud], dict[str, str]]:
    """A cloud that judges pixels, if the backend is one, and its settings."""
    if backend == "local":
        return None, {}
    if backend == "gadget":
        gadget = GadgetCloud(PixelJudge(), api_keys=["demo-key"], interval_s=INTERVAL_S)
        return gadget, {"url": gadget.url, "api_key": "demo-key"}
    obico = ObicoCloud(PixelJudge(), devices={"SN-DEMO": "demo-token"})
    account = {"serial_no": "SN-DEMO", "access_token": "demo-token"}
    return obico, {"url": obico.url, **account}


@contextmanager
def stage(backend: str, port: int, plot: Plot) -> Iterator[Stage]:
    """Starts it all in an order in which each can be told where the others are."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aiwatch-")))
        job = write_job(folder / "demo.gcode", duration_s=plot.job_s)
        cloud, account = make_cloud(backend)
        if cloud is not None:
            stack.enter_context(cloud)
        camera_port = free_port()
        camera_url = f"http://127.0.0.1:{camera_port}"
        webcam = {"stream": f"{camera_url}/stream"}
        host = OctoPrintHost(
            folder / "octoprint",
            port=port,
            camera_snapshot_url=f"{camera_url}/snapshot",
            plugin_settings={
                "backend": backend,
                "backends": {backend: account},
                "watch": WATCH,
            },
            config={"plugins": {"classicwebcam": webcam}},
        )
        print("starting OctoPrint ...", flush=True)
        stack.enter_context(host)
        progress = OctoPrintProgress(host.url, host.api_key, job)
        fail = FailPlan(plot.fails_after_s) if plot.fails else FailPlan.never()
        camera = CameraServer(progress, fail, port=camera_port)
        stack.enter_context(camera)
        yield Stage(host, camera, progress, cloud, job, Timeline(host), plot)


def introduce(on: Stage, backend: str) -> None:
    version = on.host.get("/api/version").json()["server"]
    plugin = on.host.status()["version"]
    if on.plot.fails:
        plot = (
            f"The print begins to fail {on.plot.fails_after_s:.0f} s after its start.\n"
            "  The score climbs then, a warning follows, and the print is paused: all\n"
            f"  within {on.plot.pauses_within_s / 60:.0f} minutes."
        )
    else:
        plot = "It is a good print: nothing should happen until it is done."
    print(
        f"""
  OctoPrint {version} with AI Watch {plugin}, backend {backend}

  Open      {on.host.url}/
  Log in    admin / {PASSWORD}
  Webcam    {on.camera.stream_url}
  {plot}
  A frame is judged every {INTERVAL_S} s and the graces are short, for the demo.
""",
        flush=True,
    )


# ------------------------------------------------------------------------- with a person


def watch_along(on: Stage) -> int:
    """Until Ctrl-C, or until nothing has been printing for IDLE_S."""
    print("  Ctrl-C ends it and cleans up.\n", flush=True)
    idle_since_s = time.monotonic()
    while on.host.running:
        on.timeline.catch_up()
        if on.timeline.printing:
            idle_since_s = time.monotonic()
        if time.monotonic() - idle_since_s > IDLE_S:
            print(f"nothing was printed for {IDLE_S / 60:.0f} minutes: the end")
            return 0
        time.sleep(TICK_S)
    print(f"OctoPrint has ended by itself\n{on.host.report()}", file=sys.stderr)
    return 1


# ---------------------------------------------------------------------- without a person


def run_until(on: Stage, *states: str) -> Optional[str]:
    """The first of the printer states that is reached after printing, None if none is."""
    end_s = time.monotonic() + on.plot.deadline_s
    while time.monotonic() < end_s and on.host.running:
        on.timeline.catch_up()
        if on.timeline.was_printing and on.timeline.state in states:
            return on.timeline.state
        time.sleep(TICK_S)
    return None


def prove_pause(on: Stage) -> list[str]:
    """What is missing for a failed print that was really paused; nothing is good."""
    reached = run_until(on, "PAUSED", "OPERATIONAL", "ERROR")
    if reached != "PAUSED":
        return [f"the print was not paused; it ended as {reached or 'still going on'}"]
    faults = []
    before = on.host.state()
    if not on.host.stands_still(1.0):
        faults.append(f"it says paused and is not: {before} and then {on.host.state()}")
    else:
        print(
            f"\n  The printer's state is {before.text}, its flag paused is "
            f"{before.flags['paused']}, its place in the file stays {before.filepos}."
        )
    on.timeline.catch_up()
    if on.timeline.first("pause_requested") is None:
        faults.append("AI Watch did not ask for this pause")
    if on.timeline.first("pause_confirmed") is None:
        faults.append("AI Watch did not confirm the pause")
    return faults


def prove_good_print(on: Stage) -> list[str]:
    """What is missing for a good print that was left alone; nothing is good."""
    reached = run_until(on, "OPERATIONAL", "PAUSED", "ERROR")
    on.timeline.catch_up()
    faults = []
    if reached != "OPERATIONAL" or not on.timeline.done:
        faults.append(f"the print did not end well; it was {reached or 'still going on'}")
    seen_s = on.progress.now().printed_s
    if seen_s < on.plot.job_s / 2:
        faults.append(f"the camera followed only {seen_s:.0f} s of the print")
    for name in ("warning_raised", "failure_detected", "pause_requested", "blinded"):
        if on.timeline.first(name) is not None:
            faults.append(f"there was a {name.replace('_', ' ')} during a good print")
    return faults


def perform_once(on: Stage) -> int:
    faults = prove_pause(on) if on.plot.fails else prove_good_print(on)
    judged = on.timeline.judged
    if on.cloud is not None:
        kind = "process" if isinstance(on.cloud, GadgetCloud) else "predict"
        judged = sum(call.status == 200 for call in on.cloud.calls(kind))
        broken = [f"against the cloud's protocol: {text}" for text in on.cloud.violations]
        faults += broken
    if not judged:
        faults.append("no frame was judged")
    print(on.timeline.summary(judged))
    for fault in faults:
        print(f"FAILED: {fault}", file=sys.stderr)
    if faults:
        print(on.host.report(), file=sys.stderr)
    return 1 if faults else 0


# --------------------------------------------------------------------------------- main


def seconds_or_never(text: str) -> float:
    if text == "never":
        return math.inf
    value = float(text)
    if not 0 <= value <= LATEST_FAILURE_S:
        raise argparse.ArgumentTypeError(f"0 to {LATEST_FAILURE_S:.0f} s, or never")
    return value


def plot_for(backend: str, fails_after_s: Optional[float]) -> Plot:
    """The backend's own, failing when it is wanted; infinitely late is never."""
    plot = PLOTS[backend]
    if fails_after_s is None:
        return plot
    if math.isinf(fails_after_s):
        return replace(plot, fails=False)
    return replace(plot, fails_after_s=fails_after_s)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--backend", choices=tuple(PLOTS), default="local")
    parser.add_argument(
        "--port", type=int, default=0, help="OctoPrint's; 0 is a free one"
    )
    parser.add_argument(
        "--fail", type=seconds_or_never, help="seconds of printing, or never"
    )
    parser.add_argument("--once", action="store_true", help="without a person")
    return parser.parse_args()


def main() -> int:
    wanted = parse()
    interruption.heed()
    try:
        plot = plot_for(wanted.backend, wanted.fail)
        with stage(wanted.backend, wanted.port, plot) as on:
            introduce(on, wanted.backend)
            on.host.upload(on.job)
            if wanted.once:
                return perform_once(on)
            return watch_along(on)
    except KeyboardInterrupt:
        print("\nended, and everything cleaned up")
        return 130 if wanted.once else 0
    except HostError as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
