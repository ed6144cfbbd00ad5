"""What trained networks see in every sample of a pool, for another one to learn from.

The mean of their logits, in half precision, beside the samples. Must not change them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from detector import pool
from detector.augment import CELLS
from detector.net import KINDS, stored
from detector.train import half

AT_A_TIME = 256


def teach(folder: Path, teachers: list[Path], device: str) -> None:
    """Write ``seen.npy``: n × kinds × rows × columns."""
    nets = [stored(path, device) for path in teachers]
    frames, _ = pool.opened(folder)
    shape = (len(frames), len(KINDS), *CELLS)
    part = folder / "seen.part.npy"
    seen = np.lib.format.open_memmap(part, "w+", np.float16, shape)
    for first in range(0, len(frames), AT_A_TIME):
        batch = torch.from_numpy(frames[first : first + AT_A_TIME]).to(device)
        x = (
            batch.permute(0, 3, 1, 2)
            .float()
            .contiguous(memory_format=torch.channels_last)
        )
        with torch.no_grad(), half(device):
            heat = torch.stack([net(x).float() for net in nets]).mean(0)
        seen[first : first + AT_A_TIME] = heat.half().cpu().numpy()
    part.rename(folder / pool.SEEN)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--teachers", type=Path, nargs="+", required=True)
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    teach(asked.pool, asked.teachers, asked.device)


if __name__ == "__main__":
    main()
