"""The way out, with the network replaced: what is sent, and what becomes of answers."""

from __future__ import annotations

import io
import logging
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
import requests
import requests_mock
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.adapters.http import MAX_ANSWER_BYTES, Http
from octoprint_aiwatch.backends.base import FilePart, Request
from octoprint_aiwatch.core.errors import AiWatchError, Retry, Unreachable
from octoprint_aiwatch.core.words import SENTENCES
from tests.adapters.fakes import Clock

URL = "https://a.example/below/path?ctx=SECRET"
SECRET = "SECRET"


@pytest.fixture
def http() -> Http:
    return Http("AI-Watch/9.9")


def sent(http: Http, request: Request, **answer: Any) -> Any:
    """The request as requests would put it on the wire."""
    with requests_mock.Mocker() as mocker:
        mocker.register_uri(requests_mock.ANY, requests_mock.ANY, **answer)
        http.send(request)
        assert mocker.call_count == 1
        return mocker.request_history[0]


def failing(http: Http, **answer: Any) -> AiWatchError:
    """The error that comes out of a failing call."""
    with requests_mock.Mocker() as mocker:
        mocker.register_uri(requests_mock.ANY, requests_mock.ANY, **answer)
        with pytest.raises(AiWatchError) as caught:
            http.send(Request("POST", URL, headers={"X-API-Key": SECRET}))
        return caught.value


# -- what is sent ---------------------------------------------------------------------


def test_method_address_and_headers_are_as_asked_for(http: Http) -> None:
    wire = sent(http, Request("POST", URL, headers={"X-API-Key": "KEY"}))
    assert (wire.method, wire.url) == ("POST", URL)
    assert wire.headers["X-API-Key"] in ("KEY", b"KEY")
    assert wire.headers["User-Agent"] == "AI-Watch/9.9"
    assert wire.body is None


def test_a_json_body_is_sent_as_json(http: Http) -> None:
    wire = sent(http, Request("POST", URL, json={"Level": 3, "None": None}))
    assert wire.headers["Content-Type"] == "application/json"
    assert wire.json() == {"Level": 3, "None": None}


def test_bytes_are_sent_as_they_are_and_described_by_the_headers(http: Http) -> None:
    described = {"Content-Type": "application/octet-stream", "X-Length": "2"}
    body = b"{}" + bytes(range(256))
    wire = sent(http, Request("POST", URL, headers=described, body=body))
    assert wire.body == body
    assert wire.headers["Content-Type"] in (b"application/octet-stream",)
    assert wire.headers["Content-Length"] == str(len(body))


