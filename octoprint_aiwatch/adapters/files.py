"""Small JSON files of ours, written whole or not at all. Must not raise for the disk."""

from __future__ import annotations

import json
import os
from typing import Any


def load(path: str) -> Any:
    """What the file holds; None if it is not there or is damaged."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError, RecursionError):
        return None


def save(path: str, value: Any) -> bool:
    """Write the file anew; whether that was possible.

    A full disk must not disturb a print: whoever saves tries again with the next change.
    Nothing waits for the card here: the control thread saves, too.
    """
    part = path + ".part"
    try:
        with open(part, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.replace(part, path)
    except OSError:
        return False
    return True
