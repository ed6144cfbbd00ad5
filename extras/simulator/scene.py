"""One simulated printer, seen by its webcam: state in, JPEG out.

The state says how far the job's file has been read and how much loose filament there
is; nothing here knows about clocks, servers or judges.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Optional

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from .backdrop import draw_backdrop
from .look import Look, look_from_seed
from .part import SHADOW_SCALE, PartPainter
from .projection import Projection
from .sensor import SIZE, Sensor
from .strands import Site, StrandPainter
from .toolhead import draw_toolhead, head_shadow
from .toolpath import Toolpath

SUPERSAMPLING = 2
_HEAD_BLUR_PX = 0.6  # it is nearer than the camera's focus
_PARKED = (8.0, 200.0, 60.0)
Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class SceneState:
    """What there is to see at one moment.

    `filepos` None means that nothing is being printed: a clean bed and a parked head.
    `failed_filepos` is where the part came off; `strands` how many have come out since.
    """

    filepos: Optional[float] = None
    strands: float = 0.0
    failed_filepos: Optional[float] = None
    time_s: float = 0.0
    frame: int = 0


def _view(look: Look) -> Projection:
    size = (SIZE[0] * SUPERSAMPLING, SIZE[1] * SUPERSAMPLING)
    return Projection(look.eye, look.target, size)


@lru_cache(maxsize=4)
def _still(look: Look) -> tuple[Pixels, Sensor]:
    """What is the same for every job on this printer, and slow to make."""
    backdrop = draw_backdrop(look, _view(look)).reduce(SUPERSAMPLING)
    pixels: Pixels = np.asarray(backdrop, dtype=np.float32)
    pixels.setflags(write=False)
    return pixels, Sensor(look)


class Scene:
    """Draws one job on one printer."""

    def __init__(self, toolpath: Toolpath, seed: int = 0) -> None:
        self.toolpath = toolpath
        self.look: Look = look_from_seed(seed)
        self.view = _view(self.look)
        self._backdrop, self._sensor = _still(self.look)
        self._part = PartPainter(toolpath, self.look, self.view)
        self._strands: dict[tuple[float, ...], StrandPainter] = {}

    def render(self, state: SceneState) -> bytes:
        """The webcam's JPEG of this state."""
        return self._sensor.expose(self.draw(state), state.frame, state.time_s)

    def draw(self, state: SceneState) -> Pixels:
        """The clean pixels, before the webcam."""
        nozzle = self._nozzle(state)
        standing = state.filepos
        if state.failed_filepos is not None and standing is not None:
            standing = min(standing, state.failed_filepos)
        moves = 0 if standing is None else self.toolpath.moves_done(standing)
        part, shadow = self._part.draw(moves)
        behind: Optional[Image.Image] = None
        front: Optional[Image.Image] = None
        top_mm = 0.0 if moves == 0 else float(self.toolpath.end[moves - 1, 2])
        if state.strands > 0 and state.failed_filepos is not None:
            painter = self._painter(state.failed_filepos)
            behind, front, extra = painter.draw(state.strands)
            shadow = ImageChops.lighter(shadow, extra)
        pixels = self._darken(self._backdrop, _soft(shadow, 2.2), 0.62)
        for layer in (behind, part, front):
            pixels = pixels if layer is None else _over(pixels, layer)
        thrown = head_shadow(self.look, self.view, nozzle, top_mm, SHADOW_SCALE)
        pixels = self._darken(pixels, thrown, 0.5)
        head = draw_toolhead(self.look, self.view, nozzle, state.time_s * 7.3)
        return _over(pixels, head, _HEAD_BLUR_PX)

    def _nozzle(self, state: SceneState) -> tuple[float, float, float]:
        if state.filepos is None:
            return _PARKED
        x, y, z = self.toolpath.head_at(state.filepos)
        return x, y, max(z, 0.4)

    def _painter(self, failed_filepos: float) -> StrandPainter:
        key = (failed_filepos,)
        if key not in self._strands:
            self._strands.clear()
            site = self._site(failed_filepos)
            self._strands[key] = StrandPainter(site, self.look, self.view)
        return self._strands[key]

    def _site(self, filepos: float) -> Site:
        """The part's extent where it came off; on the bed if it never stood."""
        toolpath = self.toolpath
        done = toolpath.moves_done(filepos)
        laid = toolpath.extrudes.copy()
        laid[done:] = False
        top_mm = float(toolpath.end[laid, 2].max(initial=0.0))
        body = toolpath.extrudes & (toolpath.layer > 0)  # a skirt would be too wide
        points = toolpath.end[body] if body.any() else toolpath.end
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        return Site((low[0], low[1]), (high[0], high[1]), top_mm)

    @staticmethod
    def _darken(pixels: Pixels, mask: Image.Image, strength: float) -> Pixels:
        large = mask.resize(SIZE, Image.Resampling.BILINEAR)
        dark = np.asarray(large, dtype=np.float32) * np.float32(strength / 255.0)
        return pixels * (1.0 - dark)[:, :, None]


def _soft(mask: Image.Image, radius: float) -> Image.Image:
    return mask.filter(ImageFilter.GaussianBlur(radius))


def _over(pixels: Pixels, layer: Image.Image, blur: float = 0.0) -> Pixels:
    """Lay a supersampled RGBA picture over the pixels, where there is something on it."""
    box = layer.getbbox()
    if box is None:
        return pixels
    step, margin = SUPERSAMPLING, 4
    left, top = max(0, box[0] // step - margin), max(0, box[1] // step - margin)
    right = min(SIZE[0], box[2] // step + margin)
    bottom = min(SIZE[1], box[3] // step + margin)
    part = layer.reduce(step, (left * step, top * step, right * step, bottom * step))
    if blur:
        part = part.filter(ImageFilter.BoxBlur(blur))
    small = np.asarray(part, dtype=np.float32)
    below = pixels[top:bottom, left:right]
    alpha = small[:, :, 3:] * np.float32(1 / 255.0)
    result = pixels.copy()
    result[top:bottom, left:right] = below + (small[:, :, :3] - below) * alpha
    return result
