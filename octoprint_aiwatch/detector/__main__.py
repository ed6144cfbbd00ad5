"""The detector process: looks at frames and judges them until its input ends.

Loads a model only if it is told to; without one it stays small.
"""

from __future__ import annotations

import os
import sys
from typing import Any, BinaryIO, NamedTuple, Optional

from . import wire

LOWEST_PRIORITY = 19
FIRST_TO_GO = "900"
"""Linux ends the process with the highest number (up to 1000) when memory is short."""
MOST_BYTES = 1 << 30
"""Address space: a hostile picture or model must not fill a small computer's memory."""
OTHER_FORMATS = ("Bmp", "Gif", "Png", "Ppm")
"""What Pillow would load with the first JPEG, with all that those need."""


def step_back() -> None:
    """Let everything else on this machine go first, but go first if it is full."""
    if hasattr(os, "nice"):
        os.nice(LOWEST_PRIORITY)
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write(FIRST_TO_GO)
    except OSError:
        pass  # not Linux
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    except (ImportError, ValueError, OSError):
        pass  # not a Unix, or a tighter limit holds already


def know_jpeg_only() -> None:
    """A webcam's frames are JPEGs. The decoders of other pictures would take 0.8 MB, and
    what no frame needs no frame must reach."""
    for name in OTHER_FORMATS:
        # Importing what is None there fails, and Pillow does without it.
        sys.modules[f"PIL.{name}ImagePlugin"] = None  # type: ignore[assignment]


class Looked(NamedTuple):
    """A frame that was looked at: its JPEG, its own size, and itself, shrunk."""

    jpeg: bytes
    size: tuple[int, int]
    picture: Any


class Turn(NamedTuple):
    """How a frame is turned before it is judged: flipped, then by 90° to the left."""

    flip_h: bool = False
    flip_v: bool = False
    rotate_90: bool = False


class Detector:
    """Holds the model, and the frame that was looked at last; one request at a time."""

    def __init__(self) -> None:
        self._model: Optional[Any] = None
        self._looked: Optional[Looked] = None

    def answer(
        self, head: dict[str, Any], payload: bytes
    ) -> tuple[dict[str, Any], bytes]:
        """What is answered to one message; never raises an Exception."""
        try:
            if head.get("do") == "load":
                return self._load(head), b""
            if head.get("do") == "look":
                return self._look(payload, int(head.get("most") or 0))
            if head.get("do") == "shrink":
                return self._shrink(head, payload)
            return self._judge(head, payload)
        except MemoryError:
            return {"error": "detector_memory"}, b""
        except ImportError:
            return {"error": "detector_incomplete"}, b""
        except Exception as error:  # noqa: BLE001 - the plugin is told, whatever it is
            return {"error": str(getattr(error, "code", "")) or "detector_died"}, b""

    def _load(self, head: dict[str, Any]) -> dict[str, Any]:
        from .model import load

        self._model = None
        self._model = load(
            str(head.get("model") or ""),
            int(head.get("threads") or 1),
            careful=bool(head.get("careful")),
        )
        return {"calibration": self._model.calibration}

    def _look(self, jpeg: bytes, most_px: int) -> tuple[dict[str, Any], bytes]:
        """What a frame looks like; and itself made smaller, if a side is too long.

        It is decoded once for both.

        Args:
            most_px: as long as a side need be; 0 if it may be as long as it is.
        """
        from .look import fit, look
        from .picture import decoded, encoded, reduced, roughly, size_of, within

        self._looked = None
        size = size_of(jpeg)
        wanted = self._wanted(size, fit(*size))
        is_long = 0 < most_px < max(size)
        if is_long:
            picture = decoded(jpeg, lambda w, h: within(w, h, most_px), spare=4)
        else:
            picture, _ = roughly(jpeg, lambda *_: wanted)
        looked = reduced(picture, fit(*size))
        figures, thumbnail = look(looked)
        is_one = wanted == looked.size
        self._looked = Looked(jpeg, size, looked if is_one else reduced(picture, wanted))
        if not is_long:
            return {"figures": figures}, thumbnail
        head = {"figures": figures, "smaller": picture.size}
        return head, thumbnail + encoded(picture)

    def _wanted(self, size: tuple[int, int], looked: tuple[int, int]) -> tuple[int, int]:
        """The size that is kept of a frame: the model's, unless that hides too much."""
        wanted = self._model.fit(*size) if self._model else looked
        return wanted if min(wanted) >= min(looked) else looked

    def _shrink(self, head: dict[str, Any], jpeg: bytes) -> tuple[dict[str, Any], bytes]:
        """A frame's pixels, for a model elsewhere; needs Pillow only."""
        from .model import fit_to_area

        size = head.get("size")

        def fit(width: int, height: int) -> tuple[int, int]:
            if size is None:
                return fit_to_area(width, height)
            return int(size[0]), int(size[1])

        picture = self._turned(head, jpeg, fit)
        parts = picture.split() if head.get("planar") else (picture,)
        body = b"".join(part.tobytes() for part in parts)
        return {"width": picture.width, "height": picture.height}, body

    def _judge(self, head: dict[str, Any], jpeg: bytes) -> tuple[dict[str, Any], bytes]:
        import numpy as np

        from .model import ModelError
        from .picture import as_array

        if self._model is None:
            raise ModelError("model_missing")
        heat = self._model.heat(as_array(self._turned(head, jpeg, self._model.fit)))[0]
        if not np.isfinite(heat).all():
            raise ModelError("model_shape")
        rows, columns = heat.shape
        body = np.ascontiguousarray(heat, np.dtype("<f4")).tobytes()
        return {"rows": rows, "columns": columns}, body

    def _turned(self, head: dict[str, Any], jpeg: bytes, fit: Any) -> Any:
        """The frame as a person sees it, of the size that the model wants."""
        from .picture import turned

        turn = Turn(*map(bool, head.get("view") or ()))

        def before_turning(width: int, height: int) -> Any:
            return fit(height, width)[::-1] if turn.rotate_90 else fit(width, height)

        picture = self._picture(jpeg, bool(head.get("same")), before_turning)
        return turned(picture, *turn)

    def _picture(self, jpeg: bytes, is_same: bool, fit: Any) -> Any:
        from .picture import decoded

        if not is_same:
            return decoded(jpeg, fit)
        looked = self._looked
        if looked is None:
            raise ValueError("no frame was looked at")
        if fit(*looked.size) != looked.picture.size:
            return decoded(looked.jpeg, fit)
        return looked.picture


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer until the plugin hangs up."""
    detector = Detector()
    while True:
        try:
            head, payload = wire.read(source)
            wire.write(sink, *detector.answer(head, payload))
        except (wire.WireError, OSError):
            return


def main() -> None:
    """Take over standard input and output; whatever prints goes to standard error."""
    step_back()
    know_jpeg_only()
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        serve(sys.stdin.buffer, sink)
    except MemoryError:
        # In the middle of a message nothing can be answered; tidying up needs memory too.
        os._exit(wire.OUT_OF_MEMORY)


if __name__ == "__main__":
    main()
