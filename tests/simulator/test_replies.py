"""Scripted replies reach the client as they were written, misbehaviour included."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import requests
from simulator.clouds import ObicoCloud, Reply
from simulator.replies import Script

Call = Callable[[float], requests.Response]


@pytest.fixture
def call(obico: ObicoCloud, jpeg: bytes) -> Call:
    """One predict call with a time-out."""

    def predict(timeout_s: float = 5.0) -> requests.Response:
        url = obico.url + "/ent/partners/api/elegoo/predict/"
        data = {"serial_no": "SN", "access_token": "token", "print_id": "p"}
        files = {"img": ("f.jpg", jpeg)}
        return requests.post(url, data=data, files=files, timeout=timeout_s)

    return predict


def test_replies_come_in_order_and_then_the_judge_again(
    obico: ObicoCloud, call: Call
) -> None:
    obico.script(Reply(500), Reply(429, json={"error": "x"}))
    assert [call(5).status_code for _ in range(3)] == [500, 429, 200]


def test_for_ever_lasts_until_unscripted(obico: ObicoCloud, call: Call) -> None:
    obico.script(Reply(500), Reply(502), forever=True)
    assert [call(5).status_code for _ in range(4)] == [500, 502, 502, 502]
    obico.unscript()
    assert call(5).status_code == 200


def test_null_and_not_a_number_can_be_sent(obico: ObicoCloud, call: Call) -> None:
    obico.script(Reply(200, json=None), Reply(200, json={"p": float("nan")}))
    assert call(5).text == "null"
    assert call(5).text == '{"p": NaN}'


def test_a_body_and_its_type_are_sent_as_given(obico: ObicoCloud, call: Call) -> None:
    obico.script(Reply(200, body=b"<p>no", content_type="text/html"), Reply(200))
    first, second = call(5), call(5)
    assert (first.content, first.headers["Content-Type"]) == (b"<p>no", "text/html")
    assert second.content == b""


def test_a_dropped_call_gets_no_answer(obico: ObicoCloud, call: Call) -> None:
    obico.script(Reply(drop=True))
    with pytest.raises(requests.ConnectionError):
        call(5)
    assert obico.requests[-1].status is None


def test_a_hanging_call_times_out_and_does_not_keep_the_cloud_from_closing(
    obico: ObicoCloud, call: Call
) -> None:
    obico.script(Reply(hang=True))
    with pytest.raises(requests.ReadTimeout):
        call(0.2)
    began_s = time.monotonic()
    obico.close()
    assert time.monotonic() - began_s < 2.0


def test_a_delayed_answer_comes_later(obico: ObicoCloud, call: Call) -> None:
    obico.script(Reply(200, json={}, delay_s=0.2))
    began_s = time.monotonic()
    assert call(5).status_code == 200
    assert time.monotonic() - began_s >= 0.2


def test_a_dripping_answer_arrives_in_the_end(obico: ObicoCloud, call: Call) -> None:
    obico.script(Reply(200, json={"a": 1}, drip_s=0.005))
    assert call(5).json() == {"a": 1}


def test_a_truncated_answer_breaks_off(obico: ObicoCloud, call: Call) -> None:
    obico.script(Reply(200, json={"a": 1}, truncate=True))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        call(5)


def test_the_call_that_was_answered_by_script_is_still_checked(
    obico: ObicoCloud, jpeg: bytes
) -> None:
    obico.script(Reply(200, json={}))
    url = obico.url + "/ent/partners/api/elegoo/predict/"
    assert (
        requests.post(url, files={"img": ("f.jpg", jpeg)}, timeout=5).status_code == 200
    )
    assert obico.violations == ["serial_no and access_token are required"]


def test_an_empty_script_has_nothing_to_say() -> None:
    script = Script()
    script.set([Reply(500)])
    script.clear()
    assert script.next() is None
