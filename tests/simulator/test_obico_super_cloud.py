"""The simulated Super Detection API keeps to its guide and notices who does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Optional

import pytest
import requests
from simulator.clouds import ObicoSuperCloud, steady

REFUSED = {"error": "Invalid or Inactive Token", "is_authenticated": "False"}


@pytest.fixture
def cloud() -> Iterator[ObicoSuperCloud]:
    with ObicoSuperCloud(steady(0.5, (0.5, 0.5, 0.25, 0.1, 0.2)), {"token"}) as it:
        yield it


def predict(
    cloud: ObicoSuperCloud, jpeg: Optional[bytes], token: str = "token", **form: Any
) -> requests.Response:
    return requests.post(
        cloud.url + "/ent/partners/api/predict/",
        data={"printer_id": "garage", "print_id": "p1", **form},
        files={"img": ("frame.jpg", jpeg or b"")},
        headers={"Authorization": "Token " + token},
        timeout=5,
    )


def test_a_good_answer_is_that_of_obicos_other_api(
    cloud: ObicoSuperCloud, jpeg: bytes
) -> None:
    result = predict(cloud, jpeg).json()["result"]
    assert result["p"] == 0.5
    assert result["temporal_stats"]["prediction_num"] == 1
    assert result["detections"] == [[0.5, [160.0, 50.0, 32.0, 40.0]]]
    assert cloud.violations == []


def test_each_printer_has_means_of_its_own(cloud: ObicoSuperCloud, jpeg: bytes) -> None:
    for printer in ("garage", "garage", "attic"):
        stats = predict(cloud, jpeg, printer_id=printer).json()["result"]
    assert stats["temporal_stats"]["prediction_num_lifetime"] == 1


def test_another_token_is_refused(cloud: ObicoSuperCloud, jpeg: bytes) -> None:
    answer = predict(cloud, jpeg, token="other")
    assert (answer.status_code, answer.json()) == (401, REFUSED)
    assert cloud.violations == [], "only people can know better"


@pytest.mark.parametrize("name", ["printer_id", "print_id"])
@pytest.mark.parametrize("value", [None, "x" * 257])
def test_an_id_has_to_be_there_and_short(
    cloud: ObicoSuperCloud, jpeg: bytes, name: str, value: Optional[str]
) -> None:
    answer = predict(cloud, jpeg, **{name: value})
    assert answer.status_code == 400
    assert name in answer.json()["error"]
    assert len(cloud.violations) == 1


def test_a_frame_has_to_be_a_jpeg(cloud: ObicoSuperCloud) -> None:
    assert predict(cloud, b"no picture").json() == {"error": "Missing or invalid image"}


def test_the_other_apis_fields_do_not_belong_here(
    cloud: ObicoSuperCloud, jpeg: bytes
) -> None:
    assert predict(cloud, jpeg, serial_no="SN").ok
    assert cloud.violations == [
        "predict: the parts are ['img', 'print_id', 'printer_id', 'serial_no']"
    ]


@pytest.mark.parametrize("path", ["predict", "access_token"])
def test_the_other_apis_calls_are_not_served(cloud: ObicoSuperCloud, path: str) -> None:
    url = f"{cloud.url}/ent/partners/api/elegoo/{path}/"
    headers = {"Authorization": "Token token"}
    assert requests.post(url, json={}, headers=headers, timeout=5).status_code == 404
    assert cloud.violations
