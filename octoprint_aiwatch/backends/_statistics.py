"""What Obico's predict calls have in common, whoever may make them: the frame sent, the
means over time answered, the documented failures.

Source: the seed ``obico-elegoo-failure-detection-api``. Knows neither credentials nor
addresses; these are each backend's own.
"""

from __future__ import annotations

from typing import Any

from ..core.errors import Ask, NextFrame, Retry
from ..core.values import Detection, Frame, Inspection, StatisticsEvidence
from .base import (
    FilePart,
    Response,
    bad_answer,
    detail_of,
    general_error,
    number,
    read_json,
    try_json,
)

MAX_ID = 256
"""Characters that an id of a print or of a printer may have."""
MAX_DETECTIONS = 200


def frame_part(frame: Frame) -> FilePart:
    """The frame as the service wants it."""
    return FilePart("img", "snapshot.jpg", frame.jpeg)


def error_of(response: Response, url: str, refused: str) -> Exception:
    """The documented failures; otherwise the status speaks.

    Args:
        refused: the code for credentials that are not accepted.
    """
    if response.status == 401:
        return Ask(refused)
    if response.status == 400:
        words = said(response)
        if "image" in words.lower():
            return NextFrame("frame_refused")
        return Retry("request_refused", detail=words)
    return general_error(response, url)


def parse(response: Response, frame: Frame) -> Inspection:
    """An inspection from a 200 answer.

    Raises:
        Retry: it does not follow the seed.
    """
    document = read_json(response)
    result = document.get("result") if isinstance(document, dict) else None
    if not isinstance(result, dict):
        raise bad_answer("result is missing")
    stats = result.get("temporal_stats")
    if not isinstance(stats, dict):
        raise bad_answer("temporal_stats are missing")
    means = [
        number(stats.get(name), name, -1.0, 100.0)
        for name in ("ewm_mean", "rolling_mean_short", "rolling_mean_long")
    ]
    counts = [
        int(number(stats.get(name), name, 0))
        for name in ("prediction_num", "prediction_num_lifetime")
    ]
    # In the wild p is a sum of confidences and can exceed 1 (obico-server).
    p = number(result.get("p"), "p", 0.0, 1000.0)
    evidence = StatisticsEvidence(p, means[0], means[1], means[2], counts[0], counts[1])
    return Inspection(evidence, _detections(result.get("detections"), frame))


def _detections(raw: Any, frame: Frame) -> tuple[Detection, ...]:
    """``[confidence, [xc, yc, w, h]]`` in pixels of the frame sent -> 0..1."""
    if raw is None:
        return ()
    if not isinstance(raw, list) or len(raw) > MAX_DETECTIONS:
        raise bad_answer("detections are not a list")
    found: list[Detection] = []
    for item in raw:
        if not isinstance(item, list) or len(item) != 2:
            raise bad_answer("a detection is not a pair")
        box = item[1]
        if not isinstance(box, list) or len(box) != 4:
            raise bad_answer("a box is not four numbers")
        confidence = number(item[0], "confidence", 0.0, 1.0)
        x, y, w, h = (number(value, "a box", -1e5, 1e5) for value in box)
        found.append(
            Detection(
                confidence,
                _share(x, frame.width),
                _share(y, frame.height),
                _share(w, frame.width),
                _share(h, frame.height),
            )
        )
    return tuple(found)


def _share(pixels: float, whole: int) -> float:
    return min(1.0, max(0.0, pixels / whole))


def said(response: Response) -> str:
    """The service's own words for an error."""
    return detail_of(try_json(response).get("error") or f"HTTP {response.status}")
