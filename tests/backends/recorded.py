"""Recorded calls: what a backend asks for, what comes back, what follows.

They were written after the services' and the detector's documents; ``source`` says
which. A service's call has an HTTP request and an HTTP response. A call to the detector
process has ``load`` (a model) or ``judge`` (a frame) for its request, and for its
response a ``calibration``, a ``heat`` map or the error it ``raises``. A call of several
steps has lists of requests and of responses. Where ``fetched`` says whether a service
fetched the frame, it was published before the call and withdrawn after it; where
``shrunk`` stands, the frame was made two pixels large first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Union

import pytest

from octoprint_aiwatch.backends import REGISTRY
from octoprint_aiwatch.backends.base import (
    JudgeFrame,
    LoadModel,
    ModelLoaded,
    PublishFrame,
    Request,
    Response,
    ShrinkFrame,
    Wish,
    WithdrawFrame,
    Withdrawn,
)
from octoprint_aiwatch.core.errors import AiWatchError, Ask, NextFrame, Retry
from octoprint_aiwatch.core.heatmap import Calibration, HeatMap
from tests.backends.play import (
    FRAME,
    JOB,
    JPEG,
    PUBLISHED,
    SMALL,
    Answer,
    Played,
    failure,
    make,
    play,
)

FIXTURES = Path(__file__).parents[1] / "fixtures"
ERRORS: dict[str, type[AiWatchError]] = {
    kind.step: kind for kind in (Retry, NextFrame, Ask)
}


def fixtures_of(key: str, folder: Path = FIXTURES) -> dict[str, Any]:
    """A backend's recorded calls by name."""
    return dict(_read(folder / key))


@cache
def _read(folder: Path) -> dict[str, Any]:
    # Hundreds of tests ask for them at every call of a whole print.
    files = sorted(folder.glob("*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


CASES = [(key, name) for key in REGISTRY for name in fixtures_of(key)]


def lacking(keys: Iterable[str], folder: Path = FIXTURES) -> list[str]:
    """Backends without a recorded judgement or without a recorded error."""
    found = []
    for key in keys:
        cases = fixtures_of(key, folder)
        judged = [case for case in cases.values() if "inspection" in case["expect"]]
        errors = [case for case in cases.values() if "error" in case["expect"]]
        if not judged or not errors:
            found.append(key)
    return found


def answers_of(case: Any) -> list[Answer]:
    """What came back, in order."""
    found = [_answer_of(recorded) for recorded in _listed(case["response"])]
    if "fetched" in case:
        return [PUBLISHED, *found, Withdrawn(case["fetched"])]
    return [SMALL, *found] if case.get("shrunk") else found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _answer_of(recorded: Any) -> Answer:
    if "raises" in recorded:
        raised = dict(recorded["raises"])
        return ERRORS[raised.pop("step")](raised.pop("code"), **raised)
    if "calibration" in recorded:
        return ModelLoaded(Calibration(**recorded["calibration"]))
    if "heat" in recorded:
        lines = recorded["heat"]
        values = tuple(float(value) for line in lines for value in line)
        return HeatMap(len(lines), len(lines[0]), values)
    return _response_of(recorded)


def _response_of(recorded: Any) -> Response:
    if "body" in recorded:
        body = recorded["body"].encode("utf-8")
    elif "latin1" in recorded:
        body = recorded["latin1"].encode("latin-1")
    else:
        body = json.dumps(recorded["json"]).encode("utf-8")
    return Response(recorded["status"], recorded["headers"], body)


def replay(key: str, case: Any) -> Played:
    """Play a recorded call to the backend."""
    backend = make(REGISTRY[key], **case["values"])
    first = _listed(case["request"])[0]
    if first["call"] == "open":
        return play(backend.open(JOB), *answers_of(case))
    before = first.get("opened_by")
    answers = answers_of(fixtures_of(key)[before]) if before else []
    context = play(backend.open(JOB), *answers).value
    return play(backend.inspect(FRAME, context), *answers_of(case))


def expected_requests(case: Any) -> list[dict[str, Any]]:
    """The requests of a fixture, with what they leave out."""
    return [_expected(request) for request in _listed(case["request"])]


def requests_of(played: Played) -> list[dict[str, Any]]:
    """What a backend asked for, but for what happens to its frame here."""
    own = (PublishFrame, ShrinkFrame, WithdrawFrame)
    return [as_data(wish) for wish in played.wishes if not isinstance(wish, own)]


def _expected(request: dict[str, Any]) -> dict[str, Any]:
    written = dict(request)
    for bookkeeping in ("call", "opened_by"):
        written.pop(bookkeeping, None)
    if "method" not in written:
        return written
    empty: dict[str, Any] = {"headers": {}, "form": {}, "json": None, "files": []}
    return {**empty, "body": None, **written}


def as_data(wish: Wish) -> dict[str, Any]:
    """What a backend asked for as a fixture has it; the frame is always the same one."""
    if isinstance(wish, LoadModel):
        return {"load": vars(wish)}
    if isinstance(wish, JudgeFrame):
        assert wish.frame == FRAME
        return {"judge": "the frame"}
    return _request_as_data(wish)


def _request_as_data(request: Request) -> dict[str, Any]:
    files = [
        {"name": part.name, "filename": part.filename, "content_type": part.content_type}
        for part in request.files
    ]
    assert all(part.content == JPEG for part in request.files)
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "form": dict(request.form),
        "json": None if request.json is None else dict(request.json),
        "files": files,
        "body": None if request.body is None else request.body.decode("latin-1"),
    }


def result_of(played: Played, expected: Any) -> Any:
    """How a call ended, in the words of the fixture's ``expect``."""
    if "error" in expected:
        error = failure(played)
        return {
            "error": {
                "step": error.step,
                "code": error.code,
                "params": error.params,
                "wait_s": error.wait_s,
            }
        }
    assert played.error is None
    if "context" in expected:
        context = vars(played.value)
        return {"context": {name: _plain(context[name]) for name in expected["context"]}}
    evidence = vars(played.value.evidence)
    return {
        "inspection": {
            "evidence": {name: _about(value) for name, value in evidence.items()},
            "detections": [
                {name: _about(value) for name, value in vars(box).items()}
                for box in played.value.detections
            ],
            "next_after_s": played.value.next_after_s,
        }
    }


def _plain(value: Any) -> Any:
    return vars(value) if isinstance(value, Calibration) else value


def _about(value: Union[float, bool, None]) -> Any:
    return pytest.approx(value) if isinstance(value, float) else value
