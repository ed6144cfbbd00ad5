"""An optimiser that learns from few steps: momentum, made orthogonal, for every kernel.

The update of a weight matrix is the orthogonal matrix nearest to its momentum, so that
rare directions move as far as frequent ones. Biases and norms go by AdamW instead.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
ROUNDS = 5
"""Steps of the iteration towards the nearest orthogonal matrix."""


def orthogonal(matrix: Tensor) -> Tensor:
    """About the orthogonal matrix nearest to a matrix, by a quintic iteration.

    The three factors make small singular values grow fast and leave all of them
    within about a third of one, which is near enough.
    """
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(ROUNDS):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


class Orthogonal(torch.optim.Optimizer):
    """Nesterov momentum whose steps are made orthogonal, for convolution kernels."""

    def __init__(self, parameters: list[nn.Parameter], lr: float, decay: float) -> None:
        super().__init__(parameters, {"lr": lr, "decay": decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Move every kernel that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"]
                momentum.mul_(MOMENTUM).add_(weight.grad)
                ahead = weight.grad + MOMENTUM * momentum
                move = orthogonal(ahead.flatten(1)).view_as(weight)
                rows, columns = weight.shape[0], weight[0].numel()
                longer = max(1.0, rows / columns) ** 0.5
                weight.mul_(1 - group["lr"] * group["decay"])
                weight.add_(move, alpha=-group["lr"] * longer)
