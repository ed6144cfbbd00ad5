"""Any server of the Open Inference Protocol v2, over HTTP: Triton, OpenVINO Model Server,
KServe, MLServer.

Source: the protocol's public specification with Triton's binary tensor extension. The
server is stateless, so any number of them may stand behind one address; what a print has
shown so far is remembered by us. The bodies are made and read in :mod:`tensors`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ..core import heatmap, tensor_plan, tensors
from ..core.deferred import dataclass, replace
from ..core.errors import Ask, Reopen, Retry
from ..core.tensor_plan import HEAT, SCORE, Plan, TensorError
from ..core.values import (
    BackendField,
    Detection,
    Frame,
    FrameEvidence,
    Inspection,
    Job,
)
from ..core.view import boxes_delivered
from .base import (
    Backend,
    Inspecting,
    Opening,
    Pixels,
    Request,
    Response,
    ShrinkFrame,
    bad_answer,
    detail_of,
    general_error,
    join,
    quickly,
    read_json,
    try_json,
)

BINARY = "binary_tensor_data"
"""The extension's name, where a server announces it."""
HEAD_LENGTH = "Inference-Header-Content-Length"
OWN_CALIBRATION = heatmap.Calibration(hottest=6, centre=0.0, slope=1.0, cell=0.0)
"""How a heat map is read that comes without a calibration, as with a model file of the
user's on this machine."""


@dataclass
class Context:
    """How this print's frames are sent and their answers read."""

    plan: Plan
    binary: bool


class Kserve(Backend):
    """One frame to a model on a server of the user's, one answer."""

    key = "kserve"
    label = "Inference server (KServe v2)"
    docs_url = "https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol"
    note = (
        "A model on an inference server of yours: Triton, OpenVINO Model Server, "
        "KServe or MLServer."
    )
    needs = (
        "That server, for one printer or a hundred. octoprint plugins "
        "aiwatch:export-model writes the built-in model for all of them."
    )
    costs = "The electricity of that server."
    sees = (
        "With the exported model, what the detector on this machine sees. With "
        "another, what that one does."
    )
    sends = (
        "Each frame, made small for the model, to that server; it stays at home if "
        "the server is there."
    )
    fields = (
        BackendField(
            "url",
            "Server",
            "url",
            help="Its address without /v2, http://192.168.1.30:8000 for example.",
            required=True,
        ),
        BackendField(
            "model",
            "Model",
            "text",
            default="aiwatch",
            help="The model's name in the server's repository.",
        ),
        BackendField(
            "token",
            "Token",
            "secret",
            help="Only if something before the server asks for one.",
        ),
    )

    def open(self, job: Job) -> Opening:
        """See that the server is ready, and what its model takes and gives."""
        if not self.values["url"]:
            raise Ask("url_missing")
        ready = yield self._get("/v2/health/ready")
        if ready.status in (400, 503):
            raise Retry("server_not_ready")
        self._check(ready)
        server = yield self._get("/v2")
        announced = try_json(server).get("extensions") if server.status == 200 else None
        described = yield self._get(self._path())
        # Triton says 400 of a model that it does not know, the others 404.
        if described.status in (400, 404):
            raise Ask("model_unknown", model=self.values["model"])
        self._check(described)
        binary = isinstance(announced, list) and BINARY in announced
        return Context(_plan(read_json(described)), binary)

    def inspect(self, frame: Frame, context: Context) -> Inspecting:
        """Have the frame shrunk and turned here as a person sees it, and judged there."""
        wanted = context.plan.input
        pixels = yield ShrinkFrame(frame, wanted.size, wanted.planar)
        response = yield self._infer(pixels, context)
        if response.status == 404:
            raise Reopen("context_refused")
        if response.status == 400:
            said = try_json(response).get("error") or "HTTP 400"
            raise Retry("request_refused", detail=detail_of(said))
        self._check(response)
        found = _judged(response, context.plan)
        boxes = boxes_delivered(frame.view, found.detections)
        return replace(found, detections=boxes)

    def _infer(self, pixels: Pixels, context: Context) -> Request:
        head, body = tensors.request(
            context.plan, pixels.width, pixels.height, pixels.content, context.binary
        )
        headers = {"Content-Type": "application/json"}
        if context.binary:
            headers = {
                "Content-Type": "application/octet-stream",
                HEAD_LENGTH: str(len(head)),
            }
        url = join(self.values["url"], self._path() + "/infer")
        sent = {**headers, **self._headers()}
        return Request("POST", url, headers=sent, body=head + body)

    def _get(self, path: str) -> Request:
        url = join(self.values["url"], path)
        return quickly(Request("GET", url, headers=self._headers()))

    def _path(self) -> str:
        return "/v2/models/" + quote(self.values["model"], safe="")

    def _headers(self) -> dict[str, str]:
        token = self.values["token"]
        return {"Authorization": "Bearer " + token} if token else {}

    def _check(self, response: Response) -> None:
        if response.status in (401, 403):
            raise Ask("token_refused")
        if response.status != 200:
            raise general_error(response, self.values["url"])


def _plan(document: Any) -> Plan:
    """What the model takes and gives, by its metadata.

    Raises:
        Ask: that is nothing we can use.
        Retry: it makes no sense.
    """
    if not isinstance(document, dict):
        raise bad_answer("not an object")
    try:
        taken = tensor_plan.described(document.get("inputs"))
        given = tensor_plan.described(document.get("outputs"))
    except TensorError as error:
        raise bad_answer(str(error)) from None
    wanted = tensor_plan.input_of(taken)
    if wanted is None:
        raise Ask("model_input", found=tensor_plan.in_words(taken))
    plan = tensor_plan.plan_of(wanted, given)
    if plan is None:
        raise Ask("model_outputs", found=tensor_plan.in_words(given))
    return plan


def _judged(response: Response, plan: Plan) -> Inspection:
    """An inspection from a 200 answer.

    Raises:
        Retry: it does not follow the protocol, or is not what the metadata promised.
    """
    length = response.headers.get(HEAD_LENGTH.lower(), "")
    body = response.body
    size = int(length) if length.isdecimal() and len(length) < 9 else len(body)
    document = read_json(replace(response, body=body[:size]))
    try:
        found = tensors.answer(document, body[size:])
        if plan.kind == HEAT:
            return _from_heat(found, plan)
        boxes = _boxes(found, plan)
        if plan.kind == SCORE:
            score = tensors.one_share(found, plan.output)
        else:
            score = max((box.confidence for box in boxes), default=0.0)
    except TensorError as error:
        raise bad_answer(str(error)) from None
    return Inspection(FrameEvidence(score), boxes)


def _from_heat(found: tensors.Tensors, plan: Plan) -> Inspection:
    heat = tensors.heat_map(found, plan.output)
    calibration = tensors.calibration(found) if plan.calibrated else OWN_CALIBRATION
    score = heatmap.score(heat, calibration)
    return Inspection(FrameEvidence(score), heatmap.detections(heat, calibration))


def _boxes(found: tensors.Tensors, plan: Plan) -> tuple[Detection, ...]:
    if not plan.boxes:
        return ()
    boxes = (Detection(*row) for row in tensors.boxes(found, plan.boxes))
    return tuple(sorted(boxes, key=lambda box: -box.confidence)[: heatmap.MOST_BOXES])
