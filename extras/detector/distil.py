"""Learning from a teacher: heat and features are drawn to those of the large network.

Right answers say little about a picture; what a network that knows much more makes of it,
cell by cell, says more. Must not be needed for anything but training.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor, nn

from detector.augment import HEIGHT, WIDTH
from detector.net import Net
from detector.teacher import MIXED, TAPS, Teacher

SURE = 7.0
"""Logits beyond this say no more than that the teacher is sure."""

HEAT_WEIGHT, FEATURE_WEIGHT = 1.0, 0.6


class _Judgement(nn.Module):
    """Features and heat in one go."""

    def __init__(self, teacher: Teacher) -> None:
        super().__init__()
        self.teacher = teacher

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        features = self.teacher.features(x)
        return (*features, self.teacher.head(features[-1]))


def fast(teacher: Teacher) -> onnxruntime.InferenceSession:
    """The teacher run by onnxruntime, in half of PyTorch's time."""
    some = torch.zeros(2, 3, HEIGHT, WIDTH)
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        torch.onnx.export(
            _Judgement(teacher).eval(),
            (some,),
            file.name,
            input_names=["x"],
            dynamic_axes={"x": {0: "n"}},
            dynamo=False,
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        return onnxruntime.InferenceSession(file.name, options)


class Distil(nn.Module):
    """The teacher, and what turns the small network's features into the teacher's."""

    def __init__(self, weights: Path, net: Net) -> None:
        super().__init__()
        teacher = Teacher()
        teacher.load_state_dict(torch.load(weights, weights_only=True))
        self._teacher = fast(teacher.eval())
        mine = (net.widths[2], net.widths[3], net.head.in_channels)
        theirs = (*list(TAPS.values())[:2], MIXED)
        self.likeness = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 1) for inputs, outputs in zip(mine, theirs)
        )

    def told(self, x: Tensor) -> list[Tensor]:
        """What the teacher makes of pictures: its features at three places, and heat."""
        found = self._teacher.run(None, {"x": x.contiguous().numpy()})
        return [torch.from_numpy(part) for part in found]

    def forward(
        self, told: list[Tensor], features: tuple[Tensor, ...], heat: Tensor
    ) -> Tensor:
        """How far heat and features are from what the teacher told of the pictures."""
        *wanted, goal = told
        goal = goal.clamp(-SURE, SURE)
        # Hot cells make the score, on either side.
        weight = 0.05 + torch.sigmoid(goal) + torch.sigmoid(heat.detach())
        apart = nn.functional.smooth_l1_loss(heat, goal, reduction="none") * weight
        total = HEAT_WEIGHT * apart.sum((0, 2, 3)).div(weight.sum((0, 2, 3))).mean()
        for like, mine, theirs in zip(self.likeness, features, wanted):
            spread = theirs.var((0, 2, 3), keepdim=True) + 1e-4
            off = (like(mine) - theirs).square() / spread
            total = total + FEATURE_WEIGHT / len(wanted) * off.mean()
        return total
