"""Whatever comes back, a backend ends with a sound value or an error of our tree.

And it never sees a reason to pause in an answer that does not plainly give one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from octoprint_aiwatch.backends.base import (
    PublishFrame,
    Response,
    ShrinkFrame,
    WithdrawFrame,
    Withdrawn,
)
from octoprint_aiwatch.backends.gadget import Context as GadgetContext
from octoprint_aiwatch.backends.kserve import Context as KserveContext
from octoprint_aiwatch.backends.obico import Context as ObicoContext
from octoprint_aiwatch.backends.obico_ml import Context as ObicoMlContext
from octoprint_aiwatch.core.errors import AiWatchError, Retry, Unreachable
from octoprint_aiwatch.core.intervals import MAX_INTERVAL_S
from octoprint_aiwatch.core.temporal import NO_MEMORY, judge
from octoprint_aiwatch.core.tensor_plan import FP32, HEAT, Input, Plan
from octoprint_aiwatch.core.values import FAILURE, Inspection, StatisticsEvidence
from octoprint_aiwatch.core.words import SENTENCES, say
from tests.backends.play import (
    CREATED,
    FALLBACK,
    FRAME,
    JOB,
    PRIMARY,
    PROCESSED,
    PUBLISHED,
    SMALL,
    STATS,
    decision,
    gadget,
    kserve,
    obico,
    obico_ml,
)
from tests.core.sequences import clean_start

MOST_REQUESTS = 3
CLEAN = clean_start(StatisticsEvidence(0.0, 0.0, 0.0, 0.0))

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**300, max_value=10**320)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [
            "OE_INVALID_API_KEY",
            "OE_BAD_ARGS",
            "OE_ARGS_PARSE_FAILED",
            "OE_INTERNAL_ERROR",
            "http://a",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def damaged(document: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A good document with some of its values replaced or taken out."""
    names = st.sampled_from(sorted(document))
    broken = st.dictionaries(names, anything, max_size=3)
    gone = st.sets(names, max_size=1)
    return st.tuples(broken, gone).map(
        lambda both: {
            name: value
            for name, value in {**document, **both[0]}.items()
            if name not in both[1]
        }
    )


flag = st.sampled_from([True, False, True, False, True, "true", 1, None])
flags = st.fixed_dictionaries(
    {
        "Score": st.integers(0, 100) | st.sampled_from([0.5, -1, 101, math.nan, True]),
        "WarningSuggested": flag,
        "PauseSuggested": flag,
        "NextProcessIntervalSec": st.integers() | st.floats() | st.none(),
    }
)
shares = st.floats(0, 1)
means = st.floats(0, 1.2) | st.sampled_from([0.0, 1.1])
RESULT = {"p": 0.1, "temporal_stats": STATS, "detections": [[0.5, [1, 2, 3, 4]]]}
results = st.fixed_dictionaries(
    {
        "p": shares,
        "temporal_stats": st.fixed_dictionaries(dict.fromkeys(STATS, means)),
        "detections": st.lists(
            st.tuples(shares, st.lists(st.floats(), min_size=4, max_size=4)), max_size=3
        ),
    }
) | damaged(RESULT)
errors = st.fixed_dictionaries(
    {"ErrorType": anything, "ErrorDetails": anything, "error": anything}
)
headers = st.dictionaries(
    st.sampled_from(["retry-after", "content-type"]), st.text(max_size=10), max_size=2
)
statuses = st.sampled_from([200, 201, 302, 400, 401, 404, 429, 500]) | st.integers()


def written(document: Any) -> bytes:
    return json.dumps(document).encode("utf-8")


def good(documents: st.SearchStrategy[Any]) -> st.SearchStrategy[Response]:
    """Answers that are nearly what the protocol asks for."""
    return st.builds(Response, st.just(200), headers, documents.map(written))


bad = st.builds(
    Response,
    statuses,
    headers,
    st.binary(max_size=40) | anything.map(written) | errors.map(written),
)
lost = st.sampled_from(
    [
        lambda: Unreachable("refused", sent=False, host="h"),
        lambda: Unreachable("timeout", host="h"),
        lambda: Retry("answer_too_large"),
    ]
)
created = good(damaged(CREATED)) | bad
judged = good(flags) | good(damaged(PROCESSED)) | bad
predicted = good(results.map(lambda inner: {"result": inner})) | bad


pixels = st.floats(-50, 900) | st.floats()
ml_boxes = st.tuples(
    st.just("failure") | anything,
    shares | st.sampled_from([-0.1, 1.1, True, None]),
    st.lists(pixels, min_size=4, max_size=4),
)
ml_judged = (
    good(st.fixed_dictionaries({"detections": st.lists(ml_boxes, max_size=3)}))
    | good(damaged({"detections": [["failure", 0.5, [1, 2, 3, 4]]]}))
    | bad
)


