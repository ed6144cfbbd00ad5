"""A worker that watches with the local detector, and what that detector answers."""

from __future__ import annotations

import queue
from typing import Any, Callable

import pytest

from octoprint_aiwatch.adapters.transport import Transport
from octoprint_aiwatch.adapters.worker import Worker, WorkerPorts
from octoprint_aiwatch.backends.base import JudgeFrame, LoadModel, ModelLoaded
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.heatmap import Calibration, HeatMap
from octoprint_aiwatch.core.settings import Settings
from octoprint_aiwatch.core.values import Job
from tests.adapters.fakes import FRAME, PATIENCE_S, settings_with

LOADED = ModelLoaded(Calibration(2, 0.0, 1.0, 0.0))
HEAT = HeatMap(1, 2, (0.0, 0.0))
LOAD, JUDGE = LoadModel("", 1), JudgeFrame(FRAME)
LOCAL = settings_with(backend="local")


class Bench:
    """A worker that watches with the detector; its world is played."""

    def __init__(self, new_transport: Callable[[], Transport], registry: Any) -> None:
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.counted: list[str] = []
        self.warnings: list[str] = []
        self.ports = WorkerPorts(
            registry=registry,
            take=lambda _: FRAME,
            new_transport=new_transport,
            take_call=lambda key: not self.counted.append(key),
            clean=lambda value: value,
            log_exception=pytest.fail,
            warn=self.warnings.append,
            clock=lambda: 0.0,
            chance=lambda: 0.5,
        )
        self.worker = Worker(self.ports, self.events.put)
        self.worker.start()

    def open(self, settings: Settings = LOCAL) -> Any:
        job = Job(1, "job-1", "a.gcode", "a.gcode", "local", 0.0)
        self.worker.submit(m.OpenContext(1, job, settings, settings.backend))
        return self.next()

    def next(self) -> Any:
        return self.events.get(timeout=PATIENCE_S)

    def inspect(self) -> None:
        self.worker.submit(m.InspectFrame(2, LOCAL, LOCAL.backend))

    def end(self) -> None:
        self.worker.stop()
        self.worker.join(PATIENCE_S)
