"""What the judge measures in every cell of a frame: texture, disorder, colour.

Loose strands run every way within a few pixels, where printed layers run one way and
infill two. Must not decide anything.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

SIZE = (640, 480)
CELL_PX = 16
GRID = (SIZE[1] // CELL_PX, SIZE[0] // CELL_PX)  # rows, columns
BINS = 8
Floats = NDArray[np.float32]


def load_frame(jpeg: bytes) -> Image.Image:
    """A JPEG at the judge's size.

    Raises:
        ValueError: the bytes are no picture.
    """
    try:
        with Image.open(io.BytesIO(jpeg)) as picture:
            frame = picture.convert("RGB")
    except (OSError, SyntaxError) as error:
        raise ValueError(f"not a picture: {error}") from None
    return frame if frame.size == SIZE else frame.resize(SIZE, Image.Resampling.BILINEAR)


def cell_features(frame: Image.Image) -> Floats:
    """One row of figures for each cell, row by row."""
    soft = frame.filter(ImageFilter.GaussianBlur(0.8))
    luma, cb, cr = (
        np.asarray(band, np.float32) for band in soft.convert("YCbCr").split()
    )
    directions = _directions(luma)
    around = _neighbourhood(directions, 1)
    wide = _neighbourhood(directions, 2)
    colour = _colour(luma, cb, cr)
    fine = _cells(np.abs(_laplacian(luma)))[..., None]
    columns = [
        _shares(directions),
        _shares(around),
        _summary(directions),
        _summary(around),
        _summary(wide),
        np.log1p(fine),
        colour,
        _neighbourhood(colour, 1) / 9.0,
    ]
    return np.concatenate(columns, axis=2).reshape(GRID[0] * GRID[1], -1)


def _cells(values: Floats) -> Floats:
    """The mean of each cell."""
    rows, columns = GRID
    return values.reshape(rows, CELL_PX, columns, CELL_PX).mean(axis=(1, 3))


def _directions(luma: Floats) -> Floats:
    """Gradient strength by direction in each cell (rows, columns, BINS)."""
    gy, gx = np.gradient(luma)
    strength = np.hypot(gx, gy)
    turn = np.arctan2(gy, gx) * np.float32(BINS / np.pi)  # opposite ones are the same
    number = np.floor(turn).astype(np.int64) % BINS
    rows, columns = GRID
    y, x = np.indices(luma.shape) // CELL_PX
    flat = (y * columns + x) * BINS + number
    sums = np.bincount(flat.ravel(), strength.ravel(), rows * columns * BINS)
    return (sums / CELL_PX**2).astype(np.float32).reshape(rows, columns, BINS)


def _neighbourhood(cells: Floats, reach: int) -> Floats:
    """Sums over the cells around each one, edges repeated."""
    padded = np.pad(cells, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    rows, columns = GRID
    total = np.zeros_like(cells)
    for dy in range(2 * reach + 1):
        for dx in range(2 * reach + 1):
            total += padded[dy : dy + rows, dx : dx + columns]
    return total


def _shares(directions: Floats) -> Floats:
    return directions / (directions.sum(axis=2, keepdims=True) + 0.5)


def _summary(directions: Floats) -> Floats:
    """Strength, disorder and one-sidedness of the directions."""
    total = directions.sum(axis=2)
    share = directions / (total[..., None] + 1e-6)
    disorder = -(share * np.log(share + 1e-6)).sum(axis=2) / np.log(BINS)
    angle = np.arange(BINS) * (2 * np.pi / BINS)
    one_way = np.hypot(
        (share * np.cos(angle)).sum(axis=2), (share * np.sin(angle)).sum(axis=2)
    )
    weakest = np.sort(share, axis=2)[..., :3].sum(axis=2)
    return np.stack((np.log1p(total), disorder, one_way, weakest), axis=2).astype(
        np.float32
    )


def _laplacian(luma: Floats) -> Floats:
    result = np.zeros_like(luma)
    result[1:-1, 1:-1] = (
        luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    ) - 4 * luma[1:-1, 1:-1]
    return result


def _colour(luma: Floats, cb: Floats, cr: Floats) -> Floats:
    """Brightness, and the colour's distance from the frame's common colour."""
    means: tuple[Floats, ...] = tuple(_cells(band) for band in (luma, cb, cr))
    blue, red = means[1] - np.median(means[1]), means[2] - np.median(means[2])
    spread = np.sqrt(np.maximum(0.0, _cells(luma * luma) - means[0] ** 2))
    columns = (means[0] / 64.0, np.hypot(blue, red) / 16.0, spread / 16.0)
    return np.stack(columns, axis=2).astype(np.float32)
