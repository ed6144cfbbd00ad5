"""Plays the other side of a backend: scripted answers, no network, no clock."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any, Optional, Union

from octoprint_aiwatch.backends.base import (
    Backend,
    ModelLoaded,
    Pixels,
    Published,
    Request,
    Response,
    Wish,
    Withdrawn,
)
from octoprint_aiwatch.backends.gadget import Gadget
from octoprint_aiwatch.backends.kserve import Kserve
from octoprint_aiwatch.backends.obico import Obico
from octoprint_aiwatch.backends.obico_ml import ObicoMl
from octoprint_aiwatch.backends.obico_super import ObicoSuper
from octoprint_aiwatch.core.errors import AiWatchError
from octoprint_aiwatch.core.heatmap import HeatMap
from octoprint_aiwatch.core.settings import Decision, parse
from octoprint_aiwatch.core.values import Frame, Job

Answer = Union[Response, ModelLoaded, HeatMap, Pixels, Published, Withdrawn, AiWatchError]

JPEG = b"\xff\xd8\xff a frame \xff\xd9"
FRAME = Frame(JPEG, 640, 480, "cam")
JOB = Job(1, "job-1", "cube.gcode", "cube.gcode", "local", 0.0, "e" * 32)
PRIMARY = "https://eu.gadget.example/process/abc"
FALLBACK = "https://any.gadget.example/process/abc"
ML_URL = "http://ml.local:3333"
INFERENCE_URL = "http://triton.local:8000"
SMALL = Pixels(2, 1, bytes([1, 2, 3, 4, 5, 6]))
"""A frame shrunk to two pixels."""
CALLBACK = "http://octopi.local:5000"
SHOWN = CALLBACK + "/plugin/aiwatch/frame/"
PUBLISHED = Published(SHOWN + "FRAME-TOKEN.jpg", SHOWN)


def answer(document: Any, status: int = 200, **headers: str) -> Response:
    """A JSON answer; header names are given with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, json.dumps(document).encode("utf-8"))


def raw(body: bytes, status: int = 200) -> Response:
    """An answer that may be anything."""
    return Response(status, {}, body)


class Played:
    """What a generator asked for and how it ended."""

    def __init__(self) -> None:
        self.wishes: list[Wish] = []
        self.value: Any = None
        self.error: Optional[AiWatchError] = None

    @property
    def requests(self) -> list[Request]:
        """Those of its wishes that are for a server."""
        return [wish for wish in self.wishes if isinstance(wish, Request)]

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.requests]


def play(steps: Generator[Wish, Any, Any], *answers: Answer) -> Played:
    """Run a generator against answers, which must be exactly as many as it asks for.

    An error among the answers is thrown in, as the adapter does. An error of our tree
    that comes out is noted; any other exception is the test's failure.
    """
    played = Played()
    left = list(answers)
    try:
        wish = next(steps)
        while True:
            played.wishes.append(wish)
            assert left, f"more wishes than answers: {played.wishes}"
            now = left.pop(0)
            if isinstance(now, AiWatchError):
                wish = steps.throw(now)
            else:
                wish = steps.send(now)
    except StopIteration as stop:
        played.value = stop.value
    except AiWatchError as error:
        played.error = error
    assert not left, f"answers nobody asked for: {left}"
    return played


def failure(played: Played) -> AiWatchError:
    """The error it ended with; there must be one."""
    assert played.error is not None, f"no error but {played.value!r}"
    return played.error


def outcome(played: Played) -> tuple[str, str, float]:
    """How it failed: the step that follows, the code, how long to leave it alone."""
    error = failure(played)
    return error.step, error.code, error.wait_s


def decision(**changes: Any) -> Decision:
    """The default decision settings with changes."""
    tree = {"backend": "gadget", "decision": changes}
    settings, problems = parse(tree, {"gadget": Gadget.fields})
    assert problems == []
    return settings.decision


def make(kind: type[Backend], **values: str) -> Any:
    """A backend with its default fields and these values."""
    untouched = {field.name: field.default for field in kind.fields}
    return kind({**untouched, **values}, decision())


def gadget(**values: str) -> Gadget:
    """A Gadget with a key."""
    made: Gadget = make(Gadget, **{"api_key": "KEY-1234", **values})
    return made


def obico(**values: str) -> Obico:
    """An Obico with credentials and without a partner token."""
    credentials = {"serial_no": "SERIAL-1", "access_token": "TOKEN-1"}
    made: Obico = make(Obico, **{**credentials, **values})
    return made


def obico_super(**values: str) -> ObicoSuper:
    """Obico for partners, with a token and a printer's name."""
    given = {"token": "TOKEN-1", "printer_id": "garage"}
    made: ObicoSuper = make(ObicoSuper, **{**given, **values})
    return made


def kserve(**values: str) -> Kserve:
    """An inference server without a token."""
    made: Kserve = make(Kserve, **{"url": INFERENCE_URL, **values})
    return made


def obico_ml(**values: str) -> ObicoMl:
    """An Obico ML API with its two addresses and without a token."""
    addresses = {"url": ML_URL, "callback_url": CALLBACK}
    made: ObicoMl = make(ObicoMl, **{**addresses, **values})
    return made


CREATED = {
    "ContextId": "abc",
    "ProcessRequestUrl": PRIMARY,
    "FallbackProcessRequestUrl": FALLBACK,
}
PROCESSED = {
    "Score": 12,
    "WarningSuggested": False,
    "PauseSuggested": False,
    "NextProcessIntervalSec": 40,
}
STATS = {
    "ewm_mean": 0.2,
    "rolling_mean_short": 0.1,
    "rolling_mean_long": 0.05,
    "prediction_num": 7,
    "prediction_num_lifetime": 900,
}


def processed(**changes: Any) -> Response:
    """A good answer of Gadget's process call with changes; None takes a name out."""
    document = {**PROCESSED, **changes}
    left = {name: value for name, value in document.items() if value is not None}
    return answer(left)


def predicted(stats: Any = None, **changes: Any) -> Response:
    """A good answer of Obico's predict call with changes."""
    result = {"p": 0.3, "temporal_stats": {**STATS, **(stats or {})}, "detections": []}
    return answer({"result": {**result, **changes}})


def gadget_error(kind: str, status: int = 400, details: str = "Because.") -> Response:
    """The seed's common error object."""
    return answer({"ErrorType": kind, "ErrorDetails": details}, status)
