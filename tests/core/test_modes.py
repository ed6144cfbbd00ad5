"""What the lines that were sent say about the next ones."""

from __future__ import annotations

from typing import Optional

import pytest

from octoprint_aiwatch.core.modes import CODES, UNKNOWN, Modes, after


def read(text: str) -> Modes:
    modes = UNKNOWN
    for line in text.split("|"):
        code = line.split()[0]
        assert code in CODES
        modes = after(modes, code, line)
    return modes


@pytest.mark.parametrize(
    ("text", "axes", "extruder"),
    [
        ("G90", True, None),
        ("M82", None, True),
        ("G90|M82", True, True),
        ("G90|M83", True, False),
        ("G91|M83", False, False),
        # firmwares differ in whether G90 and G91 mean the extruder as well
        ("M83|G90", True, None),
        ("M82|G91", False, None),
        ("M82|G91|G90", True, True),
        ("M83|G91|G90|M83", True, False),
    ],
)
def test_modes(text: str, axes: Optional[bool], extruder: Optional[bool]) -> None:
    modes = read(text)
    assert (modes.axes_absolute, modes.extruder_absolute) == (axes, extruder)


@pytest.mark.parametrize(
    ("text", "trusted"),
    [
        ("G21", True),
        ("G20", False),
        ("G20|G21", True),
        ("G92 E0", True),
        ("G92 E0 ; X and Y stay", True),
        ("G92 X0 Y0", False),
        ("G92 z5", False),
        ("G92", False),
        ("G92 X0|G92 E0", False),
        ("G92 X0|G28", True),
        ("G92 X0|G28 W", True),
        ("G92 X0|G28 X", False),
        ("G20|G28", False),
    ],
)
def test_positions_are_trusted_while_they_are_the_printers_own(
    text: str, trusted: bool
) -> None:
    assert read(text).trusted is trusted
