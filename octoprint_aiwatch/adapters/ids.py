"""Names that nothing else has."""

from __future__ import annotations

import uuid


def draw_id() -> str:
    """32 random hexadecimal digits."""
    return uuid.uuid4().hex
