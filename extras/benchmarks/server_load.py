"""How many printers one inference server can watch: `make load`.

Starts a real MLServer with the exported model, on loopback, and plays printers to it that
each send a frame every ten seconds, built and read by the plugin's own backend: first a
hundred, then more and more until the server does not keep up, then as many at once as it
takes. A frame's latency counts from the moment it was due, so that waiting for one's turn
counts, too. Shrinking frames is done beforehand: it is work for the printers' machines.

The printers share this machine's processor with the server. Its processor time a frame is
therefore given apart, and what other programs took meanwhile. Ends by itself; with an
error if a hundred printers are not served well, or the aim is missed. Must not change the
plugin, nor talk to anything but its own server.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simulator import mlserver
from simulator.camera import CameraServer, FailPlan, FixedProgress
from simulator.gcode import write_job
from simulator.mlserver import MlServer

from octoprint_aiwatch.adapters.detector import Detector
from octoprint_aiwatch.adapters.export import repository
from octoprint_aiwatch.adapters.export.onnx_file import for_servers
from octoprint_aiwatch.backends.base import Pixels, ShrinkFrame
from octoprint_aiwatch.core.values import Frame

from .fleet import Fleet
from .stage import COLUMNS, MOST_P99_S, Meter, Stage, row, stage_of

CADENCE_S = 10.0
AIM_PRINTERS = 460
"""46 frames a second: four million a day."""
CLIMB = (200, 300, 400, AIM_PRINTERS, 520, 600, 700, 800, 1000, 1300, 1600, 2000)
PICTURES = 12
SIZE_PX = (640, 480)
"""The simulated webcam's."""
AT_ONCE = 16
SHORT_S = 20.0
"""A stage of the climb; as every stage a number of whole cadences."""
WARM_PRINTERS, WARM_S = 8, 3.0


def played(
    server: MlServer,
    frames: Sequence[Pixels],
    printers: int,
    for_s: float,
    cadence_s: float = CADENCE_S,
) -> Stage:
    with Fleet(server.url, frames, printers, cadence_s) as fleet:
        meter = Meter(server)
        outcome = fleet.play(for_s)
        return stage_of(outcome, printers, cadence_s, *meter.read())


# --------------------------------------------------------------------------------- a run


def pictures(folder: Path) -> list[Pixels]:
    """Frames of a good print and of a failing one, as the printers send them."""
    job = write_job(folder / "scene.gcode", duration_s=600, heat=False)
    detector = Detector()
    found = []
    try:
        for number in range(PICTURES):
            plan = FailPlan(-10.0 * number) if number % 2 else FailPlan.never()
            progress = FixedProgress(job, (number + 1) / (PICTURES + 1), 60.0)
            with CameraServer(progress, plan) as camera:
                frame = Frame(camera.snapshot(), *SIZE_PX)
            pixels = detector.send(ShrinkFrame(frame, None, planar=True))
            assert isinstance(pixels, Pixels)
            found.append(pixels)
    finally:
        detector.close()
    return found


@contextmanager
def serving(folder: Path) -> Iterator[MlServer]:
    """MLServer with the model as `aiwatch:export-model` writes it."""
    for name, content in repository.files(
        for_servers(repository.BUNDLED.read_bytes())
    ).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with mlserver.started(folder) as server:
        yield server


def say(text: str) -> None:
    print(text, flush=True)


def climb(server: MlServer, frames: Sequence[Pixels], wanted: Any) -> list[Stage]:
    """The hundred, the aim, and more until it does not keep up."""
    say("| " + " | ".join(head for head, _, _ in COLUMNS) + " |")
    say("|" + "|".join("-" * (len(head) + 1) + ":" for head, _, _ in COLUMNS) + "|")
    stages: list[Stage] = []
    steps = [wanted.printers, *(more for more in CLIMB if more > wanted.printers)]
    for printers in steps:
        is_long = printers in (wanted.printers, AIM_PRINTERS)
        for_s = wanted.seconds if is_long else SHORT_S
        stages.append(played(server, frames, printers, for_s))
        say(row(stages[-1]))
        if not stages[-1].keeps_up:
            break
    return stages


def at_most(server: MlServer, frames: Sequence[Pixels], wanted: Any) -> Stage:
    """As many frames as it takes, with so many printers always waiting for an answer."""
    say(f"\nAs fast as it goes, {AT_ONCE} frames under way at any time:")
    stage = played(server, frames, AT_ONCE, SHORT_S, cadence_s=0.0)
    say(row(stage))
    return stage


def missed(stages: Sequence[Stage]) -> list[str]:
    """What was not reached."""
    first, found = stages[0], []
    if not first.is_served:
        found.append(f"{first.printers} printers are not served without fault in time")
    if not any(one.is_served and one.printers >= AIM_PRINTERS for one in stages):
        found.append(
            f"the aim is missed: {AIM_PRINTERS / CADENCE_S:g} frames a second with "
            f"99 % of the answers within {MOST_P99_S:g} s"
        )
    return found


def run(wanted: Any) -> int:
    cores = os.cpu_count()
    with tempfile.TemporaryDirectory(prefix="load-") as name:
        folder = Path(name)
        frames = pictures(folder)
        first = frames[0]
        size = f"{first.width} x {first.height} pixels, {len(first.content)} bytes"
        say(f"{cores} cores; frames {size}")
        with serving(folder / "models") as server:
            # The first frames of a size are slow: memory is being laid out for them.
            played(server, frames, WARM_PRINTERS, WARM_S, cadence_s=0.5)
            stages = climb(server, frames, wanted)
            most = at_most(server, frames, wanted)
    found = missed(stages)
    for text in found:
        print(f"MISSED: {text}", file=sys.stderr)
    if wanted.json:
        report = {
            "cores": cores,
            "cadence_s": CADENCE_S,
            "frame_px": [first.width, first.height],
            "stages": [asdict(stage) for stage in stages],
            "most": asdict(most),
            "missed": found,
        }
        wanted.json.write_text(json.dumps(report, indent=2) + "\n")
    return 1 if found else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--printers", type=int, default=100, help="to begin with")
    parser.add_argument(
        "--seconds", type=int, default=60, help="a long stage takes; a multiple of ten"
    )
    parser.add_argument("--json", type=Path, help="the figures as a file, too")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
