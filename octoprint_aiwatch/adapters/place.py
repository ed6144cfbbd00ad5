"""Where the printer is and what it can hold, as OctoPrint knows it. All of it doubted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Optional

from ..core import modes
from ..core.parking import Heat, Place, Volume


def place_of(comm: Any, known: modes.Modes, volume: Optional[Volume]) -> Place:
    """What OctoPrint's connection knows of the printer at a pause, all of it doubted."""
    position = getattr(comm, "pause_position", None)
    record = getattr(comm, "last_temperature", None)
    tools = {}
    for tool, pair in dict(getattr(record, "tools", None) or {}).items():
        if isinstance(tool, int) and isinstance(pair, tuple) and len(pair) == 2:
            tools[tool] = Heat(_finite(pair[0]), _finite(pair[1]))
    tool = getattr(position, "t", None)
    if not isinstance(tool, int):
        tool = next(iter(tools)) if len(tools) == 1 else None
    return Place(
        x_mm=_finite(getattr(position, "x", None)),
        y_mm=_finite(getattr(position, "y", None)),
        z_mm=_finite(getattr(position, "z", None)),
        e_mm=_finite(getattr(position, "e", None)),
        feed=_finite(getattr(position, "f", None)),
        tool=tool,
        tools=tools,
        axes_absolute=known.axes_absolute,
        extruder_absolute=known.extruder_absolute,
        trusted=known.trusted,
        volume=volume,
    )


def volume_of(profile: Any) -> Optional[Volume]:
    """The printer profile's volume; None if it makes no sense."""
    volume = profile.get("volume") if isinstance(profile, Mapping) else None
    if not isinstance(volume, Mapping):
        return None
    width, depth = _finite(volume.get("width")), _finite(volume.get("depth"))
    height = _finite(volume.get("height"))
    if width is None or height is None:
        return None
    is_round = volume.get("formFactor") == "circular"
    depth = width if is_round or depth is None else depth
    middle = is_round or volume.get("origin") == "center"
    x_min, y_min = (-width / 2, -depth / 2) if middle else (0.0, 0.0)
    box = volume.get("custom_box")
    if isinstance(box, Mapping):
        names = ("x_min", "x_max", "y_min", "y_max", "z_max")
        values = [_finite(box.get(name)) for name in names]
        if None not in values:
            left, right, front, rear, top = (float(value or 0.0) for value in values)
            # Where it may go beyond the bed; a circle is a bed's shape, not the room's.
            return Volume(left, right, front, rear, top)
    return Volume(x_min, x_min + width, y_min, y_min + depth, height, is_round)


def _finite(value: Any) -> Optional[float]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None
