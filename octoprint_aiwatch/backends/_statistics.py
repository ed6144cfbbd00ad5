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
    MAX_DETECTIONS,
    FilePart,
    Response,
    bad_answer,
    box_of,
    detail_of,
    general_error,
    number,
    read_json,
    try_json,
)

MAX_ID = 256
"""Characters that an id of a print or of a printer may have."""
MEANS = (-1.0, 100.0)
"""Any mean that makes sense lies between these."""
MOST_P = 1000.0
"""In the wild p is a sum of confidences and can exceed 1 (obico-server)."""


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
        number(stats.get(name), name, *MEANS)
        for name in ("ewm_mean", "rolling_mean_short", "rolling_mean_long")
    ]
    counts = [
        int(number(stats.get(name), name, 0))
        for name in ("prediction_num", "prediction_num_lifetime")
    ]
    p = number(result.get("p"), "p", 0.0, MOST_P)
    evidence = StatisticsEvidence(p, means[0], means[1], means[2], counts[0], counts[1])
    return Inspection(evidence, _detections(result.get("detections"), frame))


def _detections(raw: Any, frame: Frame) -> tuple[Detection, ...]:
    """``[confidence, [xc, yc, w, h]]`` in pixels of the frame sent -> 0..1."""
    if raw is None:
        return ()
    if not isinstance(raw, list) or len(raw) > MAX_DETECTIONS:
        raise bad_answer("detections are not a list")
    return tuple(_detection(item, frame) for item in raw)


def _detection(item: Any, frame: Frame) -> Detection:
    if not isinstance(item, list) or len(item) != 2:
        raise bad_answer("a detection is not a pair")
    confidence = number(item[0], "confidence", 0.0, 1.0)
    return Detection(confidence, *box_of(item[1], frame))


def said(response: Response) -> str:
    """The service's own words for an error."""
    return detail_of(try_json(response).get("error") or f"HTTP {response.status}")
