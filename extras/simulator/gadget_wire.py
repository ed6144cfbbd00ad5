"""Gadget's documents: answers, errors, and the checks of what a client sends.

Pure functions; a check that fails raises `Refused`. Must not remember anything.
"""

from __future__ import annotations

import json
from typing import Any, Optional

from .cloud_base import Refused, jpeg_size
from .http_server import HttpRequest
from .multipart import MultipartError, Part, parse_multipart
from .replies import Reply

CREATE_PATH = "/api/gadget/v1/createcontext"
PROCESS_PATH = "/api/gadget/v1/process/"
LEVELS = ("WarningConfidenceLevel", "PauseConfidenceLevel")
DEFAULT_LEVEL = 3

#: The documentation fixes the types; of the status only that it is not 200.
STATUS_OF = {
    "OE_BAD_ARGS": 400,
    "OE_ARGS_PARSE_FAILED": 400,
    "OE_IMAGE_DECODE_FAILED": 400,
    "OE_INVALID_API_KEY": 401,
    "OE_API_KEY_BLOCKED_PAYMENT_FAILED": 402,
    "OE_CONTEXT_RATE_LIMITED": 429,
    "OE_INTERNAL_ERROR": 500,
    "OE_BACKEND_THROTTLED": 503,
}
#: After these the fallback URL would answer the same.
CLIENTS_OWN_FAULT = frozenset(
    (
        "OE_BAD_ARGS",
        "OE_ARGS_PARSE_FAILED",
        "OE_IMAGE_DECODE_FAILED",
        "OE_INVALID_API_KEY",
        "OE_API_KEY_BLOCKED_PAYMENT_FAILED",
    )
)


def gadget_error(
    error_type: str, details: str = "Simulated.", status: Optional[int] = None
) -> Reply:
    """The documented error answer of one type."""
    code = STATUS_OF[error_type] if status is None else status
    return Reply(code, json={"ErrorType": error_type, "ErrorDetails": details})


def gadget_answer(
    score: int,
    warning: bool = False,
    pause: bool = False,
    interval_s: int = 40,
    quality: Optional[int] = None,
) -> Reply:
    """A good answer of the process call."""
    document: dict[str, Any] = {
        "Score": score,
        "WarningSuggested": warning,
        "PauseSuggested": pause,
        "NextProcessIntervalSec": interval_s,
    }
    if quality is not None:
        document["PrintQuality"] = quality
    return Reply(200, json=document)


def refusal(text: str, error_type: str, status: Optional[int] = None) -> Refused:
    """A refusal that is also a violation of the protocol."""
    return Refused(gadget_error(error_type, text, status), text)


def is_own_fault(document: Any) -> bool:
    """Whether an answer is an error that the client has caused."""
    return isinstance(document, dict) and document.get("ErrorType") in CLIENTS_OWN_FAULT


def check_post(request: HttpRequest) -> None:
    """Everything in this API is a POST."""
    if request.method != "POST":
        raise refusal(f"{request.path}: method {request.method}", "OE_BAD_ARGS", 405)


def read_levels(request: HttpRequest) -> tuple[tuple[int, int], list[str]]:
    """The two confidence levels of createcontext, and what is odd about the body."""
    complaints = []
    content_type = request.headers.get("content-type", "")
    if content_type.split(";")[0].strip().lower() != "application/json":
        complaints.append(f"createcontext: the content type is {content_type!r}")
    try:
        body = json.loads(request.body)
    except ValueError:
        raise refusal("createcontext: no JSON", "OE_ARGS_PARSE_FAILED") from None
    if not isinstance(body, dict):
        raise refusal("createcontext: no JSON object", "OE_ARGS_PARSE_FAILED")
    for name in sorted(set(body) - set(LEVELS)):
        complaints.append(f"createcontext: unknown argument {name}")
    return (_level(body, LEVELS[0]), _level(body, LEVELS[1])), complaints


def _level(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if value is None:
        return DEFAULT_LEVEL
    if type(value) is not int or not 1 <= value <= 5:
        raise refusal(f"createcontext: {name} is {value!r}", "OE_BAD_ARGS")
    return value


def read_parts(request: HttpRequest) -> list[Part]:
    """The parts of a process call."""
    try:
        return parse_multipart(request.headers.get("content-type", ""), request.body)
    except MultipartError as error:
        raise refusal(f"process: {error}", "OE_BAD_ARGS") from None


def read_jpeg(parts: list[Part]) -> tuple[bytes, list[str]]:
    """The frame of a process call, and what is odd about its part."""
    names = [part.name for part in parts]
    if names != ["attachment"]:
        raise refusal(f"process: the parts are {names}", "OE_BAD_ARGS")
    complaints = []
    if parts[0].filename != "snapshot":
        complaints.append(f"process: the file name is {parts[0].filename!r}")
    if jpeg_size(parts[0].data) is None:
        raise refusal("process: no decodable JPEG", "OE_IMAGE_DECODE_FAILED")
    return parts[0].data, complaints
