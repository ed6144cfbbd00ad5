"""The way out: a backend's :class:`Request` carried out with requests.

Certificates are checked, redirects are not followed (a service may not send our key
elsewhere), answers are capped in size and time, and nothing of an exception's text gets
out: it may hold addresses and credentials.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Callable, Optional

from ..backends.base import Request, Response, host_of
from ..core.errors import Retry, Unreachable

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

        if self._session is None:
            self._session = requests.Session()
            self._session.headers["User-Agent"] = self._user_agent
        host = host_of(request.url)
        try:
            with self._session.request(
                request.method,
                request.url,
                headers=dict(request.headers),
                data=dict(request.form) or None,
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
        except requests.RequestException as error:
            raise _translate(error, host) from None

    def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _read(self, answer: requests.Response, request: Request) -> bytes:
        deadline = self._clock() + request.read_timeout_s
        body = bytearray()
        for chunk in answer.iter_content(CHUNK_BYTES):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise Retry("answer_too_large")
            if self._clock() > deadline:
                raise Unreachable("timeout", host=host_of(request.url))
        return bytes(body)


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

    if isinstance(error, requests.exceptions.SSLError):
        return Unreachable("tls", sent=False, host=host)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Unreachable("timeout", sent=False, host=host)
    if isinstance(error, requests.Timeout):
        return Unreachable("timeout", host=host)
    if isinstance(error, requests.ConnectionError):
        # requests wraps urllib3's error, whose name says what happened.
        text = repr(error)
        if "NameResolutionError" in text or "getaddrinfo" in text:
            return Unreachable("dns", sent=False, host=host)
        if "NewConnectionError" in text:
            return Unreachable("refused", sent=False, host=host)
        if "Read timed out" in text or "ReadTimeout" in text:
            return Unreachable("timeout", host=host)
        return Unreachable("reset", host=host)
    if isinstance(
        error,
        (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
            requests.exceptions.InvalidHeader,
        ),
    ):
        return Retry("bad_url")
    return Unreachable("reset", host=host)
