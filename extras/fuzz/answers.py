"""The backends' decoders: whatever a service answers, it is a sound inspection or an
error of our tree, and a pause only follows from a valid document that asks for it.

What asks for a pause: Gadget's flag ``PauseSuggested``, together with a valid score and
the other flag. Obico's means, the short-lived one standing above the long one, or ``p``
being high. From ``obico_ml`` boxes whose confidences add up, in an answer to a frame that
was really fetched. From an inference server a score, a box or hot cells. Every one of
them is looked for in the raw answer here, by code that shares nothing with the decoder;
statistics and scores must go on saying so for half an hour.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Generator
from functools import cache
from pathlib import Path
from typing import Any

from octoprint_aiwatch import backends
from octoprint_aiwatch.backends import gadget, kserve, obico, obico_ml
from octoprint_aiwatch.backends.base import (
    Pixels,
    Published,
    PublishFrame,
    Response,
    ShrinkFrame,
    WithdrawFrame,
    Withdrawn,
)
from octoprint_aiwatch.core.errors import AiWatchError
from octoprint_aiwatch.core.settings import defaults, parse
from octoprint_aiwatch.core.temporal import NO_MEMORY, judge
from octoprint_aiwatch.core.tensor_plan import Input, Plan
from octoprint_aiwatch.core.values import FAILURE, Frame, Inspection, Job
from octoprint_aiwatch.core.words import SENTENCES, say

from .material import Source, seeds_of, text_of

FIXTURES = Path(__file__).parents[2] / "tests" / "fixtures"
FIELDS = backends.fields()
SETTINGS, _ = parse(defaults(FIELDS), FIELDS)
DECISION = SETTINGS.decision
FRAME = Frame(b"\xff\xd8\xff frame \xff\xd9", 640, 480, "cam")
JOB = Job(1, "job-1", "cube.gcode", "cube.gcode", "local", 0.0, "e" * 32)
HTTPS = "https://service.example"
LOCAL = "http://server.local:8000"
VALUES = {
    "gadget": {"url": HTTPS, "api_key": "KEY-1234"},
    "obico": {
        "url": HTTPS,
        "serial_no": "SERIAL-1",
        "access_token": "TOKEN-1",
        "partner_token": "PARTNER-1",
    },
    "obico_super": {"url": HTTPS, "token": "TOKEN-1", "printer_id": "garage"},
    "obico_ml": {"url": LOCAL, "token": "TOKEN-1", "callback_url": LOCAL},
    "kserve": {"url": LOCAL, "model": "aiwatch", "token": "TOKEN-1"},
}
STATUSES = (200, 200, 200, 200, 201, 302, 400, 401, 402, 404, 422, 429, 500, 503)
SMALL = Pixels(2, 1, bytes(6))
MOST_ANSWERS = 4
AGAIN_S, AGAIN = 60.0, 30
"""The same answer to frame after frame, for half an hour."""
LEAST = 0.2
"""No threshold of ours for a failure, at any confidence, is below this."""


class Finding(AssertionError):
    """What must never happen."""


def expect(is_so: bool, what: str) -> None:
    """A property."""
    if not is_so:
        raise Finding(what)


@cache
def recorded(key: str, call: str) -> tuple[Any, ...]:
    """Documents that a service answered to a call, from the backend's fixtures."""
    found = []
    for file in sorted((FIXTURES / key).glob("*.json")):
        case = json.loads(file.read_text("utf-8"))
        requests, answers = case["request"], case["response"]
        requests = requests if isinstance(requests, list) else [requests]
        answers = answers if isinstance(answers, list) else [answers]
        if requests[0]["call"] == call:
            found += [one["json"] for one in answers if "json" in one]
    return tuple(found)


def answer(source: Source, documents: tuple[Any, ...]) -> Response:
    """An HTTP answer."""
    status = source.pick(STATUSES)
    wait = source.byte()
    headers = {"retry-after": str(wait * wait)} if wait % 2 else {}
    return Response(status, headers, text_of(source, documents))


def seeds(key: str, *calls: str) -> list[bytes]:
    """Each recorded document, as a good answer and as a refusal."""
    documents = [one for call in calls for one in recorded(key, call)]
    return seeds_of(documents, b"\x00\x00", b"\x06\x03", b"\x0c\x00")


def played(
    steps: Generator[Any, Any, Any], response: Response, fetched: bool = True
) -> Any:
    """What a backend makes of one answer to all it asks: a value or an error."""
    own = {
        PublishFrame: Published(LOCAL + "/frame/TOKEN.jpg", LOCAL),
        WithdrawFrame: Withdrawn(fetched),
        ShrinkFrame: SMALL,
    }
    asked = 0
    try:
        wish = next(steps)
        while True:
            mine = own.get(type(wish))
            asked += mine is None
            expect(asked <= MOST_ANSWERS, "asks for ever")
            wish = steps.send(response if mine is None else mine)
    except StopIteration as stop:
        return stop.value
    except AiWatchError as error:
        check_error(error)
        return error


