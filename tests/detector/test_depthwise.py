"""Depthwise convolutions are what their definition gives, whatever is done at a time."""

from __future__ import annotations

from typing import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.detector import depthwise
from octoprint_aiwatch.detector.depthwise import Depthwise, settle
from tests.detector.definition import plain_conv

Layer = tuple[np.ndarray, np.ndarray]


def layer_of(rng: np.random.Generator, kernel: int, channels: int) -> Layer:
    taps = rng.normal(size=(kernel * kernel, channels)).astype(np.float32)
    return taps, rng.normal(size=channels).astype(np.float32)


def filler(x: np.ndarray, stride: int) -> Callable[[slice, int, np.ndarray], None]:
    def fill(rows: slice, phase: int, out: np.ndarray) -> None:
        out[...] = x[rows, phase::stride]

    return fill


def worked_out(look: Depthwise, x: np.ndarray, stride: int) -> np.ndarray:
    """All its strips."""
    y = np.full((*look.given, x.shape[2]), np.nan, np.float32)
    for first, last, seen in look.strips(filler(x, stride)):
        y[first:last] = seen.reshape(last - first, *y.shape[1:])
    return y


def defined(x: np.ndarray, kernel: int, stride: int, layer: Layer) -> np.ndarray:
    """The same straight from the definition, place by place."""
    return np.clip(plain_conv(x, layer, kernel, stride), 0, 6)


@given(
    kernel=st.sampled_from([3, 5]),
    stride=st.sampled_from([1, 2]),
    half=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    channels=st.integers(1, 5),
    strip=st.integers(1, 400),
    long=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
)
def test_it_is_what_the_definition_gives(
    kernel: int,
    stride: int,
    half: tuple[int, int],
    channels: int,
    strip: int,
    long: int,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    size = half[0] * 2, half[1] * 2
    x = rng.normal(scale=2, size=(*size, channels)).astype(np.float32)
    layer = layer_of(rng, kernel, channels)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(depthwise, "STRIP", strip)
        patch.setattr(depthwise, "LONG", long)
        depthwise._at_once.cache_clear()
        look = Depthwise(kernel, stride, size, layer)
    depthwise._at_once.cache_clear()
    settle([look])
    expected = defined(x, kernel, stride, layer)
    np.testing.assert_allclose(worked_out(look, x, stride), expected, atol=1e-4)


def test_layers_that_share_their_work_space_leave_nothing_of_theirs_in_it() -> None:
    rng = np.random.default_rng(3)
    kinds = [(5, 1, (12, 8)), (3, 2, (12, 8)), (5, 2, (6, 16))]
    layers = [layer_of(rng, kernel, 4) for kernel, _, _ in kinds]
    looks = [Depthwise(*kind, layer) for kind, layer in zip(kinds, layers)]
    settle(looks)
    frames = [rng.normal(size=(*size, 4)).astype(np.float32) for _, _, size in kinds]
    work = list(zip(looks, frames, kinds, layers))
    once = [worked_out(look, x, kind[1]) for look, x, kind, _ in work]
    again = [worked_out(look, x, kind[1]) for look, x, kind, _ in work]
    for first, second, (_, x, (kernel, stride, _), layer) in zip(once, again, work):
        np.testing.assert_array_equal(first, second)
        np.testing.assert_allclose(first, defined(x, kernel, stride, layer), atol=1e-4)


def test_no_column_is_asked_for_twice_and_no_row_either() -> None:
    rng = np.random.default_rng(4)
    layer = layer_of(rng, 5, 64)
    look = Depthwise(5, 2, (64, 64), layer)
    settle([look])
    asked = np.zeros((64, 2), int)

    def fill(rows: slice, phase: int, out: np.ndarray) -> None:
        asked[rows, phase] += 1
        out[...] = 0

    assert len(list(look.strips(fill))) > 1
    assert (asked == 1).all()
