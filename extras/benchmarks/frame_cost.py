"""What judging one frame costs: by numpy alone, and by onnxruntime where it is installed.

Each way in a process of its own with one thread, counted in the processor's time, so that
a busy machine changes it little. Must not measure anything that only the benchmark does.
"""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image

FRAMES = 100
LARGE_PX = (1920, 1080)
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@contextmanager
def environment(without_onnxruntime: bool) -> Iterator[dict[str, str]]:
    """This one for a child, if wanted so that onnxruntime cannot be imported there."""
    with tempfile.TemporaryDirectory() as folder:
        found = {**os.environ, **ONE_THREAD}
        if without_onnxruntime:
            (Path(folder) / "onnxruntime.py").write_text("raise ImportError\n")
            others = os.environ.get("PYTHONPATH")
            found["PYTHONPATH"] = os.pathsep.join([folder] + ([others] if others else []))
        yield found


def judge_here(jpeg: bytes, frames: int) -> dict[str, Any]:
    """One frame again and again in this process: milliseconds of processor, medians."""
    from octoprint_aiwatch.detector import model, picture

    loaded = model.load("", 1)
    shrinking_ms, judging_ms = [], []
    for _ in range(frames):
        began_s = time.process_time()
        pixels = picture.pixels(jpeg, loaded.fit)
        shrunk_s = time.process_time()
        loaded.heat(pixels)
        judging_ms.append(1000 * (time.process_time() - shrunk_s))
        shrinking_ms.append(1000 * (shrunk_s - began_s))
    return {
        "by": type(loaded).__name__,
        "shrinking_ms": statistics.median(shrinking_ms),
        "judging_ms": statistics.median(judging_ms),
    }


def judge_in_child(jpeg: Path, env: Mapping[str, str], frames: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.frame_cost", str(jpeg), str(frames)]
    done = subprocess.run(command, env=dict(env), capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(folder: Path, jpeg: bytes, frames: int = FRAMES) -> dict[str, float]:
    """Milliseconds of the processor by what they are for, of a frame of 640 x 480."""
    small, large = folder / "small.jpg", folder / "large.jpg"
    small.write_bytes(jpeg)
    with Image.open(io.BytesIO(jpeg)) as picture:
        picture.resize(LARGE_PX).save(large, quality=85)
    ways = [("numpy", True)]
    if find_spec("onnxruntime"):
        ways.append(("onnxruntime", False))
    figures: dict[str, float] = {}
    for name, without in ways:
        with environment(without) as env:
            found = judge_in_child(small, env, frames)
            assert (found["by"] == "NumpyModel") is without, found
            figures[f"judging by {name}"] = found["judging_ms"]
            if without:
                figures["shrinking 640x480"] = found["shrinking_ms"]
                found = judge_in_child(large, env, frames)
                figures["shrinking 1920x1080"] = found["shrinking_ms"]
    return figures


if __name__ == "__main__":
    print(json.dumps(judge_here(Path(sys.argv[1]).read_bytes(), int(sys.argv[2]))))
