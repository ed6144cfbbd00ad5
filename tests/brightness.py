"""A network that scores a frame by its brightest places: tests know what it will say."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Optional

import numpy as np
from PIL import Image, ImageDraw

from octoprint_aiwatch.detector.numpy_model import BLOCKS, LAYERS, kernel_of

META = {
    "name": "brightness",
    "kinds": ["bright"],
    "hottest": 6,
    "centre": 0.0,
    "slope": 1.0,
    "cell": 0.0,
}
STEEP, SHIFT = 4.0, -4.0
SCALES = {"stem": 2.0, "head": STEEP}
SHIFTS = {"stem": -1 / 64, "head": SHIFT}
DARK = 20


def is_silent(layer: str) -> bool:
    """Blocks that add to their input, and the coarse way, say nothing of their own."""
    block, _, part = layer.partition(".")
    if part == "project":
        return BLOCKS[int(block[len("block") :])][1] == 1
    return layer == "up"


def weights(folder: Path) -> Path:
    """The network as a file: the mean of red, green and blue goes straight through."""
    made: dict[str, np.ndarray] = {}
    for name in LAYERS:
        kernel, inputs = kernel_of(name), 3 if name == "stem" else 1
        taps = np.zeros((kernel * kernel, inputs, 1), np.float32)
        if not is_silent(name):
            taps[kernel * kernel // 2] = SCALES.get(name, 1) / inputs
        made[name + ".w"] = taps.reshape(-1, 1)
        made[name + ".b"] = np.full(1, SHIFTS.get(name, 0.0), np.float32)
    made["meta"] = np.frombuffer(json.dumps(META).encode(), np.uint8)
    path = folder / "brightness.npz"
    np.savez(path, **made)
    return path


def score(grey: int) -> float:
    """What the network says of a frame whose brightest place has this grey."""
    logit = STEEP * max(0.0, grey / 64 - 2) + SHIFT
    return 1 / (1 + math.exp(-logit))


def jpeg(grey: int, box: Optional[tuple[int, int, int, int]] = None) -> bytes:
    """A frame of 320 x 240: all grey, or dark with a grey box."""
    picture = Image.new("RGB", (320, 240), (grey,) * 3 if box is None else (DARK,) * 3)
    if box is not None:
        ImageDraw.Draw(picture).rectangle(box, (grey,) * 3)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def folder_of(place: Path, **greys: list[int]) -> Path:
    """A folder with a frame for each grey, by label: good, bad or none."""
    for label, values in greys.items():
        inside = place if label == "none" else place / label
        inside.mkdir(parents=True, exist_ok=True)
        for n, grey in enumerate(values):
            (inside / f"{n:03}.jpg").write_bytes(jpeg(grey))
    return place
