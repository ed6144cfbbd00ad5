"""The ML API's documents: answers and errors, and boxes as its variants write them.

Pure functions. Must not remember anything.
"""

from __future__ import annotations

from typing import Any

from .judgement import Box
from .replies import Reply

JUDGE_PATH = "/p/"
HEALTH_PATH = "/hc/"
UNAUTHORISED = Reply(401)
"""Without a body."""
NO_SUCH_PAGE = Reply(404, body=b"<h1>Not Found</h1>")
FAILED = Reply(500, body=b"<h1>Internal Server Error</h1>")


def ml_answer(*detections: list[Any]) -> Reply:
    """A good answer, for scripts; see :func:`detection`."""
    return Reply(200, json={"detections": list(detections)})


def detection(box: Box, size: tuple[int, int], is_onnx: bool = False) -> list[Any]:
    """A judge's box, 0 to 1, as the API gives it: label first, then pixels."""
    confidence, xc, yc, w, h = box
    width, height = size
    tall = h * (width if is_onnx else height)
    return ["failure", confidence, [xc * width, yc * height, w * width, tall]]


def failed_to_get(address: str, why: str) -> Reply:
    """It repeats the address that it was told, token and all."""
    text = f"Failed to get image ImmutableMultiDict([('img', '{address}')]) - {why}"
    return Reply(400, json={"detections": [], "message": text})


def invalid_request(is_first: bool) -> Reply:
    """No address at all; the first versions take that for a frame without boxes."""
    if is_first:
        return ml_answer()
    text = "Invalid request params: ImmutableMultiDict([])"
    return Reply(422, json={"detections": [], "message": text})