METADATA = {
    "name": "aiwatch",
    "inputs": [{"name": "frame", "datatype": "UINT8", "shape": [-1, 3, -1, -1]}],
    "outputs": [{"name": "heat", "datatype": "FP32", "shape": [-1, 2, -1, -1]}],
}
PLANS = [
    Plan(Input("frame", datatype, None, True, True), kind, kind, "boxes", calibrated)
    for datatype, kind, calibrated in (
        ("UINT8", HEAT, True),
        (FP32, HEAT, False),
        ("UINT8", "score", False),
        (FP32, "boxes", False),
    )
]
output = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["heat", "score", "boxes", "calibration"]) | anything,
        "datatype": st.sampled_from(["FP32", "FP64", "UINT8"]) | anything,
        "shape": st.lists(st.integers(-1, 3), max_size=4) | anything,
    },
    optional={
        "data": st.lists(shares | st.floats(), max_size=12) | anything,
        "parameters": st.fixed_dictionaries({"binary_data_size": st.integers(-1, 40)})
        | anything,
    },
)


def fitting(name: str, *shape: int) -> st.SearchStrategy[dict[str, Any]]:
    """An output whose data is as long as its shape says."""
    count = math.prod(shape)
    values = st.lists(shares | st.floats(), min_size=count, max_size=count)
    return values.map(
        lambda data: {
            "name": name,
            "datatype": "FP32",
            "shape": list(shape),
            "data": data,
        }
    )


outputs = st.lists(output, max_size=4) | st.tuples(
    fitting("heat", 1, 2, 2, 3),
    fitting("calibration", 1, 4),
    fitting("score", 1),
    fitting("boxes", 2, 5),
).map(list)
inferred = good(outputs.map(lambda found: {"outputs": found})) | bad


