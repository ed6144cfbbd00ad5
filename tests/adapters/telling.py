"""Jobs for the history's tests: played by the machine, or made up, without waiting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Optional

from octoprint_aiwatch.adapters.history.entries import Entry, Recorded, Spent
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.values import Detection, Frame, FrameEvidence, Inspection
from tests.adapters.fakes import jpeg_bytes, settings_with
from tests.core.rig import QUICK, Rig

RECORDED = (m.RecordJob, m.RecordCheck, m.RecordNote, m.RecordEnd)
BOX = Detection(0.5, 0.4, 0.5, 0.2, 0.2)


def inspection(score: float, box: Optional[Detection] = BOX) -> Inspection:
    boxes = (replace(box, confidence=score),) if box is not None and score > 0.05 else ()
    return Inspection(FrameEvidence(score), boxes)


def local(**changes: Any) -> Any:
    """The detector's settings, for quick tests."""
    return settings_with(backend="local", **{"watch": QUICK, **changes})


class Played(Rig):
    """A machine whose jobs are told in entries."""

    def told(self) -> list[Recorded]:
        return [effect for effect in self.effects if isinstance(effect, RECORDED)]

    def check(
        self, score: float, after_s: float = 10.0, box: Optional[Detection] = BOX
    ) -> None:
        """One more frame, once it is ordered."""
        if self.state.order is None:
            self.wait(after_s)
        if self.state.order is not None and self.state.order.kind == "open":
            self.opened()
            self.wait(0.0)
        self.judged(inspection(score, box))

    def checks(self, scores: Iterable[float], box: Optional[Detection] = BOX) -> None:
        for score in scores:
            self.check(score, box=box)

    def paused(self) -> None:
        """The printer does what it was asked to."""
        self.wait(0.2)
        self.printer("PAUSED")

    def resumed(self) -> None:
        self.printer("PRINTING")
        self.wait(0.1)


def entries(
    effects: Iterable[Recorded], size: int = 0, wall_s: float = 1_700_000_000.0
) -> Iterator[Entry]:
    """The effects as the recorder hands them over, with frames of so many bytes."""
    for effect in effects:
        spent: tuple[Spent, ...] = ()
        if isinstance(effect, m.RecordCheck):
            jpeg = jpeg_bytes(picture=b"x" * size) if size else b""
            effect = replace(effect, frame=replace(effect.frame, jpeg=jpeg))
            spent = (Spent("local", 1, 0.0),)
        yield Entry(effect, wall_s, spent)


def a_job(
    number: int = 1,
    scores: Iterable[float] = (0.0, 0.1, 0.2),
    end: str = "done",
    box: Optional[Detection] = BOX,
) -> list[Recorded]:
    """A job from its start to its end. Without a box what is seen has no place."""
    rig = Played(local())
    rig.jobs = number - 1
    rig.start(f"{number}.gcode")
    rig.checks(scores, box)
    if end:
        rig.send(m.PrintEnded(end))
    return rig.told()


def named(effects: Iterable[Recorded], job: str) -> list[Recorded]:
    """The same of a job with another id."""
    found: list[Recorded] = []
    for effect in effects:
        if isinstance(effect, m.RecordJob):
            found.append(replace(effect, job=replace(effect.job, id=job)))
        else:
            found.append(replace(effect, job_id=job))
    return found


def bare_frame(size: int) -> Frame:
    return Frame(jpeg_bytes(picture=b"x" * size), 640, 480, "cam")
