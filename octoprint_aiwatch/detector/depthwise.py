"""Depthwise convolutions by numpy: every channel's neighbours, times its own taps.

Numpy has none of its own. Its ``einsum`` does one nearly as fast as memory allows where
its loops run along a thousand numbers or two that are neighbours in memory. So several
places in a row are taken at once, and a stride of two works on even and odd columns
apart. A few rows are done at a time, so that the processor's cache holds them all the
way.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from typing import Callable

import numpy as np

STRIP = 1 << 17
"""Numbers that are worked on at a time, about."""

LONG = 2048
"""Numbers that a loop runs over at most: fewer cost more calls, more cost more cache."""

SUM = "hwiabc,iabc->hwc"
"""For every place, row of taps, pair of columns, column of the pair: a sum by channel."""

HIGHEST = 6
"""Where a ReLU6 stops."""

Fill = Callable[[slice, int, np.ndarray], None]
"""Writes these rows of the input into an array: every column, or of two the first or the
second (0, 1)."""


def rim(side: int, kernel: int, stride: int) -> tuple[int, int, int]:
    """What a convolution gives along a side, and the zeros that it needs on both ends.

    Of an odd number, the larger part is at the end, as TensorFlow's "same" has it.
    """
    given = -(-side // stride)
    zeros = max((given - 1) * stride + kernel - side, 0)
    return given, zeros // 2, zeros - zeros // 2


class Depthwise:
    """One layer and its ReLU6, for inputs of one size.

    That size's sides are multiples of the stride.
    """

    def __init__(
        self,
        kernel: int,
        stride: int,
        size: tuple[int, int],
        layer: tuple[np.ndarray, np.ndarray],
    ) -> None:
        weight, bias = layer
        self._kernel, self._stride, self._rows = kernel, stride, size[0]
        rows, self._top, _ = rim(size[0], kernel, stride)
        columns, self._left, _ = rim(size[1], kernel, stride)
        self.given = rows, columns
        self._columns = size[1] // stride
        pairs = -(-kernel // stride)
        width, channels = columns + pairs - 1, len(bias)
        step = min(rows, max(1, STRIP // (width * channels * stride**2)))
        at_once = _at_once(columns, channels)
        taps = np.zeros((kernel, pairs * stride, channels), np.float32)
        taps[:, :kernel] = weight.reshape(kernel, kernel, channels)
        taps = taps.reshape(kernel, pairs, stride, channels)
        self._taps = np.tile(taps, (1, 1, 1, at_once))
        self._bias = np.tile(bias, at_once)
        self._room_shape = ((step - 1) * stride + kernel, stride, width, channels)
        self._seen_shape = (step, columns // at_once, at_once * channels)

    def sizes(self) -> tuple[int, int]:
        """Numbers of work space that `settle` needs."""
        return math.prod(self._room_shape), math.prod(self._seen_shape)

    def settle(self, room: np.ndarray, seen: np.ndarray) -> None:
        """Take work space, which it may share with others that work before and after."""
        wanted = self.sizes()
        self._room = room[: wanted[0]].reshape(self._room_shape)
        self._seen = seen[: wanted[1]].reshape(self._seen_shape)
        down, apart, across, along = self._room.strides
        at_once = self._taps.shape[3] // self._room_shape[3]
        self._windows = np.lib.stride_tricks.as_strided(
            self._room,
            (*self._seen_shape[:2], *self._taps.shape),
            (down * self._stride, across * at_once, down, across, apart, along),
        )
        self._inside, self._rims = [], []
        for phase in range(self._stride):
            first, plane = divmod(self._left + phase, self._stride)
            last = first + self._columns
            self._inside.append(self._room[:, plane, first:last])
            self._rims += [self._room[:, plane, :first], self._room[:, plane, last:]]

    def strips(self, fill: Fill) -> Iterator[tuple[int, int, np.ndarray]]:
        """Rows (first, last) of the result, and these: places × channels.

        They are gone with the next ones. What one strip was filled with and the next one
        sees too is kept.
        """
        room, step, stride = self._room, len(self._seen), self._stride
        for zeros in self._rims:
            zeros[...] = 0
        come = -self._top
        for first in range(0, self.given[0], step):
            last = min(self.given[0], first + step)
            low = first * stride - self._top
            high = (last - 1) * stride + self._kernel - self._top
            if come > low:
                room[: come - low] = room[low - come :]
            new = max(come, 0)
            stop = max(new, min(high, self._rows))
            room[come - low : new - low] = room[stop - low : high - low] = 0
            if stop > new:
                for phase, inside in enumerate(self._inside):
                    fill(slice(new, stop), phase, inside[new - low : stop - low])
            come = high
            yield first, last, self._look(last - first)

    def _look(self, rows: int) -> np.ndarray:
        seen = self._seen[:rows]
        np.einsum(SUM, self._windows[:rows], self._taps, out=seen)
        seen += self._bias
        seen.clip(0, HIGHEST, out=seen)
        return seen.reshape(-1, self._room_shape[3])


def settle(layers: Sequence[Depthwise]) -> None:
    """Give them one work space, as they work one after the other."""
    needs = [layer.sizes() for layer in layers]
    room, seen = (np.empty(max(need), np.float32) for need in zip(*needs))
    for layer in layers:
        layer.settle(room, seen)


@functools.cache
def _at_once(columns: int, channels: int) -> int:
    """How many places of a row to take together: a divisor of their number."""
    most = max(1, LONG // channels)
    return max(n for n in range(1, min(most, columns) + 1) if columns % n == 0)
