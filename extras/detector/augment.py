"""One training sample from a labelled picture: what a webcam might have shown.

numpy and Pillow only. All chance comes from the generator that is passed in, so that a
step can be made again. Must not read files.
"""

from __future__ import annotations

import io
import math
from typing import Optional

import numpy as np
from PIL import Image

from detector.data import COLUMNS, PHOTO_DOUBT, ROWS

WIDTH, HEIGHT = 176, 144
"""The canvas of a sample: a part of a frame, at the scale at which frames are judged."""

CELLS = (HEIGHT // 8, WIDTH // 8)
"""The net's heat map for that size: rows and columns."""

SCALE = 320 / WIDTH
"""How much wider a whole frame is than the canvas."""

Sample = tuple[np.ndarray, np.ndarray]
"""A frame (height × width × 3, uint8) and its mask (rows × columns × 3, 0..1).

The mask's layers: strands or blobs; displaced parts; how much the cell is to be ignored.
"""


def whole(frame: np.ndarray, mask: np.ndarray) -> Sample:
    """A picture as it is, at the training size."""
    return warp(frame, mask, np.array([[WIDTH, 0, 0], [0, HEIGHT, 0]], float), None)


def warp(
    frame: np.ndarray,
    mask: np.ndarray,
    place: np.ndarray,
    rng: Optional[np.random.Generator],
) -> Sample:
    """Lay a picture, as a unit square, where the 2×3 matrix puts it on the canvas."""
    height, width = frame.shape[:2]
    back = np.linalg.inv(np.vstack([place, [0, 0, 1]]))[:2]
    to_frame = (back * [[width], [height]]).ravel()
    to_mask = (back * [[COLUMNS], [ROWS]] * [4, 4, 1]).ravel()
    picture = Image.fromarray(frame)
    shrink = max(abs(to_frame[0]), abs(to_frame[4]))
    if shrink > 1.5:  # or fine strands would be skipped between the samples
        w, h = max(8, round(width / shrink)), max(8, round(height / shrink))
        picture = picture.resize((w, h), Image.BOX)
        to_frame = (back * [[w], [h]]).ravel()
    fill = (0, 0, 0)
    if rng is not None and rng.random() < 0.7:
        fill = tuple(int(x) for x in frame[:: height - 1].mean((0, 1)))
    size, kind = (WIDTH, HEIGHT), Image.AFFINE
    seen = picture.transform(size, kind, to_frame, Image.BILINEAR, fillcolor=fill)
    half = (WIDTH // 4, HEIGHT // 4)
    cover = Image.fromarray(mask).transform(half, kind, to_mask, Image.NEAREST)
    cells = np.asarray(cover, np.float32).reshape(CELLS[0], 2, CELLS[1], 2, 3)
    return np.asarray(seen), cells.mean((1, 3)) / 255


def placement(
    rng: np.random.Generator, zoom: float, centre: tuple[float, float]
) -> np.ndarray:
    """A matrix for warp(): turned, mirrored, stretched, with `centre` in the middle."""
    angle = rng.normal(0, 0.12) if rng.random() < 0.7 else rng.uniform(-3.1, 3.1)
    if rng.random() < 0.8:
        angle = np.clip(angle, -0.35, 0.35)
    stretch = math.exp(rng.normal(0, 0.13))
    mirror = rng.choice([-1, 1])
    c, s = math.cos(angle), math.sin(angle)
    grow = np.diag([zoom * stretch * mirror * WIDTH, zoom / stretch * HEIGHT])
    matrix = np.array([[c, -s], [s, c]]) @ grow
    drift = rng.normal(0, 0.06, 2) * [WIDTH, HEIGHT]
    offset = np.array([WIDTH, HEIGHT]) / 2 + drift - matrix @ np.array(centre)
    return np.hstack([matrix, offset[:, None]])


def geometry(rng: np.random.Generator, frame: np.ndarray, mask: np.ndarray) -> Sample:
    """A random view; if the picture shows a failure, the view mostly keeps it."""
    if rng.random() < 0.05:
        return whole(frame, mask)
    zoom = SCALE * math.exp(rng.normal(0.0, 0.3))
    room = max(0.0, 0.5 - 0.4 / zoom)
    centre = rng.uniform(0.5 - room, 0.5 + room, 2)
    marked = np.argwhere(mask[:, :, :2].max(2) > 60)
    if len(marked) and rng.random() < 0.8:
        row, column = marked[int(rng.integers(len(marked)))]
        near = np.array([(column + 0.5) / COLUMNS, (row + 0.5) / ROWS])
        centre = np.clip(near, 0.5 - room, 0.5 + room)
    return warp(frame, mask, placement(rng, zoom, tuple(centre)), rng)


def sound_window(
    rng: np.random.Generator, frame: np.ndarray, mask: np.ndarray
) -> Optional[Sample]:
    """A view of a failing picture without its failure, if there is room for one."""
    for _ in range(12):
        size = rng.uniform(0.3, 0.7)
        x, y = rng.uniform(0, 1 - size, 2)
        x0, x1 = int(x * COLUMNS), math.ceil((x + size) * COLUMNS)
        y0, y1 = int(y * ROWS), math.ceil((y + size) * ROWS)
        if (mask[y0:y1, x0:x1, 2] > PHOTO_DOUBT).any():
            continue
        height, width = frame.shape[:2]
        part = frame[
            int(y * height) : int((y + size) * height),
            int(x * width) : int((x + size) * width),
        ]
        return whole(part, np.zeros_like(mask))  # all of it counts
    return None


def paste_patch(
    rng: np.random.Generator, sample: Sample, patch: np.ndarray, layer: Optional[int]
) -> Sample:
    """Paste an RGBA patch; `layer` says which mask it adds to, None that it is sound."""
    frame, mask = sample[0].copy(), sample[1].copy()
    side = int(np.clip(math.exp(rng.normal(4.1, 0.45)), 22, 136))
    high = int(np.clip(side * math.exp(rng.normal(-0.2, 0.25)), 13, 136))
    turned = Image.fromarray(patch).rotate(rng.uniform(0, 360), Image.BILINEAR)
    small = np.asarray(turned.resize((side, high), Image.BOX), np.float32)
    x = int(rng.uniform(-0.2 * side, WIDTH - 0.8 * side))
    y = int(rng.uniform(-0.2 * high, HEIGHT - 0.8 * high))
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + side, WIDTH), min(y + high, HEIGHT)
    small = small[y0 - y : y1 - y, x0 - x : x1 - x]
    alpha = small[:, :, 3:] / 255
    rgb = small[:, :, :3]
    ground = frame[y0:y1, x0:x1]
    if rng.random() < 0.7:  # as bright as its place, more or less
        light = (ground.mean() + 40) / (rgb.mean() + 40)
        rgb = rgb * light ** rng.uniform(0.2, 0.9)
    rgb = np.clip(rgb, 0, 255)
    frame[y0:y1, x0:x1] = ground * (1 - alpha) + rgb * alpha
    full = np.zeros((HEIGHT, WIDTH), np.float32)
    full[y0:y1, x0:x1] = alpha[:, :, 0]
    cover = full.reshape(CELLS[0], 8, CELLS[1], 8).mean((1, 3))
    mask *= (1 - cover)[:, :, None]
    if layer is not None:
        mask[:, :, layer] = np.maximum(mask[:, :, layer], cover)
        mask[:, :, 2] *= cover < 0.2
    return frame, mask


def paste_region(rng: np.random.Generator, onto: Sample, other: Sample) -> Sample:
    """Paste a soft-edged part of another sample: its failure, or any part if sound."""
    marked = np.argwhere(other[1][:, :, :2].max(2) > 0.2)
    if len(marked):
        y0, x0 = marked.min(0)
        y1, x1 = marked.max(0) + 1
    else:
        y0, x0 = int(rng.integers(0, CELLS[0] - 8)), int(rng.integers(0, CELLS[1] - 8))
        y1, x1 = y0 + int(rng.integers(6, 15)), x0 + int(rng.integers(6, 20))
    window = np.zeros(CELLS, np.uint8)
    window[y0:y1, x0:x1] = 255
    soft = Image.fromarray(window).resize((WIDTH, HEIGHT), Image.BILINEAR)
    alpha = np.asarray(soft, np.float32)[:, :, None] / 255
    frame = onto[0] * (1 - alpha) + other[0] * alpha
    inside = window[:, :, None] > 0
    return frame.astype(np.uint8), np.where(inside, other[1], onto[1])


def develop(rng: np.random.Generator, frame: np.ndarray) -> np.ndarray:
    """Light, colour, sharpness, noise and compression of another webcam."""
    if rng.random() < 0.3:  # the pictures differ enough among themselves
        return frame
    x = frame.astype(np.float32)
    chance = rng.random(10)
    if chance[0] < 0.15:
        factor = rng.uniform(0.45, 0.85)
        size = (int(WIDTH * factor), int(HEIGHT * factor))
        small = Image.fromarray(frame).resize(size, Image.BOX)
        x = np.asarray(small.resize((WIDTH, HEIGHT), Image.BILINEAR), np.float32)
    if chance[1] < 0.12:  # grey, or infrared with its tint
        grey = x @ np.array([0.3, 0.59, 0.11], np.float32)
        tint = rng.choice([0.0, 1.0]) * rng.normal(0, 0.15, 3) + 1
        x = grey[:, :, None] * tint.astype(np.float32)
    elif chance[1] < 0.35:
        grey = x.mean(2, keepdims=True)
        x = grey + (x - grey) * np.float32(rng.uniform(0.2, 1.5))
    if chance[2] < 0.05:
        x = x[:, :, rng.permutation(3)]
    if chance[3] < 0.5:
        table = np.linspace(0, 1, 256) ** math.exp(rng.normal(0, 0.3)) * 255
        x = table.astype(np.float32)[np.clip(x, 0, 255).astype(np.uint8)]
    gain = math.exp(rng.normal(0, 0.15)) * (1 + rng.normal(0, 0.06, 3))
    if chance[4] < 0.06:
        gain *= rng.uniform(0.25, 0.6)  # low light
    contrast = rng.uniform(0.7, 1.3) if chance[5] < 0.4 else 1.0
    middle = x.mean() * (1 - contrast) * gain + rng.normal(0, 8)
    x = x * (gain * contrast).astype(np.float32) + middle.astype(np.float32)
    if chance[6] < 0.15:
        across = int(rng.random() < 0.5)
        slope = np.linspace(rng.uniform(0.5, 1.3), rng.uniform(0.5, 1.3), x.shape[across])
        x *= slope[:, None, None] if across == 0 else slope[:, None]
    if chance[7] < 0.25:
        noise = rng.standard_normal((HEIGHT, WIDTH, 1), np.float32)
        x += noise * np.float32(abs(rng.normal(0, 5)))
    out = np.clip(x, 0, 255).astype(np.uint8)
    if chance[8] < 0.35:
        store = io.BytesIO()
        Image.fromarray(out).save(store, "JPEG", quality=int(rng.integers(20, 85)))
        out = np.asarray(Image.open(store))
    return out
