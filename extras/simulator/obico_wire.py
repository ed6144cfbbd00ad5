"""Obico's documents for Elegoo partners: answers, errors, and checks of the input.

Pure functions; a check that fails raises `Refused`. Must not remember anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .cloud_base import Refused, jpeg_size
from .http_server import HttpRequest
from .judgement import Box
from .multipart import MultipartError, Part, parse_multipart
from .replies import Reply

PREDICT_PATH = "/ent/partners/api/elegoo/predict/"
TOKEN_PATH = "/ent/partners/api/elegoo/access_token/"
MAX_ID_CHARS = 256
MAX_SERIAL_CHARS = 256
MAX_TOKEN_CHARS = 512
SUPER_PATH = "/ent/partners/api/predict/"
SUPER_FIELDS = ("printer_id", "print_id")
TOO_HOT = "You are running too hot! Take it easy buddy..."
DEVICE_FIELDS = ("serial_no", "access_token", "print_id")


def obico_error(status: int, text: str) -> Reply:
    """The documented error answer."""
    return Reply(status, json={"error": text})


def obico_answer(
    p: float,
    temporal_stats: Mapping[str, float],
    detections: Iterable[tuple[float, tuple[float, float, float, float]]] = (),
) -> Reply:
    """A good answer of the predict call, for scripts; boxes in pixels."""
    boxes = [[confidence, list(box)] for confidence, box in detections]
    result = {"p": p, "temporal_stats": dict(temporal_stats), "detections": boxes}
    return Reply(200, json={"result": result})


def refusal(status: int, text: str) -> Refused:
    """A refusal that is also a violation of the protocol."""
    return Refused(obico_error(status, text), text)


def read_parts(request: HttpRequest) -> list[Part]:
    """The parts of a predict call."""
    if request.method != "POST":
        raise refusal(405, f"Method {request.method} not allowed.")
    try:
        return parse_multipart(request.headers.get("content-type", ""), request.body)
    except MultipartError as error:
        raise refusal(400, f"Malformed form: {error}") from None


def check_id(form: dict[str, str], name: str = "print_id") -> None:
    """An id has to be there and short enough."""
    if not form.get(name):
        raise refusal(400, f"{name} is required")
    if len(form[name]) > MAX_ID_CHARS:
        raise refusal(400, f"{name} is longer than {MAX_ID_CHARS} characters")


def read_img(parts: list[Part]) -> tuple[bytes, tuple[int, int]]:
    """The frame and its width and height."""
    files = [part for part in parts if part.name == "img" and part.filename is not None]
    size = jpeg_size(files[0].data) if len(files) == 1 else None
    if size is None:
        raise refusal(400, "Missing or invalid image")
    return files[0].data, size


def complaints(parts: list[Part], fields: Iterable[str]) -> list[str]:
    """What a forgiving server would overlook."""
    names = sorted(part.name for part in parts)
    if names == sorted((*fields, "img")):
        return []
    return [f"predict: the parts are {names}"]


def in_pixels(
    box: Box, size: tuple[int, int]
) -> tuple[float, tuple[float, float, float, float]]:
    """A judge's box, 0 to 1, as the API gives it: in pixels of the frame sent."""
    confidence, xc, yc, w, h = box
    width, height = size
    return confidence, (xc * width, yc * height, w * width, h * height)


def read_token_body(request: HttpRequest) -> dict[str, Any]:
    """The three checked values of an access-token call."""
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict) or any(
        body.get(name) in (None, "")
        for name in ("serial_no", "access_token", "expire_in")
    ):
        raise refusal(400, "serial_no, access_token, and expire_in are required")
    if type(body["expire_in"]) is not int or body["expire_in"] <= 0:
        raise refusal(400, "expire_in must be an integer number of seconds")
    limits = {"serial_no": MAX_SERIAL_CHARS, "access_token": MAX_TOKEN_CHARS}
    for name, limit in limits.items():
        if not isinstance(body[name], str) or len(body[name]) > limit:
            raise refusal(400, f"{name} must be text of at most {limit} characters")
    return body
