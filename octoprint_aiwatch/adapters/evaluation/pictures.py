"""The pictures of a folder that a user wants judged: found, chosen, read.

Must not decode anything, and never fails because of a single file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core import jpeg
from ...core.errors import SnapshotError
from ...core.values import Frame

GOOD = "good"
BAD = "bad"
NO_LABEL = ""
LABELS = (GOOD, BAD, NO_LABEL)
SUFFIXES = (".jpg", ".jpeg")
SHEET_MARK = b"AI Watch contact sheet"
"""The comment of our own contact sheets, which somebody keeps beside the pictures."""
SHEET_MARK_WITHIN_BYTES = 4096
TROUBLES = {
    "snapshot_empty": "the file is empty",
    "snapshot_is_page": "a web page, no JPEG",
    "snapshot_no_jpeg": "no JPEG",
    "snapshot_truncated": "cut off or damaged",
    "snapshot_size": "{width} x {height} pixels cannot be used",
    "frame_undecodable": "damaged, cannot be decoded",
}
"""What is said of a webcam's snapshot elsewhere, said of a file."""


@dataclass(frozen=True)
class Picture:
    """A file; ``name`` is its path below the folder, as it can be printed."""

    path: Path
    name: str
    label: str


class Unusable(Exception):
    """A file that cannot be judged; its text says why."""


def find(folder: Path) -> tuple[list[Picture], int]:
    """The JPEGs of ``good/``, ``bad/`` and the folder itself, and the number of others.

    Raises:
        OSError: a folder cannot be read.
    """
    pictures: list[Picture] = []
    others = 0
    for label in LABELS:
        place = folder / label
        if not place.is_dir():
            continue
        for path in sorted(place.iterdir()):
            if path.name.startswith(".") or not path.is_file():
                continue
            if path.suffix.lower() in SUFFIXES:
                name = printable(f"{label}/{path.name}" if label else path.name)
                pictures.append(Picture(path, name, label))
            else:
                others += 1
    return pictures, others


def printable(name: str) -> str:
    """A file's name without what would move a terminal's cursor or cannot be written."""
    return "".join(char if char.isprintable() else "?" for char in name)


def choose(pictures: Sequence[Picture], most: int) -> list[Picture]:
    """At most so many pictures, in the order in which they are judged.

    They come from everywhere in the folder, and the labels take turns, so that a run that
    ends early has seen some of each.
    """
    every = max(1.0, len(pictures) / most)
    kept = [pictures[int(n * every)] for n in range(min(most, len(pictures)))]
    by_label = [[one for one in kept if one.label == label] for label in LABELS]
    placed = [
        ((n + 0.5) / len(group), rank, one)
        for rank, group in enumerate(by_label)
        for n, one in enumerate(group)
    ]
    return [one for _, _, one in sorted(placed, key=lambda place: place[:2])]


def read(picture: Picture, most_bytes: int) -> Frame:
    """The picture as the plugin would get it from a webcam.

    Raises:
        Unusable: it is none.
    """
    try:
        with picture.path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}") from None
    if len(data) > most_bytes:
        limit_mb = most_bytes / 1024 / 1024
        raise Unusable(f"larger than the {limit_mb:.0f} MB that a snapshot may have")
    if SHEET_MARK in data[:SHEET_MARK_WITHIN_BYTES]:
        raise Unusable("one of our contact sheets")
    try:
        width, height = jpeg.measure(data)
    except SnapshotError as error:
        raise Unusable(TROUBLES[error.code].format(**error.params)) from None
    return Frame(data, width, height)
