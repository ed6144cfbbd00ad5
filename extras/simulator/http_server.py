"""A small HTTP/1.1 server on the loopback interface that can be stopped and restarted.

Stopping closes the connections that clients keep alive, too: a stopped server must look
stopped. Must not know any protocol above HTTP.
"""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional

from .replies import Reply

HOST = "127.0.0.1"
MAX_BODY_BYTES = 16 * 1024 * 1024
_POLL_S = 0.02


@dataclass(frozen=True)
class HttpRequest:
    """One request as it arrived; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at_s: float


Handle = Callable[[HttpRequest], Reply]


class _Connections(ThreadingHTTPServer):
    """The listening socket and the connections it has accepted."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int, handle: Handle) -> None:
        self.handle_http = handle
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((HOST, port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer.server_bind would look the host's name up, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about clients that went away; raise the alarm for the rest."""
        import sys

        if not isinstance(sys.exc_info()[1], (OSError, ValueError)):
            super().handle_error(request, client_address)

    def drop_connections(self) -> None:
        with self._open_lock:
            still_open = list(self._open)
        for connection in still_open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the client was faster


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120.0
    server: _Connections

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the servers have records of their own."""

    def _serve(self) -> None:
        at_s = time.monotonic()
        body = self._read_body()
        if body is None:
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = HttpRequest(self.command, self.path, headers, body, at_s)
        self._send(self.server.handle_http(request))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve

    def _read_body(self) -> Optional[bytes]:
        if "transfer-encoding" in self.headers:
            self._send(
                Reply(411, body=b"length required", headers={"Connection": "close"})
            )
            return None
        length = int(self.headers.get("content-length") or 0)
        if length > MAX_BODY_BYTES:
            self._send(Reply(413, body=b"too large", headers={"Connection": "close"}))
            return None
        return self.rfile.read(length)

    def _send(self, reply: Reply) -> None:
        closing = self.server.closing
        if reply.hang:
            closing.wait()
        if reply.delay_s:
            closing.wait(reply.delay_s)
        if reply.silent or closing.is_set():
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.media_type())
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.chunks is None:
            self._send_body(reply)
        else:
            self._stream(reply)

    def _send_body(self, reply: Reply) -> None:
        payload = reply.payload()
        announced = len(payload) * 2 + 1 if reply.truncate else len(payload)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        if self.command == "HEAD":
            return
        if reply.truncate:
            self.close_connection = True
        if not reply.drip_s:
            self.wfile.write(payload)
            return
        for index in range(len(payload)):
            self.wfile.write(payload[index : index + 1])
            if self.server.closing.wait(reply.drip_s):
                self.close_connection = True
                return

    def _stream(self, reply: Reply) -> None:
        self.close_connection = True
        self.send_header("Connection", "close")
        self.end_headers()
        for chunk in reply.chunks or ():
            if self.server.closing.is_set():
                return
            self.wfile.write(chunk)


class HttpServer:
    """Serves `handle` on 127.0.0.1; keeps its port over `stop()` and `start()`."""

    def __init__(self, handle: Handle, port: int = 0, name: str = "simulator") -> None:
        self._handle = handle
        self._name = name
        self._lock = threading.Lock()
        self._running: Optional[tuple[_Connections, threading.Thread]] = None
        self.port = port
        self.start()

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    @property
    def running(self) -> bool:
        """Whether connections are accepted."""
        return self._running is not None

    def start(self) -> None:
        """Listen (again); does nothing when already listening."""
        with self._lock:
            if self._running is not None:
                return
            server = _Connections(self.port, self._handle)
            self.port = server.server_port
            thread = threading.Thread(
                target=server.serve_forever, args=(_POLL_S,), name=self._name, daemon=True
            )
            thread.start()
            self._running = (server, thread)

    def stop(self) -> None:
        """Refuse new connections and cut the open ones."""
        with self._lock:
            if self._running is None:
                return
            server, thread = self._running
            self._running = None
        server.closing.set()
        server.shutdown()
        server.server_close()
        server.drop_connections()
        thread.join(5.0)

    def wait_closing(self, seconds: float) -> bool:
        """Sleep inside a handler; True at once when the server is being stopped."""
        running = self._running
        return True if running is None else running[0].closing.wait(seconds)
