"""Measures the pixel judge: false alarms on good prints, delay on failing ones.

The printers are none of those it was fitted to. `python -m simulator measure` prints the
figures of README.md; run it after every change of scene or judge.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Optional

import numpy as np

from .failure import STRANDS_PER_S
from .gadget_judge import GadgetJudge
from .gcode import write_job
from .judge import PixelJudge
from .judgement import Judgement
from .scene import Scene, SceneState
from .shapes import SHAPES
from .toolpath import Toolpath, read_gcode

CADENCE_S = 10.0
JOB_S = 300.0
FLAGGED = 0.5
_FAILING_FRAMES = 13


@dataclass
class Figures:
    """What came out; times in seconds after the first strand."""

    good_p: list[float] = field(default_factory=list)
    good_score: list[int] = field(default_factory=list)
    good_warnings: int = 0
    good_pauses: int = 0
    failing_p: list[list[float]] = field(default_factory=list)
    flagged_s: list[Optional[float]] = field(default_factory=list)
    warned_s: list[Optional[float]] = field(default_factory=list)
    paused_s: list[Optional[float]] = field(default_factory=list)
    render_s: list[float] = field(default_factory=list)
    judge_s: list[float] = field(default_factory=list)


class _Bench:
    """Renders and judges, and takes the time of both."""

    def __init__(self, figures: Figures, scene: Scene) -> None:
        self._figures = figures
        self._scene = scene
        self._judge = PixelJudge()

    def judge(self, state: SceneState) -> float:
        began_s = time.process_time()
        jpeg = self._scene.render(state)
        rendered_s = time.process_time()
        p = self._judge.judge(jpeg).p
        self._figures.render_s.append(rendered_s - began_s)
        self._figures.judge_s.append(time.process_time() - rendered_s)
        return p


def good_print(figures: Figures, toolpath: Toolpath, seed: int) -> None:
    """Judge a whole job that goes well."""
    bench = _Bench(figures, Scene(toolpath, seed))
    temporal = GadgetJudge()
    for frame in range(round(JOB_S / CADENCE_S) + 1):
        at_s = frame * CADENCE_S
        state = SceneState(at_s / JOB_S * toolpath.size_bytes, time_s=at_s, frame=frame)
        p = bench.judge(state)
        verdict = temporal.add(Judgement(p))
        figures.good_p.append(p)
        figures.good_score.append(verdict.score)
        figures.good_warnings += verdict.warning
        figures.good_pauses += verdict.pause


def failing_print(figures: Figures, toolpath: Toolpath, seed: int, fails: float) -> None:
    """Judge a job from the moment (a share of the job) it fails at."""
    bench = _Bench(figures, Scene(toolpath, seed))
    temporal = GadgetJudge()
    size = toolpath.size_bytes
    curve: list[float] = []
    flagged: Optional[float] = None
    warned: Optional[float] = None
    paused: Optional[float] = None
    for frame in range(1, _FAILING_FRAMES):
        since_s = frame * CADENCE_S
        at = min(1.0, fails + since_s / JOB_S) * size
        state = SceneState(at, since_s * STRANDS_PER_S, fails * size, since_s, frame)
        curve.append(bench.judge(state))
        verdict = temporal.add(Judgement(curve[-1]))
        flagged = since_s if flagged is None and curve[-1] >= FLAGGED else flagged
        warned = since_s if warned is None and verdict.warning else warned
        paused = since_s if paused is None and verdict.pause else paused
    figures.failing_p.append(curve)
    figures.flagged_s.append(flagged)
    figures.warned_s.append(warned)
    figures.paused_s.append(paused)


def measure(printers: int, first_seed: int = 0) -> Figures:
    """Both kinds of print on so many printers."""
    figures = Figures()
    with TemporaryDirectory() as folder:
        jobs = [
            write_job(Path(folder) / f"{shape}{layers}", 60, layers, shape)
            for layers in (40, 27)
            for shape in SHAPES
        ]
        paths = [read_gcode(job) for job in jobs]
    moments = np.random.default_rng(9).uniform(0.02, 0.6, printers)
    for number in range(printers):
        toolpath = paths[number % len(paths)]
        good_print(figures, toolpath, first_seed + number)
        failing_print(figures, toolpath, first_seed + number, float(moments[number]))
    return figures


def report(figures: Figures) -> str:
    """The figures as text."""
    good = np.array(figures.good_p)
    lines = [
        f"good prints: {len(good)} frames, p median {np.median(good):.3f}, "
        f"99 % below {np.quantile(good, 0.99):.3f}, largest {good.max():.3f}",
        f"  frames with p >= {FLAGGED}: {int((good >= FLAGGED).sum())}; largest score "
        f"{max(figures.good_score)}; warnings {figures.good_warnings}, "
        f"pauses {figures.good_pauses}",
    ]
    curves = np.array(figures.failing_p)
    for index in (0, 1, 2, 3, 5, 8, curves.shape[1] - 1):
        column = curves[:, index]
        lines.append(
            f"failing prints, {(index + 1) * CADENCE_S:3.0f} s after the first strand: "
            f"p lowest {column.min():.3f}, median {np.median(column):.3f}"
        )
    for name, times in (
        (f"p >= {FLAGGED}", figures.flagged_s),
        ("warning", figures.warned_s),
        ("pause", figures.paused_s),
    ):
        lines.append(f"{name:8} after: {_times(times)}")
    lines.append(
        f"render {np.median(figures.render_s) * 1000:.0f} ms, "
        f"judge {np.median(figures.judge_s) * 1000:.0f} ms of processor a frame (median)"
    )
    return "\n".join(lines)


def _times(times: list[Optional[float]]) -> str:
    seen = [value for value in times if value is not None]
    if not seen:
        return f"never ({len(times)} prints)"
    missed = len(times) - len(seen)
    return (
        f"median {np.median(seen):.0f} s, last {max(seen):.0f} s, "
        f"never {missed} of {len(times)}"
    )
