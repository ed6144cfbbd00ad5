"""Writes G-code jobs that look real and take a chosen time on a virtual printer.

OctoPrint's virtual printer simulates moves roughly and dwells (G4) exactly, so short
dwells between the moves set the pace. Must not need a slicer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Union

from .shapes import HOLLOW, SHAPES, Point, grown, infill

BED_MM = (220.0, 220.0)
LINE_WIDTH_MM = 0.8
FILAMENT_AREA_MM2 = math.pi * (1.75 / 2) ** 2
INFILL_SPACING_MM = 6.0
#: Seconds that the virtual printer and OctoPrint need for any one line.
_LINE_S = 0.001
_DWELL_S = 0.05
#: Seconds that a dwell takes beyond its own time.
_DWELL_LINE_S = 0.001
_AMBIENT_C = 21.3
_HEATING_C_PER_S = 10.0
#: Share of the time that moves may take, so that the dwells stay in charge.
_MOVING_SHARE = 0.5


@dataclass(frozen=True)
class _Move:
    x: float
    y: float
    extrude: bool


_Layer = tuple[float, str, list[_Move]]


def write_job(
    path: Union[str, Path],
    duration_s: float,
    layers: int = 40,
    shape: str = "box",
    heat: bool = True,
    height_mm: float = 32.0,
    bed_c: float = 50.0,
    hotend_c: float = 90.0,
) -> Path:
    """Write a job of about `duration_s`, heating up included; the path written.

    The temperatures are low because the virtual printer heats by 10 degrees a second
    and nothing melts there; with real ones heating up alone would take 20 s.
    """
    if shape not in SHAPES:
        raise ValueError(f"unknown shape {shape!r}, there are {', '.join(SHAPES)}")
    plan = _plan(shape, layers, height_mm)
    start = _start_lines(bed_c, hotend_c, heat)
    lines = _header(duration_s, layers, shape, height_mm) + start
    heating_s = _heating_s(bed_c, hotend_c) if heat else 0.0
    lines += _Writer(plan, max(0.0, duration_s - heating_s)).lines()
    lines += _end_lines()
    target = Path(path)
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


def _plan(shape: str, layers: int, height_mm: float) -> list[_Layer]:
    """Every layer's moves, in bed coordinates."""
    outline = SHAPES[shape]
    layer_mm = height_mm / layers
    plan: list[_Layer] = []
    for number in range(layers):
        at = number / max(1, layers - 1)
        moves: list[_Move] = []
        if number == 0:
            moves += _loop(grown(outline(at, 0.0), 7.0))
        moves += _loop(outline(at, LINE_WIDTH_MM))
        moves += _loop(outline(at, 0.0))
        if shape not in HOLLOW:
            above = (number + 1) / max(1, layers - 1)
            spacing = _spacing(
                outline(at, 0.0), outline(min(1.0, above), 0.0), number, layers
            )
            inner = outline(at, 2 * LINE_WIDTH_MM)
            for begin, end in infill(inner, spacing, number % 2 == 0):
                moves += [_at(begin, False), _at(end, True)]
        kind = "SKIRT" if number == 0 else "WALL-INNER"
        plan.append(((number + 1) * layer_mm, kind, moves))
    return plan


def _spacing(here: list[Point], above: list[Point], number: int, layers: int) -> float:
    """Floors and roofs are solid: the first and last layer, and ledges."""
    ledge = max(x for x, _ in above) < max(x for x, _ in here) - 2 * LINE_WIDTH_MM
    solid = ledge or number in (0, layers - 1)
    return 1.25 * LINE_WIDTH_MM if solid else INFILL_SPACING_MM


def _at(point: Point, extrude: bool) -> _Move:
    x, y = point[0] + BED_MM[0] / 2, point[1] + BED_MM[1] / 2
    return _Move(round(x, 3), round(y, 3), extrude)


def _loop(points: list[Point]) -> list[_Move]:
    closed = points + points[:1]
    return [_at(point, index > 0) for index, point in enumerate(closed)]


class _Writer:
    """Turns a plan into lines and puts dwells between them, evenly over the time."""

    def __init__(self, plan: list[_Layer], duration_s: float) -> None:
        self._plan = plan
        moves = [move for _, _, layer in plan for move in layer]
        length_mm = sum(_distance(a, b) for a, b in zip(moves, moves[1:]))
        self._s_per_mm = duration_s / max(1.0, length_mm)
        mm_per_s = length_mm / max(1.0, _MOVING_SHARE * duration_s)
        self._feed = max(1800, round(mm_per_s * 60 / 300) * 300)
        self._layer_mm = plan[0][0]
        self._e_mm = 0.0
        self._owed_s = 0.0
        self._lines: list[str] = []

    def lines(self) -> list[str]:
        """All layers."""
        at = self._plan[0][2][0]
        for number, (z_mm, kind, moves) in enumerate(self._plan):
            self._lines += [f";LAYER:{number}", f";TYPE:{kind}"]
            self._lines.append(f"G1 Z{z_mm:.3f} F1200")
            if number == 1:
                self._lines.append("M106 S255")
            for move in moves:
                self._move(at, move)
                self._dwell(_distance(at, move) * self._s_per_mm - _LINE_S)
                at = move
        return self._lines

    def _move(self, at: _Move, move: _Move) -> None:
        if move.extrude:
            section = self._layer_mm * LINE_WIDTH_MM
            self._e_mm += _distance(at, move) * section / FILAMENT_AREA_MM2
            tail = f"E{self._e_mm:.5f}"
            self._lines.append(f"G1 X{move.x:.3f} Y{move.y:.3f} F{self._feed} {tail}")
        else:
            self._lines.append(f"G0 X{move.x:.3f} Y{move.y:.3f} F{self._feed + 1200}")

    def _dwell(self, owed_s: float) -> None:
        self._owed_s += owed_s
        while self._owed_s >= _DWELL_S:
            self._lines.append(f"G4 P{_DWELL_S * 1000:.0f}")
            self._owed_s -= _DWELL_S + _DWELL_LINE_S


def _distance(a: _Move, b: _Move) -> float:
    return math.hypot(b.x - a.x, b.y - a.y)


def _heating_s(bed_c: float, hotend_c: float) -> float:
    """How long the virtual printer heats: both at once, checked once a second."""
    warmest = max(bed_c, hotend_c) - _AMBIENT_C
    return math.ceil(max(0.0, warmest - 1.0) / _HEATING_C_PER_S) + 0.5


def _header(duration_s: float, layers: int, shape: str, height_mm: float) -> list[str]:
    return [
        ";FLAVOR:Marlin",
        f";TIME:{duration_s:.0f}",
        f";Part: {shape}, {height_mm:g} mm high",
        f";Layer height: {height_mm / layers:.3f}",
        f";LAYER_COUNT:{layers}",
        ";Written for a virtual printer: do not run on a real one",
    ]


def _start_lines(bed_c: float, hotend_c: float, heat: bool) -> list[str]:
    lines = ["M82 ;absolute extrusion", "G21 ;millimetres", "G90 ;absolute positions"]
    if heat:
        lines += [f"M140 S{bed_c:g}", f"M104 S{hotend_c:g}"]
        lines += [f"M190 S{bed_c:g}", f"M109 S{hotend_c:g}"]
    return [*lines, "G28 ;home", "G92 E0", "G1 Z2.0 F3000", "M107"]


def _end_lines() -> list[str]:
    return [
        ";End",
        "M107",
        "G91",
        "G1 Z5 F1200",
        "G90",
        f"G1 X0 Y{BED_MM[1] - 20:g} F6000",
        "M104 S0",
        "M140 S0",
        "M84",
    ]
