"""What the lines that were sent say about how the next ones are understood. Pure."""

from __future__ import annotations

from typing import Optional

from .deferred import dataclass, replace

CODES = frozenset(("G90", "G91", "M82", "M83", "G20", "G21", "G28", "G92"))
"""G-codes that matter here; all others need not be shown."""
AXES = frozenset("XYZ")


@dataclass(frozen=True)
class Modes:
    """Absolute or relative, as far as the lines seen so far say; None: not known.

    Firmwares differ in whether G90 and G91 include the extruder: both views are kept, and
    the extruder's mode is known while they agree.
    """

    axes_absolute: Optional[bool] = None
    extruder_if_apart: Optional[bool] = None
    extruder_if_included: Optional[bool] = None
    inches: bool = False
    shifted: bool = False

    @property
    def extruder_absolute(self) -> Optional[bool]:
        """None where it depends on the firmware."""
        agree = self.extruder_if_apart is self.extruder_if_included
        return self.extruder_if_apart if agree else None

    @property
    def trusted(self) -> bool:
        """Whether positions are millimetres from the printer's own origin."""
        return not self.inches and not self.shifted


UNKNOWN = Modes()


def after(modes: Modes, code: str, line: str) -> Modes:
    """The modes after a line.

    Args:
        code: the line's G-code, of :data:`CODES`.
    """
    if code in ("G90", "G91"):
        absolute = code == "G90"
        return replace(modes, axes_absolute=absolute, extruder_if_included=absolute)
    if code in ("M82", "M83"):
        absolute = code == "M82"
        return replace(modes, extruder_if_apart=absolute, extruder_if_included=absolute)
    if code in ("G20", "G21"):
        return replace(modes, inches=code == "G20")
    words = line.partition(";")[0].split()[1:]
    of_an_axis = any(word[:1].upper() in AXES for word in words)
    if code == "G92" and (of_an_axis or not words):
        return replace(modes, shifted=True)
    if code == "G28" and not of_an_axis:
        return replace(modes, shifted=False)
    return modes
