"""Forms are read strictly and without harm to binary data."""

from __future__ import annotations

import os

import pytest
import requests
from simulator.multipart import MultipartError, parse_multipart


def test_binary_parts_survive_whole() -> None:
    data = os.urandom(5000) + b"\r\n--almost\r\n\r\n"
    prepared = requests.Request(
        "POST", "http://x", files={"img": ("n", data, "image/jpeg")}, data={"a": "ü"}
    ).prepare()
    text, picture = parse_multipart(prepared.headers["Content-Type"], prepared.body)
    assert (text.name, text.filename, text.text) == ("a", None, "ü")
    assert (picture.name, picture.filename, picture.data) == ("img", "n", data)
    assert picture.content_type == "image/jpeg"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--x--\r\n"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nno end"),
        ("multipart/form-data; boundary=x", b"--x\r\nno empty line\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nA: b\r\n\r\nd\r\n--x--\r\n"),
    ],
)
def test_malformed_forms_are_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(MultipartError):
        parse_multipart(content_type, body)
