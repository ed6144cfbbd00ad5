"""What every route answers with.

Every refusal has one shape: ``{"error": {"code", "text"}}``.
"""

from __future__ import annotations

from typing import Any

import flask

from ..core.values import Reason
from ..core.words import say
from .tongue import of_request

Answer = tuple[flask.Response, int]


def refuse(code: str, status: int, **params: Any) -> Answer:
    """A refusal in words, in the language of who asks."""
    return refuse_text(code, say(code, params, of_request()), status)


def refuse_value(wrong: Reason) -> Answer:
    """A refusal of a value that cannot be used, with what is wrong with it."""
    detail = say(wrong.code, wrong.params, of_request()).rstrip(".。")
    return refuse("bad_request", 400, detail=detail)


def refuse_text(code: str, text: str, status: int) -> Answer:
    """A refusal whose sentence is already there."""
    return flask.jsonify({"error": {"code": code, "text": text}}), status


def picture(jpeg: bytes) -> flask.Response:
    """A JPEG that nobody may keep or take for something else."""
    response = flask.make_response(jpeg)
    response.headers["Content-Type"] = "image/jpeg"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def body() -> dict[str, Any]:
    """The request's JSON object; an empty one if it is none."""
    try:
        given = flask.request.get_json(silent=True)
    except RecursionError:
        given = None
    return given if isinstance(given, dict) else {}
