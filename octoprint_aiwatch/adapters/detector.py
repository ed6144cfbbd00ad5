"""The plugin's end of the detector process: started on use, restarted when it hangs.

Called by one thread at a time, except for :meth:`Detector.kill`. Every wait has an end.
"""

from __future__ import annotations

import math
import os
import struct
import subprocess
import sys
import threading
from dataclasses import astuple
from pathlib import Path
from typing import Any, Optional, Union

from ..backends.base import JudgeFrame, LoadModel, ModelLoaded, Pixels, ShrinkFrame
from ..core import jpeg
from ..core.deferred import replace
from ..core.errors import AiWatchError, Ask, NextFrame, Retry, SnapshotError
from ..core.heatmap import Calibration, HeatMap
from ..core.sight import Look
from ..core.values import AS_DELIVERED, Frame
from ..detector import wire
from ..detector.calibration import read_calibration

LOAD_WITHIN_S = 60.0
"""A Raspberry Pi with a slow card needs its time to import numpy the first time."""
JUDGE_WITHIN_S = 30.0
LOOK_WITHIN_S = 20.0
"""The first look starts the process, where it does not run for a model."""
END_WITHIN_S = 1.0
ENDING_WITHIN_S = 0.5
"""A process whose pipe broke is about to end by itself, and its exit status says why."""
NOT_RUNNING = "it does not run"
FIGURES = tuple(name for name in Look.__annotations__ if name != "thumbnail")
USERS_TO_MEND = frozenset(
    (
        "model_missing",
        "model_broken",
        "model_shape",
        "model_needs_onnxruntime",
        "detector_incomplete",
    )
)
_START = """
import sys
sys.path = [path for path in sys.path if path] + [sys.argv[1]]
from octoprint_aiwatch.detector.__main__ import main
main()
"""
PROGRAM = (sys.executable, "-c", _START, str(Path(__file__).parents[2]))
"""The process finds us however OctoPrint did, and nothing in its working folder."""