def scripts(answers: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Answers and lost calls, as many as any backend may ask for."""
    return st.lists(answers | lost, min_size=MOST_REQUESTS, max_size=MOST_REQUESTS)


def end_of(
    steps: Generator[Any, Any, Any], script: list[Any], fetched: bool = True
) -> Any:
    """What the generator returns, or the error of our tree that it raises."""
    try:
        published(steps, next(steps), fetched)
        for one in script:
            wish = steps.send(one) if isinstance(one, Response) else steps.throw(one())
            published(steps, wish, fetched)
    except StopIteration as stop:
        return stop.value
    except AiWatchError as error:
        return error
    raise AssertionError(f"asks for more than {len(script)} answers")


def published(steps: Generator[Any, Any, Any], wish: Any, fetched: bool) -> None:
    """Goes on to the next wish that is for a server: its frame is made ready here."""
    own = {PublishFrame: PUBLISHED, WithdrawFrame: Withdrawn(fetched), ShrinkFrame: SMALL}
    while type(wish) in own:
        wish = steps.send(own[type(wish)])


def check_error(error: AiWatchError) -> None:
    """It can be told to people and be waited for."""
    assert error.code in SENTENCES
    sentence = say(error.code, error.params)
    assert sentence
    assert sentence.encode("utf-8")
    assert error.step in ("retry", "next_frame", "reopen", "ask")
    assert math.isfinite(error.wait_s)
    assert 0 <= error.wait_s <= 3600


def check_inspection(inspection: Inspection) -> None:
    """Every number in it is one, and within its bounds."""
    for value in vars(inspection.evidence).values():
        assert value is None or math.isfinite(value)
    for box in inspection.detections:
        assert all(0 <= value <= 1 for value in vars(box).values())
    wait_s = inspection.next_after_s
    assert wait_s is None or 0 <= wait_s <= MAX_INTERVAL_S
    _, verdict, _ = judge(NO_MEMORY, inspection, 0.0, decision())
    assert verdict.score is not None
    assert 0 <= verdict.score <= 1


def document_of(one: Any) -> Any:
    """What a 200 answer says, {} for anything else."""
    if not isinstance(one, Response) or one.status != 200:
        return {}
    try:
        document = json.loads(one.body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@given(scripts(created))
def test_opening_gadget_ends_with_a_context_or_an_error(script: list[Any]) -> None:
    end = end_of(gadget().open(JOB), script)
    if isinstance(end, AiWatchError):
        check_error(end)
    else:
        assert isinstance(end, GadgetContext)
        assert end.process_url.lower().startswith("https:")
        assert end.fallback_url.lower().startswith("https:")


@given(scripts(judged))
def test_a_frame_for_gadget_ends_with_an_inspection_or_an_error(
    script: list[Any],
) -> None:
    end = end_of(gadget().inspect(FRAME, GadgetContext(PRIMARY, FALLBACK)), script)
    if isinstance(end, AiWatchError):
        check_error(end)
        return
    check_inspection(end)
    if end.evidence.pause:
        said = [document_of(one).get("PauseSuggested") for one in script]
        assert any(value is True for value in said)


@given(judged)
def test_gadget_suggests_a_pause_only_if_a_valid_answer_does(one: Response) -> None:
    end = end_of(gadget().inspect(FRAME, GadgetContext(PRIMARY, FALLBACK)), [one])
    document = document_of(one)
    score = document.get("Score")
    valid = (
        is_number(score)
        and 0 <= score <= 100
        and isinstance(document.get("WarningSuggested"), bool)
        and isinstance(document.get("PauseSuggested"), bool)
    )
    assert isinstance(end, Inspection) is valid
    if valid:
        assert end.evidence.pause is document["PauseSuggested"]
        assert end.evidence.warning is document["WarningSuggested"]


@given(scripts(bad))
def test_opening_obico_ends_with_a_context_or_an_error(script: list[Any]) -> None:
    end = end_of(obico(partner_token="PARTNER-1").open(JOB), script)
    if isinstance(end, AiWatchError):
        check_error(end)
    else:
        assert end == ObicoContext("job-1", "TOKEN-1")
        assert isinstance(script[0], Response)
        assert script[0].status in (200, 201)


@given(scripts(predicted), st.booleans())
def test_a_frame_for_obico_ends_with_an_inspection_or_an_error(
    script: list[Any], partner: bool
) -> None:
    backend = obico(partner_token="PARTNER-1" if partner else "")
    end = end_of(backend.inspect(FRAME, ObicoContext("job-1", "TOKEN-1")), script)
    if isinstance(end, AiWatchError):
        check_error(end)
    else:
        check_inspection(end)


@given(predicted)
@example(Response(200, {}, written({"result": {**RESULT, "p": 1}})))
@example(
    Response(
        200,
        {},
        written({"result": {**RESULT, "temporal_stats": {**STATS, "ewm_mean": 1.1}}}),
    )
)
def test_obico_looks_failed_only_if_valid_means_say_so(one: Response) -> None:
    end = end_of(obico().inspect(FRAME, ObicoContext("job-1", "TOKEN-1")), [one])
    if not isinstance(end, Inspection):
        return
    stats = document_of(one)["result"]["temporal_stats"]
    assert all(is_number(stats[name]) for name in STATS)
    _, verdict, _ = judge(CLEAN, end, 0.0, decision())
    above = stats["ewm_mean"] - stats["rolling_mean_long"]
    assert (verdict.level == FAILURE) is (above > 0.99)


@given(scripts(bad | good(st.just({"detections": []}))))
def test_opening_obico_ml_ends_with_a_context_or_an_error(script: list[Any]) -> None:
    end = end_of(obico_ml(token="TOKEN-1").open(JOB), script)
    if isinstance(end, AiWatchError):
        check_error(end)
    else:
        assert end == ObicoMlContext()


@given(ml_judged | lost, st.booleans())
def test_a_frame_for_obico_ml_ends_with_an_inspection_or_an_error(
    one: Any, fetched: bool
) -> None:
    end = end_of(obico_ml().inspect(FRAME, ObicoMlContext()), [one], fetched)
    if isinstance(end, AiWatchError):
        check_error(end)
        assert "FRAME-TOKEN" not in say(end.code, end.params)
        return
    check_inspection(end)
    assert fetched, "nothing that was judged without our frame is believed"
    boxes = document_of(one)["detections"]
    assert (end.evidence.score == 0) is all(box[1] == 0 for box in boxes)


@given(scripts(bad | good(damaged(METADATA)) | good(st.just(METADATA))))
def test_opening_an_inference_server_ends_with_a_context_or_an_error(
    script: list[Any],
) -> None:
    end = end_of(kserve(token="TOKEN-1").open(JOB), script)
    if isinstance(end, AiWatchError):
        check_error(end)
    else:
        assert isinstance(end, KserveContext)


@given(inferred | lost, st.sampled_from(PLANS), st.booleans(), st.binary(max_size=30))
def test_a_frame_for_an_inference_server_ends_with_an_inspection_or_an_error(
    one: Any, plan: Plan, binary: bool, more: bytes
) -> None:
    if isinstance(one, Response) and more:
        length = {"inference-header-content-length": str(len(one.body))}
        one = Response(one.status, {**one.headers, **length}, one.body + more)
    end = end_of(kserve().inspect(FRAME, KserveContext(plan, binary)), [one])
    if isinstance(end, AiWatchError):
        check_error(end)
    else:
        check_inspection(end)


@pytest.mark.parametrize("depth", range(50, 3000, 37))
def test_an_error_nested_however_deep_is_an_error_like_any_other(depth: int) -> None:
    inner = "[" * depth + "]" * depth
    body = '{"ErrorType": "OE_BAD_ARGS", "ErrorDetails": %s, "error": %s}'
    one = Response(400, {}, (body % (inner, inner)).encode("ascii"))
    for steps in (
        gadget().open(JOB),
        gadget().inspect(FRAME, GadgetContext(PRIMARY, FALLBACK)),
        obico().inspect(FRAME, ObicoContext("job-1", "TOKEN-1")),
        obico_ml().open(JOB),
        obico_ml().inspect(FRAME, ObicoMlContext()),
        kserve().open(JOB),
        kserve().inspect(FRAME, KserveContext(PLANS[0], False)),
    ):
        check_error(end_of(steps, [one]))