def parts_of(wire: Any) -> dict[str, Any]:
    """A multipart body by part name: file name, type, content."""
    head = b"Content-Type: " + wire.headers["Content-Type"].encode("ascii") + b"\r\n\r\n"
    message = BytesParser(policy=policy.HTTP).parsebytes(head + wire.body)
    return {
        part.get_param("name", header="content-disposition"): (
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    }


def test_a_file_and_the_forms_texts_become_one_multipart_body(http: Http) -> None:
    picture = b"\xff\xd8\xff\x00\r\n--\xff\xd9"
    request = Request(
        "POST",
        URL,
        form={"serial_no": "Ä-1", "print_id": "7"},
        files=(FilePart("img", "snapshot.jpg", picture),),
    )
    wire = sent(http, request)
    assert wire.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert parts_of(wire) == {
        "serial_no": (None, "text/plain", "Ä-1".encode()),
        "print_id": (None, "text/plain", b"7"),
        "img": ("snapshot.jpg", "image/jpeg", picture),
    }


def test_a_file_alone_is_a_multipart_body_with_one_part(http: Http) -> None:
    wire = sent(http, Request("POST", URL, files=(FilePart("attachment", "s", b"x"),)))
    assert parts_of(wire) == {"attachment": ("s", "image/jpeg", b"x")}


def test_both_timeouts_are_passed_on(http: Http) -> None:
    wire = sent(http, Request("POST", URL, connect_timeout_s=3.0, read_timeout_s=7.0))
    assert wire.timeout == (3.0, 7.0)


def test_certificates_are_checked(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    assert sent(http, Request("POST", URL)).verify is True


def test_a_netrc_on_this_machine_does_not_replace_our_headers(
    http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine a.example login me password theirs\n", "utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert requests.utils.get_netrc_auth(URL) == ("me", "theirs")
    bare = sent(http, Request("POST", URL))
    assert "Authorization" not in bare.headers
    ours = sent(http, Request("POST", URL, headers={"Authorization": "Token OURS"}))
    assert ours.headers["Authorization"] in ("Token OURS", b"Token OURS")


@pytest.mark.parametrize("key", ["schlüssel-ß", "ключ", "key—dash", "🔑"])
def test_a_key_pasted_with_odd_characters_is_sent_and_left_to_the_service(
    http: Http, key: str
) -> None:
    wire = sent(http, Request("POST", URL, headers={"X-API-Key": key}))
    raw = wire.headers["X-API-Key"]
    # On the wire a header is bytes; a text must at least fit into them.
    assert (raw if isinstance(raw, bytes) else raw.encode("latin-1")) == key.encode()


# -- what comes back ------------------------------------------------------------------


def answered(http: Http, **answer: Any) -> Any:
    with requests_mock.Mocker() as mocker:
        mocker.post(URL, **answer)
        return http.send(Request("POST", URL))


def test_status_headers_and_body_come_back(http: Http) -> None:
    headers = {"Retry-After": "5", "Content-Type": "text/plain"}
    response = answered(http, status_code=418, headers=headers, content=b"tea\xff")
    assert response.status == 418
    assert response.headers["retry-after"] == "5"
    assert response.headers["content-type"] == "text/plain"
    assert response.body == b"tea\xff"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(http: Http, status: int) -> None:
    with requests_mock.Mocker() as mocker:
        where = {"Location": "https://elsewhere.example/"}
        mocker.post(URL, status_code=status, headers=where)
        elsewhere = mocker.register_uri(requests_mock.ANY, where["Location"])
        response = http.send(Request("POST", URL, headers={"X-API-Key": SECRET}))
        assert response.status == status
        assert elsewhere.call_count == 0


def test_the_largest_answer_is_taken_whole(http: Http) -> None:
    body = b"x" * MAX_ANSWER_BYTES
    assert answered(http, content=body).body == body


def test_one_byte_more_is_refused(http: Http) -> None:
    error = failing(http, content=b"x" * (MAX_ANSWER_BYTES + 1))
    assert type(error) is Retry
    assert error.code == "answer_too_large"


class Endless(io.RawIOBase):
    """A body that never ends; notes how much was taken."""

    def __init__(self) -> None:
        self.taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "a body must be read in pieces"
        self.taken += size
        return b"x" * size

    read1 = read


def test_an_endless_answer_is_not_read_to_its_end(http: Http) -> None:
    body = Endless()
    assert failing(http, body=body).code == "answer_too_large"
    assert body.taken < 2 * MAX_ANSWER_BYTES


def test_an_answer_that_takes_too_long_is_given_up() -> None:
    http = Http("AI-Watch/9.9", Clock(step_s=4.0))
    with requests_mock.Mocker() as mocker:
        mocker.post(URL, body=Endless())
        with pytest.raises(Unreachable) as caught:
            http.send(Request("POST", URL, read_timeout_s=10.0))
    assert (caught.value.code, caught.value.sent) == ("timeout", True)
    assert caught.value.params == {"host": "a.example"}


def test_an_old_urllib3_is_served_too(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(urllib3.HTTPResponse, "read1", raising=False)
    monkeypatch.delattr(urllib3.response.BaseHTTPResponse, "read1", raising=False)
    assert answered(http, content=b'{"a": 1}').body == b'{"a": 1}'


# -- what goes wrong ------------------------------------------------------------------


def connection_error(inner: Any) -> requests.ConnectionError:
    return requests.ConnectionError(inner)


class NameResolutionError(Exception):
    """Named as in urllib3 2, which is not everywhere."""


class NewConnectionError(Exception):
    """Named as in urllib3."""


def refused(text: str) -> Exception:
    return NewConnectionError(f"<Connection at 0x1 to {URL}>: {text}")


FAILURES = [
    (
        requests.exceptions.SSLError(f"[SSL: CERTIFICATE_VERIFY_FAILED] {URL}"),
        "tls",
        False,
    ),
    (requests.exceptions.SSLError(f"CertificateError('hostname {URL}')"), "tls", False),
    (requests.exceptions.SSLError(f"[SSL: WRONG_VERSION_NUMBER] {URL}"), "tls", True),
    (requests.exceptions.SSLError(f"SSLEOFError('EOF occurred {URL}')"), "reset", True),
    (requests.exceptions.ConnectTimeout(URL), "timeout", False),
    (requests.exceptions.ReadTimeout(URL), "timeout", True),
    (requests.exceptions.Timeout(URL), "timeout", True),
    (connection_error(NameResolutionError(URL)), "dns", False),
    (connection_error("getaddrinfo failed " + URL), "dns", False),
    (connection_error(refused("[Errno 111] Connection refused")), "refused", False),
    (connection_error(f"Read timed out. {URL}"), "timeout", True),
    (connection_error("('Connection aborted.', RemoteDisconnected())"), "reset", True),
    (requests.exceptions.ProxyError(URL), "reset", True),
    (requests.exceptions.ChunkedEncodingError(URL), "reset", True),
    (requests.exceptions.ContentDecodingError(URL), "reset", True),
    (requests.exceptions.TooManyRedirects(URL), "reset", True),
    (requests.exceptions.RequestException(URL), "reset", True),
]


@pytest.mark.parametrize(
    ("raised", "code", "was_sent"), FAILURES, ids=lambda one: type(one).__name__
)
def test_each_failure_has_its_code_and_says_whether_the_request_left(
    http: Http, raised: Exception, code: str, was_sent: bool
) -> None:
    error = failing(http, exc=raised)
    assert isinstance(error, Unreachable)
    assert (error.code, error.sent, error.step) == (code, was_sent, "retry")
    assert error.code in SENTENCES
    assert error.params == {"host": "a.example"}


@pytest.mark.parametrize(
    "raised",
    [
        requests.exceptions.InvalidURL(URL),
        requests.exceptions.InvalidSchema(URL),
        requests.exceptions.MissingSchema(URL),
        requests.exceptions.InvalidHeader(URL),
        urllib3.exceptions.LocationParseError(URL),
    ],
    ids=lambda one: type(one).__name__,
)
def test_an_address_that_cannot_be_used_is_named_as_such(
    http: Http, raised: Exception
) -> None:
    error = failing(http, exc=raised)
    assert (error.code, error.params) == ("bad_url", {})


@pytest.mark.parametrize(
    "url", ["nothing", "ftp://a.example/", "https://", "https://[broken/", "https://.a/"]
)
def test_an_address_that_requests_will_not_take_is_named_as_such(
    http: Http, url: str
) -> None:
    with pytest.raises(Retry) as caught:
        http.send(Request("POST", url))
    assert caught.value.code == "bad_url"


@pytest.mark.parametrize(
    "raised",
    [
        urllib3.exceptions.ProtocolError(URL),
        urllib3.exceptions.DecodeError(URL),
        urllib3.exceptions.SSLError("EOF occurred in violation of protocol"),
        urllib3.exceptions.IncompleteRead(5, 10),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_failure_in_the_middle_of_the_answer_is_a_broken_connection(
    http: Http, raised: Exception
) -> None:
    class Breaking(Endless):
        def read(self, size: int = -1) -> bytes:
            raise raised

        read1 = read

    error = failing(http, body=Breaking())
    assert isinstance(error, Unreachable)
    assert (error.code, error.sent) == ("reset", True)


@pytest.mark.parametrize(
    ("raised", "code", "was_sent"), FAILURES, ids=lambda one: type(one).__name__
)
def test_no_address_and_no_secret_gets_out_with_an_error(
    http: Http,
    raised: Exception,
    code: str,
    was_sent: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="octoprint_aiwatch")
    error = failing(http, exc=raised)
    shown = repr(error) + str(error) + str(error.params) + caplog.text
    assert SECRET not in shown
    assert "path" not in shown
    assert error.__cause__ is None
    assert error.__suppress_context__


@given(st.binary(max_size=200), st.integers(200, 599))
def test_any_body_with_any_status_comes_back_as_it_is(body: bytes, status: int) -> None:
    response = answered(Http("x"), status_code=status, content=body)
    assert (response.status, response.body) == (status, body)


# -- the connections ------------------------------------------------------------------


def test_closing_twice_or_before_the_first_call_does_no_harm(http: Http) -> None:
    http.close()
    http.close()
    answered(http, content=b"")
    http.close()
    http.close()


def test_after_closing_it_can_be_used_again(http: Http) -> None:
    http.close()
    assert answered(http, content=b"again").body == b"again"
