"""A narrow network drawn from chance, as a file; and pictures to judge."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from octoprint_aiwatch.detector.numpy_model import BLOCKS, FINE

META: dict[str, Any] = {
    "name": "test",
    "kinds": ["strands", "displaced"],
    "hottest": 12,
    "centre": -1.0,
    "slope": 2.0,
    "cell": -2.0,
}
STEM, SIDE, MIX = 4, 6, 3
BLOCKS_GIVE = (3, 4, 4, 5, 5, 6, 6, 6, 7, 7, 7)
"""Channels that the blocks give; where two are alike, what came in can be added."""


def shapes() -> dict[str, tuple[int, int]]:
    """Rows and columns of every layer's matrix."""
    found = {"stem": (9 * 3, STEM)}
    given = STEM
    for n, ((kernel, _), gives) in enumerate(zip(BLOCKS, BLOCKS_GIVE)):
        wide = given * 2 if n else given
        if n:
            found[f"block{n}.expand"] = (given, wide)
        found[f"block{n}.depth"] = (kernel * kernel, wide)
        found[f"block{n}.project"] = (wide, gives)
        given = gives
    found["side"] = (BLOCKS_GIVE[FINE], SIDE)
    found["up"] = (BLOCKS_GIVE[-1], SIDE)
    found["mix"] = (9 * SIDE, MIX)
    found["head"] = (MIX, len(META["kinds"]))
    return found


def arrays(**changes: Any) -> dict[str, np.ndarray]:
    """The network's numbers with changes; None takes a name out."""
    rng = np.random.default_rng(3)
    made: dict[str, np.ndarray] = {}
    for name, shape in shapes().items():
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
    return Image.fromarray(coarse).resize((width, height), Image.BICUBIC)


def jpeg(image: Image.Image, **options: Any) -> bytes:
    """A picture as a webcam sends it."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **{"quality": 92, **options})
    return buffer.getvalue()
