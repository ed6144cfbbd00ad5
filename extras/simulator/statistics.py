"""Obico's temporal statistics over single judgements, as its documentation defines them.

Must not decide anything.
"""

from __future__ import annotations

from collections import deque
from math import fsum
from typing import Optional, Union

EWM_SPAN = 12
SHORT_WINDOW = 310
LONG_WINDOW = 7200


class _RollingMean:
    """The mean of the last values; 0 while there are none."""

    def __init__(self, window: int) -> None:
        self._values: deque[float] = deque(maxlen=window)

    def add(self, value: float) -> None:
        self._values.append(value)

    def clear(self) -> None:
        self._values.clear()

    @property
    def mean(self) -> float:
        # Summed anew: a running sum would drift over thousands of frames.
        return fsum(self._values) / len(self._values) if self._values else 0.0


class PrinterStatistics:
    """The statistics of one printer over its life and over its current print."""

    def __init__(self) -> None:
        self._print_id: Optional[str] = None
        self._ewm_mean = 0.0
        self._short = _RollingMean(SHORT_WINDOW)
        self._long = _RollingMean(LONG_WINDOW)
        self._count = 0
        self._count_lifetime = 0

    def add(self, print_id: str, p: float) -> dict[str, Union[int, float]]:
        """Take one judgement in; a new print id starts the print's own figures anew."""
        if print_id != self._print_id:
            self._print_id = print_id
            self._ewm_mean = 0.0
            self._short.clear()
            self._count = 0
        weight = 2.0 / (EWM_SPAN + 1)
        self._ewm_mean += weight * (p - self._ewm_mean)
        self._short.add(p)
        self._long.add(p)
        self._count += 1
        self._count_lifetime += 1
        return {
            "ewm_mean": self._ewm_mean,
            "rolling_mean_short": self._short.mean,
            "rolling_mean_long": self._long.mean,
            "prediction_num": self._count,
            "prediction_num_lifetime": self._count_lifetime,
        }
