"""How a model's heat map is read. Both sides of the pipe check it: a model may say
anything, and so may a process that has gone wrong. Must not need numpy."""

from __future__ import annotations

import math
from typing import Any, Optional

DEFAULT_CALIBRATION: dict[str, float] = {
    "hottest": 6,
    "centre": 0.0,
    "slope": 1.0,
    "cell": 0.0,
}
"""How a model's logits are read if it does not say: the mean of its six hottest cells."""


CLOSE = "close"
"""Where metadata has the calibration for two looks, if the model is made for them."""


def read_close(meta: Any) -> Optional[dict[str, float]]:
    """How the logits of two looks are read; None where one look is meant.

    Raises:
        ValueError: as read_calibration().
    """
    if not isinstance(meta, dict) or CLOSE not in meta:
        return None
    return read_calibration(meta[CLOSE])


def read_calibration(meta: Any) -> dict[str, float]:
    """The calibration of a model's metadata.

    Raises:
        ValueError: a number is missing or makes no sense.
    """
    if not isinstance(meta, dict):
        raise ValueError("no calibration")
    try:
        found = {name: float(meta[name]) for name in DEFAULT_CALIBRATION}
    except (KeyError, TypeError) as error:
        raise ValueError("the calibration is incomplete") from error
    if not all(math.isfinite(value) for value in found.values()) or found["hottest"] < 1:
        raise ValueError("the calibration makes no sense")
    return found
