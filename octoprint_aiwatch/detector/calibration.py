"""How a model's heat map is read. Both sides of the pipe check it: a model may say
anything, and so may a process that has gone wrong. Must not need numpy."""

from __future__ import annotations

from typing import Any

DEFAULT_CALIBRATION: dict[str, float] = {
    "hottest": 6,
    "centre": 0.0,
    "slope": 1.0,
    "cell": 0.0,
}
"""How a model's logits are read if it does not say: the mean of its six hottest cells."""
LARGEST = 1e6


def read_calibration(meta: Any) -> dict[str, float]:
    """The calibration of a model's metadata.

    Raises:
        ValueError: a number is missing or makes no sense.
    """
    if not isinstance(meta, dict):
        raise ValueError("no calibration")
    try:
        found = {name: float(meta[name]) for name in DEFAULT_CALIBRATION}
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError("the calibration is incomplete") from error
    # Larger numbers would make a score of what is no number any more.
    if not all(abs(value) <= LARGEST for value in found.values()) or found["hottest"] < 1:
        raise ValueError("the calibration makes no sense")
    return found
