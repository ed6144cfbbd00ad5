"""What every model can do, and which one a path means."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

AREA_PX = 320 * 240
"""Pixels of a model's input, about: a frame is shrunk to this and keeps its shape."""
SIDE_MULTIPLE_PX = 16
"""Height and width of that input are multiples of this."""
BUNDLED = Path(__file__).parent / "weights.npz"
BUNDLED_ONNX = BUNDLED.with_suffix(".onnx")
"""The same numbers for onnxruntime, which is faster and takes more memory."""


class ModelError(Exception):
    """A model that cannot be used; ``code`` has its sentence in the plugin's words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Model(ABC):
    """Pixels in, heat map out."""

    calibration: dict[str, float]

    @abstractmethod
    def fit(self, width: int, height: int) -> tuple[int, int]:
        """Width and height to which a frame is shrunk first."""

    @abstractmethod
    def heat(self, frame: Any) -> Any:
        """Logits, kinds × rows × columns, the first kind being the failure.

        Args:
            frame: uint8, height × width × 3 (red, green, blue), sides as fit() says.

        Raises:
            ModelError: what comes out is no heat map.
        """


def load(path: str, threads: int, careful: bool = False) -> Model:
    """The bundled model for "", otherwise a user's own.

    Args:
        careful: a process died before; keep to what has no native runtime but numpy.

    Raises:
        ModelError: there is no such file, or it cannot be used.
    """
    if not path:
        return _with_numpy(BUNDLED) if careful else _bundled(threads)
    file = Path(path).expanduser()
    if not file.is_file():
        raise ModelError("model_missing")
    if file.suffix.lower() == ".npz":
        return _with_numpy(file)
    return _with_onnxruntime(file, threads)


def _bundled(threads: int) -> Model:
    """By onnxruntime where it is installed and works, otherwise by numpy."""
    try:
        return _with_onnxruntime(BUNDLED_ONNX, threads)
    except ModelError:
        return _with_numpy(BUNDLED)


def _with_numpy(file: Path) -> Model:
    from .numpy_model import NumpyModel, Weights

    return NumpyModel(Weights(file))


def _with_onnxruntime(file: Path, threads: int) -> Model:
    from .onnx_model import OnnxModel

    return OnnxModel(str(file), threads)


def fit_to_area(width: int, height: int, area_px: int = AREA_PX) -> tuple[int, int]:
    """A size of about so many pixels that keeps the frame's shape."""
    scale = math.sqrt(area_px / (width * height))
    sides = (max(1, round(side * scale / SIDE_MULTIPLE_PX)) for side in (width, height))
    fitted_width, fitted_height = (side * SIDE_MULTIPLE_PX for side in sides)
    return fitted_width, fitted_height
