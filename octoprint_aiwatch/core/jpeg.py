"""The gate every frame passes: is it a whole JPEG, and how large?

Reads markers only, decodes nothing, so that it costs next to nothing on a small
computer and cannot be blown up by a hostile picture.
"""

from __future__ import annotations

from typing import Optional

from .errors import SnapshotError

MIN_SIDE_PX = 32
MAX_SIDE_PX = 8192
MOST_MARKERS = 4096
"""A picture has a few dozen; a hostile one, a million, and reading them takes long."""
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN = 0xDA
_END = b"\xff\xd9"


def measure(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of a whole JPEG.

    Raises:
        SnapshotError: empty, no JPEG, cut off, too small or too large.
    """
    if not data:
        raise SnapshotError("snapshot_empty")
    if data[:3] != b"\xff\xd8\xff":
        looks_like_text = data.lstrip()[:1] in (b"<", b"{")
        raise SnapshotError("snapshot_is_page" if looks_like_text else "snapshot_no_jpeg")
    size, scan_at = _read_markers(data)
    if size is None or scan_at is None or data.rfind(_END) < scan_at:
        raise SnapshotError("snapshot_truncated")
    width, height = size
    if min(size) < MIN_SIDE_PX or max(size) > MAX_SIDE_PX:
        raise SnapshotError("snapshot_size", width=width, height=height)
    return size


def _read_markers(data: bytes) -> tuple[Optional[tuple[int, int]], Optional[int]]:
    """The size from the frame header, and where the picture's own data begins."""
    size = None
    at = 2
    for _ in range(MOST_MARKERS):
        if at + 4 > len(data) or data[at] != 0xFF:
            return size, None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _START_OF_SCAN:
            return size, at
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _START_OF_FRAME:
            height = int.from_bytes(data[at + 5 : at + 7], "big")
            width = int.from_bytes(data[at + 7 : at + 9], "big")
            size = (width, height)
        at += 2 + max(length, 2)
    return size, None
