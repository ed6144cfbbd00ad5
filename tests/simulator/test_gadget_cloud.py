"""The simulated Gadget cloud keeps to its documentation and notices who does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

import pytest
import requests
from simulator.clouds import (
    GadgetCloud,
    Reply,
    ScriptedJudge,
    gadget_answer,
    gadget_error,
)

LEVELS = {"WarningConfidenceLevel": 2, "PauseConfidenceLevel": None}


def create(
    cloud: GadgetCloud, body: Any = LEVELS, key: Optional[str] = "good", **more: Any
) -> requests.Response:
    headers = {} if key is None else {"X-API-Key": key}
    url = cloud.url + "/api/gadget/v1/createcontext"
    if "data" in more:
        return requests.post(url, headers=headers, timeout=5, **more)
    return requests.post(url, headers=headers, json=body, timeout=5)


def process(url: str, jpeg: bytes, key: str = "good", **more: Any) -> requests.Response:
    files = more.pop("files", {"attachment": ("snapshot", jpeg)})
    headers = {"X-API-Key": key}
    return requests.post(url, headers=headers, files=files, timeout=5, **more)


def urls(cloud: GadgetCloud, key: str = "good") -> dict[str, str]:
    return create(cloud, key=key).json()


def error_of(answer: requests.Response) -> str:
    assert answer.status_code != 200
    assert isinstance(answer.json()["ErrorDetails"], str)
    return answer.json()["ErrorType"]


def test_a_context_comes_with_its_id_and_two_urls_on_different_servers(
    gadget: GadgetCloud,
) -> None:
    document = urls(gadget)
    assert set(document) == {
        "ContextId",
        "ProcessRequestUrl",
        "FallbackProcessRequestUrl",
    }
    assert document["ProcessRequestUrl"].startswith(gadget.url)
    assert document["FallbackProcessRequestUrl"].startswith(gadget.fallback_url)
    assert gadget.url != gadget.fallback_url


def test_the_confidence_levels_reach_the_context(gadget: GadgetCloud) -> None:
    context = gadget.contexts[urls(gadget)["ContextId"]]
    assert (context.warning_level, context.pause_level) == (2, 3)


def test_a_good_answer_has_the_documented_types(gadget: GadgetCloud, jpeg: bytes) -> None:
    answer = process(urls(gadget)["ProcessRequestUrl"], jpeg)
    document = answer.json()
    assert answer.status_code == 200
    assert {name: type(value) for name, value in document.items()} == {
        "Score": int,
        "WarningSuggested": bool,
        "PauseSuggested": bool,
        "NextProcessIntervalSec": int,
        "PrintQuality": int,
    }
    assert gadget.violations == []


def test_print_quality_can_be_left_out(gadget: GadgetCloud, jpeg: bytes) -> None:
    gadget.print_quality = False
    document = process(urls(gadget)["ProcessRequestUrl"], jpeg).json()
    assert "PrintQuality" not in document


@pytest.mark.parametrize("key", [None, "", "wrong"])
def test_a_missing_or_wrong_key_is_refused(
    gadget: GadgetCloud, key: Optional[str]
) -> None:
    assert error_of(create(gadget, key=key)) == "OE_INVALID_API_KEY"


def test_a_wrong_key_is_refused_when_processing(gadget: GadgetCloud, jpeg: bytes) -> None:
    answer = process(urls(gadget)["ProcessRequestUrl"], jpeg, key="wrong")
    assert error_of(answer) == "OE_INVALID_API_KEY"


def test_an_unpaid_account_can_create_but_not_process(
    gadget: GadgetCloud, jpeg: bytes
) -> None:
    document = urls(gadget, key="poor")
    answer = process(document["ProcessRequestUrl"], jpeg, key="poor")
    assert error_of(answer) == "OE_API_KEY_BLOCKED_PAYMENT_FAILED"


@pytest.mark.parametrize("level", [0, 6, "3", 2.0, True])
def test_a_confidence_level_outside_1_to_5_is_a_bad_argument(
    gadget: GadgetCloud, level: Any
) -> None:
    answer = create(gadget, {**LEVELS, "PauseConfidenceLevel": level})
    assert error_of(answer) == "OE_BAD_ARGS"
    assert len(gadget.violations) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[1]"])
def test_a_body_that_is_no_json_object_cannot_be_parsed(
    gadget: GadgetCloud, body: bytes
) -> None:
    assert error_of(create(gadget, data=body)) == "OE_ARGS_PARSE_FAILED"


def test_bytes_that_are_no_jpeg_cannot_be_decoded(gadget: GadgetCloud) -> None:
    answer = process(urls(gadget)["ProcessRequestUrl"], b"<html>")
    assert error_of(answer) == "OE_IMAGE_DECODE_FAILED"


def test_half_a_jpeg_cannot_be_decoded(gadget: GadgetCloud, jpeg: bytes) -> None:
    answer = process(urls(gadget)["ProcessRequestUrl"], jpeg[: len(jpeg) // 2])
    assert error_of(answer) == "OE_IMAGE_DECODE_FAILED"


def test_another_part_name_is_a_bad_argument(gadget: GadgetCloud, jpeg: bytes) -> None:
    files = {"image": ("snapshot", jpeg)}
    answer = process(urls(gadget)["ProcessRequestUrl"], jpeg, files=files)
    assert error_of(answer) == "OE_BAD_ARGS"


def test_a_second_part_is_a_bad_argument(gadget: GadgetCloud, jpeg: bytes) -> None:
    answer = process(urls(gadget)["ProcessRequestUrl"], jpeg, data={"context": "x"})
    assert error_of(answer) == "OE_BAD_ARGS"


def test_another_file_name_is_answered_but_noted(
    gadget: GadgetCloud, jpeg: bytes
) -> None:
    files = {"attachment": ("frame.jpg", jpeg)}
    answer = process(urls(gadget)["ProcessRequestUrl"], jpeg, files=files)
    assert answer.status_code == 200
    assert "frame.jpg" in gadget.violations[0]


def test_a_call_before_the_interval_is_over_is_limited_and_noted(
    gadget: GadgetCloud, jpeg: bytes
) -> None:
    url = urls(gadget)["ProcessRequestUrl"]
    process(url, jpeg)
    assert error_of(process(url, jpeg)) == "OE_CONTEXT_RATE_LIMITED"
    assert "NextProcessIntervalSec" in gadget.violations[0]


def test_the_interval_counts_for_the_fallback_url_too(
    gadget: GadgetCloud, jpeg: bytes
) -> None:
    document = urls(gadget)
    process(document["ProcessRequestUrl"], jpeg)
    gadget.stop_primary()
    answer = process(document["FallbackProcessRequestUrl"], jpeg)
    assert error_of(answer) == "OE_CONTEXT_RATE_LIMITED"


def test_the_interval_of_one_context_does_not_bind_another(
    gadget: GadgetCloud, jpeg: bytes
) -> None:
    process(urls(gadget)["ProcessRequestUrl"], jpeg)
    assert process(urls(gadget)["ProcessRequestUrl"], jpeg).status_code == 200


def test_a_failed_call_does_not_start_an_interval(
    gadget: GadgetCloud, jpeg: bytes
) -> None:
    url = urls(gadget)["ProcessRequestUrl"]
    gadget.script(gadget_error("OE_INTERNAL_ERROR"))
    process(url, jpeg)
    assert process(url, jpeg).status_code == 200


def test_an_unknown_context_is_not_found(gadget: GadgetCloud, jpeg: bytes) -> None:
    url = urls(gadget)["ProcessRequestUrl"]
    gadget.forget_contexts()
    answer = process(url, jpeg)
    assert answer.status_code == 404
    assert error_of(answer) == "OE_BAD_ARGS"


def test_a_stopped_primary_is_out_of_reach_and_its_fallback_is_not(
    gadget: GadgetCloud, jpeg: bytes
) -> None:
    document = urls(gadget)
    gadget.stop_primary()
    with pytest.raises(requests.ConnectionError):
        process(document["ProcessRequestUrl"], jpeg)
    assert process(document["FallbackProcessRequestUrl"], jpeg).status_code == 200
    assert gadget.violations == []


def test_a_kept_alive_connection_dies_with_its_server(
    gadget: GadgetCloud, jpeg: bytes
) -> None:
    with requests.Session() as keeping:
        headers = {"X-API-Key": "good"}
        url = gadget.url + "/api/gadget/v1/createcontext"
        assert keeping.post(url, json=LEVELS, headers=headers, timeout=5).ok
        gadget.stop_primary()
        with pytest.raises(requests.ConnectionError):
            keeping.post(url, json=LEVELS, headers=headers, timeout=5)


def test_a_restarted_primary_answers_at_its_old_address(gadget: GadgetCloud) -> None:
    before = gadget.url
    gadget.stop_primary()
    gadget.start_primary()
    assert gadget.url == before
    assert create(gadget).status_code == 200


def test_the_fallback_without_a_failure_is_noted(
    gadget: GadgetCloud, jpeg: bytes
) -> None:
    process(urls(gadget)["FallbackProcessRequestUrl"], jpeg)
    assert "without a failure" in gadget.violations[0]


def test_switching_after_the_clients_own_fault_is_noted(
    gadget: GadgetCloud, jpeg: bytes
) -> None:
    document = urls(gadget)
    process(document["ProcessRequestUrl"], b"no jpeg")
    gadget.clear_records()
    process(document["FallbackProcessRequestUrl"], jpeg)
    assert "without a failure" in gadget.violations[0]


@pytest.mark.parametrize(
    "failure",
    [
        gadget_error("OE_INTERNAL_ERROR"),
        gadget_error("OE_BACKEND_THROTTLED"),
        Reply(502, body=b"<html>"),
        Reply(200, json=None),
        Reply(drop=True),
        gadget_answer(1, interval_s=40).later(0.05),
    ],
)
def test_switching_after_a_failure_is_fine_and_going_back_is_not(
    gadget: GadgetCloud, jpeg: bytes, failure: Reply
) -> None:
    document = urls(gadget)
    gadget.interval_s = 0
    gadget.script(failure)
    try:
        process(document["ProcessRequestUrl"], jpeg)
    except requests.ConnectionError:
        assert failure.drop
    assert process(document["FallbackProcessRequestUrl"], jpeg).status_code == 200
    assert gadget.violations == []
    process(document["ProcessRequestUrl"], jpeg)
    assert "back to the primary" in gadget.violations[0]


def test_the_judges_opinion_becomes_score_warning_and_pause(
    gadget: GadgetCloud, jpeg: bytes, judge_of: Callable[..., ScriptedJudge]
) -> None:
    gadget.interval_s = 0
    gadget.judge = judge_of(0.0, 0.95)
    url = urls(gadget)["ProcessRequestUrl"]
    answers = [process(url, jpeg).json() for _ in range(6)]
    assert answers[0]["Score"] == 0
    assert not answers[0]["WarningSuggested"]
    assert answers[-1]["Score"] > 85
    assert answers[-1]["PauseSuggested"]
    assert answers[-1]["PrintQuality"] <= 2


def test_records_hold_what_was_sent_and_what_was_answered(
    gadget: GadgetCloud, jpeg: bytes
) -> None:
    gadget.script(gadget_answer(12, interval_s=7))
    process(urls(gadget)["ProcessRequestUrl"], jpeg)
    made, judged = gadget.requests
    assert (made.kind, made.status) == ("create", 200)
    assert (judged.kind, judged.server, judged.status) == ("process", "primary", 200)
    assert judged.headers["x-api-key"] == "good"
    assert judged.jpeg_bytes == len(jpeg)
    assert judged.answer["Score"] == 12
    assert judged.at_s >= made.at_s


def test_creating_can_be_scripted_apart(gadget: GadgetCloud) -> None:
    gadget.script_create(gadget_error("OE_INTERNAL_ERROR"))
    assert error_of(create(gadget)) == "OE_INTERNAL_ERROR"
    assert create(gadget).status_code == 200


def test_a_get_is_no_call_of_this_api(gadget: GadgetCloud) -> None:
    url = gadget.url + "/api/gadget/v1/createcontext"
    answer = requests.get(url, headers={"X-API-Key": "good"}, timeout=5)
    assert error_of(answer) == "OE_BAD_ARGS"
    assert gadget.violations
