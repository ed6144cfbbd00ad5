"""Obico's machine-learning container, run by the user: judges one frame at a time.

Source: obico-server's public ``ml_api``. It is told an address and fetches the frame from
there itself (0.1 s to connect, 5 s to read). Some forks say "nothing seen" when they
could not, so an answer counts only if the frame was really fetched. No error may repeat
the server's words: they hold that address.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any
from urllib.parse import quote

from ..core.deferred import dataclass
from ..core.errors import AiWatchError, Ask, NextFrame, Retry
from ..core.values import (
    BackendField,
    Detection,
    Frame,
    FrameEvidence,
    Inspection,
    Job,
)
from .base import (
    LONGEST_PX,
    MAX_DETECTIONS,
    Backend,
    Inspecting,
    Opening,
    Published,
    PublishFrame,
    Request,
    Response,
    WithdrawFrame,
    bad_answer,
    box_of,
    general_error,
    join,
    number,
    quickly,
    read_json,
    try_json,
)

JUDGE_PATH = "/p/"
HEALTH_PATH = "/hc/"
SCALE = 0.66
"""Obico's server adds the confidences of a frame's boxes up. From sums of 0.38 above the
usual on it may warn, from 1.75 times that (0.665) it may pause. Times 0.66 these are the
thresholds at the middle confidence of :mod:`core.frames`, 0.25 and 0.44. It makes a half
of a sum of 0.76, about the 0.78 which alone makes that server warn; how many good frames
pass it is not known to us."""


@dataclass
class Context:
    """Nothing belongs to a print: the server remembers none."""


class ObicoMl(Backend):
    """The server fetches each frame from OctoPrint by itself."""

    key = "obico_ml"
    label = "Obico ML API (self-hosted)"
    docs_url = "https://www.obico.io/docs/server-guides/"
    note = "The ml_api container of an Obico server of your own."
    needs = (
        "That container, on a machine of yours with some GB of memory. It fetches "
        "each frame from OctoPrint, so it must be able to reach it."
    )
    costs = "The electricity of that machine."
    sees = (
        "May find what the detector on this machine misses. How much is not known to us."
    )
    most_px = LONGEST_PX
    sends = "Each frame and the token, to that machine; at home if it is there."
    fields = (
        BackendField(
            "url",
            "Server",
            "url",
            help="The container's address, http://192.168.1.30:3333 for example.",
            required=True,
        ),
        BackendField(
            "token",
            "Token",
            "secret",
            help="Only if the container was started with ML_API_TOKEN.",
        ),
        BackendField(
            "callback_url",
            "OctoPrint's address (callback_url)",
            "url",
            help="As that server sees it, http://192.168.1.20:5000 for example. Not "
            "localhost unless both run on one machine outside of containers.",
            required=True,
        ),
    )

    def open(self, job: Job) -> Opening:
        """See that the server is well and takes our token; costs it nothing."""
        if not self.values["url"]:
            raise Ask("url_missing")
        if not self.values["callback_url"]:
            raise Ask("callback_missing")
        yield from self._check_health()
        probe = yield quickly(self._get(JUDGE_PATH))
        if probe.status == 401:
            raise Ask("token_refused")
        # It misses the frame's address. The first servers did not say so.
        is_known = isinstance(try_json(probe).get("detections"), list)
        if probe.status != 422 and not (is_known and probe.status in (200, 400)):
            raise general_error(probe, self.values["url"])
        return Context()

    def inspect(self, frame: Frame, context: Context) -> Inspecting:
        """Publish the frame, have it judged, and see whether it was fetched."""
        published = yield PublishFrame(frame, self.values["callback_url"])
        path = f"{JUDGE_PATH}?img={quote(published.url, safe='')}"
        try:
            response = yield self._get(path)
        except AiWatchError:
            yield WithdrawFrame()
            raise
        withdrawn = yield WithdrawFrame()
        return self._judged(response, frame, published, withdrawn.fetched)

    def _check_health(self) -> Generator[Request, Any, None]:
        url = join(self.values["url"], HEALTH_PATH)
        health = yield quickly(Request("GET", url))
        # The first servers have no such page; the next question tells them from others.
        if health.status not in (200, 404):
            raise general_error(health, url)
        if health.status == 200 and health.body.strip() == b"error":
            raise Retry("model_not_loaded")

    def _get(self, path: str) -> Request:
        token = self.values["token"]
        headers = {"Authorization": "Bearer " + token} if token else {}
        return Request("GET", join(self.values["url"], path), headers=headers)

    def _judged(
        self, response: Response, frame: Frame, published: Published, fetched: bool
    ) -> Inspection:
        status = response.status
        if status == 401:
            raise Ask("token_refused")
        if not fetched and status in (200, 400, 500):
            # 500: the first servers stumble over what they wanted to say.
            raise Retry("not_fetched", address=published.shown)
        if status == 400:
            raise NextFrame("frame_refused")
        if status == 422:
            raise Retry("request_refused", detail="no img")
        if status != 200:
            raise general_error(response, self.values["url"])
        return parse(response, frame)


def parse(response: Response, frame: Frame) -> Inspection:
    """An inspection from a 200 answer.

    Raises:
        Retry: it does not follow the protocol.
    """
    document = read_json(response)
    raw = document.get("detections") if isinstance(document, dict) else None
    if not isinstance(raw, list) or len(raw) > MAX_DETECTIONS:
        raise bad_answer("detections are not a list")
    boxes = tuple(_detection(item, frame) for item in raw)
    score = min(1.0, sum(box.confidence for box in boxes))
    return Inspection(FrameEvidence(score), boxes)


def _detection(item: Any, frame: Frame) -> Detection:
    """``[label, confidence, [xc, yc, w, h]]`` in pixels -> 0..1, on the score's scale.

    The ONNX variant takes a box's height from the frame's width, so no height is taken
    further than to the frame's edge; centre and width are right.
    """
    if not isinstance(item, list) or len(item) != 3 or not isinstance(item[0], str):
        raise bad_answer("a detection is not label, confidence and box")
    confidence = number(item[1], "confidence", 0.0, 1.0)
    x, y, w, h = box_of(item[2], frame)
    return Detection(SCALE * confidence, x, y, w, min(h, 2 * y, 2 * (1.0 - y)))
