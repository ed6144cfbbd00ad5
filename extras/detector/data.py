"""The labelled pictures: what they are, how they are split, and one cache for training.

Reads the two documented formats (README.md), writes a flat cache that many processes can
share. Must not change pictures beyond shrinking them, and must never hand out a dev
photograph for training.
"""

from __future__ import annotations

import argparse
import base64
import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROWS, COLUMNS = 30, 40
"""Raster of the coverage masks, laid over the whole picture."""

LONGEST_SIDE = 480
"""Larger pictures are shrunk to this many pixels."""

HELD_BACK = {
    "printer": {"slinger_rods"},
    "bed": {"worn"},
    "part": {"honeycomb"},
    "look": {"scribble"},
}
"""Kinds that training never sees: a rendered scene with any of them is held out."""

COPY_CORRELATION = 0.55
"""Two photographs whose thumbnails correlate this much show the same thing."""

PHOTO_DOUBT = 60
"""How much of 255 any cell of a photograph is ignored: nobody looked at them all."""

Item = dict[str, Any]
"""One picture: set, split, file, label, tags, fraction, boxes, shape, offset and more."""


def rendered_items(folder: Path) -> Iterable[tuple[Item, Path, np.ndarray]]:
    """Every rendered frame with its mask of strands, displaced parts and stringing."""
    rows = [json.loads(line) for line in (folder / "labels.jsonl").open()]
    kinds: dict[int, set[tuple[str, str]]] = {}
    for row in rows:
        names = kinds.setdefault(row["seed"], set())
        names.update((key, str(row["ids"].get(key))) for key in HELD_BACK)
    for row in rows:
        held = any(value in HELD_BACK[key] for key, value in kinds[row["seed"]])
        item = {key: row[key] for key in ("file", "label", "tags", "fraction", "boxes")}
        item.update(set="rendered", split="held" if held else "train")
        item.update(seed=row["seed"], ids=row["ids"], contrast=row["contrast"])
        layers = [_grid(row[key]) for key in ("grid", "grid_solid", "grid_hair")]
        yield item, folder / row["file"], np.stack(layers, 2)


def _grid(text: str) -> np.ndarray:
    if not text:
        return np.zeros((ROWS, COLUMNS), np.uint8)
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(ROWS, COLUMNS)


