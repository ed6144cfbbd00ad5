"""Has MLServer run the exported model with onnxruntime.

Written beside the model by ``octoprint plugins aiwatch:export-model``. MLServer needs
``pip install onnxruntime``.
"""

import asyncio
import base64
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Optional

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

DIGITS = 5
"""After the point: as JSON a number has twice as many otherwise, and they say nothing."""


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

    _threads: Optional[ThreadPoolExecutor] = None

    async def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        # A core for each of several frames does more than several cores for each frame.
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            await get_model_uri(self.settings),
            options,
            providers=["CPUExecutionProvider"],
        )
        self._names = [output.name for output in self._session.get_outputs()]
        self._threads = ThreadPoolExecutor(os.cpu_count(), "aiwatch")
        return True

    async def unload(self) -> bool:
        if self._threads is not None:
            self._threads.shutdown(wait=False)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        # In a thread, so that all cores judge while the server goes on taking requests.
        loop = asyncio.get_running_loop()
        outputs = await loop.run_in_executor(
            self._threads, self._judged, payload.inputs[0]
        )
        return InferenceResponse(model_name=self.name, outputs=outputs)

    def _judged(self, frame: RequestInput) -> list[ResponseOutput]:
        try:
            found = self._session.run(self._names, {"frame": _pixels(frame)})
        except Exception as error:
            raise InferenceError(f"this is no frame: {error}") from error
        return [
            ResponseOutput(
                name=name,
                shape=list(values.shape),
                datatype="FP32",
                data=values.astype(np.float64).round(DIGITS).ravel().tolist(),
            )
            for name, values in zip(self._names, found)
        ]
