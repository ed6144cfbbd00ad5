"""What a convolution is, place by place: what fast ones are compared with."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def plain_conv(x: Array, pair: tuple[Array, Array], kernel: int, stride: int) -> Array:
    """A convolution straight from its definition, place by place."""
    weight, bias = pair
    height, width, channels = x.shape
    cube = weight.reshape(kernel, kernel, -1, len(bias))
    y = np.zeros((height // stride, width // stride, len(bias)))
    # Zeros around the picture; if they are odd in number the last one is at the end.
    before = (kernel - stride) // 2
    for row, column, i, j in np.ndindex(*y.shape[:2], kernel, kernel):
        r, c = row * stride + i - before, column * stride + j - before
        if not (0 <= r < height and 0 <= c < width):
            continue
        if cube.shape[2] == channels:
            y[row, column] += x[r, c] @ cube[i, j]
        else:  # every channel by itself
            y[row, column] += x[r, c] * cube[i, j, 0]
    return y + bias
