"""The simulated inference server keeps to the protocol and notices who does not."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from simulator.clouds import InferenceServer, steady
from simulator.inference import VARIANTS

BOX = (0.9, 0.5, 0.5, 0.25, 0.25)
PIXELS = [90] * (3 * 32 * 64)


@pytest.fixture
def server() -> Iterator[InferenceServer]:
    with InferenceServer(steady(0.9, BOX)) as it:
        yield it


def get(server: InferenceServer, path: str, **headers: str) -> requests.Response:
    return requests.get(server.url + path, headers=headers, timeout=5)


def asked(**changes: Any) -> dict[str, Any]:
    tensor = {"name": "frame", "shape": [1, 3, 32, 64], "datatype": "UINT8"}
    return {"inputs": [{**tensor, "data": PIXELS, **changes}], "outputs": []}


def infer(server: InferenceServer, document: Any, rest: bytes = b"") -> requests.Response:
    head = json.dumps(document).encode()
    headers = {"Inference-Header-Content-Length": str(len(head))} if rest else {}
    url = server.url + "/v2/models/aiwatch/infer"
    return requests.post(url, data=head + rest, headers=headers, timeout=5)


@pytest.mark.parametrize(("variant", "binary"), [("mlserver", False), ("triton", True)])
def test_it_is_ready_and_says_what_it_can(
    server: InferenceServer, variant: str, binary: bool
) -> None:
    server.variant = variant
    assert get(server, "/v2/health/ready").status_code == 200
    extensions = get(server, "/v2").json()["extensions"]
    assert ("binary_tensor_data" in extensions) is binary
    (frame,) = get(server, "/v2/models/aiwatch").json()["inputs"]
    assert (frame["datatype"], frame["shape"]) == ("UINT8", [-1, 3, -1, -1])


def test_it_can_be_made_to_load_for_ever(server: InferenceServer) -> None:
    server.ready = False
    assert get(server, "/v2/health/ready").status_code == 503


@pytest.mark.parametrize(("variant", "status"), [("mlserver", 404), ("triton", 400)])
def test_an_unknown_model_is_refused(
    server: InferenceServer, variant: str, status: int
) -> None:
    server.variant = variant
    answer = get(server, "/v2/models/other")
    assert answer.status_code == status
    assert "other" in answer.json()["error"]


def test_a_token_is_asked_for_everywhere(server: InferenceServer) -> None:
    server.token = "token"
    for path in ("/v2/health/ready", "/v2", "/v2/models/aiwatch"):
        assert get(server, path).status_code == 401
        assert get(server, path, Authorization="Bearer token").status_code == 200


def test_boxes_are_hot_places_of_the_heat_map(server: InferenceServer) -> None:
    heat, calibration = infer(server, asked()).json()["outputs"]
    assert (heat["shape"], calibration["shape"]) == ([1, 2, 2, 4], [1, 4])
    assert max(heat["data"]) == pytest.approx(2.197, abs=0.01)
    assert server.violations == []


def test_bytes_are_taken_and_given_where_they_were_offered(
    server: InferenceServer,
) -> None:
    server.variant = "triton"
    raw = bytes(PIXELS)
    document = asked(parameters={"binary_data_size": len(raw)})
    del document["inputs"][0]["data"]
    document["outputs"] = [{"name": "heat", "parameters": {"binary_data": True}}]
    answer = infer(server, document, raw)
    length = int(answer.headers["Inference-Header-Content-Length"])
    heat, _ = json.loads(answer.content[:length])["outputs"]
    size = heat["parameters"]["binary_data_size"]
    values = struct.unpack("<16f", answer.content[length : length + size])
    assert max(values) == pytest.approx(2.197, abs=0.01)
    server.variant = "mlserver"
    assert infer(server, document, raw).status_code == 400
    assert len(server.violations) == 1


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"inputs": [], "outputs": []},
        asked(name="image"),
        asked(datatype="FP32"),
        asked(shape=[1, 3, 32, 65]),
        asked(shape=[3, 32, 64]),
        asked(data=[256] * len(PIXELS)),
    ],
)
@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_no_frame_is_refused_and_noted(
    server: InferenceServer, variant: str, document: Any
) -> None:
    server.variant = variant
    assert infer(server, document).status_code == 400
    assert len(server.violations) == 1
