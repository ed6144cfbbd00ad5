"""What a judge says about one frame, and a judge that says what a test told it to.

Must not look at pixels: that is `judge.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

#: confidence, centre x, centre y, width, height; all from 0 to 1.
Box = tuple[float, float, float, float, float]


@dataclass(frozen=True)
class Judgement:
    """How likely the frame shows a failing print, and where."""

    p: float
    detections: tuple[Box, ...] = ()


class Judge(Protocol):
    """Judges JPEGs; `context` names the print, so that a judge may remember it."""

    def judge(self, jpeg: bytes, context: str) -> Judgement:
        """Judge one frame.

        Raises:
            ValueError: the bytes are no picture.
        """


class ScriptedJudge:
    """Answers by a function of the call's number (from 0) and the JPEG."""

    def __init__(self, answer: Callable[[int, bytes], Judgement]) -> None:
        self._answer = answer
        self._numbers = itertools.count()

    def judge(self, jpeg: bytes, context: str) -> Judgement:
        """Judge one frame as the function says."""
        return self._answer(next(self._numbers), jpeg)


def steady(p: float, *detections: Box) -> ScriptedJudge:
    """A judge that always says the same."""
    return ScriptedJudge(lambda number, jpeg: Judgement(p, tuple(detections)))
