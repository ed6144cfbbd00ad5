"""The detector of our own: no account, no cloud, no other machine.

Its wishes are carried out by the detector process, as the others' are by their servers.
Source of the model and its figures: extras/docs/model-card.md.
"""

from __future__ import annotations

from ..core import heatmap
from ..core.deferred import dataclass
from ..core.values import BackendField, Frame, FrameEvidence, Inspection, Job
from ..core.view import boxes_delivered
from .base import Backend, Inspecting, JudgeFrame, LoadModel, Opening


@dataclass
class Context:
    """How the model that the detector process has loaded for this print is read."""

    calibration: heatmap.Calibration


class Local(Backend):
    """A small network, run in a process of its own at the lowest priority."""

    key = "local"
    label = "On this machine"
    docs_url = ""
    note = "A small neural network that runs beside OctoPrint."
    needs = "Nothing. No account, no key."
    costs = (
        "A moment of one processor core for each frame, and less than 60 MB of memory "
        "while a job prints."
    )
    sees = (
        "Large tangles of loose strands in a clear picture: half to two thirds of "
        "those that cover more than a hundredth of it. It misses most of what is small, "
        "dark, far away or hidden, and parts that came loose, warped or shifted."
    )
    sends = "Nothing."
    fields = (
        BackendField(
            "model",
            "Model file",
            "text",
            help="Leave empty for the built-in model. An ONNX file of your own needs "
            "onnxruntime.",
        ),
        BackendField(
            "threads",
            "Processor cores",
            "number",
            default="1",
            low=1,
            high=4,
            help="How many of them may work on a frame. One is enough for the built-in "
            "model.",
        ),
    )

    def open(self, job: Job) -> Opening:
        """Have the detector process load the model."""
        wish = LoadModel(self.values["model"], int(self.values["threads"]))
        return Context((yield wish).calibration)

    def inspect(self, frame: Frame, context: Context) -> Inspecting:
        """Have one frame judged, the way up that a person sees it."""
        heat = yield JudgeFrame(frame)
        boxes = heatmap.detections(heat, context.calibration)
        return Inspection(
            FrameEvidence(heatmap.score(heat, context.calibration)),
            boxes_delivered(frame.view, boxes),
        )
