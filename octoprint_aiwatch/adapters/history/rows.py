"""What a row of the history says, read with suspicion.

A power cut, a worn card or another version may have left anything in a row. What makes no
sense is left out, so that one damaged row hides neither its job nor the others.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from ...core.words import ENGLISH, Tongue, explain

BOX = ("confidence", "x", "y", "w", "h")
MOST_DEPTH = 40
"""Levels of lists and objects; a record has seven."""


def document(text: Any) -> dict[str, Any]:
    """The JSON object in a column; an empty one if it holds none."""
    try:
        found = json.loads(text, parse_constant=lambda name: None)
    except (TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def number(value: Any) -> float:
    """A finite number; 0 if it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0.0
    try:
        found = float(value)
    except OverflowError:
        return 0.0
    return found if math.isfinite(found) else 0.0


def whole(value: Any) -> int:
    """A count; 0 if it is none."""
    return value if type(value) is int and 0 <= value < 1 << 53 else 0


def text(value: Any) -> str:
    """A text; "" if it is none."""
    return value if isinstance(value, str) else ""


def listed(value: Any) -> list[Any]:
    """A list; an empty one if it is none."""
    return value if isinstance(value, list) else []


def sentence(code: Any, params: Any, tongue: Tongue = ENGLISH) -> str:
    """A reason in words."""
    return explain(text(code), params if isinstance(params, dict) else {}, tongue)


def reasons(detail: Mapping[str, Any], tongue: Tongue = ENGLISH) -> list[str]:
    """Why it was believed, in words."""
    pairs = (one for one in listed(detail.get("reasons")) if isinstance(one, list))
    return [sentence(pair[0], pair[1], tongue) for pair in pairs if len(pair) == 2]


def pause(kept: Any, tongue: Tongue = ENGLISH) -> dict[str, Any]:
    """A pause in a summary; older ones have its English text instead of a code."""
    found = kept if isinstance(kept, dict) else {}
    said = text(found.get("text"))
    if "code" in found:
        said = sentence(found["code"], found.get("params"), tongue)
    return {
        "at_s": number(found.get("at_s")),
        "who": text(found.get("who")),
        "text": said,
    }


def detections(detail: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The boxes, and what kept each from counting."""
    found = []
    for box in listed(detail.get("boxes")):
        if not isinstance(box, list) or len(box) < len(BOX):
            continue
        unless = text(box[5]) if len(box) > len(BOX) else ""
        sides = {name: number(value) for name, value in zip(BOX, box)}
        found.append({**sides, "counts": len(box) == len(BOX), "unless": unless})
    return found


def view(detail: Mapping[str, Any]) -> dict[str, bool]:
    """How people see the frame."""
    flags = [one is True for one in listed(detail.get("view"))] + [False] * 3
    return {"flip_h": flags[0], "flip_v": flags[1], "rotate_90": flags[2]}


def summary(stored: Any) -> dict[str, Any]:
    """What was worked out when a job ended; empty if that has to be done again."""
    found = document(stored)
    kinds: dict[str, Any] = {
        "checks": int,
        "frames": int,
        "warnings": int,
        "frames_mb": (int, float),
        "watched_s": (int, float),
        "pauses": list,
        "calls": list,
        "sparkline": list,
    }
    maybe: dict[str, Any] = dict.fromkeys(("worst", "cost_usd"), (int, float, type(None)))
    fits = all(
        isinstance(found.get(key), kind) for key, kind in {**kinds, **maybe}.items()
    )
    if not fits or not is_sound(found):
        return {}
    return {name: found.get(name) for name in (*kinds, *maybe)}


def is_sound(value: Any) -> bool:
    """Whether a document can be sent: not too deep, and every number is one."""
    level = [value]
    for _ in range(MOST_DEPTH):
        if any(isinstance(one, float) and not math.isfinite(one) for one in level):
            return False
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return True
    return False


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
