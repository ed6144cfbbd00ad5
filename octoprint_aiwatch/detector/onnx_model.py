"""A user's own ONNX file, run by onnxruntime where that is installed.

The file must take float32 ``N × 3 × height × width`` (red green blue, 0..255) and give
``N × kinds × rows × columns`` logits, the first kind being the failure. How the logits
are read may stand in its metadata ``aiwatch`` as JSON: hottest, centre, slope, cell.
"""

from __future__ import annotations

import json
from typing import Any, Optional

import numpy as np

from . import wire
from .calibration import DEFAULT_CALIBRATION, read_calibration
from .model import Model, ModelError, fit_to_area

MOST_PX = 4096
"""A model that wants a longer side than this is taken for a mistake."""
NO_MEMORY = ("Failed to allocate", "bad_alloc", "bad allocation")
"""What onnxruntime says when memory is short; it has no kind of error for that."""


class OnnxModel(Model):
    """A model that onnxruntime runs."""

    def __init__(self, path: str, threads: int) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise ModelError("model_needs_onnxruntime") from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                path, options, providers=["CPUExecutionProvider"]
            )
            stored = self._session.get_modelmeta().custom_metadata_map.get("aiwatch")
        except MemoryError:
            raise
        except Exception as error:
            raise _refusal("model_broken", error) from error
        self._size = self._check()
        self.calibration = _calibration(stored) if stored else DEFAULT_CALIBRATION
        self._try()

    def fit(self, width: int, height: int) -> tuple[int, int]:
        return self._size or fit_to_area(width, height)

    def heat(self, frame: Any) -> Any:
        tensor = np.ascontiguousarray(frame.transpose(2, 0, 1)[None], np.float32)
        try:
            output = self._session.run([self._output], {self._input: tensor})[0]
            with np.errstate(over="ignore"):  # what is too large becomes infinite
                output = np.asarray(output, np.float32)
        except MemoryError:
            raise
        except Exception as error:
            raise _refusal("model_shape", error) from error
        if output.ndim != 4 or len(output) != 1 or min(output.shape) < 1:
            raise ModelError("model_shape")
        if output.shape[2] * output.shape[3] > wire.MOST_CELLS:
            raise ModelError("model_shape")
        return output[0]

    def _check(self) -> Optional[tuple[int, int]]:
        """The fixed size the model wants, None if it takes any."""
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or not outputs:
            raise ModelError("model_shape")
        shape = inputs[0].shape
        if len(shape) != 4 or (isinstance(shape[1], int) and shape[1] != 3):
            raise ModelError("model_shape")
        self._input, self._output = inputs[0].name, outputs[0].name
        height, width = shape[2], shape[3]
        if not isinstance(height, int) and not isinstance(width, int):
            return None
        if not isinstance(height, int) or not isinstance(width, int):
            raise ModelError("model_shape")  # frames come in any shape or in one
        if not (1 <= height <= MOST_PX and 1 <= width <= MOST_PX):
            raise ModelError("model_shape")
        return width, height

    def _try(self) -> None:
        """A model that cannot judge a grey frame cannot judge any: better known now."""
        width, height = self.fit(640, 480)
        heat = self.heat(np.full((height, width, 3), 128, np.uint8))
        if not np.isfinite(heat[0]).all():
            raise ModelError("model_shape")


def _refusal(code: str, error: Exception) -> Exception:
    """What onnxruntime's error means."""
    if any(words in str(error) for words in NO_MEMORY):
        return MemoryError()
    return ModelError(code)


def _calibration(stored: str) -> dict[str, float]:
    try:
        return read_calibration(json.loads(stored))
    except (ValueError, RecursionError) as error:
        raise ModelError("model_broken") from error
