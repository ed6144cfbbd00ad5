"""What needs PyTorch: samples repeat, weights come out the same on every path.

Run in the training's own environment: ``python -m pytest extras/detector``.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from detector import export, train
from detector.augment import CELLS, HEIGHT, WIDTH
from detector.batches import Batch, Batches
from detector.net import NARROW, Net, keep_channels, narrowed, store, stored
from octoprint_aiwatch.detector.numpy_model import NumpyModel, Weights

FRAMES = 50
META = {"name": "t", "kinds": ["strands", "displaced"], "hottest": 12}
META.update({"centre": 0.0, "slope": 1.0, "cell": 0.0})


@pytest.fixture(scope="module")
def net() -> Net:
    """A network whose new layers say something already."""
    torch.manual_seed(4)
    torch.set_num_threads(1)
    made = Net().start()
    with torch.no_grad():
        for part in (made.sides, made.mix, made.head):
            for parameter in part.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.05)
    return made.eval()


@pytest.fixture(scope="module")
def exported(net: Net, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    layers = export.folded(net)
    export.write_npz(folder / "t.npz", layers, META)
    export.write_onnx(folder / "t.onnx", layers, META)
    return folder


def frames() -> list[np.ndarray]:
    """Frames of several shapes, half of them smooth."""
    rng = np.random.default_rng(9)
    shapes = [(96, 128), (80, 144), (128, 96), (64, 64)]
    found = []
    for n in range(FRAMES):
        height, width = shapes[n % len(shapes)]
        frame = rng.integers(0, 256, (height, width, 3), np.uint8)
        found.append(np.sort(frame, axis=n % 2) if n % 4 < 2 else frame)
    return found


def test_numpy_and_onnxruntime_agree(exported: Path) -> None:
    mine = NumpyModel(Weights(exported / "t.npz"))
    theirs = onnxruntime.InferenceSession(str(exported / "t.onnx"))
    for frame in frames():
        batch = frame.transpose(2, 0, 1)[None].astype(np.float32)
        heat = theirs.run(None, {"frame": batch})[0][0]
        np.testing.assert_allclose(mine.heat(frame), heat, atol=1e-3)


def test_numpy_and_training_agree_but_for_the_half_precision(
    net: Net, exported: Path
) -> None:
    mine = NumpyModel(Weights(exported / "t.npz"))
    theirs = train.judge(net)
    for frame in frames()[:8]:
        np.testing.assert_allclose(mine.heat(frame), theirs(frame), atol=0.04)


def test_the_file_that_ships_is_small(exported: Path) -> None:
    assert (exported / "t.npz").stat().st_size < 2_000_000


def test_the_onnx_file_written_from_the_one_that_ships_is_the_same(
    net: Net, exported: Path, tmp_path: Path
) -> None:
    export.write_onnx(
        tmp_path / "t.onnx", export.read_back(Weights(exported / "t.npz")), META
    )
    theirs, ours = (
        onnxruntime.InferenceSession(str(folder / "t.onnx"))
        for folder in (exported, tmp_path)
    )
    for frame in frames()[:4]:
        batch = frame.transpose(2, 0, 1)[None].astype(np.float32)
        expected = theirs.run(None, {"frame": batch})[0]
        np.testing.assert_array_equal(ours.run(None, {"frame": batch})[0], expected)


def test_the_onnx_file_carries_its_calibration(exported: Path) -> None:
    model = onnxruntime.InferenceSession(str(exported / "t.onnx"))
    stored = model.get_modelmeta().custom_metadata_map["aiwatch"]
    assert json.loads(stored) == META


def test_hot_strands_where_strands_are_cost_least() -> None:
    mask = torch.zeros(1, 3, 22, 28)
    mask[0, 0, 5:10, 5:10] = 1.0
    right = torch.full((1, 2, 22, 28), -6.0)
    right[0, 0, 5:10, 5:10] = 6.0
    cold = torch.full((1, 2, 22, 28), -6.0)
    everywhere = torch.full((1, 2, 22, 28), 6.0)
    best, missed, wild = (
        float(train.loss_of(heat, mask)) for heat in (right, cold, everywhere)
    )
    assert best < missed
    assert best < wild


def test_cells_to_be_ignored_cost_nothing_as_cells() -> None:
    mask = torch.zeros(1, 3, 22, 28)
    mask[0, 2] = 1.0
    mask[0, :2] = 0.003  # neither surely failing nor surely sound
    a = train.loss_of(torch.full((1, 2, 22, 28), 4.0), mask)
    b = train.loss_of(torch.full((1, 2, 22, 28), -4.0), mask)
    assert float(a) == float(b) == 0.0


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Twelve samples of noise; the number of each is its first byte."""
    rng = np.random.default_rng(3)
    frames = rng.integers(0, 256, (12, HEIGHT, WIDTH, 3), np.uint8)
    frames[:, 0, 0, 0] = frames[:, 0, -1, 0] = np.arange(12)
    masks = rng.integers(0, 256, (12, *CELLS, 3), np.uint8)
    np.save(tmp_path / "frames.npy", frames)
    np.save(tmp_path / "masks.npy", masks)
    np.save(
        tmp_path / "seen.npy", masks[..., :2].transpose(0, 3, 1, 2).astype(np.float16)
    )
    return tmp_path


