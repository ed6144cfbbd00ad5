"""The way out against real sockets on this machine: what requests-mock cannot play."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
import urllib3

from octoprint_aiwatch.adapters.http import MAX_ANSWER_BYTES, Http
from octoprint_aiwatch.backends.base import FilePart, Request
from octoprint_aiwatch.core.errors import AiWatchError, Unreachable

SELF_SIGNED = Path(__file__).parent / "data" / "self_signed.pem"
SECRET = "SECRET-KEY"
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
SOON_S = 10.0
"""Far more than any of these calls may take, far less than a hanging one would."""

Play = Callable[[Any], None]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


class Server:
    """Takes connections on loopback and lets a test play the other side."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._stopped = threading.Event()
        self.received = b""
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def url(self, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}/path?ctx={SECRET}"

    def _run(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                if self._stopped.is_set():
                    return
                connection.settimeout(SOON_S)
                try:
                    self._play(connection)
                except OSError:
                    pass  # the client has hung up, which is what many tests are about

    def read_request(self, connection: Any) -> None:
        """Read one request to its end."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(body) < length:
            body += connection.recv(65536)
        self.received = head + b"\r\n\r\n" + body

    def close(self) -> None:
        self._stopped.set()
        # One more connection, so that nobody waits for it in vain.
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join(SOON_S)
        self._socket.close()
        assert not self._thread.is_alive()


@pytest.fixture
def serve() -> Iterator[Callable[[Any], Server]]:
    """Starts a server that reads a request and then plays what it is given."""
    servers: list[Server] = []

    def start(answer: Any) -> Server:
        def play(connection: Any) -> None:
            server.read_request(connection)
            if callable(answer):
                answer(connection)
            else:
                connection.sendall(answer)

        server = Server(play)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def http() -> Iterator[Http]:
    made = Http("AI-Watch/9.9")
    yield made
    made.close()


def request(url: str, read_timeout_s: float = SOON_S) -> Request:
    headers = {"X-API-Key": SECRET}
    return Request("POST", url, headers=headers, read_timeout_s=read_timeout_s)


def failing(http: Http, url: str, read_timeout_s: float = SOON_S) -> Any:
    started_s = time.monotonic()
    with pytest.raises(AiWatchError) as caught:
        http.send(request(url, read_timeout_s))
    assert time.monotonic() - started_s < SOON_S
    assert SECRET not in repr(caught.value) + str(caught.value.params)
    return caught.value


def drip(interval_s: float, chunked: bool = False) -> Play:
    """One byte after the other, each well within the read time-out."""

    def play(connection: Any) -> None:
        how = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 100000"
        connection.sendall(HEAD + how + b"\r\n\r\n")
        end_s = time.monotonic() + SOON_S
        while time.monotonic() < end_s:
            connection.sendall(b"1\r\nx\r\n" if chunked else b"x")
            time.sleep(interval_s)

    return play


def test_a_whole_call_goes_over_the_wire(http: Http, serve: Any) -> None:
    server = serve(HEAD + b"Content-Length: 2\r\nX-Some: thing\r\n\r\n{}")
    response = http.send(
        Request(
            "POST",
            server.url(),
            headers={"X-API-Key": SECRET},
            form={"print_id": "7"},
            files=(FilePart("img", "snapshot.jpg", b"\xff\xd8\xff"),),
        )
    )
    assert (response.status, response.body) == (200, b"{}")
    assert response.headers["x-some"] == "thing"
    head, _, body = server.received.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /path?ctx=" + SECRET.encode() + b" HTTP/1.1")
    assert head.count(b"X-API-Key: " + SECRET.encode()) == 1
    assert b'name="img"; filename="snapshot.jpg"' in body
    assert b"\xff\xd8\xff" in body


def test_a_key_with_odd_characters_is_the_services_to_refuse(
    http: Http, serve: Any
) -> None:
    server = serve(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    headers = {"X-API-Key": "key—dash\ud800"}
    assert http.send(Request("POST", server.url(), headers=headers)).status == 401
    assert "X-API-Key: key—dash?".encode() in server.received


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_drips_beyond_the_deadline_is_given_up(
    http: Http, serve: Any, chunked: bool
) -> None:
    error = failing(http, serve(drip(0.05, chunked)).url(), read_timeout_s=0.4)
    assert (error.code, error.sent) == ("timeout", True)


def test_a_drip_is_given_up_with_an_old_urllib3_too(
    http: Http, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(urllib3.HTTPResponse, "read1", raising=False)
    monkeypatch.delattr(urllib3.response.BaseHTTPResponse, "read1", raising=False)
    error = failing(http, serve(drip(0.05)).url(), read_timeout_s=0.4)
    assert (error.code, error.sent) == ("timeout", True)


def test_a_body_that_stops_coming_is_given_up(http: Http, serve: Any) -> None:
    def stop(connection: Any) -> None:
        connection.sendall(HEAD + b"Content-Length: 100\r\n\r\nhalf")
        connection.recv(1)  # until the client hangs up

    error = failing(http, serve(stop).url(), read_timeout_s=0.3)
    assert (error.code, error.sent) == ("timeout", True)


def test_a_server_that_never_answers_is_given_up(http: Http, serve: Any) -> None:
    error = failing(http, serve(lambda one: one.recv(1)).url(), read_timeout_s=0.3)
    assert (error.code, error.sent) == ("timeout", True)


def test_an_endless_body_is_given_up(http: Http, serve: Any) -> None:
    def pour(connection: Any) -> None:
        connection.sendall(HEAD + b"\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    assert failing(http, serve(pour).url()).code == "answer_too_large"


def test_a_small_body_that_unpacks_to_a_huge_one_is_given_up(
    http: Http, serve: Any
) -> None:
    bomb = gzip.compress(b"\0" * (MAX_ANSWER_BYTES * 8))
    head = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    assert failing(http, serve(HEAD + head + bomb).url()).code == "answer_too_large"


def test_a_packed_body_is_unpacked(http: Http, serve: Any) -> None:
    body = gzip.compress(b'{"a": 1}')
    head = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert http.send(request(serve(HEAD + head + body).url())).body == b'{"a": 1}'


def test_a_body_in_chunks_is_put_together(http: Http, serve: Any) -> None:
    body = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert http.send(request(serve(HEAD + body).url())).body == b"abcde"


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 100\r\n\r\nhalf",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhal",
        b"Transfer-Encoding: chunked\r\n\r\nno length\r\n",
        b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
    ],
)
def test_a_body_that_breaks_off_is_a_broken_connection(
    http: Http, serve: Any, rest: bytes
) -> None:
    error = failing(http, serve(HEAD + rest).url())
    assert (error.code, error.sent) == ("reset", True)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"\x00" * 400])
def test_something_that_is_no_http_is_a_broken_connection(
    http: Http, serve: Any, answer: bytes
) -> None:
    error = failing(http, serve(answer).url())
    assert (error.code, error.sent) == ("reset", True)


def test_a_reset_may_have_counted_as_a_call(http: Http, serve: Any) -> None:
    def reset(connection: Any) -> None:
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    error = failing(http, serve(reset).url())
    assert (error.code, error.sent) == ("reset", True)


def test_a_refused_connection_surely_carried_nothing(http: Http) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = failing(http, f"http://127.0.0.1:{port}/")
    assert (error.code, error.sent) == ("refused", False)
    assert error.params == {"host": "127.0.0.1"}


def test_an_unknown_name_surely_carried_nothing(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failing(http, "https://nowhere.example/")
    assert (error.code, error.sent) == ("dns", False)
    assert error.params == {"host": "nowhere.example"}


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(
    http: Http,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SELF_SIGNED)
    received: list[bytes] = []

    def play(connection: Any) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            received.append(secure.recv(65536))

    server = Server(play)
    try:
        error = failing(http, server.url("https"))
    finally:
        server.close()
    assert isinstance(error, Unreachable)
    assert (error.code, error.sent) == ("tls", False)
    assert received in ([], [b""])


def test_a_server_that_speaks_no_tls_is_named_as_such(http: Http) -> None:
    server = Server(lambda connection: connection.sendall(b"HTTP/1.1 400 Plain\r\n\r\n"))
    try:
        error = failing(http, server.url("https"))
    finally:
        server.close()
    assert error.code == "tls"


def test_a_call_after_a_failed_one_works(http: Http, serve: Any) -> None:
    failing(http, serve(b"").url())
    server = serve(HEAD + b"Content-Length: 2\r\n\r\nok")
    assert http.send(request(server.url())).body == b"ok"


def test_a_bomb_within_a_bomb_is_not_even_unpacked(http: Http, serve: Any) -> None:
    bomb = gzip.compress(gzip.compress(bytes(100_000_000)))
    head = b"Content-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    assert failing(http, serve(HEAD + head + bomb).url()).code == "reset"
