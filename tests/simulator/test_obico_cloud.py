"""The simulated Obico cloud keeps to its documentation and notices who does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

import pytest
import requests
from simulator.clouds import ObicoCloud, ScriptedJudge

TOO_HOT = "You are running too hot! Take it easy buddy..."


def predict(
    cloud: ObicoCloud, jpeg: Optional[bytes], print_id: str = "p1", **form: Any
) -> requests.Response:
    data = {"serial_no": "SN", "access_token": "token", "print_id": print_id, **form}
    url = cloud.url + "/ent/partners/api/elegoo/predict/"
    files = {"img": ("frame.jpg", b"" if jpeg is None else jpeg)}
    return requests.post(url, data=data, files=files, timeout=5)


def register(
    cloud: ObicoCloud, partner: str = "partner", **change: Any
) -> requests.Response:
    body: dict[str, Any] = {"serial_no": "SN", "access_token": "new", "expire_in": 60}
    body.update(change)
    url = cloud.url + "/ent/partners/api/elegoo/access_token/"
    headers = {"Authorization": f"Token {partner}"}
    return requests.post(url, json=body, headers=headers, timeout=5)


def test_a_good_answer_has_the_documented_shape(obico: ObicoCloud, jpeg: bytes) -> None:
    answer = predict(obico, jpeg)
    result = answer.json()["result"]
    assert answer.status_code == 200
    assert result["p"] == 0.5
    assert set(result["temporal_stats"]) == {
        "ewm_mean",
        "rolling_mean_short",
        "rolling_mean_long",
        "prediction_num",
        "prediction_num_lifetime",
    }
    assert obico.violations == []


def test_boxes_are_in_pixels_of_the_frame_sent(obico: ObicoCloud, jpeg: bytes) -> None:
    assert predict(obico, jpeg).json()["result"]["detections"] == [
        [0.5, [160.0, 50.0, 32.0, 40.0]]
    ]


@pytest.mark.parametrize("missing", ["serial_no", "access_token"])
def test_credentials_are_required(obico: ObicoCloud, jpeg: bytes, missing: str) -> None:
    answer = predict(obico, jpeg, **{missing: None})
    assert answer.status_code == 401
    assert answer.json() == {"error": "serial_no and access_token are required"}


@pytest.mark.parametrize("wrong", [{"serial_no": "other"}, {"access_token": "other"}])
def test_wrong_credentials_are_invalid(
    obico: ObicoCloud, jpeg: bytes, wrong: dict[str, str]
) -> None:
    answer = predict(obico, jpeg, **wrong)
    assert answer.status_code == 401
    assert answer.json() == {"error": "Invalid credentials"}


def test_an_expired_token_is_invalid(obico: ObicoCloud, jpeg: bytes) -> None:
    obico.expire_token("SN")
    assert predict(obico, jpeg).json() == {"error": "Invalid credentials"}
    assert obico.token_of("SN") is None


def test_a_print_id_is_required(obico: ObicoCloud, jpeg: bytes) -> None:
    answer = predict(obico, jpeg, print_id="")
    assert answer.status_code == 400
    assert answer.json() == {"error": "print_id is required"}


def test_a_print_id_has_at_most_256_characters(obico: ObicoCloud, jpeg: bytes) -> None:
    assert predict(obico, jpeg, print_id="x" * 256).status_code == 200
    assert predict(obico, jpeg, print_id="x" * 257).status_code == 400


@pytest.mark.parametrize("frame", [None, b"<html>", b"\xff\xd8\xff\xe0"])
def test_a_frame_that_is_no_jpeg_is_invalid(
    obico: ObicoCloud, frame: Optional[bytes]
) -> None:
    answer = predict(obico, frame)
    assert answer.status_code == 400
    assert answer.json() == {"error": "Missing or invalid image"}


def test_calls_in_quick_succession_are_throttled(obico: ObicoCloud, jpeg: bytes) -> None:
    obico.min_interval_s = 30
    assert predict(obico, jpeg).status_code == 200
    answer = predict(obico, jpeg)
    assert answer.status_code == 429
    assert answer.json() == {"error": TOO_HOT}


def test_an_extra_part_is_noted(obico: ObicoCloud, jpeg: bytes) -> None:
    assert predict(obico, jpeg, more="x").status_code == 200
    assert "more" in obico.violations[0]


def test_a_new_print_starts_its_own_figures_and_goes_on_with_the_printers(
    obico: ObicoCloud, jpeg: bytes, judge_of: Callable[..., ScriptedJudge]
) -> None:
    obico.judge = judge_of(1.0, 1.0, 0.0)
    predict(obico, jpeg, "p1")
    predict(obico, jpeg, "p1")
    stats = predict(obico, jpeg, "p2").json()["result"]["temporal_stats"]
    assert stats["rolling_mean_short"] == 0.0
    assert stats["ewm_mean"] == 0.0
    assert stats["rolling_mean_long"] == pytest.approx(2 / 3)
    assert (stats["prediction_num"], stats["prediction_num_lifetime"]) == (1, 3)


def test_a_token_is_created_for_a_new_device(obico: ObicoCloud, jpeg: bytes) -> None:
    answer = register(obico, serial_no="SN2")
    assert answer.status_code == 201
    assert answer.json() == {"code": 201, "msg": "success"}
    assert predict(obico, jpeg, serial_no="SN2", access_token="new").status_code == 200


def test_a_token_is_updated_for_a_known_device(obico: ObicoCloud, jpeg: bytes) -> None:
    obico.expire_token("SN")
    assert register(obico).status_code == 200
    assert predict(obico, jpeg).status_code == 401
    assert predict(obico, jpeg, access_token="new").status_code == 200


def test_a_token_lives_as_long_as_it_was_asked_for(
    obico: ObicoCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    import simulator.obico as module

    register(obico, expire_in=60)
    now_s = module.time.monotonic()
    assert obico.token_of("SN") == "new"
    monkeypatch.setattr(module.time, "monotonic", lambda: now_s + 61)
    assert obico.token_of("SN") is None


@pytest.mark.parametrize("partner", ["", "wrong"])
def test_only_partners_issue_tokens(obico: ObicoCloud, partner: str) -> None:
    answer = register(obico, partner)
    assert answer.status_code == 401
    assert answer.json()["error"] == "Invalid or Inactive Token"


@pytest.mark.parametrize(
    "change",
    [
        {"serial_no": ""},
        {"access_token": None},
        {"expire_in": None},
        {"expire_in": "60"},
        {"expire_in": -1},
        {"access_token": "x" * 513},
    ],
)
def test_a_bad_token_request_is_refused(
    obico: ObicoCloud, change: dict[str, Any]
) -> None:
    answer = register(obico, **change)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert obico.token_of("SN") == "token"
