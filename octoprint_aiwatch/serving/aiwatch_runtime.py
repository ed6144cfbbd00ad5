"""Has MLServer run the exported model with onnxruntime.

Written beside the model by ``octoprint plugins aiwatch:export-model``. MLServer needs
``pip install onnxruntime``.
"""

import base64

import numpy as np
import onnxruntime
from mlserver import MLModel
from mlserver.errors import InferenceError
from mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    RequestInput,
    ResponseOutput,
)
from mlserver.utils import get_model_uri


def _pixels(frame: RequestInput) -> np.ndarray:
    """Its bytes as one text in base64, or its numbers."""
    data = frame.data.root
    if frame.parameters is not None and frame.parameters.content_type == "base64":
        pixels = np.frombuffer(base64.b64decode(data[0], validate=True), np.uint8)
    else:
        pixels = np.array(data, np.uint8)
    return pixels.reshape(frame.shape)


class AiWatch(MLModel):
    """One frame in, its heat map out; remembers nothing."""

    async def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # MLServer's own processes share the work
        self._session = onnxruntime.InferenceSession(
            await get_model_uri(self.settings),
            options,
            providers=["CPUExecutionProvider"],
        )
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        frame = payload.inputs[0]
        try:
            found = self._session.run(None, {"frame": _pixels(frame)})
        except Exception as error:
            raise InferenceError(f"this is no frame: {error}") from error
        names = (output.name for output in self._session.get_outputs())
        outputs = [
            ResponseOutput(
                name=name,
                shape=list(values.shape),
                datatype="FP32",
                data=values.ravel().tolist(),
            )
            for name, values in zip(names, found)
        ]
        return InferenceResponse(model_name=self.name, outputs=outputs)
