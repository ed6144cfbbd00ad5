"""A small inference server of the Open Inference Protocol v2 with one model, simulated.

Notes what a client does against the protocol. Must not be kinder than the real ones.
"""

from __future__ import annotations

import io

from PIL import Image

from .cloud_base import CloudBase, Refused
from .http_server import HttpRequest, HttpServer
from .inference_wire import (
    MODELS_PATH,
    READY_PATH,
    SERVER_PATH,
    error,
    judged,
    model_metadata,
    read_frame,
    server_metadata,
)
from .judgement import Judge
from .replies import Reply

MLSERVER, TRITON = "mlserver", "triton"
VARIANTS = (MLSERVER, TRITON)
"""Without the extension for bytes and 404 for an unknown model; with it and 400."""


class InferenceServer(CloudBase):
    """Serves the model `aiwatch`; `variant`, `ready` and `token` may change any time."""

    def __init__(
        self, judge: Judge, token: str = "", variant: str = MLSERVER, port: int = 0
    ) -> None:
        super().__init__(judge)
        self.token = token
        self.variant = variant
        self.ready = True
        self.model = "aiwatch"
        self._server = HttpServer(self._serve, port, "inference")

    @property
    def url(self) -> str:
        """What a user types as the server's address."""
        return self._server.url

    def start(self) -> None:
        """Serve (again) on the same port."""
        self._server.start()

    def stop(self) -> None:
        """Be out of reach until `start()`."""
        self._server.stop()

    def _serve(self, request: HttpRequest) -> Reply:
        wanted = "Bearer " + self.token
        if self.token and request.headers.get("authorization") != wanted:
            return self._record("refused", "inference", request, Reply(401))
        if request.path == READY_PATH:
            reply = Reply(200) if self.ready else Reply(503)
            return self._record("ready", "inference", request, reply)
        if request.path == SERVER_PATH:
            reply = server_metadata(self.variant, self.variant == TRITON)
            return self._record("server", "inference", request, reply)
        if not request.path.startswith(MODELS_PATH):
            self._violate(f"unknown path {request.path}")
            return self._record("other", "inference", request, error(404, "Not Found"))
        name, _, rest = request.path[len(MODELS_PATH) :].partition("/")
        if name != self.model:
            return self._record("unknown", "inference", request, self._unknown(name))
        if rest == "infer":
            return self._infer(request)
        return self._record("metadata", "inference", request, model_metadata(name))

    def _unknown(self, name: str) -> Reply:
        if self.variant == TRITON:
            return error(400, f"Request for unknown model: '{name}' is not found")
        return error(404, f"Model {name} not found")

    def _infer(self, request: HttpRequest) -> Reply:
        jpeg = b""
        size, as_bytes, reply = (0, 0), False, None
        try:
            if request.method != "POST":
                raise Refused(error(405, "Method Not Allowed"), "infer without POST")
            is_triton = self.variant == TRITON
            width, height, pixels, as_bytes = read_frame(request, is_triton)
            size = (width, height)
            jpeg = self.last_jpeg = as_jpeg(size, pixels)
        except Refused as refused:
            reply = self._refuse(refused)
        reply = self._script.next() or reply
        if reply is None:
            judgement = self.judge.judge(jpeg, "")
            reply = judged(self.model, judgement, size, as_bytes)
        return self._record("infer", "inference", request, reply, None, jpeg)


def as_jpeg(size: tuple[int, int], pixels: bytes) -> bytes:
    """Planar pixels as a picture, to be judged and looked at."""
    count = size[0] * size[1]
    planes = [
        Image.frombytes("L", size, pixels[n * count : (n + 1) * count]) for n in range(3)
    ]
    buffer = io.BytesIO()
    Image.merge("RGB", planes).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()
