"""Records traces: the simulated webcam's prints, judged by the built-in detector.

    cd extras && PYTHONPATH=. python -m tests.traces.record

with an environment that has the plugin and numpy (that of the tests has). A print of an
hour is rendered in virtual time, a frame every 20 s, once failing after 15 minutes and
once not at all; each frame goes through the same code as in the detector's process. The
files in `recorded/` hold seconds, score and boxes of every frame and take part in the
tests. Record anew when the weights change.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from simulator.camera import FailPlan
from simulator.failure import Failure
from simulator.gcode import write_job
from simulator.progress import VirtualClockProgress
from simulator.scene import Scene, SceneState

from octoprint_aiwatch.core import heatmap
from octoprint_aiwatch.core.values import Detection, FrameEvidence, Inspection

FOLDER = Path(__file__).parent / "recorded"
PRINT_S, CADENCE_S, FAILS_AT_S = 3600.0, 20.0, 900.0
PLANS = {"failing": FailPlan(FAILS_AT_S), "good": FailPlan.never()}


def record(plan: FailPlan, folder: Path) -> list[list[object]]:
    """Every frame of a print as [seconds, score, [[confidence, x, y, w, h], ...]]."""
    from octoprint_aiwatch.detector.model import load
    from octoprint_aiwatch.detector.picture import pixels

    model = load("", 1)
    found = dict(model.calibration)
    calibration = heatmap.Calibration(int(found.pop("hottest")), **found)
    job = write_job(folder / "job.gcode", duration_s=PRINT_S, heat=False)
    progress = VirtualClockProgress(job, PRINT_S)
    scene, failure = Scene(progress.toolpath), Failure(plan)
    frames: list[list[object]] = []
    for number in range(int(PRINT_S / CADENCE_S)):
        now = progress.now()
        strands, failed_at = failure.look(now)
        state = SceneState(now.filepos, strands, failed_at, now.printed_s, number)
        heat = model.heat(pixels(scene.render(state), model.fit))[0]
        values = tuple(float(value) for value in heat.ravel())
        drawn = heatmap.HeatMap(*heat.shape, values)
        boxes = [
            [round(value, 4) for value in (box.confidence, box.x, box.y, box.w, box.h)]
            for box in heatmap.detections(drawn, calibration)
        ]
        score = round(heatmap.score(drawn, calibration), 4)
        frames.append([now.printed_s, score, boxes])
        progress.advance(CADENCE_S)
    return frames


def recorded(name: str) -> list[tuple[float, Inspection]]:
    """A recorded print."""
    rows = json.loads((FOLDER / f"{name}.json").read_text())
    return [
        (at_s, Inspection(FrameEvidence(score), tuple(Detection(*b) for b in boxes)))
        for at_s, score, boxes in rows
    ]


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, plan in PLANS.items():
        with tempfile.TemporaryDirectory() as folder:
            frames = record(plan, Path(folder))
        lines = ",\n".join(json.dumps(frame) for frame in frames)
        (FOLDER / f"{name}.json").write_text(f"[\n{lines}\n]\n")
        worst = max(frame[1] for frame in frames)  # type: ignore[type-var]
        sys.stdout.write(f"{name}: {len(frames)} frames, highest score {worst}\n")


if __name__ == "__main__":
    main()