def photo_items(folder: Path) -> Iterable[tuple[Item, Path, np.ndarray]]:
    """Every photograph with a mask made from its boxes."""
    with (folder / "manifest.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            boxes = json.loads(row["boxes_cxcywh"] or "[]")
            mask = box_mask(boxes)
            item = {"file": row["file"], "label": row["label"], "split": row["split"]}
            item.update(set="photo", tags=[], boxes=boxes, source=row["source_repo"])
            item["fraction"] = float((mask[:, :, 0] > 127).mean())
            yield item, folder / "frames" / row["file"], mask


def box_mask(boxes: list[list[float]]) -> np.ndarray:
    """Coverage by boxes, and how much every cell is to be ignored.

    A box says that strands are somewhere in it, not that they are everywhere: its cells
    count half and its rim not at all. Single strands often lie beside the boxes, so that
    their neighbourhood counts less, and the rest of the photograph a little less.
    """
    mask = np.zeros((ROWS, COLUMNS, 3), np.uint8)
    mask[:, :, 2] = PHOTO_DOUBT
    edges = []
    for cx, cy, w, h in boxes:
        centre, half = np.array([cx, cy]), np.array([w, h]) / 2
        scale = np.array([COLUMNS, ROWS])
        edges.append(((centre - half) * scale, (centre + half) * scale))
    for grow, doubt in ((3, 170), (0.5, 255)):
        for low, high in edges:
            x0, y0 = np.round(low - grow).astype(int).clip(0)
            x1, y1 = np.round(high + grow).astype(int)
            mask[y0:y1, x0:x1, 2] = doubt
    for low, high in edges:
        inset = 0.075 * (high - low)
        x0, y0 = np.round(low + inset).astype(int).clip(0, (COLUMNS - 1, ROWS - 1))
        x1, y1 = np.maximum(np.round(high - inset).astype(int), (x0 + 1, y0 + 1))
        mask[y0:y1, x0:x1, 0] = 255
        mask[y0:y1, x0:x1, 2] = 128
    return mask


def thumbnail(frame: np.ndarray, angle: float = 0, mirror: bool = False) -> np.ndarray:
    """What a picture shows, as a unit vector that light and colour hardly change."""
    picture = Image.fromarray(frame).convert("L").resize((56, 56), Image.BILINEAR)
    if mirror:
        picture = picture.transpose(Image.FLIP_LEFT_RIGHT)
    if angle:
        picture = picture.rotate(angle, Image.BILINEAR)
    grey = np.asarray(picture.crop((8, 8, 48, 48)), np.float32)
    slope = np.hypot(np.diff(grey, axis=0)[:, :-1], np.diff(grey, axis=1)[:-1])
    slope = np.asarray(Image.fromarray(slope).resize((20, 20), Image.BOX))
    slope = np.sqrt(slope) - np.sqrt(slope).mean()
    return (slope / (np.linalg.norm(slope) + 1e-6)).ravel()


def copies_of(known: list[np.ndarray], others: list[np.ndarray]) -> np.ndarray:
    """How much each other picture looks like any known one, turned or mirrored."""
    turned = [
        thumbnail(frame, angle, mirror)
        for frame in known
        for angle in (-15, -10, -5, 0, 5, 10, 15)
        for mirror in (False, True)
    ]
    mine = np.stack([thumbnail(frame) for frame in others])
    return (mine @ np.stack(turned).T).max(1)


def build(rendered: Path, photos: Path, cache: Path) -> None:
    """Decode everything once; set photographs aside that repeat a dev photograph."""
    cache.mkdir(parents=True, exist_ok=True)
    items, masks, frames, offset = [], [], [], 0
    sources = [*rendered_items(rendered), *photo_items(photos)]
    with (cache / "frames.bin").open("wb") as out:
        for item, path, mask in sources:
            picture = Image.open(path).convert("RGB")
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.LANCZOS)
            frame = np.asarray(picture)
            item.update(shape=frame.shape, offset=offset)
            offset += out.write(frame.tobytes())
            items.append(item)
            masks.append(mask)
            frames.append(frame)
    dev = [
        frame
        for frame, item in zip(frames, items)
        if (item["split"], item["label"]) == ("dev", "bad")
    ]
    train = [n for n, i in enumerate(items) if i["set"] + i["split"] == "phototrain"]
    likeness = copies_of(dev, [frames[n] for n in train])
    for n, value in zip(train, likeness):
        items[n]["likeness"] = round(float(value), 3)
        if value > COPY_CORRELATION:
            items[n]["split"] = "copy"
    np.save(cache / "masks.npy", np.stack(masks))
    (cache / "items.json").write_text(json.dumps(items))


class Cache:
    """The decoded pictures of a cache folder, mapped into memory."""

    def __init__(self, folder: Path) -> None:
        self.items: list[Item] = json.loads((folder / "items.json").read_text())
        self.masks = np.load(folder / "masks.npy")
        self._bytes = np.memmap(folder / "frames.bin", np.uint8, "r")

    def frame(self, n: int) -> np.ndarray:
        """The n-th picture, height × width × 3."""
        item = self.items[n]
        size = int(np.prod(item["shape"]))
        flat = self._bytes[item["offset"] : item["offset"] + size]
        return np.asarray(flat).reshape(item["shape"])

    def pick(self, kind: str, split: str, label: str | None = None) -> list[int]:
        """Numbers of the pictures of a set ("rendered", "photo") and split."""
        return [
            n
            for n, item in enumerate(self.items)
            if item["set"] == kind
            and item["split"] == split
            and label in (None, item["label"])
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rendered", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    asked = parser.parse_args()
    build(asked.rendered, asked.photos, asked.cache)
    counts: dict[str, int] = {}
    for item in json.loads((asked.cache / "items.json").read_text()):
        name = f"{item['set']} {item['split']} {item['label']}"
        counts[name] = counts.get(name, 0) + 1
    for name, count in sorted(counts.items()):
        print(f"{name:24}{count:6}")


if __name__ == "__main__":
    main()