def check_error(error: AiWatchError) -> None:
    """It can be told to people, and waited for."""
    expect(error.code in SENTENCES, f"no sentence for {error.code}")
    sentence = say(error.code, error.params)
    sentence.encode("utf-8")
    expect(len(sentence) < 2000, "a sentence without end")
    for secret in ("KEY-1234", "TOKEN-1", "PARTNER-1"):
        expect(secret not in sentence, "a secret in a sentence")
    expect(0 <= error.wait_s <= 3600, "waits too long")


def check_inspection(inspection: Any) -> None:
    """Every number is one, and within its bounds."""
    expect(isinstance(inspection, Inspection), "neither an error nor an inspection")
    for value in vars(inspection.evidence).values():
        expect(value is None or math.isfinite(value), "evidence that is no number")
    expect(len(inspection.detections) <= 1000, "too many boxes")
    for box in inspection.detections:
        sound = all(0 <= value <= 1 for value in vars(box).values())
        expect(sound, "a box outside the frame")


def pauses(inspection: Inspection) -> bool:
    """Whether this answer, given again and again, would pause a print."""
    memory = NO_MEMORY
    for number in range(AGAIN):
        memory, verdict, _ = judge(memory, inspection, number * AGAIN_S, DECISION)
        if verdict.score is not None:
            expect(0 <= verdict.score <= 1, "a score off the gauge")
        if verdict.level == FAILURE:
            return True
    return False


def inspected(end: Any, says_so: Callable[[], bool]) -> None:
    """An inspection is sound, and pauses only if the raw answer says so."""
    if isinstance(end, AiWatchError):
        return
    check_inspection(end)
    if pauses(end):
        expect(says_so(), "would pause without being told to")


def raw(response: Response) -> Any:
    """A 200 answer's document."""
    expect(response.status == 200, "an answer that is none was believed")
    return json.loads(response.body)


def is_number(value: Any, low: float = -math.inf, high: float = math.inf) -> bool:
    """A JSON number within bounds."""
    fits = isinstance(value, (int, float)) and not isinstance(value, bool)
    return fits and abs(value) < 1e308 and low <= value <= high


def backend(key: str) -> Any:
    """With credentials."""
    kind = backends.REGISTRY[key]
    untouched = {field.name: field.default for field in kind.fields}
    return kind({**untouched, **(VALUES.get(key) or recorded_values(key))}, DECISION)


def recorded_values(key: str) -> dict[str, Any]:
    """The settings of a recorded call."""
    file = min((FIXTURES / key).glob("ok-*.json"))
    return dict(json.loads(file.read_text("utf-8"))["values"])


def any_inspect(key: str, data: bytes) -> None:
    """What holds of every backend; a target of its own knows what asks for a pause."""
    source = Source(data)
    documents = recorded(key, "inspect")
    opened = answer(source, recorded(key, "open") or documents)
    response = answer(source, documents)
    context = played(backend(key).open(JOB), opened)
    if not isinstance(context, AiWatchError):
        end = played(backend(key).inspect(FRAME, context), response)
        inspected(end, lambda: response.status == 200)


# -- one target each ------------------------------------------------------------------


def gadget_open(data: bytes) -> None:
    """Gadget's addresses are ones that the key may go to."""
    response = answer(Source(data), recorded("gadget", "open"))
    end = played(backend("gadget").open(JOB), response)
    if not isinstance(end, AiWatchError):
        for url in (end.process_url, end.fallback_url):
            expect(url.lower().startswith("https:"), "the key would go out unprotected")
        expect(raw(response)["ProcessRequestUrl"] == end.process_url, "another address")


def gadget_inspect(data: bytes) -> None:
    """Gadget pauses only by its flag, in a document that is valid otherwise, too."""
    response = answer(Source(data), recorded("gadget", "inspect"))
    context = gadget.Context(HTTPS + "/1", HTTPS + "/2")
    end = played(backend("gadget").inspect(FRAME, context), response)

    def says_so() -> bool:
        document = raw(response)
        return (
            document["PauseSuggested"] is True
            and isinstance(document["WarningSuggested"], bool)
            and is_number(document["Score"], 0, 100)
        )

    inspected(end, says_so)


def statistics_say_so(response: Response) -> bool:
    """Obico's numbers are numbers, and one of them is high."""
    result = raw(response)["result"]
    stats = result["temporal_stats"]
    names = ("ewm_mean", "rolling_mean_short", "rolling_mean_long")
    valid = is_number(result["p"], 0) and all(is_number(stats[name]) for name in names)
    above = stats["ewm_mean"] - stats["rolling_mean_long"]
    return valid and (result["p"] >= LEAST or above >= DECISION.none_below)


def obico_inspect(data: bytes) -> None:
    """Obico pauses only by high numbers."""
    response = answer(Source(data), recorded("obico", "inspect"))
    context = obico.Context("job-1", "TOKEN-1")
    end = played(backend("obico").inspect(FRAME, context), response)
    inspected(end, lambda: statistics_say_so(response))


def obico_token(data: bytes) -> None:
    """Obico's answer to a token opens the print or says why not."""
    response = answer(Source(data), recorded("obico", "open"))
    end = played(backend("obico").open(JOB), response)
    if not isinstance(end, AiWatchError):
        expect(response.status in (200, 201), "a refusal was taken for consent")


