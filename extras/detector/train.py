"""Train the detector. Resumes by itself; the same seed gives the same samples.

Must not touch pictures that are not in the training split, and decides nothing by the dev
photographs: it only prints how the averaged weights do on them.
"""

from __future__ import annotations

import argparse
import copy
import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from detector import evaluate, synth
from detector.data import Cache
from detector.net import Net
from detector.sample import Sampler

HOTTEST = 8
"""Cells of a frame's heat map whose mean is its score: one per cent of them."""

HOTTEST_OF_SAMPLE = 5
"""The same for a training sample, which is smaller than a frame."""


def picture_logits(logits: Tensor) -> Tensor:
    """Mean of the hottest cells, per sample and kind."""
    return logits.flatten(2).topk(HOTTEST_OF_SAMPLE, 2).values.mean(2)


def loss_of(logits: Tensor, mask: Tensor) -> Tensor:
    """Per cell, with hard cells counting more; and per picture, on the hottest cells."""
    cover, weight = mask[:, :2], 1 - mask[:, 2:]
    target = (cover / 0.3).clamp(0, 1)
    weight = weight * torch.where((cover > 0) & (cover < 0.06), 0.3, 1.0)
    found = torch.sigmoid(logits)
    cell = nn.functional.binary_cross_entropy_with_logits(
        logits, target, reduction="none"
    )
    cell = cell * weight * (target - found).abs().detach().clamp(min=0.05) ** 1.5
    per_kind = cell.sum((0, 2, 3)) / target.sum((0, 2, 3)).clamp(min=80)
    share = cover.mean((2, 3))
    label = (share > 0.002).float()
    sure = ((share > 0.004) | (share == 0)).float()
    whole = nn.functional.binary_cross_entropy_with_logits(
        picture_logits(logits), label, reduction="none"
    )
    whole = (whole * sure).mean(0)
    kinds = torch.tensor([1.0, 0.4])
    return ((per_kind + 0.5 * whole) * kinds).sum()


def average_into(mean: nn.Module, net: nn.Module, keep: float) -> None:
    """Move the running average of the weights a little towards the weights."""
    with torch.no_grad():
        for old, new in zip(mean.state_dict().values(), net.state_dict().values()):
            if old.dtype.is_floating_point:
                old.mul_(keep).add_(new, alpha=1 - keep)
            else:
                old.copy_(new)


def optimiser_for(net: Net, rate: float) -> torch.optim.Optimizer:
    """Small steps for what is known already, larger ones for the head."""
    parts = dict(net.named_children())
    body = [p for p in parts.pop("body").parameters() if p.requires_grad]
    new = [p for part in parts.values() for p in part.parameters()]
    groups = [{"params": body, "lr": rate}, {"params": new, "lr": rate * 3}]
    return torch.optim.AdamW(groups, weight_decay=0.02)


def judge(net: nn.Module) -> evaluate.Judge:
    """The network as evaluate.py wants it: a shrunk frame in, logits out."""

    def heat(frame: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            x = torch.from_numpy(frame.copy()).permute(2, 0, 1)[None].float()
            return net(x.contiguous(memory_format=torch.channels_last))[0].numpy()

    return heat


def batch(sampler: Sampler, seed: int, step: int, size: int) -> tuple[Tensor, Tensor]:
    """The samples of a step; they depend on seed and step alone."""
    rng = np.random.default_rng((seed, step))
    drawn = [sampler.draw(rng) for _ in range(size)]
    frames = torch.from_numpy(np.stack([frame for frame, _ in drawn]))
    masks = torch.from_numpy(np.stack([mask for _, mask in drawn]).astype(np.float32))
    return frames.permute(0, 3, 1, 2).float(), masks.permute(0, 3, 1, 2)


def patches(cache: Path, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The drawn patches, made once and kept beside the cache."""
    store = cache / f"patches-{seed}.npz"
    if not store.exists():
        strands, textures = synth.patches(700, seed)
        part = store.with_suffix(f".{os.getpid()}.npz")
        np.savez(part, strands=strands, textures=textures)
        part.rename(store)
    kept = np.load(store)
    return kept["strands"], kept["textures"]


def train(asked: argparse.Namespace) -> None:
    """The training loop."""
    torch.manual_seed(asked.seed)
    torch.set_num_threads(asked.threads)
    cache = Cache(asked.cache)
    photo_share = 0.45 if asked.photos else 0.0
    sampler = Sampler(cache, patches(asked.cache, asked.seed), photo_share)
    net = Net().to(memory_format=torch.channels_last)
    mean = copy.deepcopy(net).eval()
    start = 0
    optimiser = optimiser_for(net, asked.rate)
    rates = [group["lr"] for group in optimiser.param_groups]
    asked.out.mkdir(parents=True, exist_ok=True)
    state_file = asked.out / "state.pt"
    if state_file.exists():
        state = torch.load(state_file)
        net.load_state_dict(state["net"])
        mean.load_state_dict(state["mean"])
        optimiser.load_state_dict(state["optimiser"])
        start = state["step"]
    shown, began = [], time.monotonic()
    # The next samples are drawn while these are learnt from.
    beside = ThreadPoolExecutor(1)
    coming = beside.submit(batch, sampler, asked.seed, start, asked.batch)
    for step in range(start, asked.steps):
        warm = min(1.0, (step + 1) / 100)
        done = step / asked.steps
        share = warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
        for group, rate in zip(optimiser.param_groups, rates):
            group["lr"] = rate * share
        frames, masks = coming.result()
        coming = beside.submit(batch, sampler, asked.seed, step + 1, asked.batch)
        net.train()
        loss = loss_of(net(frames.contiguous(memory_format=torch.channels_last)), masks)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        average_into(mean, net, min(0.995, (step + 1) / (step + 10)))
        shown.append(loss.item())
        if (step + 1) % 50 == 0:
            pace = (step + 1 - start) / (time.monotonic() - began)
            print(f"{step + 1} loss {np.mean(shown):.4f} {pace:.2f} steps/s", flush=True)
            shown = []
        if (step + 1) % asked.every == 0 or step + 1 == asked.steps:
            state = {"net": net.state_dict(), "mean": mean.state_dict(), "step": step + 1}
            state["optimiser"] = optimiser.state_dict()
            torch.save(state, state_file.with_suffix(".new"))
            state_file.with_suffix(".new").rename(state_file)
            torch.save(mean.state_dict(), asked.out / "weights.pt")
            for line in evaluate.brief(cache, judge(mean), HOTTEST, asked.sparse):
                print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", action="store_true", help="use the photographs too")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=400, help="steps between reports")
    parser.add_argument("--sparse", type=int, default=4, help="judge every n-th frame")
    parser.add_argument("--threads", type=int, default=1)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
