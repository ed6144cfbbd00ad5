"""Channels that others can stand in for are left out, and hardly anything changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from detector import slim

from octoprint_aiwatch.detector.numpy_model import BLOCKS, Layers, NumpyModel, Weights
from tests.detector.tiny import stored

DOUBLED = 6
"""The block in which every channel is there twice."""


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    return Weights(stored(tmp_path))


@pytest.fixture
def frames() -> list[np.ndarray]:
    rng = np.random.default_rng(6)
    return [rng.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(6)]


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each channel costs one, and none goes unasked."""
    monkeypatch.setattr(slim, "AT_A_TIME", 1)
    monkeypatch.setattr(slim, "COST_MS", (1000.0,) * len(BLOCKS))
    monkeypatch.setattr(slim, "SILENT", 0)


def doubled(layers: Layers) -> Layers:
    """The same network with a block's channels twice, each of half the weight."""
    found = dict(layers)
    for part in ("expand", "depth"):
        weight, bias = layers[f"block{DOUBLED}.{part}"]
        found[f"block{DOUBLED}.{part}"] = np.hstack([weight] * 2), np.hstack([bias] * 2)
    weight, bias = layers[f"block{DOUBLED}.project"]
    found[f"block{DOUBLED}.project"] = np.vstack([weight, weight]) / 2, bias
    return found


def heat(weights: Weights, layers: Layers, frame: np.ndarray) -> np.ndarray:
    weights.layers = layers
    return NumpyModel(weights).heat(frame)


def moments(values: np.ndarray) -> np.ndarray:
    whole = np.hstack([values, np.ones((len(values), 1))])
    return whole.T @ whole


def test_what_another_channel_says_goes_first_and_is_not_missed() -> None:
    values = np.random.default_rng(1).normal(size=(500, 4))
    values[:, 2] = 3 * values[:, 0] + 1
    ranks = list(slim.ranked(moments(values), np.ones((4, 2))))
    assert ranks[0][0] in (0, 2)
    assert ranks[0][1] < 1e-3
    assert {channel for channel, _ in ranks} == {0, 1, 2, 3}


def test_without_all_of_them_everything_is_missed() -> None:
    values = np.random.default_rng(1).normal(size=(500, 4))
    errors = [error for _, error in slim.ranked(moments(values), np.eye(4))]
    assert errors == sorted(errors)
    assert errors[-1] == pytest.approx(1, rel=0.01)


def test_a_network_computed_here_is_the_one_that_ships(
    weights: Weights, frames: list[np.ndarray]
) -> None:
    layers, x = weights.layers, slim.stem(weights.layers, frames[0])
    for n in range(len(BLOCKS)):
        x = slim.handed_on(layers, n, x, slim.inside(layers, n, x))
    top = x @ layers["up"][0] + layers["up"][1]
    model, given = NumpyModel(weights), []
    product = model._product

    def noting(name: str, of: np.ndarray) -> np.ndarray:
        made = product(name, of)
        if name == "up":
            given.append(made.copy())
        return made

    model._product = noting  # type: ignore[method-assign]
    model.heat(frames[0])
    np.testing.assert_allclose(given[0], top, atol=1e-4)


@pytest.mark.usefixtures("one_at_a_time")
def test_channels_that_are_there_twice_are_left_out_and_the_heat_stays(
    weights: Weights, frames: list[np.ndarray]
) -> None:
    whole = doubled(weights.layers)
    less = slim.slimmed(whole, frames, spared_ms=4)
    wide = len(whole[f"block{DOUBLED}.depth"][1])
    assert len(less[f"block{DOUBLED}.depth"][1]) == wide - 4
    before, after = (heat(weights, layers, frames[0]) for layers in (whole, less))
    np.testing.assert_allclose(after, before, atol=0.01)


def test_the_first_blocks_silent_channels_go_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slim, "SILENT", 2)
    ranks = [[(channel, 0.0) for channel in range(40)]] * len(BLOCKS)
    gone = slim.dispensable(ranks, spared_ms=0.3)
    assert gone[0] == [0, 1]
    assert sum(len(channels) for channels in gone[1:]) == slim.AT_A_TIME


@pytest.mark.usefixtures("one_at_a_time")
def test_more_than_half_of_a_block_is_never_left_out(
    weights: Weights, frames: list[np.ndarray]
) -> None:
    with pytest.raises(SystemExit, match="so much cannot be spared"):
        slim.slimmed(weights.layers, frames, spared_ms=1000)