def obico_super_inspect(data: bytes) -> None:
    """The partners' API pauses only by high numbers."""
    response = answer(Source(data), recorded("obico_super", "inspect"))
    end = played(backend("obico_super").inspect(FRAME, "job-1"), response)
    inspected(end, lambda: statistics_say_so(response))


def obico_ml_open(data: bytes) -> None:
    """The container's health is an answer or an error."""
    played(
        backend("obico_ml").open(JOB),
        answer(Source(data), recorded("obico_ml", "open")),
    )


def obico_ml_inspect(data: bytes) -> None:
    """Boxes count only if they are boxes, and if the frame was fetched."""
    source = Source(data)
    fetched = source.byte() % 4 != 3
    response = answer(source, recorded("obico_ml", "inspect"))
    steps = backend("obico_ml").inspect(FRAME, obico_ml.Context())
    end = played(steps, response, fetched)
    if not isinstance(end, AiWatchError):
        expect(fetched, "judged without our frame")

    def says_so() -> bool:
        boxes = raw(response)["detections"]
        return sum(box[1] for box in boxes if is_number(box[1], 0, 1)) >= LEAST

    inspected(end, says_so)


PLANS = tuple(
    Plan(Input("frame", datatype, None, True, True), kind, kind, "boxes", calibrated)
    for datatype, kind, calibrated in (
        ("UINT8", "heat", True),
        ("FP32", "heat", False),
        ("UINT8", "score", False),
        ("FP32", "boxes", False),
    )
)
HEAT = [-3.0, -2.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0]
INFERRED = (
    {
        "outputs": [
            {"name": "heat", "datatype": "FP32", "shape": [1, 1, 3, 3], "data": HEAT},
            {
                "name": "calibration",
                "datatype": "FP32",
                "shape": [4],
                "data": [2.0, 1.0, 0.7, 0.5],
            },
            {"name": "score", "datatype": "FP32", "shape": [1, 1], "data": [0.8]},
            {
                "name": "boxes",
                "datatype": "FP64",
                "shape": [1, 1, 5],
                "data": [[[0.9, 0.5, 0.5, 0.1, 0.2]]],
            },
        ]
    },
)
PACKED = (
    {
        "outputs": [
            {
                "name": "heat",
                "datatype": "FP32",
                "shape": [1, 1, 3, 3],
                "parameters": {"binary_data_size": 36},
            },
            {
                "name": "calibration",
                "datatype": "FP64",
                "shape": [4],
                "parameters": {"binary_data_size": 32},
            },
            {
                "name": "score",
                "datatype": "FP16",
                "shape": [1],
                "parameters": {"binary_data_size": 2},
            },
            {
                "name": "boxes",
                "datatype": "FP32",
                "shape": [1, 5],
                "parameters": {"binary_data_size": 20},
            },
        ]
    },
)
PACKED_BYTES = (
    struct.pack("<9f", *HEAT)
    + struct.pack("<4d", 2.0, 1.0, 0.7, 0.5)
    + struct.pack("<e", 0.8)
    + struct.pack("<5f", 0.9, 0.5, 0.5, 0.1, 0.2)
)


def kserve_open(data: bytes) -> None:
    """A model's description is one that we can use, or an error says so."""
    response = answer(Source(data), recorded("kserve", "open"))
    played(backend("kserve").open(JOB), response)


def flat(values: Any) -> list[Any]:
    """Nested lists as one."""
    if not isinstance(values, list):
        return [values]
    return [one for inner in values for one in flat(inner)]


def kserve_json(data: bytes) -> None:
    """Tensors as JSON."""
    source = Source(data)
    plan = source.pick(PLANS)
    response = answer(source, (*INFERRED, *recorded("kserve", "inspect")))
    context = kserve.Context(plan, False)
    end = played(backend("kserve").inspect(FRAME, context), response)

    def says_so() -> bool:
        given = {one["name"]: one.get("data") for one in raw(response)["outputs"]}
        values = [one for one in flat(given.get(plan.output)) if is_number(one)]
        # What is hot in a heat map depends on its calibration; it is not cold throughout.
        low = min(values, default=0.0)
        even = plan.calibrated and given.get("calibration")
        return bool(values) and (max(values) >= LEAST or (bool(even) and low < 0.0))

    inspected(end, says_so)


def kserve_binary(data: bytes) -> None:
    """Tensors as bytes behind the JSON."""
    source = Source(data)
    plan = source.pick(PLANS)
    cut = source.byte()
    head = text_of(source, PACKED) if cut % 2 else json.dumps(PACKED[0]).encode()
    rest = source.rest()
    tail = PACKED_BYTES if cut % 4 >= 2 else rest
    headers = {"inference-header-content-length": str(len(head) + (cut // 128))}
    response = Response(200, headers, head + tail)
    context = kserve.Context(plan, True)
    end = played(backend("kserve").inspect(FRAME, context), response)
    inspected(end, lambda: len(tail) > 0 or b"data" in head)
