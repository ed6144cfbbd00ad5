"""Gadget's temporal side, simulated: judgements of one print in, score and flags out.

A judgement counts more the surer it is; the flags need several frames, and the more the
higher the confidence level. Must not see pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

from .judgement import Judgement

#: How far one frame moves the score upwards and downwards.
_RISE = 0.45
_FALL = 0.3
#: Score from which the flags are set at confidence levels 1 to 5.
_WARNING_SCORE = (30, 38, 46, 55, 65)
_PAUSE_SCORE = (50, 59, 68, 77, 86)
#: Frames in a row above it, before a flag may be set at levels 1 to 5.
_WARNING_FRAMES = (1, 1, 1, 2, 3)
_PAUSE_FRAMES = (1, 1, 2, 3, 4)


@dataclass(frozen=True)
class GadgetVerdict:
    """What one process call answers."""

    score: int
    warning: bool
    pause: bool
    quality: int


class GadgetJudge:
    """Combines the judgements of one context over time."""

    def __init__(self, warning_level: int = 3, pause_level: int = 3) -> None:
        self._warning = _Flag(
            _WARNING_SCORE[warning_level - 1], _WARNING_FRAMES[warning_level - 1]
        )
        self._pause = _Flag(_PAUSE_SCORE[pause_level - 1], _PAUSE_FRAMES[pause_level - 1])
        self._risk = 0.0

    def add(self, judgement: Judgement) -> GadgetVerdict:
        """Take one frame's judgement in."""
        rate = _RISE if judgement.p > self._risk else _FALL
        self._risk += rate * (judgement.p - self._risk)
        score = max(0, min(100, round(100 * self._risk)))
        pause = self._pause.add(score)
        warning = self._warning.add(score) or pause
        return GadgetVerdict(score, warning, pause, 10 - round(9 * score / 100))


class _Flag:
    """Set once the score has been high enough for long enough, unset below."""

    def __init__(self, score: int, frames: int) -> None:
        self._score = score
        self._frames = frames
        self._seen = 0

    def add(self, score: int) -> bool:
        self._seen = self._seen + 1 if score >= self._score else 0
        return self._seen >= self._frames
