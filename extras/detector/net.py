"""The detector's network: a small fully convolutional net with a heat map for a head.

Only what plain numpy does fast: convolution, ReLU, addition, doubling. Must not know
about data, training or thresholds.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

STRIDE = 8
"""Pixels of the input per cell of the heat map, both ways."""

SIDE_MULTIPLE = 16
"""Height and width of the input must be multiples of this."""

KINDS = ("strands", "displaced")
"""What the heat map's channels mean: loose strands or blobs; parts that moved."""


def conv(
    inputs: int, outputs: int, size: int = 3, stride: int = 1, dilation: int = 1
) -> nn.Sequential:
    """A convolution that keeps the size (but for its stride), with batch norm."""
    pad = dilation * (size // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, pad, dilation, bias=False),
        nn.BatchNorm2d(outputs),
    )


class Residual(nn.Module):
    """One convolution whose result is added to what went in."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv = conv(channels, channels, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.conv(x))


class Net(nn.Module):
    """Three halvings to the fine features, one more for the surroundings, and a head."""

    def __init__(self, widths: tuple[int, int, int, int] = (16, 24, 56, 128)) -> None:
        super().__init__()
        a, b, c, d = widths
        self.widths = widths
        self.stem = conv(3, a, stride=2)
        self.down4 = conv(a, b, stride=2)
        self.at4 = Residual(b)
        self.down8 = conv(b, c, stride=2)
        self.at8 = nn.Sequential(Residual(c), Residual(c))
        self.down16 = conv(c, d, stride=2)
        self.at16 = nn.Sequential(
            Residual(d), Residual(d, 2), Residual(d, 3), Residual(d, 2)
        )
        self.up = conv(d, c, size=1)
        self.side = conv(c, c, size=1)
        self.mix = conv(c, 32)
        self.head = nn.Conv2d(32, len(KINDS), 1)
        nn.init.constant_(self.head.bias, -3.0)  # most cells of most frames are sound

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the heat map for pictures in 0..255: N×3×H×W to N×2×H/8×W/8."""
        return self.head(self.features(x)[-1])

    def features(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What a teacher compares: fine (stride 8), wide (16), and both mixed (8)."""
        x = x * (1 / 64) - 2.0
        x = torch.relu(self.stem(x))
        x = self.at4(torch.relu(self.down4(x)))
        fine = self.at8(torch.relu(self.down8(x)))
        wide = self.at16(torch.relu(self.down16(fine)))
        up = nn.functional.interpolate(self.up(wide), scale_factor=2, mode="nearest")
        x = torch.relu(self.side(fine) + up)
        return fine, wide, torch.relu(self.mix(x))
