"""Labels become masks, and no scene or photograph is on both sides of a split."""

from __future__ import annotations

import base64
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from detector import data
from PIL import Image

IDS = {"printer": "slinger", "bed": "glass", "part": "box", "look": None}


def picture(seed: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Something with enough shape to be recognised again."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (9, 12, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.BICUBIC)


def rendered_row(file: str, seed: int, **changes: Any) -> dict[str, Any]:
    row = {"file": file, "label": "good", "tags": [], "fraction": 0.0, "boxes": []}
    row.update(seed=seed, ids=dict(IDS), contrast=None)
    row.update(grid="", grid_solid="", grid_hair="")
    row.update(changes)
    return row


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """A rendered set of two scenes and four photographs."""
    rendered, photos = tmp_path / "rendered", tmp_path / "photos"
    for folder in (rendered, photos):
        (folder / "frames").mkdir(parents=True)
    grid = np.zeros((data.ROWS, data.COLUMNS), np.uint8)
    grid[10, 20] = 99
    coded = base64.b64encode(grid.tobytes()).decode()
    rows = [
        rendered_row("frames/a0.jpg", 1),
        rendered_row("frames/a1.jpg", 1, label="bad", grid=coded, fraction=0.02),
        rendered_row("frames/b0.jpg", 2),
        rendered_row("frames/b1.jpg", 2, ids={**IDS, "look": "scribble"}, label="bad"),
    ]
    lines = (json.dumps(row) for row in rows)
    (rendered / "labels.jsonl").write_text("\n".join(lines))
    for n, row in enumerate(rows):
        picture(n).save(rendered / row["file"])
    names = ("file", "label", "split", "source_repo", "boxes_cxcywh")
    with (photos / "manifest.csv").open("w", newline="") as out:
        table = csv.writer(out)
        table.writerow(names)
        table.writerow(["0.jpg", "bad", "train", "x", "[[0.5, 0.5, 0.4, 0.4]]"])
        table.writerow(["1.jpg", "bad", "train", "x", "[]"])
        table.writerow(["2.jpg", "bad", "dev", "y", "[]"])
        table.writerow(["3.jpg", "good", "dev", "y", ""])
    for n in (0, 2, 3):
        picture(10 + n, (600, 400)).save(photos / "frames" / f"{n}.jpg")
    repeated = picture(12, (600, 400)).transpose(Image.FLIP_LEFT_RIGHT)
    repeated.rotate(6).save(photos / "frames" / "1.jpg")
    data.build(rendered, photos, tmp_path / "cache")
    return tmp_path / "cache"


def test_a_scene_with_a_kind_held_back_is_held_out_whole(sets: Path) -> None:
    splits = [item["split"] for item in data.Cache(sets).items[:4]]
    assert splits == ["train", "train", "held", "held"]


def test_a_photograph_that_repeats_a_dev_photograph_is_not_trained_on(
    sets: Path,
) -> None:
    cache = data.Cache(sets)
    assert [cache.items[n]["file"] for n in cache.pick("photo", "train")] == ["0.jpg"]


def test_dev_photographs_are_picked_by_label(sets: Path) -> None:
    cache = data.Cache(sets)
    assert [cache.items[n]["file"] for n in cache.pick("photo", "dev", "good")] == [
        "3.jpg"
    ]


def test_frames_come_back_as_they_were_stored(sets: Path) -> None:
    cache = data.Cache(sets)
    frame = cache.frame(3)
    assert frame.shape == (120, 160, 3)
    assert abs(frame.astype(int) - np.asarray(picture(3)).astype(int)).mean() < 5


def test_large_photographs_are_shrunk(sets: Path) -> None:
    cache = data.Cache(sets)
    assert max(cache.frame(4).shape) == data.LONGEST_SIDE


def test_a_grid_becomes_the_mask_of_strands(sets: Path) -> None:
    mask = data.Cache(sets).masks[1]
    assert mask[10, 20].tolist() == [99, 0, 0]
    assert mask.sum() == 99


def test_a_box_counts_inside_and_is_ignored_at_its_rim() -> None:
    mask = data.box_mask([[0.5, 0.5, 0.4, 0.4]])
    assert mask[15, 20].tolist() == [255, 0, 128]
    assert mask[9, 20].tolist() == [0, 0, 255]
    assert mask[0, 0].tolist() == [0, 0, data.PHOTO_DOUBT]


def test_strands_beside_a_box_weigh_less() -> None:
    mask = data.box_mask([[0.5, 0.5, 0.4, 0.4]])
    assert mask[15, 30, 0] == 0
    assert data.PHOTO_DOUBT < mask[15, 30, 2] < 255


@pytest.mark.parametrize(
    "box", [[0.0, 0.0, 0.02, 0.02], [1.0, 1.0, 0.02, 0.02], [0.5, 0.5, 1.4, 1.4]]
)
def test_boxes_at_the_edge_and_beyond_are_marked(box: list[float]) -> None:
    assert data.box_mask([box])[:, :, 0].any()


@pytest.mark.parametrize(("angle", "mirror"), [(0, True), (5, False), (-10, True)])
def test_a_turned_or_mirrored_photograph_is_known_again(
    angle: float, mirror: bool
) -> None:
    first = picture(1, (300, 200))
    again = first.transpose(Image.FLIP_LEFT_RIGHT) if mirror else first
    again = again.rotate(angle)
    likeness = data.copies_of([np.asarray(first)], [np.asarray(again)])
    assert likeness[0] > data.COPY_CORRELATION


def test_another_photograph_is_not_taken_for_a_copy() -> None:
    known, other = (np.asarray(picture(seed, (300, 200))) for seed in (1, 2))
    assert data.copies_of([known], [other])[0] < data.COPY_CORRELATION