def numbers(batch: Batch) -> list[int]:
    return [int(frame[0, 0, 0]) for frame in batch.frames]


def test_a_step_takes_the_same_samples_again(pool: Path) -> None:
    first, again = (Batches(pool, 1, 4, "cpu").at(7) for _ in range(2))
    assert torch.equal(first.frames, again.frames)
    assert numbers(first) != numbers(Batches(pool, 2, 4, "cpu").at(7))


def test_every_sample_is_taken_once_before_any_is_taken_again(pool: Path) -> None:
    batches = Batches(pool, 1, 4, "cpu")
    for turn in (0, 3, 6):
        seen = [n for step in range(3) for n in numbers(batches.at(turn + step))]
        assert sorted(seen) == list(range(12))


def test_a_mirrored_sample_has_mirrored_masks_and_teachers(pool: Path) -> None:
    frames, masks = np.load(pool / "frames.npy"), np.load(pool / "masks.npy")
    turns = set()
    for step in range(6):
        batch = Batches(pool, 1, 4, "cpu").at(step)
        for n, frame, mask, seen in zip(numbers(batch), *batch):
            is_mirrored = not np.array_equal(frame.permute(1, 2, 0).numpy(), frames[n])
            expected = masks[n][:, ::-1] if is_mirrored else masks[n]
            found = (mask.permute(1, 2, 0) * 255).round().numpy()
            np.testing.assert_array_equal(found, expected)
            np.testing.assert_array_equal(seen, expected[..., :2].transpose(2, 0, 1))
            turns.add(is_mirrored)
    assert turns == {False, True}


def test_who_sees_what_the_teachers_saw_has_least_to_learn() -> None:
    seen = torch.full((1, 2, *CELLS), -4.0)
    seen[0, 0, 5:10, 5:10] = 4.0
    right, cold = (float(train.taught_loss(x, seen)) for x in (seen, seen * 0 - 4))
    assert right < cold


def test_a_narrowed_network_is_nearly_what_it_was_if_what_it_lost_was_idle(
    net: Net,
) -> None:
    frames = torch.rand(2, 3, HEIGHT, WIDTH) * 255
    idle = copy.deepcopy(net)
    with torch.no_grad():
        for block in idle.body._blocks:
            block._project_conv.weight[:, 5] = 0
    widths = tuple(width - 1 for width in idle.widths)
    expected = idle(frames)
    less = narrowed(copy.deepcopy(idle), frames, widths)
    assert less.widths == widths
    torch.testing.assert_close(less(frames), expected, atol=1e-3, rtol=1e-3)


def test_stored_weights_come_back_with_their_widths(net: Net, tmp_path: Path) -> None:
    frames = torch.rand(1, 3, HEIGHT, WIDTH) * 255
    less = narrowed(copy.deepcopy(net), frames, NARROW)
    store(less, tmp_path / "w.pt")
    again = stored(tmp_path / "w.pt")
    assert again.widths == NARROW
    torch.testing.assert_close(again(frames), less(frames), atol=0.05, rtol=0.05)


def test_a_narrowed_network_is_exported_too(net: Net, tmp_path: Path) -> None:
    less = copy.deepcopy(net)
    keep_channels(less, 3, torch.arange(100))
    export.write_npz(tmp_path / "t.npz", export.folded(less), META)
    mine = NumpyModel(Weights(tmp_path / "t.npz"))
    for frame in frames()[:4]:
        np.testing.assert_allclose(mine.heat(frame), train.judge(less)(frame), atol=0.04)


def trained_a_little(net: Net) -> Net:
    """A copy after three steps on noise."""
    learning = train.freeze(copy.deepcopy(net)).train()
    optimiser = train.optimiser_for(learning, 1e-3)
    for _ in range(3):
        optimiser.zero_grad()
        heat = learning(torch.rand(2, 3, 176, 224) * 255)
        train.loss_of(heat, torch.zeros(2, 3, 22, 28)).backward()
        optimiser.step()
    return learning


def test_edges_and_what_is_usual_stay_as_they_came(net: Net) -> None:
    before, after = net.state_dict(), trained_a_little(net).state_dict()
    kept = {name for name in before if torch.equal(before[name], after[name])}
    moved = set(before) - kept
    assert {name for name in before if "running_" in name} <= kept
    assert {name for name in before if name.startswith("body._conv_stem")} <= kept
    for n in range(len(net.body._blocks)):
        block = {name for name in moved if name.startswith(f"body._blocks.{n}.")}
        assert bool(block) is (n >= train.FROZEN)
    assert {"sides.0.weight", "sides.1.weight", "mix.weight", "head.weight"} <= moved


def test_the_averaged_weights_follow_slowly(net: Net) -> None:
    mean, learned = copy.deepcopy(net), trained_a_little(net)
    train.average_into(mean, learned, 0.9)
    expected = net.head.weight * 0.9 + learned.head.weight * 0.1
    assert torch.allclose(mean.head.weight, expected)
