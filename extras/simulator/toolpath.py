"""Reads a G-code job back as geometry: moves with their layers and places in the file.

Understands what slicers commonly write: G0/G1, G90/G91, G92 E, M82/M83, layer comments.
Must not run anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Union

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(rb"([XYZEF])(-?[0-9]*\.?[0-9]+)")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Toolpath:
    """All moves of a job, one array element each.

    `begin` and `end` are (n, 3) in millimetres, `extrudes` says which lay filament down,
    `layer` numbers layers that have filament from 0, `offset` is the place in the file
    after the move's line.
    """

    begin: Floats
    end: Floats
    extrudes: NDArray[np.bool_]
    layer: NDArray[np.int64]
    offset: NDArray[np.int64]
    size_bytes: int

    @property
    def layer_z_mm(self) -> Floats:
        """The height of every layer's top."""
        count = int(self.layer.max(initial=-1)) + 1
        heights = np.zeros(count)
        for number in range(count):
            heights[number] = self.end[self.extrudes & (self.layer == number), 2].max()
        return heights

    def moves_done(self, filepos: float) -> int:
        """How many moves have been made when the file was read up to `filepos`."""
        return int(np.searchsorted(self.offset, filepos, side="right"))

    def head_at(self, filepos: float) -> tuple[float, float, float]:
        """Where the nozzle is when the file was read up to `filepos`."""
        done = self.moves_done(filepos)
        if done == 0 or not len(self.end):
            return 0.0, 0.0, 10.0
        x, y, z = self.end[done - 1]
        return float(x), float(y), float(z)


class _Reader:
    """The printer's state while the file is read."""

    def __init__(self) -> None:
        self.position = {"X": 0.0, "Y": 0.0, "Z": 0.0, "E": 0.0}
        self.relative = False
        self.relative_e = False
        self.rows: list[tuple[float, ...]] = []

    def line(self, text: bytes, offset: int) -> None:
        code = text.split(b";", 1)[0].strip().upper()
        name = code.split(b" ", 1)[0]
        if name in (b"G0", b"G1"):
            self._move(_words(code), offset)
        elif name in (b"G90", b"G91"):
            self.relative = self.relative_e = name == b"G91"
        elif name in (b"M82", b"M83"):
            self.relative_e = name == b"M83"
        elif name == b"G92":
            self.position.update(_words(code))
        elif name == b"G28":
            self.position.update(X=0.0, Y=0.0, Z=0.0)

    def _move(self, words: dict[str, float], offset: int) -> None:
        before = dict(self.position)
        for axis in "XYZE":
            if axis in words:
                relative = self.relative_e if axis == "E" else self.relative
                base = self.position[axis] if relative else 0.0
                self.position[axis] = base + words[axis]
        after = self.position
        travels = any(after[axis] != before[axis] for axis in "XY")
        extrudes = travels and after["E"] > before["E"]
        places = [before[axis] for axis in "XYZ"] + [after[axis] for axis in "XYZ"]
        self.rows.append((*places, float(extrudes), float(offset)))


def _words(code: bytes) -> dict[str, float]:
    return {key.decode(): float(value) for key, value in _WORD.findall(code)}


def parse_gcode(data: bytes) -> Toolpath:
    """The toolpath of a job's bytes."""
    reader = _Reader()
    offset = 0
    for text in data.splitlines(keepends=True):
        offset += len(text)
        reader.line(text, offset)
    table = np.array(reader.rows, dtype=np.float64).reshape(-1, 8)
    extrudes = table[:, 6] > 0.5
    layer = _layers(table[:, 5], extrudes)
    return Toolpath(
        begin=table[:, 0:3],
        end=table[:, 3:6],
        extrudes=extrudes,
        layer=layer,
        offset=table[:, 7].astype(np.int64),
        size_bytes=len(data),
    )


def _layers(z_mm: Floats, extrudes: NDArray[np.bool_]) -> NDArray[np.int64]:
    """A new layer begins wherever filament is laid higher than before."""
    highest = (
        np.maximum.accumulate(np.where(extrudes, z_mm, -np.inf)) if len(z_mm) else z_mm
    )
    steps = np.unique(highest[np.isfinite(highest)])
    found = np.searchsorted(steps, highest, side="left")
    return np.where(np.isfinite(highest), found, -1).astype(np.int64)


def read_gcode(path: Union[str, Path]) -> Toolpath:
    """The toolpath of a job's file."""
    return parse_gcode(Path(path).read_bytes())