class Detector:
    """A process that looks at frames, and judges them if a model was loaded."""

    def __init__(
        self,
        program: tuple[str, ...] = PROGRAM,
        load_within_s: float = LOAD_WITHIN_S,
        judge_within_s: float = JUDGE_WITHIN_S,
        look_within_s: float = LOOK_WITHIN_S,
    ) -> None:
        self._program = program
        self._load_within_s = load_within_s
        self._judge_within_s = judge_within_s
        self._look_within_s = look_within_s
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._loaded: Optional[LoadModel] = None
        self._has_model = False
        self._threads = 0
        self._looked: Optional[Frame] = None
        self._smaller: Optional[Frame] = None
        self._is_killed = False
        self._careful = False

    def send(
        self, wish: Union[LoadModel, JudgeFrame, ShrinkFrame]
    ) -> Union[ModelLoaded, HeatMap, Pixels]:
        """Carry out what a backend asks for.

        Raises:
            Retry: the process died or hung; the next call starts another one.
            NextFrame: this frame cannot be decoded.
            Ask: the model cannot be used.
        """
        if isinstance(wish, LoadModel):
            return self._load(wish)
        if isinstance(wish, ShrinkFrame):
            return self._shrink(wish)
        if not self._has_model and self._loaded is not None:
            self._load(self._loaded)
        head, body = self._ask_about(wish.frame, {"do": "judge"}, self._judge_within_s)
        try:
            return _heat_map(head, body)
        except ValueError:
            raise self._died() from None

    def look(self, frame: Frame, most_px: Optional[int] = None) -> Look:
        """What a frame looks like; starts the process if there is none.

        Args:
            most_px: have it made smaller, too, if one of its sides is longer.

        Raises:
            SnapshotError: it cannot be decoded.
            AiWatchError: it could not be looked at, which says nothing about it.
        """
        self._looked = self._smaller = None
        self._start_if_none()
        order = {"do": "look", "most": most_px}
        try:
            head, body = self._call(order, frame.jpeg, self._look_within_s)
        except NextFrame as error:
            raise SnapshotError(error.code) from None
        try:
            look = _look(head, body[: wire.THUMBNAIL_BYTES])
            smaller = _smaller(frame, head, body[wire.THUMBNAIL_BYTES :])
        except ValueError:
            raise self._died() from None
        self._looked, self._smaller = frame, smaller
        return look

    def fitting(self, frame: Frame) -> Frame:
        """The frame, or what was made of it when it was looked at."""
        smaller = self._smaller if frame is self._looked else None
        return frame if smaller is None else smaller

    def close(self) -> None:
        """End the process; returns soon whatever it does."""
        self._loaded = None
        self._end()

    def kill(self) -> None:
        """End the process at once, from any thread; who waits for it gets an error."""
        process = self._process
        if process is not None:
            self._is_killed = True
            process.kill()

    @property
    def pid(self) -> Optional[int]:
        """The process's number while there is one."""
        return self._process.pid if self._process is not None else None

    def _shrink(self, wish: ShrinkFrame) -> Pixels:
        self._start_if_none()
        size = list(wish.size) if wish.size is not None else None
        order = {"do": "shrink", "size": size, "planar": wish.planar}
        head, body = self._ask_about(wish.frame, order, self._look_within_s)
        try:
            return _pixels(head, body)
        except ValueError:
            raise self._died() from None

    def _start_if_none(self) -> None:
        if self._process is None:
            self._start(self._loaded.threads if self._loaded is not None else 1)

    def _ask_about(
        self, frame: Frame, order: dict[str, Any], within_s: float
    ) -> tuple[dict[str, Any], bytes]:
        if frame.view != AS_DELIVERED:
            order = {**order, "view": astuple(frame.view)}
        if frame is self._looked:
            # The process has it, decoded and all.
            return self._call({**order, "same": True}, b"", within_s)
        return self._call(order, frame.jpeg, within_s)

    def _load(self, wish: LoadModel) -> ModelLoaded:
        if self._process is None or self._has_model or self._threads != wish.threads:
            self._end()
            self._start(wish.threads)
        head = {"do": "load", "model": wish.model, "threads": wish.threads}
        if self._careful:
            head["careful"] = True
        answer, _ = self._call(head, b"", self._load_within_s)
        try:
            calibration = _calibration(answer.get("calibration"))
        except ValueError:
            raise self._died() from None
        self._loaded, self._has_model = wish, True
        return ModelLoaded(calibration)

    def _start(self, threads: int) -> None:
        self._is_killed = False
        self._threads = threads
        count = str(threads)
        environment = dict(
            os.environ,
            OMP_NUM_THREADS=count,
            OPENBLAS_NUM_THREADS=count,
            MKL_NUM_THREADS=count,
        )
        try:
            self._process = subprocess.Popen(
                self._program,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            raise Retry("detector_died", how=error.strerror) from None

    def _call(
        self, head: dict[str, Any], payload: bytes, within_s: float
    ) -> tuple[dict[str, Any], bytes]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise Retry("detector_died", how=NOT_RUNNING)
        # Writing can hang as well as reading; a killed process ends both.
        guard = _Guard(process, within_s)
        try:
            wire.write(process.stdin, head, payload)
            found, body = wire.read(process.stdout)
        except (OSError, ValueError, wire.WireError):
            if guard.has_fired:
                self._end()
                raise Retry("detector_hung", limit_s=within_s) from None
            raise self._died() from None
        finally:
            guard.cancel()
        if "error" in found:
            raise self._error(str(found["error"]))
        return found, body

    def _error(self, code: str) -> AiWatchError:
        if code == "frame_undecodable":
            return NextFrame(code)
        if code in USERS_TO_MEND:
            return Ask(code)
        self._end()
        if code == "detector_memory":
            return Retry(code)
        return Retry("detector_died", how="an error of its own")

    def _died(self) -> Retry:
        """It is gone, or talks nonsense."""
        process = self._process
        code = None
        if process is not None:
            try:
                code = process.wait(ENDING_WITHIN_S)
            except subprocess.TimeoutExpired:
                pass  # its answer cannot be read, but it lives
        self._end()
        if code == wire.OUT_OF_MEMORY:
            return Retry("detector_memory")
        if code is not None and not self._is_killed:
            self._careful = True
        return Retry("detector_died", how=_how(code))

    def _end(self) -> None:
        process, self._process = self._process, None
        self._has_model, self._looked = False, None
        self._smaller = None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                continue  # what was left to write has nobody to read it
        try:
            process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            return  # the kernel is busy with it; Popen collects it later


def _how(code: Optional[int]) -> str:
    """How a process ended, from its exit status; None if it had not."""
    if code is None:
        return "it answered nonsense"
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


class _Guard:
    """Kills a process that takes too long."""

    def __init__(self, process: subprocess.Popen[bytes], within_s: float) -> None:
        self.has_fired = False
        self._process = process
        self._timer = threading.Timer(within_s, self._fire)
        self._timer.name = "aiwatch-detector-guard"
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        """The process answered."""
        self._timer.cancel()

    def _fire(self) -> None:
        self.has_fired = True
        self._process.kill()


def _calibration(found: Any) -> Calibration:
    """How the model is read.

    Raises:
        ValueError: it does not say so.
    """
    numbers = read_calibration(found)
    return Calibration(
        int(numbers["hottest"]), numbers["centre"], numbers["slope"], numbers["cell"]
    )


def _look(head: dict[str, Any], body: bytes) -> Look:
    """The figures in an answer.

    Raises:
        ValueError: some are missing or make no sense.
    """
    figures = head.get("figures")
    if not isinstance(figures, dict) or len(body) != wire.THUMBNAIL_BYTES:
        raise ValueError("no figures")
    try:
        values = {name: float(figures[name]) for name in FIGURES}
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError("figures are missing") from error
    if not all(map(math.isfinite, values.values())):
        raise ValueError("no numbers")
    return Look(thumbnail=body, **values)


def _smaller(frame: Frame, head: dict[str, Any], body: bytes) -> Optional[Frame]:
    """The frame made smaller in an answer; None if it was small enough.

    Raises:
        ValueError: what is there is no such frame.
    """
    size = head.get("smaller")
    if size is None and not body:
        return None
    try:
        width, height = jpeg.measure(body)
    except SnapshotError as error:
        raise ValueError("no frame") from error
    if size != [width, height] or max(size) >= max(frame.width, frame.height):
        raise ValueError("another size")
    return replace(frame, jpeg=body, width=width, height=height)


def _pixels(head: dict[str, Any], body: bytes) -> Pixels:
    """The shrunk frame in an answer.

    Raises:
        ValueError: there is none.
    """
    width, height = head.get("width"), head.get("height")
    if not isinstance(width, int) or not isinstance(height, int):
        raise ValueError("no pixels")
    if min(width, height) < 1 or width * height * 3 != len(body):
        raise ValueError("no pixels")
    return Pixels(width, height, body)


def _heat_map(head: dict[str, Any], body: bytes) -> HeatMap:
    """The map in an answer.

    Raises:
        ValueError: there is none.
    """
    rows, columns = head.get("rows"), head.get("columns")
    if not isinstance(rows, int) or not isinstance(columns, int):
        raise ValueError("no heat map")
    cells = rows * columns
    if min(rows, columns) < 1 or cells > wire.MOST_CELLS or cells * 4 != len(body):
        raise ValueError("no heat map")
    values = struct.unpack(f"<{cells}f", body)
    if not all(map(math.isfinite, values)):
        raise ValueError("no numbers")
    return HeatMap(rows, columns, values)
