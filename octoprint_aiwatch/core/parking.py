"""The G-code lines that park the head in a pause of ours, and those that undo it.

Pure: what is known of the printer goes in, exact lines come out. Every line leaves the
printer as it can be left: no line switches a mode that a later one would have to switch
back, since any of them may be the last that is sent. What is not known is not guessed:
without a position the head does not move, without a hot tool nothing is pulled back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Optional

from .deferred import dataclass
from .settings import Park

COLD_BELOW_C = 170.0
"""Firmware refuses to extrude below this, and it is not talked out of it."""
RETRACT_FEED = 1800
"""Feed rates in millimetres per minute."""
LIFT_FEED = 600
AWAY_FEED = 6000

RETRACT = "retract"
LIFT = "lift"
AWAY = "away"
TOOL = "tool"


@dataclass(frozen=True)
class Volume:
    """The printer profile's volume, in millimetres; ``round`` about its middle."""

    x_min_mm: float
    x_max_mm: float
    y_min_mm: float
    y_max_mm: float
    height_mm: float
    round: bool = False

    def holds(self, x_mm: float, y_mm: float) -> bool:
        """Whether the nozzle may go there."""
        if not (self.x_min_mm <= x_mm <= self.x_max_mm):
            return False
        if not (self.y_min_mm <= y_mm <= self.y_max_mm):
            return False
        if not self.round:
            return True
        middle_x = (self.x_min_mm + self.x_max_mm) / 2
        middle_y = (self.y_min_mm + self.y_max_mm) / 2
        radius = (self.x_max_mm - self.x_min_mm) / 2
        return math.hypot(x_mm - middle_x, y_mm - middle_y) <= radius


@dataclass(frozen=True)
class Heat:
    """A tool's temperatures; None where they are not known."""

    actual_c: Optional[float] = None
    target_c: Optional[float] = None


@dataclass(frozen=True)
class Place:
    """What is known of the printer at one moment; None: not known.

    ``axes_absolute`` and ``extruder_absolute`` are G90/G91 and M82/M83; ``trusted`` is
    False when positions do not mean what they seem to (inches, G92 on an axis).
    """

    x_mm: Optional[float] = None
    y_mm: Optional[float] = None
    z_mm: Optional[float] = None
    e_mm: Optional[float] = None
    feed: Optional[float] = None
    tool: Optional[int] = None
    tools: Mapping[int, Heat] = field(default_factory=dict)
    axes_absolute: Optional[bool] = None
    extruder_absolute: Optional[bool] = None
    trusted: bool = True
    volume: Optional[Volume] = None

    def heat(self) -> Heat:
        """The tool in use."""
        return Heat() if self.tool is None else self.tools.get(self.tool, Heat())


@dataclass(frozen=True)
class Step:
    """One line that parks, and those that undo it, given its tool is hot again."""

    kind: str
    line: str
    back: tuple[str, ...] = ()
    tool: int = 0
    parked_c: float = 0.0


@dataclass(frozen=True)
class Plan:
    """All steps in the order of parking, and codes for what had to be left out."""

    steps: tuple[Step, ...] = ()
    left_out: tuple[str, ...] = ()


EXAMPLE = Place(
    x_mm=110.0,
    y_mm=100.0,
    z_mm=20.0,
    e_mm=1234.5,
    feed=1800.0,
    tool=0,
    tools={0: Heat(210.0, 210.0)},
    axes_absolute=True,
    extruder_absolute=False,
)
"""Where the settings page's lines are shown for."""


def plan(park: Park, place: Place, own_script: bool = False) -> Plan:
    """How to park from here.

    Args:
        own_script: OctoPrint has a pause script of the user's: it moves, we only heat.
    """
    moves: list[Step] = []
    left_out: list[str] = []
    if own_script:
        left_out.append("park_own_script")
    elif not place.trusted or place.axes_absolute is not True:
        left_out.append("park_unknown_modes")
    else:
        for kind in (_retract, _lift, _away):
            step, code = kind(park, place)
            moves += [step] if step else []
            left_out += [code] if code else []
    return Plan((*moves, *_cool(park, place)), tuple(left_out))


def undo(steps: Iterable[Step], before: Place, now: Place) -> tuple[str, ...]:
    """How to go on after these steps: heat first, wait, then move, prime, and feed.

    Args:
        before: what was known when the print was paused; its modes and targets return.
        now: what is known when it resumes: a target that somebody set meanwhile stays.
    """
    done = tuple(steps)
    if not done:
        return ()
    by_kind = {step.kind: step for step in done}
    lines = _heat_again(done, before, now)
    moved = [step for step in done if step.kind != TOOL]
    if moved:
        lines += _modes_of(before, now)
    for kind in (AWAY, LIFT):
        if kind in by_kind:
            lines += by_kind[kind].back
    if RETRACT in by_kind and _may_prime(before, now, by_kind.get(TOOL)):
        lines += by_kind[RETRACT].back
    if moved and before.feed is not None and before.feed > 0:
        lines.append(f"G1 F{_number(before.feed)}")
    return tuple(lines)


