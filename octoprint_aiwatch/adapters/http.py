"""The way out: a backend's :class:`Request` carried out with requests.

Certificates are checked, redirects are not followed (a service may not send our key
elsewhere), answers are capped in size and time, and nothing of an exception's text gets
out: it may hold addresses and credentials.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Callable, Optional

from ..backends.base import Request, Response, host_of
from ..core.errors import Retry, Unreachable
from .unpack import ACCEPTED, PackedError, unpacked

if TYPE_CHECKING:
    import requests

MAX_ANSWER_BYTES = 1024 * 1024
CHUNK_BYTES = 16384


class Http:
    """One requests session; used by one thread."""

    def __init__(
        self, user_agent: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._user_agent = user_agent
        self._clock = clock
        self._session: Optional[requests.Session] = None

    def send(self, request: Request) -> Response:
        """Carry out one request.

        Raises:
            Unreachable: nothing usable came back; says whether the request left.
            Retry: the answer is too large or the address cannot be used.
        """
        # Imported on use: it costs a small computer a tenth of a second and 10 MB.
        import requests
        import urllib3

        if self._session is None:
            self._session = requests.Session()
            self._session.headers["User-Agent"] = self._user_agent
            self._session.headers["Accept-Encoding"] = ACCEPTED
        host = host_of(request.url)
        try:
            with self._session.request(
                request.method,
                request.url,
                headers=_headers(request),
                data=request.body or dict(request.form) or None,
                files=_files(request),
                json=request.json,
                timeout=(request.connect_timeout_s, request.read_timeout_s),
                allow_redirects=False,
                stream=True,
                # Keeps a .netrc on this machine from replacing our own headers.
                auth=_leave_alone,
            ) as answer:
                body = self._read(answer, request)
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status_code, headers, body)
        except PackedError:
            raise Unreachable("reset", host=host) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise _translate(error, host) from None

    def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _read(self, answer: requests.Response, request: Request) -> bytes:
        deadline = self._clock() + request.read_timeout_s
        body = bytearray()
        packed = answer.headers.get("Content-Encoding", "")
        for piece in unpacked(packed, _pieces(answer)):
            body += piece
            if len(body) > MAX_ANSWER_BYTES:
                raise Retry("answer_too_large")
            if self._clock() > deadline:
                raise Unreachable("timeout", host=host_of(request.url))
        return bytes(body)


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    """The body as it comes in: whoever waits for a full buffer waits on a trickle."""
    read1 = getattr(answer.raw, "read1", None)
    if read1 is None:
        # urllib3 before 2.2
        yield from answer.raw.stream(1, decode_content=False)
        return
    while True:
        piece: bytes = read1(CHUNK_BYTES, decode_content=False)
        if not piece:
            return
        yield piece


def _headers(request: Request) -> dict[str, bytes]:
    """A key pasted with odd characters goes out too: the service shall refuse it."""
    return {
        name: value.encode("utf-8", "replace") for name, value in request.headers.items()
    }


def _files(request: Request) -> Optional[dict[str, Any]]:
    if not request.files:
        return None
    return {
        part.name: (part.filename, part.content, part.content_type)
        for part in request.files
    }


def _leave_alone(prepared: Any) -> Any:
    return prepared


def _translate(error: Exception, host: str) -> Exception:
    """An exception of requests as one of ours, without its text."""
    import requests
    import urllib3

    mine, theirs = requests.exceptions, urllib3.exceptions
    bad_urls = (
        mine.InvalidURL,
        mine.InvalidSchema,
        mine.MissingSchema,
        mine.InvalidHeader,
        theirs.LocationValueError,
    )
    # requests wraps urllib3's error, whose name says what happened.
    text = repr(error)
    if isinstance(error, bad_urls):
        return Retry("bad_url")
    if isinstance(error, (mine.SSLError, theirs.SSLError)):
        return _translate_tls(text, host)
    if isinstance(error, mine.ConnectTimeout):
        return Unreachable("timeout", sent=False, host=host)
    if isinstance(error, mine.Timeout) or "Read timed out" in text:
        return Unreachable("timeout", host=host)
    if "NameResolutionError" in text or "getaddrinfo" in text:
        return Unreachable("dns", sent=False, host=host)
    if "NewConnectionError" in text:
        return Unreachable("refused", sent=False, host=host)
    return Unreachable("reset", host=host)


def _translate_tls(text: str, host: str) -> Exception:
    """Only a certificate that is refused proves that nothing has been sent."""
    if "EOF occurred" in text:
        return Unreachable("reset", host=host)
    refused = "CERTIFICATE_VERIFY_FAILED" in text or "CertificateError" in text
    return Unreachable("tls", sent=not refused, host=host)
