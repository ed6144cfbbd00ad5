"""Train a network on a pool of samples: by their masks, and by what its teachers saw.

The same seed takes the same samples in the same order. Must not touch pictures that are
not in the training split, and decides nothing by the dev photographs: it only prints how
the averaged weights do on them.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import math
import time
from pathlib import Path
from typing import Optional

import numpy as np
import torch
from torch import Tensor, nn

from detector import evaluate
from detector.batches import Batches
from detector.data import Cache
from detector.net import NARROW, Net, narrowed, store, stored

HOTTEST = 24
"""Cells of a frame's heat map whose mean is its score: two per cent of them."""

HOTTEST_OF_SAMPLE = 5
"""The same for a training sample, which is smaller than a frame."""

FROZEN = 2
"""The stem and so many blocks of a network that is not narrowed stay as they came."""

TAUGHT = 0.7
"""How much what the teachers see weighs against the masks."""


def picture_logits(logits: Tensor) -> Tensor:
    """Mean of the hottest cells, per sample and kind."""
    return logits.flatten(2).topk(HOTTEST_OF_SAMPLE, 2).values.mean(2)


def surprise(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy, element by element."""
    return nn.functional.binary_cross_entropy_with_logits(
        logits, target, reduction="none"
    )


def cells(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Per kind: the surprise of all cells, with hard cells counting more."""
    apart = (target - torch.sigmoid(logits)).abs().detach().clamp(min=0.05)
    cell = surprise(logits, target) * weight * apart**1.5
    return cell.sum((0, 2, 3)) / target.sum((0, 2, 3)).clamp(min=80)


def loss_of(logits: Tensor, mask: Tensor) -> Tensor:
    """By the masks: per cell, and per picture on the hottest cells."""
    cover, weight = mask[:, :2], 1 - mask[:, 2:]
    target = (cover / 0.3).clamp(0, 1)
    weight = weight * torch.where((cover > 0) & (cover < 0.06), 0.3, 1.0)
    share = cover.mean((2, 3))
    label = (share > 0.002).float()
    sure = ((share > 0.004) | (share == 0)).float()
    whole = (surprise(picture_logits(logits), label) * sure).mean(0)
    return by_kind(cells(logits, target, weight) + 0.5 * whole)


def taught_loss(logits: Tensor, seen: Tensor) -> Tensor:
    """The same by what the teachers see (their mean logits)."""
    target = torch.sigmoid(seen)
    whole = surprise(picture_logits(logits), torch.sigmoid(picture_logits(seen))).mean(0)
    return by_kind(cells(logits, target, torch.ones_like(target)) + 0.5 * whole)


def by_kind(per_kind: Tensor) -> Tensor:
    """What moved counts less than strands."""
    return per_kind[0] + 0.4 * per_kind[1]


def average_into(mean: nn.Module, net: nn.Module, keep: float) -> None:
    """Move the running average of the weights a little towards the weights."""
    old, new = list(mean.parameters()), list(net.parameters())
    with torch.no_grad():
        torch._foreach_lerp_(old, new, 1 - keep)


def optimiser_for(net: Net, rate: float) -> torch.optim.Optimizer:
    """Small steps for what is known already, larger ones for the head."""
    body = [p for p in net.body.parameters() if p.requires_grad]
    known = {id(p) for p in net.body.parameters()}
    new = [p for p in net.parameters() if id(p) not in known]
    groups = [{"params": body, "lr": rate}, {"params": new, "lr": rate * 3}]
    return torch.optim.AdamW(groups, weight_decay=0.02)


def judge(net: nn.Module) -> evaluate.Judge:
    """The network as evaluate.py wants it: a shrunk frame in, logits out."""
    device = next(net.parameters()).device

    def heat(frame: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            x = torch.from_numpy(frame.copy()).to(device).permute(2, 0, 1)[None].float()
            x = x.contiguous(memory_format=torch.channels_last)
            return net(x)[0].float().cpu().numpy()

    return heat


def beginning(asked: argparse.Namespace, batches: Batches) -> Net:
    """The network before its first step."""
    if asked.narrow:
        whole = stored(asked.narrow, asked.device)
        widths = tuple(asked.widths) if asked.widths else NARROW
        return narrowed(whole, batches.at(0).frames, widths)
    return freeze(Net(asked.kind).start())


def freeze(net: Net) -> Net:
    """Leave the first blocks as they came: edges are edges."""
    for module in (net.body._conv_stem, net.body._bn0, *net.body._blocks[:FROZEN]):
        module.requires_grad_(False)
    return net


def half(device: str) -> contextlib.AbstractContextManager[Optional[object]]:
    """Half precision where that is faster."""
    if device == "cpu":
        return contextlib.nullcontext()
    return torch.autocast(device, torch.bfloat16)


def train(asked: argparse.Namespace) -> Net:
    """The training loop: the averaged weights."""
    torch.manual_seed(asked.seed)
    torch.set_num_threads(asked.threads)
    batches = Batches(asked.pool, asked.seed, asked.batch, asked.device)
    net = beginning(asked, batches)
    net = net.to(asked.device, memory_format=torch.channels_last)
    mean = copy.deepcopy(net).eval()
    optimiser = optimiser_for(net, asked.rate)
    rates = [group["lr"] for group in optimiser.param_groups]
    losses, began = torch.zeros((), device=asked.device), time.monotonic()
    net.train()
    for step, (frames, masks, seen) in enumerate(batches.each(asked.steps)):
        warm = min(1.0, (step + 1) / 100)
        done = step / asked.steps
        if asked.minutes:
            done = max(done, (time.monotonic() - began) / 60 / asked.minutes)
        if done >= 1:
            break
        share = warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
        for group, rate in zip(optimiser.param_groups, rates):
            group["lr"] = rate * share
        with half(asked.device):
            logits = net(frames)
        loss = loss_of(logits.float(), masks)
        if seen is not None:
            loss = (1 - TAUGHT) * loss + TAUGHT * taught_loss(logits.float(), seen)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        average_into(mean, net, min(0.998, (step + 1) / (step + 10)))
        losses += loss.detach()
        if (step + 1) % 200 == 0:
            pace = (step + 1) / (time.monotonic() - began)
            shown = losses.item() / 200
            print(
                f"{asked.out.name} {step + 1} loss {shown:.4f} {pace:.2f} steps/s",
                flush=True,
            )
            losses.zero_()
    print(f"{asked.out.name}: {step + 1} steps", flush=True)
    return mean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the weights' file")
    parser.add_argument("--cache", type=Path, help="say how it does on the sets at last")
    parser.add_argument("--kind", default="small", help="of network, see net.py")
    parser.add_argument("--narrow", type=Path, help="begin with these weights, narrowed")
    parser.add_argument("--widths", type=int, nargs="*", help="channels inside blocks")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--minutes", type=float, help="stop then at the latest")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    mean = train(asked)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    store(mean, asked.out)
    if asked.cache:
        for line in evaluate.brief(Cache(asked.cache), judge(mean), HOTTEST, 1):
            print(asked.out.name, line, flush=True)


if __name__ == "__main__":
    main()
