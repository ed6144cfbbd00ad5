"""Frames and the detector's process: what a webcam, a hostile picture or a process gone
wrong may hand over. A frame is passed or refused with a reason; nothing that cannot be
read becomes a score."""

from __future__ import annotations

import io
import json
import math
import struct
import time
from functools import cache
from types import SimpleNamespace
from typing import Any, Callable

from octoprint_aiwatch.adapters import camera
from octoprint_aiwatch.adapters import detector as plugin_end
from octoprint_aiwatch.adapters.detector import Detector
from octoprint_aiwatch.adapters.look import Looker
from octoprint_aiwatch.backends.base import JudgeFrame, LoadModel, ShrinkFrame
from octoprint_aiwatch.core import heatmap, jpeg
from octoprint_aiwatch.core.errors import AiWatchError, SnapshotError
from octoprint_aiwatch.core.sight import CODES
from octoprint_aiwatch.core.values import NO_PROGRESS, FrameEvidence, Inspection

from .answers import (
    FRAME,
    SETTINGS,
    check_error,
    check_inspection,
    expect,
    is_number,
    pauses,
)
from .material import ODD, Source, damaged

WITHIN_S = 2.0
"""For a frame of a few kilobytes; a hundred times what it takes."""
THUMBNAIL = bytes(range(256)) * 12


# -- the gate -------------------------------------------------------------------------


def webcam(data: bytes) -> Any:
    """A webcam that hands over these bytes, a few at a time."""
    pieces = [data[at : at + 700] for at in range(0, len(data), 700)]
    provider = SimpleNamespace(take_webcam_snapshot=lambda name: iter(pieces))
    config = SimpleNamespace(name="cam")
    return SimpleNamespace(config=config, providerPlugin=provider)


def jpeg_gate(data: bytes) -> None:
    """Whatever a webcam sends is a frame of a sensible size, or a SnapshotError."""
    source = Source(data)
    times = source.byte()
    body = source.rest()
    # A long run of the same bytes must not cost more than its length.
    snapshot = body * (1 + times % 8)
    begun = time.monotonic()
    try:
        frame = camera.Snapshots(lambda name: webcam(snapshot)).take(SETTINGS.camera)
    except SnapshotError as error:
        check_error(error)
        return
    finally:
        expect(time.monotonic() - begun < WITHIN_S, "a frame takes too long")
    for side in (frame.width, frame.height):
        expect(jpeg.MIN_SIDE_PX <= side <= jpeg.MAX_SIDE_PX, "a size of no use")


@cache
def pictures() -> tuple[bytes, ...]:
    """Small JPEGs of several sorts; made here, so that none need be stored."""
    from PIL import Image

    shade = Image.radial_gradient("L").resize((96, 96))
    colour = Image.merge("RGB", (shade, shade.rotate(90), shade.rotate(45)))
    found = []
    kinds: tuple[tuple[Any, dict[str, Any]], ...] = (
        (colour, {"quality": 50}),
        (colour, {"progressive": True}),
        (shade, {"quality": 90}),
        (colour.convert("CMYK"), {"quality": 20}),
        (colour, {"comment": b"x" * 64, "restart_marker_blocks": 2}),
    )
    for picture, options in kinds:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", **options)
        found.append(buffer.getvalue())
    return tuple(found)


def gate_seeds() -> list[bytes]:
    """Real JPEGs, and what webcams send instead of them."""
    odd = (
        b"",
        b"<html>",
        b"\xff\xd8\xff" + b"\xff" * 400,
        b"\xff\xd8" + b"\xff\xe0" * 90,
    )
    return [b"\x00" + one for one in (*pictures(), *odd)]


def picture(data: bytes) -> None:
    """The detector's process decodes a frame and looks at it, or says that it cannot.

    What it finds is judged by the plugin: a frame is good or useless for a known reason.
    """
    from octoprint_aiwatch.detector.look import fit, look
    from octoprint_aiwatch.detector.picture import PictureError, decoded

    source = Source(data)
    body = bytearray(source.pick(pictures()))
    for _ in range(source.byte() % 8):
        body[source.index(len(body))] = source.byte()
    cut = source.index(4 * len(body))
    whole = bytes(body[: cut or None]) if cut < len(body) else bytes(body)
    begun = time.monotonic()
    try:
        found = decoded(whole, fit)
    except PictureError:
        return
    finally:
        expect(time.monotonic() - begun < WITHIN_S, "decoding takes too long")
    figures, thumbnail = look(found)
    answer = message({"figures": figures}, thumbnail)
    expect(seen(answer) in (None, *CODES), "useless for no reason")


# -- the wire -------------------------------------------------------------------------


def message(head: Any, payload: bytes) -> bytes:
    """As the process sends it."""
    text = json.dumps({**head, "bytes": len(payload)}).encode()
    return struct.pack(">I", len(text)) + text + payload


class Process:
    """A process that has already answered, and ends when it is told to."""

    pid = 1

    def __init__(self, answer: bytes) -> None:
        self.stdin, self.stdout = io.BytesIO(), io.BytesIO(answer)

    def kill(self) -> None:
        """It is gone."""

    def wait(self, within_s: float = 0.0) -> int:
        """Its exit status."""
        return 1