def _retract(park: Park, place: Place) -> tuple[Optional[Step], str]:
    length = park.retract_mm
    if length <= 0:
        return None, ""
    heat = place.heat()
    if not all(_is_hot(known) for known in (heat.actual_c, heat.target_c)):
        return None, "park_cold"
    feed = f"F{RETRACT_FEED}"
    if place.extruder_absolute is False:
        line, back = f"G1 E-{_number(length)} {feed}", f"G1 E{_number(length)} {feed}"
        return Step(RETRACT, line, (back,)), ""
    if place.extruder_absolute is None or place.e_mm is None:
        return None, "park_unknown_modes"
    # Wherever the filament was pushed meanwhile, this much is primed and no more.
    pulled = _number(place.e_mm - length)
    again = (f"G92 E{pulled}", f"G1 E{_number(place.e_mm)} {feed}")
    return Step(RETRACT, f"G1 E{pulled} {feed}", again), ""


def _is_hot(known_c: Optional[float]) -> bool:
    return known_c is not None and known_c >= COLD_BELOW_C


def _lift(park: Park, place: Place) -> tuple[Optional[Step], str]:
    if park.lift_mm <= 0:
        return None, ""
    if place.z_mm is None or place.volume is None:
        return None, "park_unknown_position"
    top = min(place.z_mm + park.lift_mm, place.volume.height_mm)
    if top <= place.z_mm:
        return None, "park_at_top"
    line = f"G1 Z{_number(top)} F{LIFT_FEED}"
    return Step(LIFT, line, (f"G1 Z{_number(place.z_mm)} F{LIFT_FEED}",)), ""


def _away(park: Park, place: Place) -> tuple[Optional[Step], str]:
    if park.x_mm is None and park.y_mm is None:
        return None, ""
    if place.x_mm is None or place.y_mm is None or place.volume is None:
        return None, "park_unknown_position"
    x_mm = place.x_mm if park.x_mm is None else park.x_mm
    y_mm = place.y_mm if park.y_mm is None else park.y_mm
    if not place.volume.holds(x_mm, y_mm):
        return None, "park_outside"
    line = f"G1 X{_number(x_mm)} Y{_number(y_mm)} F{AWAY_FEED}"
    back = f"G1 X{_number(place.x_mm)} Y{_number(place.y_mm)} F{AWAY_FEED}"
    return Step(AWAY, line, (back,)), ""


def _cool(park: Park, place: Place) -> list[Step]:
    if park.tool == "keep":
        return []
    parked_c = float(park.standby_c) if park.tool == "standby" else 0.0
    return [
        Step(
            TOOL,
            f"M104{_which(place, tool)} S{_number(parked_c)}",
            tool=tool,
            parked_c=parked_c,
        )
        for tool, heat in sorted(place.tools.items())
        if heat.target_c is not None and heat.target_c > parked_c
    ]


def _heat_again(done: tuple[Step, ...], before: Place, now: Place) -> list[str]:
    """All heaters at once, then the waiting; a tool that was kept is waited for, too."""
    parked = {step.tool: step.parked_c for step in done if step.kind == TOOL}
    tools = sorted(parked)
    primes = any(step.kind == RETRACT for step in done)
    if primes and before.tool is not None and before.tool not in parked:
        tools.append(before.tool)
    wanted = {tool: _target(tool, parked.get(tool), before, now) for tool in tools}
    wanted = {tool: target for tool, target in wanted.items() if target > 0}
    set_first = list(wanted.items()) if len(wanted) > 1 else []
    return [
        f"{code}{_which(before, tool)} S{_number(target)}"
        for code, targets in (("M104", set_first), ("M109", list(wanted.items())))
        for tool, target in targets
    ]


def _target(tool: int, parked_c: Optional[float], before: Place, now: Place) -> float:
    """The target at the pause, unless somebody set another one meanwhile."""
    was = before.tools[tool].target_c
    assert was is not None  # else it was not known to be hot, and is not heated again
    present = now.tools.get(tool, Heat()).target_c
    if present is None or (parked_c is not None and present in (0.0, parked_c)):
        return was
    return present


def _may_prime(before: Place, now: Place, cooled: Optional[Step]) -> bool:
    assert before.tool is not None  # else it was not known to be hot, and nothing pulled
    parked_c = None if cooled is None else cooled.parked_c
    return _is_hot(_target(before.tool, parked_c, before, now))


def _modes_of(before: Place, now: Place) -> list[str]:
    """What the file was written in, if something else set it differently meanwhile."""
    lines = []
    if now.axes_absolute is not True:
        lines.append("G90")
        # G90 may or may not include the extruder: said again below.
    mode = before.extruder_absolute
    if mode is not None and (lines or now.extruder_absolute is not mode):
        lines.append("M82" if mode else "M83")
    return lines


def _which(place: Place, tool: int) -> str:
    """A printer with one tool is not asked for it by number."""
    return f" T{tool}" if len(place.tools) > 1 else ""


def _number(value: float) -> str:
    """As firmware likes it: three digits at most, no exponent, no minus before zero."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
