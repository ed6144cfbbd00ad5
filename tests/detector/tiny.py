"""A narrow network drawn from chance, as a file; and pictures to judge."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from octoprint_aiwatch.detector.numpy_model import LAYERS

META = {
    "name": "test",
    "kinds": ["strands", "displaced"],
    "hottest": 12,
    "centre": -1.0,
    "slope": 2.0,
    "cell": -2.0,
}
OUTPUTS = {
    "stem": 4, "down4": 5, "at4": 5, "down8": 6, "at8a": 6, "at8b": 6, "down16": 7,
    "at16a": 7, "at16b": 7, "at16c": 7, "at16d": 7, "up": 6, "side": 6, "mix": 3,
    "head": 2,
}  # fmt: skip
INPUTS = {
    "stem": 3, "down4": 4, "at4": 5, "down8": 5, "at8a": 6, "at8b": 6, "down16": 6,
    "at16a": 7, "at16b": 7, "at16c": 7, "at16d": 7, "up": 7, "side": 6, "mix": 6,
    "head": 3,
}  # fmt: skip


def arrays(**changes: Any) -> dict[str, np.ndarray]:
    """The network's numbers with changes; None takes a name out."""
    rng = np.random.default_rng(3)
    made: dict[str, np.ndarray] = {}
    for name, kernel, _, _ in LAYERS:
        shape = (kernel * kernel * INPUTS[name], OUTPUTS[name])
        spread = 1 / np.sqrt(shape[0])
        made[name + ".w"] = rng.normal(0, spread, shape).astype(np.float16)
        made[name + ".b"] = rng.normal(0, 0.1, shape[1]).astype(np.float16)
    made["meta"] = np.frombuffer(json.dumps(META).encode(), np.uint8)
    made.update(changes)
    return {name: value for name, value in made.items() if value is not None}


def meta(**changes: Any) -> np.ndarray:
    """Its metadata with changes, as the file has it."""
    return np.frombuffer(json.dumps({**META, **changes}).encode(), np.uint8)


def stored(folder: Path, **changes: Any) -> Path:
    """The network as a file."""
    path = folder / "weights.npz"
    np.savez(path, **arrays(**changes))
    return path


def picture(width: int = 320, height: int = 240, seed: int = 1) -> Image.Image:
    """Soft shapes of many colours: no two places of it alike."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(coarse, "RGB").resize((width, height), Image.BICUBIC)


def jpeg(image: Image.Image, **options: Any) -> bytes:
    """A picture as a webcam sends it."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **{"quality": 92, **options})
    return buffer.getvalue()