class Answering(Detector):
    """A detector whose process has answered before it was asked."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self._answer = answer
        self._start(1)

    def _start(self, threads: int) -> None:
        self._threads = threads
        self._process = Process(self._answer)  # type: ignore[assignment]


def seen(answer: bytes) -> Any:
    """Why a frame that the process has looked at is useless; None if it is not."""
    frame = FRAME
    said: list[str] = []
    looker = Looker(Answering(answer).look, said.append, said.append, lambda: 1.0)
    try:
        looker.check(frame, NO_PROGRESS, lambda: True)
    except SnapshotError as error:
        check_error(error)
        return error.code
    expect("Unexpected error while looking at a frame" not in said, "a bug while looking")
    return None


FIGURES = dict.fromkeys(plugin_end.FIGURES, 20.0)
HOT = struct.pack("<12f", -4, -4, -4, -4, -4, 7, 7, -4, -4, 7, 7, -4)
CALIBRATION = {"hottest": 3, "centre": 1.5, "slope": 0.8, "cell": 0.5}
HEADS: tuple[tuple[Any, bytes], ...] = (
    ({"rows": 3, "columns": 4}, HOT),
    ({"figures": FIGURES}, THUMBNAIL),
    ({"width": 2, "height": 1}, bytes(6)),
    ({"calibration": CALIBRATION}, b""),
    ({"error": "frame_undecodable"}, b""),
    ({"error": "detector_memory"}, b""),
)
WISHES: tuple[Callable[[Detector], Any], ...] = (
    lambda one: one.send(JudgeFrame(FRAME)),
    lambda one: one.look(FRAME),
    lambda one: one.send(ShrinkFrame(FRAME, (2, 1), True)),
    lambda one: one.send(LoadModel("", 1)),
)


def wire_answer(source: Source) -> bytes:
    """One message of the process's: bytes of any sort, or a damaged good one."""
    if source.byte() % 2 == 0:
        return source.rest()
    head, payload = source.pick(HEADS)
    length = source.byte()
    head = damaged(source, (head,))
    if not isinstance(head, dict):
        head = {"error": head}
    payload = payload if length < 200 else payload[: length - 200]
    found = message(head, payload)
    return found if length % 7 else found[: len(found) - length]


def wire(data: bytes) -> None:
    """Whatever the process says, the plugin has an answer or an error of our tree."""
    source = Source(data)
    wish = source.pick(WISHES)
    detector = Answering(wire_answer(source))
    try:
        found = wish(detector)
    except AiWatchError as error:
        check_error(error)
        return
    if isinstance(found, heatmap.HeatMap):
        expect(len(found.values) == found.rows * found.columns, "a map with holes")
        expect(all(map(math.isfinite, found.values)), "a map of no numbers")


def wire_seeds() -> list[bytes]:
    """Good answers to each wish, as bytes and to be damaged."""
    found = []
    for number, (head, payload) in enumerate(HEADS):
        for wish in range(len(WISHES)):
            found.append(bytes((wish, 0)) + message(head, payload))
            found.append(bytes((wish, 1, number, 1)))
    return found


# -- the heat map ---------------------------------------------------------------------


def heat(data: bytes) -> None:
    """A heat map of any numbers has a score and boxes that are ones, and pauses a print
    only if some cell is above the calibration's centre."""
    source = Source(data)
    columns = 1 + source.byte() % 16
    given = CALIBRATION
    if source.byte() % 2:
        given = {name: number_of(source, value) for name, value in given.items()}
    numbers = cells_of(source.rest())
    rows = len(numbers) // columns
    if rows == 0:
        return
    body = struct.pack(f"<{rows * columns}f", *numbers[: rows * columns])
    answers = message({"calibration": given}, b"") + message(
        {"rows": rows, "columns": columns}, body
    )
    detector = Answering(answers)
    try:
        calibration = detector.send(LoadModel("", 1)).calibration  # type: ignore[union-attr]
        found = detector.send(JudgeFrame(FRAME))
    except AiWatchError as error:
        check_error(error)
        return
    score = heatmap.score(found, calibration)  # type: ignore[arg-type]
    boxes = heatmap.detections(found, calibration)  # type: ignore[arg-type]
    inspection = Inspection(FrameEvidence(score), boxes)
    check_inspection(inspection)
    if pauses(inspection):
        slope, centre = calibration.slope, calibration.centre
        warm = any(slope * (one - centre) > -1.0 for one in found.values)  # type: ignore[union-attr]
        expect(warm, "a cold map pauses")


def number_of(source: Source, usual: float) -> float:
    """A number for a calibration."""
    value = source.pick(ODD)
    return value if is_number(value) or isinstance(value, float) else usual


def cells_of(data: bytes) -> list[float]:
    """Cells: a byte is a sensible logit, or one out of the floats' far corners."""
    far = (math.nan, math.inf, -math.inf, 3e38, -3e38, 1e-40)
    return [far[one - 250] if one >= 250 else (one - 125) / 10 for one in data]


def heat_seeds() -> list[bytes]:
    """Cold, warm and hot maps."""
    return [
        bytes((3, 0)) + bytes(16),
        bytes((3, 0)) + bytes((20, 30, 190, 200)) * 4,
        bytes((7, 0)) + bytes(range(0, 250, 4)),
        bytes((3, 1, 5, 6, 7, 8)) + bytes((90, 200)) * 8,
    ]


def damaged_seeds() -> list[bytes]:
    """For :func:`picture`: every sort, whole and with a few bytes exchanged."""
    found = [bytes((kind, 0)) for kind in range(len(pictures()))]
    return found + [bytes((kind, 3, 0, 9, 7, 1, 1, 1)) for kind in range(len(pictures()))]
