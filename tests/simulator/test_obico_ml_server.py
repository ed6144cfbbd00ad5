"""The simulated ML API keeps to the public container's ways, and to its variants'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from simulator.clouds import ObicoMlServer, Reply, ml_answer, steady
from simulator.http_server import HttpServer
from simulator.obico_ml import VARIANTS

BOX = (0.5, 0.5, 0.25, 0.1, 0.2)
TOLD = "Failed to get image ImmutableMultiDict([('img', '"


@pytest.fixture
def server() -> Iterator[ObicoMlServer]:
    with ObicoMlServer(steady(0.5, BOX)) as it:
        yield it


@pytest.fixture
def frame(jpeg: bytes) -> Iterator[str]:
    """Where a frame can be fetched."""
    host = HttpServer(lambda request: Reply(200, body=jpeg, content_type="image/jpeg"))
    yield host.url + "/frame/token.jpg"
    host.stop()


def ask(server: ObicoMlServer, path: str = "/p/", **options: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(server.url + path, timeout=10, **options)


def judge(server: ObicoMlServer, address: str) -> requests.Response:
    return ask(server, params={"img": address})


def test_it_is_well_and_needs_no_token_to_say_so(server: ObicoMlServer) -> None:
    server.token = "token"
    assert ask(server, "/hc/").text == "ok"
    server.has_model = False
    assert ask(server, "/hc/").text == "error"


def test_the_first_versions_have_no_health_check(server: ObicoMlServer) -> None:
    server.variant = "first"
    assert ask(server, "/hc/").status_code == 404


def test_it_fetches_the_frame_and_gives_boxes_in_pixels_label_first(
    server: ObicoMlServer, frame: str
) -> None:
    answer = judge(server, frame)
    assert answer.status_code == 200
    assert answer.json() == {"detections": [["failure", 0.5, [160.0, 50.0, 32.0, 40.0]]]}
    assert server.fetches == [(frame, 200)]
    assert server.violations == []


def test_the_onnx_variant_takes_heights_from_the_width(
    server: ObicoMlServer, frame: str
) -> None:
    server.variant = "onnx"
    (found,) = judge(server, frame).json()["detections"]
    assert found[2] == [160.0, 50.0, 32.0, 64.0]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}])
def test_a_wrong_token_is_refused_without_a_word(
    server: ObicoMlServer, frame: str, headers: dict[str, str]
) -> None:
    server.token = "token"
    answer = ask(server, params={"img": frame}, headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")
    assert server.fetches == []
    right = {"Authorization": "Bearer token"}
    assert ask(server, params={"img": frame}, headers=right).status_code == 200


@pytest.mark.parametrize(
    ("variant", "status"),
    [("current", 422), ("fork", 422), ("onnx", 422), ("first", 200)],
)
def test_without_an_address_it_says_so(
    server: ObicoMlServer, variant: str, status: int
) -> None:
    server.variant = variant
    answer = ask(server)
    assert answer.status_code == status
    assert answer.json()["detections"] == []
    assert [call.kind for call in server.requests] == ["probe"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_has_its_way_to_say_that_it_could_not_fetch(
    server: ObicoMlServer, variant: str
) -> None:
    server.variant = variant
    address = "http://127.0.0.1:1/frame/token.jpg"
    answer = judge(server, address)
    assert server.fetches == [(address, None)]
    if variant == "fork":
        assert (answer.status_code, answer.json()) == (200, {"detections": []})
    elif variant == "first":
        assert answer.status_code == 500
    else:
        assert answer.status_code == 400
        assert answer.json()["message"].startswith(TOLD + address)


def test_a_scripted_answer_does_not_keep_it_from_fetching(
    server: ObicoMlServer, frame: str
) -> None:
    server.script(ml_answer())
    assert judge(server, frame).json() == {"detections": []}
    assert server.fetches == [(frame, 200)]


def test_what_is_no_part_of_the_protocol_is_noted(server: ObicoMlServer) -> None:
    assert ask(server, "/predict/").status_code == 404
    requests.post(server.url + "/p/", timeout=5)
    assert server.violations == ["unknown path /predict/", "POST /p/"]
