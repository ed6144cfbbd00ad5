"""What a cheap webcam does to a picture: light falloff, drift, noise, JPEG.

Must not draw.
"""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from .look import Look

SIZE = (640, 480)
JPEG_QUALITY = 80
_NOISE_TILES = 4
Pixels = NDArray[np.float32]


class Sensor:
    """Turns clean pixels (h, w, 3; 0 to 255) into JPEG bytes."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._gain = self._light_field()
        chance = np.random.default_rng(look.seed + 5)
        self._tiles = [self._noise_tile(chance) for _ in range(_NOISE_TILES)]

    def _light_field(self) -> Pixels:
        width, height = SIZE
        x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        vignette = 1.0 - 0.26 * (x * x + 0.8 * y * y) ** 1.2
        towards = math.copysign(1.0, self._look.light[0])
        falloff = 1.0 + 0.13 * towards * x - 0.05 * y
        warm = self._look.warmth
        tint = np.array((1.0 + warm, 1.0, 1.0 - 1.2 * warm), dtype=np.float32)
        return (vignette * falloff)[:, :, None] * tint

    def _noise_tile(self, chance: np.random.Generator) -> Pixels:
        """Noise with some neighbours in common, more in colour than in brightness."""
        width, height = SIZE
        grey = chance.normal(0, 1, (height, width, 1))
        colour = chance.normal(0, 0.6, (height // 2, width // 2, 3))
        blotches = colour.repeat(2, axis=0).repeat(2, axis=1)
        return ((grey + blotches) * self._look.noise).astype(np.float32)

    def expose(self, pixels: Pixels, frame: int, time_s: float) -> bytes:
        """One JPEG; the same arguments give the same bytes."""
        chance = np.random.default_rng((self._look.seed, frame))
        slow = math.sin(time_s / 23.0 + self._look.seed) + 0.5 * math.sin(time_s / 7.1)
        exposure = 1.0 + 0.018 * slow + float(chance.normal(0, 0.004))
        lit = pixels * (self._gain * np.float32(exposure))
        noise = self._tiles[int(chance.integers(_NOISE_TILES))]
        shift = chance.integers(0, 200, 2)
        noisy = lit + np.roll(noise, (int(shift[0]), int(shift[1])), axis=(0, 1))
        picture = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
        picture = picture.filter(ImageFilter.GaussianBlur(0.45))
        return to_jpeg(picture)


def to_jpeg(picture: Image.Image, quality: int = JPEG_QUALITY) -> bytes:
    """A picture as JPEG bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
